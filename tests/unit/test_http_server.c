/* SPDX-License-Identifier: MIT */
/* The HTTP server over real sockets: hostile and slow clients, limits, the Unix socket (docs/iot-local-http.md). */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/http/crowd.h"
#include "cloud/http/listener.h"
#include "fakes/http_net.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define SIGNED    NET_SIGNED("iot")
#define SIGNED_S3 NET_SIGNED("s3")
#define JOB       "{\"targets\":[\"arn:aws:iot:us-east-1:123456789012:thing/t\"],\"document\":\"{}\"}"
#define JOB_LEN   "74"
static void keep_alive_serves_many_requests(void **state)
{
    struct net *net = *state;
    int fd = net_dial(net);
    assert_int_equal(net_ask(net, fd, "POST /things/t HTTP/1.1\r\n" SIGNED "Content-Length: 2\r\n\r\n{}"),
                     200);
    assert_non_null(strstr(net->answer, "\"thingName\":\"t\""));
    assert_non_null(strcasestr(net->answer, "x-amzn-RequestId: "));
    for (int i = 0; i < 50; i++) {
        assert_int_equal(net_ask(net, fd, "GET /things/t HTTP/1.1\r\n" SIGNED "\r\n"), 200);
    }
    /* two at once */
    assert_int_equal(
        net_ask(net, fd, "GET /things/t HTTP/1.1\r\n" SIGNED "\r\nGET /things/u HTTP/1.1\r\n" SIGNED "\r\n"),
        200);
    assert_int_equal(net_hear(net, fd, false), 404);
    close(fd);
}

static void raw_path_survives_the_server(void **state)
{
    struct net *net = *state;
    int fd = net_dial(net);
    assert_int_equal(net_ask(net, fd, "GET /things/a%2Fb HTTP/1.1\r\n" SIGNED "\r\n"),
                     400); /* one segment "a/b" */
    assert_non_null(strstr(net->answer, "a/b"));
    assert_int_equal(net_ask(net, fd, "GET /things/%zz HTTP/1.1\r\n" SIGNED "\r\n"), 400);
    assert_non_null(strstr(net->answer, "InvalidRequestException"));
    close(fd);
}

static void request_that_comes_byte_by_byte(void **state)
{
    struct net *net = *state;
    const char request[] = "POST /things/slow HTTP/1.1\r\n" SIGNED "Content-Length: 2\r\n\r\n{}";
    int fd = net_dial(net);
    for (size_t i = 0; i + 1 < sizeof request; i++) {
        assert_true(net_say(net, fd, request + i, 1));
    }
    assert_int_equal(net_hear(net, fd, false), 200);
    close(fd);
}

static void chunked_transfer(void **state)
{
    struct net *net = *state;
    int fd = net_dial(net);
    assert_int_equal(net_ask(net, fd,
                             "POST /things/c HTTP/1.1\r\n" SIGNED
                             "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"),
                     200);
    close(fd);
}

static void expect_continue(void **state)
{
    struct net *net = *state;
    int fd = net_dial(net);
    assert_int_equal(net_ask(net, fd,
                             "POST /things/e HTTP/1.1\r\n" SIGNED
                             "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"),
                     100);
    assert_int_equal(net_ask(net, fd, "{}"), 200);
    close(fd);
    fd = net_dial(net); /* a refusal comes instead of "100 Continue" */
    assert_int_equal(net_ask(net, fd,
                             "POST /things/e HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nExpect: "
                             "100-continue\r\n\r\n"),
                     403);
    close(fd);
    fd = net_dial(net);
    assert_int_equal(net_ask(net, fd,
                             "PUT /b/k HTTP/1.1\r\n" SIGNED_S3
                             "Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n"),
                     400);
    assert_non_null(strstr(net->answer, "EntityTooLarge"));
    close(fd);
}

/* Who does not wait gets an answer all the same: its body is read and thrown away. */
static void refusal_reaches_a_client_that_sends_its_body(void **state)
{
    struct net *net = *state;
    size_t len = 3 * 1024 * 1024;
    char *body = calloc(1, len);
    assert_non_null(body);
    char head[400];
    snprintf(head, sizeof head, "POST /things/t HTTP/1.1\r\n" SIGNED "Content-Length: %zu\r\n\r\n", len);
    int fd = net_dial(net);
    assert_true(net_say(net, fd, head, strlen(head)));
    assert_true(net_say(net, fd, body, len));
    assert_int_equal(net_hear(net, fd, false), 413);
    assert_int_equal(net_ask(net, fd, "GET /things HTTP/1.1\r\n" SIGNED "\r\n"),
                     200); /* and the connection goes on */
    close(fd);
    free(body);
}

