/* SPDX-License-Identifier: MIT */
/* Tasks as coroutines of one thread, under a scheduler that is told whom to run, and virtual time. Every call through a seam comes here
 * first: who runs next is decided there and nowhere else, so a world is a function of its scenario and its schedule.
 *
 * At a point, the tasks that could run stand in the world's order, and the first of them is the one that runs in fair weather. A plan
 * names the points at which another one runs: each such deviation is a preemption, or another choice where a task has stopped. Time passes
 * only when nobody can run. */
#ifndef TESTS_INTERLEAVE_SCHEDULER_H
#define TESTS_INTERLEAVE_SCHEDULER_H

#include "port_sync_types.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COROUTINES_MAX 12
#define POINTS_MAX     60000 /* of one world; more is a finding */
#define DEVIATIONS_MAX 4096

/* Whom a point prefers. */
enum order {
    ORDER_PRIORITY,    /* the highest priority, as FreeRTOS does: a task that is woken preempts at once */
    ORDER_RUN_ON,      /* whoever runs goes on until it waits; then whoever has waited longest */
    ORDER_UPSIDE_DOWN, /* the lowest priority */
    ORDERS,
};

struct deviation {
    uint32_t point;
    uint8_t choice; /* of those that could run there, in the world's order; 0 is fair weather */
};

struct schedule {
    enum order order;
    uint64_t
        random; /* not 0: who runs is drawn (PCT), and the plan is not looked at. What was taken replays as a plan */
    unsigned count;
    struct deviation deviations[DEVIATIONS_MAX]; /* by ascending point */
};

/* What became of the world so far. */
struct outcome {
    const char *finding;   /* NULL: nothing is wrong */
    char text[600];        /* what `finding` points to, for those that name something */
    uint32_t points;       /* decisions: points with more than one task that could run */
    uint8_t *alternatives; /* for each of them how many could run; the caller's, POINTS_MAX of them */
    uint64_t hash;         /* of everything that happened, in order */
    uint64_t switches;
    unsigned taken_count; /* the deviations that were taken, planned or drawn */
    struct deviation taken[DEVIATIONS_MAX];
};

/* Plays `play` as the world's own coroutine, outside of the device, until it returns or something is found. With is_told each step is
 * printed. */
void scheduler_play(const struct schedule *schedule, struct outcome *outcome, void (*play)(void),
                    bool is_told);

/* ---- from inside a world */

/* Something is wrong: the world ends here. printf's arguments. */
__attribute__((format(printf, 1, 2))) _Noreturn void scheduler_find(const char *format, ...);

void scheduler_start(const char *name, unsigned priority, bool is_device, void (*entry)(void *ctx),
                     void *ctx);

/* A call through a seam: others may run first. `what` is static text. */
void scheduler_point(const char *what);

/* Waits until the signal is set, and clears it; false: not within timeout_ms. UINT32_MAX waits for ever. */
bool scheduler_wait(struct port_signal *signal, uint32_t timeout_ms, const char *what);
void scheduler_set(struct port_signal *signal);
void scheduler_wake(struct port_signal *signal); /* the same without a point */
void scheduler_lock(struct port_mutex *mutex);
void scheduler_unlock(struct port_mutex *mutex);
void scheduler_sleep(uint32_t ms);

/* The application's code begins or waits here: a lock that is held is a finding. */
void scheduler_check_no_lock(const char *where);

/* Every coroutine of the device ends where it stands, the caller, too, if it is one: the power is gone. */
void scheduler_end_device(void);

uint64_t scheduler_now_ms(void);
uint32_t scheduler_random(void);
void scheduler_note(const char *what, uint64_t value); /* into the hash, and told */
void scheduler_mix(const void *bytes, size_t len);     /* into the hash alone */
bool scheduler_is_told(void);

#endif
