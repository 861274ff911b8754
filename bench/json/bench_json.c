/* SPDX-License-Identifier: MIT */
/* Parses one text once, in parse_once, so that callgrind --toggle-collect=parse_once counts that and nothing else.
 *
 *     bench_json ours|cjson|jansson job BYTES         a Jobs notification with a document of so many bytes
 *     bench_json wide HOSTILE BYTES                   ours with 64 requested members over a text of about that size that
 *                                                     tries to be slow: nesting, members, escapes, utf8, blanks, digits */
#include "bench/json/bench_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX (1u << 24)

struct text {
    char *bytes;
    size_t len;
    size_t cap;
};

static void add(struct text *text, const char *part)
{
    size_t len = strlen(part);
    if (len > text->cap - text->len) {
        fprintf(stderr, "bench_json: the text outgrew its buffer\n");
        exit(EXIT_FAILURE);
    }
    memcpy(text->bytes + text->len, part, len);
    text->len += len;
}

/* The seed's blink document, then steps like those of AWS's managed templates, then padding to the exact size. */
static void add_document(struct text *text, size_t doc_len)
{
    static const char pad[] = ",\"pad\":\"\"}";
    size_t start = text->len;
    char step[256];

    add(text, "{\"action\":\"blink\",\"count\":3,\"onTime\":250,\"offTime\":500");
    for (int i = 1; text->len - start + sizeof(step) < doc_len; i++) {
        snprintf(
            step, sizeof(step),
            ",\"step%d\":{\"name\":\"Download-File\",\"type\":\"runHandler\",\"retries\":%d,\"last\":false,"
            "\"args\":[\"https://example.com/fw/%d.bin\",\"/tmp/%d.bin\"],\"pins\":[2,%d,null],\"on\":%d.5}",
            i, i % 7, i, i, i * 37, i * 250);
        add(text, step);
    }
    add(text, ",\"pad\":\"");
    while (text->len - start + sizeof(pad) - sizeof(",\"pad\":\"") < doc_len) {
        add(text, "x");
    }
    add(text, "\"}");
}

static void make_notification(struct text *text, size_t doc_len)
{
    add(text,
        "{\"timestamp\":1700000000,\"execution\":{\"jobId\":\"blink-2f1c7e1e-0b1d\",\"status\":\"QUEUED\","
        "\"queuedAt\":1700000000,\"lastUpdatedAt\":1700000000,\"versionNumber\":1,\"executionNumber\":1,"
        "\"jobDocument\":");
    add_document(text, doc_len);
    add(text, "}}");
}

static bool make_hostile(struct text *text, const char *kind, size_t size)
{
    static const struct {
        const char *kind;
        const char *before, *part, *after;
    } kinds[] = {
        {"nesting", "{\"a\":[0", ",[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "]}"},
        {"members", "{\"a\":0", ",\"kkkkkkkkkkkkkkkkkkkkk9x\":0", "}"},
        {"short", "{\"a\":0", ",\"k\":0", "}"},
        {"escapes", "{\"a\":0", ",\"\\u006b\\u006b\\u006b\\u006b\\u006b\\u006b\":\"\\n\\u0041\"", "}"},
        {"utf8", "{\"a\":\"", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "\"}"},
        {"blanks", "{\"a\":", " \t\r\n        ", "0}"},
        {"digits", "{\"a\":", "1234567890", "}"},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].kind, kind) != 0) {
            continue;
        }
        add(text, kinds[i].before);
        while (text->len < size) {
            add(text, kinds[i].part);
        }
        add(text, kinds[i].after);
        return true;
    }
    return false;
}

bool parse_once(parse_function parse, const char *text, size_t len, struct execution *out)
{
    return parse(text, len, out);
}

static parse_function find_parser(const char *name)
{
    if (strcmp(name, "ours") == 0) {
        return parse_ours;
    }
    if (strcmp(name, "cjson") == 0) {
        return parse_cjson;
    }
    if (strcmp(name, "jansson") == 0) {
        return parse_jansson;
    }
    return strcmp(name, "wide") == 0 ? parse_ours_wide : NULL;
}

int main(int argc, char **argv)
{
    parse_function parse = argc == 4 ? find_parser(argv[1]) : NULL;
    unsigned long size = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    struct execution out = {.version = 0};
    if (parse == NULL || size == 0 || size > BYTES_MAX) {
        fprintf(stderr, "usage: bench_json ours|cjson|jansson job BYTES, or bench_json wide HOSTILE BYTES\n");
        return EXIT_FAILURE;
    }

    struct text text = {.cap = size + 1024};
    text.bytes = malloc(text.cap);
    bool is_job = strcmp(argv[2], "job") == 0;
    if (text.bytes == NULL) {
        return EXIT_FAILURE;
    }
    if (is_job) {
        make_notification(&text, size);
    } else if (!make_hostile(&text, argv[2], size)) {
        fprintf(stderr, "bench_json: no text is called %s\n", argv[2]);
        return EXIT_FAILURE;
    }

    bool is_good = parse_once(parse, text.bytes, text.len, &out);
    if (is_job) {
        is_good = is_good && strcmp(out.job_id, "blink-2f1c7e1e-0b1d") == 0 &&
                  strcmp(out.status, "QUEUED") == 0 && strcmp(out.action, "blink") == 0 && out.version == 1 &&
                  out.has_document;
    }
    printf("%zu bytes, %s\n", text.len, is_good ? "good" : "wrong values");
    free(text.bytes);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
