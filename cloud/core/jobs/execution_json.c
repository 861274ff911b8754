/* SPDX-License-Identifier: MIT */
#include "cloud/core/jobs/execution_json.h"

#include <string.h>

static void write_i64(struct json_writer *w, const char *key, int64_t value)
{
    json_write_key(w, key);
    json_write_i64(w, value);
}

static void write_string(struct json_writer *w, const char *key, const char *text)
{
    json_write_key(w, key);
    json_write_string(w, text);
}

static void write_raw(struct json_writer *w, const char *key, const char *json)
{
    if (json) {
        json_write_key(w, key);
        json_write_raw(w, slice_from(json));
    }
}

static void write_times(struct json_writer *w, const struct execution *execution)
{
    write_i64(w, "queuedAt", execution->queued_at_ms / 1000);
    if (execution->started_at_ms) {
        write_i64(w, "startedAt", execution->started_at_ms / 1000);
    }
    write_i64(w, "lastUpdatedAt", execution->last_updated_at_ms / 1000);
}

void execution_json_write(struct json_writer *w, const struct core *core, const struct execution *execution)
{
    json_write_object(w);
    write_string(w, "jobId", execution->job_id);
    write_string(w, "status", execution_status_text(execution->status));
    write_raw(w, "statusDetails", execution->details);
    write_times(w, execution);
    int64_t seconds_left = execution_seconds_left(core, execution);
    if (seconds_left >= 0) {
        write_i64(w, "approximateSecondsBeforeTimedOut", seconds_left);
    }
    write_i64(w, "versionNumber", execution->version);
    write_i64(w, "executionNumber", execution->number);
    write_raw(w, "jobDocument", execution->document);
    json_write_object_end(w);
}

void execution_json_write_summary(struct json_writer *w, const struct execution *execution)
{
    json_write_object(w);
    write_string(w, "jobId", execution->job_id);
    write_times(w, execution);
    write_i64(w, "versionNumber", execution->version);
    write_i64(w, "executionNumber", execution->number);
    json_write_object_end(w);
}

void execution_json_write_state(struct json_writer *w, enum execution_status status, const char *details,
                                int64_t version)
{
    json_write_object(w);
    write_string(w, "status", execution_status_text(status));
    write_raw(w, "statusDetails", details);
    write_i64(w, "versionNumber", version);
    json_write_object_end(w);
}

size_t execution_json_cap(const struct execution *execution)
{
    return EXECUTION_JSON_FIXED_CAP + (execution->details ? strlen(execution->details) : 0) +
           (execution->document ? strlen(execution->document) : 0);
}
