/* SPDX-License-Identifier: MIT */
/* The seed's program as its reader would write it: the handler copies the job's id, sets a flag and returns IN_PROGRESS; a task of the
 * application does the work, reports by id, and clears the flag after the call. 1,000 jobs in a row, some of them cancelled with force,
 * deleted or made again while they are worked on: no run meets a set flag, and none ends SUCCEEDED that was not performed. R-01,
 * G1. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_engine_io.h"

#include <stdio.h>
#include <string.h>

#define JOBS 1000

/* The program. */
static struct {
    bool is_busy; /* the flag */
    char job_id[DEVICE_JOB_ID_CAP];
    char document[CONFIG_DEVICE_JOBS_DOCUMENT_SIZE];
    unsigned overwritten; /* handlers that met a set flag */
} app;

struct job {
    char id[16];
    int queued_at_s;
    const char *status;
    bool is_performed;
};

/* The service: a queue of jobs, the first of which may be in progress. */
static struct {
    struct job jobs[2 * JOBS];
    size_t count, first;
} service;

static void put_document(const struct job *job, char *out, size_t cap)
{
    snprintf(out, cap, "{\"action\":\"blink\",\"n\":\"%d\"}", job->queued_at_s);
}

static const char *execution(const struct job *job, bool with_document)
{
    static char members[400];
    char document[64];
    put_document(job, document, sizeof document);
    snprintf(members, sizeof members,
             "\"execution\":{\"jobId\":\"%s\",\"status\":\"%s\",\"queuedAt\":%d,\"versionNumber\":1,"
             "\"executionNumber\":1%s%s}",
             job->id, job->status, job->queued_at_s, with_document ? ",\"jobDocument\":" : "",
             with_document ? document : "");
    return members;
}

static struct job *first_job(void)
{
    return service.first < service.count ? &service.jobs[service.first] : NULL;
}

/* The one that an update or get on this topic means: the last one of its id that there is. */
static struct job *find(const char *topic)
{
    for (size_t i = service.count; i > 0; i--) {
        struct job *job = &service.jobs[i - 1];
        size_t len = strlen(job->id);
        if (job->status != NULL && strncmp(topic, job->id, len) == 0 && topic[len] == '/') {
            return job;
        }
    }
    return NULL;
}

static bool is_pending(const struct job *job)
{
    return job != NULL && job->status != NULL &&
           (strcmp(job->status, "QUEUED") == 0 || strcmp(job->status, "IN_PROGRESS") == 0);
}

static void skip_ended(void)
{
    while (first_job() != NULL && !is_pending(first_job())) {
        service.first++;
    }
}

static void serve_update(struct fake_engine *f, const char *topic, const char *text, struct job *job)
{
    static const char *const statuses[] = {"IN_PROGRESS", "SUCCEEDED", "FAILED"};
    char document[64];
    char members[100];

    if (!is_pending(job)) {
        fake_reject(f, topic, "ResourceNotFound", "");
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        if (strncmp(text + strlen("{\"status\":\""), statuses[i], strlen(statuses[i])) == 0) {
            job->status = statuses[i];
        }
    }
    skip_ended();
    put_document(job, document, sizeof document);
    snprintf(members, sizeof members, "\"jobDocument\":%s", document);
    fake_accept(f, topic, strstr(text, "includeJobDocument") != NULL ? members : "");
}

/* The handler. */
static void start(struct fake_engine *f)
{
    app.overwritten += app.is_busy;
    app.is_busy = true;
    snprintf(app.job_id, sizeof app.job_id, "%s", f->run.job_id);
    snprintf(app.document, sizeof app.document, "%s", f->run_document);
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
}

/* Everything that the device has asked for, answered. */
static void serve(struct fake_engine *f)
{
    while (f->seen < f->effect_count) {
        const struct fake_effect *effect = &f->effects[f->seen++];
        struct job *job = effect->kind == FAKE_PUBLISH ? find(effect->topic) : NULL;
        if (effect->kind == FAKE_START) {
            start(f);
        } else if (effect->kind == FAKE_PUBLISH && strcmp(effect->topic, "$next/get") == 0) {
            skip_ended();
            bool with_document = strstr(effect->text, "includeJobDocument") == NULL;
            fake_accept(f, "$next/get", first_job() != NULL ? execution(first_job(), with_document) : "");
        } else if (effect->kind == FAKE_PUBLISH && strstr(effect->topic, "/update") != NULL) {
            serve_update(f, effect->topic, effect->text, job);
        } else if (effect->kind == FAKE_PUBLISH && is_pending(job)) {
            fake_accept(f, effect->topic, execution(job, false));
        } else if (effect->kind == FAKE_PUBLISH) {
            fake_reject(f, effect->topic, "ResourceNotFound", "");
        }
    }
    memset(f->effects, 0, f->effect_count * sizeof f->effects[0]);
    f->effect_count = f->seen = 0;
    f->log[0] = '\0';
}

