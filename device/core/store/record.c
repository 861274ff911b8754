/* SPDX-License-Identifier: MIT */
/* Format 1, in the byte order of the device, which is the only one that reads it:
 *     magic u32, format u16, kind u16, payload's length u32, payload, CRC-32 u32 of all before
 * In every format the header stands first and the CRC last, so that a whole record of another one is known as that. */
#include "device/core/store/record.h"

#include "device/core/crc32.h"

#include <string.h>

#define MAGIC  0x5243444Au /* "JDCR" */
#define FORMAT 1

struct header {
    uint32_t magic;
    uint16_t format;
    uint16_t kind;
    uint32_t payload_len;
};
_Static_assert(sizeof(struct header) == RECORD_HEADER_BYTES, "the header has no holes");
_Static_assert(sizeof(uint32_t) == RECORD_CHECK_BYTES, "the checksum is the CRC");

const char *record_key(enum record_kind kind)
{
    static const char *const keys[RECORD_KINDS] = {
        [RECORD_APP] = "app",         [RECORD_IDENTITY] = "identity", [RECORD_CONFIG] = "config",
        [RECORD_PENDING] = "pending", [RECORD_CLOCK] = "clock",       [RECORD_ROTATION] = "rotation",
        [RECORD_OTA] = "ota"};
    return keys[kind];
}

size_t record_seal(enum record_kind kind, char *record, size_t payload_len)
{
    const struct header header = {MAGIC, FORMAT, (uint16_t)kind, (uint32_t)payload_len};
    const size_t before_crc = RECORD_HEADER_BYTES + payload_len;

    memcpy(record, &header, sizeof(header));
    const uint32_t crc = crc32_of(record, before_crc);
    memcpy(record + before_crc, &crc, sizeof(crc));
    return RECORD_BYTES(payload_len);
}

static enum record_state judge(enum record_kind kind, struct slice record, struct header *header)
{
    uint32_t crc;

    if (record.len < RECORD_BYTES(0)) {
        return RECORD_TORN;
    }
    const size_t payload_len = record.len - RECORD_BYTES(0);
    memcpy(header, record.ptr, sizeof(*header));
    memcpy(&crc, record.ptr + RECORD_HEADER_BYTES + payload_len, sizeof(crc));
    if (header->magic == MAGIC && header->payload_len > payload_len) {
        return RECORD_TORN;
    }
    if (header->magic != MAGIC || header->payload_len != payload_len ||
        crc != crc32_of(record.ptr, record.len - RECORD_CHECK_BYTES)) {
        return RECORD_DAMAGED;
    }
    if (header->format != FORMAT) {
        return header->format < FORMAT ? RECORD_OLDER : RECORD_NEWER;
    }
    return header->kind == (uint16_t)kind ? RECORD_GOOD : RECORD_FOREIGN;
}

enum record_state record_open(enum record_kind kind, struct slice record, struct slice *payload)
{
    struct header header;
    enum record_state state = judge(kind, record, &header);

    if (state == RECORD_GOOD) {
        *payload = (struct slice){record.ptr + RECORD_HEADER_BYTES, header.payload_len};
    }
    return state;
}

const char *record_state_text(enum record_state state)
{
    static const char *const texts[] = {
        [RECORD_GOOD] = "good",
        [RECORD_TORN] = "torn",
        [RECORD_DAMAGED] = "damaged",
        [RECORD_FOREIGN] = "of another kind",
        [RECORD_OLDER] = "of an older firmware",
        [RECORD_NEWER] = "of a newer firmware",
    };
    return texts[state];
}
