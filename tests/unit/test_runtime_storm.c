/* SPDX-License-Identifier: MIT */
/* device/runtime with all its tasks against a service that is disturbed: suspended, resumed, connected anew, cut off, jobs cancelled, callbacks
 * that block, reports from several tasks; and against a peer that withholds PUBACKs, answers and SUBACKs. Every job ends, no handler starts
 * twice, every final status that was confirmed arrives (G1, G2, G3, R-12). Runs under TSan as well.
 *
 * Virtual time: the clock advances when every task has nothing to do. STORM_SEED=N replays the order of disturbances, as far as the
 * system's scheduler lets it. */
// LINK: device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_time.h"
#include "device/runtime/runtime.h"
#include "fakes/fake_service.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOBS_MAX   200
#define STEP_MS    250
#define BLOCK_STEP 12 /* a callback that blocks stays so many looks of the service */

static _Atomic uint64_t random_state;

static unsigned random_below(unsigned bound)
{
    uint64_t before = atomic_load(&random_state), after;
    do {
        after = before * 6364136223846793005u + 1442695040888963407u;
    } while (!atomic_compare_exchange_weak(&random_state, &before, after));
    return (unsigned)(after >> 33) % bound;
}

/* ---- the service; on the test's thread alone */

enum fate { QUEUED, IN_PROGRESS, SUCCEEDED, FAILED, CANCELED };
static const char *const fate_texts[] = {"QUEUED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "CANCELED"};

static struct {
    unsigned jobs;  /* how many there are */
    unsigned first; /* the first that has not ended; `jobs`: none */
    enum fate fates[JOBS_MAX];
    unsigned versions[JOBS_MAX];
    unsigned opens; /* connections that it has answered */
    unsigned taken; /* publishes that it has taken */
    bool answers;
    bool has_unheard_news; /* of a pending job, while no answers were given */
} service;

static _Atomic unsigned looks; /* of the service at what the device does */

static const char *job_name(unsigned job)
{
    static char name[16];
    snprintf(name, sizeof(name), "s%u", job);
    return name;
}

/* To the connection that there is, if there is one. */
static void send_answer(const struct fake_request *request, const char *kind, const char *members)
{
    char topic[300], payload[700], token[80] = "";
    const char *found = strstr(request->payload, "\"clientToken\":\"");
    assert_non_null(found);
    sscanf(found + strlen("\"clientToken\":\""), "%64[0-9a-f]", token);
    snprintf(topic, sizeof(topic), "%s/%s", request->topic, kind);
    snprintf(payload, sizeof(payload), "{\"timestamp\":1800000000,\"clientToken\":\"%s\"%s%s}", token,
             members[0] ? "," : "", members);
    fake_deliver(topic, payload);
}

static const char *execution(unsigned job, bool has_document)
{
    static char text[400];
    snprintf(text, sizeof(text),
             "\"execution\":{\"jobId\":\"s%u\",\"status\":\"%s\",\"queuedAt\":1799999990,\"lastUpdatedAt\":"
             "1799999990,"
             "\"versionNumber\":%u,\"executionNumber\":1%s}",
             job, fate_texts[service.fates[job]], service.versions[job],
             has_document ? ",\"jobDocument\":{\"action\":\"work\"}" : "");
    return text;
}

static void notify(void)
{
    static char text[500];
    if (!service.answers) {
        service.has_unheard_news = true;
        return;
    }
    fake_deliver("notify", "{\"timestamp\":1800000000,\"jobs\":{}}");
    snprintf(text, sizeof(text), "{\"timestamp\":1800000000%s%s}", service.first < service.jobs ? "," : "",
             service.first < service.jobs ? execution(service.first, true) : "");
    fake_deliver("notify-next", text);
}

static void end_job(unsigned job, enum fate fate)
{
    service.fates[job] = fate;
    service.versions[job]++;
    service.first += job == service.first;
    notify();
}

static void update(const struct fake_request *request, unsigned job)
{
    enum fate wanted = QUEUED;
    while (wanted < CANCELED && !strstr(request->payload, fate_texts[wanted])) {
        wanted++;
    }
    assert_true(wanted == IN_PROGRESS || wanted == SUCCEEDED || wanted == FAILED);
    if (job != service.first) {
        send_answer(request, "rejected", "\"code\":\"InvalidStateTransition\",\"message\":\"it has ended\"");
        return;
    }
    service.fates[job] = wanted;
    service.versions[job]++;
    send_answer(request, "accepted",
                strstr(request->payload, "\"includeJobDocument\":true")
                    ? "\"jobDocument\":{\"action\":\"work\"}"
                    : "");
    if (wanted != IN_PROGRESS) {
        end_job(job, wanted);
    }
}

static void answer(const struct fake_request *request)
{
    const bool has_document = !strstr(request->payload, "\"includeJobDocument\":false");
    unsigned job = 0;
    if (strcmp(request->topic, "$next/get") == 0) {
        send_answer(request, "accepted",
                    service.first < service.jobs ? execution(service.first, has_document) : "");
        return;
    }
    assert_int_equal(sscanf(request->topic, "s%u/", &job), 1);
    if (strstr(request->topic, "/update")) {
        update(request, job);
    } else {
        send_answer(request, "accepted", execution(job, has_document));
    }
}

/* true: there was something to do. */
static bool serve(void)
{
    atomic_fetch_add(&looks, 1);
    if (fake_open_count() != service.opens) {
        service.opens = fake_open_count();
        fake_connect_only();
        return true;
    }
    if (fake_publish_count() == service.taken) {
        return false;
    }
    static struct fake_request request;
    fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
    service.taken++;
    if (service.answers) {
        answer(&request);
    }
    return true;
}

/* ---- the application */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint32_t run_id; /* of the run that its own task works on; 0: none */
    bool is_over;
    atomic_uint starts[JOBS_MAX];
    _Atomic enum fate confirmed[JOBS_MAX]; /* QUEUED: nothing */
    atomic_uint job;                       /* that started last */
    atomic_uint cancels;
    atomic_bool does_block;
} application = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void block(void)
{
    const unsigned until = atomic_load(&looks) + BLOCK_STEP;
    while (atomic_load(&application.does_block) && (int)(until - atomic_load(&looks)) > 0) {
        sched_yield();
    }
}

