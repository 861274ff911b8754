/* SPDX-License-Identifier: MIT */
/* Power cuts after each effect, and what the next boot makes of an execution that it finds IN_PROGRESS: onInterrupted,
 * attempts, a journal that is lost or damaged.; G1, G2, G4. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/one_job_service.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void boot_and_serve(struct fake_engine *f, const struct jobs_action *action, struct one_job *job,
                           size_t cut_after)
{
    fake_boot(f);
    fake_register_action(f, action);
    f->cut_after = cut_after;
    if (cut_after > 0 && cut_after <= f->effect_count + JOBS_SUB_COUNT + 1) {
        return; /* the power goes while it connects */
    }
    fake_connect(f);
    while (serve(f, job, JOBS_STATUS_SUCCEEDED)) {
        continue;
    }
}

/* Cuts the power after each effect of the first boot, and after each of the second; the third boot is left alone. */
static void cut_everywhere(const struct jobs_action *action)
{
    for (size_t first = 1; first < 20; first++) {
        for (size_t second = 0; second < 20; second++) {
            struct fake_engine *f = fake_new();
            struct one_job job = {.status = "QUEUED", .version = 1};
            boot_and_serve(f, action, &job, first);
            boot_and_serve(f, action, &job, second > 0 ? f->effect_count + second : 0);
            boot_and_serve(f, action, &job, 0);
            assert_false(is_pending(&job));                 /* the final status always arrives */
            assert_true(f->starts <= action->max_attempts); /* G1 */
            assert_true(f->starts <= job.accepted_claims);  /* each start follows an accepted IN_PROGRESS */
            if (strcmp(job.status, "SUCCEEDED") == 0) {
                assert_true(f->starts > 0);
            }
            fake_boot(f); /* nothing is left over */
            fake_register_action(f, action);
            fake_connect(f);
            fake_expect_publish_to(f, "$next/get");
            fake_free(f);
        }
    }
}

static void test_power_cut_after_each_effect_fail(void **state)
{
    (void)state;
    cut_everywhere(&(struct jobs_action){.name = "blink", .max_attempts = 1});
}

static void test_power_cut_after_each_effect_rerun(void **state)
{
    (void)state;
    for (uint8_t attempts = 1; attempts <= 4; attempts++) {
        cut_everywhere(&(struct jobs_action){
            .name = "blink", .max_attempts = attempts, .on_interrupted = JOBS_INTERRUPTED_RERUN});
    }
}

/* One storage failure at each put in turn: terminal all the same, and never a start too many. */
static void test_put_fails_at_each_put(void **state)
{
    static const struct jobs_action action = {.name = "blink", .max_attempts = 1};
    (void)state;
    for (unsigned n = 1; n <= 4; n++) {
        struct fake_engine *f = fake_new();
        struct one_job job = {.status = "QUEUED", .version = 1};
        f->fail_save_at = n;
        boot_and_serve(f, &action, &job, 0);
        assert_string_equal(job.status, n == 1 ? "FAILED" : "SUCCEEDED");
        assert_int_equal(f->starts, n != 1);
        boot_and_serve(f, &action, &job, 0);
        assert_int_equal(f->starts, n != 1);
        fake_free(f);
    }
}

static struct fake_engine *reboot_while_running(const struct jobs_action *action)
{
    struct fake_engine *f = fake_new();
    fake_boot(f);
    fake_register_action(f, action);
    fake_connect(f);
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_accept(f, "j1/update", "");
    f->seen = f->effect_count;
    assert_int_equal(f->starts, 1);
    fake_boot(f);
    return f;
}

static void offer_in_progress(struct fake_engine *f, const char *attempt)
{
    char members[300];
    snprintf(
        members, sizeof members,
        "\"execution\":{\"jobId\":\"j1\",\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"state\":\"running\","
        "\"attempt\":\"%s\",\"step\":\"a "
        "\\\"b\\\"\"},\"queuedAt\":%d,\"versionNumber\":5,\"executionNumber\":1,"
        "\"jobDocument\":" BLINK "}",
        attempt, FAKE_QUEUED_S);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", members);
}

static const struct jobs_action fail_action = {.name = "blink", .max_attempts = 1};
static const struct jobs_action rerun_action = {
    .name = "blink", .max_attempts = 3, .on_interrupted = JOBS_INTERRUPTED_RERUN, .timeout_min = 2};
