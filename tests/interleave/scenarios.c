/* SPDX-License-Identifier: MIT */
/* Small worlds in which two things of the runtime meet. Each begins with a device that has just got its power, and ends at rest. */
#include "interleave/scenarios.h"

#include "device/runtime/state.h"

static void boot(void)
{
    world_boot(application_boot);
}

/* ---- reports */

static void report_against_cancel(void)
{
    world_begin(2, WAY_OTHER_TASK);
    boot();
    application_await_start(0);
    job_service_cancel(&service);
    world_settle(3);
}

static void report_in_handler_against_cancel(void)
{
    world_begin(2, WAY_REPORTS);
    boot();
    application_await_start(0);
    job_service_cancel(&service);
    world_settle(3);
}

static void final_against_progress(void)
{
    world_begin(2, WAY_TWO_TASKS);
    boot();
    world_settle(3);
}

/* Each put takes longer than a caller waits for its answer. */
static void reports_over_slow_storage(void)
{
    world_begin(2, WAY_TWO_TASKS);
    ports_set_storage(3000);
    boot();
    world_settle(3);
}

static void report_against_cut(void)
{
    world_begin(1, WAY_OTHER_TASK);
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
    world_begin(1, WAY_RETURNS);
    is_registered = false;
    world_boot(main_that_registers_elsewhere);
    world_settle(3);
    for (unsigned seconds = 0; !is_registered; seconds++) {
        if (seconds == 60) {
            scheduler_find("the registration was refused:\n%s", ports_log());
        }
        scheduler_sleep(1000);
    }
}

void scenario_suspend_task(void *ctx)
{
    (void)ctx;
    AWS_suspend();
    scheduler_sleep(10000);
    AWS_resume();
}

