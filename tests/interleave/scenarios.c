/* SPDX-License-Identifier: MIT */
/* Small worlds in which two things of the runtime meet. Each begins with a device that has just got its power, and ends at rest. */
#include "interleave/world.h"

#include "device/runtime/runtime.h"

static void boot(void)
{
    device_ram_reset();
    scheduler_start("main", 4, true, application_boot, NULL);
}

static void begin(unsigned jobs, enum application_way way)
{
    ports_reset();
    peer_reset(jobs);
    application_reset();
    application_rules.way = way;
    application_rules.has_cancel = true;
}

/* ---- reports */

static void report_against_cancel(void)
{
    begin(2, WAY_OTHER_TASK);
    boot();
    application_await_start(0);
    job_service_cancel(&service);
    world_settle(3);
}

static void report_in_handler_against_cancel(void)
{
    begin(2, WAY_REPORTS);
    boot();
    application_await_start(0);
    job_service_cancel(&service);
    world_settle(3);
}

static void final_against_progress(void)
{
    begin(2, WAY_TWO_TASKS);
    boot();
    world_settle(3);
}

static void report_against_cut(void)
{
    begin(1, WAY_OTHER_TASK);
    boot();
    application_await_start(0);
    peer_cut();
    world_settle(3);
}

/* ---- start, stop, restart */

static bool is_registered;

static void register_task(void *ctx)
{
    (void)ctx;
    is_registered = application_register();
}

static void main_that_registers_elsewhere(void *ctx)
{
    (void)ctx;
    application_init();
    scheduler_start("register", 4, true, register_task, NULL);
    SYSTEM_start();
}

static void register_against_start(void)
{
    begin(1, WAY_RETURNS);
    is_registered = false;
    device_ram_reset();
    scheduler_start("main", 4, true, main_that_registers_elsewhere, NULL);
    world_settle(3);
    for (unsigned seconds = 0; !is_registered; seconds++) {
        if (seconds == 60) {
            scheduler_find("the registration was refused:\n%s", ports_log());
        }
        scheduler_sleep(1000);
    }
}

static void suspend_task(void *ctx)
{
    (void)ctx;
    AWS_suspend();
    scheduler_sleep(10000);
    AWS_resume();
}

static void suspend_against_job(void)
{
    begin(2, WAY_OTHER_TASK);
    boot();
    scheduler_start("suspend", 4, true, suspend_task, NULL);
    world_settle(3);
}

static void suspend_at_once_task(void *ctx)
{
    (void)ctx;
    AWS_suspend();
    AWS_resume();
    AWS_restart();
}

static void suspend_resume_reconnect(void)
{
    begin(1, WAY_REPORTS);
    boot();
    application_await_start(0);
    scheduler_start("suspend", 4, true, suspend_at_once_task, NULL);
    world_settle(3);
}

static void stop_task(void *ctx)
{
    (void)ctx;
    while (runtime_stop() == ERR_BUSY) {
        scheduler_sleep(1000);
    }
}

/* Stopped in the middle of a job, then the power goes. The job ends after the boot. */
static void stop_against_job(void)
{
    begin(2, WAY_OTHER_TASK);
    boot();
    application_await_start(0);
    scheduler_start("stop", 4, true, stop_task, NULL);
    scheduler_sleep(60000);
    peer_power_cut();
    scheduler_end_device();
    boot();
    world_settle(3);
}

static void restart_task(void *ctx)
{
    (void)ctx;
    SYSTEM_restart(0);
}

static void restart_against_job(void)
{
    begin(2, WAY_OTHER_TASK);
    application_rules.attempts = 3;
    boot();
    application_await_start(0);
    scheduler_start("restart", 4, true, restart_task, NULL);
    world_settle(3);
}

static void power_cut_against_report(void)
{
    begin(2, WAY_REPORTS);
    application_rules.attempts = 2;
    boot();
    application_await_start(0);
    peer_power_cut();
    scheduler_end_device();
    boot();
    world_settle(3);
}

