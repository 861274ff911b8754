/* SPDX-License-Identifier: MIT */
/* Requests in flight: tokens, timers, backoff, what is wanted once more, what is older than what is known.. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/jobs/exchange.h"

#include <string.h>

static char topic[DEVICE_TOPIC_CAP];
static char payload[JOBS_PAYLOAD_CAP];
static unsigned publishes;
static uint32_t random_bits;

static enum err do_publish(void *ctx, const char *to, const char *text, size_t len)
{
    enum err *result = ctx;
    assert_int_equal(strlen(text), len);
    memcpy(topic, to, strlen(to) + 1);
    memcpy(payload, text, len + 1);
    publishes++;
    return *result;
}

static uint32_t do_random(void *ctx)
{
    (void)ctx;
    return random_bits += 0x9E3779B9u;
}

static enum err result;

static struct jobs_context make_context(void)
{
    result = ERR_OK;
    publishes = 0;
    return (struct jobs_context){.now_ms = 1000,
                                 .thing_name = "lamp",
                                 .io = {.ctx = &result, .publish = do_publish, .random = do_random}};
}

#define TIMEOUT_MS CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS
#define NEXT       JOBS_REQUEST_NEXT
#define UPDATE     JOBS_REQUEST_UPDATE

static bool send(struct jobs_exchange *x, enum jobs_request_kind kind)
{
    char *out = x->context->scratch.request.payload;
    const char *token = jobs_exchange_token(x, kind);
    size_t len = strlen(token);
    memcpy(out, token, len + 1);
    bool is_sent = jobs_exchange_send(x, kind, kind == NEXT ? "$next" : "j1", len);
    jobs_exchange_check(x);
    return is_sent;
}

static enum jobs_taken take(struct jobs_exchange *x, enum jobs_request_kind kind)
{
    enum jobs_taken taken = jobs_exchange_take(x, kind, slice_from(x->requests[kind].token));
    jobs_exchange_check(x);
    return taken;
}

static void test_life_of_a_request(void **state)
{
    struct jobs_context c = make_context();
    struct jobs_exchange x;
    (void)state;
    jobs_exchange_init(&x, &c);
    for (enum jobs_request_kind kind = NEXT; kind < JOBS_REQUEST_COUNT; kind++) {
        assert_true(jobs_exchange_due_at(&x, kind) == JOBS_NEVER);
        assert_true(jobs_exchange_is_quiet(&x));
        jobs_exchange_want(&x, kind);
        assert_int_equal(jobs_exchange_due_at(&x, kind), 1000);
        assert_false(jobs_exchange_is_quiet(&x));
        assert_true(send(&x, kind));
        assert_string_equal(topic, kind == NEXT                  ? "$aws/things/lamp/jobs/$next/get"
                                   : kind == JOBS_REQUEST_UPDATE ? "$aws/things/lamp/jobs/j1/update"
                                                                 : "$aws/things/lamp/jobs/j1/get");
        assert_string_equal(payload, x.requests[kind].token);
        assert_int_equal(jobs_exchange_due_at(&x, kind), 1000 + TIMEOUT_MS);
        assert_false(jobs_exchange_is_quiet(&x));
        assert_int_equal(take(&x, kind), JOBS_TAKEN_GOOD);
        assert_int_equal(take(&x, kind), JOBS_TAKEN_NOT); /* twice is nobody's */
    }
    assert_int_equal(c.counters.retried_sends, 0);
}

/* 16 hex digits, never the same twice, and no other text is taken for it. */
static void test_tokens(void **state)
{
    struct jobs_context c = make_context();
    struct jobs_exchange x;
    char before[JOBS_TOKEN_CAP] = "";
    (void)state;
    jobs_exchange_init(&x, &c);
    for (int i = 0; i < 1000; i++) {
        assert_true(send(&x, NEXT));
        const char *token = x.requests[NEXT].token;
        assert_int_equal(strspn(token, "0123456789abcdef"), JOBS_TOKEN_CAP - 1);
        assert_string_not_equal(token, before);
        assert_int_equal(jobs_exchange_take(&x, NEXT, slice_from(before)), JOBS_TAKEN_NOT);
        assert_int_equal(jobs_exchange_take(&x, UPDATE, slice_from(token)), JOBS_TAKEN_NOT);
        assert_int_equal(jobs_exchange_take(&x, NEXT, (struct slice){token, 15}), JOBS_TAKEN_NOT);
        assert_int_equal(jobs_exchange_take(&x, NEXT, SLICE_EMPTY), JOBS_TAKEN_NOT);
        memcpy(before, token, sizeof before);
        assert_int_equal(take(&x, NEXT), JOBS_TAKEN_GOOD);
    }
}

