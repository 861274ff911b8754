/* SPDX-License-Identifier: MIT */
#include "device/core/jobs/wire.h"

#include "common/json.h"
#include "common/json_write.h"
#include "common/number.h"
#include "device/core/jobs/reason.h"

#include <assert.h>
#include <string.h>

#define MILLISECONDS_FROM                                                                                    \
    100000000000 /* a time above is in milliseconds: as seconds it would be the year 5138 */

static const struct {
    const char *status;
    const char *state;
} statuses[] = {
    [JOBS_STATUS_IN_PROGRESS] = {"IN_PROGRESS", "running"},
    [JOBS_STATUS_SUCCEEDED] = {"SUCCEEDED", "succeeded"},
    [JOBS_STATUS_FAILED] = {"FAILED", "failed"},
    [JOBS_STATUS_REJECTED] = {"REJECTED", "rejected"},
    [JOBS_WIRE_QUEUED] = {"QUEUED", NULL},
    [JOBS_WIRE_TIMED_OUT] = {"TIMED_OUT", NULL},
    [JOBS_WIRE_REMOVED] = {"REMOVED", NULL},
    [JOBS_WIRE_CANCELED] = {"CANCELED", NULL},
};
_Static_assert(sizeof(statuses) / sizeof(statuses[0]) == JOBS_WIRE_UNKNOWN, "a text for each status");

static const struct {
    const char *text;
    const char *message;
} reasons[JOBS_REASON_COUNT] = {[JOBS_REASON_NONE] = {"", ""},
#define X(name, message) [JOBS_REASON_##name] = {#name, message},
                                JOBS_REASON_LIST(X)
#undef X
};

/* The last one stands for every code that is not in the table. */
static const struct jobs_rejection rejections[] = {
    {"InvalidTopic", "no such operation", JOBS_VERDICT_REFUSED},
    {"InvalidJson", "not JSON", JOBS_VERDICT_REFUSED},
    {"InvalidRequest", "bad member", JOBS_VERDICT_REFUSED},
    {"InvalidStateTransition", "wrong status for it", JOBS_VERDICT_REFUSED},
    {"ResourceNotFound", "no such execution", JOBS_VERDICT_GONE},
    {"VersionMismatch", "changed meanwhile", JOBS_VERDICT_REREAD},
    {"InternalError", "service fault", JOBS_VERDICT_RETRY},
    {"RequestThrottled", "too many requests", JOBS_VERDICT_RETRY},
    {"TerminalStateReached", "has ended", JOBS_VERDICT_GONE},
    {"?", "unknown code", JOBS_VERDICT_REFUSED},
};
#define REJECTIONS (sizeof(rejections) / sizeof(rejections[0]))

bool jobs_wire_is_terminal(uint8_t status)
{
    return status != JOBS_STATUS_IN_PROGRESS && status != JOBS_WIRE_QUEUED && status != JOBS_WIRE_UNKNOWN;
}

const char *jobs_wire_status_text(uint8_t status)
{
    return statuses[status].status;
}

const char *jobs_wire_state_text(uint8_t status)
{
    return statuses[status].state;
}

const char *jobs_wire_reason_text(uint8_t reason)
{
    return reasons[reason].text;
}

const char *jobs_wire_reason_message(uint8_t reason)
{
    return reasons[reason].message;
}

const struct jobs_rejection *jobs_wire_rejection(struct slice code)
{
    size_t i = 0;
    while (i < REJECTIONS - 1 && !slice_is(code, rejections[i].code)) {
        i++;
    }
    return &rejections[i];
}

static bool skip(struct slice *text, const char *prefix)
{
    size_t len = strlen(prefix);
    if (!slice_starts_with(*text, prefix)) {
        return false;
    }
    *text = (struct slice){text->ptr + len, text->len - len};
    return true;
}

struct jobs_topic jobs_wire_parse_topic(const char *thing_name, struct slice topic)
{
    struct jobs_topic parsed = {.kind = JOBS_TOPIC_OTHER};

