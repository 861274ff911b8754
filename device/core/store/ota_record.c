/* SPDX-License-Identifier: MIT */
/* The members one behind the other, in the byte order of the device; texts with their caps, filled up with NULs. */
#include "device/core/store/ota_record.h"

#include <assert.h>
#include <string.h>

/* Walks the payload in one order for both directions. */
struct walk {
    char *to;         /* NULL: reads */
    const char *from; /* NULL: writes */
    size_t at;
};

static void pass(struct walk *w, void *member, size_t len)
{
    if (w->to != NULL) {
        memcpy(w->to + w->at, member, len);
    } else {
        assert(w->from != NULL);
        memcpy(member, w->from + w->at, len);
    }
    w->at += len;
}

static void pass_all(struct walk *w, struct ota_record *record)
{
    uint8_t has_digest = record->has_digest;

    pass(w, &record->stage, 1);
    pass(w, &record->from_slot, 1);
    pass(w, &record->restarts, 1);
    pass(w, &record->trials, 1);
    pass(w, &has_digest, 1);
    pass(w, record->digest, sizeof(record->digest));
    pass(w, &record->size, sizeof(record->size));
    pass(w, &record->etag_crc, sizeof(record->etag_crc));
    pass(w, &record->etag_len, sizeof(record->etag_len));
    pass(w, record->job_id, sizeof(record->job_id));
    pass(w, record->version, sizeof(record->version));
    pass(w, record->problem, sizeof(record->problem));
    record->has_digest = has_digest != 0;
    assert(w->at == OTA_RECORD_BYTES);
}

size_t ota_record_write(const struct ota_record *record, char *payload)
{
    struct ota_record copy = *record;
    struct walk w = {.to = payload};

    pass_all(&w, &copy);
    return w.at;
}

static bool is_text(const char *text, size_t cap)
{
    return memchr(text, '\0', cap) != NULL;
}

bool ota_record_read(struct slice payload, struct ota_record *record)
{
    struct ota_record found = {.stage = 0};
    struct walk w = {.from = payload.ptr};

    if (payload.len != OTA_RECORD_BYTES) {
        return false;
    }
    pass_all(&w, &found);
    if (found.stage < OTA_STAGE_LOADING || found.stage > OTA_STAGE_FAILED || found.from_slot > 1 ||
        found.size == 0 || (!found.has_digest && found.stage != OTA_STAGE_LOADING)) {
        return false;
    }
    if (found.job_id[0] == '\0' || !is_text(found.job_id, sizeof(found.job_id)) ||
        !is_text(found.version, sizeof(found.version)) || !is_text(found.problem, sizeof(found.problem))) {
        return false;
    }
    *record = found;
    return true;
}
