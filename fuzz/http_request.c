/* SPDX-License-Identifier: MIT */
/* One HTTP request from its line to its answer. Input: "METHOD TARGET", header lines "Name: value", an empty line, the
 * body. Whatever comes: there is an answer, of a form that clients can read; without a signature nothing but reading
 * works, from a foreign web page nothing at all; and the service still answers the next one. */
#include "cloud/base/text.h"
#include "cloud/core/jobs/jobs.h"
#include "cloud/core/objects/objects.h"
#include "cloud/core/registry/registry.h"
#include "cloud/http/dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define HEADERS_MAX 16
#define SIGNATURE                                                                                            \
    "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/iot/aws4_request, SignedHeaders=host, "                \
    "Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct input {
    char *text;
    const char *method, *target;
    const char *names[HEADERS_MAX], *values[HEADERS_MAX];
    size_t count;
    const char *body;
    size_t body_len;
};

static void require(bool is_true, const char *what)
{
    if (!is_true) {
        fprintf(stderr, "broken: %s\n", what);
        abort();
    }
}

/* Real keys take too long here. */
bool pki_issue(struct pki *pki, struct pki_issued *issued, char *why, size_t why_cap)
{
    (void)pki, (void)why, (void)why_cap;
    memset(issued->certificate_id, 'a', 64);
    issued->certificate_id[64] = '\0';
    issued->certificate_pem = text_copy("pem");
    issued->private_key_pem = text_copy("key");
    issued->public_key_pem = text_copy("key");
    return true;
}

bool pki_issue_for_seconds(struct pki *pki, int64_t seconds, struct pki_issued *issued, char *why,
                           size_t why_cap)
{
    (void)seconds;
    return pki_issue(pki, issued, why, why_cap);
}

enum err pki_issue_for(struct pki *pki, const char *request, struct pki_issued *issued, char *why,
                       size_t why_cap)
{
    (void)pki, (void)issued;
    snprintf(why, why_cap, "no request: %.40s", request);
    return ERR_ARG;
}

void pki_issued_clear(struct pki_issued *issued)
{
    free(issued->certificate_pem);
    free(issued->private_key_pem);
    free(issued->public_key_pem);
}

const char *pki_ca_pem(const struct pki *pki)
{
    (void)pki;
    return "pem";
}

static int64_t now_ms(void *ctx)
{
    (void)ctx;
    return 1767225600123; /* 2026-01-01 */
}

static const struct clock clock = {.wall_ms = now_ms, .monotonic_ms = now_ms};

/* In memory where there is such a folder. Each core that is opened sweeps it. */
static const char *objects_folder(void)
{
    static char folder[64];
    if (!*folder) {
        snprintf(folder, sizeof folder, "%s/fuzz_objects_XXXXXX",
                 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
        require(mkdtemp(folder), "mkdtemp");
    }
    return folder;
}

/* A thing with a job, an object with an ETag. */
static struct core *open_core(void)
{
    char why[256];
    struct object_file file;
    struct core_error error = {.code = CORE_OK};
    struct core_config config = {.database = ":memory:", .objects_dir = objects_folder(), .clock = &clock};
    struct core *core = core_open(&config, why, sizeof why);
    require(core && core_begin(core), "core_open");
    struct thing thing;
    struct job job;
    const char *targets[] = {"arn:aws:iot:us-east-1:123456789012:thing/lamp"};
    struct job_create create = {
        .job_id = "j", .targets = targets, .target_count = 1, .document = slice_from("{}")};
    require(!things_create(core, &(struct thing_create){.name = "lamp"}, &thing, &error), "things_create");
    require(!jobs_create(core, &create, &job, &error), "jobs_create");
    require(!buckets_create(core, "docs", &error), "buckets_create");
    require(object_file_write(config.objects_dir, "hello", 5, &file) &&
                !objects_put(core, "docs", "a.txt", NULL, &file, &error),
            "objects_put");
    thing_clear(&thing);
    job_clear(&job);
    require(core_commit(core), "core_commit");
    return core;
}

/* Cuts the next line off; without an end it is the rest. */
static char *cut_line(char **rest)
{
    char *line = *rest;
    char *end = strchr(line, '\n');
    *rest = end ? end + 1 : line + strlen(line);
    if (end) {
        *end = '\0';
    }
    return line;
}

static void read_input(struct input *input, const uint8_t *data, size_t size)
{
    input->text = text_copy_n((const char *)data, size);
    char *rest = input->text;
    char *line = cut_line(&rest);
    char *blank = strchr(line, ' ');
    input->method = line;
    input->target = blank ? blank + 1 : "";
    if (blank) {
        *blank = '\0';
    }
    while (*rest && *(line = cut_line(&rest))) {
        char *colon = strstr(line, ": ");
        if (colon && input->count < HEADERS_MAX) {
            *colon = '\0';
            input->names[input->count] = line;
            input->values[input->count++] = colon + 2;
        }
    }
    input->body = rest;
    input->body_len = size - (size_t)(rest - input->text);
}

static const char *get_header(void *ctx, const char *name)
{
    const struct input *input = ctx;
    for (size_t i = 0; i < input->count; i++) {
        if (strcasecmp(input->names[i], name) == 0) {
            return input->values[i];
        }
    }
    return strcmp(name, "Host") == 0 ? "127.0.0.1" : NULL;
}

static const char *find_prefix(void *ctx, const char *prefix)
{
    const struct input *input = ctx;
    for (size_t i = 0; i < input->count; i++) {
        if (strncasecmp(input->names[i], prefix, strlen(prefix)) == 0) {
            return input->names[i];
        }
    }
    return NULL;
}

static void each_header(void *ctx, request_header_fn fn, void *arg)
{
    const struct input *input = ctx;
    for (size_t i = 0; i < input->count; i++) {
        fn(arg, input->names[i], input->values[i]);
    }
}

static const char *answer_header_of(const struct answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        if (strcasecmp(answer->headers[i].name, name) == 0) {
            return answer->headers[i].value;
        }
    }
    return NULL;
}

