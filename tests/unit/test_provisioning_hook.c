/* SPDX-License-Identifier: MIT */
/* Pre-provisioning hooks: what counts as a yes, and how they are asked (docs/protocol.md 7). The hook here is a thread with a
 * socket on loopback. That it has 5 seconds is seen end to end (tests/e2e/test_provisioning_service.py). */
// LINK: cloud_provisioning_plane cloud_base jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/mqtt/hook.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define YES          "{\"allowProvisioning\":true}"

/* --- A hook --- */

static struct {
    int listener;
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t lock; /* over the following */
    const char *head;
    char *body;
    char request[8192]; /* the last one, with its head */
} hook = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Whole when all has come that Content-Length says. */
static bool is_whole(const char *request)
{
    const char *end = strstr(request, "\r\n\r\n");
    const char *length = strcasestr(request, "\r\nContent-Length: ");
    return end && length && strlen(end + 4) >= strtoul(length + 18, NULL, 10);
}

static void answer(int peer, const char *request)
{
    pthread_mutex_lock(&hook.lock);
    char *body = strdup(hook.body);
    size_t len = strlen(body);
    snprintf(hook.request, sizeof hook.request, "%s", request);
    dprintf(peer, "%sContent-Length: %zu\r\nConnection: close\r\n\r\n", hook.head, len);
    pthread_mutex_unlock(&hook.lock);
    for (size_t at = 0; at < len;) {
        ssize_t sent = send(peer, body + at, len - at, MSG_NOSIGNAL);
        if (sent < 0) {
            break; /* who asked has given up */
        }
        at += (size_t)sent;
    }
    free(body);
}

static void *serve(void *ctx)
{
    (void)ctx;
    for (;;) {
        int peer = accept(hook.listener, NULL, NULL);
        if (peer < 0) {
            return NULL;
        }
        char request[sizeof hook.request] = "";
        size_t len = 0;
        ssize_t got = 1;
        while (got > 0 && !is_whole(request)) {
            got = read(peer, request + len, sizeof request - 1 - len);
            len += got > 0 ? (size_t)got : 0;
            request[len] = '\0';
        }
        answer(peer, request);
        close(peer);
    }
}

static void reply(const char *head, const char *body)
{
    pthread_mutex_lock(&hook.lock);
    free(hook.body);
    hook.head = head;
    hook.body = strdup(body);
    pthread_mutex_unlock(&hook.lock);
}

static struct hook_caller *caller;

static int open_all(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    hook.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(hook.listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(hook.listener, 256), 0);
    assert_int_equal(getsockname(hook.listener, (struct sockaddr *)&address, &len), 0);
    hook.port = ntohs(address.sin_port);
    reply("HTTP/1.1 200 OK\r\n", YES);
    assert_int_equal(pthread_create(&hook.thread, NULL, serve, NULL), 0);
    caller = hook_caller_open(&clock_real);
    assert_non_null(caller);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    hook_caller_close(caller);
    shutdown(hook.listener, SHUT_RDWR);
    pthread_join(hook.thread, NULL);
    close(hook.listener);
    free(hook.body);
    hook.body = NULL;
    return 0;
}

/* --- Who asks --- */

struct heard {
    unsigned count;
    long status;
    char body[100];
    char why[200];
};

static void hear(void *ctx, const struct hook_answer *answer)
{
    struct heard *heard = ctx;
    heard->count++;
    heard->status = answer->status;
    snprintf(heard->body, sizeof heard->body, "%.*s", (int)answer->len, answer->body ? answer->body : "");
    snprintf(heard->why, sizeof heard->why, "%s", answer->why ? answer->why : "");
}

static void ask(const char *host, struct heard *heard)
{
    char url[100];
    snprintf(url, sizeof url, "http://%s:%u/hook?a=b", host, hook.port);
    hook_ask(caller, url, "{\"clientId\":\"claim\"}", hear, heard);
}

static void run_until(const struct heard *heard, unsigned count)
{
    while (heard->count < count) {
        struct pollfd event = {.fd = hook_descriptor(caller), .events = POLLIN};
        assert_true(poll(&event, 1, hook_timeout_ms(caller)) >= 0);
        hook_run(caller);
    }
}

