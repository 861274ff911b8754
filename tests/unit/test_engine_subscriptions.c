/* SPDX-License-Identifier: MIT */
/* Nothing is demanded beyond need: $next/get goes out before any SUBSCRIBE; filters are asked for one at a time; what the broker
 * refuses, by SUBACK or by closing the connection, is left out for a day, and jobs run without it.; G3. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/leaving_run.h"

#include <stdio.h>

#define TIMEOUT_MS CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS
#define DAY_MS     (24 * 60 * MINUTE_MS)

static const char *const filters[] = {"notify-next", "notify", "+/get/+", "+/update/+"};

static struct fake_engine *started(void)
{
    struct fake_engine *f = fake_new();
    fake_boot(f);
    fake_register(f, "blink");
    return f;
}

static void connect(struct fake_engine *f)
{
    jobs_engine_connected(&f->engine, f->now_ms);
    fake_check(f);
}

static void expect_subscribe(struct fake_engine *f, int id)
{
    char text[2] = {(char)('0' + id), '\0'};
    fake_expect(f, FAKE_SUBSCRIBE, text);
    assert_string_equal(f->effects[f->seen - 1].topic, filters[id]);
}

/* The connection has ended, not by our own doing. true: the engine knows why. */
static bool cut(struct fake_engine *f)
{
    bool is_explained = jobs_engine_disconnected(&f->engine, false, f->now_ms);
    fake_check(f);
    return is_explained;
}

/* The order, and the second question when the notify topics are settled: at once, or after the answer to the first one. */
static void test_order(void **state)
{
    (void)state;
    for (int is_answered = 0; is_answered < 2; is_answered++) {
        struct fake_engine *f = started();
        connect(f);
        fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
        expect_subscribe(f, 0);
        fake_expect_quiet(f);
        if (is_answered) {
            fake_accept(f, "$next/get", "");
        }
        fake_subscribed(f, JOBS_SUB_NOTIFY_NEXT, true);
        expect_subscribe(f, 1);
        fake_expect_quiet(f);
        fake_subscribed(f, JOBS_SUB_NOTIFY, true);
        if (is_answered) {
            expect_subscribe(f, 2);
            fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
        } else {
            expect_subscribe(f, 2);
            fake_expect_quiet(f);
            fake_accept(f, "$next/get", "");
            fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
        }
        fake_accept(f, "$next/get", "");
        fake_subscribed(f, JOBS_SUB_GET, true);
        expect_subscribe(f, 3);
        fake_subscribed(f, JOBS_SUB_UPDATE, true);
        fake_expect_quiet(f);
        fake_pass(f, 10 * MINUTE_MS);
        fake_expect_quiet(f); /* twice is enough */
        fake_free(f);
    }
}

/* a job that is made at any moment of the sequence is found within 5 s, also when no notification of it arrives. */
static void test_job_made_at_any_moment(void **state)
{
    (void)state;
    for (int moment = 0; moment <= 4; moment++) {
        struct fake_engine *f = started();
        uint64_t made_ms = 0;
        bool is_made = false;
        connect(f);
        for (int step = 0; f->starts == 0 && step < 100; step++) {
            if (!is_made && step >= moment) {
                is_made = true;
                made_ms = f->now_ms;
            }
            if (f->seen == f->effect_count) {
                fake_message(f, "notify-next", "{}"); /* by now one of them arrives */
                assert_true(f->seen < f->effect_count || moment > 3);
            }
            f->now_ms += 100;
            const struct fake_effect *effect = &f->effects[f->seen++];
            if (effect->kind == FAKE_SUBSCRIBE) {
                fake_subscribed(f, (enum jobs_subscription)(effect->text[0] - '0'), true);
            } else if (effect->kind == FAKE_PUBLISH && strcmp(effect->topic, "$next/get") == 0) {
                fake_accept(f, "$next/get", is_made ? fake_execution("j1", 1, "QUEUED", BLINK) : "");
            } else if (effect->kind == FAKE_PUBLISH) {
                fake_accept(f, effect->topic, "");
            }
        }
        assert_int_equal(f->starts, 1);
        assert_true(f->now_ms - made_ms <= 5000);
        fake_free(f);
    }
}

static void expect_statement(const struct fake_engine *f, int id, unsigned times)
{
    char statement[200];
    snprintf(statement, sizeof statement,
             "the broker refuses SUBSCRIBE %s (24 h). Lacking: Allow iot:Subscribe on "
             "topicfilter/$aws/things/lamp/jobs/%s\n",
             filters[id], filters[id]);
    assert_int_equal(count_lines(f, statement), times);
}

