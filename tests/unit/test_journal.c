/* SPDX-License-Identifier: MIT */
/* The journal's record: what goes in comes out, and nothing else is taken for a record: torn, damaged, older
 * and newer ones are told apart. G4, G6. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/jobs/engine.h"
#include "device/core/jobs/journal.h"
#include "device/core/jobs/reason.h"
#include "fakes/journal_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_empty_journal(void **state)
{
    char record[JOURNAL_RECORD_MAX];
    struct whole w;
    struct whole back;
    (void)state;
    clear(&w);
    w.journal.boots = 7;
    w.journal.last_run_id = 0xFFFFFFFF;
    assert_int_equal(decode(record, encode(&w, record), &back), JOURNAL_GOOD);
    assert_int_equal(back.journal.boots, 7);
    assert_int_equal(back.journal.last_run_id, 0xFFFFFFFF);
    assert_string_equal(back.journal.started.job_id, "");
    assert_false(back.journal.has_outcome);
    assert_int_equal(back.details.len, 0);
}

/* Everything at its largest fits the room that is announced; a plain one takes a few hundred bytes. */
static void fill(struct whole *w)
{
    char value[1100];
    clear(w);
    w->journal.started =
        identity("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", INT64_MIN);
    w->journal.started_boot = 0xFFFFFFFE;
    w->journal.attempt = 255;
    w->journal.has_outcome = true;
    w->outcome.status = JOBS_STATUS_REJECTED;
    w->outcome.reason = JOBS_REASON_COUNT - 1;
    memset(w->outcome.message, 'm', sizeof w->outcome.message - 1);
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    assert_int_equal(details_add(&w->details, "k", value), ERR_OK);
    for (int i = 0; i < JOURNAL_FINISHED; i++) {
        struct jobs_identity started = w->journal.started;
        started.execution_number = INT64_MAX - i;
        w->journal.finished[i] = (struct journal_finished){started, (uint8_t)(1 + i % 3)};
    }
}

static void test_largest_record(void **state)
{
    char record[JOURNAL_RECORD_MAX];
    struct whole w;
    struct whole back;
    (void)state;
    fill(&w);
    size_t len = encode(&w, record);
    assert_true(JOURNAL_RECORD_MAX <= JOBS_RECORD_CAP);
    assert_int_equal(decode(record, len, &back), JOURNAL_GOOD);
    assert_same_execution(&back.journal.started, &w.journal.started);
    assert_true(back.journal.started_boot == 0xFFFFFFFE);
    assert_int_equal(back.journal.attempt, 255);
    assert_int_equal(back.outcome.status, w.outcome.status);
    assert_int_equal(back.outcome.reason, w.outcome.reason);
    assert_string_equal(back.outcome.message, w.outcome.message);
    assert_string_equal(back.details.text, w.details.text);
    assert_int_equal(back.details.len, w.details.len);
    for (int i = 0; i < JOURNAL_FINISHED; i++) {
        const struct journal_finished *finished =
            journal_find_finished(&back.journal, &w.journal.finished[i].execution);
        assert_non_null(finished);
        assert_int_equal(finished->status, w.journal.finished[i].status);
    }
}

/* The sizes that docs/guarantees.md gives for the wear of the flash. */
static void test_sizes_of_records(void **state)
{
    char record[JOURNAL_RECORD_MAX];
    struct whole w;
    (void)state;
    fill(&w);
    assert_int_equal(encode(&w, record), 1609);
    clear(&w);
    w.journal.started = identity("firmware-2024-05", 1);
    assert_int_equal(encode(&w, record), 61); /* the first of a device */
    for (int i = 0; i < JOURNAL_FINISHED; i++) {
        w.journal.finished[i] =
            (struct journal_finished){identity("firmware-2024-04", 1), JOBS_STATUS_SUCCEEDED};
    }
    assert_int_equal(encode(&w, record), 341);
    w.journal.has_outcome = true;
    w.outcome.status = JOBS_STATUS_SUCCEEDED;
    assert_int_equal(encode(&w, record), 347);
}

