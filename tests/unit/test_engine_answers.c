/* SPDX-License-Identifier: MIT */
/* Answers of a service that is odd, wrong or hostile: what is missing in them, what has the wrong type, what comes at another
 * time. None of them moves a job that it does not name rightly, stops the device, or loses the pairs of the
 * application (docs/protocol.md 1.7: an update replaces the whole map). */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/json.h"
#include "fakes/fake_engine_io.h"

#include <stdio.h>
#include <string.h>

#define BLINK      "{\"action\":\"blink\"}"
#define TIMEOUT_MS CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS

/* The answer to the last request, which was on `tail`, made of nothing but its token and `members`. */
static void answer_raw(struct fake_engine *f, const char *tail, const char *end, const char *members)
{
    char topic[DEVICE_TOPIC_CAP];
    char payload[FAKE_TEXT_CAP];
    size_t last = f->effect_count;
    while (f->effects[last - 1].kind != FAKE_PUBLISH) {
        last--;
    }
    assert_string_equal(f->effects[last - 1].topic, tail);
    snprintf(topic, sizeof topic, "%s/%s", tail, end);
    int len =
        snprintf(payload, sizeof payload, "{\"clientToken\":\"%s\"%s}", f->effects[last - 1].token, members);
    assert_in_range(len, 1, sizeof payload - 1);
    fake_message(f, topic, payload);
}

static struct fake_engine *asked(void)
{
    struct fake_engine *f = fake_ready();
    fake_expect_publish_to(f, "$next/get");
    return f;
}

static struct fake_engine *claiming(void)
{
    struct fake_engine *f = asked();
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    return f;
}

/* An execution in IN_PROGRESS, with this map of details. */
static const char *in_progress(const char *map)
{
    static char text[FAKE_TEXT_CAP];
    const char *plain = fake_execution("j1", 1, "IN_PROGRESS", "{\"action\":\"later\"}");
    size_t len = strlen(plain) - 1;
    int all = snprintf(text, sizeof text, "%.*s,\"statusDetails\":%s}", (int)len, plain, map);
    assert_in_range(all, 1, sizeof text - 1);
    return text;
}

/* A rejection that names no code, or none that is a text, cannot be helped by trying again: read once more, and it ends. */
static void test_rejected_without_a_code(void **state)
{
    static const char *const members[] = {"", ",\"code\":7", ",\"code\":null", ",\"code\":\"\""};
    (void)state;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        struct fake_engine *f = claiming();
        answer_raw(f, "j1/update", "rejected", members[i]);
        fake_expect_quiet(f);
        fake_wake(f);
        fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
        fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
        assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"reason\":\"CLAIM_REFUSED\""));
        assert_int_equal(f->starts, 0);
        fake_free(f);
    }
}

/* An "accepted" is accepted, whatever it says beside. */
static void test_accepted_with_a_code(void **state)
{
    struct fake_engine *f = claiming();
    (void)state;
    answer_raw(f, "j1/update", "accepted", ",\"code\":\"InternalError\",\"jobDocument\":" BLINK);
    fake_expect(f, FAKE_START, "j1");
    fake_free(f);
}

/* an answer that cannot be read is one that did not come: the timer asks again, and nothing else happens. */
static void test_unreadable_answers_are_lost_ones(void **state)
{
    static const char *const ends[] = {"accepted", "rejected"};
    char deep[256] = ",\"x\":";
    (void)state;
    for (int i = 0; i < JSON_DEPTH_MAX; i++) {
        strcat(deep, "[");
    }
    for (int i = 0; i < JSON_DEPTH_MAX; i++) {
        strcat(deep, "]");
    }
    for (size_t i = 0; i < 2; i++) {
        const char *const members[] = {deep, ",\"execution\":{\"jobId\":\"j1\"}", ",\"timestamp\":"};
        for (size_t k = 0; k < sizeof members / sizeof members[0]; k++) {
            struct fake_engine *f = claiming();
            answer_raw(f, "j1/update", ends[i], members[k]);
            fake_expect_quiet(f);
            fake_pass(f, TIMEOUT_MS + CONFIG_DEVICE_JOBS_RETRY_BASE_MS);
            fake_expect_publish_to(f, "$next/get");
            assert_int_equal(f->starts, 0);
            fake_free(f);
        }
    }
}

