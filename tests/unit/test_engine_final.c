/* SPDX-License-Identifier: MIT */
/* The final status until it is settled: the ladder of docs/protocol.md 1.8, cancel and delete (2.7).; G2,
 * G5. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_engine_io.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define BLINK       "{\"action\":\"blink\"}"
#define STATE(name) "\"executionState\":{\"status\":\"" name "\",\"versionNumber\":3}"

static void report_with_detail(struct fake_engine *f, enum jobs_status status)
{
    struct details details = {0};
    struct jobs_report report = {
        .run_id = f->run.run_id, .status = status, .progress_percent = -1, .details = &details};
    assert_int_equal(details_add(&details, "step", "2"), ERR_OK);
    assert_int_equal(fake_report_whole(f, &report), ERR_OK);
}

#define BARE(status) "{\"status\":\"" status "\",\"executionNumber\":1,\"clientToken\":\"T\"}"

/* Refused with details: without; refused again: kept, hourly, and looked up whether it has ended. */
static void test_ladder_of_a_failure(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    report_with_detail(f, JOBS_STATUS_FAILED);
    fake_expect_publish_to(f, "j1/update");
    fake_reject(f, "j1/update", "InvalidRequest", "");
    fake_expect_publish(f, "j1/update", BARE("FAILED"));
    fake_reject(f, "j1/update", "InvalidRequest", "");
    fake_expect_publish_to(f, "j1/get");
    fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NULL));
    fake_message(f, "notify", "{\"jobs\":{}}"); /* the hint may be about our own */
    fake_expect_publish_to(f, "j1/get");
    fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NULL));
    for (int i = 0; i < 3; i++) {
        uint64_t refused_ms = f->now_ms;
        fake_expect_quiet(f);
        fake_wake(f);
        assert_int_equal(f->now_ms - refused_ms, CONFIG_DEVICE_JOBS_REFUSED_RETRY_MS);
        fake_expect_publish(f, "j1/update", BARE("FAILED"));
        fake_reject(f, "j1/update", "InvalidRequest", "");
        fake_expect_publish_to(f, "j1/get");
        fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NULL));
    }
    fake_return(f, JOBS_STATUS_FAILED);
    fake_pass(f, CONFIG_DEVICE_JOBS_REFUSED_RETRY_MS);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect_next_soon(f); /* no other job was asked for before */
    assert_non_null(strstr(f->log, "refuses"));
    fake_free(f);
}

/* It turns out that the refused status is of no interest any more. */
static void test_ladder_ends_when_the_execution_has_ended(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    fake_return(f, JOBS_STATUS_FAILED);
    fake_reject(f, "j1/update", "InvalidStateTransition", "");
    fake_reject(f, "j1/update", "InvalidStateTransition", "");
    f->seen = f->effect_count - 1;
    fake_expect_publish_to(f, "j1/get");
    fake_reject(f, "j1/get", "TerminalStateReached", "");
    fake_expect_next_soon(f);
    fake_free(f);
}

/* U21: a service that does not go from IN_PROGRESS to REJECTED gets FAILED at once, with everything else as it was. */
static void test_rejected_by_handler_becomes_failed(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    report_with_detail(f, JOBS_STATUS_REJECTED);
    fake_expect_publish(
        f, "j1/update",
        "{\"status\":\"REJECTED\",\"statusDetails\":{\"state\":\"rejected\",\"attempt\":\"1\","
        "\"reason\":\"REJECTED_BY_HANDLER\",\"message\":\"rejected by the handler\",\"step\":\"2\"},"
        "\"executionNumber\":1,\"clientToken\":\"T\"}");
    fake_reject(f, "j1/update", "InvalidStateTransition", STATE("IN_PROGRESS"));
    fake_expect_publish(
        f, "j1/update",
        "{\"status\":\"FAILED\",\"statusDetails\":{\"state\":\"failed\",\"attempt\":\"1\","
        "\"reason\":\"REJECTED_BY_HANDLER\",\"message\":\"rejected by the handler\",\"step\":\"2\"},"
        "\"executionNumber\":1,\"clientToken\":\"T\"}");
    fake_accept(f, "j1/update", "");
    fake_expect_quiet(f); /* no other job before the handler has returned */
    fake_return(f, JOBS_STATUS_REJECTED);
    fake_expect_publish_to(f, "$next/get");
    assert_int_equal(jobs_engine_counters(&f->engine)->failed, 1);
    assert_int_equal(jobs_engine_counters(&f->engine)->rejected, 0);
    fake_free(f);
}

