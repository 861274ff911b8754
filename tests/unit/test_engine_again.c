/* SPDX-License-Identifier: MIT */
/* The same execution once more, and another one of the same name: finished executions that are offered again (G4), jobs that were
 * deleted and made again, retries of the service. R-06; G2, G4. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/leaving_run.h"

#include <stdio.h>

#define STATE(name) "\"executionState\":{\"status\":\"" name "\",\"versionNumber\":3}"

static void finish_j1(struct fake_engine *f, enum jobs_status status)
{
    fake_return(f, status);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect_next_soon(f);
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
        fake_message(f, i % 2 ? "notify" : "notify-next", "{}"); /* nor by its notifications */
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
    struct jobs_report late = {
        .run_id = first_run, .status = JOBS_STATUS_FAILED, .progress_percent = -1, .job_id = "j1"};
    assert_int_equal(fake_report_whole(f, &late), ERR_NOT_FOUND);
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
            fake_disconnect(f);
            fake_report(f, "j1", is_final ? JOBS_STATUS_SUCCEEDED : JOBS_STATUS_IN_PROGRESS);
            if (is_booted) {
                fake_boot(f);
            }
            fake_connect(f);
            if (!is_final) {
                fake_expect_publish_to(f, "$next/get");
                fake_accept(f, "$next/get", remade());
            }
            fake_expect_publish_to(f, "j1/get");
            if (!is_final) {
                fake_expect_publish_to(f, "$next/get"); /* the second one after a connect */
                fake_accept(f, "$next/get", remade());
            }
            fake_accept(f, "j1/get", remade());
            if (!is_final) {
                fake_expect(f, FAKE_CANCEL, "");
                fake_return_cancel(f); /* the handler runs on, and so may work that it has begun */
                fake_return(f, JOBS_STATUS_IN_PROGRESS);
                fake_expect(f, FAKE_CANCEL, "");
                fake_return_cancel(f);
                fake_expect_publish_to(f, "$next/get");
            } else {
                if (!is_booted) {
                    fake_expect_quiet(f);
                    fake_return(f, JOBS_STATUS_IN_PROGRESS);
                }
                fake_expect_publish_to(f, "$next/get"); /* what each connect asks, put off until now */
            }
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
        fake_expect_next_soon(f);
        fake_pass(f, CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS / 2);
        fake_expect_quiet(f);
        fake_free(f);
    }
}

static void claim_j1(struct fake_engine *f)
{
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
}

/* What $next/get shows of j1 after a claim of ours. */
#define CLAIMED(queued_at)                                                                                   \
    "\"execution\":{\"jobId\":\"j1\",\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"state\":"               \
    "\"accepted\",\"attempt\":\"1\"},\"queuedAt\":" queued_at ",\"versionNumber\":2,"                        \
    "\"executionNumber\":1,\"jobDocument\":" BLINK "}"

/* How it comes that a claim has no answer that counts. */
enum unanswered {
    LOST,
    NOT_SENT,
    MOVED,    /* VersionMismatch */
    NOTIFIED, /* of another execution of this name, while it is on its way */
    ACCEPTED, /* the same, and the answer that then comes says "accepted" */
    UNANSWERED,
};

static void lose_claim(struct fake_engine *f, enum unanswered how)
{
    switch (how) {
    case MOVED:
        fake_reject(f, "j1/update", "VersionMismatch",
                    "\"executionState\":{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"attempt\":\"1\"},"
                    "\"versionNumber\":2}");
        break;
    case NOTIFIED:
    case ACCEPTED:
        fake_message(
            f, "notify",
            "{\"jobs\":{\"QUEUED\":[{\"jobId\":\"j1\",\"queuedAt\":1700000050,\"executionNumber\":1}]}}");
        if (how == ACCEPTED) {
            fake_accept(f, "j1/update", "");
        }
        break;
    default:
        break;
    }
    while (f->seen == f->effect_count) {
        fake_wake(f);
    }
}