/* What is nested around the document, in an answer of whatever kind, is nothing that the service sends. */
static void test_answer_to_next_too_deep(void **state)
{
    char deep[256] = ",\"x\":";
    struct fake_engine *f = asked();
    (void)state;
    for (int i = 0; i < JSON_DEPTH_MAX; i++) {
        strcat(deep, "[");
    }
    for (int i = 0; i < JSON_DEPTH_MAX; i++) {
        strcat(deep, "]");
    }
    answer_raw(f, "$next/get", "rejected", deep);
    answer_raw(f, "$next/get", "accepted", deep);
    fake_expect_quiet(f);
    fake_pass(f, TIMEOUT_MS + CONFIG_DEVICE_JOBS_RETRY_BASE_MS);
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
    fake_free(f);
}

/* docs/protocol.md 2: what is pending is QUEUED or IN_PROGRESS. Anything else has ended meanwhile, and is not touched. */
static void test_next_that_is_not_pending(void **state)
{
    static const char *const statuses[] = {"SUCCEEDED", "FAILED",  "REJECTED", "TIMED_OUT",
                                           "CANCELED",  "REMOVED", "PENDING",  ""};
    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct fake_engine *f = asked();
        fake_accept(f, "$next/get", fake_execution("j1", 1, statuses[i], BLINK));
        fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
        fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", BLINK));
        fake_expect_publish_to(f, "j2/update"); /* the queue moves */
        fake_free(f);
    }
}

/* An answer on a topic of an execution that is not in hand, and one without a single byte. */
static void test_answers_that_nobody_waits_for(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    fake_message(f, "j2/update/accepted", "{}");
    fake_message(f, "j1/update/accepted", "{}");
    fake_message(f, "j1/get/rejected", "{\"code\":\"ResourceNotFound\"}");
    fake_message(f, "$next/get/accepted", "");
    fake_message(f, "j1/update/rejected", "");
    fake_message(f, "$next/get/rejected", "");
    fake_message(f, "j1/get/accepted", "");
    fake_expect_quiet(f);
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    fake_expect_publish_to(f, "j1/update");
    fake_free(f);
}

/* an answer that did not fit, even without its document, comes without a byte: it is a lost one, and is not asked for in a
 * hurry. */
static void test_answers_to_next_without_a_body(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fake_engine *f = asked();
        fake_message(f, i == 0 ? "$next/get/rejected" : "$next/get/accepted", "");
        fake_expect_quiet(f);
        fake_pass(f, TIMEOUT_MS + CONFIG_DEVICE_JOBS_RETRY_BASE_MS);
        fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}"); /* with its document */
        fake_free(f);
    }
}

/* after a boot the pairs that stand in the service stay: those that are texts with a key of the allowed characters. */
static void test_details_in_the_service_are_kept(void **state)
{
    char long_key[200];
    char map[600];
    struct fake_engine *f = fake_new();
    (void)state;
    memset(long_key, 'k', sizeof long_key - 1);
    long_key[sizeof long_key - 1] = '\0';
    snprintf(map, sizeof map,
             "{\"state\":\"running\",\"attempt\":\"1\",\"step\":\"4 of "
             "9\",\"n\":7,\"o\":{\"a\":\"b\"},\"%s\":\"x\","
             "\"\\ud800\":\"x\",\"bad\":\"\\udc00\",\"b\\u0061g\":\"\\u0041\"}",
             long_key);
    fake_boot(f);
    fake_register_action(f, &(struct jobs_action){
                                .name = "later", .max_attempts = 1, .on_interrupted = JOBS_INTERRUPTED_WAIT});
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", in_progress(map));
    assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK);
    fake_expect_publish(
        f, "j1/update",
        "{\"status\":\"SUCCEEDED\",\"statusDetails\":{\"state\":\"succeeded\",\"attempt\":\"1\","
        "\"step\":\"4 of 9\",\"bag\":\"A\"},\"executionNumber\":1,\"clientToken\":\"T\"}");
    fake_free(f);
}

/* docs/protocol.md 1.11: IN_PROGRESS that this boot has claimed and not started is our own lost answer. When the service says nothing
 * about the attempt, only the first one can be ours. */
