/* SPDX-License-Identifier: MIT */
/* What becomes of a job that the operator cancels or deletes, or that times out in the service, in each phase of its life; and
 * that notifications which say nothing about it end it in none. What a run needs to be over after that: test_engine_leaving.c.
 * docs/protocol.md 2.7; G5. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_engine_io.h"

#include <stdio.h>
#include <string.h>

#define BLINK "{\"action\":\"blink\"}"
#define LATER "{\"action\":\"later\"}" /* nobody has registered it yet */

enum phase {
    PENDING,          /* IDLE; the job waits for its handler's registration */
    CLAIMING,         /* IN_PROGRESS is on its way */
    RUNNING,          /* in the handler */
    WAITING,          /* the handler has returned IN_PROGRESS */
    FINAL,            /* SUCCEEDED is on its way */
    FINAL_IN_HANDLER, /* the same, reported by a handler that has not returned */
    RETURNING,        /* that was settled, and the handler has not returned */
    LEAVING,          /* cancelled before, and the handler has not returned */
    LEAVING_LATER,    /* the same, and its callback has not returned, but the handler has: IN_PROGRESS */
    PHASES,
};

/* How it ends in the service. */
enum ending {
    CANCELED,
    TIMED_OUT,
    DELETED,
    ENDINGS,
};

/* How the device gets to know. */
enum news {
    BY_NOTIFICATION,
    BY_UPDATE, /* no notification: its next update is rejected */
    OFF_LINE,  /* it ended while there was no connection */
    NEWS,
};

static struct fake_engine *enter(enum phase phase)
{
    struct fake_engine *f;

    if (phase == PENDING || phase == CLAIMING) {
        f = fake_ready();
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", phase == PENDING ? LATER : BLINK));
        if (phase == PENDING) {
            fake_expect_publish_to(f, "$next/get"); /* the second one after a connect */
            fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", LATER));
        }
        return f;
    }
    f = fake_running();
    if (phase == WAITING) {
        fake_return(f, JOBS_STATUS_IN_PROGRESS);
        fake_expect_publish_to(f, "j1/update");
        fake_accept(f, "j1/update", "");
        fake_pass(f, CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS); /* the next progress may go out at once */
    } else if (phase == FINAL) {
        fake_return(f, JOBS_STATUS_SUCCEEDED);
    } else if (phase == FINAL_IN_HANDLER || phase == RETURNING) {
        assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK);
        if (phase == RETURNING) {
            fake_accept(f, "j1/update", "");
            f->seen = f->effect_count;
        }
    } else if (phase == LEAVING || phase == LEAVING_LATER) {
        fake_message(f, "notify", "{}");
        fake_expect_publish_to(f, "j1/get");
        fake_reject(f, "j1/get", "TerminalStateReached", "");
        fake_expect(f, FAKE_CANCEL, "");
        fake_return_cancel(f);
        if (phase == LEAVING_LATER) {
            fake_return(f, JOBS_STATUS_IN_PROGRESS);
            fake_expect(f, FAKE_CANCEL, "");
        }
    }
    return f;
}

struct seen {
    unsigned asked_next;
    unsigned told;
    bool has_started; /* anything */
};

static void answer_next(struct fake_engine *f, struct seen *seen)
{
    seen->asked_next++;
    fake_accept(f, "$next/get", "");
}

/* The service, which has ended the job, until the device has nothing more to ask. */
static void serve_ended(struct fake_engine *f, enum ending ending, struct seen *seen)
{
    const char *status = ending == CANCELED ? "CANCELED" : "TIMED_OUT";
    char state[100];

    snprintf(state, sizeof state, "\"executionState\":{\"status\":\"%s\",\"versionNumber\":9}", status);
    for (; f->seen < f->effect_count;) {
        const struct fake_effect *effect = &f->effects[f->seen++];
        seen->has_started = seen->has_started || effect->kind == FAKE_START;
        if (effect->kind == FAKE_CANCEL) {
            seen->told++;
            fake_return_cancel(f);
        }
        if (effect->kind != FAKE_PUBLISH) {
            continue;
        }
        if (strcmp(effect->topic, "$next/get") == 0) {
            answer_next(f, seen);
        } else if (ending == DELETED) {
            fake_reject(f, effect->topic, "ResourceNotFound", "");
        } else if (strcmp(effect->topic, "j1/update") == 0) {
            fake_reject(f, "j1/update", "InvalidStateTransition", state);
        } else {
            fake_accept(f, "j1/get", fake_execution("j1", 1, status, NULL));
        }
    }
}

