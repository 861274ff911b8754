/* SPDX-License-Identifier: MIT */
/* The engine and its journal: what is said and counted about a record that cannot be used, puts per job, an empty flash for
 * each onInterrupted, and executions that come back.; G1, G4, G6. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/one_job_service.h"

#include <string.h>

static void restamp(struct fake_engine *f, int version)
{
    uint16_t stamp = (uint16_t)version;
    uint32_t crc = UINT32_MAX;

    memcpy(f->record + 4, &stamp, sizeof stamp);
    for (size_t i = 0; i < f->record_len - 4; i++) {
        crc ^= (uint8_t)f->record[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
        }
    }
    crc = ~crc;
    memcpy(f->record + f->record_len - 4, &crc, sizeof crc);
}

enum flash {
    FLASH_GOOD,
    FLASH_EMPTY,
    FLASH_TORN,
    FLASH_FLIPPED,
    FLASH_OLDER,
    FLASH_NEWER,
};

static void spoil(struct fake_engine *f, enum flash flash)
{
    switch (flash) {
    case FLASH_GOOD:
        break;
    case FLASH_EMPTY:
        f->record_len = 0;
        break;
    case FLASH_TORN:
        f->record_len /= 2;
        break;
    case FLASH_FLIPPED:
        f->record[f->record_len / 2] ^= 4;
        break;
    case FLASH_OLDER:
        restamp(f, 1);
        break;
    case FLASH_NEWER:
        restamp(f, 3);
    }
}

/* Each kind has a line of its own, and is counted; no journal at all is neither. The line says what becomes of it: a record of a
 * newer firmware stays untouched until this one has something to put. */
static void test_each_kind_is_told_and_counted(void **state)
{
    static const struct {
        enum flash flash;
        const char *line;
    } kinds[] = {
        {FLASH_GOOD, NULL},
        {FLASH_EMPTY, NULL},
        {FLASH_TORN, "the next write replaces the stored journal, it is torn"},
        {FLASH_FLIPPED, "the next write replaces the stored journal, it is damaged"},
        {FLASH_OLDER, "the next write replaces the stored journal, it is of an older firmware"},
        {FLASH_NEWER, "the next write replaces the stored journal, it is of a newer firmware"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct fake_engine *f = fake_running();
        char record[JOBS_RECORD_CAP];
        spoil(f, kinds[i].flash);
        size_t len = f->record_len;
        memcpy(record, f->record, len);
        f->log[0] = '\0';
        fake_boot(f);
        assert_int_equal(jobs_engine_counters(&f->engine)->journal_damaged, kinds[i].line != NULL);
        if (kinds[i].line != NULL) {
            assert_non_null(strstr(f->log, kinds[i].line));
        } else {
            assert_string_equal(f->log, "");
        }
        fake_register(f, "blink");
        fake_connect(f);
        fake_expect_idle(f);
        assert_int_equal(f->record_len, len);
        assert_memory_equal(f->record, record,
                            len); /* rolled forward again, the newer firmware finds its own */
        fake_message(f, "notify-next", "{}");
        fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", BLINK));
        fake_accept(f, "j2/update", "");
        f->seen = f->effect_count;
        f->log[0] = '\0';
        fake_boot(f);
        assert_int_equal(jobs_engine_counters(&f->engine)->journal_damaged, 0);
        assert_string_equal(f->log, "");
        fake_free(f);
    }
}

/* The record did not fit what it was read into: a newer firmware's, or none of ours. */
static void test_record_that_is_too_large(void **state)
{
    struct fake_engine *f = fake_ready();
    const struct jobs_engine_config config = {.thing_name = FAKE_THING, .io = f->engine.context.io};
    (void)state;
    jobs_engine_init(&f->engine, &config, (struct slice){NULL, JOBS_RECORD_CAP + 1}, f->now_ms);
    fake_check(f);
    assert_non_null(strstr(f->log, "it is too large"));
    assert_int_equal(jobs_engine_counters(&f->engine)->journal_damaged, 1);
    fake_free(f);
}

/* G6: start, final status, finished; one more for each further attempt; none for a question, progress or a boot. */
static void test_puts_per_job(void **state)
{
    (void)state;
    for (unsigned attempts = 1; attempts <= 5; attempts++) {
        const struct jobs_action action = {
            .name = "blink", .max_attempts = 5, .on_interrupted = JOBS_INTERRUPTED_RERUN};
        struct fake_engine *f = fake_new();
        struct one_job job = {.status = "QUEUED", .version = 1};
        for (unsigned attempt = 1; attempt <= attempts; attempt++) {
            f->seen = f->effect_count;
            fake_boot(f);
            fake_register_action(f, &action);
            fake_connect(f);
            while (f->starts < attempt) {
                assert_true(serve(f, &job, JOBS_STATUS_SUCCEEDED));
            }
            assert_int_equal(f->saves, attempt);
            fake_report(f, "j1", JOBS_STATUS_IN_PROGRESS);
        }
        while (serve(f, &job, JOBS_STATUS_SUCCEEDED)) {
            continue;
        }
        assert_string_equal(job.status, "SUCCEEDED");
        assert_int_equal(f->saves, 3 + (attempts - 1));
        assert_int_equal(jobs_engine_counters(&f->engine)->journal_writes, 3);
        fake_pass(f, 10 * CONFIG_DEVICE_JOBS_IDLE_QUERY_MS);
        assert_int_equal(f->saves, 3 + (attempts - 1));
        fake_free(f);
    }
}

/* an IN_PROGRESS execution, and a journal that is gone in every way: never a start too many, for each policy. */
static void test_no_journal_for_each_policy(void **state)
{
    static const struct {
        enum jobs_on_interrupted policy;
        uint8_t max_attempts;
        bool waits;
        const char *update; /* when it does not wait */
    } policies[] = {
        {JOBS_INTERRUPTED_FAIL, 1, false, "\"reason\":\"INTERRUPTED\""},
        {JOBS_INTERRUPTED_FAIL, 3, false, "\"reason\":\"INTERRUPTED\""},
        {JOBS_INTERRUPTED_RERUN, 1, false, "\"reason\":\"ATTEMPTS_EXHAUSTED\""},
        {JOBS_INTERRUPTED_RERUN, 2, false, "\"state\":\"accepted\",\"attempt\":\"2\""},
        {JOBS_INTERRUPTED_WAIT, 1, true, NULL},
        {JOBS_INTERRUPTED_SUCCEED, 1, false, "\"reason\":\"INTERRUPTED\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        for (enum flash flash = FLASH_EMPTY; flash <= FLASH_NEWER; flash++) {
            const struct jobs_action action = {.name = "blink",
                                               .max_attempts = policies[i].max_attempts,
                                               .on_interrupted = policies[i].policy};
            struct one_job job = {.status = "IN_PROGRESS", .version = 2, .attempt = 1};
            struct fake_engine *f = fake_running();
            spoil(f, flash);
            fake_boot(f);
            fake_register_action(f, &action);
            fake_connect(f);
            assert_true(serve(f, &job, JOBS_STATUS_IN_PROGRESS));
            if (policies[i].waits) {
                fake_expect_quiet(f);
                assert_int_equal(fake_report(f, "j1", JOBS_STATUS_SUCCEEDED), ERR_OK);
                assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), "\"SUCCEEDED\""));
            } else {
                assert_non_null(strstr(fake_expect_publish_to(f, "j1/update"), policies[i].update));
            }
            assert_int_equal(f->starts, 1);
            fake_free(f);
        }
    }
}

