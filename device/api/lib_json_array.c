/* SPDX-License-Identifier: MIT */
/* lib_json.h, an array of objects: the whole text is judged before anything is copied out of it. */
#include "device/api/json_reading.h"
#include "lib_json.h"

#include "device/api/json_cause.h"
#include "device/api/line.h"

static void clear(jsonArray_st *array)
{
    array->numOfJosnObjs_u8 = 0;
    for (size_t i = 0; i < MAX_JSON_ARRAY_OBJS; i++) {
        array->jsonObjs[i][0] = '\0';
    }
}

__attribute__((format(printf, 2, 3))) static bool refuse(const struct reading *reading, const char *format,
                                                         ...)
{
    va_list args;
    line_open(reading->who);
    va_start(args, format);
    line_add_list(format, args);
    va_end(args);
    json_cause_note(reading->json);
    line_log(LOG_LEVEL_ERROR);
    return false;
}

/* The array's text, without what stands around it. */
static bool find_array(const struct reading *reading, struct slice *array)
{
    size_t at = 0;
    *array = slice_from(reading->json);
    enum err err = json_read(*array, NULL, 0, &at);
    if (err) {
        return refuse(reading, "%s (at byte %zu)", err_text(err), at);
    }
    while (array->ptr[0] == ' ' || array->ptr[0] == '\t' || array->ptr[0] == '\r' || array->ptr[0] == '\n') {
        *array = (struct slice){array->ptr + 1, array->len - 1};
    }
    return array->ptr[0] == '[' || refuse(reading, "the text is no array");
}

static bool take(const struct reading *reading, const struct json_member *element, jsonArray_st *out)
{
    const uint8_t i = out->numOfJosnObjs_u8;
    if (i == MAX_JSON_ARRAY_OBJS) {
        return refuse(reading, "the array has more than %d objects", MAX_JSON_ARRAY_OBJS);
    }
    if (element->type != JSON_OBJECT) {
        return refuse(reading, "element %u of the array is no object", i + 1u);
    }
    if (slice_copy(element->text, out->jsonObjs[i], LENGTH_JSON_OBJ)) {
        return refuse(reading, "object %u of the array needs %zu bytes, its buffer has %d", i + 1u,
                      element->text.len + 1, LENGTH_JSON_OBJ);
    }
    out->numOfJosnObjs_u8++;
    return true;
}

static bool take_all(const struct reading *reading, jsonArray_st *out)
{
    struct slice array;
    struct json_member element;
    size_t cursor = 0;
    if (!find_array(reading, &array)) {
        return false;
    }
    while (json_next_element(array, &cursor, &element)) {
        if (!take(reading, &element, out)) {
            return false;
        }
    }
    return true;
}

bool JSON_processArrayObjs(const char *pJsonStr, jsonArray_st *ps_array)
{
    const struct reading reading = {__func__, pJsonStr};
    if (ps_array) {
        clear(ps_array);
    }
    if (!pJsonStr || !ps_array) {
        return reading_complain(&reading, NULL, pJsonStr ? "no place for the objects" : "no text was given");
    }
    if (!take_all(&reading, ps_array)) {
        clear(ps_array);
        return false;
    }
    for (uint8_t i = 0; i < ps_array->numOfJosnObjs_u8; i++) {
        json_cause_add_part(pJsonStr, ps_array->jsonObjs[i]);
    }
    return reading_succeed(&reading);
}
