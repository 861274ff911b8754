/* SPDX-License-Identifier: MIT */
/* What the two kinds of readers in lib_json.c and lib_json_typed.c have in common. */
#include "device/api/json_reading.h"
#include "device/api/json_cause.h"
#include "device/api/line.h"

#define KEY_SHOWN_MAX 32

static void open_line(const struct reading *reading, const char *key)
{
    line_open(reading->who);
    if (key) {
        line_add("key '%.*s' ", KEY_SHOWN_MAX, key);
    }
}

bool reading_refuse(const struct reading *reading, const char *key, const char *what)
{
    open_line(reading, key);
    line_add("%s", what);
    json_cause_note(reading->json);
    line_log(LOG_LEVEL_ERROR);
    return false;
}

bool reading_complain(const struct reading *reading, const char *key, const char *what)
{
    open_line(reading, key);
    line_add("%s", what);
    line_log(LOG_LEVEL_ERROR);
    return false;
}

static bool refuse_size(const struct reading *reading, const struct target *target, size_t needed)
{
    open_line(reading, target->key);
    line_add("needs %zu bytes, %s %zu", needed,
             target->is_sized ? "its buffer has" : "an unsized buffer counts as", target->size);
    json_cause_note(reading->json);
    line_add("%s", target->is_sized ? "" : ": use JSON_getValues with JSON_TAG");
    line_log(LOG_LEVEL_ERROR);
    return false;
}

bool reading_find(const struct reading *reading, const char *key, struct json_field *field)
{
    *field = (struct json_field){.key = key, .parent = JSON_TOP};
    size_t at = 0;
    enum err err = json_read(slice_from(reading->json), field, 1, &at);
    if (err) {
        line_open(reading->who);
        line_add("%s (at byte %zu)", err_text(err), at);
        json_cause_note(reading->json);
        line_log(LOG_LEVEL_ERROR);
    }
    return !err;
}

bool reading_store(const struct reading *reading, const struct target *target, const struct json_field *field)
{
    size_t needed = field->text.len;
    enum err err = ERR_OK;
    if (field->type == JSON_STRING) {
        err = json_decode(field->text, target->value, target->size, &needed);
    } else {
        err = slice_copy(field->text, target->value, target->size);
    }
    if (err == ERR_TOO_LONG) {
        return refuse_size(reading, target, needed + 1);
    }
    if (err) {
        return reading_refuse(reading, target->key, "holds a text with NUL or half a character");
    }
    if (target->value[0] == '{' || target->value[0] == '[') {
        json_cause_add_part(reading->json, target->value);
    }
    return true;
}

bool reading_succeed(const struct reading *reading)
{
    json_cause_forget(reading->json);
    return true;
}
