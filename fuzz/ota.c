/* SPDX-License-Identifier: MIT */
/* A firmware update whose document and whose server's answers are whatever they like. Input: a first line is the document (with an r in front: of a
 * rollback), then lines whose first byte says what happens, the rest is a header or a body. Whatever comes: no crash, invariants that hold
 * (ota_check), links that are https, requests within the image, blocks within the slot and never twice, records that can be read, nothing activated
 * whose digest is not the document's. */
#include "device/core/ota/ota.h"

#include "fuzz/require.h"

#include <string.h>

#define BLOCK  16
#define BLOCKS 32
#define EVENTS 400

static struct device {
    struct ota machine;
    struct ota_workspace workspace;
    uint8_t block[BLOCK];
    char url[64];
    char document[1024];
    size_t document_len;
    bool is_rollback, is_asked, fails;
    bool written[BLOCKS];
    uint8_t slot[BLOCK * BLOCKS];
    uint8_t hash[OTA_DIGEST_BYTES];
    uint32_t hashed;
    char record[RECORD_BYTES(OTA_RECORD_BYTES)];
    size_t record_len;
    bool is_new;
    uint64_t now_ms;
} device;

static enum err fate(void)
{
    return device.fails ? ERR_STORAGE : ERR_OK;
}

static enum err describe(void *ctx, struct ota_slots *slots)
{
    (void)ctx;
    *slots = (struct ota_slots){.running_slot = device.is_new,
                                .running = device.is_new ? OTA_RUNNING_TRIAL : OTA_RUNNING_CONFIRMED,
                                .capacity_bytes = sizeof(device.slot),
                                .block_bytes = BLOCK};
    return ERR_OK;
}

static enum err begin(void *ctx, uint32_t image_bytes)
{
    (void)ctx;
    memset(device.written, 0, sizeof(device.written));
    return image_bytes > sizeof(device.slot) ? ERR_TOO_LONG : fate();
}

static enum err write_block(void *ctx, uint32_t index, const void *bytes, size_t len)
{
    (void)ctx;
    REQUIRE(index < BLOCKS && len > 0 && len <= BLOCK && !device.written[index]);
    if (device.fails) {
        return ERR_STORAGE;
    }
    memcpy(device.slot + (size_t)index * BLOCK, bytes, len);
    device.written[index] = true;
    return ERR_OK;
}

static bool is_written(void *ctx, uint32_t index)
{
    (void)ctx;
    REQUIRE(index < BLOCKS);
    return device.written[index];
}

static enum err read_slot(void *ctx, bool of_running, uint32_t offset, void *bytes, size_t len)
{
    (void)ctx;
    if (len > sizeof(device.slot) || offset > sizeof(device.slot) - len) {
        return ERR_RANGE;
    }
    memcpy(bytes, device.slot + offset, len);
    if (of_running && !device.is_new) {
        memset(bytes, 0, len);
    }
    return fate();
}

/* The digest is the sum of the bytes, in its first byte: an input can find it. */
static void hash_begin(void *ctx)
{
    (void)ctx;
    memset(device.hash, 0, sizeof(device.hash));
}

static void hash_add(void *ctx, const void *bytes, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        device.hash[0] = (uint8_t)(device.hash[0] + ((const uint8_t *)bytes)[i]);
    }
}

static void hash_end(void *ctx, uint8_t digest[OTA_DIGEST_BYTES])
{
    (void)ctx;
    memcpy(digest, device.hash, sizeof(device.hash));
}

static bool is_signed(void *ctx, const uint8_t digest[OTA_DIGEST_BYTES], const uint8_t *signature, size_t len)
{
    (void)ctx;
    (void)digest;
    REQUIRE(len >= 8 && len <= OTA_SIGNATURE_BYTES && signature[0] == 0x30);
    return true;
}

static enum err activate(void *ctx)
{
    (void)ctx;
    REQUIRE(device.machine.record.stage == OTA_STAGE_TRIAL && device.record_len > 0);
    REQUIRE(memcmp(device.machine.record.digest, device.hash, sizeof(device.hash)) == 0);
    return fate();
}

static enum err end_boot(void *ctx)
{
    (void)ctx;
    return fate();
}

static enum err request(void *ctx, const char *url, uint32_t first, uint32_t last)
{
    (void)ctx;
    REQUIRE(ota_document_is_link(slice_from(url)) && strlen(url) < sizeof(device.url));
    REQUIRE(first <= last && first % BLOCK == 0 && !device.is_asked);
    device.is_asked = !device.fails;
    return device.fails ? ERR_OFFLINE : ERR_OK;
}

static void drop(void *ctx)
{
    (void)ctx;
    device.is_asked = false;
}

static enum err refresh(void *ctx)
{
    (void)ctx;
    return device.fails ? ERR_OFFLINE : ERR_OK;
}

static enum err put(void *ctx, char *record, size_t payload_len)
{
    struct ota_record found;

    (void)ctx;
    REQUIRE(ota_record_read((struct slice){record + RECORD_HEADER_BYTES, payload_len}, &found));
    if (device.fails) {
        return ERR_STORAGE;
    }
    device.record_len = record_seal(RECORD_OTA, record, payload_len);
    memcpy(device.record, record, device.record_len);
    return ERR_OK;
}