/* A burst is one request; what is wanted while it is in flight follows its answer, from the earliest time on. */
static void test_wanted_once_more(void **state)
{
    struct jobs_context c = make_context();
    struct jobs_exchange x;
    (void)state;
    jobs_exchange_init(&x, &c);
    jobs_exchange_want_at(&x, NEXT, 5000);
    jobs_exchange_want_at(&x, NEXT, 3000);
    jobs_exchange_want_at(&x, NEXT, 4000);
    assert_int_equal(jobs_exchange_due_at(&x, NEXT), 3000);
    c.now_ms = 3000;
    assert_true(send(&x, NEXT));
    jobs_exchange_want_at(&x, NEXT, 9000);
    jobs_exchange_want_at(&x, NEXT, 7000);
    jobs_exchange_want_at(&x, NEXT, 8000);
    assert_int_equal(jobs_exchange_due_at(&x, NEXT), 3000 + TIMEOUT_MS);
    assert_int_equal(take(&x, NEXT), JOBS_TAKEN_GOOD);
    assert_int_equal(jobs_exchange_due_at(&x, NEXT), 7000);
    assert_true(send(&x, NEXT));
    assert_int_equal(take(&x, NEXT), JOBS_TAKEN_GOOD);
    assert_true(jobs_exchange_due_at(&x, NEXT) == JOBS_NEVER);
}

static void test_overtaken(void **state)
{
    struct jobs_context c = make_context();
    struct jobs_exchange x;
    (void)state;
    jobs_exchange_init(&x, &c);
    jobs_exchange_overtake(&x, NEXT); /* not in flight: its answer will be new */
    assert_true(send(&x, NEXT));
    assert_int_equal(take(&x, NEXT), JOBS_TAKEN_GOOD);
    assert_true(send(&x, NEXT));
    jobs_exchange_want(&x, NEXT); /* wanted once more, and no newer knowledge */
    assert_int_equal(take(&x, NEXT), JOBS_TAKEN_GOOD);
    assert_true(send(&x, NEXT));
    jobs_exchange_overtake(&x, NEXT);
    assert_int_equal(take(&x, NEXT), JOBS_TAKEN_OVERTAKEN);
    assert_int_equal(jobs_exchange_due_at(&x, NEXT), c.now_ms);
    assert_true(send(&x, NEXT));
    assert_int_equal(take(&x, NEXT), JOBS_TAKEN_GOOD);
}

/* The window doubles to its cap; what wants it meanwhile does not cut the pause short; jobs_exchange_pause sets it. */
static void test_backoff(void **state)
{
    struct jobs_context c = make_context();
    struct jobs_exchange x;
    uint64_t window_ms = CONFIG_DEVICE_JOBS_RETRY_BASE_MS;
    (void)state;
    jobs_exchange_init(&x, &c);
    for (int i = 0; i < 300; i++) { /* more than a uint8_t counts */
        assert_true(send(&x, UPDATE));
        if (i % 2) {
            assert_int_equal(take(&x, UPDATE), JOBS_TAKEN_GOOD);
            jobs_exchange_retry(&x, UPDATE);
        } else {
            jobs_exchange_miss(&x, UPDATE);
        }
        jobs_exchange_want(&x, UPDATE);
        uint64_t due_ms = jobs_exchange_due_at(&x, UPDATE);
        assert_in_range(due_ms - c.now_ms, window_ms / 8, window_ms);
        c.now_ms = due_ms;
        window_ms =
            window_ms * 2 < CONFIG_DEVICE_JOBS_RETRY_CAP_MS ? window_ms * 2 : CONFIG_DEVICE_JOBS_RETRY_CAP_MS;
    }
    assert_int_equal(c.counters.retried_sends, 299);
    jobs_exchange_pause(&x, UPDATE, 2);
    assert_in_range(jobs_exchange_due_at(&x, UPDATE) - c.now_ms, CONFIG_DEVICE_JOBS_RETRY_BASE_MS / 2,
                    4 * CONFIG_DEVICE_JOBS_RETRY_BASE_MS);
    jobs_exchange_forget(&x, UPDATE);
    assert_true(jobs_exchange_is_quiet(&x));
    assert_int_equal(take(&x, UPDATE), JOBS_TAKEN_NOT);
    jobs_exchange_retry(&x, UPDATE);
    assert_in_range(jobs_exchange_due_at(&x, UPDATE) - c.now_ms, 1, CONFIG_DEVICE_JOBS_RETRY_BASE_MS);
}

