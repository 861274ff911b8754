/* SPDX-License-Identifier: MIT */
/* The device below the machine: two slots, records, the journal of jobs. Each of its writes can fail, and can meet a power cut. What must hold
 * at a write is held here. */
#include "ota/world.h"

#include <stdio.h>
#include <string.h>

static uint8_t other(const struct world *w)
{
    return (uint8_t)(1 - w->running);
}

static bool is_old_image(const struct world *w)
{
    return w->weather == WEATHER_SAME ? is_image(w, w->running, 1, w->size)
                                      : is_image(w, w->running, 0, OLD_SIZE);
}

/* Flash that fails, or meets a power cut: true: the write happens, *is_cut: and the power goes after it. */
static enum err flash_begins(struct world *w, enum point point, bool *is_cut)
{
    const unsigned option = choose(w, point);

    if (option == FLASH_BEFORE) {
        power_off(w);
    }
    *is_cut = option == FLASH_AFTER;
    return option == FLASH_FAILS ? ERR_STORAGE : ERR_OK;
}

static enum err describe(void *ctx, struct ota_slots *slots)
{
    struct world *w = ctx;

    *slots = (struct ota_slots){.running_slot = w->running,
                                .running = w->running_state,
                                .other = w->other_state,
                                .capacity_bytes = SLOT_BYTES,
                                .block_bytes = BLOCK,
                                .boots = w->boots};
    return ERR_OK;
}

static enum err begin(void *ctx, uint32_t image_bytes)
{
    struct world *w = ctx;
    bool is_cut;
    enum err err = flash_begins(w, POINT_BEGIN, &is_cut);

    if (image_bytes > SLOT_BYTES) {
        return ERR_TOO_LONG;
    }
    if (!err) {
        memset(w->slots[other(w)].is_written, 0, sizeof(w->slots[0].is_written));
        w->other_state = OTA_OTHER_UNUSED;
    }
    if (is_cut) {
        power_off(w);
    }
    return err;
}

static enum err write_block(void *ctx, uint32_t index, const void *bytes, size_t len)
{
    struct world *w = ctx;
    const unsigned option = choose(w, POINT_WRITE);
    struct slot *slot = &w->slots[other(w)];

    if (index >= SLOT_BLOCKS || len == 0 || len > BLOCK) {
        broken(w, "a write of %zu bytes to block %u", len, (unsigned)index);
        return ERR_RANGE;
    }
    if (slot->is_written[index]) {
        broken(w, "block %u is written twice", (unsigned)index);
    }
    if (w->other_state != OTA_OTHER_UNUSED || w->is_cancelled) {
        broken(w, "a slot is written that was not begun");
    }
    if (option == WRITE_BEFORE) {
        power_off(w);
    }
    memset(slot->bytes + (size_t)index * BLOCK, 0xFF, BLOCK);
    if (option == WRITE_INSIDE) {
        memcpy(slot->bytes + (size_t)index * BLOCK, bytes, len / 2);
        power_off(w);
    }
    if (option == WRITE_FAILS) {
        return ERR_STORAGE;
    }
    memcpy(slot->bytes + (size_t)index * BLOCK, bytes, len);
    slot->is_written[index] = true;
    if (option == WRITE_AFTER) {
        power_off(w);
    }
    return ERR_OK;
}

static bool is_written(void *ctx, uint32_t index)
{
    struct world *w = ctx;
    return index < SLOT_BLOCKS && w->slots[other(w)].is_written[index];
}

static enum err read_slot(void *ctx, bool of_running, uint32_t offset, void *bytes, size_t len)
{
    struct world *w = ctx;
    const unsigned option = choose(w, POINT_READ);
    const struct slot *slot = &w->slots[of_running ? w->running : other(w)];

    if (option == READ_CUT) {
        power_off(w);
    }
    if (option == READ_FAILS || offset + len > SLOT_BYTES) {
        return ERR_STORAGE;
    }
    memcpy(bytes, slot->bytes + offset, len);
    if (option == READ_FLIPPED) {
        ((uint8_t *)bytes)[len / 2] ^= 4;
    }
    return ERR_OK;
}

/* No unverified image is ever activated. */
static enum err activate(void *ctx)
{
    struct world *w = ctx;
    const unsigned option = choose(w, POINT_ACTIVATE);

    if (!is_image(w, other(w), wanted_image(w), w->size)) {
        broken(w, "an image is activated that is not the document's");
    }
    if (w->weather == WEATHER_FORGED) {
        broken(w, "an image is activated whose signature is forged");
    }
    if (option == FLASH_BEFORE) {
        power_off(w);
    }
    if (option == FLASH_FAILS || option == ACTIVATE_REFUSED) {
        return option == FLASH_FAILS ? ERR_STORAGE : ERR_CORRUPT;
    }
    w->other_state = OTA_OTHER_NEXT;
    if (option == FLASH_AFTER) {
        power_off(w);
    }
    return ERR_OK;
}