/* A whole job without this filter. */
static void run_a_job(struct fake_engine *f, const char *job_id)
{
    char update[40];
    unsigned starts = f->starts;
    snprintf(update, sizeof update, "%s/update", job_id);
    jobs_engine_resync(&f->engine, f->now_ms);
    fake_accept(f, "$next/get", fake_execution(job_id, 1, "QUEUED", BLINK));
    fake_accept(f, update, "");
    assert_int_equal(f->starts, starts + 1);
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_accept(f, update, "");
    f->seen = f->effect_count;
}

/* Connects, and answers the subscriptions as this mask says; returns the mask of what was asked for. */
static unsigned connect_with(struct fake_engine *f, unsigned granted)
{
    unsigned asked = 0;
    f->seen = f->effect_count;
    connect(f);
    for (int rounds = 0; rounds < 20 && f->seen < f->effect_count; rounds++) {
        const struct fake_effect *effect = &f->effects[f->seen++];
        if (effect->kind == FAKE_SUBSCRIBE) {
            unsigned id = (unsigned)(effect->text[0] - '0');
            asked |= 1u << id;
            fake_subscribed(f, (enum jobs_subscription)id, (granted >> id & 1) != 0);
        } else if (effect->kind == FAKE_PUBLISH) {
            assert_string_equal(effect->topic, "$next/get");
            fake_accept(f, "$next/get", "");
        }
    }
    return asked;
}

/* A SUBACK of 0x80: one line names the statement; no reconnect; not asked for again before 24 h have passed, or a boot. */
static void test_refused(void **state)
{
    (void)state;
    for (int id = 0; id < JOBS_SUB_COUNT; id++) {
        struct fake_engine *f = started();
        unsigned others = 15u & ~(1u << id);
        assert_int_equal(connect_with(f, others), 15); /* and the ones after it all the same */
        expect_statement(f, id, 1);
        run_a_job(f, "j1");
        for (int hour = 0; hour < 24; hour += 8) {
            fake_disconnect(f);
            assert_int_equal(connect_with(f, others), others);
            run_a_job(f, hour == 0 ? "j2" : hour == 8 ? "j3" : "j4");
            fake_disconnect(f);
            f->now_ms += DAY_MS / 3 - 1000;
        }
        assert_int_equal(connect_with(f, others), others);
        fake_disconnect(f);
        f->now_ms += 3000;
        assert_int_equal(connect_with(f, 15), 15); /* the policy may have been mended */
        expect_statement(f, id, 1);
        fake_disconnect(f);
        assert_int_equal(connect_with(f, others), 15);
        expect_statement(f, id, 2);
        fake_boot(f);
        fake_register(f, "blink");
        assert_int_equal(connect_with(f, 15), 15);
        assert_int_equal(fake_count(f, FAKE_RECONNECT, NULL), 0);
        fake_free(f);
    }
}

/* AWS IoT closes the connection on a SUBSCRIBE that the policy does not allow. Once may be an accident; twice in a row is a refusal.
 * The second time the first answer is awaited before the SUBSCRIBE, so that jobs go on meanwhile. */
static void test_connection_ends_under_a_subscribe(void **state)
{
    (void)state;
    for (int id = 0; id < 2; id++) {
        struct fake_engine *f = started();
        for (int times = 0; times < 2; times++) {
            f->seen = f->effect_count;
            connect(f);
            fake_expect_publish_to(f, "$next/get");
            if (times > 0) {
                fake_expect_quiet(f);
                fake_accept(f, "$next/get", "");
            }
            for (int before = 0; before < id; before++) {
                expect_subscribe(f, before);
                fake_subscribed(f, (enum jobs_subscription)before, true);
            }
            expect_subscribe(f, id);
            fake_expect_quiet(f);
            expect_statement(f, id, 0);
            assert_true(cut(f));
        }
        expect_statement(f, id, 1);
        unsigned asked = connect_with(f, 15);
        assert_int_equal(asked & 3u, id == 0 ? 2 : 1); /* the other notify topic */
        run_a_job(f, "j1");
        assert_int_equal(fake_count(f, FAKE_RECONNECT, NULL), 0);
        fake_free(f);
    }
}

