/* SPDX-License-Identifier: MIT */
#include "fakes/job_service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_CAP   80
#define MEMBERS_CAP 1400

static const char *const fate_texts[] = {"QUEUED", "IN_PROGRESS", "SUCCEEDED",
                                         "FAILED", "REJECTED",    "CANCELED"};

const char *job_service_fate_text(enum job_fate fate)
{
    return fate_texts[fate];
}

/* The member's value, which stands between the two texts. */
static bool find_between(const char *payload, const char *before, const char *after, char *out, size_t cap)
{
    const char *start = strstr(payload, before);
    const char *end = start ? strstr(start + strlen(before), after) : NULL;
    if (!end) {
        return false;
    }
    start += strlen(before);
    snprintf(out, cap, "%.*s", (int)(end - start), start);
    return true;
}

static void answer(struct job_service *service, const char *topic, const char *request, const char *kind,
                   const char *members)
{
    char answer_topic[300], payload[MEMBERS_CAP + 200], token[TOKEN_CAP] = "";
    find_between(request, "\"clientToken\":\"", "\"", token, sizeof(token));
    snprintf(answer_topic, sizeof(answer_topic), "%s/%s", topic, kind);
    snprintf(payload, sizeof(payload), "{\"timestamp\":1800000000,\"clientToken\":\"%s\"%s%s}", token,
             members[0] ? "," : "", members);
    service->send(service->ctx, answer_topic, payload);
}

static const char *write_execution(const struct job_service *service, unsigned job, bool has_document,
                                   char members[MEMBERS_CAP])
{
    const struct job_execution *execution = &service->jobs[job];
    snprintf(members, MEMBERS_CAP,
             "\"execution\":{\"jobId\":\"s%u\",\"status\":\"%s\",\"queuedAt\":1799999990,"
             "\"lastUpdatedAt\":1799999990,\"versionNumber\":%u,\"executionNumber\":1%s%s%s%s}",
             job, fate_texts[execution->fate], execution->version + 1,
             execution->details[0] ? ",\"statusDetails\":" : "", execution->details,
             has_document ? ",\"jobDocument\":" : "", has_document ? service->document : "");
    return members;
}

void job_service_notify(struct job_service *service)
{
    char payload[MEMBERS_CAP + 40], members[MEMBERS_CAP] = "";
    service->send(service->ctx, "notify", "{\"timestamp\":1800000000,\"jobs\":{}}");
    if (service->first < service->count) {
        write_execution(service, service->first, true, members);
    }
    snprintf(payload, sizeof(payload), "{\"timestamp\":1800000000%s%s}", members[0] ? "," : "", members);
    service->send(service->ctx, "notify-next", payload);
}

static void set_fate(struct job_service *service, enum job_fate fate)
{
    service->jobs[service->first].fate = fate;
    service->jobs[service->first].version++;
    service->first += fate != JOB_IN_PROGRESS;
}

void job_service_cancel(struct job_service *service)
{
    if (service->first < service->count) {
        set_fate(service, JOB_CANCELED);
        job_service_notify(service);
    }
}

static void reject_update(struct job_service *service, unsigned job, const char *topic, const char *payload)
{
    char members[200];
    snprintf(members, sizeof(members),
             "\"code\":\"InvalidStateTransition\",\"message\":\"it has ended\",\"executionState\":"
             "{\"status\":\"%s\",\"versionNumber\":%u}",
             fate_texts[service->jobs[job].fate], service->jobs[job].version + 1);
    answer(service, topic, payload, "rejected", members);
}

static enum job_fate wanted_fate(const char *payload)
{
    char text[20] = "";
    find_between(payload, "\"status\":\"", "\"", text, sizeof(text));
    for (enum job_fate fate = JOB_IN_PROGRESS; fate < JOB_CANCELED; fate++) {
        if (strcmp(text, fate_texts[fate]) == 0) {
            return fate;
        }
    }
    fprintf(stderr, "the model of the service knows no update like %s\n", payload);
    abort();
}

static void update(struct job_service *service, unsigned job, const char *topic, const char *payload)
{
    const enum job_fate fate = wanted_fate(payload);
    char document[MEMBERS_CAP] = "", members[200];
    if (job != service->first || job >= service->count) {
        reject_update(service, job, topic, payload);
        return;
    }
    struct job_execution *execution = &service->jobs[job];
    char expected[20] = "";
    find_between(payload, "\"expectedVersion\":", ",", expected, sizeof(expected));
    if (expected[0] && (unsigned)strtoul(expected, NULL, 10) != execution->version + 1) {
        snprintf(members, sizeof(members),
                 "\"code\":\"VersionMismatch\",\"message\":\"it has another version\"");
        answer(service, topic, payload, "rejected", members);
        return;
    }
    if (find_between(payload, "\"statusDetails\":{", "}", document, sizeof(execution->details) - 3)) {
        snprintf(execution->details, sizeof(execution->details), "{%.390s}", document);
    }
    document[0] = '\0';
    if (strstr(payload, "\"includeJobDocument\":true")) {
        snprintf(document, sizeof(document), "\"jobDocument\":%s", service->document);
    }
    set_fate(service, fate);
    answer(service, topic, payload, "accepted", document);
    if (fate != JOB_IN_PROGRESS) {
        job_service_notify(service);
    }
}

void job_service_request(struct job_service *service, const char *topic, const char *payload)
{
    const bool has_document = !strstr(payload, "\"includeJobDocument\":false");
    char members[MEMBERS_CAP] = "";
    unsigned job = 0;
    if (strcmp(topic, "$next/get") == 0) {
        if (service->first < service->count) {
            write_execution(service, service->first, has_document, members);
        }
        answer(service, topic, payload, "accepted", members);
    } else if (sscanf(topic, "s%u/", &job) == 1 && job < service->count && strstr(topic, "/update")) {
        update(service, job, topic, payload);
    } else if (sscanf(topic, "s%u/", &job) == 1 && job < service->count && strstr(topic, "/get")) {
        answer(service, topic, payload, "accepted", write_execution(service, job, has_document, members));
    } else {
        fprintf(stderr, "the model of the service knows no topic like %s\n", topic);
        abort();
    }
}
