/* SPDX-License-Identifier: MIT */
/* A strict JSON reader (RFC 8259) for text that comes from the network: one pass over the bytes checks the whole text
 * (grammar, UTF-8, nesting) and finds the requested members on the way. No heap, no recursion, linear time, hardly more
 * for many requested members than for one; the results are slices into the caller's text. Stack: at most 256 bytes. */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include "common/slice.h"

#include <stdint.h>

#define JSON_DEPTH_MAX 32 /* `[[1]]` has depth 2 */
#define JSON_TOP       (-1)

enum json_type {
    JSON_ABSENT = 0,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
    JSON_OBJECT,
    JSON_ARRAY,
};

/* One requested member. Members of members are asked for by naming the index of the parent in the same table:
 *     struct json_field fields[] = {
 *         {.key = "execution", .parent = JSON_TOP},
 *         {.key = "jobId", .parent = 0},
 *     };
 * A parent stands before its children. A child of something that is not an object is simply absent. */
struct json_field {
    const char
        *key; /* plain text, NUL-terminated; matched against the decoded key, so "\u0061ction" is "action" */
    int8_t parent;
    uint8_t mark, next; /* the reader's own, see common/json_fields.h */
    /* results: */
    uint8_t type; /* enum json_type */
    struct slice
        text; /* strings: what stands between the quotes, still escaped. All others: their JSON text */
};

/* Reads one JSON text. With count > 0 the text must be an object (else ERR_JSON_NOT_OBJECT); with count 0 any value is
 * good, and the call only checks. Members that are not there stay JSON_ABSENT, with an empty text: asking is not requiring.
 * ERR_JSON_AMBIGUOUS when a requested member occurs twice in its object; other duplicates are valid JSON.
 * ERR_JSON_INCOMPLETE when the text is a proper prefix of something valid, else ERR_JSON_SYNTAX, _UTF8, _DEPTH.
 * On error every field is JSON_ABSENT and *error_at (may be NULL) holds the byte offset. count <= 64.
 * Of two equal entries (key and parent) only the first is filled.
 * A key of the text is compared with those requested keys that have its length and its last four bytes. A hostile text
 * can make each of its keys such a one, so a table of many keys that agree in both makes reading slow. */
enum err json_read(struct slice text, struct json_field fields[], size_t count, size_t *error_at);

/* Decodes the inside of a string that json_read has accepted (escapes to UTF-8) and NUL-terminates it.
 * *len (may be NULL) is the decoded length without NUL; with ERR_TOO_LONG it is the length that would have been needed
 * (this one output is set on error, so that a log can say how much room was missing); nothing else changes.
 * ERR_JSON_STRING: the text contains \u0000 or half a surrogate pair. */
enum err json_decode(struct slice escaped, char *out, size_t cap, size_t *len);

/* Is this string, decoded, equal to `text`? */
bool json_string_is(struct slice escaped, const char *text);

/* Walks the members of an object (text = JSON text of an object that json_read has accepted, "{...}"; what is no object has
 * none). Start with cursor 0; true while there is a member. Key is escaped text between quotes; value as in struct json_field. */
struct json_member {
    struct slice key;
    uint8_t type;
    struct slice text;
};
bool json_next_member(struct slice object, size_t *cursor, struct json_member *member);

/* The same for the elements of an array; member.key is empty. */
bool json_next_element(struct slice array, size_t *cursor, struct json_member *element);

#endif
