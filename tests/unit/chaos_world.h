/* SPDX-License-Identifier: MIT */
/* The world of test_engine_chaos: its jobs, the messages in the air, and a service that knows nothing but
 * docs/protocol.md 1.6 to 1.9 and 3. Written from that page alone, on no line of the engine or of iot-local. */
#ifndef CHAOS_WORLD_H
#define CHAOS_WORLD_H

#include "fakes/fake_engine_io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOBS     6
#define IN_AIR   64
#define TEXT_CAP 1600

#define DEADLINE_S 600

static const struct jobs_action actions[] = {
    {.name = "once", .max_attempts = 1, .has_cancel = true, .deadline_s = DEADLINE_S},
    {.name = "again",
     .max_attempts = 3,
     .has_cancel = true,
     .deadline_s = DEADLINE_S,
     .on_interrupted = JOBS_INTERRUPTED_RERUN},
    {.name = "later", /* without a cancel callback */
     .max_attempts = 1,
     .deadline_s = DEADLINE_S,
     .on_interrupted = JOBS_INTERRUPTED_WAIT},
    {.name = "resumed",
     .max_attempts = 1,
     .has_cancel = true,
     .has_resume = true,
     .deadline_s = DEADLINE_S,
     .on_interrupted = JOBS_INTERRUPTED_WAIT},
    {.name = "steps",
     .is_member = true,
     .max_attempts = 1,
     .has_cancel = true,
     .deadline_s = DEADLINE_S,
     .on_stuck = JOBS_STUCK_LEAVE},
};
#define ACTIONS (sizeof actions / sizeof actions[0])

struct job {
    char id[16];
    int number;
    int queued_at_s;
    const char *status; /* NULL: deleted */
    int version;
    int attempt; /* statusDetails.attempt; -1: no statusDetails */
    size_t action;
    bool is_bad_document;
    unsigned claims, starts;
    const char *confirmed; /* the final status that the engine has confirmed to the application */
    bool is_unsaved;       /* a put failed while it ran: a status may have gone out from memory */
    unsigned resumed_boot; /* the boot on which it was resumed last */
    bool is_taken_up;      /* after a boot the application resumed it, or reported it as waiting */
};

struct message {
    char topic[DEVICE_TOPIC_CAP];
    char text[TEXT_CAP];
    char token[JOBS_TOKEN_CAP];
    bool to_device;
    unsigned connection;
};

struct world {
    struct fake_engine *f;
    uint64_t random;
    struct job jobs[64];
    size_t job_count;
    struct message air[IN_AIR];
    size_t air_count;
    unsigned connection;
    bool is_connected;
    int now_s; /* the service's clock */
    unsigned boot;
    bool is_handler_running;
    bool is_callback_out;
    bool ends_run; /* that callback began after the handler of the run in hand had returned */
    bool is_refreshing;
    bool is_at_work;     /* the application, on what was started last on this boot */
    uint64_t until_ms;   /* the deadline of that run */
    struct job *running; /* what was started last on this boot */
    int asked_filter;    /* whose SUBACK is due; -1: none */
    uint64_t asked_ms;
    bool closes;     /* the broker closes the connection on a SUBSCRIBE that it refuses, as AWS IoT does */
    unsigned denied; /* the filters that the policy does not allow, one bit each */
    bool is_calm;
};

static uint32_t dice(struct world *w, uint32_t sides)
{
    w->random = w->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(w->random >> 33) % sides;
}

static bool is_pending(const struct job *job)
{
    return job->status != NULL &&
           (strcmp(job->status, "QUEUED") == 0 || strcmp(job->status, "IN_PROGRESS") == 0);
}

/* docs/protocol.md 3: IN_PROGRESS first, then by queuedAt; jobs stand in this order. */
static struct job *next_job(struct world *w)
{
    for (size_t i = 0; i < w->job_count; i++) {
        if (is_pending(&w->jobs[i]) && strcmp(w->jobs[i].status, "IN_PROGRESS") == 0) {
            return &w->jobs[i];
        }
    }
    for (size_t i = 0; i < w->job_count; i++) {
        if (is_pending(&w->jobs[i])) {
            return &w->jobs[i];
        }
    }
    return NULL;
}

/* The latest execution of this id, or the one with this number. */
static struct job *find_job(struct world *w, const char *id, int number)
{
    for (size_t i = w->job_count; i > 0; i--) {
        struct job *job = &w->jobs[i - 1];
        if (strcmp(job->id, id) == 0 && job->status != NULL && (number < 0 || job->number == number)) {
            return job;
        }
    }
    return NULL;
}

