/* SPDX-License-Identifier: MIT */
/* S3 without a socket: what its answers hold. Include after cmocka.h. */
#ifndef TESTS_FAKES_S3_FIXTURE_H
#define TESTS_FAKES_S3_FIXTURE_H

#include "fakes/http_fixture.h"

static inline int s3_ask(struct http_fixture *fx, const char *method, const char *target, const char *body)
{
    return http_ask(fx, "s3", method, target, body);
}

/* Asks, and what comes must have this status. */
static inline void s3_good(struct http_fixture *fx, int status, const char *method, const char *target,
                           const char *body)
{
    http_expect(fx, status, s3_ask(fx, method, target, body));
}

static inline void s3_bad(struct http_fixture *fx, int status, const char *code, const char *method,
                          const char *target, const char *body)
{
    http_expect_s3_error(fx, s3_ask(fx, method, target, body), status, code, "");
}

/* The texts of all elements of this name, each with a blank behind it; static storage. */
static inline const char *s3_texts(const struct http_fixture *fx, const char *name)
{
    static char texts[4096];
    char open[64], close[64];
    size_t used = 0;
    const char *at = fx->call.answer.body ? fx->call.answer.body : "";
    snprintf(open, sizeof open, "<%s>", name);
    snprintf(close, sizeof close, "</%s>", name);
    texts[0] = '\0';
    while ((at = strstr(at, open)) != NULL) {
        at += strlen(open);
        const char *end = strstr(at, close);
        assert_non_null(end);
        assert_true(used + (size_t)(end - at) + 2 < sizeof texts);
        used += (size_t)snprintf(texts + used, sizeof texts - used, "%.*s ", (int)(end - at), at);
    }
    return texts;
}

static inline void s3_expect_texts(const struct http_fixture *fx, const char *name, const char *wanted)
{
    const char *got = s3_texts(fx, name);
    if (strcmp(got, wanted) != 0) {
        fail_msg("<%s>: '%s', expected '%s' in %s", name, got, wanted, fx->call.answer.body);
    }
}

static inline void s3_expect_body(const struct http_fixture *fx, const char *text)
{
    assert_int_equal(fx->call.answer.body_len, strlen(text));
    assert_memory_equal(fx->call.answer.body, text, strlen(text));
}

/* Files in the folder of bodies. What a call has left is gone only when the next one comes. */
static inline size_t s3_count_files(struct http_fixture *fx)
{
    size_t count = 0;
    http_forget(fx);
    DIR *dir = opendir(fx->service.objects_dir);
    struct dirent *entry;
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

#endif
