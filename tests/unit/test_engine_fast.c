/* SPDX-License-Identifier: MIT */
/* The fast way: notify-next brings the document along, and from it follows a claim or $next/get, nothing else. Each condition of the
 * claim in turn; what the answer to it must bring; executions that are made again in between. R-26; G1, G3, G4. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/leaving_run.h"

#include <stdio.h>

#define DOC2 "{\"action\":\"blink\",\"count\":2}"

static struct fake_engine *idle(void)
{
    struct fake_engine *f = fake_ready();
    fake_expect_idle(f);
    return f;
}

/* The members of a notify-next that can be claimed from, but for what is given. */
struct news {
    long long timestamp;
    const char *job_id, *status, *details, *document; /* details, document: "" for none */
    long long queued_at, number, version;
};

static struct news good_news(void)
{
    return (struct news){FAKE_TIME_S, "j1", "QUEUED", "", ",\"jobDocument\":" BLINK, FAKE_QUEUED_S, 1, 1};
}

static void tell(struct fake_engine *f, struct news n)
{
    char text[FAKE_TEXT_CAP];
    snprintf(text, sizeof text,
             "{\"timestamp\":%lld,\"execution\":{\"jobId\":\"%s\",\"status\":\"%s\"%s,\"queuedAt\":%lld,"
             "\"versionNumber\":%lld,\"executionNumber\":%lld%s}}",
             n.timestamp, n.job_id, n.status, n.details, n.queued_at, n.version, n.number, n.document);
    fake_message(f, "notify-next", text);
}

/* One round trip: claimed from notify-next, and the handler gets the document of the answer. */
static void test_claimed_at_once(void **state)
{
    struct fake_engine *f = idle();
    struct news n = good_news();
    (void)state;
    n.version = 4;
    n.number = 7;
    tell(f, n);
    fake_expect_publish(
        f, "j1/update",
        "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"state\":\"accepted\",\"attempt\":\"1\"},"
        "\"expectedVersion\":4,\"executionNumber\":7,\"includeJobDocument\":true,\"clientToken\":\"T\"}");
    fake_expect_quiet(f);
    assert_int_equal(f->starts, 0);
    fake_accept(f, "j1/update", "\"jobDocument\":" DOC2);
    fake_expect(f, FAKE_SAVE, "");
    fake_expect(f, FAKE_START, "j1");
    assert_string_equal(f->run_document, DOC2);
    assert_int_equal(f->run.execution_number, 7);
    assert_int_equal(f->run.queued_at_s, FAKE_QUEUED_S);
    assert_int_equal(f->run.attempt, 1);
    assert_int_equal(jobs_engine_counters(&f->engine)->received, 1);
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect_quiet(f);
    n.job_id = "j2"; /* which comes before the service is asked, and after the answer */
    tell(f, n);
    fake_expect_publish_to(f, "j2/update");
    fake_accept(f, "j2/update", "");
    fake_expect(f, FAKE_START, "j2");
    fake_pass(f, FAKE_HINT_MS);
    fake_expect_quiet(f);
    assert_int_equal(fake_count(f, FAKE_PUBLISH, "$next/get"), 2); /* those after the connect */
    fake_free(f);
}

/* Instead of a claim: the question, at once. Whatever is wrong with a document is decided by its answer, too. */
static void expect_asked(struct fake_engine *f)
{
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
    fake_expect_quiet(f);
    fake_free(f);
}

