/* SPDX-License-Identifier: MIT */
#include "interleave/explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX     3
#define KIND_CAP      60
#define SHRINK_WORLDS 200000

static const char *const order_names[ORDERS] = {"priority", "run-on", "upside-down"};

static struct outcome outcome; /* of the world that was played last */
static uint8_t alternatives[DEPTH_MAX + 1][POINTS_MAX];

/* true: nothing was found. What could have run at each point stands in alternatives[level] then. */
static bool play(const struct scenario *scenario, const struct schedule *schedule, unsigned level,
                 bool is_told)
{
    outcome.alternatives = alternatives[level];
    scheduler_play(schedule, &outcome, scenario->play, is_told);
    return outcome.finding == NULL;
}

static void count(struct tally *tally)
{
    tally->worlds++;
    tally->points += outcome.points;
    tally->switches += outcome.switches;
    tally->hash = (tally->hash ^ outcome.hash) * 1099511628211u;
}

/* ---- failures */

static void print_plan(const struct schedule *schedule)
{
    printf("%s", order_names[schedule->order]);
    for (unsigned i = 0; i < schedule->count; i++) {
        printf("%c%u:%u", i ? ',' : ':', schedule->deviations[i].point, schedule->deviations[i].choice);
    }
}

/* Leaves out one deviation at a time, the last ones first, as long as the world still fails. */
static void shrink(const struct scenario *scenario, struct schedule *schedule)
{
    static struct schedule shorter;
    for (unsigned step = schedule->count; step > 0; step /= 2) {
        for (unsigned at = schedule->count; at-- > 0;) {
            if (at + step > schedule->count) {
                continue;
            }
            shorter = *schedule;
            memmove(&shorter.deviations[at], &shorter.deviations[at + step],
                    (shorter.count - at - step) * sizeof(shorter.deviations[0]));
            shorter.count -= step;
            if (!play(scenario, &shorter, DEPTH_MAX, false)) {
                *schedule = shorter;
            }
        }
    }
}

/* What was found, without the numbers in it. */
static void keep_kind(char kind[KIND_CAP])
{
    size_t len = 0;
    for (const char *at = outcome.text; *at && *at != '\n' && len < KIND_CAP - 1; at++) {
        if (*at < '0' || *at > '9') {
            kind[len++] = *at;
        }
    }
    kind[len] = '\0';
}

/* Drawn deviations mean something only together. A plan of one or two that fails in the same way, if the first few hundred thousand
 * have one, says more. */
static bool find_short_plan(const struct scenario *scenario, const char *kind, unsigned deviations,
                            struct schedule *schedule, unsigned level, unsigned *worlds)
{
    char other[KIND_CAP];
    if (!play(scenario, schedule, level, false)) {
        keep_kind(other);
        return strcmp(kind, other) == 0;
    }
    const uint32_t points = outcome.points;
    const uint32_t first = level ? schedule->deviations[level - 1].point + 1 : 0;
    for (uint32_t point = first; level < deviations && point < points; point++) {
        for (uint8_t choice = 1; choice < alternatives[level][point]; choice++) {
            schedule->deviations[level] = (struct deviation){point, choice};
            schedule->count = level + 1;
            if (++*worlds > SHRINK_WORLDS) {
                return false;
            }
            if (find_short_plan(scenario, kind, deviations, schedule, level + 1, worlds)) {
                return true;
            }
        }
    }
    return false;
}

static void replace_by_short_plan(const struct scenario *scenario, struct schedule *plan)
{
    static struct schedule shorter;
    char kind[KIND_CAP];
    play(scenario, plan, DEPTH_MAX, false);
    keep_kind(kind);
    for (unsigned deviations = 0; deviations <= 2; deviations++) {
        for (enum order order = 0; order < ORDERS; order++) {
            unsigned worlds = 0;
            shorter.order = order;
            shorter.count = 0;
            if (find_short_plan(scenario, kind, deviations, &shorter, 0, &worlds)) {
                *plan = shorter;
                return;
            }
        }
    }
}

