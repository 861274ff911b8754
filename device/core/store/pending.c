/* SPDX-License-Identifier: MIT */
/* Origin and stage as one byte each, then the stage's texts with their NULs, one behind the other, and nothing else. */
#include "device/core/store/pending.h"

#include "device/core/store/identity.h"

#include <stdint.h>
#include <string.h>

enum text {
    KEY,
    GIVEN_ID,
    CERT,
    CERTIFICATE_ID,
    TOKEN,
    THING_NAME,
    TEXTS,
};

/* Where a text is stored, and where it must not be empty: one bit for each stage. Caps are those of PENDING_MAX. */
#define FROM(stage) (0xFu & ~((1u << (stage)) - 1))
#define IN(stage)   (1u << (stage))
static const struct {
    uint8_t stored, needed;
    uint16_t cap;
} rules[TEXTS] = {
    [KEY] = {FROM(PENDING_KEY), FROM(PENDING_KEY), DEVICE_KEY_CAP},
    [GIVEN_ID] = {FROM(PENDING_KEY), 0, DEVICE_CERTIFICATE_ID_CAP},
    [CERT] = {FROM(PENDING_CERTIFICATE), FROM(PENDING_CERTIFICATE), DEVICE_CERTIFICATE_CAP},
    [CERTIFICATE_ID] = {FROM(PENDING_CERTIFICATE), 0, DEVICE_CERTIFICATE_ID_CAP},
    [TOKEN] = {IN(PENDING_CERTIFICATE), IN(PENDING_CERTIFICATE), DEVICE_OWNERSHIP_TOKEN_CAP},
    [THING_NAME] = {IN(PENDING_TRIAL), IN(PENDING_TRIAL), DEVICE_THING_NAME_CAP},
};

static const char **text_of(struct pending *pending, unsigned text)
{
    const char **const texts[TEXTS] = {&pending->key_pem,        &pending->given_id, &pending->cert_pem,
                                       &pending->certificate_id, &pending->token,    &pending->thing_name};
    return texts[text];
}

static bool is_stored(enum pending_stage stage, unsigned text)
{
    return (rules[text].stored >> stage & 1) != 0;
}

static bool is_good(const struct pending *pending, unsigned text, size_t len)
{
    return len < rules[text].cap && (len > 0 || (rules[text].needed >> pending->stage & 1) == 0);
}

size_t pending_write(struct pending *pending, char *payload, size_t cap)
{
    size_t len = PENDING_HEAD;

    for (unsigned i = 0; i < TEXTS; i++) {
        const char **text = text_of(pending, i);
        if (!is_stored(pending->stage, i)) {
            *text = "";
            continue;
        }
        size_t text_len = strlen(*text);
        if (!is_good(pending, i, text_len) || cap < len + text_len + 1) {
            return 0;
        }
        memmove(payload + len, *text, text_len + 1);
        *text = payload + len;
        len += text_len + 1;
    }
    payload[0] = (char)pending->origin;
    payload[1] = (char)pending->stage;
    return len;
}

bool pending_read(struct slice payload, struct pending *pending)
{
    struct pending found = {.key_pem = ""};

    if (payload.len < PENDING_HEAD) {
        return false;
    }
    unsigned origin = (unsigned char)payload.ptr[0];
    unsigned stage = (unsigned char)payload.ptr[1];
    if (origin < PENDING_CLAIM || origin > PENDING_ROTATION || stage < PENDING_KEY || stage > PENDING_TRIAL) {
        return false;
    }
    found.origin = (enum pending_origin)origin;
    found.stage = (enum pending_stage)stage;
    struct slice rest = {payload.ptr + PENDING_HEAD, payload.len - PENDING_HEAD};
    for (unsigned i = 0; i < TEXTS; i++) {
        const char **text = text_of(&found, i);
        *text = "";
        if (!is_stored(found.stage, i)) {
            continue;
        }
        const char *end = rest.len > 0 ? memchr(rest.ptr, '\0', rest.len) : NULL;
        if (end == NULL || !is_good(&found, i, (size_t)(end - rest.ptr))) {
            return false;
        }
        *text = rest.ptr;
        size_t used = (size_t)(end - rest.ptr) + 1;
        rest = (struct slice){rest.ptr + used, rest.len - used};
    }
    if (rest.len > 0 || (found.stage == PENDING_TRIAL && !identity_is_thing_name(found.thing_name))) {
        return false;
    }
    *pending = found;
    return true;
}