static void pass(struct fake_engine *f, uint64_t ms)
{
    uint64_t end_ms = f->now_ms + ms;
    serve(f);
    while (jobs_engine_wake_at_ms(&f->engine) <= end_ms) {
        fake_wake(f);
        serve(f);
    }
    f->now_ms = end_ms;
}

/* The task has done its work: it reports, and clears the flag a little after the call. */
static void work_ends(struct fake_engine *f, unsigned clears_after_ms)
{
    struct job *job = NULL;
    for (size_t i = 0; i < service.count; i++) { /* whose document it had in its hands */
        char document[64];
        put_document(&service.jobs[i], document, sizeof document);
        if (strcmp(document, app.document) == 0) {
            job = &service.jobs[i];
        }
    }
    assert_non_null(job);
    job->is_performed = true;
    fake_report(f, app.job_id, JOBS_STATUS_SUCCEEDED);
    pass(f, clears_after_ms);
    app.is_busy = false;
}

enum meddling {
    LEFT_ALONE,
    ENDED,    /* with force, or by its time-out */
    REPLACED, /* deleted, and made again under its id behind the others */
    MEDDLINGS,
};

static void meddle(struct fake_engine *f, enum meddling meddling)
{
    struct job *job = first_job();

    if (meddling == LEFT_ALONE || job == NULL || strcmp(job->status, "IN_PROGRESS") != 0) {
        return;
    }
    if (meddling == REPLACED) {
        struct job *again = &service.jobs[service.count];
        *again = (struct job){.queued_at_s = 1700000000 + (int)service.count, .status = "QUEUED"};
        memcpy(again->id, job->id, sizeof again->id);
        service.count++;
        job->status = NULL;
    } else {
        job->status = "CANCELED";
    }
    skip_ended();
    char news[200];
    snprintf(news, sizeof news,
             "{\"timestamp\":1700000000,\"jobs\":{\"QUEUED\":[{\"jobId\":\"%s\",\"queuedAt\":%d,"
             "\"executionNumber\":1}]}}",
             first_job() != NULL ? first_job()->id : "x", first_job() != NULL ? first_job()->queued_at_s : 0);
    fake_message(f, "notify", news);
}

static void play(bool has_notifications, unsigned clears_after_ms)
{
    static const struct jobs_action blink = {.name = "blink", .max_attempts = 1, .deadline_s = 3600};
    struct fake_engine *f = fake_new();

    memset(&service, 0, sizeof service);
    memset(&app, 0, sizeof app);
    for (service.count = 0; service.count < JOBS; service.count++) {
        struct job *job = &service.jobs[service.count];
        *job = (struct job){.queued_at_s = 1700000000 + (int)service.count, .status = "QUEUED"};
        snprintf(job->id, sizeof job->id, "k%zu", service.count);
    }
    fake_boot(f);
    fake_register_action(f, &blink);
    fake_connect(f);
    for (unsigned i = 0; first_job() != NULL && i < 4 * JOBS; i++) {
        pass(f, 1000);
        if (!app.is_busy) {
            continue;
        }
        pass(f, i % 7 * 400);
        if (has_notifications && i < JOBS) {
            meddle(f, (enum meddling)(i % MEDDLINGS));
        }
        pass(f, 2000);
        assert_true(app.is_busy);
        work_ends(f, clears_after_ms);
    }
    assert_null(first_job());
    assert_int_equal(app.overwritten, 0);
    for (size_t i = 0; i < service.count; i++) {
        const struct job *job = &service.jobs[i];
        if (job->status != NULL && strcmp(job->status, "CANCELED") != 0) {
            assert_string_equal(job->status, "SUCCEEDED");
            assert_true(job->is_performed);
        }
    }
    fake_free(f);
}

static void test_thousand_jobs(void **state)
{
    (void)state;
    for (unsigned clears_after_ms = 0; clears_after_ms < 20; clears_after_ms += 19) {
        play(false, clears_after_ms);
    }
}

static void test_thousand_jobs_with_an_operator_who_meddles(void **state)
{
    (void)state;
    for (unsigned clears_after_ms = 0; clears_after_ms < 20; clears_after_ms += 19) {
        play(true, clears_after_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thousand_jobs),
        cmocka_unit_test(test_thousand_jobs_with_an_operator_who_meddles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
