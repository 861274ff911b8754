/* SPDX-License-Identifier: MIT */
/* A job's good life, message by message, against docs/protocol.md 1.6, 1.7 and 1.11.;
 * G6: three puts per job. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_engine_io.h"

#include <stdio.h>
#include <string.h>

#define BLINK "{\"action\":\"blink\",\"count\":3}"

static void test_good_life(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;

    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
    fake_accept(f, "$next/get", fake_execution("j1", 7, "QUEUED", BLINK));
    fake_expect_publish(
        f, "j1/update",
        "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"state\":\"accepted\",\"attempt\":\"1\"},"
        "\"expectedVersion\":1,\"executionNumber\":7,\"includeJobDocument\":true,\"clientToken\":\"T\"}");
    assert_int_equal(f->starts, 0);
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_SAVE, "");
    fake_expect(f, FAKE_START, "j1");
    assert_string_equal(f->run_document, BLINK);
    assert_string_equal(f->run.job_id, "j1");
    assert_int_equal(f->run.execution_number, 7);
    assert_int_equal(f->run.queued_at_s, FAKE_QUEUED_S);
    assert_int_equal(f->run.now_s, FAKE_TIME_S);
    assert_int_equal(f->run.attempt, 1);
    fake_expect_quiet(f);

    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_expect(f, FAKE_SAVE, "");
    fake_expect_publish(
        f, "j1/update",
        "{\"status\":\"SUCCEEDED\",\"statusDetails\":{\"state\":\"succeeded\",\"attempt\":\"1\"},"
        "\"executionNumber\":7,\"clientToken\":\"T\"}");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_SAVE, "");
    fake_expect_next_soon(f); /* unless notify-next brings it before */
    assert_int_equal(f->saves, 3);
    fake_accept(f, "$next/get", "");
    fake_expect_quiet(f);

    const struct jobs_counters *counters = jobs_engine_counters(&f->engine);
    assert_int_equal(counters->received, 1);
    assert_int_equal(counters->run, 1);
    assert_int_equal(counters->succeeded, 1);
    assert_int_equal(counters->failed + counters->rejected + counters->canceled, 0);
    assert_int_equal(counters->retried_sends + counters->dropped_reports, 0);
    assert_int_equal(counters->journal_writes, 3);
    fake_free(f);
}

/* The handler hands over to a task of the application, as in the seed, which reports when it is done. */
static void test_reported_later_with_step_timeout_and_details(void **state)
{
    struct fake_engine *f = fake_new();
    (void)state;
    fake_boot(f);
    fake_register_action(f, &(struct jobs_action){.name = "ota", .max_attempts = 1, .timeout_min = 5});
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", "{\"action\":\"ota\"}"));
    fake_expect_publish(
        f, "j1/update",
        "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"state\":\"accepted\",\"attempt\":\"1\"},"
        "\"expectedVersion\":1,\"executionNumber\":1,\"stepTimeoutInMinutes\":5,"
        "\"includeJobDocument\":true,\"clientToken\":\"T\"}");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");

    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    fake_expect_publish(
        f, "j1/update",
        "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"state\":\"running\",\"attempt\":\"1\"},"
        "\"executionNumber\":1,\"stepTimeoutInMinutes\":5,\"clientToken\":\"T\"}");
    fake_accept(f, "j1/update", "");

    struct jobs_report report = {
        .run_id = f->run.run_id, .status = JOBS_STATUS_FAILED, .progress_percent = -1};
    struct details details = {0};
    assert_int_equal(details_add(&details, "partition", "ota_1"), ERR_OK);
    report.details = &details;
    report.message = "flash \"full\"";
    assert_int_equal(fake_report_whole(f, &report), ERR_OK);
    fake_expect_publish(f, "j1/update",
                        "{\"status\":\"FAILED\",\"statusDetails\":{\"state\":\"failed\",\"attempt\":\"1\","
                        "\"reason\":\"HANDLER_FAILED\",\"message\":\"flash 'full'\",\"partition\":\"ota_1\"},"
                        "\"executionNumber\":1,\"clientToken\":\"T\"}");
    fake_accept(f, "j1/update", "");
    fake_expect_next_soon(f);
    assert_int_equal(jobs_engine_counters(&f->engine)->failed, 1);
    fake_free(f);
}