static void bring(struct fake_engine *f, enum phase phase, enum news news)
{
    if (news == BY_NOTIFICATION) {
        fake_message(f, "notify", "{\"jobs\":{\"QUEUED\":[{\"jobId\":\"j9\",\"executionNumber\":1}]}}");
    } else if (news == BY_UPDATE) {
        if (phase == RUNNING || phase == WAITING) {
            assert_int_equal(fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS), ERR_OK);
        }
    } else {
        fake_disconnect(f);
        f->seen = f->effect_count;
        fake_connect(f);
    }
}

/* What the next job needs: a question and its answer. */
static void start_j2(struct fake_engine *f)
{
    fake_message(f, "notify-next", "{\"execution\":{\"jobId\":\"j2\",\"executionNumber\":1}}");
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j2/update");
    fake_accept(f, "j2/update", "");
    fake_expect(f, FAKE_START, "j2");
}

static void test_ended_in_each_phase(void **state)
{
    static const struct {
        unsigned told;   /* how often the handler was */
        bool counts;     /* as canceled; else the device had nothing to do with it any more, or yet */
        bool in_handler; /* so the next job starts when it has returned, else at once */
        bool has_update; /* in flight or possible, so that a rejection can bring the news */
        enum err late;   /* what a final report from within the handler is answered with */
    } expected[PHASES] = {
        [PENDING] = {0, false, false, false, ERR_OK},
        [CLAIMING] = {0, false, false, true, ERR_OK},
        [RUNNING] = {1, true, true, true, ERR_STALE},
        [WAITING] = {1, true, false, true, ERR_OK},
        [FINAL] = {0, true, false, true, ERR_OK},
        [FINAL_IN_HANDLER] = {0, true, true, true, ERR_BUSY},
        [RETURNING] = {0, false, true, false, ERR_BUSY},
        [LEAVING] = {0, false, true, false, ERR_STALE},
        [LEAVING_LATER] = {0, false, false, false, ERR_OK},
    };
    (void)state;
    for (unsigned i = 0; i < PHASES * ENDINGS * NEWS; i++) {
        enum phase phase = (enum phase)(i % PHASES);
        enum ending ending = (enum ending)(i / PHASES % ENDINGS);
        enum news news = (enum news)(i / (PHASES * ENDINGS));
        if ((news == BY_UPDATE && !expected[phase].has_update) ||
            (news == BY_NOTIFICATION && phase == CLAIMING)) { /* the answer to the claim tells more */
            continue;
        }
        struct fake_engine *f = enter(phase);
        struct seen seen = {0};
        unsigned starts = f->starts;
        unsigned canceled = jobs_engine_counters(&f->engine)->canceled;
        uint64_t then_ms = f->now_ms;
        bring(f, phase, news);
        serve_ended(f, ending, &seen);
        assert_int_equal(seen.told, expected[phase].told);
        assert_int_equal(jobs_engine_counters(&f->engine)->canceled, canceled + expected[phase].counts);
        assert_int_equal(f->now_ms, then_ms); /* within 1 s; here in no time */
        if (phase == LEAVING_LATER) {
            fake_return_cancel(f);
            serve_ended(f, ending, &seen);
        }

        if (expected[phase].in_handler) {
            assert_int_equal(seen.asked_next, news == OFF_LINE && phase == RUNNING ? 2 : 0);
            if (ending != DELETED) {
                assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), expected[phase].late);
            }
            fake_message(f, "notify-next", "{\"execution\":{\"jobId\":\"j2\",\"executionNumber\":1}}");
            fake_pass(f, 60000);
            fake_expect_quiet(f); /* no job before it has returned */
            seen.asked_next = 0;
            fake_return(f, JOBS_STATUS_SUCCEEDED);
        } else {
            fake_pass(
                f, 1000); /* a notify-next is waited for, or what became of a claim is read after a pause */
        }
        serve_ended(f, ending, &seen);
        assert_true(seen.asked_next >= 1);
        assert_false(seen.has_started);
        assert_int_equal(f->starts, starts);
        assert_int_equal(jobs_engine_counters(&f->engine)->succeeded,
                         phase == RETURNING); /* else discarded */
        if (phase != PENDING) {
            assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_NOT_FOUND);
        }
        start_j2(f);

        f->seen = f->effect_count;
        fake_boot(f); /* nothing of it is left in the flash */
        fake_connect(f);
        fake_expect_publish_to(f, "$next/get");
        fake_free(f);
    }
}

