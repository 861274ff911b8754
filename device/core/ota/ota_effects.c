/* SPDX-License-Identifier: MIT */
/* What the machine does: each function is an effect of the table in ota_steps.c, and says which event follows from it. */
#include "device/core/ota/ota_effects.h"

#include "device/core/link/backoff.h"
#include "device/core/text.h"

#include <assert.h>
#include <string.h>

static void say(struct ota *o, enum log_level level, const char *what, const char *detail)
{
    char line[OTA_LINE_CAP] = "update: ";

    text_append(line, sizeof(line), what);
    text_append(line, sizeof(line), detail);
    o->io.log(o->io.ctx, level, line);
}

static void say_again_at(struct ota *o)
{
    char again[48] = "; again in ";

    text_append_number(again, sizeof(again), (int64_t)((o->at_ms - o->now_ms + 999) / 1000));
    text_append(again, sizeof(again), " s");
    say(o, LOG_LEVEL_ERROR, o->problem, again);
}

void ota_fail(struct ota *o, const char *reason, const char *what, const char *detail)
{
    o->reason = reason;
    o->problem[0] = '\0';
    text_append(o->problem, sizeof(o->problem), what);
    text_append(o->problem, sizeof(o->problem), detail);
}

/* ---- progress */

void ota_effects_progress(const struct ota *o, struct ota_progress *progress)
{
    static const struct {
        const char *phase;
        uint8_t percent;
    } shown[OTA_STATE_COUNT] = {
        [OTA_OFF] = {"idle", 0},
        [OTA_COMPARING] = {"comparing", 0},
        [OTA_ALLOWING] = {"waiting for permission", 0},
        [OTA_LOOKING] = {"looking", 0},
        [OTA_PREPARING] = {"preparing", 0},
        [OTA_REQUESTED] = {"downloading", 0},
        [OTA_RECEIVING] = {"downloading", 0},
        [OTA_PAUSED] = {"waiting for the server", 0},
        [OTA_REFRESHING] = {"waiting for a link", 0},
        [OTA_VERIFYING] = {"verifying", 91},
        [OTA_ARMING] = {"activating", 93},
        [OTA_ACTIVATING] = {"activating", 93},
        [OTA_RESTARTING] = {"restarting", 94},
        [OTA_PROVING] = {"testing", 95},
        [OTA_TESTING] = {"testing", 96},
        [OTA_PASSING] = {"confirming", 98},
        [OTA_CONFIRMING] = {"confirming", 99},
        [OTA_CONDEMNING] = {"rolling back", 95},
        [OTA_REVERTING] = {"rolling back", 95},
        [OTA_REPORTING] = {"reporting", 99},
        [OTA_CLEARING] = {"reporting", 99},
    };
    *progress = (struct ota_progress){.phase = shown[o->state].phase, .percent = shown[o->state].percent};
    if (progress->percent == 0 && o->state != OTA_OFF && o->record.size > 0) {
        progress->percent = (uint8_t)((uint64_t)o->have * 90 / o->record.size);
    }
    progress->bytes = o->have;
    progress->rate = ota_is_in(o, OTA_SET(OTA_REQUESTED) | OTA_SET(OTA_RECEIVING)) ? o->rate : 0;
}

static void measure_rate(struct ota *o)
{
    const uint64_t since_ms = o->now_ms - o->rate_at_ms;

    if (since_ms < 2000) {
        return;
    }
    o->rate = o->have > o->rate_have ? (uint32_t)((uint64_t)(o->have - o->rate_have) * 1000 / since_ms) : 0;
    o->rate_have = o->have;
    o->rate_at_ms = o->now_ms;
}

void ota_effects_tell(struct ota *o)
{
    struct ota_progress progress;

    measure_rate(o);
    ota_effects_progress(o, &progress);
    const bool is_due = o->now_ms - o->progressed_at_ms >= CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS;
    if (o->io.progressed == NULL || (progress.phase == o->progressed_phase && !is_due)) {
        return;
    }
    o->progressed_phase = progress.phase;
    o->progressed_at_ms = o->now_ms;
    o->io.progressed(o->io.ctx, &progress);
}

/* ---- waiting */

static void wait_longer(struct ota *o, uint32_t base_ms, uint32_t cap_ms, uint8_t *failures)
{
    const uint32_t chance = o->io.random(o->io.ctx);

    o->at_ms = o->now_ms + backoff_ms(base_ms, cap_ms, *failures, chance);
    if (*failures < UINT8_MAX) {
        (*failures)++;
    }
}