    if (!skip(&topic, "$aws/things/") || !skip(&topic, thing_name) || !skip(&topic, "/jobs/")) {
        return parsed;
    }
    /* A job may be called "notify" or "get": the number of levels decides, not the first word. */
    struct slice first = slice_cut(&topic, '/');
    if (topic.ptr == NULL) {
        if (slice_is(first, "notify")) {
            parsed.kind = JOBS_TOPIC_NOTIFY;
        } else if (slice_is(first, "notify-next")) {
            parsed.kind = JOBS_TOPIC_NOTIFY_NEXT;
        }
        return parsed;
    }
    struct slice operation = slice_cut(&topic, '/');
    parsed.is_accepted = slice_is(topic, "accepted");
    parsed.job_id = first;
    if (!parsed.is_accepted && !slice_is(topic, "rejected")) {
        return parsed;
    }
    if (slice_is(operation, "get")) {
        parsed.kind = JOBS_TOPIC_GET;
    } else if (slice_is(operation, "update")) {
        parsed.kind = JOBS_TOPIC_UPDATE;
    }
    return parsed;
}

static char *append(char *at, const char *text)
{
    size_t len = strlen(text);
    memcpy(at, text, len + 1);
    return at + len;
}

void jobs_wire_make_topic(char out[DEVICE_TOPIC_CAP], const char *thing_name, const char *job_id,
                          const char *tail)
{
    assert(strlen(thing_name) < DEVICE_THING_NAME_CAP &&
           (job_id == NULL || strlen(job_id) < DEVICE_JOB_ID_CAP));
    char *at = append(out, "$aws/things/");
    at = append(at, thing_name);
    at = append(at, "/jobs/");
    if (job_id != NULL) {
        at = append(at, job_id);
        at = append(at, "/");
    }
    append(at, tail);
}

const char *jobs_wire_filter(enum jobs_subscription id)
{
    static const char *const filters[JOBS_SUB_COUNT] = {
        [JOBS_SUB_NOTIFY] = "notify",
        [JOBS_SUB_NOTIFY_NEXT] = "notify-next",
        [JOBS_SUB_GET] = "+/get/+",
        [JOBS_SUB_UPDATE] = "+/update/+",
    };
    return filters[id];
}

enum answer_field {
    TOKEN,
    TIMESTAMP,
    CODE,
    MESSAGE,
    EXECUTION,
    EXECUTION_STATE,
    JOB_ID,
    EXECUTION_NUMBER,
    QUEUED_AT,
    VERSION_NUMBER,
    STATUS,
    DETAILS,
    STATE_STATUS,
    STATE_DETAILS,
    ATTEMPT,
    STATE_ATTEMPT,
    ANSWER_FIELDS,
};

static const struct {
    const char *key;
    int8_t parent;
} answer_fields[ANSWER_FIELDS] = {
    [TOKEN] = {"clientToken", JSON_TOP},
    [TIMESTAMP] = {"timestamp", JSON_TOP},
    [CODE] = {"code", JSON_TOP},
    [MESSAGE] = {"message", JSON_TOP},
    [EXECUTION] = {"execution", JSON_TOP},
    [EXECUTION_STATE] = {"executionState", JSON_TOP},
    [JOB_ID] = {"jobId", EXECUTION},
    [EXECUTION_NUMBER] = {"executionNumber", EXECUTION},
    [QUEUED_AT] = {"queuedAt", EXECUTION},
    [VERSION_NUMBER] = {"versionNumber", EXECUTION},
    [STATUS] = {"status", EXECUTION},
    [DETAILS] = {"statusDetails", EXECUTION},
    [STATE_STATUS] = {"status", EXECUTION_STATE},
    [STATE_DETAILS] = {"statusDetails", EXECUTION_STATE},
    [ATTEMPT] = {"attempt", DETAILS},
    [STATE_ATTEMPT] = {"attempt", STATE_DETAILS},
};

static bool read_number(const struct json_field *field, int64_t *value)
{
    return field->type == JSON_NUMBER && number_to_i64(field->text, value) == ERR_OK;
}

