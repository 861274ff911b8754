/* SPDX-License-Identifier: MIT */
/* lib_json.h, the readers of one member with a type. Each function of a type does both: with a fallback an absent member is good. */
#include "common/number.h"
#include "device/api/json_reading.h"
#include "device/api/line.h"
#include "lib_json.h"

#include <string.h>

/* What became of looking for a member. */
enum found {
    FOUND_NOTHING_GOOD, /* the text cannot be used, or the caller's arguments */
    FOUND_ABSENT,
    FOUND_VALUE,
};

/* An absent member is news for who asked for it, and nobody's mistake: it may be optional. */
static enum found find(const struct reading *reading, const char *key, bool is_all_given, bool has_fallback,
                       struct json_field *field)
{
    if (!reading->json || !key || !is_all_given) {
        reading_complain(reading, key,
                         "was asked for without a text, a name, a place for the value or a fallback");
        return FOUND_NOTHING_GOOD;
    }
    if (!reading_find(reading, key, field)) {
        return FOUND_NOTHING_GOOD;
    }
    if (field->type != JSON_ABSENT) {
        return FOUND_VALUE;
    }
    if (!has_fallback) {
        line_write(reading->who, LOG_LEVEL_INFO, "key '%.32s' is missing", key);
    }
    return FOUND_ABSENT;
}

static bool finish_number(const struct reading *reading, const char *key, enum err err)
{
    if (err) {
        return reading_refuse(reading, key, err == ERR_RANGE ? "is out of range" : "is not an integer");
    }
    return reading_succeed(reading);
}

static bool get_uint32(const struct reading *reading, const char *key, const uint32_t *fallback,
                       uint32_t *value)
{
    struct json_field field;
    enum found found = find(reading, key, value != NULL, fallback != NULL, &field);
    if (found == FOUND_ABSENT && fallback) {
        *value = *fallback;
        return true;
    }
    if (found != FOUND_VALUE) {
        return false;
    }
    if (field.type == JSON_NUMBER && field.text.len > 1 && field.text.ptr[0] == '-') {
        return reading_refuse(reading, key, "is negative");
    }
    return finish_number(reading, key,
                         field.type == JSON_NUMBER ? number_to_u32(field.text, value) : ERR_ARG);
}

static bool get_int32(const struct reading *reading, const char *key, const int32_t *fallback, int32_t *value)
{
    struct json_field field;
    enum found found = find(reading, key, value != NULL, fallback != NULL, &field);
    if (found == FOUND_ABSENT && fallback) {
        *value = *fallback;
        return true;
    }
    if (found != FOUND_VALUE) {
        return false;
    }
    int64_t number = 0;
    enum err err = field.type == JSON_NUMBER ? number_to_i64(field.text, &number) : ERR_ARG;
    if (!err && (number < INT32_MIN || number > INT32_MAX)) {
        err = ERR_RANGE;
    }
    if (!err) {
        *value = (int32_t)number;
    }
    return finish_number(reading, key, err);
}

static bool get_bool(const struct reading *reading, const char *key, const bool *fallback, bool *value)
{
    struct json_field field;
    enum found found = find(reading, key, value != NULL, fallback != NULL, &field);
    if (found == FOUND_ABSENT && fallback) {
        *value = *fallback;
        return true;
    }
    if (found != FOUND_VALUE) {
        return false;
    }
    if (field.type != JSON_TRUE && field.type != JSON_FALSE) {
        return reading_refuse(reading, key, "is not true or false");
    }
    *value = field.type == JSON_TRUE;
    return reading_succeed(reading);
}

/* The fallback may stand in the buffer itself. */
static bool copy_fallback(const struct reading *reading, const struct target *target, const char *fallback)
{
    size_t len = strlen(fallback);
    if (len >= target->size) {
        return reading_complain(reading, target->key, "has a fallback that does not fit its buffer");
    }
    memmove(target->value, fallback, len + 1);
    return true;
}

/* What stands in the buffer stays until the fallback is known not to be needed. */
static bool read_string(const struct reading *reading, const struct target *target, bool has_fallback,
                        const char *fallback)
{
    struct json_field field;
    bool is_all_given = target->value && target->size > 0 && (!has_fallback || fallback);
    enum found found = find(reading, target->key, is_all_given, has_fallback, &field);
    if (found == FOUND_ABSENT && has_fallback) {
        return copy_fallback(reading, target, fallback);
    }
    if (found != FOUND_VALUE) {
        return false;
    }
    if (field.type != JSON_STRING) {
        return reading_refuse(reading, target->key, "is not a string");
    }
    return reading_store(reading, target, &field) && reading_succeed(reading);
}

static bool get_string(const struct reading *reading, const struct target *target, bool has_fallback,
                       const char *fallback)
{
    bool is_good = read_string(reading, target, has_fallback, fallback);
    if (!is_good && target->value && target->size > 0) {
        target->value[0] = '\0';
    }
    return is_good;
}

/* ---- lib_json.h */

bool JSON_getUint32(const char *pJsonStr, const char *pKeyStr, uint32_t *pValue_u32)
{
    return get_uint32(&(struct reading){__func__, pJsonStr}, pKeyStr, NULL, pValue_u32);
}

bool JSON_getUint32Or(const char *pJsonStr, const char *pKeyStr, uint32_t fallback_u32, uint32_t *pValue_u32)
{
    return get_uint32(&(struct reading){__func__, pJsonStr}, pKeyStr, &fallback_u32, pValue_u32);
}

bool JSON_getInt32(const char *pJsonStr, const char *pKeyStr, int32_t *pValue_s32)
{
    return get_int32(&(struct reading){__func__, pJsonStr}, pKeyStr, NULL, pValue_s32);
}

bool JSON_getInt32Or(const char *pJsonStr, const char *pKeyStr, int32_t fallback_s32, int32_t *pValue_s32)
{
    return get_int32(&(struct reading){__func__, pJsonStr}, pKeyStr, &fallback_s32, pValue_s32);
}

bool JSON_getBool(const char *pJsonStr, const char *pKeyStr, bool *pValue)
{
    return get_bool(&(struct reading){__func__, pJsonStr}, pKeyStr, NULL, pValue);
}

bool JSON_getBoolOr(const char *pJsonStr, const char *pKeyStr, bool fallback, bool *pValue)
{
    return get_bool(&(struct reading){__func__, pJsonStr}, pKeyStr, &fallback, pValue);
}

bool JSON_getString(const char *pJsonStr, const char *pKeyStr, char *pValueStr, size_t valueSize)
{
    return get_string(&(struct reading){__func__, pJsonStr},
                      &(struct target){pKeyStr, pValueStr, valueSize, true}, false, NULL);
}

bool JSON_getStringOr(const char *pJsonStr, const char *pKeyStr, const char *pFallbackStr, char *pValueStr,
                      size_t valueSize)
{
    return get_string(&(struct reading){__func__, pJsonStr},
                      &(struct target){pKeyStr, pValueStr, valueSize, true}, true, pFallbackStr);
}