static void drop(struct ota *o)
{
    if (o->is_asked) {
        o->io.drop(o->io.ctx);
    }
    o->is_asked = false;
    o->is_judged = false;
    o->fill = 0;
}

static enum ota_event pause_for(struct ota *o)
{
    drop(o);
    wait_longer(o, OTA_RETRY_BASE_MS, OTA_RETRY_CAP_MS, &o->failures);
    if (o->bads >= OTA_BAD_MAX) {
        return OTA_EVENT_FAIL;
    }
    say_again_at(o);
    return OTA_EVENT_NONE;
}

static enum ota_event hold(struct ota *o)
{
    drop(o);
    wait_longer(o, OTA_HOLD_BASE_MS, OTA_HOLD_CAP_MS, &o->holds);
    say_again_at(o);
    return OTA_EVENT_NONE;
}

static enum ota_event judge_storage(struct ota *o, enum err err, const char *what)
{
    if (err) {
        ota_fail(o, "STORAGE", what, err_text(err));
        return OTA_EVENT_AGAIN;
    }
    o->holds = 0;
    return OTA_EVENT_DONE;
}

static enum err put(struct ota *o)
{
    char *record = o->workspace->record;
    enum err err = o->io.put(o->io.ctx, record, ota_record_write(&o->record, record + RECORD_HEADER_BYTES));

    o->is_stored |= !err;
    return err;
}

/* The record as it is but for its stage; in the storage it is the old one, or this. */
static enum ota_event put_stage(struct ota *o, enum ota_stage stage)
{
    const struct ota_record before = o->record;

    o->record.stage = (uint8_t)stage;
    enum err err = put(o);
    if (err) {
        o->record = before;
    }
    return judge_storage(o, err, "the storage does not take the record ota: ");
}

/* ---- hashing of a slot's image, one block in each call. DONE: digest is that of the first `size` bytes. */

static enum ota_event hash_on(struct ota *o, bool of_running, uint32_t size, uint8_t digest[OTA_DIGEST_BYTES])
{
    const uint32_t offset = o->next * o->slots.block_bytes;
    const uint32_t len = size - offset < o->slots.block_bytes ? size - offset : o->slots.block_bytes;

    assert(offset < size);

    if (o->next == 0) {
        o->io.hash_begin(o->io.ctx);
    }
    enum err err = o->io.read(o->io.ctx, of_running, offset, o->workspace->block, len);
    if (err) {
        o->next = 0;
        return judge_storage(o, err, "a slot cannot be read: ");
    }
    o->io.hash_add(o->io.ctx, o->workspace->block, len);
    o->next++;
    if (offset + len < size) {
        o->at_ms = o->now_ms;
        return OTA_EVENT_NONE;
    }
    o->next = 0;
    o->holds = 0;
    o->io.hash_end(o->io.ctx, digest);
    return OTA_EVENT_DONE;
}

static enum ota_event compare(struct ota *o)
{
    uint8_t digest[OTA_DIGEST_BYTES];
    enum ota_event event = hash_on(o, true, o->compare_bytes, digest);

    if (event != OTA_EVENT_DONE || memcmp(digest, o->document.digest, sizeof(digest)) != 0) {
        return event;
    }
    say(o, LOG_LEVEL_INFO, "this image runs already", "");
    o->is_good = true;
    return OTA_EVENT_SAME;
}

static enum ota_event prove(struct ota *o)
{
    uint8_t digest[OTA_DIGEST_BYTES];

    if (o->now_ms >= o->healthy_by_ms && o->record.stage == OTA_STAGE_TRIAL) {
        ota_fail(o, "ROLLED_BACK", "the new image cannot be read: ", o->problem);
        return OTA_EVENT_ILL;
    }
    enum ota_event event = hash_on(o, true, o->record.size, digest);
    if (event != OTA_EVENT_DONE) {
        return event;
    }
    if (memcmp(digest, o->record.digest, sizeof(digest)) != 0) {
        ota_fail(o, "OTHER_IMAGE", "the image that runs is not the one that was verified", "");
        return o->slots.running == OTA_RUNNING_TRIAL ? OTA_EVENT_ILL : OTA_EVENT_FAIL;
    }
    return o->record.stage == OTA_STAGE_PASSED ? OTA_EVENT_PASSED : OTA_EVENT_DONE;
}