/* The job was deleted and made again while its claim went unanswered. An update cannot name the execution that was read, so it is
 * not sent once more: what is there is read, and the handler gets the new document with the new execution. G1. */
static void test_remade_while_claimed(void **state)
{
    static const char document[] = "{\"action\":\"blink\",\"count\":2}";
    char remade_with_document[400];
    (void)state;
    snprintf(remade_with_document, sizeof remade_with_document,
             "\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"queuedAt\":%d,\"versionNumber\":1,"
             "\"executionNumber\":1,\"jobDocument\":%s}",
             FAKE_QUEUED_S + 60, document);
    for (enum unanswered how = LOST; how < UNANSWERED; how++) {
        struct fake_engine *f = fake_ready();
        if (how == NOT_SENT) {
            fake_expect_publish_to(f, "$next/get");
            f->fail_publishes = 1;
            fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
            fake_expect_quiet(f);
        } else {
            claim_j1(f);
        }
        lose_claim(f, how);
        fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
        fake_expect_quiet(f);
        assert_int_equal(f->starts, 0);
        fake_accept(f, "$next/get", remade_with_document);
        fake_expect_publish_to(f, "j1/update");
        fake_accept(f, "j1/update", "");
        fake_expect(f, FAKE_START, "j1");
        assert_string_equal(f->run_document, document);
        assert_int_equal(f->run.queued_at_s, FAKE_QUEUED_S + 60);
        assert_int_equal(f->run.attempt, 1);
        assert_int_equal(jobs_engine_counters(&f->engine)->received, 2);
        fake_free(f);
    }
}

/* A service that throttles has not taken the claim, which is never sent again: by now its job may have been deleted and made
 * again behind others. What is pending is read, and that decides. G1, G3. */
static void test_remade_while_the_service_throttles(void **state)
{
    static const char *const codes[] = {"RequestThrottled", "InternalError"};
    static const char document[] = "{\"action\":\"blink\",\"count\":2}";
    char remade_with_document[400];
    (void)state;
    snprintf(remade_with_document, sizeof remade_with_document,
             "\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"queuedAt\":%d,\"versionNumber\":1,"
             "\"executionNumber\":1,\"jobDocument\":%s}",
             FAKE_QUEUED_S + 60, document);
    for (size_t i = 0; i < 2; i++) {
        struct fake_engine *f = fake_ready();
        claim_j1(f);
        fake_reject(f, "j1/update", codes[i], "");
        fake_expect_quiet(f);
        fake_wake(f);
        fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
        fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", BLINK)); /* j1 stands behind it now */
        fake_expect_publish_to(f, "j2/update");
        fake_accept(f, "j2/update", "");
        fake_expect(f, FAKE_START, "j2");
        fake_return(f, JOBS_STATUS_SUCCEEDED);
        fake_expect_publish_to(f, "j2/update");
        fake_accept(f, "j2/update", "");
        fake_expect_next_soon(f);
        fake_accept(f, "$next/get", remade_with_document);
        fake_expect_publish_to(f, "j1/update");
        fake_accept(f, "j1/update", "");
        fake_expect(f, FAKE_START, "j1");
        assert_string_equal(f->run_document, document);
        assert_int_equal(f->run.queued_at_s, FAKE_QUEUED_S + 60);
        assert_int_equal(f->run.attempt, 1);
        fake_free(f);
    }
}

/* A refusal may be meant for the other one of this name, which is not ours to reject: read again, and refused once more it is. */
static void test_refused_while_another_one_is_there(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    claim_j1(f);
    fake_message(
        f, "notify",
        "{\"jobs\":{\"QUEUED\":[{\"jobId\":\"j1\",\"queuedAt\":1700000050,\"executionNumber\":1}]}}");
    fake_reject(f, "j1/update", "InvalidRequest", "");
    const char remade_job[] =
        "\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"queuedAt\":1700000050,\"versionNumber\":1,"
        "\"executionNumber\":1,\"jobDocument\":" BLINK "}";
    fake_wake(f);
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
    fake_accept(f, "$next/get", remade_job);
    fake_expect_publish_to(f, "j1/update");
    fake_reject(f, "j1/update", "InvalidRequest", "");
    fake_expect_quiet(f);
    fake_wake(f);
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
    fake_accept(f, "$next/get", remade_job);
    assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"CLAIM_REFUSED\""));
    assert_int_equal(f->starts, 0);
    fake_free(f);
}

