/* SPDX-License-Identifier: MIT */
/* The record that a device finds in its storage. Input: a first byte that is '=' gives the rest as the record itself;
 * any other one gives the rest as what stands between header and CRC of a record of the present version, so that the
 * search is not stopped by the checksum. What is accepted keeps its bounds, is written again as a record that says the
 * same, and can be sent; a damaged or torn copy of it is never accepted. */
#include "device/core/jobs/journal.h"

#include "common/json.h"
#include "device/core/jobs/engine.h"
#include "device/core/jobs/reason.h"
#include "device/core/jobs/wire.h"
#include "fuzz/require.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 8
#define CRC_BYTES    4

struct contents {
    struct journal journal;
    struct jobs_outcome outcome;
    struct details details;
};

/* IEEE 802.3, by the bit. */
static uint32_t crc32(const char *bytes, size_t len)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < 8 * len; i++) {
        uint32_t bit = ((uint32_t)(unsigned char)bytes[i / 8] >> i % 8) & 1;
        crc = (crc >> 1) ^ ((crc & 1) != bit ? 0xEDB88320u : 0);
    }
    return crc ^ 0xFFFFFFFFu;
}

/* The first bytes of a record of this version, as the code under test writes them. */
static void read_header(char header[HEADER_BYTES])
{
    static struct contents none;
    static char record[JOURNAL_RECORD_MAX];
    journal_encode(&none.journal, &none.outcome, &none.details, record);
    memcpy(header, record, HEADER_BYTES);
}

static char *wrap(const uint8_t *body, size_t body_len, size_t *len)
{
    size_t before_crc = HEADER_BYTES + body_len;
    uint16_t total = (uint16_t)(before_crc + CRC_BYTES);
    char *record = malloc(before_crc + CRC_BYTES);

    REQUIRE(record != NULL);
    read_header(record);
    memcpy(record + 6, &total, sizeof(total));
    if (body_len > 0) {
        memcpy(record + HEADER_BYTES, body, body_len);
    }
    uint32_t crc = crc32(record, before_crc);
    memcpy(record + before_crc, &crc, CRC_BYTES);
    *len = before_crc + CRC_BYTES;
    return record;
}

static enum journal_record decode(const char *record, size_t len, struct contents *out)
{
    memset(out, 0xA5, sizeof(*out)); /* the outputs owe nothing to what was there */
    return journal_decode((struct slice){record, len}, &out->journal, &out->outcome, &out->details);
}

static void check_identity(const struct jobs_identity *identity)
{
    REQUIRE(memchr(identity->job_id, '\0', sizeof(identity->job_id)) != NULL);
    REQUIRE(identity->job_id[0] == '\0' || journal_is_job_id(slice_from(identity->job_id)));
}

/* The update of the final status is what the record is for. */
static void check_sending(const struct contents *c)
{
    char payload[JOBS_PAYLOAD_CAP];
    struct jobs_wire_update update = {
        .token = "0123456789abcdef",
        .execution_number = INT64_MIN,
        .expected_version = -1,
        .status = c->outcome.status,
        .attempt = UINT8_MAX,
        .outcome = &c->outcome,
        .details = &c->details,
    };
    update.state = jobs_wire_state_text(update.status);
    size_t len = jobs_wire_write_update(payload, sizeof(payload), &update);
    REQUIRE(len > 0);
    REQUIRE(json_read((struct slice){payload, len}, NULL, 0, NULL) == ERR_OK);
}

static void check_contents(const struct contents *c)
{
    check_identity(&c->journal.started);
    for (size_t i = 0; i < JOURNAL_FINISHED; i++) {
        check_identity(&c->journal.finished[i].execution);
        REQUIRE(c->journal.finished[i].status < JOBS_STATUS_COUNT);
    }
    REQUIRE(c->journal.finished_next < JOURNAL_FINISHED);
    REQUIRE(!c->journal.has_outcome || c->journal.started.job_id[0] != '\0');
    REQUIRE(c->outcome.status < JOBS_STATUS_COUNT && c->outcome.reason < JOBS_REASON_COUNT);
    REQUIRE(memchr(c->outcome.message, '\0', sizeof(c->outcome.message)) != NULL);
    REQUIRE(c->details.len < DETAILS_TEXT_CAP && strlen(c->details.text) == c->details.len);
}

static void check_same_identity(const struct jobs_identity *a, const struct jobs_identity *b)
{
    REQUIRE(a->execution_number == b->execution_number && a->queued_at_s == b->queued_at_s);
    REQUIRE(strcmp(a->job_id, b->job_id) == 0);
}

/* Oldest first: where the ring begins may differ, what it says may not. */
static void check_same(const struct contents *a, const struct contents *b)
{
    const struct journal *x = &a->journal;
    const struct journal *y = &b->journal;

    REQUIRE(x->boots == y->boots && x->last_run_id == y->last_run_id);
    REQUIRE(x->started_boot == y->started_boot && x->attempt == y->attempt);
    REQUIRE(x->has_outcome == y->has_outcome);
    check_same_identity(&x->started, &y->started);
    for (size_t i = 0; i < JOURNAL_FINISHED; i++) {
        const struct journal_finished *p = &x->finished[(x->finished_next + i) % JOURNAL_FINISHED];
        const struct journal_finished *q = &y->finished[(y->finished_next + i) % JOURNAL_FINISHED];
        check_same_identity(&p->execution, &q->execution);
        REQUIRE(p->status == q->status);
    }
    REQUIRE(a->outcome.status == b->outcome.status && a->outcome.reason == b->outcome.reason);
    REQUIRE(strcmp(a->outcome.message, b->outcome.message) == 0);
    REQUIRE(a->details.len == b->details.len && strcmp(a->details.text, b->details.text) == 0);
}

/* A torn put is a prefix; a CRC-32 sees each single bit. The place follows from the record, so that a finding is repeated. */
static void check_damage(char *record, size_t len)
{
    static struct contents c;
    uint32_t where = crc32(record, len / 2) ^ (uint32_t)len;
    size_t bit = where % (8 * len);
    size_t shorter = where % len;

    REQUIRE(decode(record, shorter, &c) != JOURNAL_GOOD);
    record[bit / 8] = (char)(record[bit / 8] ^ (1 << bit % 8));
    REQUIRE(decode(record, len, &c) != JOURNAL_GOOD);
    REQUIRE(c.journal.boots == 0 && c.journal.started.job_id[0] == '\0' && !c.journal.has_outcome);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct contents first;
    static struct contents second;
    static char again[JOURNAL_RECORD_MAX];

    if (size == 0 || size > 60000) { /* the length field of a record has 16 bits */
        return 0;
    }
    size_t len = size - 1;
    bool is_whole = data[0] == '=';
    char *record = is_whole ? malloc(len + 1) : wrap(data + 1, size - 1, &len);
    REQUIRE(record != NULL);
    if (is_whole) {
        memcpy(record, data + 1, len);
    }

    if (decode(record, len, &first) == JOURNAL_GOOD) {
        check_contents(&first);
        size_t again_len = journal_encode(&first.journal, &first.outcome, &first.details, again);
        REQUIRE(again_len <= JOURNAL_RECORD_MAX && again_len <= JOBS_RECORD_CAP);
        REQUIRE(decode(again, again_len, &second) == JOURNAL_GOOD);
        check_same(&first, &second);
        check_sending(&first);
        check_damage(record, len);
    }
    free(record);
    return 0;
}