static void it_is_asked_with_post(void **state)
{
    (void)state;
    struct heard heard = {0};
    ask("127.0.0.1", &heard);
    assert_int_equal(heard.count, 0);
    assert_int_equal(hook_timeout_ms(caller), 0);
    run_until(&heard, 1);
    assert_int_equal(heard.status, 200);
    assert_string_equal(heard.body, YES);
    assert_string_equal(heard.why, "");
    assert_non_null(strstr(hook.request, "POST /hook?a=b HTTP/1.1\r\n"));
    assert_non_null(strstr(hook.request, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(hook.request, "\r\n\r\n{\"clientId\":\"claim\"}"));
    assert_int_equal(hook_timeout_ms(caller), -1);
}

static void many_are_asked_and_each_is_told_once(void **state)
{
    (void)state;
    struct heard heard = {0};
    for (int i = 0; i < 100; i++) { /* more than are asked at once */
        ask(i % 2 ? "127.0.0.1" : "localhost", &heard);
    }
    run_until(&heard, 100);
    assert_int_equal(heard.count, 100);
    assert_string_equal(heard.why, "");
}

static void only_loopback_is_asked(void **state)
{
    (void)state;
    static const char *const elsewhere[] = {"192.0.2.1", "0.0.0.0", "[2001:db8::1]"};
    for (size_t i = 0; i < COUNT(elsewhere); i++) {
        struct heard heard = {0};
        ask(elsewhere[i], &heard);
        run_until(&heard, 1);
        assert_string_not_equal(heard.why, "");
        assert_string_equal(heard.body, "");
    }
    struct heard heard = {0};
    hook_ask(caller, "file:///etc/hostname", "{}", hear, &heard);
    run_until(&heard, 1);
    assert_string_not_equal(heard.why, "");
}

static void no_redirect_is_followed(void **state)
{
    (void)state;
    struct heard heard = {0};
    reply("HTTP/1.1 307 Temporary Redirect\r\nLocation: /other\r\n", "");
    ask("127.0.0.1", &heard);
    run_until(&heard, 1);
    assert_int_equal(heard.status, 307);
    assert_non_null(strstr(hook.request, "POST /hook?a=b "));
}

static void a_long_answer_is_cut_off(void **state)
{
    (void)state;
    struct heard heard = {0};
    char *text = malloc(HOOK_ANSWER_MAX + 2);
    memset(text, ' ', HOOK_ANSWER_MAX + 1);
    text[HOOK_ANSWER_MAX + 1] = '\0';
    reply("HTTP/1.1 200 OK\r\n", text);
    ask("127.0.0.1", &heard);
    run_until(&heard, 1);
    assert_string_equal(heard.why, "its answer has more than 65536 bytes");
    text[HOOK_ANSWER_MAX] = '\0';
    reply("HTTP/1.1 200 OK\r\n", text);
    ask("127.0.0.1", &heard);
    run_until(&heard, 2);
    assert_string_equal(heard.why, "");
    free(text);
}

/* Asked and waiting ones alike, and without a word from the hook. */
static void whoever_waits_at_the_end_is_told(void **state)
{
    (void)state;
    struct heard heard = {0};
    for (int i = 0; i < 40; i++) {
        ask("127.0.0.1", &heard);
    }
    hook_run(caller);
    unsigned before = heard.count;
    hook_caller_close(caller);
    assert_int_equal(heard.count, 40);
    assert_true(before == 40 || strcmp(heard.why, "the service is being stopped") == 0);
    caller = hook_caller_open(&clock_real);
    assert_non_null(caller);
}

/* --- What counts --- */

static void a_clear_yes_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        long status;
        const char *body, *overrides, *why;
    } rows[] = {
        {200, YES, NULL, NULL},
        {200, "{\"allowProvisioning\":\"true\"}", NULL, NULL},
        {200, "{\"allowProvisioning\":\"True\",\"parameterOverrides\":null}", NULL, NULL},
        {200, "{\"allowProvisioning\":true,\"parameterOverrides\":{}}", "{}", NULL},
        {200, "{\"allowProvisioning\":true,\"parameterOverrides\":{\"a\":\"b\"},\"more\":1}", "{\"a\":\"b\"}",
         NULL},
        {200, "{\"allowProvisioning\":false}", NULL, "its answer does not say \"allowProvisioning\": true"},
        {200, "{\"allowProvisioning\":\"yes\"}", NULL, "its answer does not say \"allowProvisioning\": true"},
        {200, "{\"allowProvisioning\":1}", NULL, "its answer does not say \"allowProvisioning\": true"},
        {200, "{}", NULL, "its answer does not say \"allowProvisioning\": true"},
        {200, "{\"allowProvisioning\":false,\"allowProvisioning\":true}", NULL,
         "its answer is no JSON object"},
        {200, "[true]", NULL, "its answer is no JSON object"},
        {200, "", NULL, "its answer is no JSON object"},
        {200, "{\"allowProvisioning\":true,\"parameterOverrides\":\"x\"}", NULL,
         "parameterOverrides in its answer is no object of strings"},
        {200, "{\"allowProvisioning\":true,\"parameterOverrides\":{\"a\":null}}", NULL,
         "parameterOverrides in its answer is no object of strings"},
        {500, YES, NULL, "it answered with HTTP status 500"},
        {204, YES, NULL, "it answered with HTTP status 204"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hook_answer answer = {rows[i].status, rows[i].body, strlen(rows[i].body), NULL};
        json_t *overrides = NULL;
        char why[200] = "";
        bool is_allowed = hook_allows(&answer, &overrides, why, sizeof why);
        char *text = overrides ? json_dumps(overrides, JSON_COMPACT) : NULL;
        if (is_allowed != !rows[i].why || strcmp(why, rows[i].why ? rows[i].why : "") != 0 ||
            strcmp(text ? text : "", rows[i].overrides ? rows[i].overrides : "") != 0) {
            fail_msg("%s: %d '%s' %s", rows[i].body, is_allowed, why, text ? text : "");
        }
        free(text);
        json_decref(overrides);
    }
    const struct hook_answer none = {.status = 200, .body = YES, .len = strlen(YES), .why = "it hung up"};
    json_t *overrides = NULL;
    char why[200] = "";
    assert_false(hook_allows(&none, &overrides, why, sizeof why));
    assert_string_equal(why, "it hung up");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
    const struct CMUnitTest tests[] = {
        TEST(it_is_asked_with_post),
        TEST(many_are_asked_and_each_is_told_once),
        TEST(only_loopback_is_asked),
        TEST(no_redirect_is_followed),
        TEST(a_long_answer_is_cut_off),
        TEST(whoever_waits_at_the_end_is_told),
        cmocka_unit_test(a_clear_yes_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