/* Whole seconds, whatever the service counts in; false: not a time. */
static bool read_time(const struct json_field *field, int64_t *seconds)
{
    struct slice rest = field->text;
    if (field->type != JSON_NUMBER || number_to_i64(slice_cut(&rest, '.'), seconds) != ERR_OK) {
        return false;
    }
    if (*seconds > MILLISECONDS_FROM) {
        *seconds /= 1000;
    }
    return true;
}

/* No other value than a string has one of these words for its text. */
static uint8_t read_status(const struct json_field *field)
{
    uint8_t status = 0;
    while (status < JOBS_WIRE_UNKNOWN && !json_string_is(field->text, statuses[status].status)) {
        status++;
    }
    return status;
}

static uint8_t read_attempt(const struct json_field *field)
{
    uint32_t attempt = 0;
    if (field->type != JSON_STRING) {
        return 0;
    }
    if (number_to_u32(field->text, &attempt) == ERR_RANGE) {
        attempt = UINT8_MAX;
    }
    return attempt < UINT8_MAX ? (uint8_t)attempt : UINT8_MAX;
}

static bool read_job_id(const struct json_field *field, char job_id[DEVICE_JOB_ID_CAP])
{
    return field->type == JSON_STRING && journal_is_job_id(field->text) &&
           slice_copy(field->text, job_id, DEVICE_JOB_ID_CAP) == ERR_OK;
}

static enum err read_execution(const struct json_field fields[], struct jobs_answer *answer)
{
    if (fields[JOB_ID].type == JSON_ABSENT) {
        return ERR_OK; /* no execution, or {}: nothing is pending */
    }
    if (!read_job_id(&fields[JOB_ID], answer->execution.job_id) ||
        !read_number(&fields[EXECUTION_NUMBER], &answer->execution.execution_number) ||
        !read_time(&fields[QUEUED_AT], &answer->execution.queued_at_s) ||
        !read_number(&fields[VERSION_NUMBER], &answer->version)) {
        return ERR_CORRUPT;
    }
    answer->has_execution = true;
    if (fields[DETAILS].type == JSON_OBJECT) {
        answer->details = fields[DETAILS].text;
    }
    return ERR_OK;
}

enum err jobs_wire_read_answer(struct slice payload, struct jobs_answer *answer)
{
    struct json_field fields[ANSWER_FIELDS];

    memset(answer, 0, sizeof(*answer));
    for (size_t i = 0; i < ANSWER_FIELDS; i++) {
        fields[i].key = answer_fields[i].key;
        fields[i].parent = answer_fields[i].parent;
    }
    enum err err = json_read(payload, fields, ANSWER_FIELDS, NULL);
    if (err != ERR_OK) {
        return err;
    }
    if (fields[TOKEN].type == JSON_STRING) {
        answer->token = fields[TOKEN].text;
    }
    if (fields[CODE].type == JSON_STRING) {
        answer->rejection = jobs_wire_rejection(fields[CODE].text);
    }
    if (fields[MESSAGE].type == JSON_STRING) {
        answer->message = fields[MESSAGE].text;
    }
    read_time(&fields[TIMESTAMP], &answer->timestamp_s);
    err = read_execution(fields, answer);
    answer->status = read_status(answer->has_execution ? &fields[STATUS] : &fields[STATE_STATUS]);
    answer->attempt = read_attempt(answer->has_execution ? &fields[ATTEMPT] : &fields[STATE_ATTEMPT]);
    return err;
}

enum jobs_verdict jobs_wire_verdict(const struct jobs_answer *answer)
{
    return jobs_wire_is_terminal(answer->status) ? JOBS_VERDICT_GONE : answer->rejection->verdict;
}

/* What is no object is none. */
static bool is_execution(struct slice value, const struct jobs_identity *execution)
{
    struct json_field fields[] = {
        {.key = "jobId", .parent = JSON_TOP},
        {.key = "executionNumber", .parent = JSON_TOP},
        {.key = "queuedAt", .parent = JSON_TOP},
    };
    int64_t number;
    int64_t queued_at_s;

    if (json_read(value, fields, 3, NULL) != ERR_OK) {
        return false;
    }
    if (!read_time(&fields[2], &queued_at_s) || queued_at_s != execution->queued_at_s) {
        return false; /* another one of the same name */
    }
    return fields[0].type == JSON_STRING && json_string_is(fields[0].text, execution->job_id) &&
           read_number(&fields[1], &number) && number == execution->execution_number;
}

