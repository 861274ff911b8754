/* SPDX-License-Identifier: MIT */
/* The server of images, one part of an answer at a time: headers, then pieces of the body. */
#include "ota/world.h"

#include <stdio.h>
#include <string.h>

static void header(struct world *w, const char *name, const char *value)
{
    ota_answer_header(&w->machine, slice_from(name), slice_from(value), w->now_ms);
}

static uint32_t total_of(const struct world *w)
{
    return w->weather == WEATHER_TOO_LARGE ? 100000 : w->size;
}

static void send_range(struct world *w, unsigned option)
{
    struct answer *a = &w->answer;
    const uint32_t total = total_of(w) + (option == ANSWER_TOTAL ? 1 : 0);
    const uint32_t first = a->first + (option == ANSWER_RANGE ? 1 : 0);
    char text[64];

    if (a->last >= total) {
        a->last = total - 1;
    }
    if (option == ANSWER_PART && a->last - a->first > 4) {
        a->last -= 3;
    }
    snprintf(text, sizeof(text), "bytes %u-%u/%u", (unsigned)first, (unsigned)a->last, (unsigned)total);
    if (option != ANSWER_NO_RANGE) {
        header(w, "Content-Range", text);
    }
    if (option == ANSWER_TWO_RANGES) {
        header(w, "content-range", text);
    }
    snprintf(text, sizeof(text), "%u", (unsigned)(a->last - first + 1));
    if (option != ANSWER_ENDLESS) {
        header(w, "Content-Length", text);
    }
    snprintf(text, sizeof(text), "\"etag-%u\"", w->etag + (option == ANSWER_ETAG ? 77 : 0));
    header(w, "ETag", text);
    if (option == ANSWER_GZIP) {
        header(w, "Content-Encoding", "gzip");
    }
}

static unsigned status_of(unsigned option)
{
    switch (option) {
    case ANSWER_200:
        return 200;
    case ANSWER_403:
    case ANSWER_EXPIRED:
        return 403;
    case ANSWER_404:
        return 404;
    case ANSWER_416:
        return 416;
    case ANSWER_503:
        return 503;
    case ANSWER_REDIRECT:
    case ANSWER_LOOP:
        return 307;
    case ANSWER_HTTP:
        return 302;
    default:
        return 206;
    }
}

static void send_headers(struct world *w)
{
    struct answer *a = &w->answer;
    unsigned option = w->is_looping ? ANSWER_LOOP : choose(w, POINT_ANSWER);

    a->has_headers = true;
    if (w->link != w->link_wanted && option == 0) {
        option = ANSWER_403;
    }
    if (option == ANSWER_EXPIRED) {
        w->link_wanted++;
    }
    if (option == ANSWER_REPLACED) {
        w->object = 2;
        w->etag++;
    }
    a->option = option;
    a->at = a->first;
    const unsigned status = status_of(option);
    ota_answer_status(&w->machine, status, w->now_ms);
    header(w, "Server", "hostile");
    for (int i = 0; option == ANSWER_HEADERS && i < 300; i++) {
        header(w, "X", "y");
    }
    if (status == 206 || status == 200) {
        send_range(w, option);
    } else if (status == 307 || status == 302) {
        header(w, "Location",
               option == ANSWER_HTTP ? "http://other.example/new" : "https://other.example/new");
    }
    w->is_looping |= option == ANSWER_LOOP;
    ota_answer_headers_end(&w->machine, w->now_ms);
}

static void send_body(struct world *w)
{
    struct answer *a = &w->answer;
    uint8_t bytes[CHUNK];
    uint32_t len = 0;
    const unsigned cut = choose(w, POINT_BODY);
    const uint32_t end = a->option == ANSWER_ENDLESS ? UINT32_MAX : a->last;

    while (len < CHUNK && a->at + len <= end) {
        bytes[len] = image_byte(w->weather == WEATHER_WRONG ? 2 : w->object, a->at + len);
        len++;
    }
    if (cut == BODY_POWER) {
        power_off(w);
    }
    const bool is_short = a->option == ANSWER_SHORT && a->at > a->first;
    if (cut == BODY_CUT || is_short) {
        a->is_there = false;
        if (is_short) {
            ota_answer_end(&w->machine, w->now_ms);
        } else {
            ota_answer_failed(&w->machine, ERR_OFFLINE, w->now_ms);
        }
        return;
    }
    if (a->option == ANSWER_STALLS && a->at > a->first) {
        a->is_silent = true;
        return;
    }
    w->fetched += len;
    a->at += len;
    const bool is_last = a->at > end;
    const bool goes_on = ota_answer_bytes(&w->machine, bytes, len, w->now_ms);
    if (goes_on && is_last) {
        a->is_there = false;
        ota_answer_end(&w->machine, w->now_ms);
    } else if (goes_on != w->answer.is_there) {
        broken(w, "an answer that is dropped, and wanted");
    }
}

void server_answer(struct world *w)
{
    if (w->answer.option == UINT32_MAX) {
        w->answer.is_there = false;
        ota_answer_failed(&w->machine, ERR_TLS, w->now_ms);
    } else if (w->answer.has_headers) {
        send_body(w);
    } else {
        send_headers(w);
    }
}