static void run_one(struct fake_engine *f, const char *job_id)
{
    char update[80];
    snprintf(update, sizeof update, "%s/update", job_id);
    if (jobs_engine_counters(&f->engine)->received == 0) {
        fake_expect_publish_to(f, "$next/get");
    } else {
        fake_expect_next_soon(f);
    }
    fake_accept(f, "$next/get", fake_execution(job_id, 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, update);
    fake_accept(f, update, "");
    fake_expect(f, FAKE_START, job_id);
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_expect_publish_to(f, update);
    fake_accept(f, update, "");
}

/* job after job on one boot, in the service's order, each with a run id of its own. */
static void test_ten_thousand_jobs_in_a_row(void **state)
{
    struct fake_engine *f = fake_ready();
    uint32_t last_run = 0;
    (void)state;

    for (int i = 0; i < 10000; i++) {
        char job_id[16];
        snprintf(job_id, sizeof job_id, "job-%d", i);
        run_one(f, job_id);
        assert_true(f->run.run_id > last_run);
        last_run = f->run.run_id;
        memmove(f->effects, f->effects + f->seen, (f->effect_count - f->seen) * sizeof f->effects[0]);
        f->effect_count -= f->seen;
        f->seen = 0;
        f->log[0] = '\0';
    }
    assert_int_equal(f->saves, 30000);
    assert_int_equal(jobs_engine_counters(&f->engine)->succeeded, 10000);
    fake_free(f);
}

/* on each connection, at once and before any SUBSCRIBE, and once more when the notify topics are settled. */
static void test_next_is_asked_on_each_connection(void **state)
{
    struct fake_engine *f = fake_ready(); /* checks the order of the first connection */
    (void)state;
    fake_expect_idle(f);
    for (int i = 0; i < 3; i++) {
        fake_disconnect(f);
        fake_pass(f, 60000);
        fake_connect(f);
        fake_expect_idle(f);
    }
    fake_expect_quiet(f);
    fake_free(f);
}

/* Nothing pending, in the three ways that are told apart nowhere (U9); unknown members; a time in milliseconds (U4). */
static void test_idle_answers_and_liberal_reading(void **state)
{
    static const char *const idle[] = {"", "\"execution\":{}",
                                       "\"extra\":[1,{\"execution\":1}],\"execution\":{}"};
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_idle(f);
    for (size_t i = 0; i < sizeof idle / sizeof idle[0]; i++) {
        fake_message(f, "notify", "{}");
        fake_expect_next_soon(f);
        fake_accept(f, "$next/get", idle[i]);
        fake_expect_quiet(f);
    }
    fake_message(f, "notify", "{}");
    fake_expect_next_soon(f);
    fake_accept(f, "$next/get",
                "\"execution\":{\"jobId\":\"j1\",\"thingName\":\"lamp\",\"status\":\"QUEUED\",\"queuedAt\":"
                "1699999990123,"
                "\"versionNumber\":4,\"executionNumber\":9223372036854775807,\"new\":{\"jobId\":\"x\"},"
                "\"jobDocument\":{\"action\":\"\\u0062link\"}}");
    fake_expect_publish(
        f, "j1/update",
        "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"state\":\"accepted\",\"attempt\":\"1\"},"
        "\"expectedVersion\":4,\"executionNumber\":9223372036854775807,\"includeJobDocument\":true,"
        "\"clientToken\":\"T\"}");
    fake_accept(f, "j1/update", "");
    assert_int_equal(f->run.queued_at_s, 1699999990);
    fake_free(f);
}

/* An answer without what every execution has is as good as lost; it is asked again, and never in a hurry. */
static void test_unreadable_answers_are_asked_again(void **state)
{
    static const char *const bad[] = {
        "\"execution\":{\"jobId\":\"a/"
        "b\",\"status\":\"QUEUED\",\"queuedAt\":1,\"versionNumber\":1,\"executionNumber\":1}",
        "\"execution\":{\"jobId\":\"+\",\"status\":\"QUEUED\",\"queuedAt\":1,\"versionNumber\":1,"
        "\"executionNumber\":1}",
        "\"execution\":{\"jobId\":\"\",\"status\":\"QUEUED\",\"queuedAt\":1,\"versionNumber\":1,"
        "\"executionNumber\":1}",
        "\"execution\":{\"jobId\":7,\"status\":\"QUEUED\",\"queuedAt\":1,\"versionNumber\":1,"
        "\"executionNumber\":1}",
        "\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"queuedAt\":1,\"versionNumber\":1}",
        "\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"queuedAt\":1,\"executionNumber\":1}",
        "\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"versionNumber\":1,\"executionNumber\":1}",
        "\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"queuedAt\":1,\"versionNumber\":1,"
        "\"executionNumber\":1e3}",
    };
    struct fake_engine *f = fake_ready();
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", bad[i]);
        fake_expect_quiet(f);
        fake_wake(f); /* the answer counts as lost */
        fake_expect_quiet(f);
        fake_wake(f); /* the backoff */
    }
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get",
                fake_execution("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", 1,
                               "QUEUED", BLINK)); /* 64 characters */
    fake_expect_publish_to(f, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-/update");
    fake_free(f);
}

