/* SPDX-License-Identifier: MIT */
/* What comes in from outside, and which event of the table it is. What follows stands in ota_steps.c. */
#include "device/core/ota/ota.h"

#include "device/core/ota/ota_effects.h"
#include "device/core/ota/ota_steps.h"
#include "device/core/text.h"

#include <assert.h>
#include <string.h>

#define DOWNLOAD                                                                                             \
    (OTA_SET(OTA_REQUESTED) | OTA_SET(OTA_RECEIVING) | OTA_SET(OTA_PAUSED) | OTA_SET(OTA_REFRESHING))
#define BEFORE_TRIAL                                                                                         \
    (DOWNLOAD | OTA_SET(OTA_COMPARING) | OTA_SET(OTA_ALLOWING) | OTA_SET(OTA_LOOKING) |                      \
     OTA_SET(OTA_PREPARING) | OTA_SET(OTA_VERIFYING) | OTA_SET(OTA_ARMING))
#define NEW_IMAGE                                                                                            \
    (OTA_SET(OTA_PROVING) | OTA_SET(OTA_TESTING) | OTA_SET(OTA_PASSING) | OTA_SET(OTA_CONFIRMING) |          \
     OTA_SET(OTA_CONDEMNING) | OTA_SET(OTA_REVERTING))

/* The event, and what follows from it. */
static void step(struct ota *o, enum ota_event event)
{
    while (event != OTA_EVENT_NONE) {
        event = ota_steps_take(o, event);
    }
}

/* ---- boot */

static void go_back(struct ota *o, const char *what, const char *detail)
{
    ota_fail(o, "ROLLED_BACK", what, detail);
    o->state = OTA_REPORTING;
}

/* The old image runs, and the record says that another one was on trial. */
static void resume_old(struct ota *o)
{
    switch (o->record.stage) {
    case OTA_STAGE_FAILED:
        go_back(o, o->record.problem, "");
        return;
    case OTA_STAGE_PASSED:
        if (o->slots.other != OTA_OTHER_TRIED) {
            go_back(o, "somebody has gone back to the image before", "");
            return;
        }
        break;
    default:
        break;
    }
    if (o->slots.other == OTA_OTHER_NEXT) {
        o->state = OTA_RESTARTING;
    } else if (o->slots.other == OTA_OTHER_TRIED && o->record.trials >= OTA_TRIALS_MAX) {
        go_back(o, "the new image did not stay up", "");
    } else {
        o->state = OTA_VERIFYING;
    }
}

static void resume(struct ota *o)
{
    if (o->record.stage == OTA_STAGE_LOADING) {
        return; /* its job's document is waited for */
    }
    o->is_vetted = true;
    o->at_ms = o->now_ms;
    if (o->record.from_slot == o->slots.running_slot) {
        resume_old(o);
        return;
    }
    if (o->record.stage == OTA_STAGE_FAILED) {
        ota_fail(o, "ROLLED_BACK", o->record.problem, "");
        o->state = OTA_REVERTING;
        return;
    }
    o->healthy_by_ms = o->now_ms + (o->config.health_ms != 0 ? o->config.health_ms : OTA_HEALTH_MS);
    o->state = OTA_PROVING;
}

enum err ota_start(struct ota *o, const struct ota_config *config, const struct ota_io *io,
                   struct ota_workspace *workspace, struct slice stored, uint64_t now_ms)
{
    memset(o, 0, sizeof(*o));
    o->config = *config;
    o->io = *io;
    o->workspace = workspace;
    o->now_ms = now_ms;
    o->rate_at_ms = now_ms;
    o->at_ms = OTA_NEVER;
    o->reason = "";
    assert(config->range_blocks > 0 && config->version != NULL);
    enum err err = io->describe(io->ctx, &o->slots);
    if (err) {
        return err;
    }
    if (o->slots.block_bytes == 0 || o->slots.block_bytes > workspace->block_cap) {
        return ERR_TOO_LONG;
    }
    o->is_stored = ota_record_read(stored, &o->record);
    if (o->is_stored) {
        resume(o);
    }
    return ERR_OK;
}

/* ---- a job */

static bool is_proven_enough(const struct ota *o, const struct ota_document *document)
{
    if (o->config.public_key_pem != NULL) {
        return document->signature_len > 0;
    }
    return document->has_digest || (o->config.accepts_undigested && document->kind == OTA_KIND_UPDATE);
}

