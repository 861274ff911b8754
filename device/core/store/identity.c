/* SPDX-License-Identifier: MIT */
/* Thing name, certificate and key, each with its NUL, one behind the other; behind them given_id, if there is one, and nothing else. */
#include "device/core/store/identity.h"

#include "device/core/config.h"

#include <string.h>

/* The next text of the payload; NULL: there is none, or it is empty or not terminated. */
static const char *take_text(struct slice *rest)
{
    const char *text = rest->ptr;
    const char *end = rest->len > 0 ? memchr(text, '\0', rest->len) : NULL;

    if (end == NULL || end == text) {
        return NULL;
    }
    size_t used = (size_t)(end - text) + 1;
    *rest = (struct slice){text + used, rest->len - used};
    return text;
}

bool identity_is_thing_name(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-";
    size_t len = strlen(text);

    return len > 0 && len < DEVICE_THING_NAME_CAP && strspn(text, allowed) == len;
}

bool identity_is_certificate_id(const char *text)
{
    size_t len = strlen(text);
    return len == DEVICE_CERTIFICATE_ID_CAP - 1 && strspn(text, "0123456789abcdef") == len;
}

bool identity_read(struct slice payload, struct identity *identity)
{
    struct identity found;

    found.thing_name = take_text(&payload);
    found.cert_pem = found.thing_name ? take_text(&payload) : NULL;
    found.key_pem = found.cert_pem ? take_text(&payload) : NULL;
    found.given_id = found.key_pem && payload.len > 0 ? take_text(&payload) : "";
    if (!found.key_pem || !found.given_id || payload.len > 0 || !identity_is_thing_name(found.thing_name) ||
        (found.given_id[0] != '\0' && !identity_is_certificate_id(found.given_id))) {
        return false;
    }
    *identity = found;
    return true;
}

size_t identity_write(const struct identity *identity, char *payload, size_t cap)
{
    const char *const texts[] = {identity->thing_name, identity->cert_pem, identity->key_pem,
                                 identity->given_id};
    const bool has_given_id = identity->given_id != NULL && identity->given_id[0] != '\0';
    const size_t count = sizeof(texts) / sizeof(texts[0]) - (has_given_id ? 0 : 1);
    size_t len = 0;

    if (!identity_is_thing_name(identity->thing_name) ||
        (has_given_id && !identity_is_certificate_id(identity->given_id))) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        size_t text_len = strlen(texts[i]);
        if (text_len == 0 || cap - len < text_len + 1) {
            return 0;
        }
        memcpy(payload + len, texts[i], text_len + 1);
        len += text_len + 1;
    }
    return len;
}