static const struct jobs_action wait_action = {.name = "blink",
                                               .max_attempts = 1,
                                               .has_cancel = true,
                                               .on_interrupted = JOBS_INTERRUPTED_WAIT,
                                               .deadline_s = 300};

/* JOBS_register: FAILED / INTERRUPTED, and what the application had said stays in the map. */
static void test_interrupted_fail(void **state)
{
    struct fake_engine *f = reboot_while_running(&fail_action);
    (void)state;
    fake_register_action(f, &fail_action);
    fake_connect(f);
    offer_in_progress(f, "1");
    fake_expect_publish(f, "j1/update",
                        "{\"status\":\"FAILED\",\"statusDetails\":{\"state\":\"failed\",\"attempt\":\"1\","
                        "\"reason\":\"INTERRUPTED\",\"message\":\"the device restarted while it ran\","
                        "\"step\":\"a \\\"b\\\"\"},\"executionNumber\":1,\"clientToken\":\"T\"}");
    fake_accept(f, "j1/update", "");
    fake_expect_next_soon(f);
    assert_int_equal(f->starts, 1);
    assert_int_equal(f->saves, 3);
    fake_free(f);
}

/* The action is registered after the connection: the interrupted job waits for it, then its policy counts. */
static void test_interrupted_before_registration(void **state)
{
    struct fake_engine *f = reboot_while_running(&rerun_action);
    (void)state;
    fake_connect(f);
    offer_in_progress(f, "1");
    offer_in_progress(f, "1"); /* the second question after a connect */
    fake_expect_quiet(f);
    fake_register_action(f, &rerun_action);
    offer_in_progress(f, "1");
    assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"attempt\":\"2\""));
    fake_free(f);
}

static void test_interrupted_rerun_until_attempts_are_used_up(void **state)
{
    struct fake_engine *f = reboot_while_running(&rerun_action);
    (void)state;
    for (int attempt = 2; attempt <= 3; attempt++) {
        char used[4];
        char expected[300];
        snprintf(used, sizeof used, "%d", attempt - 1);
        fake_register_action(f, &rerun_action);
        fake_connect(f);
        offer_in_progress(f, used);
        snprintf(expected, sizeof expected,
                 "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"state\":\"accepted\",\"attempt\":\"%d\","
                 "\"step\":\"a "
                 "\\\"b\\\"\"},\"expectedVersion\":5,\"executionNumber\":1,\"stepTimeoutInMinutes\":2,"
                 "\"includeJobDocument\":true,\"clientToken\":\"T\"}",
                 attempt);
        fake_expect_publish(f, "j1/update", expected);
        /* The run of before the boot is being repeated: a report about it comes too late. */
        assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
        fake_accept(f, "j1/update", "");
        fake_expect(f, FAKE_START, "j1");
        assert_int_equal(f->run.attempt, attempt);
        fake_boot(f);
    }
    fake_register_action(f, &rerun_action);
    fake_connect(f);
    offer_in_progress(f, "3");
    assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"),
                           "\"attempt\":\"3\",\"reason\":\"ATTEMPTS_EXHAUSTED\""));
    assert_int_equal(f->starts, 3);
    fake_free(f);
}

/* The larger of journal and service counts, so that neither loss gives an attempt back. */
static void test_attempts_from_journal_and_service(void **state)
{
    static const struct {
        const char *in_service;
        bool with_journal;
        const char *next; /* what the next update says */
    } cases[] = {
        {"1", true, "\"accepted\",\"attempt\":\"2\""},
        {"2", true, "\"accepted\",\"attempt\":\"3\""},
        {"", true, "\"accepted\",\"attempt\":\"2\""},
        {"x", false, "\"accepted\",\"attempt\":\"2\""},
        {"0", false, "\"accepted\",\"attempt\":\"2\""},
        {"2", false, "\"accepted\",\"attempt\":\"3\""},
        {"3", false, "ATTEMPTS_EXHAUSTED"},
        {"99999999999", false, "ATTEMPTS_EXHAUSTED"},
        {"300", false, "ATTEMPTS_EXHAUSTED"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fake_engine *f = reboot_while_running(&rerun_action);
        if (!cases[i].with_journal) {
            f->record_len = 0;
            fake_boot(f);
        }
        fake_register_action(f, &rerun_action);
        fake_connect(f);
        offer_in_progress(f, cases[i].in_service);
        assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), cases[i].next));
        fake_free(f);
    }
}

