/* SPDX-License-Identifier: MIT */
#include "cloud/core/jobs/job_events.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/base/uuid.h"
#include "cloud/core/events/event_configurations.h"
#include "cloud/core/events/event_outbox.h"
#include "cloud/core/jobs/jobs.h"
#include "cloud/core/names.h"
#include "common/json_write.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_CAP  1536 /* bytes of a payload beside texts of any length */
#define ESCAPE_MAX 6    /* bytes that one byte of a text may become */

static const struct {
    const char *operation; /* also the topic's last word */
    const char *status;
    bool has_counts;
} job_words[JOB_EVENT_COUNT] = {
    [JOB_EVENT_COMPLETED] = {"completed", "COMPLETED", true},
    [JOB_EVENT_CANCELLATION_IN_PROGRESS] = {"cancellation_in_progress", "CANCELLATION_IN_PROGRESS", false},
    [JOB_EVENT_CANCELED] = {"canceled", "CANCELED", false},
    [JOB_EVENT_DELETION_IN_PROGRESS] = {"deletion_in_progress", "DELETION_IN_PROGRESS", false},
    [JOB_EVENT_DELETED] = {"deleted", "DELETED", false},
};

static const char *const execution_words[EXECUTION_STATUS_COUNT] = {
    [EXECUTION_SUCCEEDED] = "succeeded", [EXECUTION_FAILED] = "failed",   [EXECUTION_TIMED_OUT] = "timed_out",
    [EXECUTION_REJECTED] = "rejected",   [EXECUTION_REMOVED] = "removed", [EXECUTION_CANCELED] = "canceled",
};

/* --- Texts --- */

static void put_text(struct json_writer *w, const char *key, const char *text)
{
    if (text) {
        json_write_key(w, key);
        json_write_string(w, text);
    }
}

/* Milliseconds, as AWS's examples have them. */
static void put_i64(struct json_writer *w, const char *key, int64_t value)
{
    json_write_key(w, key);
    json_write_i64(w, value);
}

static size_t text_cap(const char *text)
{
    return text ? ESCAPE_MAX * strlen(text) : 0;
}

struct draft {
    struct json_writer w;
    char *payload;
};

static void begin(struct core *core, struct draft *draft, size_t cap, const char *type, const char *operation,
                  const char *job_id)
{
    char id[UUID_CAP];
    uuid_make(id);
    draft->payload = memory_resize(NULL, cap);
    json_write_begin(&draft->w, draft->payload, cap);
    json_write_object(&draft->w);
    put_text(&draft->w, "eventType", type);
    put_text(&draft->w, "eventId", id);
    put_i64(&draft->w, "timestamp", core_now_ms(core) / 1000);
    put_text(&draft->w, "operation", operation);
    put_text(&draft->w, "jobId", job_id);
}

static bool finish(struct core *core, struct draft *draft, const char *family, const char *job_id,
                   const char *operation)
{
    size_t len;
    json_write_object_end(&draft->w);
    enum err err = json_write_finish(&draft->w, &len);
    assert(err == ERR_OK); /* the capacity was computed from what was written */
    (void)err;
    char *topic = text_format("$aws/events/%s/%s/%s", family, job_id, operation);
    bool is_good = event_outbox_add(core, topic, draft->payload);
    free(topic);
    free(draft->payload);
    return is_good;
}

/* --- Jobs --- */

static void put_counts(struct json_writer *w, const struct job *job)
{
    static const struct {
        const char *name;
        enum execution_status status;
    } counts[] = {
        {"numberOfCanceledThings", EXECUTION_CANCELED},  {"numberOfRejectedThings", EXECUTION_REJECTED},
        {"numberOfFailedThings", EXECUTION_FAILED},      {"numberOfRemovedThings", EXECUTION_REMOVED},
        {"numberOfTimedOutThings", EXECUTION_TIMED_OUT}, {"numberOfSucceededThings", EXECUTION_SUCCEEDED},
    };
    json_write_key(w, "jobProcessDetails");
    json_write_object(w);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        put_i64(w, counts[i].name, job->counts[counts[i].status]);
    }
    json_write_object_end(w);
}

static bool write_job(struct core *core, const struct job *job, enum job_event event)
{
    struct draft draft;
    begin(core, &draft,
          FRAME_CAP + text_cap(job->description) + text_cap(job->comment) +
              (job->targets ? strlen(job->targets) : 0),
          "JOB", job_words[event].operation, job->job_id);
    put_text(&draft.w, "status", job_words[event].status);
    put_text(&draft.w, "targetSelection", job->target_selection);
    json_write_key(&draft.w, "targets");
    json_write_raw(&draft.w, slice_from(job->targets));
    put_text(&draft.w, "description", job->description);
    if (event == JOB_EVENT_COMPLETED) {
        put_i64(&draft.w, "completedAt", job->completed_at_ms);
    }
    put_i64(&draft.w, "createdAt", job->created_at_ms);
    put_i64(&draft.w, "lastUpdatedAt", job->last_updated_at_ms);
    put_text(&draft.w, "comment", job->comment);
    if (job_words[event].has_counts) {
        put_counts(&draft.w, job);
    }
    return finish(core, &draft, "job", job->job_id, job_words[event].operation);
}

bool job_events_tell(struct core *core, const char *job_id, enum job_event event)
{
    struct job job;
    struct core_error error = {.code = CORE_OK};
    int is_told = event_configurations_has(core, EVENT_JOB);
    if (is_told < 1) {
        return is_told == 0;
    }
    bool is_good = !jobs_describe(core, job_id, &job, &error) && write_job(core, &job, event);
    job_clear(&job);
    core_error_clear(&error);
    return is_good;
}

/* --- Executions --- */

static bool tell_execution(struct core *core, const struct execution *execution, const char *operation)
{
    char arn[256];
    struct draft draft;
    int is_told = event_configurations_has(core, EVENT_JOB_EXECUTION);
    if (is_told < 1) {
        return is_told == 0;
    }
    const char *details = execution->details ? execution->details : "{}";
    begin(core, &draft, FRAME_CAP + strlen(details), "JOB_EXECUTION", operation, execution->job_id);
    arn_write(core, "thing", execution->thing_name, arn, sizeof arn);
    put_text(&draft.w, "thingArn", arn);
    put_text(&draft.w, "status", execution_status_text(execution->status));
    json_write_key(&draft.w, "statusDetails");
    json_write_raw(&draft.w, slice_from(details));
    return finish(core, &draft, "jobExecution", execution->job_id, operation);
}

bool job_events_tell_end(struct core *core, const struct execution *execution)
{
    assert(execution_status_is_terminal(execution->status));
    return tell_execution(core, execution, execution_words[execution->status]);
}

bool job_events_tell_deleted(struct core *core, const struct execution *execution)
{
    return tell_execution(core, execution, "deleted");
}
