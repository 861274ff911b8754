/* SPDX-License-Identifier: MIT */
#include "fakes/fake_service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

void fake_expect_request(struct fake_request *request, const char *topic)
{
    fake_wait_publish(request->topic, sizeof(request->topic), request->payload, sizeof(request->payload));
    assert_string_equal(request->topic, topic);
}

/* "clientToken":"..." of the request, or nothing. */
static const char *token_of(const struct fake_request *request, char out[80])
{
    const char *found = strstr(request->payload, "\"clientToken\":\"");
    assert_non_null(found);
    sscanf(found + strlen("\"clientToken\":\""), "%64[0-9a-f]", out);
    return out;
}

static void write_answer(const struct fake_request *request, const char *members, char *payload, size_t cap)
{
    char token[80] = "";
    int len = snprintf(payload, cap, "{\"timestamp\":1800000000,\"clientToken\":\"%s\"%s%s}",
                       token_of(request, token), members[0] ? "," : "", members);
    assert_true(len > 0 && (size_t)len < cap);
}

static void answer(const struct fake_request *request, const char *kind, const char *members)
{
    char topic[300];
    static _Thread_local char payload[16384];
    snprintf(topic, sizeof(topic), "%s/%s", request->topic, kind);
    write_answer(request, members, payload, sizeof(payload));
    assert_true(fake_deliver(topic, payload));
}

void fake_accept_request(const struct fake_request *request, const char *members)
{
    answer(request, "accepted", members);
}

void fake_reject_request(const struct fake_request *request, const char *code)
{
    char members[200];
    snprintf(members, sizeof(members), "\"code\":\"%s\",\"message\":\"test\"", code);
    answer(request, "rejected", members);
}

void fake_write_next(const struct fake_request *request, const char *job_id, const char *document,
                     char *payload, size_t cap)
{
    static _Thread_local char members[FAKE_ANSWER_CAP];
    snprintf(members, sizeof(members),
             "\"execution\":{\"jobId\":\"%s\",\"status\":\"QUEUED\",\"queuedAt\":1799999990,"
             "\"lastUpdatedAt\":1799999990,\"versionNumber\":1,\"jobDocument\":%s,\"executionNumber\":1}",
             job_id, document);
    write_answer(request, members, payload, cap);
}

void fake_answer_next(const char *job_id, const char *document)
{
    struct fake_request request;
    static _Thread_local char payload[FAKE_ANSWER_CAP];
    fake_expect_request(&request, "$next/get");
    fake_write_next(&request, job_id, document, payload, sizeof(payload));
    assert_true(fake_deliver("$next/get/accepted", payload));
}

void fake_answer_no_job(void)
{
    struct fake_request request;
    fake_expect_request(&request, "$next/get");
    fake_accept_request(&request, "");
}

void fake_offer_job(unsigned connection, const char *job_id, const char *document)
{
    fake_wait_open(connection);
    fake_connect();
    fake_answer_next(job_id, document);
}

bool fake_serve_job(const struct fake_request *request, const char *job_id)
{
    size_t len = strlen(job_id);
    char members[300];

    if (strncmp(request->topic, job_id, len) != 0) {
        return false;
    }
    if (strcmp(request->topic + len, "/update") == 0) {
        fake_accept_request(request, "");
        return true;
    }
    if (strcmp(request->topic + len, "/get") != 0) {
        return false;
    }
    snprintf(members, sizeof(members),
             "\"execution\":{\"jobId\":\"%s\",\"status\":\"IN_PROGRESS\",\"queuedAt\":1799999990,"
             "\"lastUpdatedAt\":1799999990,\"versionNumber\":2,\"executionNumber\":1}",
             job_id);
    fake_accept_request(request, members);
    return true;
}

void fake_accept_until(struct fake_request *request, const char *job_id, const char *status)
{
    char wanted[60];
    snprintf(wanted, sizeof(wanted), "\"status\":\"%s\"", status);
    do {
        fake_wait_publish(request->topic, sizeof(request->topic), request->payload, sizeof(request->payload));
        assert_true(fake_serve_job(request, job_id));
    } while (!strstr(request->payload, wanted));
}

void fake_accept_claim(const char *job_id)
{
    struct fake_request request;
    fake_accept_until(&request, job_id, "IN_PROGRESS");
}