/* ---- before the download */

static enum ota_event allow(struct ota *o)
{
    uint32_t again_ms = 0;

    switch (o->io.ask(o->io.ctx, &o->document, &again_ms)) {
    case OTA_MAY_BEGIN:
        break;
    case OTA_MAY_NOT:
        ota_fail(o, "VETOED", "the application does not allow this update", "");
        return OTA_EVENT_FAIL;
    default:
        o->at_ms = o->now_ms + (again_ms > 0 ? again_ms : 1000);
        return OTA_EVENT_NONE;
    }
    o->next = 0;
    if (o->document.kind == OTA_KIND_ROLLBACK) {
        return OTA_EVENT_WHOLE;
    }
    return o->is_begun ? OTA_EVENT_DONE : OTA_EVENT_START;
}

/* Counts what is there, and stops nowhere: holes are fetched as they come. */
static enum ota_event look(struct ota *o)
{
    if (o->next == 0) {
        o->have = 0;
    }
    for (int looks = 0; looks < OTA_LOOKS && o->next < ota_block_count(o); looks++, o->next++) {
        if (o->io.is_written(o->io.ctx, o->next)) {
            o->have += ota_block_len(o, o->next);
        }
    }
    if (o->next < ota_block_count(o)) {
        o->at_ms = o->now_ms;
        return OTA_EVENT_NONE;
    }
    o->next = 0;
    o->is_recovered = o->have > 0;
    return OTA_EVENT_DONE;
}

/* ---- download */

/* Everything that is known of the object and its blocks is forgotten, before its blocks are. */
static enum ota_event prepare(struct ota *o)
{
    drop(o);
    o->is_begun = false;
    o->is_recovered = false;
    o->next = 0;
    o->have = 0;
    o->rate_have = 0;
    o->record.size = o->document.size;
    enum err err = o->io.begin(o->io.ctx, o->document.size);
    if (err == ERR_TOO_LONG) {
        ota_fail(o, "NO_SPACE", "the image does not fit into the slot", "");
        return OTA_EVENT_FAIL;
    }
    return judge_storage(o, err, "the slot cannot be made ready: ");
}

static enum ota_event ask(struct ota *o)
{
    const uint32_t block = o->slots.block_bytes;
    uint32_t last;

    drop(o);
    if (!o->is_begun) {
        last = o->config.range_blocks * block - 1;
    } else {
        uint32_t end = 0;
        while (o->next < ota_block_count(o) && o->io.is_written(o->io.ctx, o->next)) {
            o->next++;
        }
        if (o->next == ota_block_count(o)) {
            o->next = 0;
            return OTA_EVENT_WHOLE;
        }
        for (end = o->next + 1; end < ota_block_count(o) && end - o->next < o->config.range_blocks &&
                                !o->io.is_written(o->io.ctx, end);) {
            end++;
        }
        last = (end - 1) * block + ota_block_len(o, end - 1) - 1;
    }
    o->offset = o->next * block;
    const struct ota_object object = {.size = o->is_begun ? o->record.size : o->document.size,
                                      .etag_crc = o->record.etag_crc,
                                      .etag_len = o->record.etag_len,
                                      .is_begun = o->is_begun};
    ota_judge_begin(&o->judge, &object, o->offset, last, o->workspace->url, o->workspace->url_cap);
    enum err err = o->io.request(o->io.ctx, o->workspace->url, o->offset, last);
    if (err) {
        ota_fail(o, "DOWNLOAD", "the request could not be sent: ", err_text(err));
        return OTA_EVENT_LOST;
    }
    ota_fail(o, "DOWNLOAD", "the server gives no word", "");
    o->is_asked = true;
    o->at_ms = o->now_ms + OTA_STALL_MS;
    return OTA_EVENT_NONE;
}

/* The first good answer says which object it is: that is put before its first block is written. */
static enum ota_event take(struct ota *o)
{
    o->is_judged = true;
    o->redirects = 0;
    o->at_ms = o->now_ms + OTA_STALL_MS;
    if (o->is_begun) {
        return OTA_EVENT_NONE;
    }
    if (o->judge.total > o->slots.capacity_bytes) {
        ota_fail(o, "NO_SPACE", "the image does not fit into the slot", "");
        return OTA_EVENT_FAIL;
    }
    o->record.size = o->judge.total;
    o->record.etag_crc = o->judge.etag_crc;
    o->record.etag_len = o->judge.etag_len;
    enum ota_event event = put_stage(o, OTA_STAGE_LOADING);
    o->is_begun = event == OTA_EVENT_DONE;
    return o->is_begun ? OTA_EVENT_NONE : event;
}

