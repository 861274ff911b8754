/* SPDX-License-Identifier: MIT */
/* The payload: for each field that is there its number (one byte), its text and a NUL, in any order, none twice; at the end a 0 byte.
 *
 * A text becomes a payload where it stands: a member `"k":"v"` has at least four bytes more than its value, so the payload's end is always
 * in front of the member that is read next. */
#include "device/core/store/config_record.h"

#include "common/json.h"

#include <string.h>

#define END       0
#define FIELD_MAX 127 /* of any firmware */

static const struct {
    const char *name;
    bool is_secret;
} fields[CONFIG_FIELDS] = {
    [CONFIG_ENDPOINT] = {"endpoint", false},
    [CONFIG_PORT] = {"port", false},
    [CONFIG_ROOT_CA] = {"rootCa", false},
    [CONFIG_THING_NAME] = {"thingName", false},
    [CONFIG_CERTIFICATE] = {"certificate", false},
    [CONFIG_PRIVATE_KEY] = {"privateKey", true},
    [CONFIG_CLAIM_CERTIFICATE] = {"claimCertificate", false},
    [CONFIG_CLAIM_PRIVATE_KEY] = {"claimPrivateKey", true},
    [CONFIG_TEMPLATE] = {"template", false},
    [CONFIG_WIFI_SSID] = {"wifiSsid", false},
    [CONFIG_WIFI_PASSWORD] = {"wifiPassword", true},
    [CONFIG_NAME_PREFIX] = {"deviceNamePrefix", false},
};

const char *config_field_name(enum config_field field)
{
    return fields[field].name;
}

bool config_field_is_secret(enum config_field field)
{
    return fields[field].is_secret;
}

/* ---- the payload */

struct entry {
    unsigned field;
    const char *text;
    size_t bytes; /* with number and NUL */
};

/* Takes the next entry off *rest. false: there is none, or it is not whole. */
static bool take_entry(struct slice *rest, struct entry *entry)
{
    if (rest->len < 2 || rest->ptr[0] <= END) {
        return false;
    }
    const char *text = rest->ptr + 1;
    const char *end = memchr(text, '\0', rest->len - 1);
    if (!end || end == text) {
        return false;
    }
    *entry = (struct entry){(unsigned char)rest->ptr[0], text, (size_t)(end - rest->ptr) + 1};
    *rest = (struct slice){rest->ptr + entry->bytes, rest->len - entry->bytes};
    return true;
}

bool config_record_read(struct slice payload, struct config_texts *texts)
{
    struct config_texts found = {{NULL}};
    struct entry entry;

    while (take_entry(&payload, &entry)) {
        if (entry.field >= CONFIG_FIELDS) {
            continue; /* of a later firmware */
        }
        if (found.of[entry.field]) {
            return false;
        }
        found.of[entry.field] = entry.text;
    }
    if (payload.len != 1 || payload.ptr[0] != END) {
        return false;
    }
    *texts = found;
    return true;
}

/* The bytes of the field's entry, and where it begins; 0: there is none. */
static size_t find_entry(const char *payload, size_t len, enum config_field field, size_t *at)
{
    struct slice rest = {payload, len};
    struct entry entry;

    while (take_entry(&rest, &entry)) {
        if (entry.field == (unsigned)field) {
            *at = (size_t)(rest.ptr - payload) - entry.bytes;
            return entry.bytes;
        }
    }
    return 0;
}

size_t config_record_set(char *payload, size_t len, size_t cap, enum config_field field, const char *text)
{
    struct config_texts texts;
    size_t at = 0;
    size_t new_bytes = text && text[0] ? strlen(text) + 2 : 0;

    if (!config_record_read((struct slice){payload, len}, &texts)) {
        return 0;
    }
    size_t old_bytes = find_entry(payload, len, field, &at);
    if (len - old_bytes + new_bytes > cap) {
        return 0;
    }
    if (old_bytes > 0) {
        memmove(payload + at, payload + at + old_bytes, len - at - old_bytes);
        len -= old_bytes;
    }
    if (new_bytes > 0) {
        payload[len - 1] = (char)field;
        memcpy(payload + len, text, new_bytes - 1);
        len += new_bytes;
        payload[len - 1] = END;
    }
    return len;
}

/* ---- the text */

static const struct slice whole = {"", 0};

static unsigned field_of(struct slice key)
{
    for (unsigned field = 1; field < CONFIG_FIELDS; field++) {
        if (json_string_is(key, fields[field].name)) {
            return field;
        }
    }
    return 0;
}

/* What is wrong with the member; NULL: nothing. A number is taken for the port alone. */
static const char *judge_member(const struct json_member *member, unsigned field, unsigned *seen)
{
    if (field == 0) {
        return "is no field of a configuration";
    }
    if (*seen & 1u << field) {
        return "stands there twice";
    }
    *seen |= 1u << field;
    if (member->type == JSON_NULL || member->type == JSON_STRING) {
        return NULL;
    }
    return member->type == JSON_NUMBER && field == CONFIG_PORT ? NULL : "is not a text";
}

static bool judge_members(struct slice text, config_complain_fn complain, void *ctx)
{
    struct json_member member;
    size_t cursor = 0;
    unsigned seen = 0;
    bool is_good = true;

    while (json_next_member(text, &cursor, &member)) {
        const char *what = judge_member(&member, field_of(member.key), &seen);
        if (what) {
            complain(ctx, member.key, what);
            is_good = false;
        }
    }
    return is_good;
}

/* The value's text to `out`, which stands in front of it, with a NUL. false: it has no form as a text. */
static bool put_value(const struct json_member *member, char *out, size_t *len)
{
    size_t escaped_len = member->type == JSON_NULL ? 0 : member->text.len;

    memmove(out, member->text.ptr, escaped_len);
    if (escaped_len > 0 && memchr(out, '\\', escaped_len)) {
        return !json_decode((struct slice){out, escaped_len}, out, escaped_len + 1, len);
    }
    out[escaped_len] = '\0';
    *len = escaped_len;
    return true;
}

bool config_text_to_record(char *text, size_t text_len, size_t *payload_len, config_complain_fn complain,
                           void *ctx)
{
    struct slice rest = {text, text_len};
    struct json_field none = {.key = "", .parent = JSON_TOP};
    enum err err = json_read(rest, &none, 1, NULL);
    if (err) {
        complain(ctx, whole, err_text(err));
        return false;
    }
    while (rest.len > 0 && rest.ptr[0] != '{') { /* json_next_member wants the object alone */
        rest = (struct slice){rest.ptr + 1, rest.len - 1};
    }
    if (!judge_members(rest, complain, ctx)) {
        return false;
    }
    struct json_member member;
    size_t cursor = 0, len = 0;
    while (json_next_member(rest, &cursor, &member)) {
        unsigned field = field_of(member.key);
        size_t value_len = 0;
        if (!put_value(&member, text + len + 1, &value_len)) {
            complain(ctx, slice_from(config_field_name((enum config_field)field)),
                     "has a character that no text has");
            return false;
        }
        if (value_len > 0) { /* an empty text is an absent field */
            text[len] = (char)field;
            len += value_len + 2;
        }
    }
    text[len] = END;
    *payload_len = len + 1;
    return true;
}
