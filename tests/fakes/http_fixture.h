/* SPDX-License-Identifier: MIT */
/* The HTTP API without a socket: one request in, status, headers and JSON out. Include after cmocka.h. */
#ifndef TESTS_FAKES_HTTP_FIXTURE_H
#define TESTS_FAKES_HTTP_FIXTURE_H

#include "cloud/http/dispatch.h"
#include "fakes/core_fixture.h"

#include <strings.h>

#define HTTP_HEADERS_MAX 16
#define HTTP_SIGNATURE   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct http_fixture {
    struct fixture base;
    struct http_service service;
    char dir[64];
    enum call_source source;
    struct {
        char name[64], value[2304];
    } headers[HTTP_HEADERS_MAX];
    size_t header_count;
    struct call call; /* of the last request */
    json_t *json;     /* its answer, NULL when that was not JSON */
};

static inline const char *http_get_header(void *ctx, const char *name)
{
    struct http_fixture *fx = ctx;
    for (size_t i = 0; i < fx->header_count; i++) {
        if (strcasecmp(fx->headers[i].name, name) == 0) {
            return fx->headers[i].value;
        }
    }
    return NULL;
}

static inline const char *http_find_prefix(void *ctx, const char *prefix)
{
    struct http_fixture *fx = ctx;
    for (size_t i = 0; i < fx->header_count; i++) {
        if (strncasecmp(fx->headers[i].name, prefix, strlen(prefix)) == 0) {
            return fx->headers[i].name;
        }
    }
    return NULL;
}

static inline void http_each_header(void *ctx, request_header_fn fn, void *arg)
{
    const struct http_fixture *fx = ctx;
    for (size_t i = 0; i < fx->header_count; i++) {
        fn(arg, fx->headers[i].name, fx->headers[i].value);
    }
}

/* value NULL: takes the header away. */
static inline void http_header(struct http_fixture *fx, const char *name, const char *value)
{
    size_t at = 0;
    while (at < fx->header_count && strcasecmp(fx->headers[at].name, name) != 0) {
        at++;
    }
    if (value) {
        assert_true(at < HTTP_HEADERS_MAX);
        snprintf(fx->headers[at].name, sizeof fx->headers[at].name, "%s", name);
        snprintf(fx->headers[at].value, sizeof fx->headers[at].value, "%s", value);
        fx->header_count += at == fx->header_count;
    } else if (at < fx->header_count) {
        fx->headers[at] = fx->headers[--fx->header_count];
    }
}

static inline void http_sign(struct http_fixture *fx, const char *service)
{
    char value[300];
    snprintf(value, sizeof value,
             "AWS4-HMAC-SHA256 Credential=AKID/20231114/us-east-1/%s/aws4_request, SignedHeaders=host, "
             "Signature=" HTTP_SIGNATURE,
             service);
    http_header(fx, "Authorization", value);
}

static inline void http_forget(struct http_fixture *fx)
{
    dispatch_clear(&fx->call);
    json_decref(fx->json);
    fx->json = NULL;
}

/* Tests look at a body that is sent from a file as at any other one. */
static inline void http_read_file(struct answer *answer)
{
    answer->body = malloc(answer->body_len + 1);
    assert_non_null(answer->body);
    assert_int_equal(pread(answer->fd, answer->body, answer->body_len, (off_t)answer->file_at),
                     (ssize_t)answer->body_len);
}

/* As the server does it: headers, body, answer, notifications. Returns the HTTP status. */
static inline int http_send(struct http_fixture *fx, const char *method, const char *target, const char *body,
                            size_t body_len)
{
    http_forget(fx);
    fx->call.service = &fx->service;
    fx->call.source = fx->source;
    fx->call.request.headers =
        (struct request_headers){http_get_header, http_find_prefix, http_each_header, fx};
    dispatch_open(&fx->call, method, target);
    if (!call_is_answered(&fx->call) && body) {
        if (body_len > fx->call.body_max) {
            dispatch_too_large(&fx->call);
        } else {
            fx->call.request.body = malloc(body_len + 1);
            assert_non_null(fx->call.request.body);
            memcpy(fx->call.request.body, body, body_len);
            fx->call.request.body[body_len] = '\0';
            fx->call.request.body_len = body_len;
        }
    }
    dispatch_run(&fx->call);
    assert_true(call_is_answered(&fx->call));
    core_publish_outbox(fx->service.core);
    if (fx->call.answer.has_file) {
        http_read_file(&fx->call.answer);
    }
    if (fx->call.answer.body) {
        fx->json = json_loadb(fx->call.answer.body, fx->call.answer.body_len, 0, NULL);
    }
    return (int)fx->call.answer.status;
}

