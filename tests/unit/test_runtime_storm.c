/* SPDX-License-Identifier: MIT */
/* device/runtime with all its tasks against a service that is disturbed: suspended, resumed, connected anew, cut off, jobs cancelled, callbacks
 * that block, reports from several tasks; and against a peer that withholds PUBACKs, answers and SUBACKs. Every job ends, no handler starts
 * twice, every final status that was confirmed arrives (G1, G2, G3, R-12). Runs under TSan as well.
 *
 * Virtual time: the clock advances when every task has nothing to do. STORM_SEED=N replays the order of disturbances, as far as the
 * system's scheduler lets it. */
// LINK: device_runtime device_core job_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_time.h"
#include "device/runtime/runtime.h"
#include "fakes/fake_ports.h"
#include "fakes/job_service.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- the peer and its service; on the test's thread alone */

static struct job_service service;

static struct {
    unsigned opens; /* connections that it has answered */
    unsigned taken; /* publishes that it has taken */
    bool answers;
} peer;

static _Atomic unsigned looks; /* of the peer at what the device does */

/* To the connection that there is, if there is one. */
static void send_to_device(void *ctx, const char *topic, const char *payload)
{
    (void)ctx;
    if (peer.answers) {
        fake_deliver(topic, payload);
    }
}

/* true: there was something to do. */
static bool serve(void)
{
    atomic_fetch_add(&looks, 1);
    if (fake_open_count() != peer.opens) {
        peer.opens = fake_open_count();
        fake_connect_only();
        return true;
    }
    if (fake_publish_count() == peer.taken) {
        return false;
    }
    static char topic[256], payload[2048];
    fake_wait_publish(topic, sizeof(topic), payload, sizeof(payload));
    peer.taken++;
    if (peer.answers) {
        job_service_request(&service, topic, payload);
    }
    return true;
}

/* ---- the application */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint32_t run_id; /* of the run that its own task works on; 0: none */
    bool is_over;
    atomic_uint starts[JOB_SERVICE_MAX];
    _Atomic enum job_fate confirmed[JOB_SERVICE_MAX]; /* JOB_QUEUED: nothing */
    atomic_uint job;                                  /* that started last */
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
        atomic_store(&application.confirmed[job],
                     status == JOBS_STATUS_SUCCEEDED ? JOB_SUCCEEDED : JOB_FAILED);
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
    memset(&peer, 0, sizeof(peer));
    peer.answers = true;
    service =
        (struct job_service){.count = jobs, .document = "{\"action\":\"work\"}", .send = send_to_device};
    application.is_over = false;
    application.run_id = 0;
    for (unsigned i = 0; i < JOB_SERVICE_MAX; i++) {
        atomic_store(&application.starts[i], 0);
        atomic_store(&application.confirmed[i], JOB_QUEUED);
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
    pthread_mutex_lock(&application.lock);
    application.is_over = true;
    pthread_cond_signal(&application.changed);
    pthread_mutex_unlock(&application.lock);
    pthread_join(application_task, NULL); /* before the engine task: it may be about to report */
    FAKE_WAIT(runtime_stop() == ERR_OK);
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
        job_service_cancel(&service);
        break;
    default:
        break;
    }
}

static void check_jobs(void)
{
    for (unsigned job = 0; job < service.count; job++) {
        const enum job_fate confirmed = atomic_load(&application.confirmed[job]);
        const enum job_fate fate = service.jobs[job].fate;
        if (atomic_load(&application.starts[job]) > 1) {
            fail_msg("s%u was started %u times", job, atomic_load(&application.starts[job]));
        }
        if (confirmed != JOB_QUEUED && fate != confirmed && fate != JOB_CANCELED) {
            fail_msg("s%u is %s, but %s was confirmed", job, job_service_fate_text(fate),
                     job_service_fate_text(confirmed));
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
    begin(JOB_SERVICE_MAX);
    assert_int_equal(pthread_create(&other, NULL, disturb_as_well, &must_end), 0);
    while (service.first < service.count) {
        disturb();
        passed_ms += play_on();
    }
    atomic_store(&must_end, true);
    pthread_join(other, NULL);
    runtime_suspend(false);
    end();
    check_jobs();
    printf("measured: 200 jobs in %u s of the device's time, %u connections, %u cancels heard\n",
           passed_ms / 1000, peer.opens, atomic_load(&application.cancels));
    assert_true(atomic_load(&application.cancels) > 0);
    assert_true(peer.opens > 10);
}

/* ---- a peer that withholds */

enum { ACKNOWLEDGEMENTS = 1, SUBACKS = 2, ANSWERS = 4, ALL = 7 };
#define SILENCE_MS 60000 /* without answers no job can end: they come again after this time */

static void play_with_peer(unsigned withheld)
{
    unsigned passed_ms = 0;
    fake_refuse_subscribe(withheld & SUBACKS ? "" : NULL, FAKE_SILENT);
    fake_withhold_acknowledgements(withheld & ACKNOWLEDGEMENTS);
    peer.answers = !(withheld & ANSWERS);
    const unsigned until = service.first + 5;
    while (service.first < until) {
        passed_ms += play_on();
        if (!peer.answers && passed_ms >= SILENCE_MS) {
            peer.answers = true;
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
    printf("measured: 35 jobs over %u connections, %u packets found no room\n", peer.opens,
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