/* The attempt that the journal knows counts even when the service has forgotten that the job was started (G1). */
static void test_started_and_offered_as_queued(void **state)
{
    struct fake_engine *f = reboot_while_running(&fail_action);
    (void)state;
    fake_register_action(f, &fail_action);
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "INTERRUPTED"));
    assert_int_equal(f->starts, 1);
    fake_free(f);
}

/* WAIT: the application reports after the boot by id, or by the run id that it remembers. */
static void test_interrupted_wait(void **state)
{
    (void)state;
    for (int by_run = 0; by_run < 2; by_run++) {
        struct fake_engine *f = reboot_while_running(&wait_action);
        struct jobs_report report = {.status = JOBS_STATUS_SUCCEEDED, .progress_percent = -1};
        if (by_run) {
            report.run_id = f->run.run_id;
        } else {
            report.job_id = "j1";
        }
        fake_register_action(f, &wait_action);
        fake_connect(f);
        offer_in_progress(f, "1");
        fake_expect_quiet(f);
        fake_pass(f, 299000);
        fake_expect_quiet(f);
        assert_int_equal(fake_report_whole(f, &report), ERR_OK);
        fake_expect_publish(
            f, "j1/update",
            "{\"status\":\"SUCCEEDED\",\"statusDetails\":{\"state\":\"succeeded\",\"attempt\":\"1\","
            "\"step\":\"a \\\"b\\\"\"},\"executionNumber\":1,\"clientToken\":\"T\"}");
        assert_int_equal(f->starts, 1);
        fake_free(f);
    }
}

static void test_interrupted_wait_has_a_deadline_and_renews_it(void **state)
{
    struct fake_engine *f = reboot_while_running(&wait_action);
    (void)state;
    fake_register_action(f, &wait_action);
    fake_connect(f);
    offer_in_progress(f, "1");
    fake_pass(f, 299000);
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS), ERR_OK);
    assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"running\""));
    fake_accept(f, "j1/update", "");
    fake_pass(f, 299000);
    fake_expect_quiet(f);
    fake_pass(f, 1000);
    fake_expect(f, FAKE_CANCEL, "");
    assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"reason\":\"DEADLINE\""));
    fake_free(f);
}

/* WAIT with an empty flash: the phase is rebuilt from what the service says. */
static void test_interrupted_wait_without_journal(void **state)
{
    struct fake_engine *f = reboot_while_running(&wait_action);
    (void)state;
    f->record_len = 0;
    fake_boot(f);
    fake_register_action(f, &wait_action);
    fake_connect(f);
    offer_in_progress(f, "1");
    fake_expect_quiet(f);
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_FAILED), ERR_OK);
    assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "HANDLER_FAILED"));
    fake_boot(f); /* it was journaled */
    fake_connect(f);
    fake_expect_seen(f, "j1");
    assert_memory_equal(fake_expect_publish_to(f, "j1/update"), "{\"status\":\"FAILED\"", 18);
    assert_int_equal(f->starts, 1);
    fake_free(f);
}

/* "Restart" as a job, and an OTA that reports from the new image before it is on line. */
static void test_report_after_the_boot_and_before_the_connection(void **state)
{
    struct fake_engine *f = reboot_while_running(&fail_action);
    (void)state;
    assert_int_equal(fake_report(f, "j2", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK);
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_FAILED), ERR_BUSY);
    for (int boots = 0; boots < 2; boots++) {
        fake_connect(f);
        fake_expect_seen(f, "j1");
        fake_expect_publish(
            f, "j1/update",
            "{\"status\":\"SUCCEEDED\",\"statusDetails\":{\"state\":\"succeeded\",\"attempt\":\"1\"},"
            "\"executionNumber\":1,\"clientToken\":\"T\"}");
        if (boots == 0) {
            fake_boot(f); /* confirmed is stored */
        }
    }
    fake_expect_quiet(f);
    fake_accept(f, "j1/update", "");
    fake_expect_publish_to(f, "$next/get");
    fake_free(f);
}