static void test_not_sent(void **state)
{
    struct jobs_context c = make_context();
    struct jobs_exchange x;
    (void)state;
    jobs_exchange_init(&x, &c);
    result = ERR_OFFLINE;
    jobs_exchange_want(&x, NEXT);
    assert_false(send(&x, NEXT));
    assert_true(jobs_exchange_is_quiet(&x)); /* the caller says what becomes of it */
    assert_int_equal(take(&x, NEXT), JOBS_TAKEN_NOT);
    assert_int_equal(x.unanswered, 0);
}

/* Unanswered in a row, over all kinds and connections; any answer ends the row. */
static void test_unanswered(void **state)
{
    struct jobs_context c = make_context();
    struct jobs_exchange x;
    (void)state;
    jobs_exchange_init(&x, &c);
    assert_true(send(&x, NEXT));
    jobs_exchange_miss(&x, NEXT);
    assert_int_equal(x.unanswered, 1);
    assert_true(send(&x, NEXT));
    assert_true(send(&x, UPDATE));
    jobs_exchange_restart(&x, true); /* the connection has ended under both */
    assert_int_equal(x.unanswered, JOBS_UNANSWERED_MAX);
    jobs_exchange_restart(&x, true);
    assert_int_equal(x.unanswered, JOBS_UNANSWERED_MAX);
    jobs_exchange_heard(&x);
    assert_int_equal(x.unanswered, 0);
    assert_true(send(&x, NEXT));
    jobs_exchange_restart(&x, false); /* nobody could have answered */
    assert_int_equal(x.unanswered, 0);
    jobs_exchange_check(&x);
}

/* A new connection: what was in flight is wanted at once, what has failed need not wait, what waits for its time goes on waiting. */
static void test_restart(void **state)
{
    struct jobs_context c = make_context();
    struct jobs_exchange x;
    (void)state;
    jobs_exchange_init(&x, &c);
    assert_true(send(&x, NEXT));
    jobs_exchange_overtake(&x, NEXT);
    jobs_exchange_pause(&x, UPDATE, 8);
    jobs_exchange_want_at(&x, JOBS_REQUEST_DESCRIBE, 90000);
    c.now_ms = 2000;
    jobs_exchange_restart(&x, true);
    jobs_exchange_check(&x);
    assert_int_equal(jobs_exchange_due_at(&x, NEXT), 2000);
    assert_int_equal(jobs_exchange_due_at(&x, UPDATE), 2000);
    assert_int_equal(jobs_exchange_due_at(&x, JOBS_REQUEST_DESCRIBE), 90000);
    assert_true(send(&x, UPDATE));
    assert_int_equal(c.counters.retried_sends, 0); /* no pause outlives a connection, nor does its length */
    jobs_exchange_retry(&x, UPDATE);
    assert_in_range(jobs_exchange_due_at(&x, UPDATE) - c.now_ms, 1, CONFIG_DEVICE_JOBS_RETRY_BASE_MS);
    assert_int_equal(take(&x, NEXT), JOBS_TAKEN_NOT);
    assert_true(send(&x, NEXT));
    assert_int_equal(take(&x, NEXT), JOBS_TAKEN_GOOD); /* nothing is left of before */
    assert_true(jobs_exchange_due_at(&x, NEXT) == JOBS_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life_of_a_request), cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_wanted_once_more),  cmocka_unit_test(test_overtaken),
        cmocka_unit_test(test_backoff),           cmocka_unit_test(test_not_sent),
        cmocka_unit_test(test_unanswered),        cmocka_unit_test(test_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