/* Does this image go with the one that runs? */
static bool is_suitable(struct ota *o, const struct ota_document *document)
{
    const char *running = o->config.version;
    const uint32_t size = document->size != 0 ? document->size : o->slots.other_bytes;

    if (!is_proven_enough(o, document)) {
        ota_fail(o, "UNPROVEN",
                 o->config.public_key_pem != NULL ? "signature: is missing, and this device has a key for it"
                                                  : "sha256: is missing",
                 "");
    } else if (document->size > o->slots.capacity_bytes) {
        ota_fail(o, "NO_SPACE", "size: the image does not fit into the slot", "");
    } else if (document->kind == OTA_KIND_ROLLBACK && (size == 0 || !document->has_digest)) {
        ota_fail(o, "UNPROVEN", "sha256 or size: is missing, and this device does not know it", "");
    } else if (document->min_version[0] != '\0' &&
               ota_document_order(running, document->min_version) != OTA_ORDER_MORE &&
               ota_document_order(running, document->min_version) != OTA_ORDER_EQUAL) {
        ota_fail(o, "VERSION", "minVersion: the running image is older: ", running);
    } else if (document->kind == OTA_KIND_UPDATE && !document->is_forced && document->version[0] != '\0' &&
               ota_document_order(document->version, running) == OTA_ORDER_LESS) {
        ota_fail(o, "VERSION", "version: older than the running image, and force is not true: ", running);
    } else {
        return true;
    }
    return false;
}

/* Are the blocks in the slot those of this image? The ETag of the next answer has to say so, too. */
static bool is_in_slot(const struct ota *o, const struct ota_document *document, const char *job_id)
{
    const struct ota_record *record = &o->record;
    const bool is_image = document->has_digest
                              ? memcmp(record->digest, document->digest, sizeof(record->digest)) == 0
                              : strcmp(record->job_id, job_id) == 0;

    return document->kind == OTA_KIND_UPDATE && record->stage == OTA_STAGE_LOADING &&
           record->from_slot == o->slots.running_slot && record->has_digest == document->has_digest &&
           is_image && (document->size == 0 || document->size == record->size);
}

/* How many bytes of the running image are to be hashed, to see whether it is the document's; 0: it cannot be, or nobody knows. */
static uint32_t comparable(const struct ota *o)
{
    const uint32_t runs = o->slots.running_bytes;
    const uint32_t wanted = o->document.size;

    if (!o->document.has_digest || (runs != 0 && wanted != 0 && runs != wanted)) {
        return 0;
    }
    return wanted != 0 ? wanted : runs;
}

static void begin(struct ota *o, const struct ota_document *document, const char *job_id)
{
    const bool is_recovered = is_in_slot(o, document, job_id);
    const bool is_same_job = is_recovered && strcmp(o->record.job_id, job_id) == 0;

    o->document = *document;
    o->is_begun = is_recovered;
    if (!is_recovered) {
        o->record = (struct ota_record){.size = document->size, .has_digest = document->has_digest};
        memcpy(o->record.digest, document->digest, sizeof(o->record.digest));
    }
    if (document->kind == OTA_KIND_ROLLBACK && o->record.size == 0) {
        o->record.size = o->slots.other_bytes;
    }
    o->record.restarts = is_same_job ? o->record.restarts : 0;
    o->record.stage = OTA_STAGE_LOADING;
    o->record.from_slot = o->slots.running_slot;
    o->record.job_id[0] = '\0';
    o->record.version[0] = '\0';
    text_append(o->record.job_id, sizeof(o->record.job_id), job_id);
    text_append(o->record.version, sizeof(o->record.version), document->version);
    o->failures = o->bads = o->denials = o->redirects = o->holds = 0;
    o->is_worthless = o->is_vetted = o->is_good = false;
    o->next = o->have = o->rate = o->rate_have = 0;
    o->rate_at_ms = o->now_ms;
    o->progressed_phase = NULL;
    o->problem[0] = '\0';
}

enum err ota_begin(struct ota *o, enum ota_kind kind, const char *job_id, struct slice document,
                   uint64_t now_ms)
{
    struct ota_document found;

    o->now_ms = now_ms;
    if (o->state != OTA_OFF) {
        if (strcmp(o->record.job_id, job_id) != 0) {
            return ERR_BUSY;
        }
        ota_refreshed(o, document, now_ms);
        return ERR_EXISTS;
    }
    enum err err = o->io.describe(o->io.ctx, &o->slots);
    if (err) {
        return err;
    }
    err = ota_document_read(document, kind, &found, o->workspace->url, o->workspace->url_cap, o->problem,
                            sizeof(o->problem));
    if (err) {
        o->reason = "BAD_DOCUMENT";
        return err;
    }
    if (!is_suitable(o, &found)) {
        return ERR_ARG;
    }
    begin(o, &found, job_id);
    o->state = OTA_COMPARING;
    o->compare_bytes = comparable(o);
    const bool is_same_version =
        !found.has_digest && found.version[0] != '\0' && strcmp(found.version, o->config.version) == 0;
    if (is_same_version) {
        o->is_good = true;
        step(o, OTA_EVENT_SAME);
    } else if (o->compare_bytes == 0) {
        step(o, OTA_EVENT_DONE);
    } else {
        o->at_ms = now_ms;
        ota_effects_tell(o);
    }
    return ERR_OK;
}