static void test_each_member(void **state)
{
    static const char *const statuses[] = {"IN_PROGRESS", "SUCCEEDED", "FAILED",    "REJECTED", "TIMED_OUT",
                                           "CANCELED",    "REMOVED",   "SOMETHING", ""};
    static const char *const documents[] = {"",
                                            ",\"jobDocument\":{\"action\":\"nobody\"}",
                                            ",\"jobDocument\":{\"count\":1}",
                                            ",\"jobDocument\":{\"action\":7}",
                                            ",\"jobDocument\":{\"action\":\"blink\",\"action\":\"blink\"}",
                                            ",\"jobDocument\":\"blink\"",
                                            ",\"jobDocument\":[]",
                                            ",\"jobDocument\":null"};
    static const char *const details[] = {",\"statusDetails\":{\"attempt\":\"1\"}",
                                          ",\"statusDetails\":{\"attempt\":\"300\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct fake_engine *f = idle();
        struct news n = good_news();
        n.status = statuses[i];
        tell(f, n);
        expect_asked(f);
    }
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        struct fake_engine *f = idle();
        struct news n = good_news();
        n.document = documents[i];
        tell(f, n);
        expect_asked(f);
    }
    for (size_t i = 0; i < 2; i++) { /* it was started by somebody */
        struct fake_engine *f = idle();
        struct news n = good_news();
        n.details = details[i];
        tell(f, n);
        expect_asked(f);
    }
}

/* What every execution has is missing, or the notification is none. */
static void test_broken_news(void **state)
{
    static const char *const broken[] = {
        "",
        "{}",
        "{\"timestamp\":1700000000}",
        "{\"timestamp\":1700000000,\"execution\":{}}",
        "{\"timestamp\":1700000000,\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"queuedAt\":1,"
        "\"versionNumber\":1,\"jobDocument\":" BLINK "}}",
        "{\"timestamp\":1700000000,\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"queuedAt\":1,"
        "\"executionNumber\":1,\"jobDocument\":" BLINK "}}",
        "{\"timestamp\":1700000000,\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"versionNumber\":1,"
        "\"executionNumber\":1,\"jobDocument\":" BLINK "}}",
        "{\"timestamp\":1700000000,\"execution\":{\"jobId\":\"a/b\",\"status\":\"QUEUED\",\"queuedAt\":1,"
        "\"versionNumber\":1,\"executionNumber\":1,\"jobDocument\":" BLINK "}}",
        "{\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"queuedAt\":1,\"versionNumber\":1,"
        "\"executionNumber\":1,\"jobDocument\":" BLINK "}}", /* without a time */
        "{\"timestamp\":1700000000,\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\"",
    };
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct fake_engine *f = idle();
        fake_message(f, "notify-next", broken[i]);
        expect_asked(f);
    }
}

/* A status and a document, and no execution that they belong to. The journal is full and has a start, and a claim has failed, so that "none"
 * is not one of those. R-27 */
