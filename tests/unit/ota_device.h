/* SPDX-License-Identifier: MIT */
/* A device that is updated, for tests of device/core/ota: storage that works, slots of a few blocks, and what the machine did last. Behind
 * cmocka's header. */
#ifndef TESTS_UNIT_OTA_DEVICE_H
#define TESTS_UNIT_OTA_DEVICE_H

#include "device/core/ota/ota.h"

#include <stdio.h>
#include <string.h>

#define BLOCK   64
#define DIGEST1 "0100000000000000000000000000000000000000000000000000000000000000"
#define UPDATE  "{\"url\":\"https://a/b\",\"size\":256,\"sha256\":\"" DIGEST1 "\",\"version\":\"1.5\"}"

#define SIGNED                                                                                               \
    "{\"url\":\"https://a/b\",\"size\":256,\"sha256\":\"" DIGEST1 "\",\"signature\":\"MAYCAQECAQE=\"}"

static struct device {
    struct ota machine;
    struct ota_workspace workspace;
    uint8_t block[BLOCK];
    char url[80];
    struct ota_slots slots;
    struct ota_config config;
    bool written[256], is_forged;
    enum err begin_err, describe_err, activate_err, write_err, put_err, roll_back_err;
    unsigned activations, refreshes, roll_backs;
    char asked[120]; /* the last request */
    unsigned requests, drops, reports, restarts;
    struct ota_outcome outcome;
    char message[200];
    struct ota_progress progress;
    unsigned progresses;
    enum ota_permission permission;
    uint32_t again_ms;
    uint8_t hash; /* first byte of the digest that comes out */
    char record[RECORD_BYTES(OTA_RECORD_BYTES)];
    size_t record_len;
    char lines[2000];
    uint64_t now_ms;
} d;

static enum err describe(void *ctx, struct ota_slots *slots)
{
    (void)ctx;
    *slots = d.slots;
    return d.describe_err;
}

static enum err begin(void *ctx, uint32_t image_bytes)
{
    (void)ctx;
    (void)image_bytes;
    memset(d.written, 0, sizeof(d.written));
    return d.begin_err;
}

static enum err write_block(void *ctx, uint32_t index, const void *bytes, size_t len)
{
    (void)ctx;
    (void)bytes;
    assert_true(len > 0 && index < 256);
    d.written[index] = d.write_err == ERR_OK;
    return d.write_err;
}

static bool is_written(void *ctx, uint32_t index)
{
    (void)ctx;
    return d.written[index];
}

static enum err read_slot(void *ctx, bool of_running, uint32_t offset, void *bytes, size_t len)
{
    (void)ctx;
    (void)of_running;
    (void)offset;
    memset(bytes, 1, len);
    return ERR_OK;
}

static enum err activate(void *ctx)
{
    (void)ctx;
    d.activations++;
    return d.activate_err;
}

static enum err refresh(void *ctx)
{
    (void)ctx;
    d.refreshes++;
    return ERR_OK;
}

static enum err roll_back(void *ctx)
{
    (void)ctx;
    d.roll_backs++;
    return d.roll_back_err;
}

static enum err good(void *ctx)
{
    (void)ctx;
    return ERR_OK;
}

static void hash_begin(void *ctx)
{
    (void)ctx;
}

static void hash_add(void *ctx, const void *bytes, size_t len)
{
    (void)ctx;
    (void)bytes;
    (void)len;
}

static void hash_end(void *ctx, uint8_t digest[OTA_DIGEST_BYTES])
{
    (void)ctx;
    memset(digest, 0, OTA_DIGEST_BYTES);
    digest[0] = d.hash;
}

static bool is_signed(void *ctx, const uint8_t digest[OTA_DIGEST_BYTES], const uint8_t *signature, size_t len)
{
    (void)ctx;
    (void)digest;
    (void)signature;
    return len == 8 && !d.is_forged;
}

static enum err request(void *ctx, const char *url, uint32_t first, uint32_t last)
{
    (void)ctx;
    snprintf(d.asked, sizeof(d.asked), "%s %u-%u", url, (unsigned)first, (unsigned)last);
    d.requests++;
    return ERR_OK;
}

static void drop(void *ctx)
{
    (void)ctx;
    d.drops++;
}

static enum err put(void *ctx, char *record, size_t payload_len)
{
    (void)ctx;
    if (d.put_err) {
        return d.put_err;
    }
    d.record_len = record_seal(RECORD_OTA, record, payload_len);
    memcpy(d.record, record, d.record_len);
    return ERR_OK;
}

static enum err erase(void *ctx)
{
    (void)ctx;
    d.record_len = 0;
    return ERR_OK;
}

static enum ota_permission ask(void *ctx, const struct ota_document *update, uint32_t *again_ms)
{
    (void)ctx;
    (void)update;
    *again_ms = d.again_ms;
    return d.permission;
}

static void restart(void *ctx)
{
    (void)ctx;
    d.restarts++;
}

static enum err report(void *ctx, const struct ota_outcome *outcome)
{
    (void)ctx;
    d.outcome = *outcome;
    snprintf(d.message, sizeof(d.message), "%s", outcome->message);
    d.reports++;
    return ERR_OK;
}

static void progressed(void *ctx, const struct ota_progress *progress)
{
    (void)ctx;
    d.progress = *progress;
    d.progresses++;
}

static uint32_t draw(void *ctx)
{
    (void)ctx;
    return 0;
}

static void say(void *ctx, enum log_level level, const char *text)
{
    (void)ctx;
    (void)level;
    strncat(d.lines, text, sizeof(d.lines) - strlen(d.lines) - 1);
}

static const struct ota_io io = {.describe = describe,
                                 .begin = begin,
                                 .write = write_block,
                                 .is_written = is_written,
                                 .read = read_slot,
                                 .activate = activate,
                                 .confirm = good,
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

static void boot(void)
{
    struct slice payload = SLICE_EMPTY;

    d.workspace.block = d.block;
    d.workspace.block_cap = sizeof(d.block);
    d.workspace.url = d.url;
    d.workspace.url_cap = sizeof(d.url);
    memcpy(d.workspace.record, d.record, d.record_len);
    (void)record_open(RECORD_OTA, (struct slice){d.workspace.record, d.record_len}, &payload);
    assert_int_equal(ota_start(&d.machine, &d.config, &io, &d.workspace, payload, d.now_ms), ERR_OK);
}

static int setup(void **state)
{
    (void)state;
    memset(&d, 0, sizeof(d));
    d.now_ms = 1000;
    d.slots = (struct ota_slots){.capacity_bytes = 16384, .block_bytes = BLOCK, .boots = 7};
    d.config = (struct ota_config){.version = "1.2.0", .range_blocks = 2};
    boot();
    return 0;
}

static enum err begin_with(const char *document)
{
    return ota_begin(&d.machine, OTA_KIND_UPDATE, "job-1", slice_from(document), d.now_ms);
}

/* Until the machine wants something from outside. */
static void settle(void)
{
    for (int i = 0; i < 1000 && ota_wake_at_ms(&d.machine) <= d.now_ms; i++) {
        ota_tick(&d.machine, d.now_ms);
        ota_check(&d.machine);
    }
}

#endif
