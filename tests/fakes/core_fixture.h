/* SPDX-License-Identifier: MIT */
/* A core with a clock that the test owns, and a listener for its notifications. Include after cmocka.h. */
#ifndef TESTS_FAKES_CORE_FIXTURE_H
#define TESTS_FAKES_CORE_FIXTURE_H

#include "cloud/core/jobs/jobs.h"
#include "cloud/core/registry/registry.h"

#include "cloud/core/objects/objects.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXTURE_START_MS        1700000000123 /* a fraction, so that a sender of milliseconds is caught */
#define FIXTURE_ARN(kind, name) "arn:aws:iot:us-east-1:123456789012:" kind "/" name

struct fixture {
    struct core *core;
    int64_t now_ms;
    struct clock clock;   /* shows now_ms */
    size_t room;          /* on the way to the broker: how many notices may go out */
    bool is_broker_deaf;  /* what goes out is never taken */
    char objects_dir[64]; /* kept when it is given; else a temporary folder */
    bool owns_objects;
    unsigned requests_per_s; /* for the next fixture_open; 0 = no limit */
    unsigned links_signed;   /* each link carries its number, so that a test sees which ones are new */
    char *heard;             /* notifications since the last look, "THING/notify {...}\n" each */
    size_t heard_len;
    size_t event_room; /* as room, for events */
    char *told;        /* events since the last look, "TOPIC {...}\n" each */
    size_t told_len;
    int64_t last_event; /* its number */
    char brief[8192];
    struct core_error error;
};

static inline int64_t fixture_now(void *ctx)
{
    return ((struct fixture *)ctx)->now_ms;
}

static inline size_t fixture_room(void *ctx)
{
    return ((struct fixture *)ctx)->room;
}

static inline char *fixture_sign_link(void *ctx, const char *bucket, const char *key, int64_t expires_s)
{
    char link[2048];
    snprintf(link, sizeof link, "https://links/%s/%s?n=%u&s=%lld", bucket, key,
             ++((struct fixture *)ctx)->links_signed, (long long)expires_s);
    return strdup(link);
}

static inline void fixture_hear(void *ctx, const char *topic, const char *payload, size_t len, int64_t notice)
{
    struct fixture *fx = ctx;
    const char *prefix = "$aws/things/";
    assert_int_equal(strncmp(topic, prefix, strlen(prefix)), 0);
    char thing[256];
    snprintf(thing, sizeof thing, "%s", topic + strlen(prefix));
    char *jobs = strstr(thing, "/jobs/");
    assert_non_null(jobs);
    memmove(jobs, jobs + 5, strlen(jobs + 5) + 1);
    fx->heard = realloc(fx->heard, fx->heard_len + strlen(thing) + len + 3);
    assert_non_null(fx->heard);
    fx->heard_len += (size_t)sprintf(fx->heard + fx->heard_len, "%s %.*s\n", thing, (int)len, payload);
    if (!fx->is_broker_deaf) {
        core_delivered(fx->core, notice);
    }
}

static inline size_t fixture_event_room(void *ctx)
{
    return ((struct fixture *)ctx)->event_room;
}

static inline void fixture_tell(void *ctx, const char *topic, struct slice payload, int64_t event)
{
    struct fixture *fx = ctx;
    fx->told = realloc(fx->told, fx->told_len + strlen(topic) + payload.len + 3);
    assert_non_null(fx->told);
    fx->told_len +=
        (size_t)sprintf(fx->told + fx->told_len, "%s %.*s\n", topic, (int)payload.len, payload.ptr);
    fx->event_room -= fx->event_room != SIZE_MAX;
    fx->last_event = event;
    if (!fx->is_broker_deaf) {
        core_event_delivered(fx->core, event);
    }
}

/* Objects of a database in memory, or of one for which nobody has given a folder, lie in a folder of their own. */
static inline void fixture_make_folder(struct fixture *fx)
{
    if (!*fx->objects_dir) {
        snprintf(fx->objects_dir, sizeof fx->objects_dir, "/tmp/core_objects_XXXXXX");
        assert_non_null(mkdtemp(fx->objects_dir));
        fx->owns_objects = true;
    }
}

static inline void fixture_remove_folder(struct fixture *fx)
{
    DIR *dir = fx->owns_objects ? opendir(fx->objects_dir) : NULL;
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir) {
        closedir(dir);
        rmdir(fx->objects_dir);
    }
}

