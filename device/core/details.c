/* SPDX-License-Identifier: MIT */
#include "device/core/details.h"

#include "common/json.h"
#include "device/core/text.h"

#include <string.h>

#define KEY_MAX   128
#define VALUE_MAX 1024

static const char *const reserved_keys[] = {"state", "attempt", "reason", "message", "progress"};

void details_clear(struct details *details)
{
    details->len = 0;
    details->pairs = 0;
    details->text[0] = '\0';
}

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
           c == '_' || c == '-';
}

static bool is_key_good(const char *key)
{
    size_t len = 0;

    for (; key[len] != '\0'; len++) {
        if (len == KEY_MAX || !is_key_char(key[len])) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(reserved_keys) / sizeof(reserved_keys[0]); i++) {
        if (strcmp(key, reserved_keys[i]) == 0) {
            return false;
        }
    }
    return len > 0;
}

/* The text behind a string, which starts behind its opening quote. */
static const char *skip_string(const char *at)
{
    for (; *at != '"'; at++) {
        if (*at == '\\') {
            at++;
        }
    }
    return at + 1;
}

static bool has_key(const struct details *details, const char *key)
{
    const char *at = details->text;
    const char *end = at + details->len;
    size_t key_len = strlen(key);

    while (at < end) {
        at++; /* the quote in front of the key */
        if (strncmp(at, key, key_len) == 0 && at[key_len] == '"') {
            return true;
        }
        at = skip_string(at) + 2; /* colon and quote */
        at = skip_string(at) + 1; /* comma, or the NUL at the end */
    }
    return false;
}

static bool put(struct details *details, size_t *len, const char *bytes, size_t count)
{
    if (DETAILS_TEXT_CAP - *len <= count) {
        return false;
    }
    memcpy(details->text + *len, bytes, count);
    *len += count;
    return true;
}

/* Puts as much of the value as fits, whole code points only, and leaves room for the closing quote. False: nothing. */
static bool put_value(struct details *details, size_t *len, const char *value)
{
    struct slice rest = slice_from(value);
    size_t start = *len;
    size_t taken = 0;

    while (rest.len > 0) {
        char clean[1 + TEXT_STEP_MAX] = {'\\'};
        size_t count = text_step(&rest, clean + 1);
        size_t escape = clean[1] == '"' || clean[1] == '\\';
        taken += count;
        if (taken > VALUE_MAX || DETAILS_TEXT_CAP - *len <= count + escape + 1) {
            break;
        }
        put(details, len, clean + 1 - escape, count + escape);
    }
    return *len > start;
}

enum err details_add(struct details *details, const char *key, const char *value)
{
    if (key == NULL || value == NULL || *value == '\0' || !is_key_good(key) || has_key(details, key)) {
        return ERR_ARG;
    }
    if (details->pairs == DETAILS_PAIRS_MAX) {
        return ERR_FULL;
    }

    size_t len = details->len;
    bool fits = (len == 0 || put(details, &len, ",", 1)) && put(details, &len, "\"", 1) &&
                put(details, &len, key, strlen(key)) && put(details, &len, "\":\"", 3) &&
                put_value(details, &len, value) && put(details, &len, "\"", 1);
    if (!fits) {
        details->text[details->len] = '\0';
        return ERR_FULL;
    }
    details->text[len] = '\0';
    details->len = (uint16_t)len;
    details->pairs++;
    return ERR_OK;
}

bool details_restore(struct details *details)
{
    size_t len = strlen(details->text);
    char *text = details->text;

    details->len = (uint16_t)len;
    details->pairs = DETAILS_PAIRS_MAX; /* nothing is added any more */
    memmove(text + 1, text, len);
    text[0] = '{';
    text[len + 1] = '}';
    bool is_whole = json_read((struct slice){text, len + 2}, NULL, 0, NULL) == ERR_OK;
    memmove(text, text + 1, len);
    text[len] = '\0';
    return is_whole && (len == 0 || text[0] == '"');
}