static void endless_chunked_body_is_cut_off(void **state)
{
    struct net *net = *state;
    static char chunk[65536 + 16];
    int fd = net_dial(net);
    const char head[] = "POST /things/t HTTP/1.1\r\n" SIGNED "Transfer-Encoding: chunked\r\n\r\n";
    assert_true(net_say(net, fd, head, sizeof head - 1));
    int len = snprintf(chunk, sizeof chunk, "10000\r\n");
    memset(chunk + len, 'x', 65536);
    memcpy(chunk + len + 65536, "\r\n", 2);
    int sent = 0;
    while (sent < 4096 && net_say(net, fd, chunk, (size_t)len + 65536 + 2)) {
        sent++;
    }
    assert_true(sent < 4096); /* 256 MiB */
    assert_true(sent > 16);   /* but not at once */
    close(fd);
}

static void huge_headers_are_refused(void **state)
{
    struct net *net = *state;
    static char huge[200000];
    int fd = net_dial(net);
    int len = snprintf(huge, sizeof huge, "GET /things HTTP/1.1\r\n" SIGNED "X-Pad: ");
    memset(huge + len, 'a', 150000);
    memcpy(huge + len + 150000, "\r\n\r\n", 5);
    if (net_say(net, fd, huge, (size_t)len + 150004)) {
        int status = net_hear(net, fd, false);
        assert_true(status == 0 || status == 431 || status == 413 || status == 400);
    }
    close(fd);
    fd = net_dial(net);
    assert_int_equal(net_ask(net, fd, "GET /things HTTP/1.1\r\n" SIGNED "\r\n"), 200);
    close(fd);
}

static void garbage_and_lost_clients_harm_nobody(void **state)
{
    struct net *net = *state;
    static const char *const starts[] = {
        "",
        "\r\n\r\n",
        "GARBAGE\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "GET",
        "GET /things",
        "GET /things HTTP/1.1\r\n",
        "GET /things HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        "POST /things/t HTTP/1.1\r\n" SIGNED "Content-Length: 100\r\n\r\n{",
        "POST /things/t HTTP/1.1\r\n" SIGNED "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n",
        "POST /things/t HTTP/1.1\r\n" SIGNED "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /things/t HTTP/1.1\r\n" SIGNED "Content-Length: -1\r\n\r\n",
        "GET http://127.0.0.1/things HTTP/1.1\r\n" SIGNED "\r\n",
        "GET * HTTP/1.1\r\n" SIGNED "\r\n",
    };
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        int fd = net_dial(net);
        net_say(net, fd, starts[i], strlen(starts[i]));
        for (int j = 0; j < 5; j++) {
            net_turn(net);
        }
        close(fd);
        net_turn(net);
    }
    int fd = net_dial(net);
    assert_int_equal(net_ask(net, fd, "GET /things HTTP/1.1\r\n" SIGNED "\r\n"), 200);
    assert_null(strstr(net->answer, "thingName"));
    close(fd);
}

/* Does the server say anything within so many turns? */
static bool is_heard(struct net *net, int fd, int turns)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    while (turns-- > 0 && poll(&wait, 1, 0) == 0) {
        net_turn(net);
    }
    return poll(&wait, 1, 0) == 1;
}

/* A server that is full shuts out the one that has kept it waiting longest: the newest are served. */
static void connections_are_limited(void **state)
{
    struct net *net = *state;
    int fds[300];
    size_t served = 0;
    for (size_t i = 0; i < 300; i++) {
        fds[i] = net_dial(net);
        net_turn(net);
        net->fx.base.now_ms++;
    }
    for (size_t i = 0; i < 300; i++) {
        const char request[] = "GET /things HTTP/1.1\r\n" SIGNED "\r\n";
        bool is_open = send(fds[i], request, sizeof request - 1, MSG_NOSIGNAL) > 0;
        if (is_open && is_heard(net, fds[i], i >= 300 - CROWD_FULL ? 1000 : 5)) {
            char first;
            served += recv(fds[i], &first, 1, MSG_DONTWAIT) == 1;
        }
    }
    assert_int_equal(served, CROWD_FULL);
    for (size_t i = 0; i < 300; i++) {
        close(fds[i]);
    }
    for (int i = 0; i < 600; i++) {
        net_turn(net);
    }
    int fd = net_dial(net);
    assert_int_equal(net_ask(net, fd, "GET /things HTTP/1.1\r\n" SIGNED "\r\n"), 200);
    close(fd);
}

