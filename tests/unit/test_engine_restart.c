/* SPDX-License-Identifier: MIT */
/* The restart as a job, JOBS_INTERRUPTED_SUCCEED: one restart per execution, proved by the journal's boot counter and never
 * by a clock; power cuts at each effect and lost, failed and foreign journals.; G1, G2. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/one_job_service.h"

#include <limits.h>

static const struct jobs_action restart_action = {.name = "blink",
                                                  .max_attempts = 1,
                                                  .has_cancel = true,
                                                  .on_interrupted = JOBS_INTERRUPTED_SUCCEED,
                                                  .deadline_s = 60};

static bool is_dead(const struct fake_engine *f)
{
    return f->cut_after > 0 && f->effect_count >= f->cut_after;
}

/* Serves until the device has nothing more to ask, or asks for the restart; true: that. */
static bool serve_until_restart(struct fake_engine *f, struct one_job *job)
{
    while (f->seen < f->effect_count) {
        if (f->effects[f->seen].is_looked_at) {
            f->seen++;
            continue;
        }
        if (f->effects[f->seen].kind == FAKE_START) {
            f->seen++;
            if (is_dead(f)) {
                return false;
            }
            fake_return(f, JOBS_STATUS_IN_PROGRESS);
            return true;
        }
        if (!serve(f, job, JOBS_STATUS_IN_PROGRESS)) {
            break;
        }
    }
    return false;
}

/* The power goes after so many effects (0: it stays). An update that was the last of them arrives, or it does not. */
struct cut {
    size_t after;
    bool arrives;
};

/* One boot. true: the handler has called for the restart. */
static bool boot_and_cut(struct fake_engine *f, struct one_job *job, struct cut cut)
{
    f->seen = f->effect_count;
    fake_boot(f);
    fake_register_action(f, &restart_action);
    if (cut.after > 0 && cut.after <= JOBS_SUB_COUNT + 1) {
        return false; /* while it connects */
    }
    f->cut_after = cut.after > 0 ? f->effect_count + cut.after : 0;
    fake_connect(f);
    bool restarts = serve_until_restart(f, job);
    if (cut.arrives && f->seen < f->effect_count && strcmp(f->effects[f->seen].topic, "j1/update") == 0) {
        serve_update(f, job, f->effects[f->seen].text);
    }
    return restarts;
}

static bool boot(struct fake_engine *f, struct one_job *job)
{
    return boot_and_cut(f, job, (struct cut){0});
}

static void test_one_restart_then_succeeded(void **state)
{
    struct fake_engine *f = fake_new();
    struct one_job job = {.status = "QUEUED", .version = 1};
    (void)state;
    assert_true(boot(f, &job));
    f->seen = f->effect_count;
    fake_boot(f);
    fake_register_action(f, &restart_action);
    fake_connect(f);
    assert_true(serve(f, &job, JOBS_STATUS_IN_PROGRESS));
    fake_expect(f, FAKE_SAVE, ""); /* journaled before it is sent */
    fake_expect_publish(
        f, "j1/update",
        "{\"status\":\"SUCCEEDED\",\"statusDetails\":{\"state\":\"succeeded\",\"attempt\":\"1\","
        "\"boot\":\"2\"},\"executionNumber\":1,\"clientToken\":\"T\"}");
    fake_accept(f, "j1/update", "");
    fake_expect_next_soon(f);
    assert_int_equal(f->starts, 1);
    assert_int_equal(f->saves, 3); /* G6 */
    assert_int_equal(fake_count(f, FAKE_RESTART, NULL), 0);
    fake_free(f);
}

/* The power goes at each effect of the boot that starts it, and of the next. SUCCEEDED only when the journal had the start;
 * never a second restart; the final status always arrives. */
static void test_power_cut_at_each_effect(void **state)
{
    unsigned outcomes[2][2] = {{0}}; /* [succeeded][restarted by the handler] */
    (void)state;
    for (size_t cuts = 0; cuts < 28 * 28; cuts++) {
        struct fake_engine *f = fake_new();
        struct one_job job = {.status = "QUEUED", .version = 1};
        struct cut first = {cuts % 14, cuts / 14 % 2};
        struct cut second = {cuts / 28 % 14, cuts / (28 * 14)};
        unsigned restarts = boot_and_cut(f, &job, first);
        restarts += boot_and_cut(f, &job, second);
        restarts += boot(f, &job);
        restarts += boot(f, &job);
        assert_false(is_pending(&job));
        assert_true(restarts <= 1);
        assert_true(f->starts <= 1);
        assert_true(f->starts <= job.accepted_claims);
        bool is_good = strcmp(job.status, "SUCCEEDED") == 0;
        assert_true(is_good || strcmp(job.status, "FAILED") == 0);
        outcomes[is_good][restarts]++;
        fake_free(f);
    }
    assert_true(outcomes[1][1] > 0);     /* the usual one */
    assert_true(outcomes[1][0] > 0);     /* the power cut was the restart: the start was in the journal */
    assert_true(outcomes[0][0] > 0);     /* claimed, and no start in the journal: not proved, so not said */
    assert_int_equal(outcomes[0][1], 0); /* a restart that was carried out is never FAILED */
}

