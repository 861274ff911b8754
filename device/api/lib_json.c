/* SPDX-License-Identifier: MIT */
/* lib_json.h, the readers of tables: every value as text, all of them or none. */
#include "lib_json.h"
#include "device/api/json_reading.h"

/* The two public tables, read alike. */
struct table {
    const tagStructure_st *unsized;
    const jsonTag_st *sized;
    size_t count;
    bool is_guarded; /* the sizes of `sized` are the compiler's, not the program's */
};

static char *buffer_at(const struct table *table, size_t i)
{
    return table->sized ? table->sized[i].pValueStr : table->unsized[i].pValueStr;
}

/* Where the next buffer of the table starts, this one ends: what the compiler knows may be the room of all rows of an array, or of a
 * whole struct. */
static size_t end_at_next(const struct table *table, const char *value, size_t size)
{
    for (size_t i = 0; i < table->count; i++) {
        uintptr_t other = (uintptr_t)buffer_at(table, i);
        if (other > (uintptr_t)value && other - (uintptr_t)value < size) {
            size = (size_t)(other - (uintptr_t)value);
        }
    }
    return size;
}

static struct target target_at(const struct table *table, size_t i)
{
    struct target target = {.key = table->sized ? table->sized[i].keyStr : table->unsized[i].keyStr,
                            .value = buffer_at(table, i),
                            .size = table->sized ? table->sized[i].valueSize : JSON_SIZE_UNKNOWN,
                            .is_sized = true};
    if (table->is_guarded && target.size == JSON_SIZE_UNKNOWN) {
        target.size = CONFIG_DEVICE_JOBS_UNSIZED_VALUE;
        target.is_sized = false;
    }
    if (table->is_guarded) {
        target.size = end_at_next(table, target.value, target.size);
    }
    return target;
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

static bool check_table(const struct reading *reading, const struct table *table)
{
    if (!reading->json) {
        return reading_complain(reading, NULL, "no text was given");
    }
    for (size_t i = 0; i < table->count; i++) {
        struct target target = target_at(table, i);
        if (!target.key || !target.value || target.size == 0) {
            return reading_complain(reading, target.key, "has no name or no buffer");
        }
    }
    return true;
}

/* With no key asked for, the text alone is judged: an object, whatever is in it. A name that occurs twice is none that was asked for. */
static bool read_nothing(const struct reading *reading)
{
    struct json_field any = {.key = "", .parent = JSON_TOP};
    return json_read(slice_from(reading->json), &any, 1, NULL) == ERR_JSON_AMBIGUOUS ||
           reading_find(reading, "", &any);
}

/* The text is read once for each key: a table of fields would cost the caller's stack. */
static bool read_table(const struct reading *reading, const struct table *table)
{
    if (table->count == 0) {
        return read_nothing(reading);
    }
    for (size_t i = 0; i < table->count; i++) {
        struct target target = target_at(table, i);
        struct json_field field;
        if (!reading_find(reading, target.key, &field)) {
            return false;
        }
        if (field.type == JSON_ABSENT) {
            return reading_refuse(reading, target.key, "is missing");
        }
        if (!reading_store(reading, &target, &field)) {
            return false;
        }
    }
    return true;
}

static bool process(const char *who, const char *json, const struct table *table)
{
    const struct reading reading = {who, json};
    if (table->count > 0 && !table->sized && !table->unsized) {
        return reading_complain(&reading, NULL, "no table was given");
    }
    if (!check_table(&reading, table) || !read_table(&reading, table)) {
        clear_all(table);
        return false;
    }
    return reading_succeed(&reading);
}

bool JSON_processSizedString(const char *pJsonStr, const jsonTag_st tags[], uint8_t maxKeys_u8)
{
    return process("JSON_processString", pJsonStr,
                   &(struct table){.sized = tags, .count = maxKeys_u8, .is_guarded = true});
}

/* In parentheses, because the header has a macro of this name. */
bool(JSON_processString)(const char *pJsonStr, const tagStructure_st tags[], uint8_t maxKeys_u8)
{
    return process("JSON_processString", pJsonStr,
                   &(struct table){.unsized = tags, .count = maxKeys_u8, .is_guarded = true});
}

bool JSON_getValues(const char *pJsonStr, const jsonTag_st tags[], uint8_t count_u8)
{
    return process("JSON_getValues", pJsonStr, &(struct table){.sized = tags, .count = count_u8});
}
