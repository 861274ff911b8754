/* SPDX-License-Identifier: MIT */
/* The application of a simulated device: handlers that do what they are asked, and handlers that do not. */
#include "sim/world.h"

#include <stdio.h>
#include <string.h>

#define FIRST_STEP_MS  50
#define LATER_MS       30000
#define LONG_MS        (30 * SIM_TIME_MIN)
#define PROGRESS_STEPS 4
#define TOLD_MS        100
#define AFTER_BOOT_MS  3000
#define ASK_AGAIN_MS   20000
#define REPORTS_MAX    40
#define STEP_TOLD      1000 /* the handler was told to end, and does */
#define WORK_MS        180000
#define CALLBACK_MS    40
#define BLOCKED_MS     60000
#define STUCK_MS       600000
#define REFRESH_MS     1000
#define REFRESHES_MAX  15
#define LINGER_MS      60000

const struct jobs_action sim_actions[SIM_ACTIONS] = {
    [SIM_ONCE] = {.name = "once", .max_attempts = 1, .deadline_s = 600},
    [SIM_AGAIN] = {.name = "again",
                   .max_attempts = 3,
                   .deadline_s = 600,
                   .has_cancel = true,
                   .on_interrupted = JOBS_INTERRUPTED_RERUN},
    [SIM_LATER] = {.name = "later",
                   .max_attempts = 1,
                   .deadline_s = 600,
                   .has_cancel = true,
                   .on_interrupted = JOBS_INTERRUPTED_WAIT},
    [SIM_STEPS] = {.name = "steps",
                   .is_member = true,
                   .has_cancel = true,
                   .max_attempts = 2,
                   .deadline_s = 300,
                   .timeout_min = 2,
                   .on_interrupted = JOBS_INTERRUPTED_RERUN},
    [SIM_LONG] = {.name = "long",
                  .has_cancel = true,
                  .max_attempts = 1,
                  .deadline_s = 7200,
                  .on_stuck = JOBS_STUCK_LEAVE},
    [SIM_RESTART] = {.name = "restart",
                     .max_attempts = 1,
                     .deadline_s = 120,
                     .on_interrupted = JOBS_INTERRUPTED_SUCCEED},
    [SIM_ASYNC] = {.name = "async", .max_attempts = 1, .deadline_s = 600},
    [SIM_RESUME] = {.name = "resume",
                    .has_cancel = true,
                    .has_resume = true,
                    .max_attempts = 1,
                    .deadline_s = 600,
                    .on_interrupted = JOBS_INTERRUPTED_WAIT},
};

static void next_step(struct sim_device *d, uint64_t in_ms)
{
    sim_post(d->world, SIM_EVENT_APPLICATION, d->index, in_ms)->epoch = d->boots;
}

static void end(struct sim_device *d, enum jobs_status status)
{
    struct sim_entry *entry = d->running;

    d->running = NULL;
    if (status == JOBS_STATUS_IN_PROGRESS) {
        d->waiting = entry;
    } else {
        entry->has_reported = entry->is_performed = true;
    }
    sim_trace(d->world, "%s: the handler returns %d", d->name, (int)status);
    jobs_engine_handler_returned(&d->engine, d->run_id, status, sim_device_now_ms(d));
    if (status != JOBS_STATUS_IN_PROGRESS && !d->is_dead) {
        sim_ledger_returned(d, entry, status);
    }
    sim_device_settle(d);
}

/* run_id 0: by its job id, as the seed does. */
static enum err report(struct sim_device *d, struct sim_entry *entry, uint32_t run_id,
                       enum jobs_status status, unsigned progress_percent)
{
    struct details details;
    struct jobs_report text = {.run_id = run_id,
                               .job_id = entry->job_id,
                               .status = status,
                               .progress_percent = progress_percent > 0 ? (int)progress_percent : -1,
                               .details = &details};
    bool is_final = status != JOBS_STATUS_IN_PROGRESS && status < JOBS_STATUS_COUNT;

