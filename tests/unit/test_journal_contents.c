/* SPDX-License-Identifier: MIT */
/* Records of the journal with a good checksum and bad contents: whatever stands in them is not believed (G4, G6). */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/jobs/engine.h"
#include "device/core/jobs/reason.h"
#include "fakes/journal_record.h"

/* A record that is written by hand, field by field. */
struct hand {
    char record[JOURNAL_RECORD_MAX];
    size_t len;
};

static void put(struct hand *h, const void *bytes, size_t len)
{
    memcpy(h->record + h->len, bytes, len);
    h->len += len;
}

static void put_byte(struct hand *h, uint8_t value)
{
    put(h, &value, 1);
}

static void put_text(struct hand *h, const char *text)
{
    uint16_t len = (uint16_t)strlen(text);
    put(h, &len, sizeof len);
    put(h, text, len);
}

static void put_identity(struct hand *h, const char *job_id, int64_t number, int64_t queued_at_s)
{
    put_text(h, job_id);
    put(h, &number, sizeof number);
    put(h, &queued_at_s, sizeof queued_at_s);
}

/* The head of one that has started this execution; what comes next is `has_outcome`. */
static struct hand begin(const char *job_id, int64_t number, int64_t queued_at_s)
{
    struct hand h = {.len = 0};
    struct whole w;
    uint32_t word = 1;
    clear(&w);
    encode(&w, h.record); /* its magic and version */
    h.len = 8;
    put(&h, &word, sizeof word); /* boots */
    put(&h, &word, sizeof word); /* last_run_id */
    put_identity(&h, job_id, number, queued_at_s);
    put(&h, &word, sizeof word); /* started_boot */
    put_byte(&h, 1);             /* attempt */
    return h;
}

static enum journal_record judge_hand(struct hand *h)
{
    struct whole back;
    size_t len = h->len + 4;
    seal(h->record, len, (uint16_t)len);
    return decode(h->record, len, &back);
}

/* No outcome, and nothing that has ended. */
static enum journal_record judge_identity(const char *job_id, int64_t number, int64_t queued_at_s)
{
    struct hand h = begin(job_id, number, queued_at_s);
    put_byte(&h, 0);
    put_byte(&h, 0);
    return judge_hand(&h);
}

/* An id goes into topics; an identity is there whole, or not at all. */
static void test_identities_with_a_good_checksum(void **state)
{
    (void)state;
    assert_int_equal(judge_identity("job-1", 1, 1700000000), JOURNAL_GOOD);
    assert_int_equal(judge_identity("", 0, 0), JOURNAL_GOOD);
    assert_int_equal(judge_identity("", 1, 0), JOURNAL_DAMAGED);
    assert_int_equal(judge_identity("", 0, 1), JOURNAL_DAMAGED);
    assert_int_equal(judge_identity("a/b", 0, 0), JOURNAL_DAMAGED);
    assert_int_equal(judge_identity("a/b", 1, 1), JOURNAL_DAMAGED);

    struct hand h = begin("job-1", 1, 1700000000); /* one has ended, and is none */
    put_byte(&h, 0);
    put_byte(&h, 1);
    put_identity(&h, "", 0, 0);
    put_byte(&h, JOBS_STATUS_SUCCEEDED);
    assert_int_equal(judge_hand(&h), JOURNAL_DAMAGED);

    h = begin("", 0, 0); /* another file of the same form */
    put_byte(&h, 0);
    put_byte(&h, 0);
    h.record[0] ^= 1;
    assert_int_equal(judge_hand(&h), JOURNAL_DAMAGED);
}

static struct hand begin_outcome(uint8_t status)
{
    struct hand h = begin("job-1", 1, 1700000000);
    put_byte(&h, 1);
    put_byte(&h, status);
    return h;
}

/* What is wrong stays wrong, although all that follows could be read. */
static void test_outcomes_with_a_good_checksum(void **state)
{
    static const struct {
        uint8_t status, reason;
        const char *message;
        enum journal_record expected;
    } rows[] = {
        {JOBS_STATUS_FAILED, 0, "why", JOURNAL_GOOD},
        {JOBS_STATUS_IN_PROGRESS, 0, "why", JOURNAL_DAMAGED},
        {JOBS_STATUS_FAILED, JOBS_REASON_COUNT, "why", JOURNAL_DAMAGED},
        {JOBS_STATUS_FAILED, 0, "wh\ny", JOURNAL_DAMAGED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hand h = begin_outcome(rows[i].status);
        put_byte(&h, rows[i].reason);
        put_text(&h, rows[i].message);
        put_text(&h, "");
        put_byte(&h, 0);
        assert_int_equal(judge_hand(&h), rows[i].expected);
    }
    struct hand h = begin_outcome(JOBS_STATUS_IN_PROGRESS);
    put_byte(&h, 0);
    assert_int_equal(judge_hand(&h), JOURNAL_DAMAGED);
    h = begin_outcome(JOBS_STATUS_FAILED);
    put_byte(&h, JOBS_REASON_COUNT);
    put_text(&h, "");
    put_byte(&h, 0);
    assert_int_equal(judge_hand(&h), JOURNAL_DAMAGED);
}

static void test_forgotten_start_leaves_nothing(void **state)
{
    struct whole w;
    struct jobs_identity none;
    struct jobs_identity job = identity("job-1", 1);
    (void)state;
    memset(&none, 0, sizeof none);
    clear(&w);
    w.journal.boots = 3;
    journal_start(&w.journal, &job, 2);
    assert_int_equal(w.journal.started_boot, 3);
    assert_int_equal(w.journal.attempt, 2);
    assert_false(w.journal.has_outcome);
    w.journal.has_outcome = true;
    journal_start(&w.journal, &job, 3);
    assert_false(w.journal.has_outcome);
    w.journal.has_outcome = true;
    journal_forget_started(&w.journal);
    assert_same_execution(&w.journal.started, &none);
    assert_int_equal(w.journal.started_boot, 0);
    assert_int_equal(w.journal.attempt, 0);
    assert_false(w.journal.has_outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identities_with_a_good_checksum),
        cmocka_unit_test(test_outcomes_with_a_good_checksum),
        cmocka_unit_test(test_forgotten_start_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
