/* SPDX-License-Identifier: MIT */
/* The final status until it is settled: the ladder of design step 5, cancel and delete (step 7), finished executions that
 * are offered again (G4), ids that are used again.; G2, G5. */
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
    struct jobs_report report = {.run_id = f->run.run_id, .status = status, .has_details = true};
    assert_int_equal(details_add(&report.details, "step", "2"), ERR_OK);
    assert_int_equal(jobs_engine_report(&f->engine, &report, f->now_ms), ERR_OK);
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
    fake_expect_publish_to(f, "$next/get"); /* no other job was asked for before */
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
    fake_expect_publish_to(f, "$next/get");
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
    jobs_engine_disconnected(&f->engine, f->now_ms);
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_expect_quiet(f);
    assert_true(jobs_engine_wake_at_ms(&f->engine) == UINT64_MAX);
    fake_connect(f);
    fake_expect_seen(f, "j1");
    assert_memory_equal(fake_expect_publish_to(f, "j1/update"), "{\"status\":\"SUCCEEDED\"", 21);
    fake_expect_quiet(f);
    jobs_engine_disconnected(&f->engine, f->now_ms); /* with the answer under way */
    fake_connect(f);
    fake_expect_seen(f, "j1");
    fake_expect_publish_to(f, "j1/update");
    fake_reject(f, "j1/update", "InvalidRequest", "");
    fake_expect_publish_to(f, "j1/update");
    fake_reject(f, "j1/update", "InvalidRequest", "");
    fake_expect_publish_to(f, "j1/get");
    jobs_engine_disconnected(&f->engine, f->now_ms);
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
        "{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j1\",\"queuedAt\":1,\"executionNumber\":1}]}}",
        "{\"jobs\":{\"QUEUED\":[],\"IN_PROGRESS\":[{\"jobId\":\"j0\",\"executionNumber\":1},{\"jobId\":"
        "\"j1\","
        "\"executionNumber\":1}]}}",
        "{\"jobs\":{\"QUEUED\":[{\"executionNumber\":1,\"jobId\":\"\\u006a1\"}]}}",
        "{\"execution\":{\"jobId\":\"j1\",\"executionNumber\":1,\"jobDocument\":{\"jobId\":\"j2\"}}}",
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
        "{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j1\",\"executionNumber\":2}]}}",
        "{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j11\",\"executionNumber\":1}]}}",
        "{\"jobs\":{\"IN_PROGRESS\":{\"jobId\":\"j1\",\"executionNumber\":1}}}",
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
        assert_int_equal(f->effects[f->effect_count - 2].run_id, f->run.run_id);
        fake_message(f, "notify-next", "{\"execution\":{\"jobId\":\"j2\"}}");
        fake_pass(f, 60000);
        fake_expect_quiet(f);
        assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
        fake_return(f, JOBS_STATUS_SUCCEEDED);
        fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
        assert_int_equal(jobs_engine_counters(&f->engine)->canceled, 1);
        assert_int_equal(jobs_engine_counters(&f->engine)->succeeded, 0);
        assert_int_equal(jobs_engine_counters(&f->engine)->dropped_reports, 2);
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
        if (verdict == BY_UPDATE)
            fake_pass(f, CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS); /* progress is rate-limited */
        take_away(f, verdict);
        fake_expect(f, FAKE_CANCEL, "");
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
        f->seen = f->effect_count - 1;
        fake_expect_publish_to(f, "$next/get");
        assert_int_equal(f->starts, 0);
        fake_free(f);
    }
}