/* Signed for `service`. */
static inline int http_ask(struct http_fixture *fx, const char *service, const char *method,
                           const char *target, const char *body)
{
    http_sign(fx, service);
    return http_send(fx, method, target, body, body ? strlen(body) : 0);
}

static inline const char *http_answer_header(const struct http_fixture *fx, const char *name)
{
    for (size_t i = 0; i < fx->call.answer.header_count; i++) {
        if (strcasecmp(fx->call.answer.headers[i].name, name) == 0) {
            return fx->call.answer.headers[i].value;
        }
    }
    return "";
}

/* A member of the answer by a path of names and indexes, "job.targets.0"; NULL: not there. */
static inline json_t *http_find(const struct http_fixture *fx, const char *path)
{
    char copy[256];
    char *rest = copy;
    json_t *at = fx->json;
    snprintf(copy, sizeof copy, "%s", path);
    for (char *name; at && (name = strsep(&rest, ".")) != NULL;) {
        at = json_is_array(at) ? json_array_get(at, strtoul(name, NULL, 10)) : json_object_get(at, name);
    }
    return at;
}

static inline const char *http_text(const struct http_fixture *fx, const char *path)
{
    const char *text = json_string_value(http_find(fx, path));
    return text ? text : "(none)";
}

static inline void http_expect(struct http_fixture *fx, int status, int got)
{
    if (status != got) {
        fail_msg("status %d, expected %d: %.*s", got, status, (int)fx->call.answer.body_len,
                 fx->call.answer.body ? fx->call.answer.body : "");
    }
}

/* An error of the JSON APIs: status, code, and a part of its message. */
static inline void http_expect_error(struct http_fixture *fx, int got, int status, const char *code,
                                     const char *message_part)
{
    http_expect(fx, status, got);
    assert_string_equal(http_answer_header(fx, "x-amzn-ErrorType"), code);
    assert_string_equal(http_answer_header(fx, "Content-Type"), "application/json");
    if (!strstr(http_text(fx, "message"), message_part)) {
        fail_msg("'%s' is not in the message: %s", message_part, http_text(fx, "message"));
    }
}

/* An error document of S3. */
static inline void http_expect_s3_error(struct http_fixture *fx, int got, int status, const char *code,
                                        const char *message_part)
{
    char element[64];
    http_expect(fx, status, got);
    assert_string_equal(http_answer_header(fx, "Content-Type"), "application/xml");
    snprintf(element, sizeof element, "<Code>%s</Code>", code);
    if (!strstr(fx->call.answer.body, element) || !strstr(fx->call.answer.body, message_part)) {
        fail_msg("no %s with '%s': %s", element, message_part, fx->call.answer.body);
    }
}

static inline int http_setup(void **state)
{
    struct http_fixture *fx = calloc(1, sizeof *fx);
    char why[256] = "";
    const char *const names[] = {"localhost"};
    assert_non_null(fx);
    fixture_open(&fx->base, ":memory:");
    snprintf(fx->dir, sizeof fx->dir, "/tmp/test-http-XXXXXX");
    assert_non_null(mkdtemp(fx->dir));
    fx->source = FROM_LOOPBACK;
    fx->service = (struct http_service){
        .core = fx->base.core,
        .pki = pki_open(fx->dir, names, 1, why, sizeof why),
        .listen = "127.0.0.1",
        .endpoint = "iot.example",
        .data_dir = fx->dir,
        .objects_dir = core_objects_dir(fx->base.core),
        .http_port = 8080,
        .mqtt_port = 8883,
    };
    if (!fx->service.pki) {
        fail_msg("pki_open: %s", why);
    }
    http_header(fx, "Host", "127.0.0.1:8080");
    *state = fx;
    return 0;
}

static inline int http_teardown(void **state)
{
    struct http_fixture *fx = *state;
    char command[128];
    http_forget(fx);
    pki_close((struct pki *)(uintptr_t)fx->service.pki);
    fixture_close(&fx->base);
    snprintf(command, sizeof command, "rm -rf '%s'", fx->dir);
    assert_int_equal(system(command), 0);
    free(fx);
    return 0;
}

#endif