static void test_news_without_an_execution(void **state)
{
    struct fake_engine *f = fake_running();
    char job_id[] = "j1";
    char tail[20];
    (void)state;
    for (int i = 0; i < JOURNAL_FINISHED; i++) {
        fake_return(f, JOBS_STATUS_SUCCEEDED);
        snprintf(tail, sizeof tail, "%s/update", job_id);
        fake_expect_publish_to(f, tail);
        fake_accept(f, tail, "");
        fake_expect_next_soon(f);
        job_id[1]++;
        fake_accept(f, "$next/get", fake_execution(job_id, 1, "QUEUED", BLINK));
        snprintf(tail, sizeof tail, "%s/update", job_id);
        fake_expect_publish_to(f, tail);
        fake_accept(f, tail, "");
        fake_expect(f, FAKE_START, job_id);
    }
    fake_boot(f);
    fake_register(f, "blink");
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("k1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "k1/update");
    fake_reject(f, "k1/update", "VersionMismatch", "");
    fake_wake(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", "");
    fake_message(f, "notify-next",
                 "{\"timestamp\":1700000000,\"executionState\":{\"status\":\"QUEUED\"},\"jobDocument\":" BLINK
                 "}");
    expect_asked(f);
}

/* The document did not fit, or had no place. */
static void test_document_that_is_not_there(void **state)
{
    static const size_t sizes[] = {CONFIG_DEVICE_JOBS_DOCUMENT_SIZE, 18};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fake_engine *f = idle();
        fake_message_oversized(
            f, "notify-next",
            "{\"timestamp\":1700000000,\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\","
            "\"queuedAt\":1,\"versionNumber\":1,\"executionNumber\":1,\"jobDocument\":0}}",
            sizes[i]);
        expect_asked(f);
    }
}

/* A time that is older than any that this connection has brought: a message that was overtaken. The same second is not older. */
static void test_time_goes_back(void **state)
{
    (void)state;
    for (int back_s = 0; back_s < 2; back_s++) {
        struct fake_engine *f = idle();
        struct news n = good_news();
        fake_message(f, "notify", "{\"timestamp\":1700000100,\"jobs\":{}}");
        n.timestamp = 1700000100 - back_s;
        tell(f, n);
        if (back_s == 0) {
            fake_expect_publish_to(f, "j1/update");
            fake_free(f);
            continue;
        }
        expect_asked(f);
    }
    struct fake_engine *f = idle(); /* another connection, and perhaps another clock */
    struct news n = good_news();
    fake_message(f, "notify-next", "{\"timestamp\":1800000000}");
    fake_expect_publish_to(f, "$next/get");
    fake_disconnect(f);
    fake_connect(f);
    fake_expect_idle(f);
    tell(f, n);
    fake_expect_publish_to(f, "j1/update");
    fake_free(f);
}

/* What this device has done already: in the ring of the finished ones, or started before a boot. G4 */
static void test_known_executions(void **state)
{
    static const struct jobs_action wait = {
        .name = "blink", .max_attempts = 1, .on_interrupted = JOBS_INTERRUPTED_WAIT};
    struct news n = good_news();
    (void)state;
    for (int is_started = 0; is_started < 2; is_started++) {
        struct fake_engine *f = fake_running();
        if (!is_started) {
            fake_return(f, JOBS_STATUS_SUCCEEDED);
            fake_expect_publish_to(f, "j1/update");
            fake_accept(f, "j1/update", "");
        }
        fake_boot(f);
        fake_register_action(f, &wait);
        fake_connect(f);
        fake_expect_idle(f);
        tell(f, n);
        expect_asked(f);
    }
    struct fake_engine *f = fake_running(); /* the service's retry, and one that was made again, are others */
    fake_return(f, JOBS_STATUS_FAILED);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    n.number = 2;
    tell(f, n);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    fake_free(f);
}

/* A question in flight or wanted: its answer comes first, and has been overtaken. */
static void test_while_a_question_is_out(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_publish_to(f, "$next/get");
    tell(f, good_news());
    fake_expect_quiet(f);
    fake_accept(f, "$next/get", "");
    expect_asked(f);

    f = idle();
    fake_message(f, "notify-next", "{}");
    fake_expect_publish_to(f, "$next/get");
    fake_reject(f, "$next/get", "RequestThrottled", "");
    tell(f, good_news()); /* in the pause */
    fake_expect_quiet(f);
    fake_wake(f);
    expect_asked(f);
}

/* Not while a job is in hand, in none of its states; nor while a callback of a run that is over is stuck. */
static void test_while_a_job_is_in_hand(void **state)
{
    static const struct jobs_action stuck = {.name = "blink",
                                             .max_attempts = 1,
                                             .has_cancel = true,
                                             .deadline_s = 60,
                                             .on_stuck = JOBS_STUCK_LEAVE};
    struct news n = good_news();
    (void)state;
    n.job_id = "j2";
    for (int which = 0; which < 6; which++) {
        struct fake_engine *f = run_with(&stuck);
        if (which == 1 || which == 4) {
            fake_return(f, JOBS_STATUS_IN_PROGRESS); /* WAITING */
        } else if (which == 2) {
            fake_report(f, "j1", JOBS_STATUS_SUCCEEDED); /* REPORTED */
        } else if (which == 3) {
            fake_return(f, JOBS_STATUS_SUCCEEDED); /* FINAL */
        }
        if (which >= 4) { /* LEAVING */
            fake_message(f, "notify", "{}");
            fake_reject(f, "j1/get", "ResourceNotFound", "");
        }
        f->seen = f->effect_count;
        tell(f, n);
        assert_int_equal(fake_count(f, FAKE_PUBLISH, "j2/update"), 0);
        fake_free(f);
    }
    struct fake_engine *f = run_with(&stuck);
    end_in_service(f, DELETED);
    fake_return(f, JOBS_STATUS_FAILED);
    fake_accept(f, "$next/get", "");
    fake_pass(f, MINUTE_MS + CONFIG_DEVICE_JOBS_CANCEL_GRACE_MS);
    f->seen = f->effect_count;
    tell(f, n);
    fake_expect_quiet(f);
    fake_return_cancel(f);
    fake_wake(f);
    expect_asked(f);
}

/* Within the grace and without a handler, and before anything is registered. */
static void test_nobody_serves_it(void **state)
{
    struct fake_engine *f = fake_new();
    struct news n = good_news();
    (void)state;
    fake_boot(f);
    fake_connect(f);
    fake_expect_idle(f);
    tell(f, n);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_quiet(f); /* left alone */
    fake_register(f, "blink");
    fake_expect_publish_to(f, "$next/get");
    fake_free(f);
}

/* The answer is without its document, or with one that this claim was not for: read, and it goes on as our own claim. */
static void test_answers_that_do_not_fit(void **state)
{
    static const char *const members[] = {
        "",
        "\"jobDocument\":{\"action\":\"other\"}",
        "\"jobDocument\":{\"action\":\"nobody\"}",
        "\"jobDocument\":{\"action\":\"blink\",\"action\":\"blink\"}",
        "\"jobDocument\":{}",
        "\"jobDocument\":7",
        "\"jobDocument\":{\"action\":\"blink\",\"url\":\"${aws:iot:s3-presigned-url:https://x}\"}",
        "\"jobDocument\":{\"action\":\"blink\",\"x\":[{\"y\":\"-${aws:iot:parameter:z}-\"}]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        for (int is_fast = 0; is_fast < 2; is_fast++) {
            struct fake_engine *f = fake_ready();
            fake_register(f, "other");
            f->withholds_document = true;
            if (is_fast) {
                fake_expect_idle(f);
                tell(f, good_news());
            } else {
                fake_expect_publish_to(f, "$next/get");
                fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
            }
            fake_expect_publish_to(f, "j1/update");
            uint64_t claimed_ms = f->now_ms;
            fake_accept(f, "j1/update", members[i]);
            assert_int_equal(f->starts, 0);
            fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}"); /* at once */
            assert_int_equal(f->now_ms, claimed_ms);
            fake_accept(
                f, "$next/get",
                "\"execution\":{\"jobId\":\"j1\",\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"state\":"
                "\"accepted\",\"attempt\":\"1\"},\"queuedAt\":1699999990,\"versionNumber\":2,"
                "\"executionNumber\":1,\"jobDocument\":" DOC2 "}");
            fake_expect(f, FAKE_START, "j1");
            assert_string_equal(f->run_document, DOC2);
            assert_int_equal(f->run.attempt, 1);
            assert_int_equal(fake_count(f, FAKE_PUBLISH, "j1/update"), 1); /* claimed once */
            fake_free(f);
        }
    }
}