    details_clear(&details);
    details_add(&details, "step", "a \"value\"");
    entry->has_reported = entry->has_reported || is_final;
    entry->is_performed = entry->is_performed || entry == d->running;
    enum err err = jobs_engine_report(&d->engine, &text, sim_device_now_ms(d));
    jobs_engine_answered(&d->engine, sim_device_now_ms(d));
    if (is_final && err != ERR_NOT_FOUND && err != ERR_ARG) {
        d->answered_ms = d->world->now_ms;
    }
    if (is_final && d->waiting && strcmp(d->waiting->job_id, entry->job_id) == 0 &&
        (err == ERR_OK || err == ERR_STORAGE)) {
        d->waiting->has_reported =
            true; /* by its id the report has reached the run in hand, for whichever it was meant */
    }
    if (err == ERR_STORAGE && is_final) {
        entry->has_memory = true;
        entry->in_memory = status;
    }
    sim_trace(d->world, "%s: the application reports %d for %s: %d", d->name, (int)status, entry->job_id,
              err);
    if (err == ERR_OK && is_final && !d->is_dead) {
        sim_ledger_confirmed(d, status);
    }
    if (err == ERR_OK && status == JOBS_STATUS_IN_PROGRESS) {
        entry->renewed_ms = d->world->now_ms;
    }
    sim_device_settle(d);
    return err;
}

void sim_application_started(struct sim_device *d, struct sim_entry *entry, const struct jobs_run *run)
{
    d->running = entry;
    d->waiting = NULL;
    d->run_id = run->run_id;
    d->step = 0;
    d->owed = entry->action == SIM_LATER || entry->action == SIM_RESUME ? entry : NULL;
    d->reports = 0;
    d->is_refreshed = d->is_fresh = false;
    d->behavior =
        d->world->habit ? d->world->habit : sim_happens(d->world, d, SIM_CHOICE_HANDLER, UINT32_MAX);
    next_step(d, FIRST_STEP_MS);
}

void sim_application_resumed(struct sim_device *d, struct sim_entry *entry, const struct jobs_run *run)
{
    d->world->totals->waited++;
    bool is_forgiven = entry->is_forgiven; /* the service has gone back to before its end */
    sim_check(d->world, is_forgiven || entry->boot_of_start != d->boots, "resumed in the boot of its start");
    sim_check(d->world, is_forgiven || entry->boot_of_resume != d->boots, "resumed twice in one boot");
    entry->boot_of_resume = d->boots;
    d->running = entry;
    d->waiting = NULL;
    d->run_id = run->run_id;
    d->step = 0;
    d->owed = entry;
    d->reports = 0;
    d->behavior = SIM_HANDLER_GOOD;
    entry->renewed_ms = d->world->now_ms;
    entry->is_told = false;
    entry->over_ms = 0;
    next_step(d, FIRST_STEP_MS);
}

void sim_application_waits(struct sim_device *d, struct sim_entry *entry, const struct jobs_run *run)
{
    d->world->totals->waited++;
    d->waiting = entry;
    d->run_id = run->run_id;
    entry->renewed_ms = d->world->now_ms;
    entry->is_told = false;
    entry->over_ms = 0;
}

static void post_return(struct sim_device *d, uint32_t run_id, uint64_t in_ms)
{
    struct sim_event *event = sim_post(d->world, SIM_EVENT_CALLBACK, d->index, in_ms);
    event->epoch = d->boots;
    event->value = run_id;
}

/* The cancel callback: what it stops reports no more. */
static void stop_work(struct sim_device *d, uint32_t run_id)
{
    if (d->run_id != run_id || d->behavior == SIM_HANDLER_NEVER_RETURNS ||
        d->behavior == SIM_HANDLER_TOO_LATE) {
        return;
    }
    d->owed = NULL;
    if (d->running) {
        d->step = STEP_TOLD;
        next_step(d, TOLD_MS);
    }
}

/* A device that leaves it alone has to see it return some day. */
static void never_return(struct sim_device *d, uint32_t run_id)
{
    const struct sim_entry *entry = d->running ? d->running : d->waiting;

    if (entry && sim_actions[entry->action].on_stuck == JOBS_STUCK_LEAVE) {
        post_return(d, run_id, 1000u * sim_actions[entry->action].deadline_s + STUCK_MS);
    }
}

void sim_application_told(struct sim_device *d, uint32_t run_id)
{
    switch (sim_happens(d->world, d, SIM_CHOICE_CALLBACK, UINT32_MAX)) {
    case SIM_CALLBACK_NEVER:
        never_return(d, run_id);
        stop_work(d, run_id);
        return;
    case SIM_CALLBACK_BLOCKS:
        stop_work(d, run_id);
        post_return(d, run_id, BLOCKED_MS);
        return;
    case SIM_CALLBACK_REPORTS:
        d->is_reporting_callback = true;
        break;
    default:
        break;
    }
    stop_work(d, run_id);
    post_return(d, run_id, CALLBACK_MS);
}

