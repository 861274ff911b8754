/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "fakes/fake_service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The documents that were written last. */
#define OFFERS 4
static struct {
    char job_id[65];
    char *document;
} offers[OFFERS];
static unsigned next_offer;

static bool may_lose_answers;

static const char *document_of(const char *job_id)
{
    for (unsigned i = 0; i < OFFERS; i++) {
        if (offers[i].document && strcmp(offers[i].job_id, job_id) == 0) {
            return offers[i].document;
        }
    }
    return NULL;
}

static void keep_offer(const char *job_id, const char *document)
{
    unsigned at = next_offer;
    for (unsigned i = 0; i < OFFERS; i++) {
        at = strcmp(offers[i].job_id, job_id) == 0 ? i : at;
    }
    next_offer = at == next_offer ? (next_offer + 1) % OFFERS : next_offer;
    free(offers[at].document);
    snprintf(offers[at].job_id, sizeof(offers[at].job_id), "%s", job_id);
    offers[at].document = strdup(document);
    assert_non_null(offers[at].document);
}

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
    assert_true(fake_deliver(topic, payload) || may_lose_answers);
}

void fake_let_answers_get_lost(bool may_lose)
{
    may_lose_answers = may_lose;
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

static const char *write_execution(const char *job_id, const char *document)
{
    static _Thread_local char members[FAKE_ANSWER_CAP];
    keep_offer(job_id, document);
    snprintf(members, sizeof(members),
             "\"execution\":{\"jobId\":\"%s\",\"status\":\"QUEUED\",\"queuedAt\":1799999990,"
             "\"lastUpdatedAt\":1799999990,\"versionNumber\":1,\"jobDocument\":%s,\"executionNumber\":1}",
             job_id, document);
    return members;
}

void fake_write_next(const struct fake_request *request, const char *job_id, const char *document,
                     char *payload, size_t cap)
{
    write_answer(request, write_execution(job_id, document), payload, cap);
}

void fake_notify_next(const char *job_id, const char *document)
{
    static _Thread_local char payload[FAKE_ANSWER_CAP + 100];
    snprintf(payload, sizeof(payload), "{\"timestamp\":1800000000%s%s}", job_id ? "," : "",
             job_id ? write_execution(job_id, document) : "");
    fake_deliver("notify-next", payload);
}

static bool asks_for_document(const struct fake_request *request)
{
    return !strstr(request->payload, "\"includeJobDocument\":false");
}

void fake_answer_next(const char *job_id, const char *document)
{
    struct fake_request request;
    static _Thread_local char payload[FAKE_ANSWER_CAP];
    do { /* one that it has sent with another job in hand is followed by another one */
        fake_expect_request(&request, "$next/get");
        fake_write_next(&request, job_id, asks_for_document(&request) ? document : "0", payload,
                        sizeof(payload));
        assert_true(fake_deliver("$next/get/accepted", payload));
    } while (!asks_for_document(&request));
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

static void accept_question(const struct fake_request *request, const char *job_id)
{
    static _Thread_local char members[8192];
    const char *document = asks_for_document(request) ? document_of(job_id) : NULL;
    snprintf(members, sizeof(members),
             "\"execution\":{\"jobId\":\"%s\",\"status\":\"IN_PROGRESS\",\"queuedAt\":1799999990,"
             "\"lastUpdatedAt\":1799999990,\"versionNumber\":2,\"executionNumber\":1%s%s}",
             job_id, document ? ",\"jobDocument\":" : "", document ? document : "");
    fake_accept_request(request, members);
}

static void accept_update(const struct fake_request *request, const char *job_id)
{
    static _Thread_local char members[8192];
    bool is_with_document = strstr(request->payload, "\"includeJobDocument\":true") != NULL;
    snprintf(members, sizeof(members), "\"jobDocument\":%s", is_with_document ? document_of(job_id) : "");
    fake_accept_request(request, is_with_document ? members : "");
}

bool fake_serve_job(const struct fake_request *request, const char *job_id)
{
    size_t len = strlen(job_id);
    bool is_of_job = strncmp(request->topic, job_id, len) == 0;

    if (is_of_job && strcmp(request->topic + len, "/update") == 0) {
        accept_update(request, job_id);
        return true;
    }
    if ((is_of_job && strcmp(request->topic + len, "/get") == 0) ||
        (strcmp(request->topic, "$next/get") == 0 && !asks_for_document(request))) {
        accept_question(request, job_id);
        return true;
    }
    return false;
}

void fake_accept_until(struct fake_request *request, const char *job_id, const char *status)
{
    char wanted[60];
    snprintf(wanted, sizeof(wanted), "\"status\":\"%s\"", status);
    do {
        fake_wait_publish(request->topic, sizeof(request->topic), request->payload, sizeof(request->payload));
        if (!fake_serve_job(request, job_id)) {
            fail_msg("%s instead of %s of %s", request->topic, status, job_id);
        }
    } while (!strstr(request->payload, wanted));
    if (strcmp(status, "IN_PROGRESS") != 0) {
        fake_notify_next(NULL, NULL);
    }
}

void fake_accept_claim(const char *job_id)
{
    struct fake_request request;
    fake_accept_until(&request, job_id, "IN_PROGRESS");
}