static void report_progress(const char *job_id, uint32_t run_id)
{
    const struct jobs_report report = {.job_id = job_id,
                                       .run_id = run_id,
                                       .status = JOBS_STATUS_IN_PROGRESS,
                                       .progress_percent = (int8_t)random_below(101)};
    runtime_report(&report, NULL, 0, NULL);
}

/* ERR_TIMEOUT: it stands in the mailbox, and cannot be turned away any more. */
static void report_final(unsigned job, uint32_t run_id)
{
    const enum jobs_status status = random_below(2) ? JOBS_STATUS_SUCCEEDED : JOBS_STATUS_FAILED;
    const struct jobs_report report = {.run_id = run_id, .status = status, .progress_percent = -1};
    enum err err = runtime_report(&report, NULL, 0, NULL);
    assert_true(err == ERR_OK || err == ERR_STALE || err == ERR_NOT_FOUND || err == ERR_TIMEOUT);
    if (err == ERR_OK) {
        atomic_store(&application.confirmed[job], status == JOBS_STATUS_SUCCEEDED ? SUCCEEDED : FAILED);
    }
}

static void *work(void *ctx)
{
    (void)ctx;
    pthread_mutex_lock(&application.lock);
    while (!application.is_over) {
        const uint32_t run_id = application.run_id;
        application.run_id = 0;
        pthread_mutex_unlock(&application.lock);
        if (run_id) {
            report_progress(NULL, run_id);
            report_final(atomic_load(&application.job), run_id);
        }
        pthread_mutex_lock(&application.lock);
        while (!application.is_over && !application.run_id) {
            pthread_cond_wait(&application.changed, &application.lock);
        }
    }
    pthread_mutex_unlock(&application.lock);
    return NULL;
}