static void check_answer(const struct call *call)
{
    const struct answer *answer = &call->answer;
    const char *type = answer_header_of(answer, "Content-Type");
    require(answer->status >= 200 && answer->status < 600, "status");
    if (answer_header_of(answer, "x-amzn-ErrorType") || (call->route && answer->status < 300)) {
        json_t *json = json_loadb(answer->body, answer->body_len, 0, NULL);
        require(type && strcmp(type, "application/json") == 0 && json_is_object(json), "the answer is JSON");
        require(answer->status < 300 || json_is_string(json_object_get(json, "message")),
                "an error has a message");
        json_decref(json);
    } else if (answer->status >= 400) {
        require(type && strcmp(type, "application/xml") == 0, "an error of S3 is XML");
        require(strncmp(answer->body, "<?xml", 5) == 0 && strstr(answer->body, "</Error>"), "error document");
    }
    require(answer->status != 500 && answer->status != 503, "no failure of ours");
}

static void check_access(const struct call *call, struct input *input)
{
    const char *origin = get_header(input, "Origin");
    bool is_signed = get_header(input, "Authorization") || request_query(&call->request, "X-Amz-Algorithm") ||
                     request_query(&call->request, "AWSAccessKeyId");
    bool reads = request_is(&call->request, "GET") || request_is(&call->request, "HEAD");
    require(call->answer.status >= 300 || is_signed || reads, "without a signature only reading");
    require(call->answer.status >= 300 || !origin || strstr(origin, ":8080"), "no foreign page");
}

/* true: something may have been changed. */
static bool run(struct http_service *service, struct input *input)
{
    struct call call = {.service = service, .source = FROM_LOOPBACK};
    call.request.headers = (struct request_headers){get_header, find_prefix, each_header, input};
    dispatch_open(&call, input->method, input->target);
    if (!call_is_answered(&call) && input->body_len > 0) {
        call.request.body = text_copy_n(input->body, input->body_len);
        call.request.body_len = input->body_len;
    }
    dispatch_run(&call);
    check_answer(&call);
    check_access(&call, input);
    bool is_changed =
        call.answer.status < 300 && !request_is(&call.request, "GET") && !request_is(&call.request, "HEAD");
    dispatch_clear(&call);
    return is_changed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_service service = {
        .listen = "127.0.0.1", .endpoint = "localhost", .data_dir = "", .http_port = 8080};
    struct input input = {0};
    if (!service.core) {
        service.core = open_core();
        service.objects_dir = core_objects_dir(service.core);
    }
    read_input(&input, data, size);
    bool is_changed = run(&service, &input);
    free(input.text);
    struct input next = {.method = "GET",
                         .target = "/things/lamp",
                         .names = {"Authorization"},
                         .values = {SIGNATURE},
                         .count = 1};
    run(&service, &next);
    if (is_changed) { /* each input meets the same service; opening one takes most of the time */
        core_close(service.core);
        service.core = NULL;
    }
    return 0;
}
