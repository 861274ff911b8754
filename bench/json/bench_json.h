/* SPDX-License-Identifier: MIT */
/* One file per parser, since their names would clash in one. */
#ifndef BENCH_JSON_BENCH_JSON_H
#define BENCH_JSON_BENCH_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a device wants to know of a notification. */
struct execution {
    char job_id[65];
    char status[16];
    char action[32];
    uint32_t version;
    bool has_document;
};

/* Parses, takes the five values out, and gives back what it took. */
typedef bool (*parse_function)(const char *text, size_t len, struct execution *out);

bool parse_ours(const char *text, size_t len, struct execution *out);
bool parse_cjson(const char *text, size_t len, struct execution *out);
bool parse_jansson(const char *text, size_t len, struct execution *out);

/* Our readers of texts that nobody vouches for. Each returns false only when the text was not read to its end. */
bool hostile_wide(const char *text, size_t len, struct execution *out); /* json_read, with a full table */
bool hostile_text(const char *text, size_t len,
                  struct execution *out); /* member "a": json_read, json_decode */
bool hostile_answer(const char *text, size_t len, struct execution *out); /* the device's, 16 members */
bool hostile_notice(const char *text, size_t len,
                    struct execution *out);                            /* the device's: lists of executions */
bool hostile_cut(const char *text, size_t len, struct execution *out); /* json_cut, in pieces of 64 bytes */

/* The part that callgrind counts. External and never inlined, so that the compiler keeps it under this name. */
__attribute__((noinline)) bool parse_once(parse_function parse, const char *text, size_t len,
                                          struct execution *out);

#endif
