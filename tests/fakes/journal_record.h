/* SPDX-License-Identifier: MIT */
/* Records of the journal for its tests: written, sealed with a checksum, read. After cmocka.h. */
#ifndef TESTS_FAKES_JOURNAL_RECORD_H
#define TESTS_FAKES_JOURNAL_RECORD_H

#include "device/core/jobs/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the header of every version has them. */
#define VERSION_AT 4
#define LENGTH_AT  6

struct whole {
    struct journal journal;
    struct jobs_outcome outcome;
    struct details details;
};

static inline struct jobs_identity identity(const char *job_id, int64_t number)
{
    struct jobs_identity id;
    memset(&id, 0, sizeof id);
    snprintf(id.job_id, sizeof id.job_id, "%s", job_id);
    id.execution_number = number;
    id.queued_at_s = 1700000000 + number;
    return id;
}

static inline void clear(struct whole *w)
{
    memset(w, 0, sizeof *w);
    details_clear(&w->details);
}

static inline size_t encode(struct whole *w, char record[JOURNAL_RECORD_MAX])
{
    memset(record, 0x5A, JOURNAL_RECORD_MAX);
    size_t len = journal_encode(&w->journal, &w->outcome, &w->details, record);
    assert_true(len <= JOURNAL_RECORD_MAX);
    return len;
}

/* From a block of exactly its size, so that a sanitizer sees each byte that is read too many. */
static inline enum journal_record decode(const char *record, size_t len, struct whole *w)
{
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, record, len);
    memset(w, 0xA5, sizeof *w);
    enum journal_record found =
        journal_decode((struct slice){copy, len}, &w->journal, &w->outcome, &w->details);
    free(copy);
    return found;
}

static inline void assert_same_execution(const struct jobs_identity *a, const struct jobs_identity *b)
{
    assert_string_equal(a->job_id, b->job_id);
    assert_true(a->execution_number == b->execution_number);
    assert_true(a->queued_at_s == b->queued_at_s);
}

static inline uint32_t crc32_of(const char *bytes, size_t len)
{
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < len; i++) {
        crc ^= (unsigned char)bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
        }
    }
    return ~crc;
}

static inline void seal(char *record, size_t len, uint16_t length)
{
    memcpy(record + LENGTH_AT, &length, sizeof length);
    uint32_t crc = crc32_of(record, len - 4);
    memcpy(record + len - 4, &crc, 4);
}

#endif
