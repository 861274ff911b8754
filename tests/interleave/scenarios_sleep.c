/* SPDX-License-Identifier: MIT */
/* Small worlds of a device that sleeps: the library is stopped and started again, and somebody asks whether it is idle. */
#include "interleave/scenarios.h"

static void boot(void)
{
    world_boot(application_boot);
}

/* What a device that sleeps does, again and again: it stops, sleeps, starts. Until every job has ended. */
static bool is_awake_for_good;

static void sleeping_task(void *ctx)
{
    (void)ctx;
    for (unsigned round = 0; round < 4; round++) {
        while (!SYSTEM_stop()) {
            scheduler_sleep(50);
        }
        if (AWS_isConnected()) {
            scheduler_find("SYSTEM_stop has returned true, and the device is connected");
        }
        scheduler_sleep(round * 700);
        SYSTEM_start();
        scheduler_sleep(20 + round * 300);
    }
    is_awake_for_good = true;
}

/* From many moments: never idle while a job is in hand, or its end or an own message is not accepted. */
static void idle_task(void *ctx)
{
    (void)ctx;
    while (!is_awake_for_good) {
        const bool is_open = application_has_open_job(), is_unsent = traffic_is_unsent();
        if (SYSTEM_isIdle() &&
            ((is_open && application_has_open_job()) || (is_unsent && traffic_is_unsent()))) {
            scheduler_find("SYSTEM_isIdle is true, and a job or message is not through:\n%s", ports_log());
        }
        scheduler_sleep(7);
    }
}

static void stop_and_start(enum application_way way)
{
    world_begin(2, way);
    application_rules.repeats = 100; /* while the tasks are ended, reports are refused */
    is_awake_for_good = false;
    boot();
    scheduler_start("idle", 4, true, idle_task, NULL);
    application_await_start(0);
    scheduler_start("sleeping", 4, true, sleeping_task, NULL);
    while (!is_awake_for_good) {
        scheduler_sleep(1000);
    }
    world_settle(3);
}

void scenario_stop_and_start_against_handler(void)
{
    stop_and_start(WAY_REPORTS);
}

void scenario_stop_and_start_against_return(void)
{
    stop_and_start(WAY_RETURNS);
}

void scenario_stop_and_start_against_task(void)
{
    stop_and_start(WAY_OTHER_TASK);
}

/* The next job is made when the device is at rest: from its claim on it is not. */
void scenario_job_for_a_device_at_rest(void)
{
    world_begin(1, WAY_RETURNS);
    is_awake_for_good = false;
    boot();
    application_await_start(0);
    scheduler_sleep(60000);
    if (!SYSTEM_isIdle()) {
        scheduler_find("a minute after the end of all jobs SYSTEM_isIdle is false");
    }
    scheduler_start("idle", 4, true, idle_task, NULL);
    service.count = 2;
    job_service_notify(&service);
    application_await_start(1);
    is_awake_for_good = true;
    world_settle(3);
}

/* A stop that is taken back, and cancels in between. */
static void impatient_task(void *ctx)
{
    (void)ctx;
    for (unsigned round = 0; round < 3; round++) {
        SYSTEM_stop();
        scheduler_sleep(round * 100);
        SYSTEM_start();
        scheduler_sleep(100);
    }
    is_awake_for_good = true;
}

void scenario_stop_taken_back(void)
{
    world_begin(2, WAY_UNTIL_CANCEL);
    is_awake_for_good = false;
    application_rules.cancel_ms = 250;
    boot();
    scheduler_start("idle", 4, true, idle_task, NULL);
    application_await_start(0);
    scheduler_start("impatient", 4, true, impatient_task, NULL);
    job_service_cancel(&service);
    while (!is_awake_for_good) {
        scheduler_sleep(1000);
    }
    world_settle(3);
}

void scenario_stop_and_start_against_messages(void)
{
    world_begin(1, WAY_RETURNS);
    is_awake_for_good = false;
    boot();
    scheduler_start("idle", 4, true, idle_task, NULL);
    application_await_start(0);
    traffic_start("publish", scenario_publish_task);
    scheduler_start("sleeping", 4, true, sleeping_task, NULL);
    while (!is_awake_for_good) {
        scheduler_sleep(1000);
    }
    world_settle(3);
}
