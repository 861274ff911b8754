/* SPDX-License-Identifier: MIT */
/* Requests of fleet provisioning on their way: each comes to its end, whatever happens meanwhile (docs/protocol.md 7). What the
 * device hears is seen in test_provisioning_plane.c and end to end. */
// LINK: cloud_broker_link jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/provisioning/ownership.h"
#include "cloud/core/provisioning/templates.h"
#include "cloud/mqtt/provisioning_turn.h"
#include "fakes/core_fixture.h"

#include <poll.h>

#define REGISTER "$aws/provisioning-templates/fleet/provision/json"

static struct fixture fx;
static struct turn turn;
static struct device_turn devices;
static struct provisioning_turn desk;
static struct pki *pki;
static char folder[40];

static void no_log(const char *line)
{
    (void)line;
}

static int open_all(void **state)
{
    static const char *const names[] = {"localhost"};
    char why[200] = "";
    (void)state;
    strcpy(folder, "/tmp/provisioning_turn_XXXXXX");
    assert_non_null(mkdtemp(folder));
    pki = pki_open(folder, names, 1, why, sizeof why);
    assert_non_null(pki);
    fx = (struct fixture){0};
    fixture_open(&fx, ":memory:");
    turn_open(&turn, fx.core, &fx.clock, no_log);
    devices = (struct device_turn){.core = fx.core, .turn = &turn};
    desk = (struct provisioning_turn){
        .devices = &devices,
        .worker = worker_open(NULL, NULL),
        .pki = pki,
        .hooks = hook_caller_open(&clock_real),
    };
    return desk.worker && desk.hooks ? 0 : -1;
}

static int close_all(void **state)
{
    static const char *const files[] = {"ca.pem", "ca.key", "server.pem", "server.key"};
    (void)state;
    worker_close(desk.worker); /* in the order of the daemon */
    hook_caller_close(desk.hooks);
    turn_close(&turn);
    assert_int_equal(desk.count, 0);
    fixture_close(&fx);
    pki_close(pki);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static void add(const char *topic, const char *payload)
{
    struct broker_request *request = malloc(sizeof *request);
    assert_non_null(request);
    *request = (struct broker_request){
        .from = {.serial = 7, .topic = slice_from(topic), .is_provisioning = true, .client_id = "claimant"},
        .payload = slice_from(payload),
    };
    provisioning_turn_add(&desk, request);
}

static void count_one(void *ctx, const struct certificate *certificate)
{
    assert_string_equal(certificate->status, "PENDING_ACTIVATION");
    ++*(size_t *)ctx;
}

static size_t count_certificates(void)
{
    char next[CORE_KEY_CAP];
    const struct core_page page = {.limit = 250};
    size_t count = 0;
    assert_true(core_begin_read(fx.core));
    assert_int_equal(certificates_list(fx.core, NULL, &page, count_one, &count, next, &fx.error), CORE_OK);
    assert_true(core_commit(fx.core));
    return count;
}

/* The worker's, until so many requests are left. */
static void run_until(unsigned left)
{
    struct pollfd event = {.fd = worker_descriptor(desk.worker), .events = POLLIN};
    while (desk.count > left) {
        if (!turn.first) {
            assert_true(poll(&event, 1, -1) > 0);
        }
        worker_run(desk.worker);
        turn_run(&turn);
    }
}

static void keys_are_made_and_stored(void **state)
{
    (void)state;
    add("$aws/certificates/create/json", "{}");
    add("$aws/certificates/create/cbor", "");
    assert_int_equal(desk.count, 2);
    run_until(0);
    assert_int_equal(count_certificates(), 2);
}

static void what_cannot_be_read_ends_at_once(void **state)
{
    (void)state;
    add("$aws/certificates/create/json", "[");
    add("$aws/certificates/create/json/accepted", "");
    assert_int_equal(desk.count, 0);
    assert_null(turn.first);
}

/* Above the limit a request ends at once; those below it all come to their end, and there is room again. */
static void many_wait_but_not_too_many(void **state)
{
    (void)state;
    for (int i = 0; i < PROVISIONING_TURN_MAX + 5; i++) {
        add(REGISTER, "{\"certificateOwnershipToken\":\"x\"}");
    }
    assert_int_equal(desk.count, PROVISIONING_TURN_MAX);
    run_until(0);
    add(REGISTER, "{}");
    assert_int_equal(desk.count, 1);
    run_until(0);
}

#define BODY                                                                                                 \
    "{\"Resources\":{\"certificate\":{\"Type\":\"AWS::IoT::Certificate\",\"Properties\":{"                   \
    "\"CertificateId\":{\"Ref\":\"AWS::IoT::Certificate::Id\"},\"Status\":\"Active\"}}}}"

static void remember(void *ctx, const struct certificate *certificate)
{
    memcpy(ctx, certificate->id, sizeof certificate->id);
}

/* A token, and the template `fleet` whose hook nobody serves. */
static void make_token_and_template(char token[OWNERSHIP_TOKEN_CAP])
{
    char next[CORE_KEY_CAP];
    char id[CORE_CERTIFICATE_ID_CAP] = "";
    const struct core_page page = {.limit = 1};
    struct template made;
    const struct template_create create = {.name = "fleet",
                                           .body = slice_from(BODY),
                                           .role_arn = "arn:aws:iam::123456789012:role/x",
                                           .is_enabled = true,
                                           .hook = {.url = "http://127.0.0.1:9/hook"}};
    assert_true(core_begin(fx.core));
    assert_int_equal(certificates_list(fx.core, NULL, &page, remember, id, next, &fx.error), CORE_OK);
    assert_int_equal(ownership_issue(fx.core, id, token, &fx.error), CORE_OK);
    assert_int_equal(templates_create(fx.core, &create, &made, &fx.error), CORE_OK);
    template_clear(&made);
    assert_true(core_commit(fx.core));
}

/* close_all sees that nobody is left, and the sanitizer that nothing is. */
static void the_service_ends_with_requests_at_every_step(void **state)
{
    (void)state;
    char token[OWNERSHIP_TOKEN_CAP];
    char payload[OWNERSHIP_TOKEN_CAP + 100];
    add("$aws/certificates/create/json", "{}");
    run_until(0);
    make_token_and_template(token);
    snprintf(payload, sizeof payload, "{\"certificateOwnershipToken\":\"%s\"}", token);
    add(REGISTER, payload);
    turn_run(&turn);
    assert_null(turn.first);
    assert_int_equal(desk.count, 1); /* waits for the hook */
    add(REGISTER, payload);
    for (int i = 0; i < 300; i++) { /* as long as it takes when somebody makes all these keys */
        add("$aws/certificates/create/json", "{}");
    }
    assert_int_equal(desk.count, 302);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
    const struct CMUnitTest tests[] = {
        TEST(keys_are_made_and_stored),
        TEST(what_cannot_be_read_ends_at_once),
        TEST(many_wait_but_not_too_many),
        TEST(the_service_ends_with_requests_at_every_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