/* No refusal: we have ended the connection ourselves; it ended when nothing was asked for; it was granted in between. */
static void test_connections_that_end_otherwise(void **state)
{
    struct fake_engine *f = started();
    (void)state;
    for (int i = 0; i < 5; i++) {
        connect(f);
        assert_false(jobs_engine_disconnected(&f->engine, true, f->now_ms));
        fake_accept(f, "$next/get", ""); /* nobody hears it */
        jobs_exchange_heard(&f->engine.exchange);
        connect(f);
        assert_int_equal(connect_with(f, 15), 15);
        assert_false(cut(f));
    }
    for (int i = 0; i < 5; i++) {
        f->seen = f->effect_count;
        connect(f);
        fake_expect_publish_to(f, "$next/get");
        expect_subscribe(f, 0);
        assert_true(cut(f)); /* once */
        assert_int_equal(connect_with(f, 15), 15);
        assert_false(cut(f));
    }
    for (int id = 0; id < JOBS_SUB_COUNT; id++) {
        expect_statement(f, id, 0);
    }
    fake_free(f);
}

/* A SUBACK that does not come: a line, and on with the next one; no reconnect. When it comes later, it counts, and the service is
 * asked once more: its notifications come from then on only. */
static void test_no_suback(void **state)
{
    struct fake_engine *f = started();
    (void)state;
    connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", "");
    for (int id = 0; id < JOBS_SUB_COUNT; id++) {
        expect_subscribe(f, id);
        if (id == 2) { /* the notify topics are settled */
            fake_expect_publish_to(f, "$next/get");
            fake_accept(f, "$next/get", "");
        }
        uint64_t asked_ms = f->now_ms;
        fake_expect_quiet(f);
        fake_wake(f);
        assert_int_equal(f->now_ms - asked_ms, TIMEOUT_MS);
        assert_int_equal(count_lines(f, "no answer to SUBSCRIBE"), (unsigned)id + 1);
    }
    f->seen = f->effect_count;
    assert_int_equal(fake_count(f, FAKE_RECONNECT, NULL), 0);
    fake_subscribed(f, JOBS_SUB_GET, true); /* answers come without it */
    fake_expect_quiet(f);
    fake_subscribed(f, JOBS_SUB_NOTIFY_NEXT, true);
    fake_expect_publish_to(f, "$next/get"); /* nobody has told what came before */
    fake_accept(f, "$next/get", "");
    fake_message(f, "notify", "{}");
    fake_expect_next_soon(f); /* notify-next may come */
    fake_free(f);
}

/* A SUBSCRIBE that cannot be sent is tried again, and no end of a connection under it counts as a refusal. */
static void test_subscribe_fails(void **state)
{
    struct fake_engine *f = started();
    (void)state;
    f->fail_subscribe = true;
    connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_expect_quiet(f);
    fake_accept(f, "$next/get", "");
    for (int i = 0; i < 3; i++) {
        fake_expect_quiet(f);
        uint64_t tried_ms = f->now_ms;
        fake_wake(f);
        assert_int_equal(f->now_ms - tried_ms, TIMEOUT_MS);
        assert_false(cut(f));
        connect(f);
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", "");
    }
    fake_expect_quiet(f);
    f->fail_subscribe = false;
    fake_wake(f);
    expect_subscribe(f, 0);
    assert_false(jobs_engine_disconnected(&f->engine, true, f->now_ms));
    assert_int_equal(connect_with(f, 15), 15);
    assert_int_equal(count_lines(f, "SUBSCRIBE"), 0);
    assert_int_equal(fake_count(f, FAKE_RECONNECT, NULL), 0);
    fake_free(f);
}

/* Neither notify topic: the service is polled, with jitter, and a line says so. One of them is enough. */
static void test_polling(void **state)
{
    (void)state;
    for (unsigned granted = 0; granted < 4; granted++) {
        uint64_t period_ms = granted == 0 ? CONFIG_DEVICE_JOBS_POLL_MS : CONFIG_DEVICE_JOBS_IDLE_QUERY_MS;
        uint64_t first_ms = 0;
        bool differs = false;
        for (uint64_t seed = 1; seed <= 10; seed++) {
            struct fake_engine *f = started();
            f->random = seed * 7919;
            connect_with(f, granted | 12u);
            assert_int_equal(count_lines(f, "CONFIG_DEVICE_JOBS_POLL_MS"), granted == 0);
            for (int i = 0; i < 3; i++) {
                uint64_t asked_ms = f->now_ms;
                fake_expect_quiet(f);
                fake_wake(f);
                fake_expect_publish_to(f, "$next/get");
                fake_accept(f, "$next/get", "");
                assert_in_range(f->now_ms - asked_ms, period_ms * 7 / 8, period_ms * 9 / 8);
                differs = differs || (first_ms != 0 && f->now_ms - asked_ms != first_ms);
                first_ms = f->now_ms - asked_ms;
            }
            fake_free(f);
        }
        assert_true(differs);
    }
}