/* The same while the question is on its way: its answer is of no use any more. */
static void test_report_while_the_first_question_is_in_flight(void **state)
{
    struct fake_engine *f = reboot_while_running(&fail_action);
    char members[400];
    struct one_job job = {.status = "IN_PROGRESS", .version = 2, .attempt = 1};
    (void)state;
    fake_register_action(f, &fail_action);
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK);
    fake_expect_seen(f, "j1");
    assert_memory_equal(fake_expect_publish_to(f, "j1/update"), "{\"status\":\"SUCCEEDED\"", 21);
    fake_accept(f, "j1/update", "");
    fake_expect_quiet(f); /* one question of a kind: the old one is still in flight */
    put_execution(&job, members, sizeof members, true);
    fake_accept(f, "$next/get", members);
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
    fake_accept(f, "$next/get", "");
    fake_expect_quiet(f);
    fake_free(f);
}

/* The pending final status goes with reason, message and the application's details. */
static void test_pending_final_status_survives_whole(void **state)
{
    struct fake_engine *f = fake_running();
    struct details details = {0};
    struct jobs_report report = {.status = JOBS_STATUS_FAILED,
                                 .progress_percent = -1,
                                 .details = &details,
                                 .message = "no space",
                                 .job_id = "j1"};
    (void)state;
    fake_disconnect(f);
    assert_int_equal(details_add(&details, "free", "\"12\" kB"), ERR_OK);
    assert_int_equal(details_add(&details, "block", "7"), ERR_OK);
    assert_int_equal(fake_report_whole(f, &report), ERR_OK);
    for (int boots = 0; boots < 3; boots++) {
        fake_boot(f);
        fake_connect(f);
        fake_expect_seen(f, "j1");
        fake_expect_publish(
            f, "j1/update",
            "{\"status\":\"FAILED\",\"statusDetails\":{\"state\":\"failed\",\"attempt\":\"1\","
            "\"reason\":\"HANDLER_FAILED\",\"message\":\"no space\",\"free\":\"\\\"12\\\" kB\","
            "\"block\":\"7\"},\"executionNumber\":1,\"clientToken\":\"T\"}");
        fake_expect_quiet(f);
    }
    fake_accept(f, "j1/update", "");
    fake_expect_publish_to(f, "$next/get");
    fake_free(f);
}

/* The claim was accepted, the answer and then the connection were lost. It is the same boot: this is our own claim. */
static void test_own_claim_over_a_reconnect(void **state)
{
    struct fake_engine *f = fake_ready();
    struct one_job job = {.status = "IN_PROGRESS", .version = 2, .attempt = 1};
    char members[400];
    (void)state;
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    fake_disconnect(f);
    assert_true(jobs_engine_wake_at_ms(&f->engine) == UINT64_MAX);
    fake_connect(f);
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
    put_execution(&job, members, sizeof members, true);
    fake_accept(f, "$next/get", members);
    fake_expect(f, FAKE_START, "j1");
    assert_int_equal(f->run.attempt, 1);
    assert_int_equal(jobs_engine_counters(&f->engine)->received, 1);
    fake_free(f);
}

/* The claim was not accepted: it is claimed again. */
static void test_lost_claim_over_a_reconnect(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    fake_disconnect(f);
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    fake_free(f);
}

/* A claim of a second attempt that was not accepted is not taken for one. */
static void test_version_mismatch_of_a_rerun(void **state)
{
    struct fake_engine *f = reboot_while_running(&rerun_action);
    (void)state;
    fake_register_action(f, &rerun_action);
    fake_connect(f);
    offer_in_progress(f, "1");
    fake_expect_publish_to(f, "j1/update");
    fake_reject(f, "j1/update", "VersionMismatch",
                "\"executionState\":{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"attempt\":\"1\"},"
                "\"versionNumber\":6}");
    assert_int_equal(f->starts, 1);
    fake_expect_quiet(f);
    fake_wake(f);
    offer_in_progress(f, "1");
    fake_expect_publish_to(f, "j1/update");
    fake_reject(f, "j1/update", "VersionMismatch",
                "\"executionState\":{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"attempt\":\"2\"},"
                "\"versionNumber\":6}");
    fake_expect_quiet(f); /* never in a hurry */
    fake_wake(f);
    offer_in_progress(f, "2");
    fake_expect(f, FAKE_START, "j1");
    assert_int_equal(f->run.attempt, 2);
    fake_free(f);
}