/* Too large in the answer, or no place for it: the same. */
static void test_answer_with_a_document_too_large(void **state)
{
    struct fake_engine *f = idle();
    char payload[100];
    (void)state;
    tell(f, good_news());
    fake_expect_publish_to(f, "j1/update");
    snprintf(payload, sizeof payload, "{\"clientToken\":\"%s\",\"jobDocument\":0}",
             f->effects[f->seen - 1].token);
    fake_message_oversized(f, "j1/update/accepted", payload, CONFIG_DEVICE_JOBS_DOCUMENT_SIZE);
    assert_int_equal(f->starts, 0);
    expect_asked(f);
}

/* Deleted and made again between notify-next and claim: the claim meets the new one, whose version is 1 again. Its handler gets the
 * new one's document; the order and queuedAt are not promised then (docs/guarantees.md). */
static void test_made_again_in_between(void **state)
{
    struct fake_engine *f = idle();
    (void)state;
    tell(f, good_news());
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "\"jobDocument\":" DOC2);
    fake_expect(f, FAKE_START, "j1");
    assert_string_equal(f->run_document, DOC2);
    fake_free(f);

    f = idle(); /* told before the answer: it is read before it starts */
    tell(f, good_news());
    fake_expect_publish_to(f, "j1/update");
    struct news n = good_news();
    n.queued_at = 1700000050;
    tell(f, n);
    fake_expect_quiet(f);
    fake_accept(f, "j1/update", "\"jobDocument\":" DOC2);
    assert_int_equal(f->starts, 0);
    expect_asked(f);
}