static void restart(struct sim_device *d)
{
    if (d->is_on) {
        sim_device_power_cut(d);
    }
}

static void break_rules(struct sim_device *d)
{
    struct sim_world *w = d->world;
    struct sim_entry *entry = d->running;
    bool has_reported = entry->has_reported;

    sim_check(w, report(d, entry, d->run_id + 7, JOBS_STATUS_SUCCEEDED, 0) == ERR_NOT_FOUND,
              "a report for a run that does not exist is taken");
    if (d->running) {
        sim_check(w, report(d, entry, d->run_id, JOBS_STATUS_COUNT, 0) == ERR_ARG, "a status that is none");
    }
    if (d->running) {
        sim_check(w, report(d, entry, d->run_id, JOBS_STATUS_IN_PROGRESS, 101) == ERR_ARG, "101 percent");
    }
    entry->has_reported = has_reported;
    if (d->running) {
        end(d, JOBS_STATUS_SUCCEEDED);
    }
}

/* The handler wants its document anew, and goes on when it has it, or has waited long enough. true: it still waits. */
static bool refresh(struct sim_device *d)
{
    uint64_t before = sim_hash(d->document);
    unsigned step = d->step++;

    if (step == 0) {
        enum err err = jobs_engine_refresh(&d->engine, d->run_id, sim_device_now_ms(d));
        sim_trace(d->world, "%s: the handler wants its document anew: %d", d->name, err);
        sim_device_settle(d);
        if (!d->is_on) {
            return true;
        }
        sim_check(d->world, sim_hash(d->document) == before, "a document changes without a message");
    }
    if (!d->is_refreshed && step < REFRESHES_MAX) {
        next_step(d, REFRESH_MS);
        return true;
    }
    if (!d->is_refreshed) {
        jobs_engine_drop_refresh(&d->engine, sim_device_now_ms(d));
    }
    d->behavior = SIM_HANDLER_GOOD;
    d->step = 0;
    return false;
}

/* It has reported, and has more to do before it returns. */
static void linger(struct sim_device *d, uint32_t for_ms)
{
    if (d->step++ > 0) {
        end(d, JOBS_STATUS_IN_PROGRESS);
        return;
    }
    next_step(d, for_ms);
    report(d, d->running, d->run_id, JOBS_STATUS_SUCCEEDED, 0);
}

/* false: it does what its action says. */
static bool misbehave(struct sim_device *d)
{
    struct sim_entry *entry = d->running;

    switch (d->behavior) {
    case SIM_HANDLER_FAILS:
        end(d, JOBS_STATUS_FAILED);
        return true;
    case SIM_HANDLER_REJECTS:
        end(d, JOBS_STATUS_REJECTED);
        return true;
    case SIM_HANDLER_REPORTS_FIRST:
        report(d, entry, d->run_id, JOBS_STATUS_REJECTED, 0);
        if (d->running) {
            end(d, JOBS_STATUS_FAILED);
        }
        return true;
    case SIM_HANDLER_REPORTS_TWICE:
        report(d, entry, d->run_id, JOBS_STATUS_SUCCEEDED, 0);
        if (d->running) {
            report(d, entry, 0, JOBS_STATUS_FAILED, 0);
        }
        if (d->running) {
            end(d, JOBS_STATUS_IN_PROGRESS);
        }
        return true;
    case SIM_HANDLER_NEVER_RETURNS: /* the same */
        if (sim_actions[entry->action].on_stuck == JOBS_STUCK_LEAVE && d->step++ > 0) {
            end(d, JOBS_STATUS_IN_PROGRESS);
        } else if (sim_actions[entry->action].on_stuck == JOBS_STUCK_LEAVE) {
            next_step(d, 1000u * sim_actions[entry->action].deadline_s + STUCK_MS);
        }
        return true;
    case SIM_HANDLER_NEVER_REPORTS:
        d->owed = NULL;
        end(d, JOBS_STATUS_IN_PROGRESS);
        return true;
    case SIM_HANDLER_TOO_LATE:
        if (d->step++ > 0) {
            end(d, JOBS_STATUS_SUCCEEDED);
        } else {
            next_step(d, 1000u * sim_actions[entry->action].deadline_s + 5000);
        }
        return true;
    case SIM_HANDLER_RESTARTS:
        report(d, entry, d->run_id, JOBS_STATUS_FAILED, 0);
        restart(d);
        return true;
    case SIM_HANDLER_BREAKS_RULES:
        break_rules(d);
        return true;
    case SIM_HANDLER_REFRESHES:
        return refresh(d);
    case SIM_HANDLER_LINGERS:
        linger(d, LINGER_MS);
        return true;
    case SIM_HANDLER_LINGERS_LONG:
        linger(d, 1000u * sim_actions[entry->action].deadline_s + 5000);
        return true;
    default:
        return false;
    }
}

