/* SPDX-License-Identifier: MIT */
/* The record, version 2, in the byte order of the device, which is the only one that reads it:
 *     magic u32, version u16, length u16 (of everything), boots u32, last run id u32,
 *     started: identity, boot u32, attempt u8
 *     has_outcome u8; if 1: status u8, reason u8, message text, details text (a JSON object)
 *     number of finished executions u8, oldest first: identity, status u8
 *     CRC-32 u32 of all before
 * text: length u16 and bytes; identity: job id text (empty: none), execution number i64, queuedAt i64.
 * In every version the header stands first and the CRC last, so that a whole record of another one is known as that.
 * One walk over the members writes and reads, so that the two cannot differ. */
#include "device/core/jobs/journal.h"

#include "common/json.h"
#include "device/core/crc32.h"
#include "device/core/jobs/jobs.h"
#include "device/core/jobs/reason.h"
#include "device/core/text.h"

#include <assert.h>
#include <string.h>

#define MAGIC      0x4A424F4Au /* "JOBJ" */
#define VERSION    2
#define HEADER_LEN 8
#define CRC_LEN    4

struct header {
    uint32_t magic;
    uint16_t version;
    uint16_t length;
};
_Static_assert(sizeof(struct header) == HEADER_LEN, "the header has no holes");

/* Reading stops for good at the first thing that does not fit. */
struct codec {
    const char *in; /* reading: where from; NULL: writing */
    char *out;      /* writing: where to */
    size_t left;
    bool is_bad;
};

static void pass(struct codec *c, void *value, size_t len)
{
    if (c->is_bad || c->left < len) {
        c->is_bad = true;
        return;
    }
    c->left -= len;
    if (c->in != NULL) {
        memcpy(value, c->in, len);
        c->in += len;
    } else {
        memcpy(c->out, value, len);
        c->out += len;
    }
}

static void pass_below(struct codec *c, uint8_t *value, unsigned limit)
{
    pass(c, value, 1);
    c->is_bad = c->is_bad || *value >= limit;
}

static void pass_final(struct codec *c, uint8_t *status)
{
    pass_below(c, status, JOBS_STATUS_COUNT);
    c->is_bad = c->is_bad || *status == JOBS_STATUS_IN_PROGRESS;
}

static void pass_text(struct codec *c, char *text, size_t cap)
{
    uint16_t len = (uint16_t)strlen(text);

    pass(c, &len, sizeof(len));
    c->is_bad = c->is_bad || len >= cap;
    if (!c->is_bad) {
        text[len] = '\0';
    }
    pass(c, text, len);
}

/* The id goes into topics: what could be a level or a wildcard there must not pass. */
bool journal_is_job_id(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
              c == '-')) {
            return false;
        }
    }
    return text.len > 0 && text.len < DEVICE_JOB_ID_CAP;
}

static void pass_identity(struct codec *c, struct jobs_identity *identity)
{
    pass_text(c, identity->job_id, sizeof(identity->job_id));
    pass(c, &identity->execution_number, sizeof(identity->execution_number));
    pass(c, &identity->queued_at_s, sizeof(identity->queued_at_s));
    bool is_none =
        identity->job_id[0] == '\0' && identity->execution_number == 0 && identity->queued_at_s == 0;
    c->is_bad = c->is_bad || !(is_none || journal_is_job_id(slice_from(identity->job_id)));
}

/* What text_append leaves of any text. */
static bool is_message(const char *message)
{
    char clean[JOURNAL_MESSAGE_CAP] = "";

    text_append(clean, sizeof(clean), message);
    return strcmp(clean, message) == 0;
}

static void pass_outcome(struct codec *c, struct jobs_outcome *outcome, struct details *details)
{
    pass_final(c, &outcome->status);
    pass_below(c, &outcome->reason, JOBS_REASON_COUNT);
    pass_text(c, outcome->message, sizeof(outcome->message));
    pass_text(c, details->text, DETAILS_TEXT_CAP);
    c->is_bad = c->is_bad || !is_message(outcome->message) || !details_restore(details);
}

/* Oldest first; when fewer were written, they stand at the end, and the empty ones are the oldest. */
static void pass_finished(struct codec *c, struct journal *journal)
{
    uint8_t count = 0;

    for (size_t i = 0; i < JOURNAL_FINISHED; i++) {
        count = (uint8_t)(count + (journal->finished[i].execution.job_id[0] != '\0'));
    }
    pass_below(c, &count, JOURNAL_FINISHED + 1);
    for (size_t i = JOURNAL_FINISHED - count; i < JOURNAL_FINISHED && !c->is_bad; i++) {
        struct journal_finished *finished =
            &journal->finished[(journal->finished_next + i) % JOURNAL_FINISHED];
        pass_identity(c, &finished->execution);
        pass_final(c, &finished->status);
        c->is_bad = c->is_bad || finished->execution.job_id[0] == '\0';
    }
}

static void pass_journal(struct codec *c, struct journal *journal, struct jobs_outcome *outcome,
                         struct details *details)
{
    uint8_t has_outcome = journal->has_outcome;

