/* SPDX-License-Identifier: MIT */
/* How other tasks reach the engine: the newest progress in a slot of its own, and one slot for what they wait for (a final
 * status, a registration). Nothing here can be "full": who finds the slot taken waits for his turn. */
#include "device/port/port_time.h"
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

/* Hands the filled slot to the engine task and waits for its answer. `lock` is held on entry. */
static enum err give_slot(void)
{
    device_runner.command.state = RUN_COMMAND_GIVEN;
    port_mutex_unlock(&device_runner.lock);
    port_signal_set(&device_runner.wake);
    port_signal_wait(&device_runner.replied, RUN_COMMAND_MS);

    port_mutex_lock(&device_runner.lock);
    if (device_runner.command.state == RUN_COMMAND_GIVEN) {
        device_runner.command.state =
            RUN_COMMAND_ABANDONED; /* the engine task frees it; what it holds is still done */
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
    command->type = RUN_COMMAND_REGISTER;
    command->u.registration.action = *action;
    strcpy(command->u.registration.name, action->name);
    command->u.registration.action.name = command->u.registration.name;
    return give_slot();
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

static void name_run(struct jobs_report *to, const struct run_report *from)
{
    to->run_id = from->run_id;
    to->job_id[0] = '\0';
    if (from->job_id) {
        strcpy(to->job_id, from->job_id);
    }
}

/* What the newest report does not say stays as the one before it said, when that has not been taken yet. */
static size_t leave_progress(const struct run_report *report)
{
    struct jobs_report *slot = &device_runner.progress;
    size_t refused = 0;
    bool is_same = device_runner.has_progress && slot->run_id == report->run_id &&
                   strcmp(slot->job_id, report->job_id ? report->job_id : "") == 0;
    if (!is_same) {
        name_run(slot, report);
        slot->has_progress = slot->has_details = false;
    }
    slot->status = JOBS_STATUS_IN_PROGRESS;
    slot->message = NULL;
    if (report->progress_percent >= 0) {
        slot->has_progress = true;
        slot->progress_percent = (uint8_t)report->progress_percent;
    }
    if (report->has_details) {
        slot->has_details = true;
        refused = fill_details(&slot->details, report);
    }
    device_runner.has_progress = true;
    return refused;
}

/* With `lock` held on return, when it returns true. The engine task reads the slot for a moment at a time. */
static bool take_progress(void)
{
    for (uint32_t waited_ms = 0; waited_ms < RUN_COMMAND_MS; waited_ms++) {
        port_mutex_lock(&device_runner.lock);
        if (device_runner.is_started && !device_runner.is_progress_read) {
            return true;
        }
        bool is_started = device_runner.is_started;
        port_mutex_unlock(&device_runner.lock);
        if (!is_started) {
            return false;
        }
        port_time_sleep_ms(1);
    }
    return false;
}

static enum err report_progress(const struct run_report *report, size_t *refused)
{
    if (!take_progress()) {
        return ERR_BUSY;
    }
    *refused = leave_progress(report);
    port_mutex_unlock(&device_runner.lock);
    port_signal_set(&device_runner.wake);
    return ERR_OK;
}

static enum err report_final(const struct run_report *report, size_t *refused)
{
    if (!take_slot()) {
        return ERR_BUSY;
    }
    struct run_command *command = &device_runner.command;
    struct jobs_report *slot = &command->u.final.report;
    command->type = RUN_COMMAND_REPORT;
    name_run(slot, report);
    slot->status = report->status;
    slot->has_progress = report->progress_percent >= 0;
    slot->progress_percent = slot->has_progress ? (uint8_t)report->progress_percent : 0;
    slot->message = NULL;
    if (report->message) {
        strncpy(command->u.final.message, report->message, JOURNAL_MESSAGE_CAP - 1);
        command->u.final.message[JOURNAL_MESSAGE_CAP - 1] = '\0';
        slot->message = command->u.final.message;
    }
    slot->has_details = report->has_details;
    *refused = report->has_details ? fill_details(&slot->details, report) : 0;
    return give_slot();
}

enum err run_report(const struct run_report *report, size_t *refused)
{
    size_t ignored = 0;
    refused = refused ? refused : &ignored;
    *refused = 0;
    bool is_named = report->run_id != 0 || (report->job_id && report->job_id[0]);
    if (!is_named || report->status >= JOBS_STATUS_COUNT || report->progress_percent > 100 ||
        (report->job_id && strlen(report->job_id) >= DEVICE_JOB_ID_CAP)) {
        return ERR_ARG;
    }
    if (!run_is_started()) {
        return ERR_BUSY;
    }
    if (report->status == JOBS_STATUS_IN_PROGRESS) {
        return report_progress(report, refused);
    }
    return report_final(report, refused);
}

/* ---- the engine task's side */

static void serve_progress(uint64_t now_ms)
{
    port_mutex_lock(&device_runner.lock);
    bool has_progress = device_runner.has_progress;
    device_runner.is_progress_read = has_progress;
    port_mutex_unlock(&device_runner.lock);
    if (!has_progress) {
        return;
    }
    jobs_engine_report(&device_runner.engine, &device_runner.progress, now_ms);
    port_mutex_lock(&device_runner.lock);
    device_runner.has_progress = device_runner.is_progress_read = false;
    port_mutex_unlock(&device_runner.lock);
}

static enum err carry_out(struct run_command *command, uint64_t now_ms)
{
    switch (command->type) {
    case RUN_COMMAND_REGISTER:
        return jobs_engine_register(&device_runner.engine, &command->u.registration.action, now_ms);
    case RUN_COMMAND_REPORT:
        return jobs_engine_report(&device_runner.engine, &command->u.final.report, now_ms);
    }
    return ERR_INTERNAL;
}

static bool is_given(void)
{
    return device_runner.command.state == RUN_COMMAND_GIVEN ||
           device_runner.command.state == RUN_COMMAND_ABANDONED;
}

/* With `lock` held. */
static void answer(enum err result)
{
    if (device_runner.command.state == RUN_COMMAND_ABANDONED) {
        device_runner.command.state = RUN_COMMAND_FREE;
        port_signal_set(&device_runner.gate);
        return;
    }
    device_runner.command.result = result;
    device_runner.command.state = RUN_COMMAND_DONE;
    port_signal_set(&device_runner.replied);
}

static void serve_command(uint64_t now_ms)
{
    port_mutex_lock(&device_runner.lock);
    bool has_command = is_given();
    port_mutex_unlock(&device_runner.lock);
    if (!has_command) {
        return;
    }
    enum err result = carry_out(&device_runner.command, now_ms);
    port_mutex_lock(&device_runner.lock);
    answer(result);
    port_mutex_unlock(&device_runner.lock);
}

/* Progress first: who reports progress and then the end wants both seen in that order. */
void run_mailbox_serve(uint64_t now_ms)
{
    serve_progress(now_ms);
    serve_command(now_ms);
}

void run_mailbox_fail_all(void)
{
    if (is_given()) {
        answer(ERR_BUSY);
    }
}