/* A put fails at each put in turn, and from then on always; then it works again after a boot. */
static void test_put_fails_at_each_put(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 4; n++) {
        for (int for_good = 0; for_good < 2; for_good++) {
            struct fake_engine *f = fake_new();
            struct one_job job = {.status = "QUEUED", .version = 1};
            unsigned restarts = 0;
            f->fail_save_at = n;
            for (int boots = 0; boots < 4; boots++) {
                restarts += boot(f, &job);
                if (for_good && f->saves + 1 >= n) {
                    f->fail_save_at = UINT_MAX;
                }
            }
            assert_string_equal(job.status,
                                n == 1 ? "FAILED" : "SUCCEEDED"); /* 1: the start, so it does not run */
            assert_int_equal(restarts, n != 1);
            fake_free(f);
        }
    }
}

/* A put that reports a failure and was carried out all the same (a power cut before FAILED / STORAGE is out): the device has
 * restarted since, but its handler never ran: whatever is said, it is not started again. */
static void test_start_was_put_although_the_put_failed(void **state)
{
    struct fake_engine *f = fake_new();
    struct one_job job = {.status = "QUEUED", .version = 1};
    char record[JOBS_RECORD_CAP];
    (void)state;
    assert_true(boot(f, &job));
    size_t len = f->record_len;
    memcpy(record, f->record, len);
    fake_free(f);

    f = fake_new();
    job = (struct one_job){.status = "QUEUED", .version = 1};
    f->fail_save_at = UINT_MAX;
    fake_boot(f);
    fake_register_action(f, &restart_action);
    fake_connect(f);
    assert_true(serve(f, &job, JOBS_STATUS_IN_PROGRESS));
    assert_true(serve(f, &job, JOBS_STATUS_IN_PROGRESS)); /* claimed; the put fails */
    memcpy(f->record, record, len);
    f->record_len = len;
    f->fail_save_at = 0;
    assert_false(boot(f, &job));
    assert_false(is_pending(&job));
    assert_int_equal(f->starts, 0);
    fake_free(f);
}

/* What cannot be proved is FAILED / INTERRUPTED, and never leads to a second restart: the flash is empty, damaged, of another
 * firmware, or knows another execution of the same job. */
static void test_journal_does_not_know_it(void **state)
{
    (void)state;
    for (int which = 0; which < 4; which++) {
        struct fake_engine *f = fake_new();
        struct one_job job = {.status = "QUEUED", .version = 1};
        char members[400];
        assert_true(boot(f, &job));
        f->seen = f->effect_count;
        if (which == 0) {
            f->record_len = 0;
        }
        if (which == 1) {
            f->record[20] ^= 1;
        }
        if (which == 2) {
            f->record_len--;
        }
        for (int boots = 0; boots < 2; boots++) {
            fake_boot(f);
            fake_register_action(f, &restart_action);
            fake_connect(f);
            fake_expect_publish_to(f, "$next/get");
            snprintf(members, sizeof members,
                     "\"execution\":{\"jobId\":\"j1\",\"status\":\"IN_PROGRESS\",\"statusDetails\":{"
                     "\"attempt\":\"1\"},"
                     "\"queuedAt\":%d,\"versionNumber\":%d,\"executionNumber\":1,\"jobDocument\":" BLINK "}",
                     which == 3 ? FAKE_QUEUED_S + 1 : FAKE_QUEUED_S, job.version);
            fake_accept(f, "$next/get", members);
            const char *update = fake_expect_publish_to(f, "j1/update");
            assert_non_null(strstr(update, "\"FAILED\""));
            assert_non_null(strstr(update, "\"reason\":\"INTERRUPTED\""));
            f->seen = f->effect_count;
        }
        assert_int_equal(f->starts, 1);
        fake_free(f);
    }
}

/* The boot counter is the proof: a record whose start has the number of this very boot proves nothing. */
static void test_start_of_this_boot_proves_nothing(void **state)
{
    (void)state;
    for (uint32_t later = 0; later < 2; later++) {
        struct fake_engine *f = fake_new();
        struct one_job job = {.status = "QUEUED", .version = 1};
        struct journal journal;
        struct jobs_outcome outcome;
        struct details details;
        assert_true(boot(f, &job));
        assert_int_equal(
            journal_decode((struct slice){f->record, f->record_len}, &journal, &outcome, &details),
            JOURNAL_GOOD);
        assert_int_equal(journal.started_boot, journal.boots);
        journal.started_boot += later;
        f->record_len = journal_encode(&journal, &outcome, &details, f->record);
        assert_false(boot(f, &job));
        assert_string_equal(job.status, later ? "FAILED" : "SUCCEEDED");
        assert_int_equal(f->starts, 1);
        fake_free(f);
    }
}

