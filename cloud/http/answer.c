/* SPDX-License-Identifier: MIT */
#include "cloud/http/answer.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/base/utf8.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define DATE_DIGITS 13 /* ten for seconds since 1970, three for milliseconds */

static void drop_body(struct answer *answer)
{
    free(answer->body);
    if (answer->has_file) {
        close(answer->fd);
    }
    answer->body = NULL;
    answer->has_file = false;
}

void answer_clear(struct answer *answer)
{
    drop_body(answer);
    for (size_t i = 0; i < answer->header_count; i++) {
        free(answer->headers[i].name);
        free(answer->headers[i].value);
    }
    free(answer->headers);
    *answer = (struct answer){0};
}

void answer_header(struct answer *answer, const char *name, const char *value)
{
    size_t at = 0;
    while (at < answer->header_count && strcasecmp(answer->headers[at].name, name) != 0) {
        at++;
    }
    if (at < answer->header_count) {
        free(answer->headers[at].value);
        answer->headers[at].value = text_copy(value);
        return;
    }
    answer->headers = memory_resize(answer->headers, (at + 1) * sizeof *answer->headers);
    answer->headers[at] = (struct answer_header){text_copy(name), text_copy(value)};
    answer->header_count++;
}

void answer_json(struct answer *answer, json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(DATE_DIGITS)) : text_copy("{}");
    assert(text); /* we build from checked UTF-8 only */
    json_decref(json);
    answer_body(answer, 200, "application/json", text, strlen(text));
}

void answer_body(struct answer *answer, unsigned status, const char *content_type, char *body,
                 size_t body_len)
{
    drop_body(answer);
    answer->status = status;
    answer->body = body;
    answer->body_len = body_len;
    if (content_type) {
        answer_header(answer, "Content-Type", content_type);
    }
}

void answer_file(struct answer *answer, unsigned status, const char *content_type, int fd, uint64_t at,
                 size_t len)
{
    answer_body(answer, status, content_type, NULL, len);
    answer->has_file = true;
    answer->fd = fd;
    answer->file_at = at;
}

json_t *answer_text(const char *text)
{
    json_t *string = json_string(text);
    if (string) {
        return string;
    }
    char *clean = text_copy(text);
    utf8_clean(clean);
    string = json_string(clean);
    free(clean);
    return string;
}
