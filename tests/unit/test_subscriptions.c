/* SPDX-License-Identifier: MIT */
/* Which filters are asked for, without an engine around: every way in which the answers can come.. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/jobs/subscriptions.h"
#include "device/core/jobs/wire.h"

#include <string.h>

static char asked[256]; /* the tails of the filters, each with a blank behind it */
static char lines[4096];
static bool is_failing;

static enum err do_subscribe(void *ctx, enum jobs_subscription id, const char *filter)
{
    static const char prefix[] = "$aws/things/lamp/jobs/";
    (void)ctx;
    assert_int_equal(strncmp(filter, prefix, strlen(prefix)), 0);
    assert_string_equal(filter + strlen(prefix), jobs_wire_filter(id));
    if (is_failing) {
        return ERR_OFFLINE;
    }
    strcat(strcat(asked, filter + strlen(prefix)), " ");
    return ERR_OK;
}

static void do_log(void *ctx, enum log_level level, const char *text)
{
    (void)ctx;
    assert_int_equal(level, LOG_LEVEL_ERROR);
    strcat(strcat(lines, text), "\n");
}

static struct jobs_context make_context(void)
{
    asked[0] = lines[0] = '\0';
    is_failing = false;
    return (struct jobs_context){
        .now_ms = 1000, .thing_name = "lamp", .io = {.subscribe = do_subscribe, .log = do_log}};
}

/* A connection on which the SUBACKs come as this says: '+' granted, '-' refused, '.' none in time. "1" where both notify topics
 * are settled. */
static const char *connect(struct jobs_subscriptions *s, const char *answers)
{
    static char settled[16];
    char *at = settled;

    asked[0] = '\0';
    jobs_subscriptions_begin(s);
    jobs_subscriptions_check(s);
    assert_false(jobs_subscriptions_hears(s));
    bool is_settled = jobs_subscriptions_ask(s);
    for (;; answers++) {
        jobs_subscriptions_check(s);
        *at++ = is_settled ? '1' : '0';
        if (*answers == '\0') {
            break;
        }
        enum jobs_subscription id = (enum jobs_subscription)s->asked;
        assert_int_equal(jobs_subscriptions_due_at(s),
                         s->context->now_ms + CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS);
        is_settled = *answers == '.' ? jobs_subscriptions_expire(s)
                                     : jobs_subscriptions_answered(s, id, *answers == '+');
        assert_int_equal(jobs_subscriptions_has(s, id), *answers == '+');
    }
    assert_true(jobs_subscriptions_due_at(s) == JOBS_NEVER);
    *at = '\0';
    return settled;
}

#define ALL "notify-next notify +/get/+ +/update/+ "

static void test_settled_once(void **state)
{
    static const char *const answers[] = {"++++", "----", "....", "+-.+", ".+-."};
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct jobs_context c = make_context();
        struct jobs_subscriptions s;
        jobs_subscriptions_init(&s, &c);
        assert_true(jobs_subscriptions_due_at(&s) == JOBS_NEVER);
        assert_string_equal(connect(&s, answers[i]), "00100");
        assert_string_equal(asked, ALL);
        assert_int_equal(jobs_subscriptions_hears(&s), answers[i][0] == '+' || answers[i][1] == '+');
    }
}

static void test_left_out(void **state)
{
    struct jobs_context c = make_context();
    struct jobs_subscriptions s;
    (void)state;
    jobs_subscriptions_init(&s, &c);
    connect(&s, "-+++");
    assert_string_equal(lines,
                        "the broker refuses SUBSCRIBE notify-next (24 h). Lacking: Allow iot:Subscribe on "
                        "topicfilter/$aws/things/lamp/jobs/notify-next\n");
    assert_string_equal(connect(&s, "+++"), "0100");
    assert_string_equal(asked, "notify +/get/+ +/update/+ ");
    assert_string_equal(connect(&s, "-++"), "0100");
    assert_string_equal(connect(&s, "++"), "100"); /* with the first question they are settled */
    assert_string_equal(connect(&s, "--"), "100");
    assert_string_equal(connect(&s, ""), "1");
    assert_string_equal(asked, "");
    c.now_ms += 24ull * 3600 * 1000;
    assert_string_equal(connect(&s, "++++"), "00100");
    assert_string_equal(asked, ALL);
}

/* From the connection's begin to the first question, and in no other phase. After an end under a SUBSCRIBE only when no answer is awaited,
 * until a connection got through. */
static void test_due(void **state)
{
    struct jobs_context c = make_context();
    struct jobs_subscriptions s;
    (void)state;
    jobs_subscriptions_init(&s, &c);
    assert_false(jobs_subscriptions_are_due(&s, false)); /* no connection yet */
    jobs_subscriptions_begin(&s);
    assert_true(jobs_subscriptions_are_due(&s, false));
    assert_true(jobs_subscriptions_are_due(&s, true));
    jobs_subscriptions_ask(&s);
    assert_false(jobs_subscriptions_are_due(&s, false));
    assert_true(jobs_subscriptions_end(&s, false));
    assert_false(jobs_subscriptions_are_due(&s, false)); /* the connection is gone */
    for (int i = 0; i < 2; i++) {
        jobs_subscriptions_begin(&s);
        assert_int_equal(jobs_subscriptions_are_due(&s, true), i == 1);
        assert_true(jobs_subscriptions_are_due(&s, false));
        connect(&s, "++++");
        assert_false(jobs_subscriptions_are_due(&s, false)); /* all are asked */
        assert_false(jobs_subscriptions_end(&s, false));
    }
}