static void test_lost_claim_and_no_word_about_the_attempt(void **state)
{
    const struct jobs_action again = {
        .name = "blink", .max_attempts = 3, .on_interrupted = JOBS_INTERRUPTED_RERUN};
    (void)state;
    for (unsigned attempt = 1; attempt <= 2; attempt++) {
        struct fake_engine *f = fake_new();
        fake_boot(f);
        fake_register_action(f, &again);
        fake_connect(f);
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", fake_execution("j1", 1, attempt == 1 ? "QUEUED" : "IN_PROGRESS", BLINK));
        fake_expect_publish_to(f, "j1/update");
        fake_disconnect(f);
        fake_connect(f);
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", fake_execution("j1", 1, "IN_PROGRESS", BLINK));
        if (attempt == 1) {
            fake_expect(f, FAKE_START, "j1");
            assert_int_equal(f->run.attempt, 1);
        } else { /* claimed once more, under the number that it had: no attempt is lost */
            assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"attempt\":\"2\""));
            assert_int_equal(f->starts, 0);
        }
        fake_free(f);
    }
}

/* A message of the application that is empty is none. */
static void test_failed_with_an_empty_message(void **state)
{
    struct fake_engine *f = fake_running();
    struct jobs_report report = {
        .run_id = f->run.run_id, .status = JOBS_STATUS_FAILED, .progress_percent = -1, .message = ""};
    (void)state;
    assert_int_equal(fake_report_whole(f, &report), ERR_OK);
    assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"),
                           "\"reason\":\"HANDLER_FAILED\",\"message\":\"failed in the handler\""));
    fake_free(f);
}

/* a SUBACK that belongs to nothing, and one of a connection that is gone, move nothing. */
static void test_subacks_that_belong_to_nothing(void **state)
{
    struct fake_engine *f = fake_new();
    (void)state;
    fake_boot(f);
    fake_register(f, "blink");
    fake_subscribed(f, JOBS_SUB_NOTIFY, true);
    jobs_engine_connected(&f->engine, f->now_ms);
    fake_expect_publish_to(f, "$next/get");
    fake_expect(f, FAKE_SUBSCRIBE, "0");
    for (unsigned i = 0; i < 8; i++) {
        fake_subscribed(f, JOBS_SUB_COUNT, true);
        fake_subscribed(f, JOBS_SUB_COUNT, false);
        fake_subscribed(f, JOBS_SUB_UPDATE, true); /* its turn has not come */
    }
    fake_expect_quiet(f);
    fake_accept(f, "$next/get", "");
    fake_expect_quiet(f); /* the notify topics are not settled */
    fake_disconnect(f);
    fake_subscribed(f, JOBS_SUB_NOTIFY_NEXT, true);
    fake_expect_quiet(f);
    fake_free(f);
}

/* An answer that a notification has overtaken is older than what is known: asked again; but there must be an end to that. */
static void test_overtaken_answers_to_next(void **state)
{
    static const char *const topics[] = {"notify", "notify-next"};
    (void)state;
    for (size_t which = 0; which < 2; which++) {
        struct fake_engine *f = asked();
        for (int i = 0; i < 3; i++) {
            fake_message(f, topics[which], i % 2 ? "{}" : "{\"timestamp\":1}");
            fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
            fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
            fake_expect_quiet(f);
        }
        fake_message(f, topics[which], "{}");
        fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
        fake_expect_publish_to(f, "j1/update"); /* the fourth one is taken as it is */
        fake_accept(f, "j1/update", "");
        fake_expect(f, FAKE_START, "j1");
        fake_free(f);
    }
}

/* An answer that was not overtaken begins the count anew. */
static void test_overtaken_answers_are_counted_in_a_row(void **state)
{
    struct fake_engine *f = asked();
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3; i++) {
            fake_message(f, "notify-next", "{}");
            fake_accept(f, "$next/get", "");
            fake_expect_publish_to(f, "$next/get");
        }
        fake_accept(f, "$next/get", "");
        fake_expect_quiet(f);
        fake_message(f, "notify-next", "{}");
        fake_expect_publish_to(f, "$next/get");
    }
    fake_free(f);
}