/* Off line it cannot be known: the handler runs on, and what it reports is kept until the service says that it is too late. */
static void test_result_off_line_of_a_job_that_has_ended(void **state)
{
    (void)state;
    for (enum ending ending = CANCELED; ending < ENDINGS; ending++) {
        struct fake_engine *f = enter(RUNNING);
        struct seen seen = {0};
        fake_disconnect(f);
        fake_pass(f, 3600000);
        fake_return(f, JOBS_STATUS_SUCCEEDED);
        fake_expect_quiet(f);
        fake_connect(f);
        serve_ended(f, ending, &seen);
        assert_int_equal(seen.told, 0);
        assert_int_equal(jobs_engine_counters(&f->engine)->canceled, 1);
        assert_int_equal(jobs_engine_counters(&f->engine)->succeeded, 0);
        assert_int_equal(seen.asked_next, 1);
        start_j2(f);
        fake_free(f);
    }
}

/* The service, in which the job is as it should be. */
static void serve_good(struct fake_engine *f, const char *status, const char *document, struct seen *seen)
{
    for (; f->seen < f->effect_count;) {
        const struct fake_effect *effect = &f->effects[f->seen++];
        seen->told += effect->kind == FAKE_CANCEL;
        if (effect->kind != FAKE_PUBLISH || strcmp(effect->topic, "j1/update") == 0) {
            continue;
        }
        bool with_document = strstr(effect->text, "includeJobDocument") == NULL;
        fake_accept(f, effect->topic, fake_execution("j1", 1, status, with_document ? document : NULL));
    }
}

