/* SPDX-License-Identifier: MIT */
/* Parses one text once, in parse_once, so that callgrind --toggle-collect=parse_once counts that and nothing else.
 *
 *     bench_json ours|cjson|jansson BYTES                  a Jobs notification with a document of so many bytes
 *     bench_json HOSTILE_READER BYTES BEFORE PART AFTER    BEFORE, then PART as often as it takes, then AFTER */
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

static void make_hostile(struct text *text, char **parts, size_t size)
{
    add(text, parts[0]);
    while (text->len < size) {
        add(text, parts[1]);
    }
    add(text, parts[2]);
}

bool parse_once(parse_function parse, const char *text, size_t len, struct execution *out)
{
    return parse(text, len, out);
}

static parse_function find_parser(const char *name)
{
    static const struct {
        const char *name;
        parse_function parse;
    } parsers[] = {
        {"ours", parse_ours},       {"cjson", parse_cjson}, {"jansson", parse_jansson},
        {"wide", hostile_wide},     {"text", hostile_text}, {"answer", hostile_answer},
        {"notice", hostile_notice}, {"cut", hostile_cut},
    };
    for (size_t i = 0; i < sizeof(parsers) / sizeof(parsers[0]); i++) {
        if (strcmp(parsers[i].name, name) == 0) {
            return parsers[i].parse;
        }
    }
    return NULL;
}

static bool is_notification_good(const struct execution *out)
{
    return strcmp(out->job_id, "blink-2f1c7e1e-0b1d") == 0 && strcmp(out->status, "QUEUED") == 0 &&
           strcmp(out->action, "blink") == 0 && out->version == 1 && out->has_document;
}

int main(int argc, char **argv)
{
    bool is_job = argc == 3;
    parse_function parse = is_job || argc == 6 ? find_parser(argv[1]) : NULL;
    unsigned long size = parse != NULL ? strtoul(argv[2], NULL, 10) : 0;
    struct execution out = {.version = 0};
    if (size == 0 || size > BYTES_MAX) {
        fprintf(stderr, "usage: bench_json ours|cjson|jansson BYTES\n"
                        "       bench_json wide|text|answer|notice|cut BYTES BEFORE PART AFTER\n");
        return EXIT_FAILURE;
    }

    struct text text = {.cap = size + 4096};
    text.bytes = malloc(text.cap);
    if (text.bytes == NULL) {
        return EXIT_FAILURE;
    }
    if (is_job) {
        make_notification(&text, size);
    } else {
        make_hostile(&text, argv + 3, size);
    }
    bool is_good = parse_once(parse, text.bytes, text.len, &out) && (!is_job || is_notification_good(&out));
    printf("%zu bytes, %s\n", text.len, is_good ? "good" : "wrong values");
    free(text.bytes);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
