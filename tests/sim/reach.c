/* SPDX-License-Identifier: MIT */
/* What the worlds of a campaign have met, and what they must meet: each fault, each reason, each step of the engine's table, and
 * each fault in each state. A simulator that never comes to a place proves nothing about it, and nothing else would tell. */
#include "sim/world.h"

#include "device/core/jobs/reason.h"

#include <stdio.h>
#include <string.h>

static const char *const states[JOBS_STATE_COUNT] = {
    [JOBS_IDLE] = "IDLE",
    [JOBS_CLAIMING] = "CLAIMING",
    [JOBS_RUNNING] = "RUNNING",
    [JOBS_WAITING] = "WAITING",
    [JOBS_REPORTED] = "REPORTED",
    [JOBS_FINAL] = "FINAL",
    [JOBS_LEAVING_RUNNING] = "LEAVING_RUNNING",
    [JOBS_LEAVING_WAITING] = "LEAVING_WAITING",
    [JOBS_RETURNING] = "RETURNING",
};

static const char *const events[JOBS_EVENT_COUNT] = {
    [JOBS_EVENT_CLAIM] = "CLAIM",
    [JOBS_EVENT_START] = "START",
    [JOBS_EVENT_WAIT] = "WAIT",
    [JOBS_EVENT_UNCLAIM] = "UNCLAIM",
    [JOBS_EVENT_OUTCOME] = "OUTCOME",
    [JOBS_EVENT_REPORT] = "REPORT",
    [JOBS_EVENT_RETURN_DONE] = "RETURN_DONE",
    [JOBS_EVENT_RETURN_LATER] = "RETURN_LATER",
    [JOBS_EVENT_SETTLE] = "SETTLE",
    [JOBS_EVENT_GONE] = "GONE",
    [JOBS_EVENT_DONE] = "DONE",
};

#define ON(event) (1u << JOBS_EVENT_##event)

/* The events that come in a state, written a second time (device/core/jobs/states.c): a row that is missing here is met, one too
 * many is not. */
static const uint16_t steps[JOBS_STATE_COUNT] = {
    [JOBS_IDLE] = ON(CLAIM) | ON(START) | ON(WAIT) | ON(OUTCOME) | ON(REPORT),
    [JOBS_CLAIMING] = ON(START) | ON(UNCLAIM) | ON(OUTCOME),
    [JOBS_RUNNING] = ON(OUTCOME) | ON(REPORT) | ON(RETURN_DONE) | ON(RETURN_LATER) | ON(GONE),
    [JOBS_WAITING] = ON(OUTCOME) | ON(REPORT) | ON(GONE),
    [JOBS_REPORTED] = ON(RETURN_DONE) | ON(SETTLE) | ON(GONE),
    [JOBS_FINAL] = ON(SETTLE) | ON(GONE),
    [JOBS_LEAVING_RUNNING] = ON(REPORT) | ON(RETURN_DONE) | ON(RETURN_LATER) | ON(DONE),
    [JOBS_LEAVING_WAITING] = ON(REPORT) | ON(DONE),
    [JOBS_RETURNING] = ON(RETURN_DONE),
};

static const char *const reasons[] = {"",
#define X(name, message) #name,
                                      JOBS_REASON_LIST(X)
#undef X
};

/* ---- counting */

/* The engine calls this in the place of jobs_states_step (the linker's --wrap), so that each step is seen. */
enum jobs_follow __real_jobs_states_step(struct jobs_execution *x, enum jobs_event event); /* NOLINT */
enum jobs_follow __wrap_jobs_states_step(struct jobs_execution *x, enum jobs_event event); /* NOLINT */

enum jobs_follow __wrap_jobs_states_step(struct jobs_execution *x, enum jobs_event event) /* NOLINT */
{
    const struct sim_device *d = x->context->io.ctx;

    d->world->totals->steps[x->state][event]++;
    return __real_jobs_states_step(x, event);
}

static void meet(struct sim_world *w, const struct sim_device *d, enum sim_choice choice, unsigned option)
{
    if (d->is_on) {
        w->totals->pairs[choice][option][d->engine.execution.state]++;
    }
}

bool sim_is_of_device(enum sim_choice choice, unsigned option)
{
    return choice != SIM_CHOICE_STEP || option == SIM_STEP_POWER_CUT || option == SIM_STEP_CUT ||
           option == SIM_STEP_RESYNC;
}

