/* SPDX-License-Identifier: MIT */
/* G1 to G6 as code, from the outside: what an observer of handlers, flash and database writes down and holds against
 * each other. */
#include "sim/world.h"

#include "device/core/jobs/journal.h"
#include "device/core/jobs/reason.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An idle device asks every 15 minutes with an eighth of jitter; an answer may be lost once. */
#define TOLD_WITHIN_MS      (17 * SIM_TIME_MIN + 30000)
#define TOLD_WITHIN_CALM_MS 60000
#define TOLD_WITHIN_DEAF_MS                                                                                  \
    180000 /* without notifications a device asks every minute, with an eighth of jitter */

static struct sim_entry *find(struct sim_device *d, const char *job_id, int64_t number, int64_t queued_at_s)
{
    struct sim_world *w = d->world;
    for (unsigned i = 0; i < w->entry_count; i++) {
        struct sim_entry *e = &w->ledger[i];
        if (!e->is_retired && e->device == d->index && e->number == number && e->queued_at_s == queued_at_s &&
            strcmp(e->job_id, job_id) == 0) {
            return e;
        }
    }
    return NULL;
}

void sim_ledger_retire(struct sim_world *w, const char *job_id)
{
    for (unsigned i = 0; i < w->entry_count; i++) {
        if (strcmp(w->ledger[i].job_id, job_id) == 0) {
            w->ledger[i].is_retired = true;
        }
    }
}

static enum sim_action action_of_document(struct sim_device *d)
{
    static const char head[] = "{\"action\":\"";
    static const char member[] = "{\"steps\":[";
    const char *name = d->document + strlen(head);

    if (strncmp(d->document, member, strlen(member)) == 0) {
        return SIM_STEPS;
    }
    sim_check(d->world, strncmp(d->document, head, strlen(head)) == 0, "a bad document is run");
    for (unsigned i = 0; i < SIM_ACTIONS; i++) {
        size_t len = strlen(sim_actions[i].name);
        if (strncmp(name, sim_actions[i].name, len) == 0 && name[len] == '"') {
            return (enum sim_action)i;
        }
    }
    sim_fail(d->world, "a document that no handler is for is run: %.60s", d->document);
}

struct sim_entry *sim_ledger_entry(struct sim_device *d, const struct jobs_run *run)
{
    struct sim_world *w = d->world;
    struct sim_entry *e = find(d, run->job_id, run->execution_number, run->queued_at_s);

    if (!e) {
        sim_check(w, w->entry_count < SIM_ENTRIES, "too many executions");
        e = &w->ledger[w->entry_count++];
        *e = (struct sim_entry){.device = d->index,
                                .number = run->execution_number,
                                .queued_at_s = run->queued_at_s,
                                .action = action_of_document(d),
                                .is_forgiven = w->service->was_restored};
        snprintf(e->job_id, sizeof e->job_id, "%s", run->job_id);
    }
    return e;
}

/* What stands in the flash. */
static struct journal read_flash(struct sim_device *d, struct jobs_outcome *outcome)
{
    struct journal journal;
    struct details details;

    sim_check(d->world,
              journal_decode((struct slice){d->record, d->record_len}, &journal, outcome, &details) ==
                  JOURNAL_GOOD,
              "the flash does not hold a journal");
    return journal;
}

static void check_record(struct sim_device *d, const struct sim_entry *e, const struct jobs_run *run)
{
    struct sim_world *w = d->world;
    struct jobs_outcome outcome;
    struct journal journal = read_flash(d, &outcome);

    sim_check(w,
              strcmp(journal.started.job_id, e->job_id) == 0 &&
                  journal.started.execution_number == e->number &&
                  journal.started.queued_at_s == e->queued_at_s,
              "G1: the journal does not hold the start");
    sim_check(w, journal.attempt == run->attempt, "G1: the journal holds attempt %u, run is %u",
              journal.attempt, run->attempt);
    sim_check(w, !journal.has_outcome, "G1: started with a final status in the journal");
    sim_check(w, journal_find_finished(&journal, &journal.started) == NULL, "G4: started, and in the ring");
}