/* Bytes with a good checksum are still not believed: whatever stands in them, the walk stays inside. */
static void test_hostile_records_with_a_good_checksum(void **state)
{
    char record[JOURNAL_RECORD_MAX];
    struct whole w;
    struct whole back;
    uint64_t seed = 3;
    unsigned taken = 0;
    (void)state;
    for (int round = 0; round < 100000; round++) {
        fill(&w);
        size_t len = encode(&w, record);
        for (int changes = 0; changes < 3; changes++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            record[8 + (seed >> 33) % (len - 12)] = (char)(seed >> 56);
        }
        if (round % 4 == 0) {
            len = 12 + (size_t)(seed >> 40) % (len - 12);
        }
        seal(record, len, (uint16_t)len);
        if (decode(record, len, &back) != JOURNAL_GOOD) {
            continue;
        }
        taken++;
        assert_true(strlen(back.journal.started.job_id) < DEVICE_JOB_ID_CAP);
        assert_true(strspn(back.journal.started.job_id,
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
                    strlen(back.journal.started.job_id));
        assert_true(back.outcome.status < JOBS_STATUS_COUNT);
        assert_true(back.outcome.reason < JOBS_REASON_COUNT);
        assert_true(strlen(back.outcome.message) < JOURNAL_MESSAGE_CAP);
        assert_int_equal(strlen(back.details.text), back.details.len);
        assert_true(encode(&back, record) <= JOURNAL_RECORD_MAX);
    }
    assert_true(taken > 0);
}

static void assert_empty(const struct whole *w)
{
    struct jobs_identity none;
    memset(&none, 0, sizeof none);
    assert_string_equal(w->journal.started.job_id, "");
    assert_int_equal(w->journal.boots, 0);
    assert_int_equal(w->journal.last_run_id, 0);
    assert_false(w->journal.has_outcome);
    for (int i = 0; i < JOURNAL_FINISHED; i++) {
        assert_string_equal(w->journal.finished[i].execution.job_id, "");
    }
    assert_string_equal(w->outcome.message, "");
    assert_int_equal(w->details.len, 0);
}

static void expect(const char *record, size_t len, enum journal_record expected)
{
    struct whole back;
    assert_int_equal(decode(record, len, &back), expected);
    assert_empty(&back);
}

/* A put that was torn, at every length. Nothing at all is no journal, and no damage. */
static void test_every_truncation(void **state)
{
    char record[JOURNAL_RECORD_MAX];
    struct whole w;
    (void)state;
    fill(&w);
    size_t len = encode(&w, record);
    expect(record, 0, JOURNAL_ABSENT);
    for (size_t cut = 1; cut < len; cut++) {
        expect(record, cut, JOURNAL_TRUNCATED);
    }
}

/* Every single bit. A length that grew makes a record that is shorter than it says; never is one of them good, or of
 * another version. */
static void test_every_flipped_bit(void **state)
{
    char record[JOURNAL_RECORD_MAX];
    struct whole w;
    (void)state;
    fill(&w);
    size_t len = encode(&w, record);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        uint16_t length;
        record[bit / 8] = (char)(record[bit / 8] ^ (1 << bit % 8));
        memcpy(&length, record + LENGTH_AT, sizeof length);
        expect(record, len, length > len ? JOURNAL_TRUNCATED : JOURNAL_DAMAGED);
        record[bit / 8] = (char)(record[bit / 8] ^ (1 << bit % 8));
    }
    assert_int_equal(decode(record, len, &w), JOURNAL_GOOD);
}