void sim_reach_fault(struct sim_world *w, const struct sim_device *d, enum sim_choice choice, unsigned option)
{
    if (sim_is_of_device(choice, option)) {
        meet(w, d, choice, option);
        return;
    }
    for (unsigned i = 0; i < w->device_count; i++) {
        meet(w, &w->devices[i], choice, option);
    }
}

/* ---- what cannot meet */

#define IN(name) JOBS_SET(JOBS_##name)

/* States in which a fault cannot come, each with its reason. Whoever adds a line says why; a line that turns out wrong fails the
 * campaign, too. */
static const struct unmet {
    enum sim_choice choice;
    uint16_t states;
    bool may_be; /* it can come, but too many faults must come together for a campaign to rely on it */
    const char *why;
} never[] = {
    {SIM_CHOICE_CONNECT, IN(CLAIMING), false,
     "the end of a connection ends the claim, and the next one begins with the question what became of it"},
    {SIM_CHOICE_PUT, IN(LEAVING_RUNNING) | IN(LEAVING_WAITING) | IN(RETURNING), false,
     "the journal has forgotten the execution before, and no other one begins"},
    {SIM_CHOICE_PUBLISH, IN(LEAVING_RUNNING) | IN(LEAVING_WAITING) | IN(RETURNING), false,
     "nothing goes to the service about an execution that it has ended or settled, and nothing else is asked "
     "before the application "
     "is done"},
    {SIM_CHOICE_START, (uint16_t)~IN(RUNNING), false, "a handler is called in RUNNING"},
    {SIM_CHOICE_HANDLER, (uint16_t)~IN(RUNNING), false, "what a handler will do is drawn when it is called"},
    {SIM_CHOICE_CALLBACK, IN(CLAIMING), false, "nothing is claimed while a callback is still to be called"},
    {SIM_CHOICE_CALLBACK, IN(IDLE) | IN(FINAL) | IN(RETURNING), true,
     "it needs a callback of the run before that is stuck and left alone, the next run's deadline meanwhile, "
     "and then its return"},
};

static const struct unmet *unmet(enum sim_choice choice, unsigned state)
{
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        if (never[i].choice == choice && (never[i].states >> state & 1)) {
            return &never[i];
        }
    }
    return NULL;
}

/* ---- checking */

/* met, and must be; or neither. */
static bool is_right(uint64_t met, bool must_be, const char *what, const char *in, const char *why)
{
    if ((met > 0) == must_be) {
        return true;
    }
    printf("FAILED %s: %s%s%s%s%s\n", must_be ? "never met" : "met, and listed as impossible", what,
           in ? " in " : "", in ? in : "", why ? ": " : "", why ? why : "");
    return false;
}

static bool check_steps(const struct sim_totals *t)
{
    bool is_good = true;
    for (unsigned state = 0; state < JOBS_STATE_COUNT; state++) {
        for (unsigned event = 0; event < JOBS_EVENT_COUNT; event++) {
            bool must_be = (steps[state] >> event & 1) != 0;
            is_good =
                is_right(t->steps[state][event], must_be, events[event], states[state], NULL) && is_good;
        }
    }
    return is_good;
}

static bool check_pairs(const struct sim_totals *t, enum sim_choice choice, unsigned option)
{
    bool is_good = true;
    for (unsigned state = 0; state < JOBS_STATE_COUNT; state++) {
        char what[96];
        const struct unmet *u = unmet(choice, state);
        snprintf(what, sizeof what, "%s: %s", sim_choice_text(choice), sim_option_text(choice, option));
        is_good = ((u && u->may_be) ||
                   is_right(t->pairs[choice][option][state], !u, what, states[state], u ? u->why : NULL)) &&
                  is_good;
    }
    return is_good;
}

bool sim_reach_check(const struct sim_totals *t, bool has_pairs)
{
    bool is_good = check_steps(t);

    for (int reason = 1; reason < JOBS_REASON_COUNT; reason++) {
        is_good = is_right(t->by_reason[reason], true, "reason", reasons[reason], NULL) && is_good;
    }
    for (int i = 0; i < SIM_CHOICES; i++) {
        enum sim_choice choice = (enum sim_choice)i;
        for (unsigned k = 1; k < sim_option_count(choice); k++) {
            is_good =
                is_right(t->faults[i][k], true, sim_choice_text(choice), sim_option_text(choice, k), NULL) &&
                is_good;
            is_good = (!has_pairs || check_pairs(t, choice, k)) && is_good;
        }
    }
    if (is_good) {
        printf("ok     every fault, every reason, every step of the engine's table%s was met\n",
               has_pairs ? ", every fault in every state" : "");
    }
    return is_good;
}