/* Another thing's topics, operations we do not use, and words that are only parts of topics. */
static void test_foreign_topics_are_ignored(void **state)
{
    static const char *const topics[] = {
        "$aws/things/lamp2/jobs/notify",
        "$aws/things/lam/jobs/notify",
        "$aws/things/lamp/jobs/notify/x",
        "$aws/things/lamp/jobs/",
        "$aws/things/lamp/jobs",
        "lamp/jobs/notify",
        "$aws/things/lamp/jobs/notify-nex",
        "$aws/things/lamp/shadow/update",
        "",
        "$aws/things/lamp/jobs/start-next/accepted",
        "$aws/things/lamp/jobs/$next/get/accepted/x",
    };
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_idle(f);
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        jobs_engine_message(&f->engine, slice_from(topics[i]), slice_from("{}"), SLICE_EMPTY, f->now_ms);
        jobs_engine_message(&f->engine, slice_from(topics[i]), SLICE_EMPTY, SLICE_EMPTY, f->now_ms);
    }
    fake_expect_quiet(f);
    fake_message(f, "notify", "{}");
    fake_expect_next_soon(f);
    fake_free(f);
}

/* The question without a cause: every 15 minutes with jitter, as long as the device is on line. G3. */
static void test_idle_question_with_jitter(void **state)
{
    uint64_t first_ms = 0;
    bool differs = false;
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct fake_engine *f = fake_new();
        f->random = seed * 7919;
        fake_boot(f);
        fake_connect(f);
        fake_expect_idle(f);
        uint64_t start_ms = f->now_ms;
        fake_wake(f);
        fake_expect_publish_to(f, "$next/get");
        uint64_t interval_ms = f->now_ms - start_ms;
        assert_in_range(interval_ms, CONFIG_DEVICE_JOBS_IDLE_QUERY_MS * 7 / 8,
                        CONFIG_DEVICE_JOBS_IDLE_QUERY_MS * 9 / 8);
        differs = differs || (first_ms != 0 && interval_ms != first_ms);
        first_ms = interval_ms;
        fake_accept(f, "$next/get", "");
        fake_disconnect(f);
        assert_true(jobs_engine_wake_at_ms(&f->engine) == UINT64_MAX);
        fake_free(f);
    }
    assert_true(differs);
}

/* Documents hold presigned links. */
static void test_no_log_line_carries_a_document(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get",
                fake_execution("j1", 1, "QUEUED", "{\"action\":\"blink\",\"url\":\"SECRET\"}"));
    fake_accept(f, "j1/update", "");
    fake_return(f, JOBS_STATUS_FAILED);
    fake_reject(f, "j1/update", "InvalidRequest", "\"jobDocument\":{\"url\":\"SECRET\"}");
    fake_accept(f, "j1/update", "");
    fake_wake(f);
    fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", "{\"url\":\"SECRET\"}"));
    fake_message(f, "notify-next", "{\"execution\":{\"jobDocument\":{\"url\":\"SECRET\"}}");
    assert_null(strstr(f->log, "SECRET"));
    assert_non_null(strstr(f->log, "job j1"));
    fake_free(f);
}

/* What the run before has reported is no progress of the next one. docs/protocol.md 1.7 */
static void test_progress_is_of_one_run(void **state)
{
    struct fake_engine *f = fake_running();
    struct jobs_report report = {
        .run_id = f->run.run_id, .status = JOBS_STATUS_IN_PROGRESS, .progress_percent = 50};
    (void)state;
    assert_int_equal(fake_report_whole(f, &report), ERR_OK);
    assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"progress\":\"50\""));
    fake_accept(f, "j1/update", "");
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect_next_soon(f);
    fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", "{\"action\":\"blink\"}"));
    fake_expect_publish_to(f, "j2/update");
    fake_accept(f, "j2/update", "");
    fake_expect(f, FAKE_START, "j2");
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    assert_null(strstr(fake_expect_publish_to(f, "j2/update"), "\"progress\""));
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_life),
        cmocka_unit_test(test_reported_later_with_step_timeout_and_details),
        cmocka_unit_test(test_ten_thousand_jobs_in_a_row),
        cmocka_unit_test(test_next_is_asked_on_each_connection),
        cmocka_unit_test(test_idle_answers_and_liberal_reading),
        cmocka_unit_test(test_unreadable_answers_are_asked_again),
        cmocka_unit_test(test_foreign_topics_are_ignored),
        cmocka_unit_test(test_idle_question_with_jitter),
        cmocka_unit_test(test_no_log_line_carries_a_document),
        cmocka_unit_test(test_progress_is_of_one_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