    pass(c, &journal->boots, sizeof(journal->boots));
    pass(c, &journal->last_run_id, sizeof(journal->last_run_id));
    pass_identity(c, &journal->started);
    pass(c, &journal->started_boot, sizeof(journal->started_boot));
    pass(c, &journal->attempt, 1);
    pass_below(c, &has_outcome, journal->started.job_id[0] != '\0' ? 2 : 1);
    journal->has_outcome = !c->is_bad && has_outcome;
    if (journal->has_outcome) {
        pass_outcome(c, outcome, details);
    }
    pass_finished(c, journal);
}

size_t journal_encode(struct journal *journal, struct jobs_outcome *outcome, struct details *details,
                      char record[JOURNAL_RECORD_MAX])
{
    struct codec c = {.out = record + HEADER_LEN, .left = JOURNAL_RECORD_MAX - HEADER_LEN - CRC_LEN};

    pass_journal(&c, journal, outcome, details);
    assert(!c.is_bad);
    size_t len = (size_t)(c.out - record);
    struct header header = {MAGIC, VERSION, (uint16_t)(len + CRC_LEN)};
    memcpy(record, &header, HEADER_LEN);
    uint32_t crc = crc32_of(record, len);
    memcpy(record + len, &crc, CRC_LEN);
    return len + CRC_LEN;
}

static enum journal_record judge(struct slice record)
{
    struct header header;
    uint32_t crc;

    if (record.len == 0) {
        return JOURNAL_ABSENT;
    }
    if (record.ptr == NULL) {
        return JOURNAL_TOO_LARGE;
    }
    if (record.len < HEADER_LEN + CRC_LEN) {
        return JOURNAL_TRUNCATED;
    }
    memcpy(&header, record.ptr, HEADER_LEN);
    memcpy(&crc, record.ptr + record.len - CRC_LEN, CRC_LEN);
    if (header.magic == MAGIC && header.length > record.len) {
        return JOURNAL_TRUNCATED;
    }
    if (header.magic != MAGIC || header.length != record.len ||
        crc != crc32_of(record.ptr, record.len - CRC_LEN)) {
        return JOURNAL_DAMAGED;
    }
    if (header.version != VERSION) {
        return header.version < VERSION ? JOURNAL_OLDER : JOURNAL_NEWER;
    }
    return JOURNAL_GOOD;
}

static void forget(struct journal *journal, struct jobs_outcome *outcome, struct details *details)
{
    memset(journal, 0, sizeof(*journal));
    memset(outcome, 0, sizeof(*outcome));
    details_clear(details);
}

enum journal_record journal_decode(struct slice record, struct journal *journal, struct jobs_outcome *outcome,
                                   struct details *details)
{
    enum journal_record found = judge(record);

    forget(journal, outcome, details);
    if (found != JOURNAL_GOOD) {
        return found;
    }
    struct codec c = {.in = record.ptr + HEADER_LEN, .left = record.len - HEADER_LEN - CRC_LEN};
    pass_journal(&c, journal, outcome, details);
    if (!c.is_bad && c.left == 0) {
        return JOURNAL_GOOD;
    }
    forget(journal, outcome, details);
    return JOURNAL_DAMAGED;
}

const char *journal_record_text(enum journal_record found)
{
    static const char *const texts[] = {
        [JOURNAL_GOOD] = "",
        [JOURNAL_ABSENT] = "absent",
        [JOURNAL_TRUNCATED] = "torn",
        [JOURNAL_DAMAGED] = "damaged",
        [JOURNAL_OLDER] = "of an older firmware",
        [JOURNAL_NEWER] = "of a newer firmware",
        [JOURNAL_TOO_LARGE] = "too large",
    };
    return texts[found];
}

bool journal_same_execution(const struct jobs_identity *a, const struct jobs_identity *b)
{
    return a->execution_number == b->execution_number && a->queued_at_s == b->queued_at_s &&
           strcmp(a->job_id, b->job_id) == 0;
}

const struct journal_finished *journal_find_finished(const struct journal *journal,
                                                     const struct jobs_identity *execution)
{
    for (size_t i = 0; i < JOURNAL_FINISHED; i++) {
        if (journal_same_execution(&journal->finished[i].execution, execution)) {
            return &journal->finished[i];
        }
    }
    return NULL;
}

void journal_forget_started(struct journal *journal)
{
    memset(&journal->started, 0, sizeof(journal->started));
    journal->started_boot = 0;
    journal->attempt = 0;
    journal->has_outcome = false;
}

void journal_start(struct journal *journal, const struct jobs_identity *execution, uint8_t attempt)
{
    journal->started = *execution;
    journal->started_boot = journal->boots;
    journal->attempt = attempt;
    journal->has_outcome = false;
}

void journal_finish(struct journal *journal, uint8_t status)
{
    struct journal_finished *oldest = &journal->finished[journal->finished_next];

    oldest->execution = journal->started;
    oldest->status = status;
    journal->finished_next = (uint8_t)((journal->finished_next + 1) % JOURNAL_FINISHED);
    journal_forget_started(journal);
}