/* Whole records of other firmware, and lengths that lie, each with a good checksum. */
static void test_other_versions_and_wrong_lengths(void **state)
{
    static const struct {
        int version; /* of the header, relative to ours; 0: ours */
        int length;  /* of the header, relative to the bytes that are there */
        int bytes;   /* of the record, relative to what was written */
        enum journal_record expected;
    } cases[] = {
        {0, 0, 0, JOURNAL_GOOD},          {-1, 0, 0, JOURNAL_OLDER},    {-2, 0, 0, JOURNAL_OLDER},
        {1, 0, 0, JOURNAL_NEWER},         {2, 0, 0, JOURNAL_NEWER},     {0xFFFD, 0, 0, JOURNAL_NEWER},
        {1, 0, 100, JOURNAL_NEWER},       {-1, 0, -30, JOURNAL_OLDER},  {1, 1, 0, JOURNAL_TRUNCATED},
        {1, -1, 0, JOURNAL_DAMAGED},      {0, 1, 0, JOURNAL_TRUNCATED}, {0, 4, 0, JOURNAL_TRUNCATED},
        {0, 30000, 0, JOURNAL_TRUNCATED}, {0, -1, 0, JOURNAL_DAMAGED},  {0, -4, 0, JOURNAL_DAMAGED},
        {0, 0, 1, JOURNAL_DAMAGED},       {0, 0, 100, JOURNAL_DAMAGED}, {0, 0, -1, JOURNAL_DAMAGED},
        {0, 0, -30, JOURNAL_DAMAGED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char record[JOURNAL_RECORD_MAX + 200];
        struct whole w;
        uint16_t version;
        clear(&w);
        w.journal.started = identity("firmware-2024-05", 1);
        memset(record, 0, sizeof record);
        size_t len = (size_t)((int)encode(&w, record) + cases[i].bytes);
        memcpy(&version, record + VERSION_AT, sizeof version);
        assert_int_equal(version, 2);
        version = (uint16_t)(version + cases[i].version);
        memcpy(record + VERSION_AT, &version, sizeof version);
        seal(record, len, (uint16_t)((int)len + cases[i].length));
        if (cases[i].expected == JOURNAL_GOOD) {
            assert_int_equal(decode(record, len, &w), JOURNAL_GOOD);
        } else {
            expect(record, len, cases[i].expected);
        }
    }
}

/* Bytes that are no record, and one that the reader had no room for. */
static void test_no_record_at_all(void **state)
{
    char bytes[3000];
    struct whole w;
    (void)state;
    memset(bytes, 0xFF, sizeof bytes); /* erased flash */
    expect(bytes, sizeof bytes, JOURNAL_DAMAGED);
    memset(bytes, 0, sizeof bytes);
    expect(bytes, sizeof bytes, JOURNAL_DAMAGED);
    expect("{\"boots\":\"1\"}", 13, JOURNAL_DAMAGED);
    memset(&w, 0xA5, sizeof w);
    assert_int_equal(journal_decode((struct slice){NULL, 4000}, &w.journal, &w.outcome, &w.details),
                     JOURNAL_TOO_LARGE);
    assert_empty(&w);
    memset(&w, 0xA5, sizeof w);
    assert_int_equal(journal_decode(SLICE_EMPTY, &w.journal, &w.outcome, &w.details), JOURNAL_ABSENT);
    assert_empty(&w);
}

/* Fewer than eight, exactly eight, more: always the last ones, and the oldest goes first, over any number of boots. */
static void test_ring(void **state)
{
    char record[JOURNAL_RECORD_MAX];
    struct whole w;
    (void)state;
    clear(&w);
    for (int i = 0; i < 30; i++) {
        w.journal.started = identity("j", i);
        journal_finish(&w.journal, (uint8_t)(1 + i % 3));
        assert_string_equal(w.journal.started.job_id, "");
        if (i % 2) {
            assert_int_equal(decode(record, encode(&w, record), &w), JOURNAL_GOOD);
        }
        for (int k = 0; k <= i; k++) {
            struct jobs_identity id = identity("j", k);
            const struct journal_finished *finished = journal_find_finished(&w.journal, &id);
            if (k > i - JOURNAL_FINISHED) {
                assert_non_null(finished);
                assert_int_equal(finished->status, 1 + k % 3);
            } else {
                assert_null(finished);
            }
        }
    }
}

/* Records of firmware from before the engine was laid out anew (version 2 since then, little-endian): a device that is updated
 * over the air finds them in its flash, and must not start a job once more for it. Written by that code. */
static const char started_before[] =
    "4a4f424a020085002900000087d6120010004669726d776172655f323032362d3035070000000000"
    "000000b95569000000002900000002000305006a6f622d31010000000000000000f1536500000000"
    "0105006a6f622d32020000000000000001f15365000000000205006a6f622d330300000000000000"
    "02f1536500000000036797fadc";
static const char ended_before[] =
    "4a4f424a0200c4002900000087d6120010004669726d776172655f323032362d3035070000000000"
    "000000b9556900000000290000000201020817006e6f2066696e616c2073746174757320696e2074"
    "696d6522002273746570223a2234206f662039222c2266726565223a225c2231325c22206b422203"
    "05006a6f622d31010000000000000000f15365000000000105006a6f622d32020000000000000001"
    "f15365000000000205006a6f622d33030000000000000002f15365000000000388f00e94";

static size_t from_hex(const char *hex, char bytes[JOURNAL_RECORD_MAX])
{
    size_t len = strlen(hex) / 2;

    for (size_t i = 0; i < len; i++) {
        char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        bytes[i] = (char)strtoul(digits, NULL, 16);
    }
    return len;
}

/* tests/vectors/journal: what each format has left in flashes. */
static void test_vectors(void **state)
{
    static const uint8_t v1[] = {
#include "vectors/journal/v1_started.inc"
    };
    static const uint8_t v2[] = {
#include "vectors/journal/v2_ended.inc"
    };
    static const uint8_t v3[] = {
#include "vectors/journal/v3_ended.inc"
    };
    char record[JOURNAL_RECORD_MAX];
    struct whole w;
    (void)state;
    assert_int_equal(decode((const char *)v1, sizeof v1, &w), JOURNAL_OLDER);
    assert_string_equal(w.journal.started.job_id, "");
    assert_int_equal(decode((const char *)v3, sizeof v3, &w), JOURNAL_NEWER);
    assert_false(w.journal.has_outcome);
    assert_int_equal(decode((const char *)v2, sizeof v2, &w), JOURNAL_GOOD);
    assert_int_equal(w.journal.boots, 41);
    assert_string_equal(w.journal.started.job_id, "job-0");
    assert_int_equal(w.journal.started.queued_at_s, 1600000000);
    assert_true(w.journal.has_outcome);
    assert_int_equal(w.outcome.status, JOBS_STATUS_SUCCEEDED);
    assert_string_equal(w.journal.finished[JOURNAL_FINISHED - 1].execution.job_id, "job-8");
    assert_int_equal(encode(&w, record), sizeof v2);
    assert_memory_equal(record, v2, sizeof v2);
}

static void test_records_of_before_are_read(void **state)
{
    static const char *const records[] = {started_before, ended_before};
    (void)state;
    for (size_t which = 0; which < 2; which++) {
        char bytes[JOURNAL_RECORD_MAX];
        char again[JOURNAL_RECORD_MAX];
        struct whole w;
        size_t len = from_hex(records[which], bytes);
        assert_int_equal(decode(bytes, len, &w), JOURNAL_GOOD);
        assert_int_equal(w.journal.boots, 41);
        assert_int_equal(w.journal.last_run_id, 1234567);
        assert_string_equal(w.journal.started.job_id, "Firmware_2026-05");
        assert_int_equal(w.journal.started.execution_number, 7);
        assert_int_equal(w.journal.started.queued_at_s, 1767225600);
        assert_int_equal(w.journal.started_boot, 41);
        assert_int_equal(w.journal.attempt, 2);
        assert_int_equal(w.journal.has_outcome, which == 1);
        for (int i = 1; i <= 3; i++) {
            struct jobs_identity id = {.execution_number = i, .queued_at_s = 1700000000 + i - 1};
            snprintf(id.job_id, sizeof id.job_id, "job-%d", i);
            const struct journal_finished *finished = journal_find_finished(&w.journal, &id);
            assert_non_null(finished);
            assert_int_equal(finished->status, i); /* SUCCEEDED, FAILED, REJECTED */
        }
        if (which == 1) {
            assert_int_equal(w.outcome.status, JOBS_STATUS_FAILED);
            assert_int_equal(w.outcome.reason, JOBS_REASON_DEADLINE);
            assert_string_equal(w.outcome.message, "no final status in time");
            assert_string_equal(w.details.text, "\"step\":\"4 of 9\",\"free\":\"\\\"12\\\" kB\"");
        }
        assert_int_equal(encode(&w, again), len); /* and a firmware that is rolled back reads ours */
        assert_memory_equal(again, bytes, len);
    }
}

/* An execution is named by all three. */
static void test_same_execution(void **state)
{
    struct jobs_identity a = identity("j", 1);
    struct jobs_identity b = a;
    (void)state;
    assert_true(journal_same_execution(&a, &b));
    b.execution_number++;
    assert_false(journal_same_execution(&a, &b));
    b = a;
    b.queued_at_s++;
    assert_false(journal_same_execution(&a, &b));
    b = a;
    b.job_id[0] = 'k';
    assert_false(journal_same_execution(&a, &b));
}

/* What is not final is no outcome and no finished status. The byte is found as the one in which two good records differ. */
static void test_status_that_is_not_final(void **state)
{
    char record[JOURNAL_RECORD_MAX];
    char other[JOURNAL_RECORD_MAX];
    struct whole w;
    struct whole back;
    (void)state;
    for (int i = 0; i < 4; i++) {
        fill(&w);
        uint8_t *status = i % 2 == 0 ? &w.outcome.status : &w.journal.finished[1].status;
        *status = JOBS_STATUS_FAILED;
        size_t len = encode(&w, record);
        *status = JOBS_STATUS_REJECTED;
        encode(&w, other);
        size_t at = 0;
        while (record[at] == other[at]) {
            at++;
        }
        assert_int_equal(record[at], JOBS_STATUS_FAILED);
        record[at] = i / 2 == 0 ? JOBS_STATUS_IN_PROGRESS : JOBS_STATUS_COUNT;
        seal(record, len, (uint16_t)len);
        assert_int_equal(decode(record, len, &back), JOURNAL_DAMAGED);
        assert_string_equal(back.journal.started.job_id, "");
        assert_false(back.journal.has_outcome);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_journal),
        cmocka_unit_test(test_largest_record),
        cmocka_unit_test(test_sizes_of_records),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_every_flipped_bit),
        cmocka_unit_test(test_other_versions_and_wrong_lengths),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_no_record_at_all),
        cmocka_unit_test(test_hostile_records_with_a_good_checksum),
        cmocka_unit_test(test_status_that_is_not_final),
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_records_of_before_are_read),
        cmocka_unit_test(test_same_execution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
