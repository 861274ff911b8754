/* SPDX-License-Identifier: MIT */
/* How other tasks reach the engine: one slot for reports and registrations, filled by one task at a time. Nothing here can be
 * "full": who finds the slot taken waits for his turn, and what comes after progress of the same run takes its place. */
#include "device/run/run_state.h"

#include <string.h>

/* ---- the caller's side */

/* true: the slot is the caller's, and `lock` is held. */
static bool take_slot(void)
{
    if (!port_signal_wait(&device_runner.gate, RUN_COMMAND_MS)) {
        return false;
    }
    port_mutex_lock(&device_runner.lock);
    if (device_runner.is_started && device_runner.command.state == RUN_COMMAND_FREE) {
        return true;
    }
    port_mutex_unlock(&device_runner.lock);
    port_signal_set(&device_runner.gate);
    return false;
}

/* Hands the filled slot to the engine task. `lock` is held on entry. */
static void post_slot(enum run_command_type type, bool is_awaited)
{
    device_runner.command.type = type;
    device_runner.command.is_awaited = is_awaited;
    device_runner.command.is_behind_return = device_runner.has_returned;
    device_runner.command.state = RUN_COMMAND_GIVEN;
    port_mutex_unlock(&device_runner.lock);
    port_signal_set(&device_runner.wake);
}

/* Waits for the answer to what was posted so. */
static enum err await_slot(void)
{
    port_signal_wait(&device_runner.replied, RUN_COMMAND_MS);

    port_mutex_lock(&device_runner.lock);
    if (device_runner.command.state != RUN_COMMAND_DONE) {
        device_runner.command.is_awaited = false; /* it is still carried out, and the engine task frees it */
        port_mutex_unlock(&device_runner.lock);
        return ERR_TIMEOUT;
    }
    enum err result = device_runner.command.result;
    device_runner.command.state = RUN_COMMAND_FREE;
    device_runner.is_report_answered |= device_runner.command.type == RUN_COMMAND_REPORT;
    port_mutex_unlock(&device_runner.lock);
    port_signal_wait(&device_runner.replied, 0); /* set between the end of the wait and the lock */
    port_signal_set(&device_runner.gate);
    port_signal_set(&device_runner.wake);
    return result;
}

enum err run_register(const struct jobs_action *action)
{
    if (!atomic_load(&device_runner.are_objects_made)) {
        return ERR_BUSY;
    }
    if (!action->name || strlen(action->name) >= DEVICE_ACTION_CAP) {
        return ERR_ARG;
    }
    port_mutex_lock(&device_runner.lock);
    if (!device_runner.is_started) { /* no engine task yet: the engine is ours */
        enum err err = device_runner.is_ready
                           ? jobs_engine_register(&device_runner.engine, action, run_now_ms())
                           : ERR_BUSY;
        port_mutex_unlock(&device_runner.lock);
        return err;
    }
    port_mutex_unlock(&device_runner.lock);
    if (!take_slot()) {
        return ERR_BUSY;
    }
    struct run_command *command = &device_runner.command;
    command->u.registration.action = *action;
    strcpy(command->u.registration.name, action->name);
    command->u.registration.action.name = command->u.registration.name;
    post_slot(RUN_COMMAND_REGISTER, true);
    return await_slot();
}

/* The pairs that keep the rules; how many did not. */
static size_t fill_details(struct details *details, const struct run_pair pairs[], size_t count)
{
    size_t refused = 0;
    details_clear(details);
    for (size_t i = 0; i < count; i++) {
        refused += details_add(details, pairs[i].key, pairs[i].value) != ERR_OK;
    }
    return refused;
}

static const char *job_id_of(const struct jobs_report *report)
{
    return report->job_id ? report->job_id : "";
}

static void clear_report(const struct jobs_report *from)
{
    struct run_command *command = &device_runner.command;
    strcpy(command->u.report.job_id, job_id_of(from));
    command->u.report.report = (struct jobs_report){
        .run_id = from->run_id,
        .job_id = from->job_id ? command->u.report.job_id : NULL,
        .progress_percent = -1,
    };
}

/* What `from` does not say stays as it is. Returns the number of refused pairs. */
static size_t fill_report(const struct jobs_report *from, const struct run_pair pairs[], size_t count)
{
    struct run_command *command = &device_runner.command;
    struct jobs_report *slot = &command->u.report.report;
    slot->status = from->status;
    if (from->message) {
        char *message = command->u.report.message;
        strncpy(message, from->message, JOURNAL_MESSAGE_CAP - 1);
        message[JOURNAL_MESSAGE_CAP - 1] = '\0';
        slot->message = message;
    }
    if (from->progress_percent >= 0) {
        slot->progress_percent = from->progress_percent;
    }
    if (!pairs) {
        return 0;
    }
    slot->details = &command->u.report.details;
    return fill_details(&command->u.report.details, pairs, count);
}