static const struct sim_hit *hit_of(struct sim_world *w, unsigned device, const char *job_id, int64_t number,
                                    int64_t queued_at_s)
{
    struct sim_name name = {.device = (uint8_t)device, .number = number, .queued_at_s = queued_at_s};
    snprintf(name.job_id, sizeof name.job_id, "%s", job_id);
    return sim_witness_hit(w, &name);
}

/* G1: each start follows an accepted IN_PROGRESS with the attempt number. */
static void check_claim(struct sim_device *d, const struct sim_entry *e, const struct jobs_run *run)
{
    struct sim_world *w = d->world;
    struct sim_look look = sim_service_look(w, e);

    if (w->service->was_restored || !look.is_there || look.status != EXECUTION_IN_PROGRESS) {
        return; /* the service has moved on, while the answer was on its way */
    }
    const struct sim_hit *hit = hit_of(w, d->index, e->job_id, e->number, e->queued_at_s);
    /* An update that was meant for an earlier one of this name may have met it since. */
    sim_check(w, (hit && hit->is_stray) || look.attempt == run->attempt,
              "G1: the service knows of attempt %u, run is %u", look.attempt, run->attempt);
    /* Not promised when the id was deleted and made again between what was read and the claim. */
    bool is_stray = d->claims[atoi(e->job_id + strlen("job-"))].was_on_its_way;
    if (!w->service->was_set && run->attempt == 1 &&
        !is_stray) { /* what is IN_PROGRESS comes before what is QUEUED */
        sim_check(w, !sim_service_has_earlier(w, e), "G3: another one stood in line before");
    }
}

static bool is_over(struct sim_world *w, const struct sim_entry *e)
{
    struct sim_look look = sim_service_look(w, e);
    return !look.is_there || execution_status_is_terminal(look.status);
}

/* The application's own task works on the run before, with one copy of id and document, and the next handler overwrites them; or
 * it has just reported, and its flag is cleared behind the next handler's back (design: the end of a run). */
static void check_working(struct sim_device *d)
{
    struct sim_world *w = d->world;
    const struct sim_entry *e = d->working;

    sim_check(w, d->answered_ms == 0 || w->now_ms >= d->answered_ms + 20,
              "a handler starts %u ms after a report was answered", (unsigned)(w->now_ms - d->answered_ms));
    if (e) {
        sim_check(w, w->now_ms >= e->renewed_ms + 1000u * sim_actions[e->action].deadline_s,
                  "a handler starts while the application works on %s", e->job_id);
    }
}

void sim_ledger_started(struct sim_device *d, struct sim_entry *e, const struct jobs_run *run)
{
    struct sim_world *w = d->world;
    const struct jobs_action *action = &sim_actions[e->action];
    /* An old update that comes late puts an old attempt into the service; without a journal nobody knows better. */
    const struct sim_hit *hit = hit_of(w, d->index, e->job_id, e->number, e->queued_at_s);
    bool is_blurred = d->has_lost_journal && hit && hit->is_blurred;

    /* Before the new start renews: it may be another one of the execution that the application works on. */
    check_working(d);
    e->starts++;
    e->boot_of_start = d->boots;
    e->renewed_ms = w->now_ms;
    e->is_told = false;
    e->over_ms = is_over(w, e) ? w->now_ms : 0; /* it may have ended while the answer was on its way */
    w->totals->starts++;
    w->totals->resumed += run->attempt > 1;
    sim_check(w, d->running == NULL, "two handlers at once");
    if (!e->is_forgiven && !is_blurred) {
        sim_check(w, e->starts <= action->max_attempts, "G1: start %u of %u", e->starts,
                  action->max_attempts);
        sim_check(w, run->attempt >= e->starts, "G1: attempt %u of start %u", run->attempt, e->starts);
        sim_check(w, !e->has_confirmed || e->is_excused, "G4: started after its final status");
    }
    check_record(d, e, run);
    check_claim(d, e, run);
}