/* ---- callbacks */

static void event_callback_that_blocks(void)
{
    begin(2, WAY_UNTIL_CANCEL);
    application_rules.event_ms = 8000;
    boot();
    application_await_start(0);
    peer_cut();
    job_service_cancel(&service);
    world_settle(3);
}

static void cancel_callback_that_blocks(void)
{
    begin(2, WAY_UNTIL_CANCEL);
    application_rules.cancel_ms = 5000;
    boot();
    application_await_start(0);
    job_service_cancel(&service);
    application_await_start(1);
    job_service_cancel(&service);
    world_settle(3);
}

static void handler_that_returns_late(void)
{
    begin(2, WAY_LATE);
    application_rules.deadline_s = 5;
    boot();
    application_await_start(0);
    job_service_cancel(&service);
    world_settle(3);
}

static void document_anew_against_cancel(void)
{
    begin(2, WAY_REFRESHES);
    boot();
    application_await_start(0);
    job_service_cancel(&service);
    world_settle(3);
}

static void document_anew_against_cut(void)
{
    begin(1, WAY_REFRESHES);
    boot();
    application_await_start(0);
    peer_cut();
    world_settle(3);
}

/* ---- the connection */

static void pieces_against_cut(void)
{
    begin(1, WAY_RETURNS);
    peer_rules.piece = 100;
    boot();
    scheduler_sleep(0);
    peer_cut();
    world_settle(3);
}

static void suspend_before_the_clock_is_set(void)
{
    begin(1, WAY_RETURNS);
    ports_set_clock(false);
    boot();
    scheduler_start("suspend", 4, true, suspend_task, NULL);
    scheduler_sleep(5000);
    ports_set_clock(true);
    world_settle(3);
}

static void acknowledgements_withheld(void)
{
    begin(6, WAY_REPORTS);
    peer_rules.withholds_acknowledgements = true;
    boot();
    world_settle(3);
}

static void subacks_withheld(void)
{
    begin(1, WAY_RETURNS);
    peer_rules.withholds_subacks = true;
    boot();
    world_settle(3);
}

#define SCENARIO(name, what)                                                                                 \
    {                                                                                                        \
#name, what, name                                                                                    \
    }

const struct scenario scenarios[] = {
    SCENARIO(report_against_cancel, "another task reports while the service cancels"),
    SCENARIO(report_in_handler_against_cancel, "the handler reports while the service cancels"),
    SCENARIO(final_against_progress, "two tasks report, one of them the end"),
    SCENARIO(report_against_cut, "another task reports while the connection breaks"),
    SCENARIO(register_against_start, "a handler is registered while the tasks start"),
    SCENARIO(suspend_against_job, "suspended and resumed around a job"),
    SCENARIO(suspend_resume_reconnect, "suspend, resume and restart of the connection at once"),
    SCENARIO(stop_against_job, "the tasks are ended in the middle of a job"),
    SCENARIO(restart_against_job, "the device restarts itself in the middle of a job"),
    SCENARIO(power_cut_against_report, "the power goes while the handler reports"),
    SCENARIO(event_callback_that_blocks, "an event callback blocks for 8 s while the job is cancelled"),
    SCENARIO(cancel_callback_that_blocks, "a cancel callback blocks while the next job comes"),
    SCENARIO(handler_that_returns_late, "the deadline passes and the service cancels"),
    SCENARIO(document_anew_against_cancel, "the handler reads its document anew while the service cancels"),
    SCENARIO(document_anew_against_cut, "the handler reads its document anew while the connection breaks"),
    SCENARIO(pieces_against_cut, "messages in pieces while the connection breaks"),
    SCENARIO(suspend_before_the_clock_is_set, "suspended while the clock is not set"),
    SCENARIO(acknowledgements_withheld, "six jobs, and no PUBACK at all"),
    SCENARIO(subacks_withheld, "no SUBACK at all"),
};
const unsigned scenarios_count = sizeof(scenarios) / sizeof(scenarios[0]);