/* No summary of an execution is shorter, however its members are written. Reading costs by the summary, not only by the
 * byte: a list of {} is not worth it. */
#define SUMMARY_LEN_MIN (sizeof("{\"jobId\":\"a\",\"queuedAt\":0,\"executionNumber\":0}") - 1)

/* `lists`: {"IN_PROGRESS":[summary...],"QUEUED":[summary...]} */
static bool lists_have(struct slice lists, const struct jobs_identity *execution)
{
    struct json_member list;
    struct json_member summary;

    for (size_t at = 0; json_next_member(lists, &at, &list);) {
        for (size_t in = 0; json_next_element(list.text, &in, &summary);) {
            if (summary.text.len >= SUMMARY_LEN_MIN && is_execution(summary.text, execution)) {
                return true;
            }
        }
    }
    return false;
}

bool jobs_wire_notice_has(struct slice payload, const struct jobs_identity *execution)
{
    struct json_field fields[] = {
        {.key = "jobs", .parent = JSON_TOP},
        {.key = "execution", .parent = JSON_TOP},
    };

    if (json_read(payload, fields, 2, NULL) != ERR_OK) {
        return false;
    }
    return lists_have(fields[0].text, execution) || is_execution(fields[1].text, execution);
}

static size_t finish(struct json_writer *w)
{
    size_t len = 0;
    json_write_object_end(w);
    return json_write_finish(w, &len) == ERR_OK ? len : 0;
}

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    json_write_key(w, key);
    json_write_string(w, text);
}

static void write_number(struct json_writer *w, const char *key, int64_t value)
{
    json_write_key(w, key);
    json_write_i64(w, value);
}

/* statusDetails is a map of texts, so numbers go as texts. */
static void write_number_text(struct json_writer *w, const char *key, int64_t value)
{
    char text[NUMBER_TEXT_CAP];
    number_from_i64(value, text);
    write_text(w, key, text);
}

size_t jobs_wire_write_get(char *out, size_t cap, const char *token, int64_t execution_number,
                           bool with_document)
{
    struct json_writer w;

    json_write_begin(&w, out, cap);
    json_write_object(&w);
    if (execution_number != 0) {
        write_number(&w, "executionNumber", execution_number);
    }
    if (!with_document) {
        json_write_key(&w, "includeJobDocument");
        json_write_bool(&w, false);
    }
    write_text(&w, "clientToken", token);
    return finish(&w);
}

static void write_details(struct json_writer *w, const struct jobs_wire_update *update)
{
    json_write_key(w, "statusDetails");
    json_write_object(w);
    write_text(w, "state", update->state);
    write_number_text(w, "attempt", update->attempt);
    if (update->has_progress) {
        write_number_text(w, "progress", update->progress_percent);
    }
    if (update->outcome != NULL && update->outcome->reason != JOBS_REASON_NONE) {
        write_text(w, "reason", jobs_wire_reason_text(update->outcome->reason));
        write_text(w, "message", update->outcome->message);
    }
    json_write_raw(w, (struct slice){update->details->text, update->details->len});
    json_write_object_end(w);
}

size_t jobs_wire_write_update(char *out, size_t cap, const struct jobs_wire_update *update)
{
    struct json_writer w;

    json_write_begin(&w, out, cap);
    json_write_object(&w);
    write_text(&w, "status", jobs_wire_status_text(update->status));
    if (update->state != NULL) {
        write_details(&w, update);
    }
    if (update->expected_version >= 0) {
        write_number(&w, "expectedVersion", update->expected_version);
    }
    if (update->execution_number != 0) {
        write_number(&w, "executionNumber", update->execution_number);
    }
    if (update->step_timeout_min > 0) {
        write_number(&w, "stepTimeoutInMinutes", update->step_timeout_min);
    }
    if (update->with_document) {
        json_write_key(&w, "includeJobDocument");
        json_write_bool(&w, true);
    }
    write_text(&w, "clientToken", update->token);
    return finish(&w);
}