/* Half-open connections, in the header or in the body, that send a byte now and then: others are served at once. */
static void half_open_connections_lock_nobody_out(void **state)
{
    struct net *net = *state;
    static const char *const begun[] = {"GET /things HT",
                                        "PUT /jobs/j HTTP/1.1\r\n" SIGNED "Content-Length: 500\r\n\r\n{"};
    int fds[400];
    for (size_t i = 0; i < 400; i++) {
        send(fds[i] = net_dial(net), begun[i % 2], strlen(begun[i % 2]), MSG_NOSIGNAL);
        net_turn(net);
        net->fx.base.now_ms += 10;
        for (size_t k = 0; i % 50 == 0 && k < i; k++) {
            send(fds[k], "x", 1, MSG_NOSIGNAL);
        }
    }
    for (int i = 0; i < 20; i++) {
        int fd = net_dial(net);
        assert_int_equal(net_ask(net, fd, "GET /things HTTP/1.1\r\n" SIGNED "\r\n"), 200);
        close(fd);
    }
    for (size_t i = 0; i < 400; i++) {
        close(fds[i]);
    }
}

static void a_request_at_the_end_is_hung_up_on(void **state) /* left waiting, it would end the process */
{
    int fd = net_dial(*state);
    net_turn(*state);
    send(fd, "GET /things HTTP/1.1\r\n" SIGNED "\r\n", sizeof SIGNED + 23, MSG_NOSIGNAL);
}