static inline void fixture_open(struct fixture *fx, const char *database)
{
    char why[256] = "";
    int64_t now_ms = fx->now_ms ? fx->now_ms : FIXTURE_START_MS;
    struct fixture fresh = {
        .now_ms = now_ms, .room = SIZE_MAX, .event_room = SIZE_MAX, .requests_per_s = fx->requests_per_s};
    memcpy(fresh.objects_dir, fx->objects_dir, sizeof fresh.objects_dir);
    *fx = fresh;
    fx->clock = (struct clock){fixture_now, fixture_now, fx};
    fixture_make_folder(fx);
    struct core_config config = {.database = database,
                                 .objects_dir = fx->objects_dir,
                                 .requests_per_s = fx->requests_per_s,
                                 .clock = &fx->clock,
                                 .publish = fixture_hear,
                                 .room = fixture_room,
                                 .publish_event = fixture_tell,
                                 .event_room = fixture_event_room,
                                 .sign_link = fixture_sign_link,
                                 .ctx = fx};
    fx->core = core_open(&config, why, sizeof why);
    if (!fx->core) {
        fail_msg("core_open: %s", why);
    }
}

static inline void fixture_close(struct fixture *fx)
{
    core_close(fx->core);
    core_error_clear(&fx->error);
    free(fx->heard);
    free(fx->told);
    fixture_remove_folder(fx);
    *fx = (struct fixture){.now_ms = fx->now_ms};
}

/* cmocka: a fresh core in memory per test. */
static inline int fixture_setup(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);
    assert_non_null(fx);
    fixture_open(fx, ":memory:");
    *state = fx;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *fx = *state;
    fixture_close(fx);
    free(fx);
    return 0;
}

static inline void fixture_finish(struct fixture *fx)
{
    assert_true(core_commit(fx->core));
    core_publish_outbox(fx->core);
}

/* All that is due now. */
static inline void fixture_run_due(struct fixture *fx)
{
    while (core_run_due(fx->core)) {
    }
}

/* When the next thing of the domain is due: marks of delivered notices are taken off before. */
static inline int64_t fixture_next_due(struct fixture *fx)
{
    assert_true(core_begin(fx->core));
    fixture_finish(fx);
    return core_next_due_ms(fx->core);
}

/* One call as a batch of its own; gives its code. */
#define FIXTURE_RUN(fx, call)                                                                                \
    ({                                                                                                       \
        assert_true(core_begin((fx)->core));                                                                 \
        int fixture_code = (int)(call);                                                                      \
        fixture_finish(fx);                                                                                  \
        fixture_code;                                                                                        \
    })

