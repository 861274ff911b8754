/* SPDX-License-Identifier: MIT */
/* WAIT over a boot: the run of before is resumed, once per boot and without being a start, or waited for until somebody reports;
 * cancel reaches it as it reaches any run, with the action's `user`; what the service has ended before it was asked is forgotten.
 * G1, G5. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/leaving_run.h"

static int user;

static const struct jobs_action waits = {.name = "blink",
                                         .max_attempts = 1,
                                         .has_cancel = true,
                                         .on_interrupted = JOBS_INTERRUPTED_WAIT,
                                         .deadline_s = 600,
                                         .user = &user};
static const struct jobs_action resumes = {.name = "blink",
                                           .max_attempts = 1,
                                           .has_cancel = true,
                                           .has_resume = true,
                                           .on_interrupted = JOBS_INTERRUPTED_WAIT,
                                           .deadline_s = 600,
                                           .user = &user};
static const struct jobs_action *const actions[] = {&waits, &resumes};

#define PENDING                                                                                              \
    "\"execution\":{\"jobId\":\"j1\",\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"state\":\"running\","   \
    "\"attempt\":\"1\",\"step\":\"2\"},\"queuedAt\":1699999990,\"versionNumber\":5,\"executionNumber\":1,"   \
    "\"jobDocument\":{\"action\":\"blink\",\"count\":3}}"

/* j1 was running, the power went, and the device is on line again. */
static struct fake_engine *booted(const struct jobs_action *action)
{
    struct fake_engine *f = wait_with(action);
    fake_boot(f);
    fake_register_action(f, action);
    fake_connect(f);
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
    return f;
}

/* The get shows it. With a resume handler: that is called. */
static void show(struct fake_engine *f, const struct jobs_action *action)
{
    fake_accept(f, "$next/get", PENDING);
    if (action == &resumes) {
        fake_expect(f, FAKE_START, "j1");
        assert_true(f->run.is_resumed);
    }
    fake_expect_quiet(f);
}

/* The run of before: its id, document, attempt, time. No start: nothing is put, nothing counted, the attempt stays. */
static void test_resumed(void **state)
{
    struct fake_engine *f = booted(&resumes);
    uint32_t run_id = f->run.run_id;
    unsigned saves = f->saves;
    (void)state;
    show(f, &resumes);
    assert_int_equal(f->run.run_id, run_id);
    assert_ptr_equal(f->run.user, &user);
    assert_string_equal(f->run.job_id, "j1");
    assert_string_equal(f->run_document, "{\"action\":\"blink\",\"count\":3}");
    assert_int_equal(f->run.attempt, 1);
    assert_int_equal(f->run.execution_number, 1);
    assert_int_equal(f->run.queued_at_s, FAKE_QUEUED_S);
    assert_int_equal(f->run.now_s, FAKE_TIME_S);
    assert_int_equal(f->starts, 1); /* of before the boot */
    assert_int_equal(f->saves, saves);
    assert_int_equal(jobs_engine_counters(&f->engine)->run, 0);
    assert_true(jobs_engine_keeps_document(&f->engine));
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_expect_publish(
        f, "j1/update",
        "{\"status\":\"SUCCEEDED\",\"statusDetails\":{\"state\":\"succeeded\",\"attempt\":\"1\","
        "\"step\":\"2\"},\"executionNumber\":1,\"clientToken\":\"T\"}");
    fake_accept(f, "j1/update", "");
    fake_expect_next_soon(f);
    fake_free(f);
}

/* The resume handler reads its document anew and leaves the rest to somebody else: who asks for the waiting run gets the new one. */
static void test_resumed_with_its_document_anew(void **state)
{
    static const char fresh[] = "{\"action\":\"blink\",\"count\":3,\"url\":\"new\"}";
    struct fake_engine *f = booted(&resumes);
    struct jobs_run run;
    (void)state;
    show(f, &resumes);
    assert_int_equal(fake_refresh(f), ERR_OK);
    fake_expect_publish_to(f, "j1/get");
    fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", fresh));
    fake_expect(f, FAKE_REFRESHED, "fresh");
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    assert_true(jobs_engine_waiting(&f->engine, &run));
    assert_int_equal(run.document_len, strlen(fresh));
    assert_string_equal(f->document, fresh);
    fake_free(f);
}