/* The same service, but it does not say what it minds: first bare, then FAILED with our own pairs only. */
static void test_rejected_by_handler_refused_without_a_word(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    report_with_detail(f, JOBS_STATUS_REJECTED);
    fake_expect_publish_to(f, "j1/update");
    fake_reject(f, "j1/update", "InvalidRequest", "");
    fake_expect_publish(f, "j1/update", BARE("REJECTED"));
    fake_reject(f, "j1/update", "InvalidRequest", "");
    fake_expect_publish(f, "j1/update",
                        "{\"status\":\"FAILED\",\"statusDetails\":{\"state\":\"failed\",\"attempt\":\"1\","
                        "\"reason\":\"REJECTED_BY_HANDLER\",\"message\":\"rejected by the handler\"},"
                        "\"executionNumber\":1,\"clientToken\":\"T\"}");
    fake_reject(f, "j1/update", "InvalidRequest", "");
    fake_expect_publish_to(f, "j1/get");
    fake_expect_quiet(f);
    fake_free(f);
}

/* The service that accepts REJECTED from IN_PROGRESS is not asked to take FAILED. */
static void test_rejected_by_handler_accepted(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    fake_return(f, JOBS_STATUS_REJECTED);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    assert_int_equal(jobs_engine_counters(&f->engine)->rejected, 1);
    fake_free(f);
}

/* A reconnect sends the final status first, then asks: also one that was put off for an hour. */
static void test_final_status_first_after_reconnect(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    fake_disconnect(f);
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_expect_quiet(f);
    assert_true(jobs_engine_wake_at_ms(&f->engine) == UINT64_MAX);
    fake_connect(f);
    fake_expect_seen(f, "j1");
    assert_memory_equal(fake_expect_publish_to(f, "j1/update"), "{\"status\":\"SUCCEEDED\"", 21);
    fake_expect_quiet(f);
    fake_disconnect(f); /* with the answer under way */
    fake_connect(f);
    fake_expect_seen(f, "j1");
    fake_expect_publish_to(f, "j1/update");
    fake_reject(f, "j1/update", "InvalidRequest", "");
    fake_expect_publish_to(f, "j1/update");
    fake_reject(f, "j1/update", "InvalidRequest", "");
    fake_expect_publish_to(f, "j1/get");
    fake_disconnect(f);
    fake_connect(f);
    fake_expect_seen(f, "j1");
    fake_expect_publish(f, "j1/update", BARE("SUCCEEDED"));
    fake_accept(f, "j1/update", "");
    fake_expect_publish_to(f, "$next/get");
    fake_free(f);
}

static const char lists_without[] = "{\"jobs\":{\"QUEUED\":[{\"jobId\":\"j2\",\"executionNumber\":1}]}}";

/* Own notifications, in every form, are no reason to ask. */
static void test_harmless_notifications(void **state)
{
    static const char *const harmless[] = {
        "{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j1\",\"queuedAt\":1699999990,\"executionNumber\":1}]}}",
        "{\"jobs\":{\"QUEUED\":[],\"IN_PROGRESS\":[{\"jobId\":\"j0\",\"executionNumber\":1},{\"jobId\":"
        "\"j1\",\"queuedAt\":1699999990,\"executionNumber\":1}]}}",
        "{\"jobs\":{\"QUEUED\":[{\"executionNumber\":1,\"jobId\":\"\\u006a1\",\"queuedAt\":1699999990}]}}",
        "{\"execution\":{\"jobId\":\"j1\",\"queuedAt\":1699999990,\"executionNumber\":1,\"jobDocument\":{"
        "\"jobId\":\"j2\"}}}",
    };
    struct fake_engine *f = fake_running();
    (void)state;
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        fake_message(f, i == 3 ? "notify-next" : "notify", harmless[i]);
        fake_expect_quiet(f);
    }
    fake_free(f);
}

