/* SPDX-License-Identifier: MIT */
/* The service: iot-local's real core over SQLite in memory, the operator in front of it, and what goes wrong with it. A
 * restart is core_close and core_open over the serialized database, so that nothing but the database survives. */
#include "sim/world.h"

#include "cloud/core/jobs/jobs.h"
#include "cloud/core/registry/registry.h"
#include "cloud/mqtt/device_plane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LATE_MS      7000
#define OVERTAKEN_MS 1500
#define ARN          "arn:aws:iot:us-east-1:123456789012:thing/%s"

/* SQLite calls back with each connection that anybody opens: so the observer gets the core's, and the core gets the
 * database that it had before. */
static sqlite3 *opened;
static unsigned char *image;
static sqlite3_int64 image_len;

static int on_open(sqlite3 *db, const char **why, const struct sqlite3_api_routines *api)
{
    (void)why;
    (void)api;
    opened = db;
    if (!image) {
        return SQLITE_OK;
    }
    unsigned char *bytes = image;
    image = NULL;
    return sqlite3_deserialize(db, "main", bytes, image_len, image_len,
                               SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE);
}

/* Versions never decrease, and nothing comes back from a terminal status: the database itself refuses it. */
static const char guards[] =
    "CREATE TRIGGER IF NOT EXISTS sim_version BEFORE UPDATE ON executions WHEN NEW.version < OLD.version"
    " OR (OLD.pending_rank IS NULL AND NEW.status <> OLD.status)"
    " BEGIN SELECT RAISE(ABORT, 'versionNumber decreases, or a terminal status changes'); END";

static int64_t wall_ms(const struct sim_world *w)
{
    return w->start_ms + (int64_t)w->now_ms + w->service->wall_offset_ms;
}

static int64_t now_ms(void *ctx)
{
    const struct sim_service *s = ctx;
    return s->world ? wall_ms(s->world) : SIM_START_MS;
}

static struct sim_device *device_of_topic(struct sim_world *w, const char *topic)
{
    for (unsigned i = 0; i < w->device_count; i++) {
        const char *name = w->devices[i].name;
        size_t len = strlen(name);
        if (strncmp(topic + strlen("$aws/things/"), name, len) == 0 &&
            topic[strlen("$aws/things/") + len] == '/') {
            return &w->devices[i];
        }
    }
    return NULL;
}

/* An answer or a notification on its way to the device. */
static void deliver(struct sim_device *d, enum sim_choice choice, unsigned connection, const char *topic,
                    const char *payload, size_t len)
{
    struct sim_world *w = d->world;
    unsigned option = sim_happens(w, d, choice, UINT32_MAX);
    uint64_t in_ms = option == SIM_DELIVERY_LATE        ? LATE_MS
                     : option == SIM_DELIVERY_OVERTAKEN ? OVERTAKEN_MS
                                                        : SIM_LATENCY_MS;

    if (choice == SIM_CHOICE_NOTICE &&
        (option == SIM_DELIVERY_LOST || option == SIM_DELIVERY_LATE || option == SIM_DELIVERY_OVERTAKEN)) {
        d->missed_ms = w->now_ms;
    }
    if (option == SIM_DELIVERY_CUT && d->is_connected && d->connection == connection) {
        sim_device_cut(d, false);
    }
    if (option == SIM_DELIVERY_LOST || option == SIM_DELIVERY_CUT) {
        return;
    }
    sim_post_message(w, SIM_EVENT_TO_DEVICE, d->index, connection, in_ms, topic, payload, len);
    if (option == SIM_DELIVERY_DOUBLED) {
        sim_post_message(w, SIM_EVENT_TO_DEVICE, d->index, connection, in_ms + SIM_LATENCY_MS, topic, payload,
                         len);
    }
}

static void notify(void *ctx, const char *topic, const char *payload, size_t len, int64_t notice)
{
    struct sim_service *s = ctx;
    struct sim_world *w = s->world;
    struct sim_device *d = device_of_topic(w, topic);

    core_delivered(s->core, notice);
    w->totals->notices++;
    bool is_next = slice_ends_with(slice_from(topic), "/notify-next");
    bool is_heard = d && (d->heard >> (is_next ? JOBS_SUB_NOTIFY_NEXT : JOBS_SUB_NOTIFY) & 1) != 0;
    if (d && (!is_heard || (w->is_deaf && !w->chooser.is_calm))) {
        d->missed_ms = w->now_ms;
    } else if (d && d->is_connected) {
        deliver(d, SIM_CHOICE_NOTICE, d->connection, topic, payload, len);
    }
}

