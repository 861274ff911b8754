/* SPDX-License-Identifier: MIT */
#ifndef ONE_JOB_SERVICE_H
#define ONE_JOB_SERVICE_H

#include "fakes/fake_engine_io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLINK "{\"action\":\"blink\"}"

/* A service with one job on the thing, just clever enough to answer whatever the device sends. */
struct one_job {
    char status[16];
    int version;
    int attempt;
    unsigned accepted_claims;
};

static void put_execution(const struct one_job *job, char *out, size_t cap, bool with_document)
{
    snprintf(out, cap,
             "\"execution\":{\"jobId\":\"j1\",\"status\":\"%s\",\"statusDetails\":{\"attempt\":\"%d\"},"
             "\"queuedAt\":%d,"
             "\"versionNumber\":%d,\"executionNumber\":1%s}",
             job->status, job->attempt, FAKE_QUEUED_S, job->version,
             with_document ? ",\"jobDocument\":" BLINK : "");
}

static bool is_pending(const struct one_job *job)
{
    return strcmp(job->status, "QUEUED") == 0 || strcmp(job->status, "IN_PROGRESS") == 0;
}

static void serve_update(struct fake_engine *f, struct one_job *job, const char *payload)
{
    char state[200];
    const char *version = strstr(payload, "\"expectedVersion\":");
    const char *attempt = strstr(payload, "\"attempt\":\"");

    snprintf(
        state, sizeof state,
        "\"executionState\":{\"status\":\"%s\",\"statusDetails\":{\"attempt\":\"%d\"},\"versionNumber\":%d}",
        job->status, job->attempt, job->version);
    if (version != NULL && strtol(version + strlen("\"expectedVersion\":"), NULL, 10) != job->version) {
        fake_reject(f, "j1/update", "VersionMismatch", state);
        return;
    }
    if (!is_pending(job)) {
        fake_reject(f, "j1/update", "InvalidStateTransition", state);
        return;
    }
    assert_int_equal(sscanf(payload, "{\"status\":\"%15[A-Z_]", job->status), 1);
    job->version++;
    job->attempt = attempt != NULL ? (int)strtol(attempt + strlen("\"attempt\":\""), NULL, 10) : 0;
    job->accepted_claims += strstr(payload, "\"accepted\"") != NULL;
    fake_accept(f, "j1/update", "");
}

/* Answers the next effect; false: nothing left to do. The handler returns at once. */
static bool serve(struct fake_engine *f, struct one_job *job, enum jobs_status result)
{
    char members[400];

    while (f->seen < f->effect_count && f->effects[f->seen].is_looked_at) {
        f->seen++;
    }
    if (f->seen == f->effect_count || (f->cut_after > 0 && f->effect_count >= f->cut_after)) {
        return false;
    }
    const struct fake_effect *effect = &f->effects[f->seen++];
    if (effect->kind == FAKE_START) {
        fake_return(f, result);
    } else if (effect->kind == FAKE_PUBLISH && strcmp(effect->topic, "j1/update") == 0) {
        serve_update(f, job, effect->text);
    } else if (effect->kind == FAKE_PUBLISH && strcmp(effect->topic, "j1/get") == 0) {
        put_execution(job, members, sizeof members, false);
        if (is_pending(job)) {
            fake_accept(f, "j1/get", members);
        } else {
            fake_reject(f, "j1/get", "TerminalStateReached", "");
        }
    } else if (effect->kind == FAKE_PUBLISH) {
        assert_string_equal(effect->topic, "$next/get");
        put_execution(job, members, sizeof members, strstr(effect->text, "includeJobDocument") == NULL);
        fake_accept(f, "$next/get", is_pending(job) ? members : "");
    } else {
        assert_int_equal(effect->kind, FAKE_SAVE);
    }
    return true;
}

#endif