/* A claim that was accepted says nothing about the next one of this name: somebody else's IN_PROGRESS is not ours. */
static void test_claim_that_was_met_is_of_that_one_only(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    claim_j1(f);
    fake_reject(f, "j1/update", "RequestThrottled", "");
    fake_wake(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 2, "IN_PROGRESS", BLINK));
    assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"INTERRUPTED\""));
    assert_int_equal(f->starts, 0);
    fake_free(f);
}

/* The same when nothing was made again: the claim had arrived, and is known as our own by its attempt; one start, one attempt. */
static void test_own_claim_is_read_again(void **state)
{
    (void)state;
    for (enum unanswered how = LOST; how < UNANSWERED; how++) {
        if (how == NOT_SENT) {
            continue;
        }
        struct fake_engine *f = fake_ready();
        claim_j1(f);
        lose_claim(f, how);
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", CLAIMED("1699999990"));
        fake_expect(f, FAKE_START, "j1");
        assert_int_equal(f->run.attempt, 1);
        assert_int_equal(jobs_engine_counters(&f->engine)->received, 1);
        fake_return(f, JOBS_STATUS_SUCCEEDED);
        fake_expect_publish_to(f, "j1/update");
        fake_accept(f, "j1/update", "");
        fake_expect_next_soon(f); /* no longer pause: what went wrong before is over */
        fake_free(f);
    }
}

/* A claim on its way has met the new execution, and a notification told so before its answer: the new one is read, and runs. */
static void test_claim_meets_the_new_one(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    claim_j1(f);
    lose_claim(f, ACCEPTED);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", CLAIMED("1700000050"));
    fake_expect(f, FAKE_START, "j1");
    assert_int_equal(f->run.queued_at_s, 1700000050);
    assert_int_equal(f->run.attempt, 1);
    fake_free(f);
}

/* a version that moves between our reading and our claim, again and again: read, merge, and never in a hurry. */
static void test_version_races(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    for (int i = 0; i < 20; i++) {
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
        fake_expect_publish_to(f, "j1/update");
        fake_reject(f, "j1/update", "VersionMismatch", STATE("QUEUED"));
        fake_expect_quiet(f);
        fake_wake(f);
    }
    assert_true(f->now_ms > 60000);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    assert_int_equal(jobs_engine_counters(&f->engine)->received, 1);
    fake_free(f);
}

/* A notification that names another execution of the same id is a reason to ask, although job id and number agree. */
static void test_remade_is_heard_of(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    fake_message(
        f, "notify",
        "{\"jobs\":{\"QUEUED\":[{\"jobId\":\"j1\",\"queuedAt\":1700000050,\"executionNumber\":1}]}}");
    fake_expect_publish_to(f, "j1/get");
    fake_accept(f, "j1/get", remade());
    fake_expect(f, FAKE_CANCEL, "");
    fake_free(f);
}

/* An answer that was on its way before the last notification came does not take away the doubt. */
static void test_older_answer_and_newer_doubt(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    fake_message(f, "notify", "{}");
    fake_expect_publish_to(f, "j1/get");
    fake_message(f, "notify", "{}");
    fake_report(f, "j1", JOBS_STATUS_SUCCEEDED);
    fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NULL));
    fake_expect_seen(f, "j1");
    fake_expect_publish_to(f, "j1/update");
    fake_free(f);
}

