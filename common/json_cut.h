/* SPDX-License-Identifier: MIT */
/* Takes one value out of a JSON text that arrives in pieces: what stands around it goes one way, the value itself
 * another, and nobody needs a buffer for both. Constant memory, each byte looked at once, any input.
 *
 * It cuts and does not check: what is left over and what was cut out are JSON only when the whole was, and whoever reads
 * them (common/json.h) finds out. */
#ifndef COMMON_JSON_CUT_H
#define COMMON_JSON_CUT_H

#include "common/slice.h"

#include <stdint.h>

struct json_cut {
    const char *key;
    size_t matched; /* bytes of the string that is being read, as long as it is equal to the key */
    uint32_t depth; /* open containers */
    uint8_t state;
    uint8_t member_depth; /* how many containers the value stands in */
    bool is_in_string, is_escaped;
    bool is_marked; /* the 0 was given */
};

/* The first member `key` (plain text) of the top object, or of an object in it: {"jobDocument":...} in the answer to an update,
 * {"execution":{"jobDocument":...}} in the answer to a question. A key that is written with escapes is not found. `key` must
 * live as long as `cut`. */
void json_cut_begin(struct json_cut *cut, const char *key);

enum json_cut_part {
    JSON_CUT_REST,  /* around the value; a 0 stands in its place */
    JSON_CUT_VALUE, /* the value's JSON text, without white space around it */
};

/* Takes the next run of bytes off *in, which must not be empty, and says where it belongs. A run can be empty. */
enum json_cut_part json_cut_next(struct json_cut *cut, struct slice *in, struct slice *run);

#endif
