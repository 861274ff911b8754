/* SPDX-License-Identifier: MIT */
/* The journal's record: what goes in comes out, and nothing else is taken for a record. Design "The journal is one
 * record"; G4, G6. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/jobs_engine.h"
#include "device/core/jobs_reason.h"
#include "device/core/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct whole {
    struct journal journal;
    struct jobs_outcome outcome;
    struct details details;
};

static struct jobs_identity identity(const char *job_id, int64_t number)
{
    struct jobs_identity id;
    memset(&id, 0, sizeof id);
    snprintf(id.job_id, sizeof id.job_id, "%s", job_id);
    id.execution_number = number;
    id.queued_at_s = 1700000000 + number;
    return id;
}

static void clear(struct whole *w)
{
    memset(w, 0, sizeof *w);
    details_clear(&w->details);
}

static size_t encode(struct whole *w, char record[JOURNAL_RECORD_MAX])
{
    memset(record, 0x5A, JOURNAL_RECORD_MAX);
    size_t len = journal_encode(&w->journal, &w->outcome, &w->details, record);
    assert_true(len <= JOURNAL_RECORD_MAX);
    return len;
}

/* From a block of exactly its size, so that a sanitizer sees each byte that is read too many. */
static enum err decode(const char *record, size_t len, struct whole *w)
{
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, record, len);
    memset(w, 0xA5, sizeof *w);
    enum err err = journal_decode((struct slice){copy, len}, &w->journal, &w->outcome, &w->details);
    free(copy);
    return err;
}

static void assert_same_execution(const struct jobs_identity *a, const struct jobs_identity *b)
{
    assert_string_equal(a->job_id, b->job_id);
    assert_true(a->execution_number == b->execution_number);
    assert_true(a->queued_at_s == b->queued_at_s);
}

static void test_empty_journal(void **state)
{
    char record[JOURNAL_RECORD_MAX];
    struct whole w;
    struct whole back;
    (void)state;
    clear(&w);
    w.journal.boots = 7;
    w.journal.last_run_id = 0xFFFFFFFF;
    assert_int_equal(decode(record, encode(&w, record), &back), ERR_OK);
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
    assert_int_equal(decode(record, len, &back), ERR_OK);
    assert_same_execution(&back.journal.started, &w.journal.started);
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

static void test_usual_record_is_small(void **state)
{
    char record[JOURNAL_RECORD_MAX];
    struct whole w;
    (void)state;
    clear(&w);
    w.journal.started = identity("firmware-2024-05", 1);
    for (int i = 0; i < JOURNAL_FINISHED; i++)
        w.journal.finished[i] =
            (struct journal_finished){identity("firmware-2024-04", 1), JOBS_STATUS_SUCCEEDED};
    assert_in_range(encode(&w, record), 1, 400);
}

/* Torn, flipped, longer, another version: absent, and the outputs are those of an empty journal. */
static void test_damaged_records(void **state)
{
    char record[JOURNAL_RECORD_MAX + 1];
    struct whole w;
    struct whole back;
    (void)state;
    fill(&w);
    size_t len = encode(&w, record);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(decode(record, cut, &back), ERR_CORRUPT);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        record[bit / 8] = (char)(record[bit / 8] ^ (1 << bit % 8));
        assert_int_equal(decode(record, len, &back), ERR_CORRUPT);
        record[bit / 8] = (char)(record[bit / 8] ^ (1 << bit % 8));
    }
    assert_int_equal(decode(record, len + 1, &back), ERR_CORRUPT);
    assert_string_equal(back.journal.started.job_id, "");
    assert_int_equal(back.journal.boots, 0);
    assert_false(back.journal.has_outcome);
    assert_string_equal(back.outcome.message, "");
    assert_int_equal(back.details.len, 0);
    assert_int_equal(decode(record, len, &back), ERR_OK);
}

static uint32_t crc32_of(const char *bytes, size_t len)
{
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < len; i++) {
        crc ^= (unsigned char)bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    }
    return ~crc;
}

static void seal(char *record, size_t len)
{
    uint16_t length = (uint16_t)len;
    memcpy(record + 6, &length, 2);
    uint32_t crc = crc32_of(record, len - 4);
    memcpy(record + len - 4, &crc, 4);
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
        if (round % 4 == 0)
            len = 12 + (size_t)(seed >> 40) % (len - 12);
        seal(record, len);
        if (decode(record, len, &back) != ERR_OK)
            continue;
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

static void test_other_version(void **state)
{
    char record[JOURNAL_RECORD_MAX];
    struct whole w;
    struct whole back;
    (void)state;
    clear(&w);
    size_t len = encode(&w, record);
    record[4]++;
    seal(record, len);
    assert_int_equal(decode(record, len, &back), ERR_CORRUPT);
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
        if (i % 2)
            assert_int_equal(decode(record, encode(&w, record), &w), ERR_OK);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_journal),
        cmocka_unit_test(test_largest_record),
        cmocka_unit_test(test_usual_record_is_small),
        cmocka_unit_test(test_damaged_records),
        cmocka_unit_test(test_hostile_records_with_a_good_checksum),
        cmocka_unit_test(test_other_version),
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_same_execution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