/* Is the slot filled with progress of the same run, which the engine task has not taken yet, and for which nobody waits? With `lock`
 * held. */
static bool has_older_progress(const struct jobs_report *report)
{
    const struct run_command *command = &device_runner.command;
    const struct jobs_report *slot = &command->u.report.report;
    return command->state == RUN_COMMAND_GIVEN && command->type == RUN_COMMAND_REPORT &&
           !command->is_awaited && slot->status == JOBS_STATUS_IN_PROGRESS &&
           slot->run_id == report->run_id && strcmp(job_id_of(slot), job_id_of(report)) == 0;
}

static enum err report_named(const struct jobs_report *report, const struct run_pair pairs[], size_t count,
                             size_t *refused)
{
    const bool is_awaited = report->status != JOBS_STATUS_IN_PROGRESS || report->run_id != 0;
    port_mutex_lock(&device_runner.lock);
    if (!has_older_progress(report)) {
        port_mutex_unlock(&device_runner.lock);
        if (!take_slot()) {
            return ERR_BUSY;
        }
        clear_report(report);
    }
    *refused = fill_report(report, pairs, count);
    post_slot(RUN_COMMAND_REPORT, is_awaited);
    return is_awaited ? await_slot() : ERR_OK;
}

enum err run_report(const struct jobs_report *report, const struct run_pair pairs[], size_t count,
                    size_t *refused)
{
    size_t ignored = 0;
    refused = refused ? refused : &ignored;
    *refused = 0;
    bool is_named = report->run_id != 0 || job_id_of(report)[0];
    if (!is_named || report->status >= JOBS_STATUS_COUNT || report->progress_percent > 100 ||
        strlen(job_id_of(report)) >= DEVICE_JOB_ID_CAP) {
        return ERR_ARG;
    }
    return run_is_started() ? report_named(report, pairs, count, refused) : ERR_BUSY;
}

/* ---- the engine task's side */

static enum err carry_out(struct run_command *command, uint64_t now_ms)
{
    if (command->type == RUN_COMMAND_REGISTER) {
        return jobs_engine_register(&device_runner.engine, &command->u.registration.action, now_ms);
    }
    return jobs_engine_report(&device_runner.engine, &command->u.report.report, now_ms);
}

/* With `lock` held. */
static void answer(enum err result)
{
    struct run_command *command = &device_runner.command;
    command->result = result;
    command->state = command->is_awaited ? RUN_COMMAND_DONE : RUN_COMMAND_FREE;
    port_signal_set(command->is_awaited ? &device_runner.replied : &device_runner.gate);
}

/* true: there is a command, and it is the engine task's. */
static bool take_command(bool *is_report_answered)
{
    struct run_command *command = &device_runner.command;
    port_mutex_lock(&device_runner.lock);
    bool is_given = command->state == RUN_COMMAND_GIVEN;
    if (is_given) {
        command->state = RUN_COMMAND_TAKEN;
    }
    *is_report_answered = device_runner.is_report_answered;
    device_runner.is_report_answered = false;
    port_mutex_unlock(&device_runner.lock);
    return is_given;
}

/* Who waits for his answer says himself when he has it (await_slot). */
static void answer_command(enum err result, uint64_t now_ms)
{
    struct run_command *command = &device_runner.command;
    port_mutex_lock(&device_runner.lock);
    bool is_unheard = command->type == RUN_COMMAND_REPORT && !command->is_awaited;
    answer(result);
    port_mutex_unlock(&device_runner.lock);
    if (is_unheard) {
        jobs_engine_answered(&device_runner.engine, now_ms);
    }
}

/* A report that was given after the handler's return must not pass for one from inside the handler. */
void run_mailbox_serve(uint64_t now_ms)
{
    struct run_command *command = &device_runner.command;
    bool is_report_answered;
    bool is_given = take_command(&is_report_answered);
    if (is_report_answered) {
        jobs_engine_answered(&device_runner.engine, now_ms);
    }
    if (!is_given) {
        return;
    }
    if (command->is_behind_return) {
        run_worker_serve_return(now_ms);
    }
    answer_command(carry_out(command, now_ms), now_ms);
}

void run_mailbox_fail_all(void)
{
    if (device_runner.command.state == RUN_COMMAND_GIVEN) {
        answer(ERR_BUSY);
    }
}