static void test_nothing_can_be_sent(void **state)
{
    struct jobs_context c = make_context();
    struct jobs_subscriptions s;
    (void)state;
    jobs_subscriptions_init(&s, &c);
    is_failing = true;
    jobs_subscriptions_begin(&s);
    assert_false(jobs_subscriptions_ask(&s));
    for (int i = 0; i < 3; i++) { /* tried again and again */
        assert_int_equal(jobs_subscriptions_due_at(&s), c.now_ms + CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS);
        c.now_ms = jobs_subscriptions_due_at(&s);
        assert_false(jobs_subscriptions_expire(&s));
        jobs_subscriptions_check(&s);
        assert_string_equal(asked, "");
    }
    assert_false(jobs_subscriptions_end(&s, false)); /* not under a SUBSCRIBE */
    jobs_subscriptions_begin(&s);
    assert_false(jobs_subscriptions_ask(&s));
    is_failing = false;
    assert_false(jobs_subscriptions_expire(&s));
    assert_string_equal(asked, "notify-next ");
    assert_string_equal(connect(&s, "++++"), "00100");
    assert_string_equal(lines, "");
}

/* Ends under the same SUBSCRIBE twice in a row: refused. By our own doing, or when nothing is awaited: nothing. */
static void test_ends(void **state)
{
    struct jobs_context c = make_context();
    struct jobs_subscriptions s;
    (void)state;
    jobs_subscriptions_init(&s, &c);
    for (int i = 0; i < 3; i++) {
        jobs_subscriptions_begin(&s);
        jobs_subscriptions_ask(&s);
        assert_false(jobs_subscriptions_end(&s, true));
        connect(&s, "++++");
        assert_false(jobs_subscriptions_end(&s, false));
    }
    assert_string_equal(lines, "");
    for (int i = 0; i < 2; i++) {
        assert_string_equal(lines, "");
        jobs_subscriptions_begin(&s);
        jobs_subscriptions_ask(&s);
        jobs_subscriptions_answered(&s, JOBS_SUB_NOTIFY_NEXT, true);
        assert_true(jobs_subscriptions_end(&s, false)); /* under notify */
        jobs_subscriptions_check(&s);
    }
    assert_non_null(strstr(lines, "topicfilter/$aws/things/lamp/jobs/notify\n"));
    assert_string_equal(connect(&s, "+") + 1,
                        "1"); /* and what is not needed at all is not tried on such a broker */
    assert_string_equal(asked, "notify-next ");

    c.now_ms += 25u * 60 * 60 * 1000; /* after its day the count begins anew: one end is no refusal */
    lines[0] = '\0';
    jobs_subscriptions_begin(&s);
    jobs_subscriptions_ask(&s);
    jobs_subscriptions_answered(&s, JOBS_SUB_NOTIFY_NEXT, true);
    assert_true(jobs_subscriptions_end(&s, false));
    assert_string_equal(lines, "");
}

/* Late, doubled and foreign SUBACKs. */
static void test_late_subacks(void **state)
{
    struct jobs_context c = make_context();
    struct jobs_subscriptions s;
    (void)state;
    jobs_subscriptions_init(&s, &c);
    jobs_subscriptions_begin(&s);
    assert_false(jobs_subscriptions_ask(&s));
    assert_false(jobs_subscriptions_expire(&s));
    assert_false(jobs_subscriptions_has(&s, JOBS_SUB_NOTIFY_NEXT));
    assert_false(jobs_subscriptions_answered(&s, JOBS_SUB_NOTIFY_NEXT, false)); /* late, and in vain */
    assert_true(jobs_subscriptions_answered(&s, JOBS_SUB_NOTIFY_NEXT, true));   /* at last: settled anew */
    assert_true(jobs_subscriptions_has(&s, JOBS_SUB_NOTIFY_NEXT));
    assert_false(jobs_subscriptions_answered(&s, JOBS_SUB_NOTIFY_NEXT, true)); /* doubled */
    assert_string_equal(asked, "notify-next notify ");
    assert_true(jobs_subscriptions_answered(&s, JOBS_SUB_NOTIFY, true));
    assert_false(jobs_subscriptions_answered(&s, JOBS_SUB_GET, true));
    assert_false(jobs_subscriptions_answered(&s, JOBS_SUB_GET, true)); /* late, and no notify topic */
    assert_string_equal(asked, "notify-next notify +/get/+ +/update/+ ");
    jobs_subscriptions_check(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settled_once), cmocka_unit_test(test_left_out),
        cmocka_unit_test(test_due),          cmocka_unit_test(test_nothing_can_be_sent),
        cmocka_unit_test(test_ends),         cmocka_unit_test(test_late_subacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
