/* SPDX-License-Identifier: MIT */
#include "lib_json.h"
#include "common/json.h"
#include "common/number.h"
#include "device/api/json_cause.h"
#include "device/api/line.h"

#include <string.h>

#define KEY_SHOWN_MAX 32

/* One member to be stored as text, with or without the size of its buffer. */
struct target {
    const char *key;
    char *value;
    size_t size;
};

/* The two public tables, read alike. */
struct table {
    const tagStructure_st *unsized;
    const jsonTag_st *sized;
    size_t count;
};

static struct target target_at(const struct table *table, size_t i)
{
    if (table->sized) {
        const jsonTag_st *tag = &table->sized[i];
        return (struct target){tag->keyStr, tag->pValueStr, tag->valueSize};
    }
    if (table->unsized) {
        const tagStructure_st *tag = &table->unsized[i];
        return (struct target){tag->keyStr, tag->pValueStr, CONFIG_DEVICE_JOBS_UNSIZED_VALUE};
    }
    return (struct target){0}; /* no table was given */
}

/* ---- causes: logged, and kept for the operator */

static bool refuse(const char *who, const char *key, const char *what)
{
    line_open(who);
    if (key) {
        line_add("key '%.*s' ", KEY_SHOWN_MAX, key);
    }
    line_add("%s", what);
    json_cause_note();
    line_log(LOG_LEVEL_ERROR);
    return false;
}

static bool refuse_size(const char *who, const struct target *target, size_t needed, bool is_sized)
{
    line_open(who);
    line_add("key '%.*s' needs %zu bytes, %s %zu", KEY_SHOWN_MAX, target->key, needed,
             is_sized ? "its buffer has" : "an unsized buffer counts as", target->size);
    json_cause_note();
    line_add("%s", is_sized ? "" : ": use JSON_getValues with JSON_TAG");
    line_log(LOG_LEVEL_ERROR);
    return false;
}

static bool refuse_text(const char *who, enum err err, size_t at)
{
    line_open(who);
    line_add("%s (at byte %zu)", err_text(err), at);
    json_cause_note();
    line_log(LOG_LEVEL_ERROR);
    return false;
}

/* ---- reading */

static bool store(const char *who, const struct target *target, const struct json_field *field, bool is_sized)
{
    if (field->type == JSON_ABSENT) {
        return refuse(who, target->key, "is missing");
    }
    size_t needed = field->text.len;
    enum err err = ERR_OK;
    if (field->type == JSON_STRING) {
        err = json_decode(field->text, target->value, target->size, &needed);
    } else {
        err = slice_copy(field->text, target->value, target->size);
    }
    if (err == ERR_TOO_LONG) {
        return refuse_size(who, target, needed + 1, is_sized);
    }
    return err ? refuse(who, target->key, "holds a text with NUL or half a character") : true;
}

/* The text is read once for each key: a table of fields would cost the caller's stack. */
static bool read_member(const char *who, struct slice text, const struct target *target, bool is_sized)
{
    struct json_field field = {.key = target->key, .parent = JSON_TOP};
    size_t at = 0;
    enum err err = json_read(text, &field, 1, &at);
    return err ? refuse_text(who, err, at) : store(who, target, &field, is_sized);
}

static void clear_all(const struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        struct target target = target_at(table, i);
        if (target.value && target.size > 0) {
            target.value[0] = '\0';
        }
    }
}

static bool check_table(const char *who, const char *text, const struct table *table)
{
    if (!text || (table->count > 0 && !table->sized && !table->unsized)) {
        return refuse(who, NULL, "no text or no table was given");
    }
    for (size_t i = 0; i < table->count; i++) {
        struct target target = target_at(table, i);
        if (!target.key || !target.value || target.size == 0) {
            return refuse(who, target.key, "has no name or no buffer");
        }
    }
    return true;
}

/* With no key asked for, the text alone is judged: an object, whatever is in it. */
static bool read_nothing(const char *who, struct slice text)
{
    struct json_field any = {.key = "", .parent = JSON_TOP};
    size_t at = 0;
    enum err err = json_read(text, &any, 1, &at);
    return err && err != ERR_JSON_AMBIGUOUS ? refuse_text(who, err, at) : true;
}