/* A hint is checked, and only a clear answer about this very execution cancels. */
static void test_hints_are_checked(void **state)
{
    static const char *const hints[] = {
        lists_without,
        "{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j1\",\"executionNumber\":1}]}}", /* of whichever second */
        "{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j1\",\"queuedAt\":1700000050,\"executionNumber\":1}]}}",
        "{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j1\",\"queuedAt\":1699999990,\"executionNumber\":2}]}}",
        "{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j11\",\"queuedAt\":1699999990,\"executionNumber\":1}]}}",
        "{\"jobs\":{\"IN_PROGRESS\":{\"jobId\":\"j1\",\"queuedAt\":1699999990,\"executionNumber\":1}}}",
        "{\"jobs\":[]}",
        "{}",
        "{\"execution\":{}}",
        "garbage",
        "",
    };
    struct fake_engine *f = fake_running();
    (void)state;
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        fake_message(f, "notify", hints[i]);
        fake_expect_publish(f, "j1/get",
                            "{\"executionNumber\":1,\"includeJobDocument\":false,\"clientToken\":\"T\"}");
        fake_accept(f, "j1/get", i % 2 ? "" : fake_execution("j1", 1, "IN_PROGRESS", NULL));
        fake_expect_quiet(f);
    }
    fake_free(f);
}

enum verdict {
    BY_DESCRIBE_REJECTED,
    BY_DESCRIBE_TERMINAL,
    BY_DESCRIBE_OTHER,
    BY_DESCRIBE_REMADE,
    BY_UPDATE,
    VERDICTS
};

static void take_away(struct fake_engine *f, enum verdict verdict)
{
    char remade[300];
    if (verdict == BY_UPDATE) {
        fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS);
        fake_expect_publish_to(f, "j1/update");
        fake_reject(f, "j1/update", "InvalidStateTransition", STATE("CANCELED"));
        return;
    }
    fake_message(f, "notify", lists_without);
    fake_expect_publish_to(f, "j1/get");
    switch (verdict) {
    case BY_DESCRIBE_REJECTED:
        fake_reject(f, "j1/get", "ResourceNotFound", "");
        break;
    case BY_DESCRIBE_TERMINAL:
        fake_accept(f, "j1/get", fake_execution("j1", 1, "TIMED_OUT", NULL));
        break;
    case BY_DESCRIBE_OTHER: /* the service has started a retry */
        fake_accept(f, "j1/get", fake_execution("j1", 2, "QUEUED", NULL));
        break;
    default: /* deleted, and made again with the same id and number */
        snprintf(remade, sizeof remade,
                 "\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"queuedAt\":%d,\"versionNumber\":1,"
                 "\"executionNumber\":1}",
                 FAKE_QUEUED_S + 60);
        fake_accept(f, "j1/get", remade);
    }
}

/* cancelled while the handler runs: it is told at once, its result is discarded, and nothing starts before it
 * has returned. */
static void test_cancelled_while_the_handler_runs(void **state)
{
    (void)state;
    for (enum verdict verdict = 0; verdict < VERDICTS; verdict++) {
        struct fake_engine *f = fake_running();
        take_away(f, verdict);
        fake_expect(f, FAKE_CANCEL, "");
        assert_int_equal(f->effects[f->seen - 1].run_id, f->run.run_id);
        fake_message(f, "notify-next", "{\"execution\":{\"jobId\":\"j2\"}}");
        fake_pass(f, 60000);
        fake_expect_quiet(f);
        assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_STALE);
        fake_pass(f, 60000);
        fake_expect_quiet(f);
        fake_return(f, JOBS_STATUS_SUCCEEDED);
        fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
        assert_int_equal(jobs_engine_counters(&f->engine)->canceled, 1);
        assert_int_equal(jobs_engine_counters(&f->engine)->succeeded, 0);
        assert_int_equal(jobs_engine_counters(&f->engine)->dropped_reports,
                         1); /* what it returned, too late */
        fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", BLINK));
        fake_expect_publish_to(f, "j2/update");
        fake_accept(f, "j2/update", "");
        fake_expect(f, FAKE_START, "j2");
        fake_expect_quiet(f);
        fake_free(f);
    }
}

