/* SPDX-License-Identifier: MIT */
/* When may the device sleep, and when may others use the connection (include/lib_system.h, SYSTEM_isIdle; docs/guarantees.md M4)? */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/leaving_run.h"

static bool is_at_rest(const struct fake_engine *f)
{
    return jobs_engine_is_at_rest(&f->engine);
}

/* M4: the application's own messages begin when the last of the four filters is settled, on each connection. */
static void test_settled_on_each_connection(void **state)
{
    (void)state;
    struct fake_engine *f = fake_new();
    fake_boot(f);
    fake_register(f, "blink");
    assert_false(jobs_engine_is_settled(&f->engine));
    for (int connection = 0; connection < 2; connection++) {
        jobs_engine_connected(&f->engine, f->now_ms);
        for (int id = 0; id < JOBS_SUB_COUNT; id++) {
            assert_false(jobs_engine_is_settled(&f->engine));
            fake_subscribed(f, (enum jobs_subscription)id, id != 2); /* a refusal settles it as well */
        }
        assert_true(jobs_engine_is_settled(&f->engine));
        fake_disconnect(f);
        assert_false(jobs_engine_is_settled(&f->engine));
        f->seen = f->effect_count;
    }
    fake_free(f);
}

static void test_rest_offline_and_after_the_answer(void **state)
{
    (void)state;
    struct fake_engine *f = fake_new();
    fake_boot(f);
    fake_register(f, "blink");
    assert_true(is_at_rest(f)); /* offline, and nothing is known of */
    jobs_engine_connected(&f->engine, f->now_ms);
    assert_false(is_at_rest(f)); /* the service has not said that nothing is pending */
    fake_accept(f, "$next/get", "");
    fake_subscribed(f, JOBS_SUB_NOTIFY_NEXT, true);
    fake_subscribed(f, JOBS_SUB_NOTIFY, true);
    assert_false(is_at_rest(f)); /* asked once more */
    fake_accept(f, "$next/get", "");
    assert_true(is_at_rest(f));
    fake_free(f);
}

static void test_no_rest_while_a_job_is_in_hand(void **state)
{
    (void)state;
    struct fake_engine *f = fake_ready();
    fake_expect_idle(f);
    assert_true(is_at_rest(f));
    fake_message(f, "notify", "{\"jobs\":{\"QUEUED\":[{\"jobId\":\"j1\"}]}}");
    assert_false(is_at_rest(f)); /* a notify-next is awaited */
    fake_message(f, "notify-next",
                 "{\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"executionNumber\":1}}");
    assert_false(is_at_rest(f));
    fake_disconnect(f);
    assert_true(is_at_rest(f)); /* the service has it, and the next connection asks */
    fake_free(f);

    f = fake_running();
    assert_false(is_at_rest(f));
    fake_disconnect(f);
    assert_false(is_at_rest(f)); /* in hand is in hand, also offline */
    fake_return(f, JOBS_STATUS_SUCCEEDED);
    assert_false(is_at_rest(f)); /* a final status that the service does not have */
    fake_free(f);
}

/* G5: an open run of an earlier boot is settled only when the service was asked about it. */
static void test_no_rest_with_a_run_of_an_earlier_boot(void **state)
{
    (void)state;
    struct fake_engine *f = fake_running();
    fake_boot(f);
    fake_register(f, "blink");
    assert_false(is_at_rest(f));
    fake_free(f);
}

/* A claim whose answer was cut off may have been accepted: this device may be the one that has the job. */
static void test_no_rest_after_a_claim_without_an_answer(void **state)
{
    (void)state;
    struct fake_engine *f = fake_ready();
    fake_expect_idle(f);
    jobs_engine_resync(&f->engine, f->now_ms);
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", "{\"action\":\"blink\"}"));
    fake_expect_publish_to(f, "$next/get");
    fake_expect_publish_to(f, "j1/update");
    fake_disconnect(f);
    assert_false(is_at_rest(f));
    fake_free(f);
}

/* Nobody has registered its action yet: the library waits a while before it refuses. */
static void test_no_rest_while_a_handler_is_waited_for(void **state)
{
    (void)state;
    struct fake_engine *f = fake_ready();
    fake_expect_idle(f);
    jobs_engine_resync(&f->engine, f->now_ms);
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", "{\"action\":\"paint\"}"));
    fake_expect_publish_to(f, "$next/get");
    fake_expect_quiet(f);
    assert_false(is_at_rest(f));
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settled_on_each_connection),
        cmocka_unit_test(test_rest_offline_and_after_the_answer),
        cmocka_unit_test(test_no_rest_while_a_job_is_in_hand),
        cmocka_unit_test(test_no_rest_with_a_run_of_an_earlier_boot),
        cmocka_unit_test(test_no_rest_after_a_claim_without_an_answer),
        cmocka_unit_test(test_no_rest_while_a_handler_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