static enum ota_event refresh(struct ota *o)
{
    drop(o);
    o->redirects = 0;
    if (o->io.refresh(o->io.ctx) != ERR_OK) {
        wait_longer(o, OTA_RETRY_BASE_MS, OTA_RETRY_CAP_MS, &o->failures);
    } else {
        o->at_ms = o->now_ms + OTA_FRESH_MS;
    }
    return OTA_EVENT_NONE;
}

/* ---- verify and activate */

/* Blocks of an earlier boot get one more chance; what the document's digest has found whole does not. */
static enum ota_event refuse_image(struct ota *o, bool is_torn, const char *reason, const char *what)
{
    const bool may_restart = is_torn && o->is_recovered && !o->is_vetted &&
                             o->record.restarts < OTA_RESTARTS_MAX && o->document.kind == OTA_KIND_UPDATE;

    ota_fail(o, reason, what, "");
    say(o, LOG_LEVEL_ERROR, o->problem, may_restart ? "; it is downloaded once more" : "");
    o->is_worthless = true;
    if (!may_restart) {
        return OTA_EVENT_FAIL;
    }
    o->record.restarts++;
    return OTA_EVENT_START;
}

static enum ota_event verify(struct ota *o)
{
    uint8_t digest[OTA_DIGEST_BYTES];
    enum ota_event event = hash_on(o, false, o->record.size, digest);

    if (event != OTA_EVENT_DONE) {
        return event;
    }
    if (o->record.has_digest && memcmp(digest, o->record.digest, sizeof(digest)) != 0) {
        return refuse_image(o, true, "WRONG_DIGEST",
                            "the image in the slot is not the document's: its SHA-256 is another one");
    }
    if (!o->is_vetted && o->config.public_key_pem != NULL &&
        !o->io.is_signed(o->io.ctx, digest, o->document.signature, o->document.signature_len)) {
        return refuse_image(o, !o->record.has_digest, "WRONG_SIGNATURE",
                            "the image's signature is not of the key that this device knows");
    }
    memcpy(o->record.digest, digest, sizeof(digest));
    o->record.has_digest = true;
    return OTA_EVENT_DONE;
}

/* A new trial is put. One that stands in the record already, and has not begun, is gone on with. */
static enum ota_event arm(struct ota *o)
{
    if (o->is_vetted && o->slots.other != OTA_OTHER_TRIED) {
        return OTA_EVENT_DONE;
    }
    const struct ota_record before = o->record;
    o->record.trials++;
    o->record.from_slot = o->slots.running_slot;
    enum ota_event event = put_stage(o, OTA_STAGE_TRIAL);
    if (event != OTA_EVENT_DONE) {
        o->record = before;
    }
    o->is_vetted |= event == OTA_EVENT_DONE;
    return event;
}

static enum ota_event activate(struct ota *o)
{
    enum err err = o->io.activate(o->io.ctx);

    if (err == ERR_CORRUPT) {
        ota_fail(o, "IMAGE_REFUSED", "the platform does not take the image", "");
        o->is_worthless = true;
        return OTA_EVENT_FAIL;
    }
    return judge_storage(o, err, "the image cannot be activated: ");
}

static enum ota_event restart(struct ota *o)
{
    o->at_ms = o->now_ms + OTA_RESTART_MS;
    o->io.restart(o->io.ctx);
    return OTA_EVENT_NONE;
}

/* ---- after the boot */

static enum ota_event test(struct ota *o)
{
    ota_fail(o, "ROLLED_BACK", "the new image was not found healthy in time", "");
    o->at_ms = o->healthy_by_ms;
    return OTA_EVENT_NONE;
}

static enum ota_event pass(struct ota *o)
{
    return put_stage(o, OTA_STAGE_PASSED);
}

static enum ota_event confirm(struct ota *o)
{
    enum ota_event event = judge_storage(o, o->io.confirm(o->io.ctx), "the new image cannot be confirmed: ");

    o->is_good = event == OTA_EVENT_DONE;
    return event;
}