/* Once per boot: not after a reconnect, not when it is offered again, not after the handler has returned; and again on the next boot. */
static void test_resumed_once_per_boot(void **state)
{
    struct fake_engine *f = booted(&resumes);
    uint32_t run_id = f->run.run_id;
    (void)state;
    for (unsigned boot = 1; boot <= 3; boot++) {
        show(f, &resumes);
        assert_int_equal(fake_count(f, FAKE_START, NULL), 1 + boot);
        assert_int_equal(f->run.run_id, run_id);
        for (int i = 0; i < 2; i++) {
            fake_disconnect(f);
            fake_connect(f);
            for (int k = 0; k < 2; k++) {
                fake_expect_publish_to(f, "$next/get");
                fake_accept(f, "$next/get", fake_execution("j1", 1, "IN_PROGRESS", NULL));
            }
            fake_expect_quiet(f);
            if (i == 0) {
                fake_return(f, JOBS_STATUS_IN_PROGRESS);
                fake_expect_publish_to(f, "j1/update");
                fake_accept(f, "j1/update", "");
            }
        }
        assert_int_equal(fake_count(f, FAKE_START, NULL), 1 + boot);
        fake_boot(f);
        fake_register_action(f, &resumes);
        fake_connect(f);
        fake_expect_publish_to(f, "$next/get");
    }
    assert_int_equal(f->starts, 1);
    fake_free(f);
}

/* Without a resume handler it can be asked for, from the get on, and until it has its final status. */
static void test_waiting_is_known(void **state)
{
    struct fake_engine *f = booted(&waits);
    struct jobs_run run;
    uint32_t run_id = f->run.run_id;
    (void)state;
    assert_false(jobs_engine_waiting(&f->engine, &run)); /* nobody knows yet whether it goes on */
    show(f, &waits);
    assert_true(jobs_engine_waiting(&f->engine, &run));
    assert_int_equal(run.run_id, run_id);
    assert_string_equal(run.job_id, "j1");
    assert_ptr_equal(run.user, &user);
    assert_int_equal(run.attempt, 1);
    assert_int_equal(run.document_len, strlen("{\"action\":\"blink\",\"count\":3}"));
    assert_string_equal(f->document, "{\"action\":\"blink\",\"count\":3}"); /* and kept */
    assert_int_equal(fake_count(f, FAKE_START, NULL), 1);
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK);
    assert_false(jobs_engine_waiting(&f->engine, &run));
    fake_free(f);

    f = wait_with(&waits); /* of this boot: the application knows it */
    assert_false(jobs_engine_waiting(&f->engine, &run));
    fake_free(f);
}

/* Ended in the service before the get: forgotten. No callback, and nothing waits. */
static void test_ended_before_the_get(void **state)
{
    static const char *const answers[] = {
        "",
        "\"execution\":{\"jobId\":\"j2\",\"status\":\"QUEUED\",\"queuedAt\":1700000050,\"versionNumber\":1,"
        "\"executionNumber\":1,\"jobDocument\":" BLINK "}"};
    (void)state;
    for (int which = 0; which < 4; which++) {
        const struct jobs_action *action = actions[which % 2];
        bool has_next = which / 2 != 0;
        struct fake_engine *f = booted(action);
        struct jobs_run run;
        fake_accept(f, "$next/get", answers[has_next]);
        assert_false(jobs_engine_waiting(&f->engine, &run));
        if (has_next) { /* the next job has a run of its own */
            fake_expect_publish_to(f, "j2/update");
            fake_accept(f, "j2/update", "");
            fake_expect(f, FAKE_START, "j2");
            assert_false(f->run.is_resumed);
            assert_false(jobs_engine_waiting(&f->engine, &run));
            fake_boot(f);
            fake_register_action(f, action);
            fake_connect(f);
            fake_expect_publish_to(f, "$next/get");
            fake_accept(f, "$next/get", "");
        }
        assert_int_equal(fake_count(f, FAKE_CANCEL, NULL), 0);
        assert_int_equal(fake_count(f, FAKE_START, NULL), 1u + has_next);
        assert_true(jobs_engine_is_idle(&f->engine));
        fake_free(f);
    }
}

/* Cancelled after the get: the callback is called, with the action's user, and the run lasts until the application is done with it. */
static void test_cancelled_after_the_boot(void **state)
{
    (void)state;
    for (enum ending ending = CANCELED; ending < ENDINGS; ending++) {
        struct fake_engine *f = booted(&waits);
        struct jobs_run run;
        uint32_t run_id = f->run.run_id;
        show(f, &waits);
        end_in_service(f, ending);
        fake_expect(f, FAKE_CANCEL, "");
        assert_int_equal(f->effects[f->seen - 1].run_id, run_id);
        assert_ptr_equal(f->effects[f->seen - 1].user, &user);
        assert_false(jobs_engine_waiting(&f->engine, &run));
        expect_nothing_for(f, MINUTE_MS);
        fake_return_cancel(f);
        expect_over(f);
        fake_free(f);
    }
}