/* ---- open, restart, close */

static bool look_into(struct sim_service *s)
{
    static const char look[] = "SELECT status, version, queued_at_ms, details FROM executions"
                               " WHERE job_id = ? AND thing_name = ? AND number = ?";
    static const char earlier[] = "SELECT 1 FROM executions WHERE thing_name = ? AND status = 'QUEUED'"
                                  " AND queued_at_ms / 1000 < ?";
    static const char named[] =
        "SELECT queued_at_ms / 1000, details, document FROM executions JOIN jobs USING (job_id)"
        " WHERE job_id = ? AND thing_name = ? AND number = ?";
    s->db = opened;
    return sqlite3_exec(s->db, guards, NULL, NULL, NULL) == SQLITE_OK &&
           sqlite3_prepare_v2(s->db, look, -1, &s->look, NULL) == SQLITE_OK &&
           sqlite3_prepare_v2(s->db, earlier, -1, &s->earlier, NULL) == SQLITE_OK &&
           sqlite3_prepare_v2(s->db, named, -1, &s->named, NULL) == SQLITE_OK;
}

static bool open_core(struct sim_service *s)
{
    char why[256] = "";
    s->clock = (struct clock){now_ms, now_ms, s};
    struct core_config config = {.database = ":memory:", .clock = &s->clock, .publish = notify, .ctx = s};

    s->core = core_open(&config, why, sizeof why);
    if (!s->core) {
        fprintf(stderr, "sim: %s\n", why);
    }
    return s->core && look_into(s);
}

static void close_core(struct sim_service *s)
{
    sqlite3_finalize(s->look);
    sqlite3_finalize(s->earlier);
    sqlite3_finalize(s->named);
    core_close(s->core);
    s->look = s->earlier = s->named = NULL;
    s->core = NULL;
}

static bool add_thing(struct sim_service *s, unsigned index)
{
    struct thing thing = {0};
    struct core_error error = {0};
    char name[SIM_NAME_CAP];

    snprintf(name, sizeof name, "lamp%u", index);
    bool is_good = core_begin(s->core) &&
                   things_create(s->core, &(struct thing_create){.name = name}, &thing, &error) == CORE_OK &&
                   core_commit(s->core);
    thing_clear(&thing);
    core_error_clear(&error);
    return is_good;
}

bool sim_service_open(struct sim_service *s)
{
    *s = (struct sim_service){0};
    sqlite3_auto_extension((void (*)(void))on_open);
    bool is_good = open_core(s);
    for (unsigned i = 0; is_good && i < SIM_DEVICES; i++) {
        is_good = add_thing(s, i);
    }
    return is_good;
}

void sim_service_close(struct sim_service *s)
{
    close_core(s);
    sqlite3_free(s->backup);
    sqlite3_reset_auto_extension();
    *s = (struct sim_service){0};
}

static void keep_backup(struct sim_service *s)
{
    sqlite3_free(s->backup);
    s->backup = sqlite3_serialize(s->db, "main", &s->backup_len, 0);
}

void sim_service_begin(struct sim_world *w)
{
    static const char wipe[] = "DELETE FROM executions; DELETE FROM jobs; DELETE FROM marks; DELETE FROM due;"
                               "DELETE FROM sqlite_sequence";
    struct sim_service *s = w->service;

    s->world = w;
    s->wall_offset_ms = s->next_timer_ms = 0;
    s->broker_up_ms = 0;
    s->was_set = s->was_restored = false;
    s->requests = 0;
    core_broker_started(s->core); /* forgets what the world before has left in memory */
    sim_check(w, sqlite3_exec(s->db, wipe, NULL, NULL, NULL) == SQLITE_OK, "the database cannot be emptied");
    sqlite3_free(s->backup);
    s->backup = NULL;
}

/* Whatever marks the database holds. */
static void publish_what_waits(struct sim_service *s)
{
    sim_check(s->world, core_begin(s->core) && core_commit(s->core), "no transaction");
    core_publish_outbox(s->core);
    s->next_timer_ms = 0;
}

void sim_service_broker_started(struct sim_world *w)
{
    core_broker_started(w->service->core);
    publish_what_waits(w->service);
}

void sim_service_subscribed(struct sim_world *w, const char *filter)
{
    sim_check(w, core_begin(w->service->core), "no transaction");
    core_subscribed(w->service->core, slice_from(filter));
    sim_check(w, core_commit(w->service->core), "no commit");
    core_publish_outbox(w->service->core);
    w->service->next_timer_ms = 0;
}