/* The same while the application works on it after the handler has returned. */
static void test_cancelled_while_waiting_for_the_report(void **state)
{
    (void)state;
    for (enum verdict verdict = 0; verdict < VERDICTS; verdict++) {
        struct fake_engine *f = fake_running();
        fake_return(f, JOBS_STATUS_IN_PROGRESS);
        fake_expect_publish_to(f, "j1/update");
        fake_accept(f, "j1/update", "");
        if (verdict == BY_UPDATE) {
            fake_pass(f, CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS); /* progress is rate-limited */
        }
        take_away(f, verdict);
        fake_expect(f, FAKE_CANCEL, "");
        fake_pass(f, 60000);
        fake_expect_quiet(f); /* the application may still work on it */
        fake_return_cancel(f);
        fake_expect_publish_to(f, "$next/get");
        assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
        fake_free(f);
    }
}

/* Cancelled before the claim arrived: never started. */
static void test_cancelled_while_claiming(void **state)
{
    static const char *const rejections[][2] = {{"InvalidStateTransition", STATE("CANCELED")},
                                                {"VersionMismatch", STATE("CANCELED")},
                                                {"ResourceNotFound", ""},
                                                {"TerminalStateReached", ""}};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct fake_engine *f = fake_ready();
        fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
        fake_message(f, "notify", lists_without);
        fake_reject(f, "j1/update", rejections[i][0], rejections[i][1]);
        f->seen = f->effect_count;
        fake_wake(f);
        fake_expect_publish_to(f, "$next/get");
        assert_int_equal(f->starts, 0);
        fake_free(f);
    }
}

/* The notification overtakes the answer to the claim: what the claim has met is read, before anything starts. */
static void test_cancelled_between_claim_and_start(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    fake_message(f, "notify", "{\"jobs\":{}}");
    fake_expect_quiet(f);
    fake_accept(f, "j1/update", "");
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
    fake_accept(f, "$next/get", "");
    fake_expect_quiet(f);
    assert_int_equal(f->starts, 0);
    fake_free(f);
}

/* Cancelled after the final status was reported: settled, dropped, the next one. */
static void test_cancelled_before_the_final_status_arrives(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_expect_publish_to(f, "j1/update");
    fake_message(f, "notify", "{\"jobs\":{}}");
    fake_expect_quiet(f);
    fake_reject(f, "j1/update", "InvalidStateTransition", STATE("TIMED_OUT"));
    fake_expect_next_soon(f);
    assert_int_equal(jobs_engine_counters(&f->engine)->canceled, 1);
    assert_int_equal(jobs_engine_counters(&f->engine)->succeeded, 0);
    fake_boot(f); /* and forgotten by the journal */
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_free(f);
}

/* G5: the notification was lost; the next question without a cause finds out. */
static void test_cancel_is_found_without_notification(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_pass(f, CONFIG_DEVICE_JOBS_IDLE_QUERY_MS / 8 * 7 - 2000);
    fake_expect_quiet(f);
    fake_wake(f);
    fake_expect_publish(f, "$next/get", "{\"includeJobDocument\":false,\"clientToken\":\"T\"}");
    fake_accept(f, "$next/get", "");
    fake_expect_publish_to(f, "j1/get");
    fake_reject(f, "j1/get", "ResourceNotFound", "");
    fake_expect(f, FAKE_CANCEL, "");
    fake_free(f);
}

/* The final status could not be stored: the caller is told, it is sent from memory, and stored when that works again. */
static void test_final_status_that_cannot_be_stored(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    f->fail_save_at = f->saves + 1;
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_STORAGE);
    fake_expect(f, FAKE_SAVE, ""); /* the second try, before it is sent */
    fake_expect_publish_to(f, "j1/update");
    fake_boot(f);
    fake_connect(f);
    fake_expect_seen(f, "j1");
    assert_memory_equal(fake_expect_publish_to(f, "j1/update"), "{\"status\":\"SUCCEEDED\"", 21);
    fake_free(f);

    f = fake_running();
    f->fail_save_at = UINT_MAX;
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_STORAGE);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    fake_expect_publish_to(f, "$next/get");
    assert_int_equal(jobs_engine_counters(&f->engine)->succeeded, 1);
    fake_free(f);
}