/* The same while the resume handler runs, and after it. */
static void test_cancelled_while_resumed(void **state)
{
    (void)state;
    for (int has_returned = 0; has_returned < 2; has_returned++) {
        struct fake_engine *f = booted(&resumes);
        show(f, &resumes);
        if (has_returned) {
            fake_return(f, JOBS_STATUS_IN_PROGRESS);
            fake_expect_publish_to(f, "j1/update");
            fake_accept(f, "j1/update", "");
        }
        end_in_service(f, CANCELED);
        fake_expect(f, FAKE_CANCEL, "");
        assert_ptr_equal(f->effects[f->seen - 1].user, &user);
        expect_nothing_for(f, MINUTE_MS);
        fake_return_cancel(f);
        if (!has_returned) {
            expect_nothing_for(f, MINUTE_MS);
            fake_return(f, JOBS_STATUS_IN_PROGRESS);
            fake_expect(f, FAKE_CANCEL, "");
            fake_return_cancel(f);
        }
        expect_over(f);
        fake_free(f);
    }
}

/* Its deadline begins anew with the boot; a resume handler that never returns is stuck like any other. */
static void test_deadline_after_the_boot(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fake_engine *f = booted(actions[i]);
        show(f, actions[i]);
        uint64_t shown_ms = f->now_ms;
        while (fake_count(f, FAKE_CANCEL, NULL) == 0) {
            fake_wake(f);
            if (f->seen < f->effect_count && f->effects[f->seen].kind == FAKE_PUBLISH) {
                assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"running\""));
                fake_accept(f, "j1/update", "");
            }
        }
        assert_int_equal(f->now_ms - shown_ms, 10 * MINUTE_MS);
        if (i == 1) {
            fake_expect(f, FAKE_CANCEL, "");
            fake_return_cancel(f);
            fake_pass(f, CONFIG_DEVICE_JOBS_CANCEL_GRACE_MS);
            fake_expect(f, FAKE_RESTART, "a job handler never returned");
            assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"DEADLINE\""));
        }
        fake_free(f);
    }
}

/* The journal was lost: what the service shows is enough to go on, under a run id of its own. G1: still no start. */
static void test_without_a_journal(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fake_engine *f = wait_with(actions[i]);
        struct jobs_run run;
        f->record_len = 0;
        fake_boot(f);
        fake_register_action(f, actions[i]);
        fake_connect(f);
        fake_expect_publish_to(f, "$next/get");
        show(f, actions[i]);
        assert_int_equal(f->starts, 1);
        assert_int_equal(jobs_engine_counters(&f->engine)->run, 0);
        if (i == 0) {
            assert_true(jobs_engine_waiting(&f->engine, &run));
            assert_true(run.run_id != 0);
        }
        assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK);
        assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"SUCCEEDED\""));
        fake_free(f);
    }
}

/* QUEUED with an attempt: nobody runs it, so there is nothing to wait for. */
static void test_queued_with_an_attempt(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        const struct jobs_action *action = actions[i % 2];
        struct fake_engine *f;
        if (i / 2 == 0) {
            f = booted(action); /* the journal knows its start */
        } else {
            f = fake_new();
            fake_boot(f);
            fake_register_action(f, action);
            fake_connect(f);
            fake_expect_publish_to(f, "$next/get");
        }
        fake_accept(
            f, "$next/get",
            "\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"statusDetails\":{\"attempt\":\"1\"},"
            "\"queuedAt\":1699999990,\"versionNumber\":5,\"executionNumber\":1,\"jobDocument\":" BLINK "}");
        const char *update = fake_expect_publish_to(f, "j1/update");
        assert_non_null(strstr(update, "\"status\":\"REJECTED\""));
        assert_non_null(strstr(update, "\"reason\":\"INTERRUPTED\""));
        fake_free(f);
    }
}

/* A final report about the run of before, while another execution was read and nobody serves it yet: that one's details stay where
 * they are. */
static void test_early_report_has_no_details_of_others(void **state)
{
    struct fake_engine *f = wait_with(&waits);
    (void)state;
    fake_boot(f);
    fake_register(f, "other");
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(
        f, "$next/get",
        "\"execution\":{\"jobId\":\"j2\",\"status\":\"QUEUED\",\"statusDetails\":{\"note\":\"of j2\"},"
        "\"queuedAt\":1699999991,\"versionNumber\":5,\"executionNumber\":1,\"jobDocument\":" BLINK "}");
    fake_expect_publish_to(f, "$next/get"); /* the notify topics are settled */
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK);
    fake_expect_seen(f, "j1");
    const char *update = fake_expect_publish_to(f, "j1/update");
    assert_non_null(strstr(update, "\"status\":\"SUCCEEDED\""));
    assert_null(strstr(update, "note"));
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resumed),
        cmocka_unit_test(test_resumed_with_its_document_anew),
        cmocka_unit_test(test_resumed_once_per_boot),
        cmocka_unit_test(test_waiting_is_known),
        cmocka_unit_test(test_ended_before_the_get),
        cmocka_unit_test(test_cancelled_after_the_boot),
        cmocka_unit_test(test_cancelled_while_resumed),
        cmocka_unit_test(test_deadline_after_the_boot),
        cmocka_unit_test(test_without_a_journal),
        cmocka_unit_test(test_queued_with_an_attempt),
        cmocka_unit_test(test_early_report_has_no_details_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