/* The verdict is for the old image, which reports it. Without it the old image sees that the new one did not stay. */
static enum ota_event condemn(struct ota *o)
{
    if (o->record.problem[0] == '\0') {
        text_append(o->record.problem, sizeof(o->record.problem), o->problem);
        say(o, LOG_LEVEL_ERROR, o->problem, "; back to the image before");
    }
    enum ota_event event = put_stage(o, OTA_STAGE_FAILED);
    return event == OTA_EVENT_AGAIN && o->holds >= OTA_CONDEMN_MAX ? OTA_EVENT_DONE : event;
}

static enum ota_event revert(struct ota *o)
{
    enum err err = o->io.roll_back(o->io.ctx);

    if (err == ERR_NOT_FOUND) {
        ota_fail(o, "NOT_ROLLED_BACK",
                 "the new image is no good, and there is none to go back to: ", o->record.problem);
        return OTA_EVENT_FAIL;
    }
    if (err) {
        return judge_storage(o, err, "the image before cannot be booted: ");
    }
    o->at_ms = o->now_ms + OTA_RESTART_MS;
    return OTA_EVENT_NONE;
}

/* ---- the end */

static enum ota_event report(struct ota *o)
{
    drop(o);
    const struct ota_outcome outcome = {
        .job_id = o->record.job_id,
        .is_good = o->is_good,
        .reason = o->is_good ? "" : o->reason,
        .message = o->is_good ? (o->is_vetted ? "the new image runs" : "it runs already") : o->problem,
        .version = o->record.version,
        .digest = o->is_good && o->record.has_digest ? o->record.digest : NULL,
        .boots = o->slots.boots};
    if (o->io.report(o->io.ctx, &outcome) != ERR_OK) {
        wait_longer(o, OTA_HOLD_BASE_MS, OTA_HOLD_CAP_MS, &o->holds); /* the problem stays what it was */
        return OTA_EVENT_NONE;
    }
    o->holds = 0;
    return OTA_EVENT_DONE;
}

/* Blocks that are good stay for a later job of the same image. */
static enum ota_event clear(struct ota *o)
{
    if (!o->is_stored || (o->record.stage == OTA_STAGE_LOADING && !o->is_worthless)) {
        return OTA_EVENT_DONE;
    }
    if (o->io.erase(o->io.ctx) != ERR_OK) {
        ota_fail(o, o->reason, "the storage does not erase the record ota", "");
        return OTA_EVENT_AGAIN;
    }
    o->is_stored = false;
    o->is_begun = false;
    return OTA_EVENT_DONE;
}

/* What is not stored is not known to a later job either. */
static void forget(struct ota *o)
{
    if (!o->is_begun) {
        o->record.stage = 0;
    }
}

static enum ota_event end(struct ota *o)
{
    forget(o);
    say(o, o->is_good ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
        o->is_good ? "done" : "ended without a new image: ", o->is_good ? "" : o->problem);
    return OTA_EVENT_NONE;
}

static enum ota_event leave(struct ota *o)
{
    drop(o);
    forget(o);
    say(o, LOG_LEVEL_INFO, "given up, as the job was", "");
    return OTA_EVENT_NONE;
}

const ota_effect_fn ota_effects[OTA_EFFECT_COUNT] = {
    [OTA_EFFECT_COMPARE] = compare, [OTA_EFFECT_ALLOW] = allow,     [OTA_EFFECT_LOOK] = look,
    [OTA_EFFECT_PREPARE] = prepare, [OTA_EFFECT_ASK] = ask,         [OTA_EFFECT_TAKE] = take,
    [OTA_EFFECT_PAUSE] = pause_for, [OTA_EFFECT_HOLD] = hold,       [OTA_EFFECT_REFRESH] = refresh,
    [OTA_EFFECT_VERIFY] = verify,   [OTA_EFFECT_ARM] = arm,         [OTA_EFFECT_ACTIVATE] = activate,
    [OTA_EFFECT_RESTART] = restart, [OTA_EFFECT_PROVE] = prove,     [OTA_EFFECT_TEST] = test,
    [OTA_EFFECT_PASS] = pass,       [OTA_EFFECT_CONFIRM] = confirm, [OTA_EFFECT_CONDEMN] = condemn,
    [OTA_EFFECT_REVERT] = revert,   [OTA_EFFECT_REPORT] = report,   [OTA_EFFECT_CLEAR] = clear,
    [OTA_EFFECT_END] = end,         [OTA_EFFECT_LEAVE] = leave,
};