/* The broker delivers it twice (QoS 1), and its claim was not accepted, or was put off: it is read, never claimed from a copy. */
static void test_copy_behind_a_claim_that_was_not_accepted(void **state)
{
    static const char *const codes[] = {"ResourceNotFound", "VersionMismatch", "RequestThrottled",
                                        "InvalidRequest"};
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct fake_engine *f = idle();
        struct news n = good_news();
        n.timestamp += 1000; /* not older than any answer */
        tell(f, n);
        fake_expect_publish_to(f, "j1/update");
        fake_reject(f, "j1/update", codes[i], "");
        fake_expect_quiet(f);
        tell(f, n);
        fake_expect_quiet(f); /* nor does it cut the pause short */
        fake_wake(f);
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", "");
        fake_expect_quiet(f);
        tell(f, n);
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", "");
        assert_int_equal(fake_count(f, FAKE_PUBLISH, "j1/update"), 1);
        n.job_id = "j2";
        tell(f, n);
        fake_expect_publish_to(f, "j2/update");
        fake_free(f);
    }
}

/* A claim that waits for the 20 ms behind a report has not gone out yet: when a notification speaks of others, it does not go out. */
static void test_claim_that_need_not_go_out(void **state)
{
    struct fake_engine *f = fake_running();
    struct news n = good_news();
    (void)state;
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_report(f, "j1", JOBS_STATUS_SUCCEEDED);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    n.job_id = "j2";
    tell(f, n);
    fake_expect_quiet(f);
    n.job_id = "j3";
    tell(f, n);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", "");
    fake_pass(f, 100);
    fake_expect_quiet(f);
    fake_free(f);
}

/* What the answer to $next/get shows has ended meanwhile: asked again, soon. */
static void test_next_has_ended_meanwhile(void **state)
{
    struct fake_engine *f = fake_ready();
    (void)state;
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "CANCELED", BLINK));
    fake_expect_publish_to(f, "$next/get"); /* the notify topics are settled */
    fake_accept(f, "$next/get", fake_execution("j1", 1, "CANCELED", BLINK));
    fake_wake(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", "");
    fake_expect_quiet(f);
    assert_int_equal(f->starts, 0);
    assert_true(f->now_ms < 10000);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claim_that_need_not_go_out),
        cmocka_unit_test(test_next_has_ended_meanwhile),
        cmocka_unit_test(test_claimed_at_once),
        cmocka_unit_test(test_each_member),
        cmocka_unit_test(test_broken_news),
        cmocka_unit_test(test_news_without_an_execution),
        cmocka_unit_test(test_document_that_is_not_there),
        cmocka_unit_test(test_time_goes_back),
        cmocka_unit_test(test_known_executions),
        cmocka_unit_test(test_while_a_question_is_out),
        cmocka_unit_test(test_while_a_job_is_in_hand),
        cmocka_unit_test(test_nobody_serves_it),
        cmocka_unit_test(test_answers_that_do_not_fit),
        cmocka_unit_test(test_answer_with_a_document_too_large),
        cmocka_unit_test(test_made_again_in_between),
        cmocka_unit_test(test_copy_behind_a_claim_that_was_not_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