static struct message *send_to_device(struct world *w, const char *topic, const char *text)
{
    if (w->air_count == IN_AIR) {
        return NULL; /* lost */
    }
    struct message *m = &w->air[w->air_count++];
    *m = (struct message){.to_device = true, .connection = w->connection};
    snprintf(m->topic, sizeof m->topic, "%s", topic);
    snprintf(m->text, sizeof m->text, "%s", text);
    return m;
}

static const char *details_of(const struct job *job, char *out, size_t cap)
{
    if (job->attempt < 0) {
        return "";
    }
    snprintf(out, cap, ",\"statusDetails\":{\"attempt\":\"%d\"}", job->attempt);
    return out;
}

/* Each job has a number in its document, by which its handler knows it. */
static void put_document(const struct world *w, const struct job *job, char *out, size_t cap)
{
    int n = (int)(job - w->jobs);

    if (job->is_bad_document) {
        snprintf(out, cap, "{\"no\":\"%s\",\"n\":\"<%d>\"}", actions[job->action].name, n);
    } else if (actions[job->action].is_member) {
        snprintf(out, cap, "{\"%s\":[1],\"n\":\"<%d>\"}", actions[job->action].name, n);
    } else {
        snprintf(out, cap, "{\"action\":\"%s\",\"n\":\"<%d>\"}", actions[job->action].name, n);
    }
}

static void put_execution(const struct world *w, const struct job *job, bool with_document, char *out,
                          size_t cap)
{
    char details[60];
    char document[80];
    char member[120] = "";

    if (with_document) {
        put_document(w, job, document, sizeof document);
        snprintf(member, sizeof member, ",\"jobDocument\":%s", document);
    }
    snprintf(out, cap,
             ",\"execution\":{\"jobId\":\"%s\",\"status\":\"%s\",\"queuedAt\":%d,\"versionNumber\":%d,"
             "\"executionNumber\":%d%s%s}",
             job->id, job->status, job->queued_at_s, job->version, job->number,
             details_of(job, details, sizeof details), member);
}

static void notify_next(struct world *w)
{
    char text[TEXT_CAP];
    char execution[600] = "";
    struct job *job = next_job(w);

    if (job != NULL) {
        put_execution(w, job, true, execution, sizeof execution);
    }
    snprintf(text, sizeof text, "{\"timestamp\":%d%s}", w->now_s, execution);
    send_to_device(w, "notify-next", text);
}

/* notify, and notify-next when another execution is first now. docs/protocol.md 1.9 */
static void notify(struct world *w, const struct job *first_before)
{
    char text[TEXT_CAP];
    int len = snprintf(text, sizeof text, "{\"timestamp\":%d,\"jobs\":{", w->now_s);
    static const char *const lists[] = {"IN_PROGRESS", "QUEUED"};
    for (size_t k = 0; k < 2; k++) {
        len += snprintf(text + len, sizeof text - (size_t)len, "%s\"%s\":[", k ? "," : "", lists[k]);
        const char *comma = "";
        int listed = 0;
        for (size_t i = 0; i < w->job_count && listed < 10; i++) {
            const struct job *job = &w->jobs[i];
            if (!is_pending(job) || strcmp(job->status, lists[k]) != 0) {
                continue;
            }
            len += snprintf(text + len, sizeof text - (size_t)len,
                            "%s{\"jobId\":\"%s\",\"queuedAt\":%d,\"executionNumber\":%d}", comma, job->id,
                            job->queued_at_s, job->number);
            comma = ",";
            listed++;
        }
        len += snprintf(text + len, sizeof text - (size_t)len, "]");
    }
    snprintf(text + len, sizeof text - (size_t)len, "}}");
    send_to_device(w, "notify", text);
    if (next_job(w) != first_before) {
        notify_next(w);
    }
}

static void answer(struct world *w, const struct message *request, const char *end, const char *members)
{
    char topic[DEVICE_TOPIC_CAP + 10];
    char text[TEXT_CAP];
    if (request->connection != w->connection) {
        return; /* answers go only to the connection that asked */
    }
    snprintf(topic, sizeof topic, "%s/%s", request->topic, end);
    snprintf(text, sizeof text, "{\"timestamp\":%d,\"clientToken\":\"%s\"%s}", w->now_s, request->token,
             members);
    send_to_device(w, topic, text);
}

