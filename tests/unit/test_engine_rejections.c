/* SPDX-License-Identifier: MIT */
/* Every rejection code of docs/protocol.md 1.8 in every phase: what is repeated, what is read again, what ends the job, and what
 * is told about it.. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_engine_io.h"

#include <stdio.h>
#include <string.h>

#define BLINK       "{\"action\":\"blink\"}"
#define STATE(name) "\"executionState\":{\"status\":\"" name "\",\"versionNumber\":3}"

/* What the engine does next, told by its next effect. */
enum next {
    AGAIN,   /* the same request, with a new token, after a backoff */
    READ,    /* $next/get after a pause: a claim is never repeated without a reading */
    LATER,   /* the same, and the next claim waits, too: this one was put off */
    REFUSE,  /* READ, and when it is still QUEUED: a final status with reason CLAIM_REFUSED */
    SOON,    /* $next/get a little later: notify-next may tell before what comes next */
    CANCEL,  /* the handler is told */
    BARE,    /* the final status without details */
    NOTHING, /* the job runs on */
};

struct rejection {
    const char *code;
    const char *members;
    enum next claim, progress, final, describe;
};

static const struct rejection rejections[] = {
    {"InvalidTopic", "", REFUSE, NOTHING, BARE, NOTHING},
    {"InvalidJson", "", REFUSE, NOTHING, BARE, NOTHING},
    {"InvalidRequest", "", REFUSE, NOTHING, BARE, NOTHING},
    {"InvalidStateTransition", STATE("CANCELED"), READ, CANCEL, SOON, CANCEL},
    {"InvalidStateTransition", STATE("TIMED_OUT"), READ, CANCEL, SOON, CANCEL},
    {"InvalidStateTransition", STATE("REMOVED"), READ, CANCEL, SOON, CANCEL},
    {"InvalidStateTransition", STATE("SUCCEEDED"), READ, CANCEL, SOON, CANCEL},
    {"InvalidStateTransition", STATE("IN_PROGRESS"), REFUSE, NOTHING, BARE, NOTHING},
    {"InvalidStateTransition", "", REFUSE, NOTHING, BARE, NOTHING},
    {"ResourceNotFound", "", READ, CANCEL, SOON, CANCEL},
    {"VersionMismatch", STATE("IN_PROGRESS"), READ, NOTHING, AGAIN, NOTHING},
    {"VersionMismatch", STATE("QUEUED"), READ, NOTHING, AGAIN, NOTHING},
    {"VersionMismatch", STATE("CANCELED"), READ, CANCEL, SOON, CANCEL},
    {"InternalError", "", LATER, AGAIN, AGAIN, AGAIN},
    {"RequestThrottled", "", LATER, AGAIN, AGAIN, AGAIN},
    {"TerminalStateReached", "", READ, CANCEL, SOON, CANCEL},
    {"SomethingNew", "", REFUSE, NOTHING, BARE, NOTHING},
};

static void expect_again(struct fake_engine *f, const char *tail)
{
    char before[FAKE_TEXT_CAP];
    uint64_t rejected_ms = f->now_ms;
    snprintf(before, sizeof before, "%s", f->effects[f->seen - 1].text);
    fake_expect_quiet(f);
    fake_wake(f);
    assert_in_range(f->now_ms - rejected_ms, 1, CONFIG_DEVICE_JOBS_RETRY_BASE_MS);
    fake_expect_publish(f, tail, before);
    assert_true(jobs_engine_counters(&f->engine)->retried_sends > 0);
}

static void expect_read(struct fake_engine *f)
{
    uint64_t rejected_ms = f->now_ms;
    fake_expect_quiet(f);
    fake_wake(f);
    assert_in_range(f->now_ms - rejected_ms, 1, CONFIG_DEVICE_JOBS_RETRY_BASE_MS);
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
}

static void expect_next(struct fake_engine *f, enum next next, const char *tail)
{
    switch (next) {
    case AGAIN:
        expect_again(f, tail);
        break;
    case LATER:
        expect_read(f);
        fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
        fake_expect_publish_later(f, tail);
        break;
    case READ:
    case REFUSE:
        expect_read(f);
        fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
        const char *payload = fake_expect_publish_to(f, tail);
        assert_int_equal(strstr(payload, "\"reason\":\"CLAIM_REFUSED\"") != NULL, next == REFUSE);
        assert_int_equal(strstr(payload, "\"status\":\"REJECTED\"") != NULL, next == REFUSE);
        break;
    case SOON:
        fake_expect_next_soon(f);
        break;
    case CANCEL:
        fake_expect(f, FAKE_CANCEL, "");
        fake_expect_quiet(f);
        break;
    case BARE:
        assert_null(strstr(fake_expect_publish_to(f, tail), "statusDetails"));
        break;
    case NOTHING:
        fake_expect_quiet(f);
        break;
    }
}