static void work(struct sim_device *d)
{
    unsigned step = d->step++;

    switch (d->running->action) {
    case SIM_ASYNC:
        d->working = d->running;
        d->working_run_id = d->run_id;
        sim_post(d->world, SIM_EVENT_WORK, d->index, WORK_MS)->epoch = d->boots;
        end(d, JOBS_STATUS_IN_PROGRESS);
        break;
    case SIM_RESUME:
    case SIM_LATER:
        end(d, JOBS_STATUS_IN_PROGRESS);
        next_step(d, LATER_MS);
        break;
    case SIM_STEPS:
        if (step == PROGRESS_STEPS) {
            end(d, JOBS_STATUS_SUCCEEDED);
            break;
        }
        next_step(d, LATER_MS);
        report(d, d->running, d->run_id, JOBS_STATUS_IN_PROGRESS, 1 + 24 * step);
        break;
    case SIM_LONG:
        if (step > 0) {
            end(d, JOBS_STATUS_SUCCEEDED);
        } else {
            next_step(d, LONG_MS);
        }
        break;
    case SIM_RESTART:
        restart(d);
        break;
    default:
        end(d, JOBS_STATUS_SUCCEEDED);
    }
}

/* Who reports later, also after a boot: then all that it remembers is the job id. */
static void pay(struct sim_device *d)
{
    bool is_of_boot = d->owed->boot_of_start == d->boots;
    enum err err = report(d, d->owed, is_of_boot ? d->run_id : 0, JOBS_STATUS_SUCCEEDED, 0);

    if (!d->is_on) {
        return; /* the power went in the middle of it: nobody was told */
    }
    if (err == ERR_NOT_FOUND && ++d->reports < REPORTS_MAX && d->is_on) {
        next_step(d, ASK_AGAIN_MS);
    } else if (err != ERR_NOT_FOUND) {
        d->owed = NULL;
    }
}

void sim_application_step(struct sim_device *d)
{
    if (!d->running) {
        if (d->owed) {
            pay(d);
        }
    } else if (d->step == STEP_TOLD) {
        end(d, JOBS_STATUS_FAILED);
    } else if (!misbehave(d)) {
        work(d);
    }
}

void sim_application_booted(struct sim_device *d)
{
    if (d->owed) {
        d->owed->renewed_ms = d->world->now_ms;
        next_step(d, AFTER_BOOT_MS);
    }
}

/* By the id alone, as the seed's program does. Whatever the library has said meanwhile, only now the task is done with it. */
void sim_application_work_done(struct sim_device *d)
{
    struct sim_entry *entry = d->working;

    if (!entry) {
        return;
    }
    bool is_late = d->world->now_ms > entry->renewed_ms + 1000u * sim_actions[entry->action].deadline_s;
    d->world->totals->left += entry->over_ms > 0;
    d->working = NULL;
    entry->is_performed = true;
    enum err err = report(d, entry, is_late ? d->working_run_id : 0, JOBS_STATUS_SUCCEEDED, 0);
    if (err == ERR_BUSY) {
        sim_trace(d->world, "%s: it has a final status already", d->name);
    }
}

void sim_application_called_back(struct sim_device *d, uint32_t run_id)
{
    struct sim_entry *entry = d->running ? d->running : d->waiting;

    if (d->is_reporting_callback && entry && d->run_id == run_id) {
        report(d, entry, run_id, JOBS_STATUS_FAILED, 0);
    }
    d->is_reporting_callback = false;
    if (d->is_on) {
        sim_device_called_back(d, run_id);
    }
}