static void give_to_task(uint32_t run_id)
{
    pthread_mutex_lock(&application.lock);
    application.run_id = run_id;
    pthread_cond_signal(&application.changed);
    pthread_mutex_unlock(&application.lock);
}

static enum jobs_status handle(const struct jobs_run *run)
{
    const unsigned job = (unsigned)atoi(run->job_id + 1);
    atomic_fetch_add(&application.starts[job], 1);
    atomic_store(&application.job, job);
    switch (random_below(4)) {
    case 0:
        return JOBS_STATUS_SUCCEEDED;
    case 1:
        report_progress(run->job_id, 0);
        report_final(job, run->run_id);
        return JOBS_STATUS_IN_PROGRESS;
    case 2:
        block();
        report_progress(run->job_id, 0);
        report_progress(run->job_id, 0);
        return JOBS_STATUS_FAILED;
    default:
        give_to_task(run->run_id);
        return JOBS_STATUS_IN_PROGRESS;
    }
}

static void on_cancel(uint32_t run_id, void *user)
{
    (void)run_id, (void)user;
    atomic_fetch_add(&application.cancels, 1);
    block();
}

static void on_change(bool is_up)
{
    (void)is_up;
    if (random_below(3) == 0) {
        block();
    }
}

/* ---- the play */

static pthread_t application_task;

static void begin(unsigned jobs)
{
    static char document[CONFIG_DEVICE_JOBS_DOCUMENT_SIZE];
    const struct runtime_config config = {
        .host = "localhost",
        .port = 8883,
        .thing_name = FAKE_THING,
        .root_ca_pem = "ca",
        .cert_pem = "cert",
        .key_pem = "key",
        .document = document,
        .document_cap = sizeof(document),
        .run_handler = handle,
        .cancel_handler = on_cancel,
        .link_changed = on_change,
        .network_changed = on_change,
    };
    const struct jobs_action action = {.name = "work", .max_attempts = 1, .has_cancel = true};

    fake_reset();
    memset(&service, 0, sizeof(service));
    service.jobs = jobs;
    service.answers = true;
    application.is_over = false;
    application.run_id = 0;
    for (unsigned i = 0; i < JOBS_MAX; i++) {
        atomic_store(&application.starts[i], 0);
        atomic_store(&application.confirmed[i], QUEUED);
    }
    atomic_store(&application.cancels, 0);
    atomic_store(&application.does_block, true);
    assert_int_equal(pthread_create(&application_task, NULL, work, NULL), 0);
    assert_int_equal(runtime_init(&config), ERR_OK);
    assert_int_equal(runtime_register(&action), ERR_OK);
    assert_int_equal(runtime_start(), ERR_OK);
}

static void end(void)
{
    atomic_store(&application.does_block, false);
    FAKE_WAIT(runtime_stop() == ERR_OK);
    pthread_mutex_lock(&application.lock);
    application.is_over = true;
    pthread_cond_signal(&application.changed);
    pthread_mutex_unlock(&application.lock);
    pthread_join(application_task, NULL);
}

/* The engine task has looked at everything that it was told before. */
static void let_engine_turn(void)
{
    const struct jobs_action known = {.name = "work", .max_attempts = 1};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(runtime_register(&known), ERR_EXISTS);
    }
}

/* Serves what there is; time passes when there is nothing. Returns how much. */
static unsigned play_on(void)
{
    if (serve()) {
        return 0;
    }
    let_engine_turn();
    if (serve()) {
        return 0;
    }
    fake_advance_ms(STEP_MS);
    runtime_network_changed(random_below(2)); /* the engine task looks at the clock */
    return STEP_MS;
}

static void disturb(void)
{
    switch (random_below(40)) {
    case 0:
        runtime_suspend(true);
        break;
    case 1:
    case 2:
        runtime_suspend(false);
        break;
    case 3:
        runtime_reconnect();
        break;
    case 4:
        fake_disconnect("a broken network");
        break;
    case 5:
    case 6:
    case 7:
    case 8:
        if (service.first < service.jobs) {
            end_job(service.first, CANCELED);
        }
        break;
    default:
        break;
    }
}