static enum err confirm(void *ctx)
{
    struct world *w = ctx;
    bool is_cut;
    enum err err = flash_begins(w, POINT_CONFIRM, &is_cut);

    if (!is_image(w, w->running, wanted_image(w), w->size)) {
        broken(w, "another image than the new one is confirmed");
    }
    if (!err) {
        w->running_state = OTA_RUNNING_CONFIRMED;
        w->other_state = OTA_OTHER_USABLE;
    }
    if (is_cut) {
        power_off(w);
    }
    return err;
}

static enum err roll_back(void *ctx)
{
    struct world *w = ctx;
    const unsigned option = choose(w, POINT_REVERT);

    if (option == REVERT_BEFORE) {
        power_off(w);
    }
    if (option == REVERT_FAILS) {
        return ERR_STORAGE;
    }
    if (option == REVERT_LATE) {
        return ERR_OK;
    }
    w->running = other(w);
    w->running_state = OTA_RUNNING_CONFIRMED;
    w->other_state = OTA_OTHER_TRIED;
    w->cuts--; /* it is no power cut */
    power_off(w);
}

/* A hash that is good enough here: each byte counts, in its place. */
static void hash_begin(void *ctx)
{
    struct world *w = ctx;
    for (int i = 0; i < 4; i++) {
        w->hash[i] = 0xcbf29ce484222325u + (uint64_t)i;
    }
}

static void hash_add(void *ctx, const void *bytes, size_t len)
{
    struct world *w = ctx;
    for (size_t at = 0; at < len; at++) {
        for (unsigned i = 0; i < 4; i++) {
            w->hash[i] = (w->hash[i] ^ (((const uint8_t *)bytes)[at] + i)) * 0x100000001b3u;
        }
    }
}

static void hash_end(void *ctx, uint8_t digest[OTA_DIGEST_BYTES])
{
    struct world *w = ctx;
    memcpy(digest, w->hash, sizeof(w->hash));
}

void image_digest(unsigned image, uint32_t size, uint8_t digest[OTA_DIGEST_BYTES])
{
    static struct world w;

    hash_begin(&w);
    for (uint32_t at = 0; at < size; at++) {
        const uint8_t byte = image_byte(image, at);
        hash_add(&w, &byte, 1);
    }
    hash_end(&w, digest);
}

static bool is_signed(void *ctx, const uint8_t digest[OTA_DIGEST_BYTES], const uint8_t *signature, size_t len)
{
    const struct world *w = ctx;
    (void)digest;
    return w->weather != WEATHER_FORGED && len > 0 && signature[0] == 0x30;
}

/* ---- network */

static enum err request(void *ctx, const char *url, uint32_t first, uint32_t last)
{
    struct world *w = ctx;
    const unsigned option = choose(w, POINT_REQUEST);
    unsigned link = 0;

    if (w->answer.is_there) {
        broken(w, "a request while an answer is on its way");
    }
    if (sscanf(url, "https://s3.example/new?link=%u", &link) != 1 &&
        strcmp(url, "https://other.example/new") != 0) {
        broken(w, "a request to another place: %s", url);
    }
    if (first % BLOCK != 0 || last < first || w->is_cancelled || w->is_final) {
        broken(w, "a request of bytes %u-%u", (unsigned)first, (unsigned)last);
    }
    if (option == REQUEST_CUT) {
        power_off(w);
    }
    if (option == REQUEST_UNSENT) {
        return ERR_OFFLINE;
    }
    tell(w, "GET %s %u-%u", url, (unsigned)first, (unsigned)last);
    w->link = link != 0 ? link : w->link_wanted;
    w->answer = (struct answer){
        .is_there = true, .is_silent = option == REQUEST_SILENT, .first = first, .last = last};
    w->answer.option = option == REQUEST_REFUSED ? UINT32_MAX : 0;
    return ERR_OK;
}

static void drop(void *ctx)
{
    struct world *w = ctx;
    w->answer.is_there = false;
}

static enum err refresh(void *ctx)
{
    struct world *w = ctx;
    const unsigned option = choose(w, POINT_REFRESH);

    if (option == REFRESH_CUT) {
        power_off(w);
    }
    if (option == REFRESH_FAILS) {
        return ERR_OFFLINE;
    }
    w->is_fresh_other = option == REFRESH_OTHER;
    w->fresh_at_ms = option == REFRESH_SILENT ? OTA_NEVER : w->now_ms + 200;
    return ERR_OK;
}

/* ---- records and jobs */

