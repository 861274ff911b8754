/* SPDX-License-Identifier: MIT */
/* Presigned links that the service makes: AWS's published example, and links that come back to the verifier, which computes them anew
 * from what has arrived (docs/protocol.md 5.5, 11; R-37). */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/http/s3/s3_presign.h"
#include "fakes/http_fixture.h"

/* "Authenticating Requests: Using Query Parameters", Amazon S3 API Reference. */
static void the_example_of_aws(void **state)
{
    (void)state;
    const struct s3_signer signer = {
        .host = "examplebucket.s3.amazonaws.com",
        .region = "us-east-1",
        .key_id = "AKIAIOSFODNN7EXAMPLE",
        .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    };
    char *link = s3_presign(&signer, "/test.txt", 1369353600, 86400);
    assert_string_equal(
        link, "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&"
              "X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&"
              "X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
              "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    free(link);
}

static void keys_are_escaped(void **state)
{
    (void)state;
    char *path = s3_presign_path("b.c-1", "a/ü b+%&?\"'(1)~_-.{}");
    assert_string_equal(path, "/b.c-1/a/%C3%BC%20b%2B%25%26%3F%22%27%281%29~_-.%7B%7D");
    free(path);
}

/* The signature covers the Host header, and this is how curl and Python's clients write it. */
static void the_host_is_what_clients_say(void **state)
{
    (void)state;
    static const struct {
        const char *endpoint, *host;
        uint16_t port;
    } cases[] = {
        {"board.local", "board.local:8443", 8443},
        {"Board.Local", "board.local:8443", 8443},
        {"board.local", "board.local", 443},
        {"fd00::A", "[fd00::a]:8443", 8443},
        {"fd00::a", "[fd00::a]", 443},
        {"192.168.1.2", "192.168.1.2:80", 80},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *host = s3_presign_host(cases[i].endpoint, cases[i].port);
        assert_string_equal(host, cases[i].host);
        free(host);
    }
}

/* --- Against the service, which has one object --- */

#define HOST "iot.example:8443"
#define BODY "0123456789"
#define KEY  "a/ü b+%&?\"'(1){}"

struct world {
    struct http_fixture *fx;
    struct credentials *own;
    struct s3_signer signer;
};

static struct credentials *make_keys(const struct http_fixture *fx, const char *name)
{
    char path[128], why[256] = "";
    snprintf(path, sizeof path, "%s/%s", fx->dir, name);
    assert_true(credentials_make_file(path, why, sizeof why));
    struct credentials *keys = credentials_read(path, why, sizeof why);
    assert_non_null(keys);
    return keys;
}

static int world_open(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    void *fx = NULL;
    assert_non_null(world);
    http_setup(&fx);
    world->fx = fx;
    world->own = make_keys(fx, "link-key");
    const char *id = credentials_first_id(world->own);
    world->signer = (struct s3_signer){HOST, "us-east-1", id, credentials_secret(world->own, id)};
    world->fx->service.link_keys = world->own;
    world->fx->service.only_objects = true;
    FIXTURE_OK(&world->fx->base, buckets_create(world->fx->service.core, "fware", &world->fx->base.error));
    fixture_object(&world->fx->base, "fware", KEY, BODY);
    http_header(world->fx, "Host", HOST);
    *state = world;
    return 0;
}

static int world_close(void **state)
{
    struct world *world = *state;
    void *fx = world->fx;
    credentials_free(world->own);
    free(world);
    return http_teardown(&fx);
}

/* The target of a link that was signed `ago_s` before the fixture's time. */
static char *target(const struct world *world, const struct s3_signer *signer, const char *key, int64_t ago_s,
                    int64_t expires_s)
{
    char *path = s3_presign_path("fware", key);
    char *link = s3_presign(signer, path, FIXTURE_START_MS / 1000 - ago_s, expires_s);
    char *copy = strdup(strstr(link, HOST) + strlen(HOST));
    (void)world;
    free(link);
    free(path);
    return copy;
}

static int get(const struct world *world, const char *method, const char *link)
{
    http_header(world->fx, "Authorization", NULL);
    return http_send(world->fx, method, link, NULL, 0);
}

static void a_link_reads_the_object(void **state)
{
    struct world *world = *state;
    char *link = target(world, &world->signer, KEY, 0, 60);
    http_expect(world->fx, 200, get(world, "GET", link));
    assert_int_equal(world->fx->call.answer.body_len, strlen(BODY));
    http_header(world->fx, "Range", "bytes=2-4");
    http_expect(world->fx, 206, get(world, "GET", link));
    assert_memory_equal(world->fx->call.answer.body, "234", 3);
    assert_string_equal(http_answer_header(world->fx, "Content-Range"), "bytes 2-4/10");
    http_header(world->fx, "Range", "bytes=10-");
    http_expect_s3_error(world->fx, get(world, "GET", link), 416, "InvalidRange", "");
    assert_string_equal(http_answer_header(world->fx, "Content-Range"), "bytes */10");
    http_header(world->fx, "Range", "bytes=2-4");
    http_header(world->fx, "If-Range", "\"another\"");
    http_expect(world->fx, 200, get(world, "GET", link));
    free(link);
    link = target(world, &world->signer, "none", 0, 60);
    http_expect_s3_error(world->fx, get(world, "GET", link), 404, "NoSuchKey", "none");
    free(link);
}

static void a_link_holds_as_long_as_it_says(void **state)
{
    struct world *world = *state;
    char *link = target(world, &world->signer, KEY, 60, 60);
    http_expect(world->fx, 200, get(world, "GET", link));
    free(link);
    link = target(world, &world->signer, KEY, 61, 60);
    http_expect_s3_error(world->fx, get(world, "GET", link), 403, "AccessDenied", "Request has expired");
    free(link);
}

/* Also where any credentials of others will do. */
static void our_own_links_are_always_verified(void **state)
{
    struct world *world = *state;
    char *link = target(world, &world->signer, KEY, 0, 60);
    char *longer = strdup(link);
    memcpy(strstr(longer, "Expires=60") + 8, "99", 2);
    http_expect_s3_error(world->fx, get(world, "GET", longer), 403, "SignatureDoesNotMatch", "");
    http_expect_s3_error(world->fx, get(world, "HEAD", link), 403, "SignatureDoesNotMatch", "");
    char other_key[2048];
    snprintf(other_key, sizeof other_key, "/fware/a%s", strchr(link, '?'));
    http_expect_s3_error(world->fx, get(world, "GET", other_key), 403, "SignatureDoesNotMatch", "");
    char *digit = link + strlen(link) - 1;
    *digit = *digit == '0' ? '1' : '0';
    http_expect_s3_error(world->fx, get(world, "GET", link), 403, "SignatureDoesNotMatch", "");
    world->fx->service.only_objects = false; /* on the other port, too */
    http_expect_s3_error(world->fx, get(world, "GET", link), 403, "SignatureDoesNotMatch", "");
    *digit = 'x';
    world->fx->service.only_objects = true;
    http_expect_s3_error(world->fx, get(world, "GET", link), 400, "InvalidRequest", "X-Amz-Signature");
    free(longer);
    free(link);
}

static void links_of_users_are_verified_when_keys_are_configured(void **state)
{
    struct world *world = *state;
    struct credentials *users = make_keys(world->fx, "users");
    const char *id = credentials_first_id(users);
    const struct s3_signer good = {HOST, "eu-west-1", id, credentials_secret(users, id)};
    const struct s3_signer wrong = {HOST, "eu-west-1", id, "wrong"};
    const struct s3_signer stranger = {HOST, "eu-west-1", "AKIDEXAMPLE", "wrong"};
    char *good_link = target(world, &good, KEY, 0, 60);
    char *wrong_link = target(world, &wrong, KEY, 0, 60);
    char *strange_link = target(world, &stranger, KEY, 0, 60);
    char *old_link = target(world, &stranger, KEY, 61, 60);
    http_expect(world->fx, 200, get(world, "GET", strange_link));
    http_expect_s3_error(world->fx, get(world, "GET", old_link), 403, "AccessDenied", "Request has expired");
    world->fx->service.credentials = users;
    http_expect(world->fx, 200, get(world, "GET", good_link));
    http_expect_s3_error(world->fx, get(world, "GET", wrong_link), 403, "SignatureDoesNotMatch", "");
    http_expect_s3_error(world->fx, get(world, "GET", strange_link), 403, "InvalidAccessKeyId", "");
    char *own_link = target(world, &world->signer, KEY, 0, 60);
    http_expect(world->fx, 200, get(world, "GET", own_link));
    free(own_link);
    free(old_link);
    free(strange_link);
    free(wrong_link);
    free(good_link);
    credentials_free(users);
}

/* Whoever has read DATA/link-key must not be able to sign orders with it, on neither port. */
static void the_key_of_links_signs_nothing_else(void **state)
{
    struct world *world = *state;
    struct http_fixture *fx = world->fx;
    struct credentials *users = make_keys(fx, "users");
    char signature[400];
    snprintf(
        signature, sizeof signature,
        "AWS4-HMAC-SHA256 Credential=%s/20231114/us-east-1/iot/aws4_request, SignedHeaders=host;x-amz-date, "
        "Signature=" HTTP_SIGNATURE,
        world->signer.key_id);
    fx->service.credentials = users;
    fx->service.only_objects = false;
    http_header(fx, "X-Amz-Date", "20231114T221320Z");
    http_header(fx, "Authorization", signature);
    http_expect_error(fx, http_send(fx, "GET", "/things", NULL, 0), 403, "UnrecognizedClientException", "");
    snprintf(
        signature, sizeof signature,
        "AWS4-HMAC-SHA256 Credential=%s/20231114/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, "
        "Signature=" HTTP_SIGNATURE,
        world->signer.key_id);
    http_header(fx, "Authorization", signature);
    http_expect_s3_error(fx, http_send(fx, "PUT", "/fware/a", "x", 1), 403, "InvalidAccessKeyId", "");
    http_header(fx, "X-Amz-Date", NULL);
    char *link = target(world, &world->signer, KEY, 0, 60);
    http_expect_s3_error(fx, get(world, "PUT", link), 403, "InvalidAccessKeyId", "");
    http_expect(fx, 200, get(world, "GET", link));
    fx->service.credentials = NULL; /* not even where the keys of others are not looked at */
    http_expect_s3_error(fx, get(world, "PUT", link), 403, "InvalidAccessKeyId", "nothing else");
    free(link);
    credentials_free(users);
}

static void the_port_of_objects_has_nothing_else(void **state)
{
    struct world *world = *state;
    struct http_fixture *fx = world->fx;
    http_expect_s3_error(fx, get(world, "GET", "/fware/a"), 403, "AccessDenied", "Access Denied");
    http_expect_s3_error(fx, get(world, "GET", "/_iot-local/health"), 403, "AccessDenied", "");
    http_expect_s3_error(fx, http_ask(fx, "iot", "GET", "/things", NULL), 403, "AccessDenied", "");
    http_expect_s3_error(fx, http_ask(fx, "s3", "PUT", "/fware/a", "x"), 501, "NotImplemented", "HTTP port");
    http_expect_s3_error(fx, http_ask(fx, "s3", "GET", "/fware", NULL), 501, "NotImplemented", "HTTP port");
    http_expect_s3_error(fx, http_ask(fx, "s3", "GET", "/fware/a?acl", NULL), 501, "NotImplemented",
                         "HTTP port");
    http_expect_s3_error(fx, get(world, "GET", "/fware/%zz"), 400, "InvalidRequest", "percent-encoded");
    http_header(fx, "Host", "evil.example");
    http_expect_s3_error(fx, http_ask(fx, "s3", "GET", "/fware/a", NULL), 403, "AccessDenied",
                         "evil.example");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_aws),
        cmocka_unit_test(keys_are_escaped),
        cmocka_unit_test(the_host_is_what_clients_say),
        TEST(a_link_reads_the_object),
        TEST(a_link_holds_as_long_as_it_says),
        TEST(our_own_links_are_always_verified),
        TEST(links_of_users_are_verified_when_keys_are_configured),
        TEST(the_key_of_links_signs_nothing_else),
        TEST(the_port_of_objects_has_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