void ota_refreshed(struct ota *o, struct slice document, uint64_t now_ms)
{
    struct ota_document found;

    o->now_ms = now_ms;
    if (!ota_is_in(o, DOWNLOAD)) {
        return; /* no link is needed, or the one that is there is young enough */
    }
    if (ota_document_read(document, OTA_KIND_UPDATE, &found, o->workspace->url, o->workspace->url_cap,
                          o->problem, sizeof(o->problem)) ||
        !ota_document_is_same(&found, &o->document)) {
        ota_fail(o, "BAD_DOCUMENT", "the fresh document is not one of this image", "");
        step(o, OTA_EVENT_FAIL);
        return;
    }
    if (o->state == OTA_REFRESHING) {
        o->denials++;
        step(o, OTA_EVENT_FRESH);
    }
}

/* ---- the answer */

static bool is_heard(struct ota *o, enum ota_state state, uint64_t now_ms)
{
    o->now_ms = now_ms;
    return o->is_asked && o->state == state;
}

static void lose(struct ota *o, bool is_bad, const char *what, const char *detail)
{
    if (is_bad && o->bads < UINT8_MAX) {
        o->bads++;
    }
    ota_fail(o, "DOWNLOAD", what, detail);
    step(o, OTA_EVENT_LOST);
}

void ota_answer_status(struct ota *o, unsigned status, uint64_t now_ms)
{
    if (is_heard(o, OTA_REQUESTED, now_ms)) {
        ota_judge_status(&o->judge, status);
    }
}

void ota_answer_header(struct ota *o, struct slice name, struct slice value, uint64_t now_ms)
{
    if (is_heard(o, OTA_REQUESTED, now_ms) && !ota_judge_header(&o->judge, name, value, OTA_HEADERS_MAX)) {
        lose(o, true, "an answer with too many headers", "");
    }
}

static void follow(struct ota *o)
{
    if (++o->redirects > OTA_REDIRECTS_MAX) {
        ota_fail(o, "DOWNLOAD", "too many redirects", "");
        step(o, OTA_EVENT_FAIL);
        return;
    }
    step(o, OTA_EVENT_MOVED);
}

static void start_over(struct ota *o, const char *what)
{
    ota_fail(o, "DOWNLOAD", what, "");
    if (o->record.restarts >= OTA_RESTARTS_MAX) {
        step(o, OTA_EVENT_FAIL);
        return;
    }
    o->record.restarts++;
    step(o, OTA_EVENT_START);
}

void ota_answer_headers_end(struct ota *o, uint64_t now_ms)
{
    const char *what = "";

    if (!is_heard(o, OTA_REQUESTED, now_ms)) {
        return;
    }
    const enum ota_verdict verdict = ota_judge_verdict(&o->judge, &what);
    switch (verdict) {
    case OTA_VERDICT_GOOD:
        step(o, OTA_EVENT_DONE);
        break;
    case OTA_VERDICT_MOVED:
        follow(o);
        break;
    case OTA_VERDICT_CHANGED:
        start_over(o, what);
        break;
    case OTA_VERDICT_LATER:
    case OTA_VERDICT_BAD:
        lose(o, verdict == OTA_VERDICT_BAD, what, "");
        break;
    default:
        ota_fail(o, "DOWNLOAD", what, "");
        step(o, verdict == OTA_VERDICT_DENIED && o->denials < OTA_DENIED_MAX ? OTA_EVENT_DENIED
                                                                             : OTA_EVENT_FAIL);
        break;
    }
}

/* The block in the workspace is whole. false: the storage does not take it. */
static bool keep_block(struct ota *o)
{
    enum err err = o->io.write(o->io.ctx, o->next, o->workspace->block, o->fill);

    if (err) {
        ota_fail(o, "STORAGE", "the slot does not take a block: ", err_text(err));
        step(o, OTA_EVENT_AGAIN);
        return false;
    }
    o->have += o->fill;
    o->fill = 0;
    o->next++;
    o->failures = o->bads = o->denials = o->holds = 0;
    ota_effects_tell(o);
    return true;
}