/* A reconnect while the handler runs: looked up without the document, and nothing else happens. */
static void test_reconnect_while_running(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    for (int i = 0; i < 3; i++) {
        fake_disconnect(f);
        fake_connect(f);
        for (int k = 0; k < 2; k++) {
            fake_expect_publish(f, "$next/get", "{\"includeJobDocument\":false,\"clientToken\":\"T\"}");
            fake_accept(f, "$next/get", fake_execution("j1", 1, "IN_PROGRESS", NULL));
        }
        fake_expect_quiet(f);
    }
    assert_string_equal(f->document, BLINK);
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_expect_publish_to(f, "j1/update");
    fake_free(f);
}

/* A damaged record counts as absent, is counted, and a start that only it knew of is still counted as one. */
static void test_damaged_record(void **state)
{
    struct fake_engine *f = reboot_while_running(&fail_action);
    (void)state;
    for (size_t at = 0; at < f->record_len; at++) {
        f->record[at] ^= 0x10;
        fake_boot(f);
        assert_int_equal(jobs_engine_counters(&f->engine)->journal_damaged, 1);
        f->record[at] ^= 0x10;
    }
    for (size_t len = 1; len < f->record_len; len++) {
        size_t whole = f->record_len;
        f->record_len = len;
        fake_boot(f);
        f->record_len = whole;
        assert_int_equal(jobs_engine_counters(&f->engine)->journal_damaged, 1);
    }
    f->record[10] ^= 1;
    fake_boot(f);
    fake_register_action(f, &fail_action);
    fake_connect(f);
    offer_in_progress(f, "1");
    assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "INTERRUPTED"));
    fake_free(f);
}

/* Run ids are never used twice, over boots neither: a late report cannot hit another run. */
static void test_run_ids_over_boots(void **state)
{
    struct fake_engine *f = fake_new();
    uint32_t last = 0;
    (void)state;
    for (int i = 0; i < 5; i++) {
        char job_id[16];
        char update[24];
        snprintf(job_id, sizeof job_id, "k%d", i);
        snprintf(update, sizeof update, "k%d/update", i);
        fake_boot(f);
        fake_register_action(f, &fail_action);
        fake_connect(f);
        fake_accept(f, "$next/get", fake_execution(job_id, 1, "QUEUED", BLINK));
        fake_accept(f, update, "");
        assert_true(f->run.run_id > last);
        last = f->run.run_id;
        if (i % 2) {
            fake_return(f, JOBS_STATUS_SUCCEEDED);
        }
        if (i % 2) {
            fake_accept(f, update, "");
        }
        f->seen = f->effect_count;
    }
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_power_cut_after_each_effect_fail),
        cmocka_unit_test(test_power_cut_after_each_effect_rerun),
        cmocka_unit_test(test_put_fails_at_each_put),
        cmocka_unit_test(test_interrupted_fail),
        cmocka_unit_test(test_interrupted_before_registration),
        cmocka_unit_test(test_interrupted_rerun_until_attempts_are_used_up),
        cmocka_unit_test(test_attempts_from_journal_and_service),
        cmocka_unit_test(test_started_and_offered_as_queued),
        cmocka_unit_test(test_interrupted_wait),
        cmocka_unit_test(test_interrupted_wait_has_a_deadline_and_renews_it),
        cmocka_unit_test(test_interrupted_wait_without_journal),
        cmocka_unit_test(test_report_after_the_boot_and_before_the_connection),
        cmocka_unit_test(test_report_while_the_first_question_is_in_flight),
        cmocka_unit_test(test_pending_final_status_survives_whole),
        cmocka_unit_test(test_own_claim_over_a_reconnect),
        cmocka_unit_test(test_lost_claim_over_a_reconnect),
        cmocka_unit_test(test_version_mismatch_of_a_rerun),
        cmocka_unit_test(test_reconnect_while_running),
        cmocka_unit_test(test_damaged_record),
        cmocka_unit_test(test_run_ids_over_boots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