static void reject(struct world *w, const struct message *request, const char *code, const struct job *job)
{
    char members[300];
    char details[60];
    int len = snprintf(members, sizeof members, ",\"code\":\"%s\",\"message\":\"x\"", code);
    if (job != NULL) {
        snprintf(members + len, sizeof members - (size_t)len,
                 ",\"executionState\":{\"status\":\"%s\",\"versionNumber\":%d%s}", job->status, job->version,
                 details_of(job, details, sizeof details));
    }
    answer(w, request, "rejected", members);
}

static int number_in(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    return at != NULL ? (int)strtol(at + strlen(key), NULL, 10) : -1;
}

static void serve_get(struct world *w, const struct message *request, struct job *job, bool is_next)
{
    char members[600];

    if (job == NULL && !is_next) {
        reject(w, request, "ResourceNotFound", NULL);
    } else if (job == NULL) {
        answer(w, request, "accepted", "");
    } else if (!is_pending(job)) {
        reject(w, request, "TerminalStateReached", NULL);
    }
    if (job == NULL || !is_pending(job)) {
        return;
    }
    put_execution(w, job, strstr(request->text, "\"includeJobDocument\":false") == NULL, members,
                  sizeof members);
    answer(w, request, "accepted", members);
}

static void serve_update(struct world *w, const struct message *request, struct job *job)
{
    static const char *const statuses[] = {"IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"};
    int expected = number_in(request->text, "\"expectedVersion\":");
    const char *wanted = NULL;
    struct job *first = next_job(w);
    bool is_claim = strstr(request->text, "\"accepted\"") != NULL;
    char members[200] = "";
    for (size_t i = 0; i < 4; i++) {
        char head[40];
        snprintf(head, sizeof head, "{\"status\":\"%s\"", statuses[i]);
        if (strncmp(request->text, head, strlen(head)) == 0) {
            wanted = statuses[i];
        }
    }
    assert_non_null(wanted);
    if (job == NULL) {
        reject(w, request, "ResourceNotFound", NULL);
        return;
    }
    if (expected >= 0 && expected != job->version) {
        reject(w, request, "VersionMismatch", job);
        return;
    }
    if (!is_pending(job) || (strcmp(wanted, "REJECTED") == 0 && strcmp(job->status, "IN_PROGRESS") == 0)) {
        reject(w, request, "InvalidStateTransition", job);
        return;
    }
    job->status = wanted;
    job->version++;
    if (strstr(request->text, "statusDetails") != NULL) {
        job->attempt = number_in(request->text, "\"attempt\":\"");
    }
    if (is_claim) {
        job->claims++;
        assert_in_range(job->attempt, 1, job->claims);
        assert_ptr_equal(job, first); /* G3: in the service's order */
    }
    if (strstr(request->text, "\"includeJobDocument\":true") != NULL) {
        char document[80];
        put_document(w, job, document, sizeof document);
        snprintf(members, sizeof members, ",\"jobDocument\":%s", document);
    }
    answer(w, request, "accepted", members);
    if (!is_pending(job)) {
        notify(w, first);
        if (strcmp(wanted, "FAILED") == 0 && !w->is_calm && w->job_count < 60 && dice(w, 4) == 0) {
            struct job *retry = &w->jobs[w->job_count++]; /* the service's retry */
            *retry = (struct job){.number = job->number + 1,
                                  .queued_at_s = 1700000000 + (int)w->job_count,
                                  .status = "QUEUED",
                                  .version = 1,
                                  .attempt = -1,
                                  .action = job->action};
            memcpy(retry->id, job->id, sizeof retry->id);
            notify(w, first);
        }
    }
}

static void serve(struct world *w, const struct message *request)
{
    char id[80];
    char operation[20];
    if (!w->is_calm && dice(w, 20) == 0) {
        reject(w, request, dice(w, 2) ? "InternalError" : "RequestThrottled", NULL);
        return;
    }
    assert_int_equal(sscanf(request->topic, "%79[^/]/%19s", id, operation), 2);
    bool is_next = strcmp(id, "$next") == 0;
    struct job *job =
        is_next ? next_job(w) : find_job(w, id, number_in(request->text, "\"executionNumber\":"));
    if (strcmp(operation, "get") == 0) {
        serve_get(w, request, job, is_next);
    } else {
        serve_update(w, request, job);
    }
}

#endif