void sim_service_restart(struct sim_world *w, bool is_from_backup)
{
    struct sim_service *s = w->service;

    if (is_from_backup && !s->backup) {
        return;
    }
    sim_trace(w, "the service restarts");
    if (is_from_backup) {
        s->was_restored = true;
        image = s->backup;
        image_len = s->backup_len;
        s->backup = NULL;
    } else {
        image = sqlite3_serialize(s->db, "main", &image_len, 0);
    }
    close_core(s);
    sim_check(w, open_core(s), "the service does not come back");
    s->next_timer_ms = 0;
    publish_what_waits(s);
    if (is_from_backup) {
        sim_ledger_service_restored(w);
    }
}

void sim_service_set_clock(struct sim_world *w, int64_t by_ms)
{
    w->service->wall_offset_ms += by_ms;
    w->service->was_set = true;
    w->service->next_timer_ms = 0;
}

/* ---- the devices' requests */

static const char *token_of(const char *payload, size_t *len)
{
    static const char key[] = "\"clientToken\":\"";
    const char *at = strstr(payload, key);
    if (!at) {
        return NULL;
    }
    at += strlen(key);
    *len = strcspn(at, "\"");
    return at;
}

/* The service takes nothing and says why. */
static void reject(struct sim_device *d, const struct sim_event *request, const char *code)
{
    char topic[DEVICE_TOPIC_CAP + 16];
    char payload[256];
    size_t token_len = 0;
    const char *token = token_of(request->payload, &token_len);

    sim_check(d->world, token != NULL, "R-27: a request without a token");
    d->refused_ms = d->world->now_ms;
    snprintf(topic, sizeof topic, "%s/rejected", request->topic);
    int len = snprintf(payload, sizeof payload,
                       "{\"timestamp\":%lld,\"clientToken\":\"%.*s\",\"code\":\"%s\",\"message\":\"no\"}",
                       (long long)(wall_ms(d->world) / 1000), (int)token_len, token, code);
    deliver(d, SIM_CHOICE_ANSWER, request->epoch, topic, payload, (size_t)len);
}

static void check_answer(struct sim_world *w, const struct sim_event *request,
                         const struct device_answer *answer)
{
    sim_check(w, answer->topic != NULL, "no answer to %s", request->topic);
    sim_check(w, strstr(answer->payload, "\"InternalError\"") == NULL, "the core fails: %s",
              core_storage_error(w->service->core));
}

static void serve(struct sim_device *d, const struct sim_event *request, bool dies_after)
{
    struct sim_world *w = d->world;
    struct sim_service *s = w->service;
    struct device_answer answer;
    struct sim_witness seen;
    bool is_update = sim_witness_sees(w, request, &seen);

    sim_check(w, core_begin(s->core), "no transaction");
    device_plane_handle(s->core, slice_from(request->topic),
                        (struct slice){request->payload, request->payload_len}, &answer);
    sim_check(w, core_commit(s->core), "no commit");
    s->next_timer_ms = 0;
    if (is_update && answer.topic && strstr(answer.topic, "/accepted")) {
        sim_witness_accepted(w, request, &seen);
    }
    if (dies_after) {
        sim_service_restart(w, false);
    } else {
        check_answer(w, request, &answer);
        deliver(d, SIM_CHOICE_ANSWER, request->epoch, answer.topic, answer.payload, answer.payload_len);
        core_publish_outbox(s->core);
    }
    device_answer_clear(&answer);
}

void sim_service_request(struct sim_world *w, const struct sim_event *event)
{
    struct sim_device *d = &w->devices[event->device];
    unsigned option = sim_happens(w, d, SIM_CHOICE_SERVE, UINT32_MAX);

    w->service->requests++;
    if (option >= SIM_SERVE_REJECT_FIRST && option <= SIM_SERVE_REJECT_LAST) {
        reject(d, event, sim_option_text(SIM_CHOICE_SERVE, option));
    } else if (option == SIM_SERVE_DIES_BEFORE) {
        sim_service_restart(w, false);
    } else {
        serve(d, event, option == SIM_SERVE_DIES_AFTER);
    }
}

/* ---- the operator */

/* What the operator does is one batch; what it caused goes out. */
static struct core *operate(struct sim_world *w)
{
    sim_check(w, core_begin(w->service->core), "no transaction");
    return w->service->core;
}

static void done(struct sim_world *w, struct core_error *error)
{
    core_error_clear(error);
    sim_check(w, core_commit(w->service->core), "no commit");
    w->service->next_timer_ms = 0;
    core_publish_outbox(w->service->core);
}