static enum err erase(void *ctx)
{
    (void)ctx;
    device.record_len = device.fails ? device.record_len : 0;
    return fate();
}

static enum ota_permission ask(void *ctx, const struct ota_document *update, uint32_t *again_ms)
{
    (void)ctx;
    REQUIRE(update->signature_len <= OTA_SIGNATURE_BYTES);
    *again_ms = 1000;
    return device.fails ? OTA_NOT_YET : OTA_MAY_BEGIN;
}

static void restart(void *ctx)
{
    (void)ctx;
}

static enum err report(void *ctx, const struct ota_outcome *outcome)
{
    (void)ctx;
    REQUIRE(outcome->is_good || (outcome->reason[0] != '\0' && outcome->message[0] != '\0'));
    return fate();
}

static void progressed(void *ctx, const struct ota_progress *progress)
{
    (void)ctx;
    REQUIRE(progress->percent < 100 && progress->phase[0] != '\0');
}

static uint32_t draw(void *ctx)
{
    (void)ctx;
    return 7;
}

static void say(void *ctx, enum log_level level, const char *text)
{
    (void)ctx;
    (void)level;
    REQUIRE(text[0] != '\0' && strlen(text) < 320 && strpbrk(text, "\n\r\t") == NULL);
    REQUIRE(strstr(text, "https://") == NULL);
}

static const struct ota_io io = {NULL,      describe, begin,    write_block, is_written, read_slot,
                                 activate,  end_boot, end_boot, hash_begin,  hash_add,   hash_end,
                                 is_signed, request,  drop,     refresh,     put,        erase,
                                 ask,       restart,  report,   progressed,  draw,       say};

static void boot(bool is_new)
{
    static const struct ota_config config = {.version = "1.0", .range_blocks = 3};
    struct slice payload = SLICE_EMPTY;

    device.is_new = is_new;
    device.is_asked = false;
    device.workspace.block = device.block;
    device.workspace.block_cap = sizeof(device.block);
    device.workspace.url = device.url;
    device.workspace.url_cap = sizeof(device.url);
    memcpy(device.workspace.record, device.record, device.record_len);
    (void)record_open(RECORD_OTA, (struct slice){device.workspace.record, device.record_len}, &payload);
    REQUIRE(ota_start(&device.machine, &config, &io, &device.workspace, payload, device.now_ms) == ERR_OK);
}

static void begin_job(void)
{
    struct slice document = {device.document, device.document_len};
    enum err err = ota_begin(&device.machine, device.is_rollback ? OTA_KIND_ROLLBACK : OTA_KIND_UPDATE, "job",
                             document, device.now_ms);

    REQUIRE(err != ERR_ARG || ota_problem(&device.machine)[0] != '\0');
}

static void tick(void)
{
    const uint64_t at = ota_wake_at_ms(&device.machine);

    if (at != OTA_NEVER) {
        device.now_ms = at > device.now_ms ? at : device.now_ms;
        ota_tick(&device.machine, device.now_ms);
    }
}

static void apply(char what, struct slice text)
{
    struct slice value = text;
    struct slice name;

    switch (what) {
    case 'S':
        ota_answer_status(&device.machine, text.len == 0 ? 0 : 200 + (unsigned)(uint8_t)text.ptr[0],
                          device.now_ms);
        break;
    case 'G': /* what most answers begin with */
        ota_answer_status(&device.machine, 206, device.now_ms);
        break;
    case 'H':
        name = slice_cut(&value, ':');
        ota_answer_header(&device.machine, name, value, device.now_ms);
        break;
    case 'E':
        ota_answer_headers_end(&device.machine, device.now_ms);
        break;
    case 'B':
        (void)ota_answer_bytes(&device.machine, text.ptr, text.len, device.now_ms);
        break;
    case '.':
        device.is_asked = false;
        ota_answer_end(&device.machine, device.now_ms);
        break;
    case 'X':
        device.is_asked = false;
        ota_answer_failed(&device.machine, ERR_OFFLINE, device.now_ms);
        break;
    case 'R':
        ota_refreshed(&device.machine, text, device.now_ms);
        break;
    case 'F':
        device.fails = !device.fails;
        break;
    case 'P':
        boot(text.len > 0 && text.ptr[0] == 'n');
        break;
    case 'J':
        begin_job();
        break;
    case 'C':
        (void)ota_cancel(&device.machine, device.now_ms);
        break;
    case 'h':
        ota_health(&device.machine, text.len == 0, "no", device.now_ms);
        break;
    default: /* T */
        tick();
        break;
    }
    ota_check(&device.machine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = {(const char *)data, size};
    struct slice document = slice_cut(&rest, '\n');

    memset(&device, 0, sizeof(device));
    device.now_ms = 1000;
    device.is_rollback = document.len > 0 && document.ptr[0] == 'r';
    document = (struct slice){document.ptr + device.is_rollback, document.len - device.is_rollback};
    device.document_len = document.len < sizeof(device.document) ? document.len : sizeof(device.document);
    memcpy(device.document, size > 0 ? document.ptr : "", device.document_len);
    boot(false);
    begin_job();
    for (int i = 0; i < EVENTS && rest.len > 0; i++) {
        struct slice line = slice_cut(&rest, '\n');
        if (line.len > 0) {
            apply(line.ptr[0], (struct slice){line.ptr + 1, line.len - 1});
        }
    }
    return 0;
}
