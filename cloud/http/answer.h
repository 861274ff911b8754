/* SPDX-License-Identifier: MIT */
/* One HTTP answer before it is on the wire. Every text in it is owned by it. */
#ifndef CLOUD_HTTP_ANSWER_H
#define CLOUD_HTTP_ANSWER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct answer_header {
    char *name, *value;
};

struct answer {
    unsigned status; /* 0: not answered yet */
    char *body;      /* NULL and body_len > 0: the answer to HEAD, which tells the length only */
    size_t body_len;
    bool has_file; /* the body is body_len bytes of the file fd from file_at on, and `body` is NULL */
    int fd;
    uint64_t file_at;
    struct answer_header *headers;
    size_t header_count;
};

void answer_clear(struct answer *answer);

/* A second value for the same name replaces the first. */
void answer_header(struct answer *answer, const char *name, const char *value);

/* 200 with this JSON (takes it over), compact, dates with three decimals; NULL: {}. */
void answer_json(struct answer *answer, json_t *json);
/* Takes over body (malloc'd, may be NULL). */
void answer_body(struct answer *answer, unsigned status, const char *content_type, char *body,
                 size_t body_len);

/* The body is `len` bytes of the open file from `at` on; takes over fd. Whoever sends it reads them when they are needed. */
void answer_file(struct answer *answer, unsigned status, const char *content_type, int fd, uint64_t at,
                 size_t len);

/* A JSON string of any bytes; of a text that is not UTF-8 only what can be shown stays (utf8_clean). */
json_t *answer_text(const char *text);

#endif