const struct sim_bad_document sim_bad_documents[] = {
    {"mute", "{\"no\":1}"},
    {"number", "{\"action\":7}"},
    {"nobody", "{\"action\":\"nobody\"}"},
    {"list", "[]"},
    {"twice", "{\"action\":\"once\",\"action\":\"again\"}"},
};

const char *sim_action_name(enum sim_action action)
{
    return action >= SIM_BAD_FIRST ? sim_bad_documents[action - SIM_BAD_FIRST].name
           : action == SIM_BAD     ? "bad"
                                   : sim_actions[action].name;
}

static unsigned stream_of(const struct sim_world *w, const struct sim_job *job)
{
    return SIM_STREAM_JOB + (unsigned)(job - w->jobs);
}

static size_t write_document(struct sim_world *w, const struct sim_job *job, char *out, size_t cap)
{
    unsigned stream = stream_of(w, job);
    const char *bad_document = sim_bad_documents[sim_dice(&w->chooser, stream, 5)].text;
    size_t pad = sim_dice(&w->chooser, stream, 40) == 39 ? 4000 + sim_dice(&w->chooser, stream, 4000)
                                                         : sim_dice(&w->chooser, stream, 200);

    if (job->action >= SIM_BAD_FIRST) {
        return (size_t)snprintf(out, cap, "%s", sim_bad_documents[job->action - SIM_BAD_FIRST].text);
    }
    if (job->action == SIM_BAD && sim_dice(&w->chooser, stream, 5) > 0) {
        return (size_t)snprintf(out, cap, "%s", bad_document);
    }
    if (job->action == SIM_BAD) {
        pad = 7000; /* no message of this size fits */
    }
    const struct jobs_action *action = &sim_actions[job->action == SIM_BAD ? SIM_ONCE : job->action];
    if (action->is_member) {
        return (size_t)snprintf(out, cap, "{\"%s\":[],\"made\":%u,\"pad\":\"%0*d\"}", action->name,
                                job->creations, (int)pad, 0);
    }
    return (size_t)snprintf(out, cap, "{\"action\":\"%s\",\"made\":%u,\"pad\":\"%0*d\"}", action->name,
                            job->creations, (int)pad, 0);
}

/* Two of one name in one second: nobody could tell them apart (docs/guarantees.md). */
static bool was_made_in(const struct sim_job *job, int64_t second)
{
    for (unsigned i = 0; i < job->creations; i++) {
        if (job->created_at_s[i] == second) {
            return true;
        }
    }
    return false;
}

void sim_service_create(struct sim_world *w, struct sim_job *job)
{
    struct sim_service *s = w->service;
    unsigned stream = stream_of(w, job);
    char arns[SIM_DEVICES][96];
    const char *targets[SIM_DEVICES];
    char document[9000];
    size_t count = 0;

    if (job->creations == SIM_CREATIONS) {
        return;
    }
    if (was_made_in(job, wall_ms(w) / 1000)) {
        sim_post(w, SIM_EVENT_CREATE, 0, 1000)->value = (unsigned)(job - w->jobs);
        return;
    }
    for (unsigned i = 0; i < w->device_count; i++) {
        if (job->devices >> i & 1) {
            snprintf(arns[count], sizeof arns[count], ARN, w->devices[i].name);
            targets[count] = arns[count];
            count++;
        }
    }
    /* one draw per statement: which of those in one initializer comes first is the compiler's */
    struct job_create create = {
        .job_id = job->id, .targets = targets, .target_count = count, .retry_count = 1};
    create.document = (struct slice){document, write_document(w, job, document, sizeof document)};
    create.in_progress_timeout_min = sim_dice(&w->chooser, stream, 4) == 3 ? 20 : 0;
    create.retries[0].failure_type = sim_dice(&w->chooser, stream, 2) ? "ALL" : "FAILED";
    create.retries[0].retries = sim_dice(&w->chooser, stream, 3);
    struct job made = {0};
    struct core_error error = {0};
    jobs_create(operate(w), &create, &made, &error);
    sim_trace(w, "job %s is created: %d %s", job->id, (int)error.code, error.message);
    if (error.code == CORE_OK) {
        w->totals->jobs++;
        job->is_created = true;
        job->created_ms = w->now_ms;
        job->created_at_s[job->creations++] = wall_ms(w) / 1000;
        sim_ledger_retire(w, job->id);
    }
    job_clear(&made);
    done(w, &error);
    keep_backup(s);
}