/* While a job runs the same, also when the first answer had one: a cancel is found within the period. */
static void test_polling_while_a_job_runs(void **state)
{
    (void)state;
    for (unsigned granted = 0; granted < 4; granted++) {
        uint64_t period_ms = granted == 0 ? CONFIG_DEVICE_JOBS_POLL_MS : CONFIG_DEVICE_JOBS_IDLE_QUERY_MS;
        struct fake_engine *f = started();
        connect(f);
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
        for (unsigned id = 0; id < JOBS_SUB_COUNT; id++) {
            fake_subscribed(f, (enum jobs_subscription)id, ((granted | 12u) >> id & 1) != 0);
        }
        fake_accept(f, "j1/update", "");
        assert_int_equal(f->starts, 1);
        fake_accept(f, "$next/get", fake_execution("j1", 1, "IN_PROGRESS", NULL)); /* the second question */
        f->seen = f->effect_count;
        fake_return(f, JOBS_STATUS_IN_PROGRESS);
        fake_expect_publish_to(f, "j1/update");
        fake_accept(f, "j1/update", "");
        uint64_t asked_ms = f->now_ms;
        fake_wake(f);
        fake_expect_publish(f, "$next/get", "{\"includeJobDocument\":false,\"clientToken\":\"T\"}");
        assert_in_range(f->now_ms - asked_ms, period_ms * 7 / 8, period_ms * 9 / 8);
        fake_free(f);
    }
}

/* What a notify leads to: with notify-next granted that may bring the document, so it is waited for; else the service is asked. */
static void test_notify_with_and_without_notify_next(void **state)
{
    (void)state;
    for (unsigned granted = 2; granted < 4; granted++) {
        struct fake_engine *f = started();
        connect_with(f, granted | 12u);
        f->seen = f->effect_count;
        fake_message(f, "notify", "{\"jobs\":{\"QUEUED\":[{\"jobId\":\"j1\",\"executionNumber\":1}]}}");
        if (granted == 3) {
            fake_expect_next_soon(f);
        } else {
            fake_expect_publish_to(f, "$next/get");
        }
        fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
        fake_accept(f, "j1/update", "");
        fake_return(f, JOBS_STATUS_SUCCEEDED);
        fake_accept(f, "j1/update", "");
        f->seen = f->effect_count;
        if (granted == 3) {
            fake_expect_next_soon(f);
        } else { /* after a final status the same */
            assert_int_equal(fake_count(f, FAKE_PUBLISH, "$next/get"), 4);
        }
        fake_free(f);
    }
}

/* The 24 h begin when the connection ends, not with the SUBSCRIBE. */
static void test_left_out_from_the_end_on(void **state)
{
    struct fake_engine *f = started();
    (void)state;
    for (int times = 0; times < 2; times++) {
        f->seen = f->effect_count;
        connect(f);
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", "");
        expect_subscribe(f, 0);
        f->now_ms += TIMEOUT_MS - 1000; /* nothing happens meanwhile */
        assert_true(cut(f));
    }
    f->now_ms += DAY_MS - 1000;
    assert_int_equal(connect_with(f, 15) & 1u, 0);
    fake_disconnect(f);
    f->now_ms += 1000;
    assert_int_equal(connect_with(f, 15) & 1u, 1);
    fake_free(f);
}

/* A connection that ends under a SUBSCRIBE says nothing about answers: the question that was out is none of three without one. */
static void test_ended_under_a_subscribe_is_not_unanswered(void **state)
{
    struct fake_engine *f = started();
    (void)state;
    connect(f);
    fake_expect_publish_to(f, "$next/get");
    expect_subscribe(f, 0);
    assert_true(cut(f));
    connect(f);
    while (fake_count(f, FAKE_PUBLISH, "$next/get") < 4) { /* two without an answer, and the third goes out */
        fake_wake(f);
    }
    assert_int_equal(fake_count(f, FAKE_RECONNECT, NULL), 0);
    while (fake_count(f, FAKE_RECONNECT, NULL) == 0) {
        fake_wake(f);
    }
    assert_int_equal(fake_count(f, FAKE_PUBLISH, "$next/get"), 4);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_job_made_at_any_moment),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_connection_ends_under_a_subscribe),
        cmocka_unit_test(test_connections_that_end_otherwise),
        cmocka_unit_test(test_no_suback),
        cmocka_unit_test(test_subscribe_fails),
        cmocka_unit_test(test_polling),
        cmocka_unit_test(test_polling_while_a_job_runs),
        cmocka_unit_test(test_notify_with_and_without_notify_next),
        cmocka_unit_test(test_left_out_from_the_end_on),
        cmocka_unit_test(test_ended_under_a_subscribe_is_not_unanswered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