/* It was passed over, because its handler is not registered yet; then the application reports for the old one of that name. */
static void test_report_for_the_one_before(void **state)
{
    static const struct jobs_action wait = {
        .name = "blink", .max_attempts = 1, .on_interrupted = JOBS_INTERRUPTED_WAIT};
    struct fake_engine *f = fake_new();
    (void)state;
    fake_boot(f);
    fake_register_action(f, &wait);
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    fake_boot(f);
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", remade());
    fake_expect_publish_to(f, "$next/get"); /* the second one after a connect */
    fake_accept(f, "$next/get", remade());
    fake_expect_quiet(f);
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK);
    fake_expect_publish_to(f, "j1/get");
    fake_accept(f, "j1/get", remade());
    fake_expect_next_soon(f);
    fake_free(f);
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
        if (i % 3 != 0) {
            fake_wake(f);
        } else {
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

/* Nothing becomes QUEUED again (docs/protocol.md 2.3). What is QUEUED while it runs is another one, made in the same second; but a final
 * status that is known by then goes out: a service that came back from a backup needs it. G2 */
static void test_remade_within_the_second(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct fake_engine *f = fake_running();
        if (i % 2) { /* WAITING */
            fake_return(f, JOBS_STATUS_IN_PROGRESS);
            fake_expect_publish_to(f, "j1/update");
            fake_accept(f, "j1/update", "");
        }
        if (i / 2) {
            fake_message(f, "notify", "{\"jobs\":{}}");
        } else { /* found by the question for what is pending */
            jobs_engine_resync(&f->engine, f->now_ms);
            fake_expect_publish_to(f, "$next/get");
            fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", NULL));
        }
        fake_expect_publish_to(f, "j1/get");
        fake_accept(f, "j1/get", fake_execution("j1", 1, "QUEUED", NULL));
        fake_expect(f, FAKE_CANCEL, "");
        fake_expect_quiet(f);
        fake_free(f);
    }
    struct fake_engine *f = fake_running();
    fake_disconnect(f);
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_connect(f);
    fake_expect_publish_to(f, "j1/get");
    fake_accept(f, "j1/get", fake_execution("j1", 1, "QUEUED", NULL));
    assert_memory_equal(fake_expect_publish_to(f, "j1/update"), "{\"status\":\"SUCCEEDED\"", 21);
    fake_free(f);
}

/* The service came back from a backup of before the claim: QUEUED, and the journal has its start. Interrupted, by the policy of its
 * action: another attempt, or the restart was the job. G1 */
static void test_queued_again_by_a_backup(void **state)
{
    static const struct jobs_action actions[] = {
        {.name = "blink", .max_attempts = 2, .on_interrupted = JOBS_INTERRUPTED_RERUN},
        {.name = "blink", .max_attempts = 1, .on_interrupted = JOBS_INTERRUPTED_SUCCEED},
    };
    static const char *const expected[] = {"\"attempt\":\"2\"", "\"status\":\"SUCCEEDED\""};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fake_engine *f = run_with(&actions[i]);
        fake_boot(f);
        fake_register_action(f, &actions[i]);
        fake_connect(f);
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
        assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), expected[i]));
        fake_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finished_execution_is_offered_again),
        cmocka_unit_test(test_offered_for_ever_is_slowed_down),
        cmocka_unit_test(test_retry_by_the_service_runs),
        cmocka_unit_test(test_remade_job_runs),
        cmocka_unit_test(test_remade_while_off_line),
        cmocka_unit_test(test_remade_between_two_tries),
        cmocka_unit_test(test_remade_while_claimed),
        cmocka_unit_test(test_remade_while_the_service_throttles),
        cmocka_unit_test(test_refused_while_another_one_is_there),
        cmocka_unit_test(test_claim_that_was_met_is_of_that_one_only),
        cmocka_unit_test(test_own_claim_is_read_again),
        cmocka_unit_test(test_claim_meets_the_new_one),
        cmocka_unit_test(test_version_races),
        cmocka_unit_test(test_remade_is_heard_of),
        cmocka_unit_test(test_older_answer_and_newer_doubt),
        cmocka_unit_test(test_report_for_the_one_before),
        cmocka_unit_test(test_ring_of_finished_executions),
        cmocka_unit_test(test_remade_within_the_second),
        cmocka_unit_test(test_queued_again_by_a_backup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