/* ---- telling */

static void tell_faults(const struct sim_totals *t)
{
    printf("\nfaults injected:\n");
    for (int i = 0; i < SIM_CHOICES; i++) {
        for (unsigned k = 1; k < sim_option_count((enum sim_choice)i); k++) {
            printf("  %-13s %-36s %9llu\n", sim_choice_text((enum sim_choice)i),
                   sim_option_text((enum sim_choice)i, k), (unsigned long long)t->faults[i][k]);
        }
    }
}

static void tell_paths(const struct sim_totals *t)
{
    printf("\npaths taken:\n");
    printf("  %-50s %9llu\n", "boots", (unsigned long long)t->boots);
    printf("  %-50s %9llu\n", "jobs created", (unsigned long long)t->jobs);
    printf("  %-50s %9llu\n", "requests", (unsigned long long)t->requests);
    printf("  %-50s %9llu\n", "notifications", (unsigned long long)t->notices);
    printf("  %-50s %9llu\n", "puts", (unsigned long long)t->saves);
    printf("  %-50s %9llu\n", "executions started", (unsigned long long)t->executions);
    printf("  %-50s %9llu\n", "handlers started", (unsigned long long)t->starts);
    printf("  %-50s %9llu\n", "of them with a further attempt", (unsigned long long)t->resumed);
    printf("  %-50s %9llu\n", "handlers told to end", (unsigned long long)t->told);
    printf("  %-50s %9llu\n", "updates that met another execution of their name",
           (unsigned long long)t->strays);
    printf("  %-50s %9llu\n", "final statuses confirmed to the application",
           (unsigned long long)t->confirmed);
    for (int i = 0; i < EXECUTION_STATUS_COUNT; i++) {
        if (t->by_status[i] > 0) {
            printf("  started, and ended %-31s %9llu\n", execution_status_text((enum execution_status)i),
                   (unsigned long long)t->by_status[i]);
        }
    }
    for (int i = 1; i < JOBS_REASON_COUNT; i++) {
        printf("  reason %-43s %9llu\n", reasons[i], (unsigned long long)t->by_reason[i]);
    }
}

void sim_reach_tell(const struct sim_totals *t)
{
    tell_faults(t);
    tell_paths(t);
}

/* ---- the table */

/* 3 digits at most: two runs of about the same length give about the same table. */
static void print_count(uint64_t n)
{
    if (n < 1000) {
        printf(" %llu |", (unsigned long long)n);
    } else if (n < 1000000) {
        printf(" %lluk |", (unsigned long long)(n / 1000));
    } else {
        printf(" %lluM |", (unsigned long long)(n / 1000000));
    }
}

static void print_row(const struct sim_totals *t, enum sim_choice choice, unsigned option)
{
    printf("| %s: %s |", sim_choice_text(choice), sim_option_text(choice, option));
    for (unsigned state = 0; state < JOBS_STATE_COUNT; state++) {
        const struct unmet *u = unmet(choice, state);
        if (u && !u->may_be) {
            printf(" - |");
        } else {
            print_count(t->pairs[choice][option][state]);
        }
    }
    printf("\n");
}

static void print_unmet(const struct unmet *u)
{
    const char *before = " ";

    printf("* %s in", sim_choice_text(u->choice));
    for (unsigned state = 0; state < JOBS_STATE_COUNT; state++) {
        if (u->states >> state & 1) {
            printf("%s%s", before, states[state]);
            before = ", ";
        }
    }
    printf("%s: %s.\n", u->may_be ? " (may be met, need not)" : "", u->why);
}

void sim_reach_matrix(const struct sim_totals *t)
{
    printf("\n%llu worlds. Where a dash stands, the two cannot meet:\n\n| fault |",
           (unsigned long long)t->worlds);
    for (unsigned state = 0; state < JOBS_STATE_COUNT; state++) {
        printf(" %s |", states[state]);
    }
    printf("\n|---|");
    for (unsigned state = 0; state < JOBS_STATE_COUNT; state++) {
        printf("--:|");
    }
    printf("\n");
    for (int i = 0; i < SIM_CHOICES; i++) {
        for (unsigned k = 1; k < sim_option_count((enum sim_choice)i); k++) {
            print_row(t, (enum sim_choice)i, k);
        }
    }
    printf("\nWhy they do not meet:\n\n");
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        print_unmet(&never[i]);
    }
}