void sim_service_cancel(struct sim_world *w, const struct sim_job *job, bool is_forced)
{
    struct job_cancel cancel = {.job_id = job->id, .is_forced = is_forced};
    struct job canceled = {0};
    struct core_error error = {0};

    jobs_cancel(operate(w), &cancel, &canceled, &error);
    sim_trace(w, "job %s is cancelled: %d", job->id, (int)error.code);
    job_clear(&canceled);
    done(w, &error);
    sim_ledger_service_moved(w);
}

bool sim_service_delete(struct sim_world *w, struct sim_job *job)
{
    struct core_error error = {0};

    jobs_delete(operate(w), job->id, true, &error);
    sim_trace(w, "job %s is deleted: %d", job->id, (int)error.code);
    bool was_there = error.code == CORE_OK;
    if (was_there) {
        job->gone_ms = w->now_ms;
    }
    done(w, &error);
    sim_ledger_service_moved(w);
    return was_there;
}

/* ---- time */

uint64_t sim_service_timer_at_ms(struct sim_world *w)
{
    struct sim_service *s = w->service;

    if (s->next_timer_ms == 0) {
        s->next_timer_ms = core_next_due_ms(s->core);
    }
    if (s->next_timer_ms == INT64_MAX) {
        return UINT64_MAX;
    }
    int64_t at_ms = s->next_timer_ms - w->start_ms - s->wall_offset_ms;
    return at_ms > 0 ? (uint64_t)at_ms : 0;
}

void sim_service_run_timers(struct sim_world *w)
{
    sim_trace(w, "a timer of the service");
    w->service->next_timer_ms = 0;
    core_run_due(w->service->core);
    sim_ledger_service_moved(w);
}

/* ---- the observer */

static void count_one(void *ctx, const struct execution *execution)
{
    (void)execution;
    ++*(unsigned *)ctx;
}

unsigned sim_service_pending(struct sim_world *w, unsigned device)
{
    unsigned count = 0;
    struct core_error error = {0};

    executions_pending(operate(w), w->devices[device].name, count_one, &count, &error);
    sim_check(w, error.code == CORE_OK, "the pending executions cannot be read: %s", error.message);
    done(w, &error);
    return count;
}

/* "key":"text" out of a flat JSON object. */
static const char *text_of(const char *details, const char *key)
{
    const char *at = details ? strstr(details, key) : NULL;
    return at ? at + strlen(key) : "";
}

struct sim_look sim_service_look(struct sim_world *w, const struct sim_entry *entry)
{
    sqlite3_stmt *q = w->service->look;
    struct sim_look look = {0};

    sqlite3_bind_text(q, 1, entry->job_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, w->devices[entry->device].name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 3, entry->number);
    if (sqlite3_step(q) == SQLITE_ROW && sqlite3_column_int64(q, 2) / 1000 == entry->queued_at_s) {
        const char *details = (const char *)sqlite3_column_text(q, 3);
        const char *reason = text_of(details, "\"reason\":\"");
        look.is_there = true;
        execution_status_parse(slice_from((const char *)sqlite3_column_text(q, 0)), &look.status);
        look.version = sqlite3_column_int64(q, 1);
        look.attempt = (unsigned)atoi(text_of(details, "\"attempt\":\""));
        snprintf(look.reason, sizeof look.reason, "%.*s", (int)strcspn(reason, "\""), reason);
    }
    sqlite3_reset(q);
    return look;
}

bool sim_service_has_earlier(struct sim_world *w, const struct sim_entry *entry)
{
    sqlite3_stmt *q = w->service->earlier;

    sqlite3_bind_text(q, 1, w->devices[entry->device].name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 2, entry->queued_at_s);
    bool found = sqlite3_step(q) == SQLITE_ROW;
    sqlite3_reset(q);
    return found;
}

unsigned sim_service_find(struct sim_world *w, struct sim_name *name, uint64_t *document)
{
    sqlite3_stmt *q = w->service->named;
    unsigned attempt = 0;

    sqlite3_bind_text(q, 1, name->job_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, w->devices[name->device].name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 3, name->number);
    if (sqlite3_step(q) == SQLITE_ROW) {
        name->queued_at_s = sqlite3_column_int64(q, 0);
        attempt = (unsigned)atoi(text_of((const char *)sqlite3_column_text(q, 1), "\"attempt\":\""));
        if (document) {
            *document = sim_hash((const char *)sqlite3_column_text(q, 2));
        }
    }
    sqlite3_reset(q);
    return attempt;
}
