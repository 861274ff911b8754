/* SPDX-License-Identifier: MIT */
/* Inside of the JSON reader: the table of requested members, linked so that a key finds its field without a look at all
 * the others. Each field is in one of a few chains, which the shape of its key chooses (common/json_text.h). */
#ifndef COMMON_JSON_FIELDS_H
#define COMMON_JSON_FIELDS_H

#include "common/json.h"

#define JSON_FIELDS_MAX    64
#define JSON_FIELDS_CHAINS 8

/* Fields are counted from 1 in chains: 0 is the end. */
struct json_fields_chains {
    uint8_t first[JSON_FIELDS_CHAINS];
};

static inline uint8_t json_fields_first(const struct json_fields_chains *chains, uint16_t shape)
{
    return chains->first[shape % JSON_FIELDS_CHAINS];
}

/* What of its key's shape a field keeps: its chain knows the rest. */
static inline uint8_t json_fields_mark(uint16_t shape)
{
    return (uint8_t)(shape >> 8);
}

/* `chains` is empty before. ERR_ARG: a field without key, or in front of its parent. */
enum err json_fields_link(struct json_field fields[], uint8_t count, struct json_fields_chains *chains);

/* Makes all results absent. */
void json_fields_forget(struct json_field fields[], uint8_t count);

#endif