static struct fake_engine *claiming(void)
{
    struct fake_engine *f = fake_ready();
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    return f;
}

static void test_each_rejection_of_a_claim(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rejections / sizeof rejections[0]; i++) {
        struct fake_engine *f = claiming();
        fake_reject(f, "j1/update", rejections[i].code, rejections[i].members);
        expect_next(f, rejections[i].claim, "j1/update");
        assert_int_equal(f->starts, 0);
        fake_free(f);
    }
}

static void test_each_rejection_of_progress(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rejections / sizeof rejections[0]; i++) {
        struct fake_engine *f = fake_running();
        fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS);
        fake_expect_publish_to(f, "j1/update");
        fake_reject(f, "j1/update", rejections[i].code, rejections[i].members);
        expect_next(f, rejections[i].progress, "j1/update");
        fake_free(f);
    }
}

static void test_each_rejection_of_a_final_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rejections / sizeof rejections[0]; i++) {
        struct fake_engine *f = fake_running();
        fake_return(f, JOBS_STATUS_FAILED);
        fake_expect_publish_to(f, "j1/update");
        fake_reject(f, "j1/update", rejections[i].code, rejections[i].members);
        expect_next(f, rejections[i].final, "j1/update");
        fake_free(f);
    }
}

static void test_each_rejection_of_a_describe(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rejections / sizeof rejections[0]; i++) {
        struct fake_engine *f = fake_running();
        fake_message(f, "notify", "{\"jobs\":{}}");
        fake_expect_publish_to(f, "j1/get");
        fake_reject(f, "j1/get", rejections[i].code, rejections[i].members);
        expect_next(f, rejections[i].describe, "j1/get");
        fake_free(f);
    }
}

/* Nothing can be concluded from a refused question: it is asked again, ever more slowly. */
static void test_each_rejection_of_next(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rejections / sizeof rejections[0]; i++) {
        struct fake_engine *f = fake_ready();
        fake_expect_publish_to(f, "$next/get");
        fake_reject(f, "$next/get", rejections[i].code, rejections[i].members);
        expect_again(f, "$next/get");
        fake_reject(f, "$next/get", rejections[i].code, "");
        uint64_t rejected_ms = f->now_ms;
        fake_wake(f);
        assert_in_range(f->now_ms - rejected_ms, 2 * CONFIG_DEVICE_JOBS_RETRY_BASE_MS / 8,
                        2 * CONFIG_DEVICE_JOBS_RETRY_BASE_MS);
        fake_free(f);
    }
}

/* what the service says about a refusal is told, cleaned; when it says nothing, what the code means. */
static void test_refusals_are_told(void **state)
{
    static const char told[] = ",\"message\":\"11 pairs,\\n10 \\u0022allowed\\u0022\"";
    (void)state;
    for (int is_told = 0; is_told < 2; is_told++) {
        struct fake_engine *f = claiming();
        char payload[200];
        snprintf(payload, sizeof payload, "{\"clientToken\":\"%s\",\"code\":\"InvalidRequest\"%s}",
                 f->effects[f->seen - 1].token, is_told ? told : "");
        fake_message(f, "j1/update/rejected", payload);
        assert_non_null(strstr(f->log, is_told ? "job j1: InvalidRequest 11 pairs, 10 'allowed'\n"
                                               : "job j1: InvalidRequest bad member\n"));
        fake_free(f);
    }
    struct fake_engine *f = fake_running(); /* what is pending is no question about the job in hand */
    jobs_engine_resync(&f->engine, f->now_ms);
    fake_check(f);
    fake_expect_publish_to(f, "$next/get");
    fake_reject(f, "$next/get", "RequestThrottled", "");
    assert_non_null(strstr(f->log, "\nRequestThrottled no\n"));
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_rejection_of_a_claim),
        cmocka_unit_test(test_each_rejection_of_progress),
        cmocka_unit_test(test_each_rejection_of_a_final_status),
        cmocka_unit_test(test_each_rejection_of_a_describe),
        cmocka_unit_test(test_each_rejection_of_next),
        cmocka_unit_test(test_refusals_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