/* The start could not be stored: it does not run (G1), and the operator learns why. */
static void test_start_that_cannot_be_stored(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    f->fail_save_at = 1;
    fake_accept(f, "j1/update", "");
    fake_expect_publish(f, "j1/update",
                        "{\"status\":\"FAILED\",\"statusDetails\":{\"state\":\"failed\",\"attempt\":\"1\","
                        "\"reason\":\"STORAGE\",\"message\":\"the start could not be stored\"},"
                        "\"executionNumber\":1,\"clientToken\":\"T\"}");
    fake_accept(f, "j1/update", "");
    fake_expect_next_soon(f);
    /* The service is a little behind: this is our claim no more. */
    fake_accept(f, "$next/get", fake_execution("j1", 1, "IN_PROGRESS", BLINK));
    assert_memory_equal(fake_expect_publish_to(f, "j1/update"), "{\"status\":\"FAILED\"", 18);
    assert_int_equal(f->starts, 0);
    fake_free(f);
}

/* Refused in each form and kept; not stored before the hourly try, then the power goes: nothing of the report is lost. G2 */
static void test_details_outlive_a_refusal(void **state)
{
    struct fake_engine *f = fake_running();
    struct details details = {0};
    struct jobs_report report = {.run_id = f->run.run_id,
                                 .status = JOBS_STATUS_SUCCEEDED,
                                 .progress_percent = -1,
                                 .details = &details};
    (void)state;
    assert_int_equal(details_add(&details, "step", "2"), ERR_OK);
    f->fail_save_at = UINT_MAX;
    assert_int_equal(fake_report_whole(f, &report), ERR_STORAGE);
    assert_int_equal(jobs_engine_counters(&f->engine)->dropped_reports, 0); /* it is sent from memory */
    fake_expect_publish_to(f, "j1/update");
    fake_reject(f, "j1/update", "InvalidRequest", "");
    fake_expect_publish(f, "j1/update", BARE("SUCCEEDED"));
    fake_reject(f, "j1/update", "InvalidRequest", "");
    fake_expect_seen(f, "j1");
    f->fail_save_at = 0;
    fake_wake(f);
    fake_expect_publish(f, "j1/update", BARE("SUCCEEDED"));
    fake_boot(f);
    fake_register(f, "blink");
    fake_connect(f);
    fake_expect_seen(f, "j1");
    fake_expect_publish(
        f, "j1/update",
        "{\"status\":\"SUCCEEDED\",\"statusDetails\":{\"state\":\"succeeded\",\"attempt\":\"1\","
        "\"step\":\"2\"},\"executionNumber\":1,\"clientToken\":\"T\"}");
    fake_free(f);
}

/* It could not be stored, and the service has deleted the job: nothing is left to be stored, and the next job takes its three puts. G6 */
static void test_not_stored_and_gone(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    f->fail_save_at = UINT_MAX;
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_expect_publish_to(f, "j1/update");
    fake_reject(f, "j1/update", "ResourceNotFound", "");
    f->fail_save_at = 0;
    unsigned saves = f->saves;
    fake_expect_next_soon(f);
    fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j2/update");
    fake_accept(f, "j2/update", "");
    fake_expect(f, FAKE_START, "j2");
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_expect_publish_to(f, "j2/update");
    fake_accept(f, "j2/update", "");
    assert_int_equal(f->saves, saves + 3);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ladder_of_a_failure),
        cmocka_unit_test(test_ladder_ends_when_the_execution_has_ended),
        cmocka_unit_test(test_rejected_by_handler_becomes_failed),
        cmocka_unit_test(test_rejected_by_handler_refused_without_a_word),
        cmocka_unit_test(test_rejected_by_handler_accepted),
        cmocka_unit_test(test_final_status_first_after_reconnect),
        cmocka_unit_test(test_harmless_notifications),
        cmocka_unit_test(test_hints_are_checked),
        cmocka_unit_test(test_cancelled_while_the_handler_runs),
        cmocka_unit_test(test_cancelled_while_waiting_for_the_report),
        cmocka_unit_test(test_cancelled_while_claiming),
        cmocka_unit_test(test_cancelled_between_claim_and_start),
        cmocka_unit_test(test_cancelled_before_the_final_status_arrives),
        cmocka_unit_test(test_cancel_is_found_without_notification),
        cmocka_unit_test(test_final_status_that_cannot_be_stored),
        cmocka_unit_test(test_start_that_cannot_be_stored),
        cmocka_unit_test(test_details_outlive_a_refusal),
        cmocka_unit_test(test_not_stored_and_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