static void head_tells_the_length_and_sends_nothing(void **state)
{
    struct net *net = *state;
    int fd = net_dial(net);
    assert_int_equal(net_ask(net, fd, "PUT /docs HTTP/1.1\r\n" SIGNED_S3 "Content-Length: 0\r\n\r\n"), 200);
    assert_int_equal(net_ask(net, fd,
                             "PUT /docs/k HTTP/1.1\r\n" SIGNED_S3
                             "X-Amz-Meta-X: 1\r\nContent-Length: 5\r\n\r\nhello"),
                     200);
    assert_int_equal(net_ask(net, fd, "HEAD /docs/k HTTP/1.1\r\n" SIGNED_S3 "\r\n"), 200);
    assert_non_null(strstr(net->answer, "x-amz-meta-x: 1\r\n"));
    assert_int_equal(net_body_length(net->answer), 5);
    assert_int_equal(net_ask(net, fd, "HEAD /docs/none HTTP/1.1\r\n" SIGNED_S3 "\r\n"), 404);
    assert_int_equal(net_ask(net, fd, "GET /docs/k HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
                     200); /* plain link */
    assert_string_equal(net->answer + net->answer_len - 5, "hello");
    assert_int_equal(net_ask(net, fd, "GET /docs/k HTTP/1.1\r\nHost: evil.example\r\n\r\n"), 403);
    assert_int_equal(
        net_ask(net, fd,
                "GET /docs/k HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Meta-X: 1\r\nRange: bytes=1-1\r\n\r\n"),
        206);
    assert_string_equal(net->answer + net->answer_len - 1, "e");
    close(fd);
}

static void unix_socket_is_private_and_needs_no_signature(void **state)
{
    struct net *net = *state;
    struct stat found;
    assert_int_equal(stat(net->socket_path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    int fd = net_dial_unix(net);
    assert_int_equal(net_ask(net, fd, "GET /iot-local/status HTTP/1.1\r\nHost: localhost\r\n\r\n"), 200);
    assert_non_null(strstr(net->answer, net->fx.dir));
    char port[40];
    snprintf(port, sizeof port, "\"http_port\":%u", http_port(net->server));
    assert_non_null(strstr(net->answer, port));
    assert_int_equal(
        net_ask(net, fd,
                "PUT /things HTTP/1.1\r\nHost: x\r\nx-iot-local-service: s3\r\nContent-Length: 0\r\n\r\n"),
        200); /* a bucket */
    close(fd);
    fd = net_dial(net);
    assert_int_equal(net_ask(net, fd, "GET /iot-local/status HTTP/1.1\r\n" SIGNED "\r\n"), 404);
    close(fd);
}

static void second_server_says_what_is_in_its_way(void **state)
{
    struct net *net = *state;
    char why[256] = "", port[16];
    snprintf(net->socket_path, sizeof net->socket_path, "%s/other.sock", net->fx.dir);
    struct http_config config = net_config_of(net, http_port(net->server));
    assert_null(http_start(&config, why, sizeof why));
    snprintf(port, sizeof port, "%u", http_port(net->server));
    assert_non_null(strstr(why, port));
    assert_non_null(strstr(why, "in use"));
    config.port = 0;
    config.listen = "localhost";
    assert_null(http_start(&config, why, sizeof why));
    assert_non_null(strstr(why, "'localhost' is no IP address"));
    config.listen = "192.0.2.1";
    assert_null(http_start(&config, why, sizeof why));
    assert_non_null(strstr(why, "192.0.2.1 is no address of this machine"));
    config.listen = "127.0.0.1";
    char path[160];
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    config.socket_path = path;
    assert_null(http_start(&config, why, sizeof why));
    assert_non_null(strstr(why, "shorter --data"));
    snprintf(net->socket_path, sizeof net->socket_path, "%s/control.sock", net->fx.dir);
}

/* A killed daemon leaves its socket; a file of that name is not ours to delete. */
static void old_socket_is_replaced_but_no_file(void **state)
{
    struct net *net = *state;
    char why[256] = "", path[160];
    snprintf(path, sizeof path, "%s/old.sock", net->fx.dir);
    int first = listener_open_unix(path, why, sizeof why);
    assert_true(first >= 0);
    close(first);
    int second = listener_open_unix(path, why, sizeof why);
    assert_true(second >= 0);
    close(second);
    unlink(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(listener_open_unix(path, why, sizeof why), -1);
    assert_non_null(strstr(why, "old.sock"));
    assert_int_equal(access(path, F_OK), 0);
}

static void allow_file_writes(bool is_allowed)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = is_allowed ? limit.rlim_max : 0;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* docs/protocol.md 1.10: a device hears of a job when the operator has the answer. */
static void notifications_leave_with_the_answer(void **state)
{
    struct net *net = *state;
    int fd = net_dial(net);
    assert_int_equal(net_ask(net, fd, "POST /things/t HTTP/1.1\r\n" SIGNED "Content-Length: 2\r\n\r\n{}"),
                     200);
    assert_int_equal(
        net_ask(net, fd, "PUT /jobs/j HTTP/1.1\r\n" SIGNED "Content-Length: " JOB_LEN "\r\n\r\n" JOB), 200);
    assert_string_equal(fixture_heard(&net->fx.base), "t/notify QUEUED:j#1; t/notify-next j#1 QUEUED; ");
    close(fd);
}

/* What could not be stored is not acknowledged (docs/protocol.md 5.2: jobs say ServiceUnavailable, things InternalFailure). */
static void full_disk_is_an_error_and_not_a_success(void **state)
{
    struct net *net = *state;
    int fd = net_dial(net);
    assert_int_equal(net_ask(net, fd, "POST /things/t HTTP/1.1\r\n" SIGNED "Content-Length: 2\r\n\r\n{}"),
                     200);
    allow_file_writes(false);
    int thing = net_ask(net, fd, "POST /things/u HTTP/1.1\r\n" SIGNED "Content-Length: 2\r\n\r\n{}");
    bool is_named = strstr(net->answer, "InternalFailureException") != NULL;
    int job = net_ask(net, fd, "PUT /jobs/j HTTP/1.1\r\n" SIGNED "Content-Length: " JOB_LEN "\r\n\r\n" JOB);
    bool is_named_too = strstr(net->answer, "ServiceUnavailableException") != NULL;
    int bucket = net_ask(net, fd, "PUT /docs HTTP/1.1\r\n" SIGNED_S3 "Content-Length: 0\r\n\r\n");
    allow_file_writes(true);
    assert_int_equal(thing, 500);
    assert_true(is_named);
    assert_int_equal(job, 503);
    assert_true(is_named_too);
    assert_int_equal(bucket, 500);
    assert_int_equal(net_ask(net, fd, "GET /things/u HTTP/1.1\r\n" SIGNED "\r\n"), 404);
    assert_int_equal(net_ask(net, fd, "GET /jobs/j HTTP/1.1\r\n" SIGNED "\r\n"), 404);
    assert_string_equal(fixture_heard(&net->fx.base), "");
    assert_int_equal(net_ask(net, fd, "POST /things/u HTTP/1.1\r\n" SIGNED "Content-Length: 2\r\n\r\n{}"),
                     200);
    close(fd);
}

int main(void)
{
    _Static_assert(sizeof JOB - 1 == 74, "JOB_LEN");
    signal(SIGXFSZ, SIG_IGN);
#define TEST(name) cmocka_unit_test_setup_teardown(name, net_setup, net_teardown)
    const struct CMUnitTest tests[] = {
        TEST(keep_alive_serves_many_requests),
        TEST(raw_path_survives_the_server),
        TEST(request_that_comes_byte_by_byte),
        TEST(chunked_transfer),
        TEST(expect_continue),
        TEST(refusal_reaches_a_client_that_sends_its_body),
        TEST(endless_chunked_body_is_cut_off),
        TEST(huge_headers_are_refused),
        TEST(garbage_and_lost_clients_harm_nobody),
        TEST(connections_are_limited),
        TEST(half_open_connections_lock_nobody_out),
        TEST(a_request_at_the_end_is_hung_up_on),
        TEST(head_tells_the_length_and_sends_nothing),
        TEST(unix_socket_is_private_and_needs_no_signature),
        TEST(second_server_says_what_is_in_its_way),
        TEST(old_socket_is_replaced_but_no_file),
        TEST(notifications_leave_with_the_answer),
        TEST(full_disk_is_an_error_and_not_a_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
