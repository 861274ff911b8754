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
    port_mutex_unlock(&device_runner.lock);
    port_signal_wait(&device_runner.replied, 0); /* set between the end of the wait and the lock */
    port_signal_set(&device_runner.gate);
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
static size_t fill_details(struct details *details, const struct run_report *from)
{
    size_t refused = 0;
    details_clear(details);
    for (size_t i = 0; i < from->count; i++) {
        refused += details_add(details, from->pairs[i].key, from->pairs[i].value) != ERR_OK;
    }
    return refused;
}

static const char *job_id_of(const struct run_report *report)
{
    return report->job_id ? report->job_id : "";
}

static void clear_report(struct jobs_report *slot, const struct run_report *from)
{
    slot->run_id = from->run_id;
    strcpy(slot->job_id, job_id_of(from));
    slot->message = NULL;
    slot->has_progress = slot->has_details = false;
}

/* What `from` does not say stays as it is. Returns the number of refused pairs. */
static size_t fill_report(struct jobs_report *slot, const struct run_report *from)
{
    slot->status = from->status;
    if (from->message) {
        char *message = device_runner.command.u.report.message;
        strncpy(message, from->message, JOURNAL_MESSAGE_CAP - 1);
        message[JOURNAL_MESSAGE_CAP - 1] = '\0';
        slot->message = message;
    }
    if (from->progress_percent >= 0) {
        slot->has_progress = true;
        slot->progress_percent = (uint8_t)from->progress_percent;
    }
    if (!from->has_details) {
        return 0;
    }
    slot->has_details = true;
    return fill_details(&slot->details, from);
}

/* Is the slot filled with progress of the same run, which the engine task has not taken yet? With `lock` held. */
static bool has_older_progress(const struct run_report *report)
{
    const struct run_command *command = &device_runner.command;
    const struct jobs_report *slot = &command->u.report.report;
    return command->state == RUN_COMMAND_GIVEN && command->type == RUN_COMMAND_REPORT &&
           slot->status == JOBS_STATUS_IN_PROGRESS && slot->run_id == report->run_id &&
           strcmp(slot->job_id, job_id_of(report)) == 0;
}

static enum err report_named(const struct run_report *report, size_t *refused)
{
    struct jobs_report *slot = &device_runner.command.u.report.report;
    const bool is_final = report->status != JOBS_STATUS_IN_PROGRESS;
    port_mutex_lock(&device_runner.lock);
    if (!has_older_progress(report)) {
        port_mutex_unlock(&device_runner.lock);
        if (!take_slot()) {
            return ERR_BUSY;
        }
        clear_report(slot, report);
    }
    *refused = fill_report(slot, report);
    post_slot(RUN_COMMAND_REPORT, is_final);
    return is_final ? await_slot() : ERR_OK;
}

enum err run_report(const struct run_report *report, size_t *refused)
{
    size_t ignored = 0;
    refused = refused ? refused : &ignored;
    *refused = 0;
    bool is_named = report->run_id != 0 || job_id_of(report)[0];
    if (!is_named || report->status >= JOBS_STATUS_COUNT || report->progress_percent > 100 ||
        strlen(job_id_of(report)) >= DEVICE_JOB_ID_CAP) {
        return ERR_ARG;
    }
    return run_is_started() ? report_named(report, refused) : ERR_BUSY;
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

void run_mailbox_serve(uint64_t now_ms)
{
    struct run_command *command = &device_runner.command;
    port_mutex_lock(&device_runner.lock);
    bool is_given = command->state == RUN_COMMAND_GIVEN;
    if (is_given) {
        command->state = RUN_COMMAND_TAKEN;
    }
    port_mutex_unlock(&device_runner.lock);
    if (!is_given) {
        return;
    }
    enum err result = carry_out(command, now_ms);
    port_mutex_lock(&device_runner.lock);
    answer(result);
    port_mutex_unlock(&device_runner.lock);
}

void run_mailbox_fail_all(void)
{
    if (device_runner.command.state == RUN_COMMAND_GIVEN) {
        answer(ERR_BUSY);
    }
}