bool ota_answer_bytes(struct ota *o, const void *bytes, size_t len, uint64_t now_ms)
{
    const uint8_t *from = bytes;

    if (!is_heard(o, OTA_RECEIVING, now_ms) || !o->is_judged) {
        return false;
    }
    if (len > 0) {
        o->at_ms = now_ms + OTA_STALL_MS;
    }
    while (len > 0) {
        if (o->offset > o->judge.last) {
            lose(o, true, "the server gives more bytes than it has said", "");
            return false;
        }
        const uint32_t room = ota_block_len(o, o->next) - o->fill;
        const uint32_t left = o->judge.last - o->offset + 1;
        uint32_t take = room < left ? room : left;
        take = take < len ? take : (uint32_t)len;
        memcpy(o->workspace->block + o->fill, from, take);
        o->fill += take;
        o->offset += take;
        from += take;
        len -= take;
        if (take == room && !keep_block(o)) {
            return false;
        }
    }
    return true;
}

void ota_answer_end(struct ota *o, uint64_t now_ms)
{
    if (is_heard(o, OTA_REQUESTED, now_ms)) {
        lose(o, true, "an answer without headers", "");
        return;
    }
    if (!is_heard(o, OTA_RECEIVING, now_ms)) {
        return;
    }
    if (o->offset <= o->judge.last) {
        lose(o, false, "the answer ended too early", "");
        return;
    }
    o->is_asked = false; /* it was read to its end: its connection stays */
    step(o, OTA_EVENT_MORE);
}

void ota_answer_failed(struct ota *o, enum err reason, uint64_t now_ms)
{
    o->now_ms = now_ms;
    if (o->is_asked && ota_is_in(o, OTA_SET(OTA_REQUESTED) | OTA_SET(OTA_RECEIVING))) {
        lose(o, false, "the download was interrupted: ", err_text(reason));
    }
}

/* ---- the rest */

void ota_health(struct ota *o, bool is_healthy, const char *why, uint64_t now_ms)
{
    o->now_ms = now_ms;
    if (o->state != OTA_TESTING) {
        return;
    }
    if (!is_healthy) {
        ota_fail(o, "ROLLED_BACK", "the new image is not healthy: ", why != NULL ? why : "");
    }
    step(o, is_healthy ? OTA_EVENT_HEALTHY : OTA_EVENT_ILL);
}

void ota_tick(struct ota *o, uint64_t now_ms)
{
    o->now_ms = now_ms;
    if (o->at_ms <= now_ms) {
        step(o, OTA_EVENT_DUE);
    }
}

uint64_t ota_wake_at_ms(const struct ota *o)
{
    return o->at_ms;
}

bool ota_cancel(struct ota *o, uint64_t now_ms)
{
    o->now_ms = now_ms;
    if (!ota_is_in(o, BEFORE_TRIAL) || o->is_vetted) {
        return false;
    }
    step(o, OTA_EVENT_CANCEL);
    return true;
}

bool ota_is_active(const struct ota *o)
{
    return o->state != OTA_OFF;
}

bool ota_is_testing(const struct ota *o)
{
    return o->state == OTA_TESTING;
}

const char *ota_job_id(const struct ota *o)
{
    return o->state != OTA_OFF ? o->record.job_id : "";
}

void ota_progress(const struct ota *o, struct ota_progress *progress)
{
    ota_effects_progress(o, progress);
}

const char *ota_problem(const struct ota *o)
{
    return o->problem;
}

void ota_check(const struct ota *o)
{
    (void)o; /* without asserts */
    assert(o->state < OTA_STATE_COUNT);
    assert(!o->is_asked || ota_is_in(o, OTA_SET(OTA_REQUESTED) | OTA_SET(OTA_RECEIVING)));
    assert(!o->is_judged || o->state == OTA_RECEIVING);
    assert(o->state != OTA_RECEIVING || (o->is_begun && o->is_judged));
    assert(ota_is_in(o, OTA_SET(OTA_OFF) | OTA_SET(OTA_RECEIVING)) || o->fill == 0);
    assert((o->state == OTA_OFF) == (o->at_ms == OTA_NEVER));
    assert(!ota_is_in(o, NEW_IMAGE) || (o->is_vetted && o->record.from_slot != o->slots.running_slot));
    assert(!ota_is_in(o, OTA_SET(OTA_ACTIVATING) | OTA_SET(OTA_RESTARTING)) ||
           (o->is_vetted && o->record.stage >= OTA_STAGE_TRIAL));
    assert(o->record.size == 0 || o->have <= o->record.size);
    assert(o->record.restarts <= OTA_RESTARTS_MAX && o->record.trials <= OTA_TRIALS_MAX);
}
