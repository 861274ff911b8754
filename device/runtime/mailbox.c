/* SPDX-License-Identifier: MIT */
/* How other tasks reach the engine: one slot for reports and registrations, filled by one task at a time. A task that finds the slot
 * taken waits until the engine task has carried out what stands there, which takes one turn of the engine task; newer progress of
 * the same run takes the place of older. */
#include "device/runtime/state.h"

#include "device/core/text.h"

#include <string.h>

/* ---- the caller's side */

/* true: the slot is the caller's, and `lock` is held. */
static bool take_slot(uint32_t patience_ms)
{
    if (!port_signal_wait(&device_runtime.gate, patience_ms)) {
        return false;
    }
    port_mutex_lock(&device_runtime.lock);
    if (device_runtime.life.is_started && device_runtime.mailbox.command.state == RUNTIME_COMMAND_FREE) {
        return true;
    }
    port_mutex_unlock(&device_runtime.lock);
    port_signal_set(&device_runtime.gate);
    return false;
}

/* Hands the filled slot to the engine task. `lock` is held on entry. */
static void post_slot(enum runtime_command_type type, bool is_awaited)
{
    device_runtime.mailbox.command.type = type;
    device_runtime.mailbox.command.is_awaited = is_awaited;
    device_runtime.mailbox.command.is_behind_return = device_runtime.worker.has_returned;
    device_runtime.mailbox.command.state = RUNTIME_COMMAND_GIVEN;
    port_mutex_unlock(&device_runtime.lock);
    port_signal_set(&device_runtime.wake);
}

/* Waits for the answer to what was posted so. */
static enum err await_slot(void)
{
    port_signal_wait(&device_runtime.replied, RUNTIME_COMMAND_MS);

    port_mutex_lock(&device_runtime.lock);
    if (device_runtime.mailbox.command.state != RUNTIME_COMMAND_DONE) {
        device_runtime.mailbox.command.is_awaited =
            false; /* it is still carried out, and the engine task frees it */
        port_mutex_unlock(&device_runtime.lock);
        return ERR_TIMEOUT;
    }
    enum err result = device_runtime.mailbox.command.result;
    device_runtime.mailbox.command.state = RUNTIME_COMMAND_FREE;
    device_runtime.mailbox.is_report_answered |=
        device_runtime.mailbox.command.type == RUNTIME_COMMAND_REPORT;
    port_mutex_unlock(&device_runtime.lock);
    port_signal_wait(&device_runtime.replied, 0); /* set between the end of the wait and the lock */
    port_signal_set(&device_runtime.gate);
    port_signal_set(&device_runtime.wake);
    return result;
}

enum err runtime_register(const struct jobs_action *action)
{
    if (!atomic_load(&device_runtime.are_objects_made)) {
        return ERR_BUSY;
    }
    if (!action->name || strlen(action->name) >= DEVICE_ACTION_CAP) {
        return ERR_ARG;
    }
    port_mutex_lock(&device_runtime.lock);
    if (!device_runtime.life.is_started) { /* no engine task yet: the engine is ours */
        enum err err = device_runtime.life.is_ready
                           ? jobs_engine_register(&device_runtime.own.engine, action, runtime_now_ms())
                           : ERR_BUSY;
        port_mutex_unlock(&device_runtime.lock);
        return err;
    }
    port_mutex_unlock(&device_runtime.lock);
    if (!take_slot(RUNTIME_COMMAND_MS)) {
        return ERR_BUSY;
    }
    struct runtime_command *command = &device_runtime.mailbox.command;
    command->u.registration.action = *action;
    strcpy(command->u.registration.name, action->name);
    command->u.registration.action.name = command->u.registration.name;
    post_slot(RUNTIME_COMMAND_REGISTER, true);
    return await_slot();
}

/* The pairs that keep the rules; how many did not. */
static size_t fill_details(struct details *details, const struct runtime_pair pairs[], size_t count)
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
    struct runtime_command *command = &device_runtime.mailbox.command;
    strcpy(command->u.report.job_id, job_id_of(from));
    command->u.report.report = (struct jobs_report){
        .run_id = from->run_id,
        .job_id = from->job_id ? command->u.report.job_id : NULL,
        .progress_percent = -1,
    };
}