/* The notification overtakes the answer to the claim: it is remembered until the handler runs. */
static void test_cancelled_between_claim_and_start(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    fake_message(f, "notify", "{\"jobs\":{}}");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    fake_expect_publish_to(f, "j1/get");
    fake_reject(f, "j1/get", "TerminalStateReached", "");
    fake_expect(f, FAKE_CANCEL, "");
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
    fake_expect_publish_to(f, "$next/get");
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

static void finish_j1(struct fake_engine *f, enum jobs_status status)
{
    fake_return(f, status);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect_publish_to(f, "$next/get");
}

/* G4, R-06: offered again, in any status, now or after a boot: answered with what it was, never run. */
static void test_finished_execution_is_offered_again(void **state)
{
    (void)state;
    for (int boot = 0; boot < 2; boot++) {
        struct fake_engine *f = fake_running();
        finish_j1(f, JOBS_STATUS_FAILED);
        if (boot) {
            fake_boot(f);
            fake_register(f, "blink");
            fake_connect(f);
            fake_expect_publish_to(f, "$next/get");
        }
        unsigned saves = f->saves;
        for (int i = 0; i < 2; i++) {
            fake_accept(f, "$next/get", fake_execution("j1", 1, i ? "IN_PROGRESS" : "QUEUED", BLINK));
            assert_memory_equal(fake_expect_publish_to(f, "j1/update"), "{\"status\":\"FAILED\"", 18);
            fake_reject(f, "j1/update", "InvalidStateTransition", STATE("FAILED"));
            fake_pass(f, 2 * CONFIG_DEVICE_JOBS_RETRY_BASE_MS);
            fake_expect_publish_to(f, "$next/get");
        }
        assert_int_equal(f->starts, 1);
        assert_int_equal(f->saves, saves);
        fake_free(f);
    }
}

/* A service that offers the same finished execution for ever does not keep the device busy. */
static void test_offered_for_ever_is_slowed_down(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    finish_j1(f, JOBS_STATUS_SUCCEEDED);
    uint64_t start_ms = f->now_ms;
    for (int i = 0; i < 20; i++) {
        fake_accept(f, "$next/get", fake_execution("j1", 1, "IN_PROGRESS", BLINK));
        fake_expect_publish_to(f, "j1/update");
        fake_accept(f, "j1/update", "");
        fake_message(f, "notify", "{}"); /* nor by its notifications */
        fake_expect_quiet(f);
        fake_wake(f);
        fake_expect_publish_to(f, "$next/get");
    }
    assert_true(f->now_ms - start_ms > 60000);
    assert_int_equal(jobs_engine_counters(&f->engine)->received, 1);
    fake_free(f);
}

/* The service's retry of a failed execution is a new one. */
static void test_retry_by_the_service_runs(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    uint32_t first_run = f->run.run_id;
    finish_j1(f, JOBS_STATUS_FAILED);
    fake_accept(f, "$next/get", fake_execution("j1", 2, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    struct jobs_report late = {.run_id = first_run, .status = JOBS_STATUS_FAILED, .job_id = "j1"};
    assert_int_equal(jobs_engine_report(&f->engine, &late, f->now_ms), ERR_NOT_FOUND);
    fake_expect_quiet(f);
    fake_free(f);
}

/* Deleted and made again: the same id and number, another queuedAt. */
static void test_remade_job_runs(void **state)
{
    struct fake_engine *f = fake_running();
    char remade[300];
    (void)state;
    finish_j1(f, JOBS_STATUS_SUCCEEDED);
    snprintf(remade, sizeof remade,
             "\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"queuedAt\":%d,\"versionNumber\":1,"
             "\"executionNumber\":1,\"jobDocument\":" BLINK "}",
             FAKE_QUEUED_S + 60);
    fake_accept(f, "$next/get", remade);
    assert_memory_equal(fake_expect_publish_to(f, "j1/update"), "{\"status\":\"IN_PROGRESS\"", 23);
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    fake_free(f);
}

static const char *remade(void)
{
    static char members[300];
    snprintf(members, sizeof members,
             "\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"queuedAt\":%d,\"versionNumber\":1,"
             "\"executionNumber\":1}",
             FAKE_QUEUED_S + 60);
    return members;
}

/* The job was deleted and made again while its final status, or its progress, could not be sent: they belong to the one that
 * is gone, and an update would name the new one. Nothing of it goes out; the new one gets its own run. */
static void test_remade_while_off_line(void **state)
{
    (void)state;
    for (int is_final = 0; is_final < 2; is_final++) {
        for (int is_booted = 0; is_booted <= is_final; is_booted++) {
            struct fake_engine *f = fake_running();
            jobs_engine_disconnected(&f->engine, f->now_ms);
            fake_report(f, "j1", is_final ? JOBS_STATUS_SUCCEEDED : JOBS_STATUS_IN_PROGRESS);
            if (is_booted)
                fake_boot(f);
            fake_connect(f);
            if (!is_final) {
                fake_expect_publish_to(f, "$next/get");
                fake_accept(f, "$next/get", remade());
            }
            fake_expect_publish_to(f, "j1/get");
            fake_accept(f, "j1/get", remade());
            if (!is_final)
                fake_expect(f, FAKE_CANCEL, "");
            if (!is_booted)
                fake_return(f, JOBS_STATUS_IN_PROGRESS);
            fake_expect_publish_to(f, "$next/get");
            fake_expect_quiet(f);
            fake_free(f);
        }
    }
}

/* The same on one connection: a notification without the execution, or an answer that does not come, are reasons to ask. */
static void test_remade_between_two_tries(void **state)
{
    (void)state;
    for (int is_notified = 0; is_notified < 2; is_notified++) {
        struct fake_engine *f = fake_running();
        fake_return(f, JOBS_STATUS_SUCCEEDED);
        fake_expect_publish_to(f, "j1/update");
        if (is_notified) {
            fake_message(f, "notify", "{\"jobs\":{}}");
            fake_expect_quiet(f); /* the answer to the update tells more */
            fake_reject(f, "j1/update", "InternalError", "");
        } else {
            fake_wake(f);
        }
        fake_expect_publish_to(f, "j1/get");
        fake_accept(f, "j1/get", remade());
        fake_expect_publish_to(f, "$next/get");
        fake_pass(f, CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS / 2);
        fake_expect_quiet(f);
        fake_free(f);
    }
}

/* The last eight are remembered, over boots, in the order in which they finished. */
static void test_ring_of_finished_executions(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    for (int i = 0; i < 11; i++) {
        char job_id[16];
        char update[24];
        snprintf(job_id, sizeof job_id, "k%d", i);
        snprintf(update, sizeof update, "%s/update", job_id);
        fake_accept(f, "$next/get", fake_execution(job_id, 1, "QUEUED", BLINK));
        fake_accept(f, update, "");
        fake_return(f, i % 2 ? JOBS_STATUS_FAILED : JOBS_STATUS_SUCCEEDED);
        fake_accept(f, update, "");
        if (i % 3 == 0) {
            f->seen = f->effect_count;
            fake_boot(f);
            fake_register(f, "blink");
            fake_connect(f);
        }
    }
    for (int i = 10; i >= 2; i--) {
        char job_id[16];
        char update[24];
        snprintf(job_id, sizeof job_id, "k%d", i);
        snprintf(update, sizeof update, "%s/update", job_id);
        f->seen = f->effect_count;
        fake_accept(f, "$next/get", fake_execution(job_id, 1, "QUEUED", BLINK));
        const char *expected = i == 2 ? "IN_PROGRESS" : i % 2 ? "FAILED" : "SUCCEEDED";
        assert_memory_equal(fake_expect_publish_to(f, update) + strlen("{\"status\":\""), expected,
                            strlen(expected));
        fake_accept(f, update, "");
        fake_pass(f, 2 * CONFIG_DEVICE_JOBS_RETRY_BASE_MS);
    }
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
    fake_expect_publish_to(f, "$next/get");
    /* The service is a little behind: this is our claim no more. */
    fake_accept(f, "$next/get", fake_execution("j1", 1, "IN_PROGRESS", BLINK));
    assert_memory_equal(fake_expect_publish_to(f, "j1/update"), "{\"status\":\"FAILED\"", 18);
    assert_int_equal(f->starts, 0);
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
        cmocka_unit_test(test_finished_execution_is_offered_again),
        cmocka_unit_test(test_offered_for_ever_is_slowed_down),
        cmocka_unit_test(test_retry_by_the_service_runs),
        cmocka_unit_test(test_remade_job_runs),
        cmocka_unit_test(test_remade_while_off_line),
        cmocka_unit_test(test_remade_between_two_tries),
        cmocka_unit_test(test_ring_of_finished_executions),
        cmocka_unit_test(test_final_status_that_cannot_be_stored),
        cmocka_unit_test(test_start_that_cannot_be_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