/* own status, other jobs, repeated, out of order, empty and damaged: 0 aborts, and the job ends as it would have. */
static void test_harmless_notifications_in_each_phase(void **state)
{
    static const struct {
        const char *topic;
        const char *payload;
    } notices[] = {
        {"notify", "{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j1\",\"queuedAt\":1,\"executionNumber\":1}]}}"},
        {"notify", "{\"jobs\":{\"QUEUED\":[{\"jobId\":\"j1\",\"executionNumber\":1}]}}"},
        {"notify", "{\"jobs\":{\"IN_PROGRESS\":[{\"jobId\":\"j1\",\"executionNumber\":1}],"
                   "\"QUEUED\":[{\"jobId\":\"j2\",\"executionNumber\":1}]}}"},
        {"notify", "{\"jobs\":{\"QUEUED\":[{\"jobId\":\"j2\",\"executionNumber\":1}]}}"},
        {"notify", "{\"jobs\":{}}"},
        {"notify", "{}"},
        {"notify", ""},
        {"notify", "{\"jobs\":"},
        {"notify-next",
         "{\"execution\":{\"jobId\":\"j1\",\"executionNumber\":1,\"status\":\"IN_PROGRESS\"}}"},
        {"notify-next", "{\"execution\":{\"jobId\":\"j1\",\"executionNumber\":1,\"status\":\"CANCELED\"}}"},
        {"notify-next", "{\"execution\":{\"jobId\":\"j2\",\"executionNumber\":1}}"},
        {"notify-next", "{\"execution\":{}}"},
        {"notify-next", "{}"},
    };
    enum { NOTICES = sizeof notices / sizeof notices[0] };
    (void)state;
    for (enum phase phase = PENDING; phase < RETURNING; phase++) {
        struct fake_engine *f = enter(phase);
        struct seen seen = {0};
        const char *status = phase <= CLAIMING ? "QUEUED" : "IN_PROGRESS";
        unsigned starts = f->starts;
        for (size_t i = 0; i < NOTICES * NOTICES; i++) { /* every pair of them in a row */
            fake_message(f, notices[i / NOTICES].topic, notices[i / NOTICES].payload);
            fake_message(f, notices[i % NOTICES].topic, notices[i % NOTICES].payload);
            serve_good(f, status, LATER, &seen);
        }
        assert_int_equal(seen.told, 0);
        assert_int_equal(jobs_engine_counters(&f->engine)->canceled, 0);
        assert_int_equal(f->starts, starts);
        if (phase == PENDING) {
            fake_register(f, "later");
            serve_good(f, status, LATER, &seen);
        }
        if (phase <= CLAIMING) {
            fake_accept(f, "j1/update", "");
            serve_good(f, "IN_PROGRESS", phase == CLAIMING ? BLINK : NULL, &seen);
        }
        if (phase <= WAITING) {
            assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK);
        }
        fake_accept(f, "j1/update", "");
        assert_int_equal(jobs_engine_counters(&f->engine)->succeeded, 1);
        assert_int_equal(jobs_engine_counters(&f->engine)->canceled, 0);
        assert_int_equal(seen.told, 0);
        assert_int_equal(f->starts, 1);
        fake_free(f);
    }
}

/* The service ends a run with the status that the run before has reported: that is no answer to a report of this one. G5 */
static void test_ended_as_the_job_before(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect_next_soon(f);
    fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j2/update");
    fake_accept(f, "j2/update", "");
    fake_expect(f, FAKE_START, "j2");
    fake_message(f, "notify", "{\"jobs\":{}}");
    fake_expect_publish_to(f, "j2/get");
    fake_accept(f, "j2/get", fake_execution("j2", 1, "SUCCEEDED", NULL));
    fake_expect(f, FAKE_CANCEL, "");
    fake_expect_quiet(f);
    assert_int_equal(jobs_engine_counters(&f->engine)->canceled, 1);
    assert_int_equal(jobs_engine_counters(&f->engine)->succeeded, 1);
    fake_free(f);
}

/* an answer without the execution says nothing about its end, and a rejection ends it by its code alone. */
static void test_answers_that_say_nothing_about_it(void **state)
{
    (void)state;
    for (int is_rejected = 0; is_rejected < 2; is_rejected++) {
        struct fake_engine *f = fake_running();
        fake_message(f, "notify", "{\"jobs\":{}}");
        fake_expect_publish_to(f, "j1/get");
        if (is_rejected) {
            fake_reject(f, "j1/get", "InvalidRequest", fake_execution("j1", 2, "QUEUED", NULL));
        } else {
            fake_accept(f, "j1/get", "\"executionState\":{\"status\":\"CANCELED\",\"versionNumber\":3}");
        }
        fake_expect_quiet(f);
        fake_return(f, JOBS_STATUS_SUCCEEDED);
        assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"SUCCEEDED\""));
        fake_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ended_in_each_phase),
        cmocka_unit_test(test_result_off_line_of_a_job_that_has_ended),
        cmocka_unit_test(test_harmless_notifications_in_each_phase),
        cmocka_unit_test(test_ended_as_the_job_before),
        cmocka_unit_test(test_answers_that_say_nothing_about_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