/* What `from` does not say stays as it is. Returns the number of refused pairs. */
static size_t fill_report(const struct jobs_report *from, const struct runtime_pair pairs[], size_t count)
{
    struct runtime_command *command = &device_runtime.mailbox.command;
    struct jobs_report *slot = &command->u.report.report;
    slot->status = from->status;
    if (from->message) {
        char *message = command->u.report.message;
        message[0] = '\0';
        text_append(message, JOURNAL_MESSAGE_CAP, from->message); /* cut between characters */
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
    const struct runtime_command *command = &device_runtime.mailbox.command;
    const struct jobs_report *slot = &command->u.report.report;
    return command->state == RUNTIME_COMMAND_GIVEN && command->type == RUNTIME_COMMAND_REPORT &&
           !command->is_awaited && slot->status == JOBS_STATUS_IN_PROGRESS &&
           slot->run_id == report->run_id && strcmp(job_id_of(slot), job_id_of(report)) == 0;
}

/* A final status that was turned away here would be lost: it waits for its turn as long as the engine task lives. */
static uint32_t patience_of(const struct jobs_report *report)
{
    return report->status == JOBS_STATUS_IN_PROGRESS ? RUNTIME_COMMAND_MS : UINT32_MAX;
}

static enum err report_named(const struct jobs_report *report, const struct runtime_pair pairs[],
                             size_t count, size_t *refused)
{
    const bool is_awaited = report->status != JOBS_STATUS_IN_PROGRESS || report->run_id != 0;
    port_mutex_lock(&device_runtime.lock);
    if (!has_older_progress(report)) {
        port_mutex_unlock(&device_runtime.lock);
        if (!take_slot(patience_of(report))) {
            return ERR_BUSY;
        }
        clear_report(report);
    }
    *refused = fill_report(report, pairs, count);
    post_slot(RUNTIME_COMMAND_REPORT, is_awaited);
    return is_awaited ? await_slot() : ERR_OK;
}

enum err runtime_report(const struct jobs_report *report, const struct runtime_pair pairs[], size_t count,
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
    return runtime_is_started() ? report_named(report, pairs, count, refused) : ERR_BUSY;
}

/* ---- the engine task's side */

static enum err carry_out(struct runtime_command *command, uint64_t now_ms)
{
    if (command->type == RUNTIME_COMMAND_REGISTER) {
        return jobs_engine_register(&device_runtime.own.engine, &command->u.registration.action, now_ms);
    }
    return jobs_engine_report(&device_runtime.own.engine, &command->u.report.report, now_ms);
}

/* With `lock` held. */
static void answer(enum err result)
{
    struct runtime_command *command = &device_runtime.mailbox.command;
    command->result = result;
    command->state = command->is_awaited ? RUNTIME_COMMAND_DONE : RUNTIME_COMMAND_FREE;
    port_signal_set(command->is_awaited ? &device_runtime.replied : &device_runtime.gate);
}

/* true: there is a command, and it is the engine task's. */
static bool take_command(bool *is_report_answered)
{
    struct runtime_command *command = &device_runtime.mailbox.command;
    port_mutex_lock(&device_runtime.lock);
    bool is_given = command->state == RUNTIME_COMMAND_GIVEN;
    if (is_given) {
        command->state = RUNTIME_COMMAND_TAKEN;
    }
    *is_report_answered = device_runtime.mailbox.is_report_answered;
    device_runtime.mailbox.is_report_answered = false;
    port_mutex_unlock(&device_runtime.lock);
    return is_given;
}

/* Who waits for his answer says himself when he has it (await_slot). */
static void answer_command(enum err result, uint64_t now_ms)
{
    struct runtime_command *command = &device_runtime.mailbox.command;
    port_mutex_lock(&device_runtime.lock);
    bool is_unheard = command->type == RUNTIME_COMMAND_REPORT && !command->is_awaited;
    answer(result);
    port_mutex_unlock(&device_runtime.lock);
    if (is_unheard) {
        jobs_engine_answered(&device_runtime.own.engine, now_ms);
    }
}

/* A report that was given after the handler's return must not pass for one from inside the handler. */
void runtime_mailbox_serve(uint64_t now_ms)
{
    struct runtime_command *command = &device_runtime.mailbox.command;
    bool is_report_answered;
    bool is_given = take_command(&is_report_answered);
    if (is_report_answered) {
        jobs_engine_answered(&device_runtime.own.engine, now_ms);
    }
    if (!is_given) {
        return;
    }
    if (command->is_behind_return) {
        runtime_worker_serve_return(now_ms);
    }
    answer_command(carry_out(command, now_ms), now_ms);
}

/* Who waits there learns that the engine task has ended, and passes it on. */
void runtime_mailbox_let_go(void)
{
    port_signal_set(&device_runtime.gate);
}