/* the same identity comes back: answered from the ring, not run. Deleted and made again (same id and number, another
 * queuedAt): another execution, runs. Over a boot or not. */
static void test_finished_and_offered_again(void **state)
{
    (void)state;
    for (int which = 0; which < 4; which++) {
        bool is_remade = which & 1;
        struct fake_engine *f = fake_running();
        char members[300];
        fake_return(f, JOBS_STATUS_SUCCEEDED);
        fake_accept(f, "j1/update", "");
        if (which & 2) {
            f->seen = f->effect_count;
            fake_boot(f);
            fake_register(f, "blink");
            fake_connect(f);
        } else {
            fake_wake(f);
        }
        f->seen = f->effect_count;
        unsigned saves = f->saves;
        snprintf(members, sizeof members,
                 "\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"queuedAt\":%d,\"versionNumber\":1,"
                 "\"executionNumber\":1,\"jobDocument\":" BLINK "}",
                 is_remade ? FAKE_QUEUED_S - 1 : FAKE_QUEUED_S);
        fake_accept(f, "$next/get", members);
        const char *update = fake_expect_publish_to(f, "j1/update");
        assert_non_null(strstr(update, is_remade ? "\"IN_PROGRESS\"" : "\"SUCCEEDED\""));
        fake_accept(f, "j1/update", "");
        assert_int_equal(f->starts, is_remade ? 2 : 1);
        assert_int_equal(f->saves, saves + is_remade);
        fake_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_is_told_and_counted),
        cmocka_unit_test(test_record_that_is_too_large),
        cmocka_unit_test(test_puts_per_job),
        cmocka_unit_test(test_no_journal_for_each_policy),
        cmocka_unit_test(test_finished_and_offered_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