/* A boot that puts nothing is not counted in the flash: the proof holds over any number of them, before and after. */
static void test_boots_without_a_put(void **state)
{
    (void)state;
    for (int idle_before = 0; idle_before < 4; idle_before++) {
        for (int idle_after = 0; idle_after < 4; idle_after++) {
            struct fake_engine *f = fake_new();
            struct one_job job = {.status = "QUEUED", .version = 1};
            for (int i = 0; i < idle_before; i++) {
                fake_boot(f);
            }
            assert_true(boot(f, &job));
            for (int i = 0; i < idle_after; i++) {
                fake_boot(f);
            }
            assert_false(boot(f, &job));
            assert_string_equal(job.status, "SUCCEEDED");
            assert_int_equal(f->starts, 1);
            fake_free(f);
        }
    }
}

/* Without a restart nothing succeeds: the connection is lost and made anew on the same boot, the service offers it again. */
static void test_reconnect_is_no_restart(void **state)
{
    struct fake_engine *f = fake_new();
    struct one_job job = {.status = "QUEUED", .version = 1};
    (void)state;
    assert_true(boot(f, &job));
    for (int i = 0; i < 3; i++) {
        fake_disconnect(f);
        f->seen = f->effect_count;
        fake_connect(f);
        assert_false(serve_until_restart(f, &job));
        assert_string_equal(job.status, "IN_PROGRESS");
    }
    assert_int_equal(f->starts, 1);
    fake_free(f);
}

/* the service's clock set back and forth between the boots, and the device's own that starts anew: no matter. */
static void test_clocks_do_not_matter(void **state)
{
    static const long long times[] = {0,         1, FAKE_TIME_S - 100000, FAKE_TIME_S, FAKE_TIME_S + 1000000,
                                      4102444800};
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct fake_engine *f = fake_new();
        struct one_job job = {.status = "QUEUED", .version = 1};
        char answer[600];
        char members[400];
        f->now_ms = i % 2 ? 1 : 1000000000;
        assert_true(boot(f, &job));
        f->now_ms = i % 2 ? 1000000000 : 1;
        f->seen = f->effect_count;
        fake_boot(f);
        fake_register_action(f, &restart_action);
        fake_connect(f);
        fake_expect_publish_to(f, "$next/get");
        put_execution(&job, members, sizeof members, true);
        snprintf(answer, sizeof answer, "{\"clientToken\":\"%s\",\"timestamp\":%lld,%s}",
                 f->effects[f->seen - 1].token, times[i], members);
        fake_message(f, "$next/get/accepted", answer);
        assert_memory_equal(fake_expect_publish_to(f, "j1/update"), "{\"status\":\"SUCCEEDED\"", 21);
        fake_free(f);
    }
}

/* The restart never comes: the handler returned and nothing happened, or it hangs before it. FAILED / DEADLINE is in the
 * journal before the engine's own restart, and stays. */
static void test_restart_that_never_comes(void **state)
{
    (void)state;
    for (int hangs = 0; hangs < 2; hangs++) {
        struct fake_engine *f = fake_new();
        struct one_job job = {.status = "QUEUED", .version = 1};
        fake_boot(f);
        fake_register_action(f, &restart_action);
        fake_connect(f);
        while (f->starts == 0) {
            assert_true(serve(f, &job, JOBS_STATUS_IN_PROGRESS));
        }
        if (!hangs) {
            fake_return(f, JOBS_STATUS_IN_PROGRESS);
        }
        fake_disconnect(f);
        f->seen = f->effect_count;
        fake_wake(f);
        fake_expect(f, FAKE_CANCEL, "");
        if (hangs) {
            fake_wake(f);
            fake_expect(f, FAKE_SAVE, "");
            fake_expect(f, FAKE_RESTART, "");
        }
        assert_false(boot(f, &job));
        assert_string_equal(job.status, "FAILED");
        assert_int_equal(f->starts, 1);
        fake_free(f);
    }
}

/* Cancelled or deleted before the restart, or between it and the next connection: nothing is run or reported. */
static void test_cancelled_around_the_restart(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++) {
        struct fake_engine *f = fake_new();
        struct one_job job = {.status = "QUEUED", .version = 1};
        assert_true(boot(f, &job));
        if (before) {
            fake_message(f, "notify", "{\"jobs\":{}}");
            fake_reject(f, "j1/get", "ResourceNotFound", "");
        }
        strcpy(job.status, "CANCELED");
        assert_false(boot(f, &job));
        assert_false(boot(f, &job));
        assert_string_equal(job.status, "CANCELED");
        assert_int_equal(f->starts, 1);
        fake_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_restart_then_succeeded),
        cmocka_unit_test(test_power_cut_at_each_effect),
        cmocka_unit_test(test_put_fails_at_each_put),
        cmocka_unit_test(test_start_was_put_although_the_put_failed),
        cmocka_unit_test(test_journal_does_not_know_it),
        cmocka_unit_test(test_start_of_this_boot_proves_nothing),
        cmocka_unit_test(test_boots_without_a_put),
        cmocka_unit_test(test_reconnect_is_no_restart),
        cmocka_unit_test(test_clocks_do_not_matter),
        cmocka_unit_test(test_restart_that_never_comes),
        cmocka_unit_test(test_cancelled_around_the_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