/* Nor does one of another connection count: three are asked again on each. */
static void test_overtaken_answers_of_one_connection(void **state)
{
    struct fake_engine *f = asked();
    (void)state;
    for (int connection = 0; connection < 2; connection++) {
        for (int i = 0; i < 3; i++) {
            fake_message(f, "notify-next", "{}");
            fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
            fake_expect_publish_to(f, "$next/get");
        }
        fake_expect_quiet(f);
        if (connection == 0) {
            fake_disconnect(f);
            fake_connect(f);
            fake_expect_publish_to(f, "$next/get");
        }
    }
    fake_free(f);
}

/* Three requests in a row without an answer: no answers come over this connection. R-15 */
static void test_three_unanswered_requests(void **state)
{
    struct fake_engine *f = asked();
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 1; i <= 3; i++) {
            fake_wake(f); /* its answer counts as lost */
            if (i < 3) {
                fake_expect_quiet(f);
                fake_wake(f);
                fake_expect_publish_to(f, "$next/get");
            }
        }
        fake_expect(f, FAKE_RECONNECT, "");
        fake_expect_quiet(f);
        const char *why = f->effects[f->seen - 1].text;
        assert_non_null(strstr(why, "iot:Receive"));
        assert_non_null(strstr(why, "iot:Publish"));
        assert_non_null(strstr(f->log, "iot:Receive"));
        assert_non_null(strstr(f->log, "iot:Publish"));
        assert_true(jobs_engine_wake_at_ms(&f->engine) == UINT64_MAX); /* nothing more over this one */
        fake_message(f, "$next/get/accepted", "{}");
        fake_expect_quiet(f);
        jobs_engine_disconnected(&f->engine, true, f->now_ms);
        fake_check(f);
        fake_connect(f); /* which is answered no better */
        fake_expect_publish_to(f, "$next/get");
    }
    fake_free(f);
}

/* Any answer shows that answers come: also one to another request, a refusal, and a foreign one. Notifications do not. */
static void test_one_answer_of_three(void **state)
{
    static const char *const topics[] = {"$next/get/rejected", "j7/get/accepted", "j7/update/rejected",
                                         "notify", "notify-next"};
    (void)state;
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        struct fake_engine *f = asked();
        bool is_answer = i < 3;
        for (int k = 0; k < 2; k++) {
            fake_wake(f);
            fake_wake(f);
            fake_expect_publish_to(f, "$next/get");
        }
        fake_message(f, topics[i], "{}");
        fake_wake(f);
        assert_int_equal(fake_count(f, FAKE_RECONNECT, NULL), !is_answer);
        fake_free(f);
    }
}

/* Requests of every kind count, and so do those under which the connection ended. */
static void test_unanswered_over_all_kinds_and_connections(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    fake_expect_publish_to(f, "j1/update"); /* 1 */
    fake_message(f, "notify", "{\"jobs\":{}}");
    fake_expect_publish_to(f, "j1/get"); /* 2 */
    jobs_engine_resync(&f->engine, f->now_ms);
    fake_check(f);
    fake_expect_publish_to(f, "$next/get"); /* 3 */
    fake_pass(f, TIMEOUT_MS - 1);
    assert_int_equal(fake_count(f, FAKE_RECONNECT, NULL), 0);
    fake_pass(f, 1);
    assert_int_equal(fake_count(f, FAKE_RECONNECT, NULL), 1);
    fake_free(f);

    f = asked();
    for (int i = 0; i < 3; i++) { /* the broker closes on a PUBLISH that the policy does not allow */
        assert_null(strstr(f->log, "iot:Publish"));
        fake_disconnect(f);
        if (i < 2) {
            fake_connect(f);
            fake_expect_publish_to(f, "$next/get");
        }
    }
    assert_non_null(strstr(f->log, "iot:Publish"));
    assert_int_equal(fake_count(f, FAKE_RECONNECT, NULL), 0); /* there is none to give up */
    fake_free(f);
}