void sim_ledger_confirmed(struct sim_device *d, enum jobs_status status)
{
    struct sim_world *w = d->world;
    struct jobs_outcome outcome = {0};
    struct journal journal = read_flash(d, &outcome);

    sim_check(w, journal.has_outcome && outcome.status == status, "G2: confirmed, and not in the journal");
    struct sim_entry *e =
        find(d, journal.started.job_id, journal.started.execution_number, journal.started.queued_at_s);
    w->totals->confirmed++;
    if (!e) {
        return; /* restored: its ledger entry is of a life that the service has forgotten */
    }
    sim_check(w, !e->has_confirmed || e->is_forgiven || e->is_excused || e->is_taken_back,
              "G2: two final statuses confirmed");
    e->has_confirmed = true;
    e->confirmed = status;
}

void sim_ledger_returned(struct sim_device *d, struct sim_entry *e, enum jobs_status status)
{
    struct jobs_outcome outcome = {0};
    struct journal journal;
    struct details details;

    if (journal_decode((struct slice){d->record, d->record_len}, &journal, &outcome, &details) !=
        JOURNAL_GOOD) {
        return; /* lost before a run of an earlier boot was resumed, and nothing could be put since */
    }
    bool is_of_it = strcmp(journal.started.job_id, e->job_id) == 0 &&
                    journal.started.execution_number == e->number &&
                    journal.started.queued_at_s == e->queued_at_s;

    if (is_of_it && journal.has_outcome && outcome.status == status && !e->has_confirmed) {
        e->has_confirmed = true;
        e->confirmed = status;
    }
}

void sim_ledger_journal_lost(struct sim_device *d)
{
    struct sim_world *w = d->world;

    w->has_lost_journal = d->has_lost_journal = true;
    for (unsigned i = 0; i < w->entry_count; i++) {
        struct sim_entry *e = &w->ledger[i];
        if (e->device == d->index && e->has_confirmed) {
            struct sim_look look = sim_service_look(w, e);
            e->is_excused = e->is_excused || (look.is_there && !execution_status_is_terminal(look.status));
        }
    }
}

/* The device does not know any more that it has confirmed the end of this execution. */
static void take_back(struct sim_device *d, const struct journal *journal)
{
    struct sim_entry *e =
        find(d, journal->started.job_id, journal->started.execution_number, journal->started.queued_at_s);
    if (!e || !e->has_confirmed) {
        return;
    }
    struct sim_look look = sim_service_look(d->world, e);
    e->is_excused = e->is_excused || (look.is_there && !execution_status_is_terminal(look.status));
    e->is_taken_back = e->has_memory = true; /* the service may have had it before */
    e->in_memory = e->confirmed;
}

/* Storage that has said "stored" and was not: only what the last put has confirmed may be gone. That put may have been lost at an earlier
 * boot as a whole; what comes back now is then an execution that was started and, as this record has it, not ended. */
void sim_ledger_journal_stale(struct sim_device *d, struct slice found)
{
    struct jobs_outcome outcome = {0};
    struct details details;
    struct journal lost, kept;
    const struct slice record = {d->record, d->record_len};
    const bool has_lost_end =
        journal_decode(record, &lost, &outcome, &details) == JOURNAL_GOOD && lost.has_outcome;
    const bool is_readable = journal_decode(found, &kept, &outcome, &details) == JOURNAL_GOOD;

    d->world->has_lost_journal = d->has_lost_journal = true;
    if (has_lost_end) {
        bool is_kept =
            is_readable && kept.has_outcome && journal_same_execution(&kept.started, &lost.started);
        if (!is_kept) {
            take_back(d, &lost);
        }
    } else if (is_readable && !kept.has_outcome) {
        take_back(d, &kept);
    }
}

/* A service that forgets is outside of G1 and G2. Of G4 remains what the ring knows. */
void sim_ledger_service_restored(struct sim_world *w)
{
    for (unsigned i = 0; i < w->entry_count; i++) {
        w->ledger[i].is_forgiven = true;
    }
    sim_ledger_service_moved(w);
}

/* ---- G5 */

static struct sim_entry *in_hand(struct sim_device *d)
{
    return d->running ? d->running : d->waiting;
}