static void tell_failure(const struct scenario *scenario, const struct schedule *schedule)
{
    static struct schedule plan;
    plan = *schedule;
    if (schedule->random) {
        plan.order = ORDER_RUN_ON;
        plan.random = 0;
        plan.count = outcome.taken_count;
        memcpy(plan.deviations, outcome.taken, sizeof(plan.deviations));
    }
    const unsigned before = plan.count;
    printf("FAILED %s (%s)\n", scenario->name, scenario->what);
    shrink(scenario, &plan);
    if (plan.count > 2) {
        replace_by_short_plan(scenario, &plan);
    }
    play(scenario, &plan, DEPTH_MAX, false);
    printf("    %s\n", outcome.text);
    printf("    the shortest plan that fails, %u of %u deviations:\n", plan.count, before);
    printf("    interleave --scenario %s --plan ", scenario->name);
    print_plan(&plan);
    printf("\n");
    fflush(stdout);
}

/* ---- all */

static bool explore_below(const struct scenario *scenario, struct schedule *schedule, unsigned level,
                          unsigned deviations, struct tally *tally)
{
    if (!play(scenario, schedule, level, false)) {
        tell_failure(scenario, schedule);
        return false;
    }
    count(tally);
    if (level == deviations) {
        return true;
    }
    const uint32_t points = outcome.points;
    const uint32_t first = level ? schedule->deviations[level - 1].point + 1 : 0;
    schedule->count = level + 1;
    for (uint32_t point = first; point < points; point++) {
        for (uint8_t choice = 1; choice < alternatives[level][point]; choice++) {
            schedule->deviations[level] = (struct deviation){point, choice};
            if (!explore_below(scenario, schedule, level + 1, deviations, tally)) {
                return false;
            }
            schedule->count = level + 1;
        }
    }
    schedule->count = level;
    return true;
}

bool explore_exhaustively(const struct scenario *scenario, enum order order, unsigned deviations,
                          struct tally *tally)
{
    static struct schedule schedule;
    schedule.order = order;
    schedule.count = 0;
    return explore_below(scenario, &schedule, 0, deviations, tally);
}

/* ---- drawn */

bool explore_at_random(const struct scenario *scenario, uint64_t from, uint64_t worlds, struct tally *tally)
{
    static struct schedule schedule;
    schedule.order = ORDER_RUN_ON;
    for (uint64_t seed = from; seed < from + worlds; seed++) {
        schedule.random = seed * 2 + 1;
        if (!play(scenario, &schedule, 0, false)) {
            printf("seed %llu\n", (unsigned long long)seed);
            tell_failure(scenario, &schedule);
            return false;
        }
        count(tally);
    }
    return true;
}

/* ---- one */

bool explore_tell(const struct scenario *scenario, const struct schedule *schedule)
{
    const bool is_good = play(scenario, schedule, 0, true);
    printf("%s\n", is_good ? "ok" : outcome.text);
    return is_good;
}

bool explore_read_plan(const char *text, struct schedule *schedule)
{
    memset(schedule, 0, sizeof(*schedule));
    size_t len = strcspn(text, ":");
    enum order order = 0;
    while (order < ORDERS &&
           (strlen(order_names[order]) != len || strncmp(text, order_names[order], len) != 0)) {
        order++;
    }
    schedule->order = order;
    for (const char *at = text + len; order < ORDERS && *at && schedule->count < DEVIATIONS_MAX;) {
        unsigned point = 0, choice = 0;
        int used = 0;
        if (sscanf(at + 1, "%u:%u%n", &point, &choice, &used) != 2) {
            return false;
        }
        schedule->deviations[schedule->count++] = (struct deviation){point, (uint8_t)choice};
        at += 1 + used;
    }
    return order < ORDERS;
}