#define FIXTURE_OK(fx, call)                                                                                 \
    do {                                                                                                     \
        int fixture_result = FIXTURE_RUN(fx, call);                                                          \
        if (fixture_result)                                                                                  \
            fail_msg("%s: code %d, %s", #call, fixture_result, (fx)->error.message);                         \
    } while (0)

static inline void fixture_thing(struct fixture *fx, const char *name)
{
    struct thing thing;
    FIXTURE_OK(fx, things_create(fx->core, &(struct thing_create){.name = name}, &thing, &fx->error));
    thing_clear(&thing);
}

/* As the edge does it: the file, then its row; without a row no file. */
static inline int fixture_try_object(struct fixture *fx, const char *bucket, const char *key,
                                     const char *type, const void *body, size_t size,
                                     char etag[OBJECT_ETAG_CAP])
{
    struct object_file file;
    assert_true(object_file_write(fx->objects_dir, body, size, &file));
    int code = FIXTURE_RUN(fx, objects_put(fx->core, bucket, key, &(struct object_info){.content_type = type},
                                           &file, &fx->error));
    if (code) {
        object_file_remove(fx->objects_dir, file.name);
    } else if (etag) {
        memcpy(etag, file.etag, sizeof file.etag);
    }
    return code;
}

static inline void fixture_object(struct fixture *fx, const char *bucket, const char *key, const char *text)
{
    if (fixture_try_object(fx, bucket, key, NULL, text, strlen(text), NULL)) {
        fail_msg("object %s: %s", key, fx->error.message);
    }
}

/* The rest of `create` is filled in: one target, a small document unless there is one. */
static inline int fixture_try_job(struct fixture *fx, const char *job_id, const char *thing,
                                  struct job_create create)
{
    char arn[256];
    snprintf(arn, sizeof arn, FIXTURE_ARN("thing", "%s"), thing);
    const char *targets[] = {arn};
    create.job_id = job_id;
    if (!create.targets) {
        create.targets = targets;
        create.target_count = 1;
    }
    if (!create.document.ptr && !create.document_source) {
        create.document = slice_from("{\"op\":\"x\"}");
    }
    struct job job;
    int code = FIXTURE_RUN(fx, jobs_create(fx->core, &create, &job, &fx->error));
    job_clear(&job);
    return code;
}

static inline void fixture_job(struct fixture *fx, const char *job_id, const char *thing)
{
    if (fixture_try_job(fx, job_id, thing, (struct job_create){0})) {
        fail_msg("job %s: %s", job_id, fx->error.message);
    }
}

static inline int fixture_update(struct fixture *fx, const char *thing, const char *job_id,
                                 const char *status)
{
    struct execution_update update = {.thing = thing, .job_id = job_id, .status = slice_from(status)};
    struct execution execution;
    int code = FIXTURE_RUN(fx, executions_update(fx->core, &update, &execution, &fx->error));
    execution_clear(&execution);
    return code;
}

/* "STATUS vVERSION #NUMBER", or "none". number 0: the latest. */
static inline const char *fixture_state(struct fixture *fx, const char *thing, const char *job_id,
                                        int64_t number)
{
    struct execution e;
    int code = FIXTURE_RUN(fx, executions_describe(fx->core, thing, job_id, number, &e, &fx->error));
    if (code == CORE_NOT_FOUND) {
        return "none";
    }
    assert_int_equal(code, CORE_OK);
    snprintf(fx->brief, sizeof fx->brief, "%s v%lld #%lld", execution_status_text(e.status),
             (long long)e.version, (long long)e.number);
    execution_clear(&e);
    return fx->brief;
}

static inline const char *fixture_job_state(struct fixture *fx, const char *job_id)
{
    struct job job;
    int code = FIXTURE_RUN(fx, jobs_describe(fx->core, job_id, &job, &fx->error));
    if (code == CORE_NOT_FOUND) {
        return "none";
    }
    assert_int_equal(code, CORE_OK);
    const char *text = job_status_text(job.status);
    job_clear(&job);
    return text;
}

/* --- What was heard --- */

static inline void fixture_forget(struct fixture *fx)
{
    free(fx->heard);
    fx->heard = NULL;
    fx->heard_len = 0;
}

static inline void fixture_add(struct fixture *fx, const char *text)
{
    assert_true(strlen(fx->brief) + strlen(text) < sizeof fx->brief);
    strcat(fx->brief, text);
}

static inline void fixture_add_list(struct fixture *fx, json_t *jobs, const char *status)
{
    json_t *list = json_object_get(jobs, status);
    char text[256];
    size_t i;
    json_t *entry;
    if (!list) {
        return;
    }
    assert_true(json_array_size(list) > 0); /* an empty list is left out */
    snprintf(text, sizeof text, " %s:", status);
    fixture_add(fx, text);
    json_array_foreach(list, i, entry)
    {
        snprintf(text, sizeof text, "%s%s#%lld", i ? "," : "",
                 json_string_value(json_object_get(entry, "jobId")),
                 (long long)json_integer_value(json_object_get(entry, "executionNumber")));
        fixture_add(fx, text);
    }
}

static inline void fixture_add_notice(struct fixture *fx, const char *name, json_t *payload)
{
    char text[256];
    fixture_add(fx, name);
    assert_int_equal(json_integer_value(json_object_get(payload, "timestamp")), fx->now_ms / 1000);
    if (strstr(name, "/notify-next")) {
        json_t *execution = json_object_get(payload, "execution");
        if (execution) {
            assert_non_null(json_object_get(execution, "jobDocument"));
            snprintf(text, sizeof text, " %s#%lld %s", json_string_value(json_object_get(execution, "jobId")),
                     (long long)json_integer_value(json_object_get(execution, "executionNumber")),
                     json_string_value(json_object_get(execution, "status")));
            fixture_add(fx, text);
        }
    } else {
        json_t *jobs = json_object_get(payload, "jobs");
        assert_true(json_is_object(jobs));
        fixture_add_list(fx, jobs, "IN_PROGRESS");
        fixture_add_list(fx, jobs, "QUEUED");
    }
    fixture_add(fx, "; ");
}

/* The notifications since the last look, shortened: "lamp/notify IN_PROGRESS:a#1 QUEUED:b#1,c#1; lamp/notify-next a#1
 * IN_PROGRESS; ", each checked to be JSON and to carry the present second. */
static inline const char *fixture_heard(struct fixture *fx)
{
    fx->brief[0] = '\0';
    char *rest = fx->heard;
    char *line;
    while (rest && (line = strsep(&rest, "\n")) && *line) {
        char *payload = strchr(line, ' ');
        assert_non_null(payload);
        *payload++ = '\0';
        json_t *json = json_loads(payload, 0, NULL);
        assert_non_null(json);
        fixture_add_notice(fx, line, json);
        json_decref(json);
    }
    fixture_forget(fx);
    return fx->brief;
}

#endif