static enum err put(void *ctx, char *record, size_t payload_len)
{
    struct world *w = ctx;
    struct ota_record found;
    bool is_cut;
    enum err err = flash_begins(w, POINT_PUT, &is_cut);

    if (!ota_record_read((struct slice){record + RECORD_HEADER_BYTES, payload_len}, &found)) {
        broken(w, "a record is put that cannot be read");
    }
    if (!err) {
        w->record_len = record_seal(RECORD_OTA, record, payload_len);
        memcpy(w->record, record, w->record_len);
        w->writes++;
        tell(w, "put: stage %u, trial %u", found.stage, found.trials);
    }
    if (is_cut) {
        power_off(w);
    }
    return err;
}

static enum err erase(void *ctx)
{
    struct world *w = ctx;
    bool is_cut;
    enum err err = flash_begins(w, POINT_ERASE, &is_cut);

    if (!w->is_final) {
        broken(w, "the record is erased before the job's end is in the journal");
    }
    if (!err) {
        w->record_len = 0;
        w->writes++;
    }
    if (is_cut) {
        power_off(w);
    }
    return err;
}

static enum ota_permission ask(void *ctx, const struct ota_document *update, uint32_t *again_ms)
{
    struct world *w = ctx;
    const unsigned option = choose(w, POINT_ASK);

    (void)update;
    if (option == ASK_CUT) {
        power_off(w);
    }
    *again_ms = 60000;
    return option == ASK_NOT_YET ? OTA_NOT_YET : option == ASK_NEVER ? OTA_MAY_NOT : OTA_MAY_BEGIN;
}

static void restart(void *ctx)
{
    struct world *w = ctx;
    const unsigned option = choose(w, POINT_RESTART);

    if (option == RESTART_NOT) {
        return;
    }
    w->cuts -= option != RESTART_CUT;
    power_off(w);
}

/* Nothing ends SUCCEEDED without the new digest running. */
static enum err report(void *ctx, const struct ota_outcome *outcome)
{
    struct world *w = ctx;
    bool is_cut;
    enum err err = flash_begins(w, POINT_REPORT, &is_cut);

    if (strcmp(outcome->job_id, "job-1") != 0) {
        broken(w, "another job is reported: %s", outcome->job_id);
    }
    if (outcome->is_good &&
        (!is_image(w, w->running, wanted_image(w), w->size) || w->running_state != OTA_RUNNING_CONFIRMED)) {
        broken(w, "SUCCEEDED, and the new image does not run for good");
    }
    if (strcmp(outcome->reason, "ROLLED_BACK") == 0 && !is_old_image(w)) {
        broken(w, "ROLLED_BACK, and the old image does not run");
    }
    if (!outcome->is_good && (outcome->reason[0] == '\0' || outcome->message[0] == '\0')) {
        broken(w, "FAILED without a reason");
    }
    if (w->is_cancelled) {
        broken(w, "a job that was given up is reported");
    }
    if (!err && !w->is_final) { /* what comes twice is not heard */
        w->is_final = true;
        w->is_final_good = outcome->is_good;
        snprintf(w->reason, sizeof(w->reason), "%s", outcome->reason);
        tell(w, "%s %s %s", outcome->is_good ? "SUCCEEDED" : "FAILED", outcome->reason, outcome->message);
    }
    if (is_cut) {
        power_off(w);
    }
    return err;
}

static void progressed(void *ctx, const struct ota_progress *progress)
{
    struct world *w = ctx;

    if (progress->percent > 99 || progress->bytes > SLOT_BYTES || progress->phase[0] == '\0') {
        broken(w, "progress of %u %%", progress->percent);
    }
}

static uint32_t draw(void *ctx)
{
    (void)ctx;
    return 7;
}

static void say(void *ctx, enum log_level level, const char *text)
{
    struct world *w = ctx;

    (void)level;
    if (strstr(text, "link=") != NULL) {
        broken(w, "a link stands in the log");
    }
    tell(w, "%s", text);
}

struct ota_io device_io(struct world *w)
{
    return (struct ota_io){.ctx = w,
                           .describe = describe,
                           .begin = begin,
                           .write = write_block,
                           .is_written = is_written,
                           .read = read_slot,
                           .activate = activate,
                           .confirm = confirm,
                           .roll_back = roll_back,
                           .hash_begin = hash_begin,
                           .hash_add = hash_add,
                           .hash_end = hash_end,
                           .is_signed = is_signed,
                           .request = request,
                           .drop = drop,
                           .refresh = refresh,
                           .put = put,
                           .erase = erase,
                           .ask = ask,
                           .restart = restart,
                           .report = report,
                           .progressed = progressed,
                           .random = draw,
                           .log = say};
}