/* The grace runs from the first start of the network; a second one does not keep an unknown action waiting. */
static void test_grace_runs_from_the_first_start(void **state)
{
    struct fake_engine *f = asked();
    (void)state;
    fake_pass(f, CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS - 1);
    jobs_engine_started(&f->engine, f->now_ms);
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", "{\"action\":\"nobody\"}"));
    fake_expect_publish_to(f, "$next/get"); /* the second one after a connect */
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", "{\"action\":\"nobody\"}"));
    fake_expect_quiet(f);
    fake_pass(f, CONFIG_DEVICE_JOBS_GRACE_MS - CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS + 1);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", "{\"action\":\"nobody\"}"));
    assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "UNKNOWN_ACTION"));
    fake_free(f);
}

/* docs/protocol.md 1.11: what was out when the device itself ended the connection does not count as unanswered. */
static void test_connections_that_the_device_ends(void **state)
{
    struct fake_engine *f = asked();
    (void)state;
    for (int i = 0; i < 4; i++) {
        jobs_engine_disconnected(&f->engine, true, f->now_ms);
        fake_check(f);
        fake_connect(f);
        fake_expect_publish_to(f, "$next/get");
    }
    fake_wake(f); /* the first one without an answer */
    assert_null(strstr(f->log, "iot:Publish"));
    assert_int_equal(fake_count(f, FAKE_RECONNECT, NULL), 0);
    fake_free(f);
}

/* What is in progress stands first: another one there means that this one may have ended. G5 */
static void test_next_shows_another_one_in_progress(void **state)
{
    struct fake_engine *f = fake_running();
    (void)state;
    jobs_engine_resync(&f->engine, f->now_ms);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j2", 1, "IN_PROGRESS", NULL));
    fake_expect_publish_to(f, "j1/get");
    fake_reject(f, "j1/get", "ResourceNotFound", "");
    fake_expect(f, FAKE_CANCEL, "");
    fake_free(f);
}

/* An answer to $next/get that was on its way when a notification cast doubt does not end it: no update goes out before the service was
 * asked about this very execution. G2 */
static void test_next_is_older_than_the_doubt(void **state)
{
    (void)state;
    for (int is_throttled = 0; is_throttled < 2; is_throttled++) {
        struct fake_engine *f = fake_running();
        jobs_engine_resync(&f->engine, f->now_ms);
        fake_expect_publish_to(f, "$next/get");
        fake_message(f, "notify", "{\"jobs\":{}}");
        fake_expect_publish_to(f, "j1/get");
        if (is_throttled) {
            fake_reject(f, "j1/get", "RequestThrottled", "");
        }
        fake_accept(f, "$next/get", fake_execution("j1", 1, "IN_PROGRESS", NULL));
        fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS);
        fake_expect_quiet(f);
        if (is_throttled) {
            fake_wake(f);
            fake_expect_publish_to(f, "j1/get");
        }
        fake_accept(f, "j1/get", fake_execution("j1", 1, "IN_PROGRESS", NULL));
        fake_expect_publish_to(f, "j1/update");
        fake_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rejected_without_a_code),
        cmocka_unit_test(test_accepted_with_a_code),
        cmocka_unit_test(test_unreadable_answers_are_lost_ones),
        cmocka_unit_test(test_answer_to_next_too_deep),
        cmocka_unit_test(test_next_that_is_not_pending),
        cmocka_unit_test(test_answers_that_nobody_waits_for),
        cmocka_unit_test(test_answers_to_next_without_a_body),
        cmocka_unit_test(test_details_in_the_service_are_kept),
        cmocka_unit_test(test_lost_claim_and_no_word_about_the_attempt),
        cmocka_unit_test(test_failed_with_an_empty_message),
        cmocka_unit_test(test_subacks_that_belong_to_nothing),
        cmocka_unit_test(test_overtaken_answers_to_next),
        cmocka_unit_test(test_overtaken_answers_are_counted_in_a_row),
        cmocka_unit_test(test_overtaken_answers_of_one_connection),
        cmocka_unit_test(test_three_unanswered_requests),
        cmocka_unit_test(test_one_answer_of_three),
        cmocka_unit_test(test_unanswered_over_all_kinds_and_connections),
        cmocka_unit_test(test_grace_runs_from_the_first_start),
        cmocka_unit_test(test_connections_that_the_device_ends),
        cmocka_unit_test(test_next_shows_another_one_in_progress),
        cmocka_unit_test(test_next_is_older_than_the_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