void sim_ledger_told(struct sim_device *d, uint32_t run_id)
{
    struct sim_world *w = d->world;
    struct sim_entry *e = in_hand(d) ? in_hand(d) : d->owed;

    if (!e || (in_hand(d) && d->run_id != run_id)) {
        return;
    }
    uint64_t deadline_ms = e->renewed_ms + 1000u * (uint64_t)sim_actions[e->action].deadline_s;
    sim_check(w, w->now_ms >= deadline_ms || e->over_ms > 0 || e->is_forgiven || is_over(w, e),
              "R-22: told to end, and nobody has ended it");
    e->is_told = true;
    w->totals->told++;
}

void sim_ledger_service_moved(struct sim_world *w)
{
    for (unsigned i = 0; i < w->device_count; i++) {
        struct sim_entry *e = in_hand(&w->devices[i]);
        if (e && e->over_ms == 0 && is_over(w, e)) {
            e->over_ms = w->now_ms;
        }
    }
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void sim_ledger_check_told(struct sim_world *w)
{
    bool is_calm = w->chooser.is_calm;

    for (unsigned i = 0; i < w->device_count; i++) {
        struct sim_device *d = &w->devices[i];
        struct sim_entry *e = in_hand(d);
        if (!e || !sim_actions[e->action].has_cancel || d->is_callback_out || e->over_ms == 0 || e->is_told ||
            e->has_reported || !d->is_connected || (w->is_deaf && !is_calm) || e->is_forgiven) {
            continue;
        }
        uint64_t since_ms =
            later(later(e->over_ms, w->last_fault_ms), later(d->connected_ms, d->callback_back_ms));
        since_ms = is_calm ? later(since_ms, w->calm_ms) : since_ms;
        uint64_t within_ms = !is_calm                                             ? TOLD_WITHIN_MS
                             : jobs_subscriptions_hears(&d->engine.subscriptions) ? TOLD_WITHIN_CALM_MS
                                                                                  : TOLD_WITHIN_DEAF_MS;
        sim_check(w, w->now_ms <= since_ms + within_ms, "G5: the handler of %s was not told that it is over",
                  e->job_id);
    }
}

/* ---- the end */

/* An update that was meant for the one before it has met this one (docs/guarantees.md, what is not promised). */
static bool is_overtaken(struct sim_world *w, unsigned device, const char *job_id, int64_t number,
                         int64_t queued_at_s)
{
    const struct sim_hit *hit = hit_of(w, device, job_id, number, queued_at_s);
    return w->service->was_restored || (hit && hit->is_stray);
}

/* G2: what was confirmed is what the operator sees, unless the service had ended or forgotten the execution before. */
static void check_entry(struct sim_world *w, const struct sim_entry *e)
{
    struct sim_look look = sim_service_look(w, e);

    if (!look.is_there || e->is_retired) {
        return; /* deleted */
    }
    sim_check(w, execution_status_is_terminal(look.status), "G3: %s is left", e->job_id);
    w->totals->by_status[look.status]++;
    if (look.status == EXECUTION_CANCELED || look.status == EXECUTION_TIMED_OUT) {
        return;
    }
    const char *const confirmed = e->confirmed == JOBS_STATUS_SUCCEEDED  ? "SUCCEEDED"
                                  : e->confirmed == JOBS_STATUS_REJECTED ? "REJECTED"
                                                                         : "FAILED";
    bool is_same = strcmp(execution_status_text(look.status), confirmed) == 0 ||
                   (e->confirmed == JOBS_STATUS_REJECTED && look.status == EXECUTION_FAILED); /* the ladder */
    bool is_excused =
        e->is_excused || e->is_forgiven || is_overtaken(w, e->device, e->job_id, e->number, e->queued_at_s);
    /* What could not be stored was sent from memory; a power cut, and another report after it (docs/guarantees.md). */
    bool is_from_memory =
        e->has_memory && look.status == (e->in_memory == JOBS_STATUS_SUCCEEDED  ? EXECUTION_SUCCEEDED
                                         : e->in_memory == JOBS_STATUS_REJECTED ? EXECUTION_REJECTED
                                                                                : EXECUTION_FAILED);
    if (e->action == SIM_ASYNC && look.status == EXECUTION_SUCCEEDED && !is_excused) {
        sim_check(w, e->is_performed, "%s is SUCCEEDED, and was not performed", e->job_id);
    }
    sim_check(w, !e->has_confirmed || is_excused || is_same || is_from_memory,
              "G2: %s was confirmed for %s, and is %s", confirmed, e->job_id,
              execution_status_text(look.status));
    if (e->action == SIM_RESTART && look.status == EXECUTION_SUCCEEDED && !e->has_reported) {
        sim_check(w, w->devices[e->device].boots > e->boot_of_start, "R-04: a restart that was none");
    }
}

static void count_reason(struct sim_world *w, const char *reason)
{
#define X(name, message)                                                                                     \
    if (strcmp(reason, #name) == 0)                                                                          \
        w->totals->by_reason[JOBS_REASON_##name]++;
    JOBS_REASON_LIST(X)
#undef X
}

static void count_reasons(struct sim_world *w)
{
    sqlite3_stmt *q = NULL;
    static const char sql[] = "SELECT coalesce(json_extract(details, '$.reason'), '') FROM executions";

    sim_check(w, sqlite3_prepare_v2(w->service->db, sql, -1, &q, NULL) == SQLITE_OK, "no reasons: %s",
              sqlite3_errmsg(w->service->db));
    while (sqlite3_step(q) == SQLITE_ROW) {
        count_reason(w, (const char *)sqlite3_column_text(q, 0));
    }
    sqlite3_finalize(q);
}

/* No success without a run: a final status belongs to the execution that was started, whatever has its name by now. */
static void check_successes(struct sim_world *w)
{
    static const char sql[] = "SELECT thing_name, job_id, number, queued_at_ms / 1000 FROM executions"
                              " WHERE status = 'SUCCEEDED'";
    sqlite3_stmt *q = NULL;

    sim_check(w, sqlite3_prepare_v2(w->service->db, sql, -1, &q, NULL) == SQLITE_OK, "no successes: %s",
              sqlite3_errmsg(w->service->db));
    while (sqlite3_step(q) == SQLITE_ROW) {
        struct sim_device *d = &w->devices[sqlite3_column_text(q, 0)[strlen("lamp")] - '0'];
        const char *job_id = (const char *)sqlite3_column_text(q, 1);
        enum sim_action action = w->jobs[atoi(job_id + strlen("job-"))].action;
        /* A power cut between the put and the start is the restart. Who reports later by job id only, reports for the
         * retry of that id, too. */
        int64_t number = sqlite3_column_int64(q, 2), queued_at_s = sqlite3_column_int64(q, 3);
        if (action == SIM_RESTART || action == SIM_LATER || action == SIM_RESUME ||
            is_overtaken(w, d->index, job_id, number, queued_at_s)) {
            continue;
        }
        sim_check(w, find(d, job_id, number, queued_at_s) != NULL,
                  "G2: %s has succeeded, and was never started", job_id);
    }
    sqlite3_finalize(q);
}

static bool was_fair(const struct sim_world *w)
{
    for (int i = 0; i < SIM_CHOICES; i++) {
        for (int k = 1; k < SIM_OPTIONS_MAX; k++) {
            if (w->chooser.faults[i][k] > 0) {
                return false;
            }
        }
    }
    return w->chooser.is_planned;
}

void sim_ledger_check_end(struct sim_world *w)
{
    for (unsigned i = 0; i < w->entry_count; i++) {
        check_entry(w, &w->ledger[i]);
    }
    for (unsigned i = 0; i < w->device_count; i++) {
        const struct sim_device *d = &w->devices[i];
        sim_check(w, !d->engine.execution.journal.has_outcome, "G2: a final status is left on %s", d->name);
        if (was_fair(w)) {
            sim_check(w, d->saves == 3 * w->entry_count, "G6: %u puts for %u jobs", d->saves, w->entry_count);
        }
    }
    count_reasons(w);
    check_successes(w);
}
