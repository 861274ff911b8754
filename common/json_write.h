/* SPDX-License-Identifier: MIT */
/* A JSON writer into a fixed buffer. Calls never fail one by one: the writer remembers that something did not fit, and
 * json_write_finish says so once. Truncated output is an error, never a shorter success. Commas are set by the writer. */
#ifndef COMMON_JSON_WRITE_H
#define COMMON_JSON_WRITE_H

#include "common/slice.h"

#include <stdint.h>

struct json_writer {
    char *buf;
    size_t cap;
    size_t len;
    bool is_full;
    bool needs_comma;
};

void json_write_begin(struct json_writer *w, char *buf, size_t cap);

void json_write_object(struct json_writer *w);     /* { */
void json_write_object_end(struct json_writer *w); /* } */
void json_write_array(struct json_writer *w);      /* [ */
void json_write_array_end(struct json_writer *w);  /* ] */

void json_write_key(struct json_writer *w, const char *key);
void json_write_string(struct json_writer *w, const char *text); /* escapes; text is UTF-8 */
void json_write_slice(struct json_writer *w, struct slice text); /* the same */
void json_write_i64(struct json_writer *w, int64_t value);
void json_write_bool(struct json_writer *w, bool value);
void json_write_null(struct json_writer *w);
void json_write_raw(struct json_writer *w,
                    struct slice json); /* a whole value, or whole members, already JSON */

/* NUL-terminates. ERR_TOO_LONG when the buffer was too small (one byte of it is for the NUL). */
enum err json_write_finish(struct json_writer *w, size_t *len);

#endif
