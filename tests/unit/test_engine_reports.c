/* SPDX-License-Identifier: MIT */
/* Which run a report reaches: the one that it names, never another one (G2). What comes late, twice, or for
 * a run that this device does not know is refused, and the job in hand goes on. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_engine_io.h"

#include <string.h>

#define BLINK "{\"action\":\"blink\"}"

/* In the flash: this execution was started as the run `run_id`. */
static struct fake_engine *interrupted(uint32_t run_id, const char *job_id)
{
    static char record[JOURNAL_RECORD_MAX];
    struct journal journal = {.boots = 1, .last_run_id = run_id, .started_boot = 1, .attempt = 1};
    struct jobs_outcome outcome = {0};
    struct details details = {0};
    struct fake_engine *f = fake_new();
    journal.started.execution_number = 1;
    journal.started.queued_at_s = FAKE_QUEUED_S;
    strcpy(journal.started.job_id, job_id);
    f->record_len = journal_encode(&journal, &outcome, &details, record);
    memcpy(f->record, record, f->record_len);
    fake_boot(f);
    fake_register(f, "blink");
    return f;
}

/* A run id is never 0, which means "by its job id". */
static void test_run_ids_begin_again_at_one(void **state)
{
    struct fake_engine *f = interrupted(UINT32_MAX - 1, "j0");
    (void)state;
    fake_connect(f);
    for (uint32_t i = 0; i < 2; i++) {
        const char *job_id = i == 0 ? "j1" : "j2";
        if (i == 0) {
            fake_expect_publish_to(f, "$next/get");
        } else {
            fake_expect_next_soon(f);
        }
        fake_accept(f, "$next/get", fake_execution(job_id, 1, "QUEUED", BLINK));
        fake_expect_publish_to(f, i == 0 ? "j1/update" : "j2/update");
        fake_accept(f, i == 0 ? "j1/update" : "j2/update", "");
        fake_expect(f, FAKE_START, job_id);
        assert_int_equal(f->run.run_id, i == 0 ? UINT32_MAX : 1);
        fake_return(f, JOBS_STATUS_SUCCEEDED);
        fake_expect_publish_to(f, i == 0 ? "j1/update" : "j2/update");
        fake_accept(f, i == 0 ? "j1/update" : "j2/update", "");
    }
    fake_free(f);
}

/* The application may report the end of what the journal knows before the service is asked; "it goes on" it may not: nobody knows
 * yet whether it does. */
static void test_reports_after_a_boot_and_before_the_service_is_asked(void **state)
{
    struct fake_engine *f = interrupted(7, "j1");
    (void)state;
    assert_int_equal(fake_report_run(f, 7, JOBS_STATUS_IN_PROGRESS), ERR_NOT_FOUND);
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS), ERR_NOT_FOUND);
    assert_int_equal(fake_report_run(f, 6, JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
    assert_int_equal(fake_report(f, "j2", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
    assert_int_equal(f->saves, 0);
    assert_int_equal(jobs_engine_counters(&f->engine)->dropped_reports, 4);
    assert_int_equal(fake_report_run(f, 7, JOBS_STATUS_SUCCEEDED), ERR_OK);
    assert_int_equal(f->saves, 1);
    assert_int_equal(fake_report_run(f, 7, JOBS_STATUS_FAILED), ERR_BUSY);
    assert_int_equal(f->saves, 1);
    fake_free(f);
}

/* Another execution is in hand, which ends without ever having been started: the old run's report is not its end. */
static void test_report_of_the_run_before_while_another_job_is_refused(void **state)
{
    struct fake_engine *f = interrupted(7, "j1");
    (void)state;
    fake_pass(f, CONFIG_DEVICE_JOBS_GRACE_MS);
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", "{}"));
    assert_non_null(strstr(fake_expect_publish_to(f, "j2/update"), "\"status\":\"REJECTED\""));
    assert_int_equal(fake_report_run(f, 7, JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
    assert_int_equal(fake_report(f, "j2", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
    fake_accept(f, "j2/update", "");
    fake_expect_next_soon(f);
    assert_int_equal(jobs_engine_counters(&f->engine)->rejected, 1);
    assert_int_equal(jobs_engine_counters(&f->engine)->succeeded, 0);
    fake_free(f);
}

/* While it is claimed it has not been started, whatever was before. */
static void test_report_while_a_job_is_claimed(void **state)
{
    struct fake_engine *f = interrupted(7, "j1");
    (void)state;
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j2/update");
    assert_int_equal(fake_report_run(f, 7, JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
    assert_int_equal(fake_report(f, "j2", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
    fake_accept(f, "j2/update", "");
    fake_expect(f, FAKE_START, "j2");
    fake_free(f);
}

/* The next attempt is claimed: what the run before it has to say comes too late. */
static void test_report_while_the_next_attempt_is_claimed(void **state)
{
    struct fake_engine *f = interrupted(7, "j1");
    (void)state;
    fake_register_action(
        f,
        &(struct jobs_action){.name = "again", .max_attempts = 2, .on_interrupted = JOBS_INTERRUPTED_RERUN});
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "IN_PROGRESS", "{\"action\":\"again\"}"));
    fake_expect_publish_to(f, "j1/update");
    assert_int_equal(fake_report_run(f, 7, JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    assert_int_equal(f->run.attempt, 2);
    fake_free(f);
}

static void test_handler_returns_twice_or_as_another_run(void **state)
{
    struct fake_engine *f = fake_running();
    uint32_t run_id = f->run.run_id;
    (void)state;
    jobs_engine_handler_returned(&f->engine, run_id + 1, JOBS_STATUS_SUCCEEDED, f->now_ms);
    jobs_engine_handler_returned(&f->engine, run_id - 1, JOBS_STATUS_FAILED, f->now_ms);
    fake_expect_quiet(f);
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"status\":\"SUCCEEDED\""));
    fake_return(f, JOBS_STATUS_FAILED);
    fake_expect_quiet(f);
    assert_int_equal(jobs_engine_counters(&f->engine)->dropped_reports, 0);
    fake_accept(f, "j1/update", "");
    fake_expect_next_soon(f);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_ids_begin_again_at_one),
        cmocka_unit_test(test_reports_after_a_boot_and_before_the_service_is_asked),
        cmocka_unit_test(test_report_of_the_run_before_while_another_job_is_refused),
        cmocka_unit_test(test_report_while_a_job_is_claimed),
        cmocka_unit_test(test_report_while_the_next_attempt_is_claimed),
        cmocka_unit_test(test_handler_returns_twice_or_as_another_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