static void suspend_against_job(void)
{
    world_begin(2, WAY_OTHER_TASK);
    boot();
    scheduler_start("suspend", 4, true, scenario_suspend_task, NULL);
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
    world_begin(1, WAY_REPORTS);
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

static void reconnect_task(void *ctx)
{
    (void)ctx;
    AWS_restart();
}

/* The engine task waits 4 s for the end of the connection, longer than a caller waits for its answer. */
static void reports_against_slow_reconnect(void)
{
    world_begin(1, WAY_TWO_TASKS);
    peer_rules.end_ms = 4000;
    boot();
    application_await_start(0);
    scheduler_start("reconnect", 4, true, reconnect_task, NULL);
    world_settle(3);
}

/* Stopped in the middle of a job, then the power goes. The job ends after the boot. */
static void stop_against_job(void)
{
    world_begin(2, WAY_OTHER_TASK);
    boot();
    application_await_start(0);
    scheduler_start("stop", 4, true, stop_task, NULL);
    scheduler_sleep(60000);
    peer_power_cut();
    scheduler_end_device();
    boot();
    world_settle(3);
}

/* One task after the other cannot be started: those before it end again, and the next start is a good one. */
static void main_that_starts_in_vain(void *ctx)
{
    (void)ctx;
    application_init();
    application_register();
    for (unsigned task = 0; task < 3; task++) {
        ports_fail_task(task);
        const enum err err = runtime_start();
        if (err != ERR_FULL) {
            scheduler_find("a start without its task %u says '%s'", task, err_text(err));
        }
    }
    const struct runtime_config config = device_runtime.config;
    if (runtime_start() != ERR_OK || runtime_init(&config) != ERR_BUSY) {
        scheduler_find("the device does not start after a start in vain");
    }
}

static void start_in_vain(void)
{
    world_begin(1, WAY_RETURNS);
    world_boot(main_that_starts_in_vain);
    world_settle(3);
}

/* Whoever looks or tells holds nothing up and breaks nothing. */
static void watch_task(void *ctx)
{
    (void)ctx;
    for (unsigned i = 0; i < 6; i++) {
        static char document[CONFIG_DEVICE_JOBS_DOCUMENT_SIZE];
        char job_id[DEVICE_JOB_ID_CAP];
        struct jobs_counters counters;
        struct jobs_run run;
        runtime_link_state();
        runtime_get_counters(&counters);
        runtime_get_waiting(&run, job_id, document, sizeof(document));
        runtime_network_changed(i % 2 == 0);
        scheduler_sleep(20);
    }
}

static void observers_against_job(void)
{
    world_begin(1, WAY_REPORTS);
    boot();
    scheduler_start("watch", 4, true, watch_task, NULL);
    world_settle(3);
}

static void restart_task(void *ctx)
{
    (void)ctx;
    SYSTEM_restart(0);
}

static void restart_against_job(void)
{
    world_begin(2, WAY_OTHER_TASK);
    application_rules.attempts = 3;
    boot();
    application_await_start(0);
    scheduler_start("restart", 4, true, restart_task, NULL);
    world_settle(3);
}

/* At rest nothing holds a restart up. */
static void restart_at_rest(void)
{
    world_begin(1, WAY_RETURNS);
    boot();
    application_await_start(0);
    scheduler_sleep(60000);
    scheduler_start("restart", 4, true, restart_task, NULL);
    scheduler_sleep(100);
    if (!ports_wants_boot()) {
        scheduler_find("nothing runs, and the restart has not come after 0.1 s");
    }
    boot();
    world_settle(3);
}

/* A handler that goes on gets 2 s. */
static void restart_against_handler(void)
{
    world_begin(1, WAY_UNTIL_CANCEL);
    application_rules.attempts = 3;
    boot();
    application_await_start(0);
    scheduler_start("restart", 4, true, restart_task, NULL);
    scheduler_sleep(1900);
    if (ports_is_off()) {
        scheduler_find("the restart has not waited for the handler");
    }
    scheduler_sleep(200);
    if (!ports_is_off()) {
        scheduler_find("the restart has waited longer than 2 s");
    }
    world_settle(3);
}

/* `SYSTEM_restart(0); return JOB_STATUS_SUCCEEDED;` */
static void restart_in_handler(void)
{
    world_begin(1, WAY_RESTARTS);
    boot();
    world_settle(3);
    if (service.jobs[0].fate != JOB_SUCCEEDED) {
        scheduler_find("the handler has restarted the device and returned SUCCEEDED, and s0 is %s",
                       job_service_fate_text(service.jobs[0].fate));
    }
}

static void power_cut_against_report(void)
{
    world_begin(2, WAY_REPORTS);
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
    world_begin(2, WAY_UNTIL_CANCEL);
    application_rules.event_ms = 8000;
    boot();
    application_await_start(0);
    peer_cut();
    job_service_cancel(&service);
    world_settle(3);
}

static void cancel_callback_that_blocks(void)
{
    world_begin(2, WAY_UNTIL_CANCEL);
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
    world_begin(2, WAY_LATE);
    application_rules.deadline_s = 5;
    boot();
    application_await_start(0);
    job_service_cancel(&service);
    world_settle(3);
}

static void document_anew_against_cancel(void)
{
    world_begin(2, WAY_REFRESHES);
    boot();
    application_await_start(0);
    job_service_cancel(&service);
    world_settle(3);
}

static void document_anew_against_cut(void)
{
    world_begin(1, WAY_REFRESHES);
    boot();
    application_await_start(0);
    peer_cut();
    world_settle(3);
}

/* ---- the connection */

static void pieces_against_cut(void)
{
    world_begin(1, WAY_RETURNS);
    peer_rules.piece = 100;
    boot();
    scheduler_sleep(0);
    peer_cut();
    world_settle(3);
}

static void suspend_before_the_clock_is_set(void)
{
    world_begin(1, WAY_RETURNS);
    ports_set_clock(false);
    boot();
    scheduler_start("suspend", 4, true, scenario_suspend_task, NULL);
    scheduler_sleep(5000);
    ports_set_clock(true);
    world_settle(3);
}

static void acknowledgements_withheld(void)
{
    world_begin(6, WAY_REPORTS);
    peer_rules.withholds_acknowledgements = true;
    boot();
    world_settle(3);
}

static void subacks_withheld(void)
{
    world_begin(1, WAY_RETURNS);
    peer_rules.withholds_subacks = true;
    boot();
    world_settle(3);
}

#define SCENARIO(name, what)                                                                                 \
    {                                                                                                        \
#name, what, name                                                                                    \
    }
#define ELSEWHERE(name, what)                                                                                \
    {                                                                                                        \
#name, what, scenario_##name                                                                         \
    }

const struct scenario scenarios[] = {
    SCENARIO(report_against_cancel, "another task reports while the service cancels"),
    SCENARIO(report_in_handler_against_cancel, "the handler reports while the service cancels"),
    SCENARIO(final_against_progress, "two tasks report, one of them the end"),
    SCENARIO(reports_over_slow_storage, "two tasks report, and each put takes 3 s"),
    SCENARIO(report_against_cut, "another task reports while the connection breaks"),
    SCENARIO(register_against_start, "a handler is registered while the tasks start"),
    SCENARIO(suspend_against_job, "suspended and resumed around a job"),
    SCENARIO(suspend_resume_reconnect, "suspend, resume and restart of the connection at once"),
    SCENARIO(reports_against_slow_reconnect,
             "two tasks report while the engine task waits for a connection's end"),
    SCENARIO(stop_against_job, "the tasks are ended in the middle of a job"),
    ELSEWHERE(stop_and_start_against_handler, "stopped and started again while the handler reports"),
    ELSEWHERE(stop_and_start_against_return, "stopped and started again while the handler returns"),
    ELSEWHERE(stop_and_start_against_task, "stopped and started again while another task reports"),
    ELSEWHERE(job_for_a_device_at_rest, "a job comes to a device that is idle, and somebody looks"),
    ELSEWHERE(stop_taken_back, "a stop is taken back while a job is cancelled"),
    SCENARIO(start_in_vain, "a task cannot be started, and the next start is good"),
    SCENARIO(observers_against_job, "another task looks at the state while a job runs"),
    SCENARIO(restart_against_job, "the device restarts itself in the middle of a job"),
    SCENARIO(restart_at_rest, "the device restarts itself when nothing runs"),
    SCENARIO(restart_against_handler, "the device restarts itself while a handler works for long"),
    SCENARIO(restart_in_handler, "a handler restarts the device and returns"),
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
    ELSEWHERE(messages_against_job, "the application publishes and subscribes while a job runs"),
    ELSEWHERE(messages_against_cut, "the same while the connection breaks"),
    ELSEWHERE(messages_before_the_connection, "the same before there is a connection"),
    ELSEWHERE(messages_without_acknowledgements, "the same, and no PUBACK for two minutes"),
    ELSEWHERE(message_that_is_not_allowed, "one of its messages ends the connection each time"),
    ELSEWHERE(unsubscribe_against_messages, "two tasks subscribe and unsubscribe while messages come"),
    ELSEWHERE(message_callback_that_blocks, "a callback of a message blocks while the job is cancelled"),
    ELSEWHERE(messages_in_pieces, "messages come byte by byte while the connection breaks"),
    ELSEWHERE(suspend_against_messages, "suspended and resumed around messages"),
    ELSEWHERE(stop_and_start_against_messages, "stopped and started again around messages"),
    ELSEWHERE(claim, "a device is provisioned by claim, and does a job"),
    ELSEWHERE(claim_against_power_cuts, "the same, and the power goes at each step"),
    ELSEWHERE(claim_against_cut, "the same, and the connection breaks"),
    ELSEWHERE(claim_against_suspend, "the same, suspended and resumed"),
    ELSEWHERE(claim_against_restart, "the same, and the device restarts itself"),
    ELSEWHERE(claim_against_stop_and_start, "the same, stopped and started again"),
    ELSEWHERE(claim_with_lost_answers, "the same, and the first answers are lost"),
    ELSEWHERE(claim_with_doubled_answers_in_pieces,
              "the same, and each answer comes three times and in pieces"),
    ELSEWHERE(claim_refused_at_first, "the same, and the new certificate is refused at first"),
    ELSEWHERE(rotation, "a device's certificate is changed by a job"),
    ELSEWHERE(rotation_against_power_cuts, "the same, and the power goes at each step"),
    ELSEWHERE(rotation_against_cut, "the same, and the connection breaks"),
    ELSEWHERE(rotation_against_suspend, "the same, suspended and resumed"),
    ELSEWHERE(rotation_against_stop_and_start, "the same, stopped and started again"),
    ELSEWHERE(rotation_against_cancel, "the same, and the job is cancelled"),
    ELSEWHERE(rotation_with_doubled_answers_in_pieces,
              "the same, and each answer comes three times and in pieces"),
    ELSEWHERE(rotation_refused_at_first, "the same, and the new certificate is refused at first"),
};
const unsigned scenarios_count = sizeof(scenarios) / sizeof(scenarios[0]);