static bool read_table(const char *who, const char *json, const struct table *table)
{
    struct slice text = slice_from(json);
    if (table->count == 0) {
        return read_nothing(who, text);
    }
    for (size_t i = 0; i < table->count; i++) {
        struct target target = target_at(table, i);
        if (!read_member(who, text, &target, table->sized != NULL)) {
            return false;
        }
    }
    return true;
}

static bool process(const char *who, const char *json, const struct table *table)
{
    bool is_good = check_table(who, json, table) && read_table(who, json, table);
    if (is_good) {
        json_cause_forget();
    } else {
        clear_all(table);
    }
    return is_good;
}

bool JSON_processString(const char *pJsonStr, const tagStructure_st tags[], uint8_t maxKeys_u8)
{
    return process("JSON_processString", pJsonStr, &(struct table){.unsized = tags, .count = maxKeys_u8});
}

bool JSON_getValues(const char *pJsonStr, const jsonTag_st tags[], uint8_t count_u8)
{
    return process("JSON_getValues", pJsonStr, &(struct table){.sized = tags, .count = count_u8});
}

/* ---- typed readers */

static bool read_one(const char *who, const char *json, const char *key, bool is_output_given,
                     struct json_field *field)
{
    if (!json || !key || !is_output_given) {
        return refuse(who, key, "was asked for without a text, a name or a place for the value");
    }
    *field = (struct json_field){.key = key, .parent = JSON_TOP};
    size_t at = 0;
    enum err err = json_read(slice_from(json), field, 1, &at);
    if (err) {
        return refuse_text(who, err, at);
    }
    return field->type != JSON_ABSENT ? true : refuse(who, key, "is missing");
}

static bool finish_number(const char *who, const char *key, enum err err)
{
    if (err) {
        return refuse(who, key, err == ERR_RANGE ? "is out of range" : "is not an integer");
    }
    json_cause_forget();
    return true;
}

bool JSON_getUint32(const char *pJsonStr, const char *pKeyStr, uint32_t *pValue_u32)
{
    struct json_field field;
    if (!read_one(__func__, pJsonStr, pKeyStr, pValue_u32 != NULL, &field)) {
        return false;
    }
    if (field.type == JSON_NUMBER && field.text.len > 1 && field.text.ptr[0] == '-') {
        return refuse(__func__, pKeyStr, "is negative");
    }
    return finish_number(__func__, pKeyStr,
                         field.type == JSON_NUMBER ? number_to_u32(field.text, pValue_u32) : ERR_ARG);
}

bool JSON_getInt32(const char *pJsonStr, const char *pKeyStr, int32_t *pValue_s32)
{
    struct json_field field;
    if (!read_one(__func__, pJsonStr, pKeyStr, pValue_s32 != NULL, &field)) {
        return false;
    }
    int64_t value = 0;
    enum err err = field.type == JSON_NUMBER ? number_to_i64(field.text, &value) : ERR_ARG;
    if (!err && (value < INT32_MIN || value > INT32_MAX)) {
        err = ERR_RANGE;
    }
    if (!err) {
        *pValue_s32 = (int32_t)value;
    }
    return finish_number(__func__, pKeyStr, err);
}

bool JSON_getBool(const char *pJsonStr, const char *pKeyStr, bool *pValue)
{
    struct json_field field;
    if (!read_one(__func__, pJsonStr, pKeyStr, pValue != NULL, &field)) {
        return false;
    }
    if (field.type != JSON_TRUE && field.type != JSON_FALSE) {
        return refuse(__func__, pKeyStr, "is not true or false");
    }
    *pValue = field.type == JSON_TRUE;
    json_cause_forget();
    return true;
}

bool JSON_getString(const char *pJsonStr, const char *pKeyStr, char *pValueStr, size_t valueSize)
{
    if (pValueStr && valueSize > 0) {
        pValueStr[0] = '\0';
    }
    struct json_field field;
    if (!read_one(__func__, pJsonStr, pKeyStr, pValueStr && valueSize > 0, &field)) {
        return false;
    }
    if (field.type != JSON_STRING) {
        return refuse(__func__, pKeyStr, "is not a string");
    }
    const struct target target = {pKeyStr, pValueStr, valueSize};
    if (!store(__func__, &target, &field, true)) {
        return false;
    }
    json_cause_forget();
    return true;
}