static void check_jobs(void)
{
    for (unsigned job = 0; job < service.jobs; job++) {
        const enum fate confirmed = atomic_load(&application.confirmed[job]);
        const enum fate fate = service.fates[job];
        if (atomic_load(&application.starts[job]) > 1) {
            fail_msg("%s was started %u times", job_name(job), atomic_load(&application.starts[job]));
        }
        if (confirmed != QUEUED && fate != confirmed && fate != CANCELED) {
            fail_msg("%s is %s, but %s was confirmed", job_name(job), fate_texts[fate],
                     fate_texts[confirmed]);
        }
    }
}

static void *disturb_as_well(void *ctx)
{
    atomic_bool *must_end = ctx;
    unsigned seen = atomic_load(&looks);
    while (!atomic_load(must_end)) {
        if (atomic_load(&looks) - seen < 7) {
            sched_yield();
            continue;
        }
        seen = atomic_load(&looks);
        switch (random_below(12)) {
        case 0:
            runtime_suspend(true);
            runtime_suspend(false);
            break;
        case 1:
            runtime_reconnect();
            break;
        default:
            report_progress("s0", 0); /* a run that is over, mostly */
            break;
        }
    }
    return NULL;
}

static void test_two_hundred_jobs(void **state)
{
    (void)state;
    atomic_bool must_end = false;
    pthread_t other;
    unsigned passed_ms = 0;
    begin(JOBS_MAX);
    assert_int_equal(pthread_create(&other, NULL, disturb_as_well, &must_end), 0);
    while (service.first < service.jobs) {
        disturb();
        passed_ms += play_on();
    }
    atomic_store(&must_end, true);
    pthread_join(other, NULL);
    runtime_suspend(false);
    end();
    check_jobs();
    printf("measured: 200 jobs in %u s of the device's time, %u connections, %u cancels heard\n",
           passed_ms / 1000, service.opens, atomic_load(&application.cancels));
    assert_true(atomic_load(&application.cancels) > 0);
    assert_true(service.opens > 10);
}

/* ---- a peer that withholds */

enum { ACKNOWLEDGEMENTS = 1, SUBACKS = 2, ANSWERS = 4, ALL = 7 };
#define SILENCE_MS 60000 /* without answers no job can end: they come again after this time */

static void play_with_peer(unsigned withheld)
{
    unsigned passed_ms = 0;
    fake_refuse_subscribe(withheld & SUBACKS ? "" : NULL, FAKE_SILENT);
    fake_withhold_acknowledgements(withheld & ACKNOWLEDGEMENTS);
    service.answers = !(withheld & ANSWERS);
    const unsigned until = service.first + 5;
    while (service.first < until) {
        passed_ms += play_on();
        if (!service.answers && passed_ms >= SILENCE_MS) {
            service.answers = true;
        }
        if (passed_ms > 3600000) {
            fail_msg("a peer that withholds %u: job s%u does not end within an hour", withheld,
                     service.first);
        }
    }
}

/* One after another, then together, over one life of the device. */
static void test_peer_that_withholds(void **state)
{
    (void)state;
    begin(35);
    for (unsigned withheld = 1; withheld <= ALL; withheld++) {
        play_with_peer(withheld);
    }
    assert_int_equal(service.first, 35);
    end();
    check_jobs();
    printf("measured: 35 jobs over %u connections, %u packets found no room\n", service.opens,
           fake_full_count());
}

int main(void)
{
    const char *seed = getenv("STORM_SEED");
    uint64_t value = seed ? strtoull(seed, NULL, 10) : (uint64_t)port_time_monotonic_ms() * 2654435761u;
    atomic_store(&random_state, value);
    printf("STORM_SEED=%llu\n", (unsigned long long)value);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_hundred_jobs),
        cmocka_unit_test(test_peer_that_withholds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
