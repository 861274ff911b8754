/* SPDX-License-Identifier: MIT */
/* One number over everything that happens in a fixed set of worlds: choices, messages with their bytes, puts, log lines, virtual time.
 * Every build must say the same one (tools/gates.py, gate_hash): then no guarantee was proved for one compiler only, and a seed
 * that was found on one machine replays on every other. */
#include "sim/world.h"

#include <stdio.h>
#include <string.h>

#define SEEDS     300
#define STEP      23 /* a fault at every so many points of a small world */
#define SMALL_MAX 2  /* jobs of a small world */

static struct sim_world world; /* too large for a stack */
static struct sim_service service;
static struct sim_totals totals;
static FILE *nowhere;
static uint64_t hash;
static bool is_each;

static void begin(void)
{
    memset(&world, 0, sizeof world);
    world.totals = &totals;
    world.trace = nowhere; /* only what is told is hashed */
    totals.hash = 14695981039346656037u;
}

/* Plays the world that has begun; `replay`: how to see it. */
static bool run(const char *replay)
{
    if (!sim_world_run(&world)) {
        printf("BROKEN: %s\n  replay: sim %s\n", world.why, replay);
        return false;
    }
    hash = (hash ^ totals.hash) * 1099511628211u;
    if (is_each) {
        printf("%016llx %s\n", (unsigned long long)totals.hash, replay);
    }
    return true;
}

static bool run_random(uint64_t seed)
{
    char replay[32];

    begin();
    snprintf(replay, sizeof replay, "--seed %llu", (unsigned long long)seed);
    sim_chooser_seed(&world.chooser, seed);
    sim_world_random(&world, &service);
    return run(replay);
}

static bool run_small(const enum sim_action *actions, unsigned count, const struct sim_fault *fault)
{
    char replay[80], plan[32] = "";

    begin();
    if (fault) {
        snprintf(plan, sizeof plan, " --plan %u:%u", fault->point, fault->option);
    }
    snprintf(replay, sizeof replay, "--small %s%s%s%s", sim_action_name(actions[0]), count > 1 ? "," : "",
             count > 1 ? sim_action_name(actions[1]) : "", plan);
    sim_chooser_plan(&world.chooser, fault, fault ? 1 : 0);
    sim_world_small(&world, &service, actions, count);
    return run(replay);
}

/* The world in fair weather, and with one fault at some of its points. */
static bool run_faults(const enum sim_action *actions, unsigned count)
{
    static uint8_t options[SIM_POINTS_MAX];

    if (!run_small(actions, count, NULL)) {
        return false;
    }
    uint32_t points = world.chooser.points;
    memcpy(options, world.chooser.options, points);
    for (uint32_t point = 0; point < points; point += STEP) {
        struct sim_fault fault = {point, 1 + (options[point] ? point % options[point] : 0u)};
        if (!run_small(actions, count, &fault)) {
            return false;
        }
    }
    return true;
}

/* Each action alone, and before the next one of the list. */
static bool run_all(uint64_t from, uint64_t seeds)
{
    for (unsigned i = 0; i <= SIM_BAD; i++) {
        const enum sim_action actions[SMALL_MAX] = {(enum sim_action)i,
                                                    (enum sim_action)((i + 1) % SIM_ACTIONS)};
        if (!run_faults(actions, 1) || !run_faults(actions, SMALL_MAX)) {
            return false;
        }
    }
    for (uint64_t seed = from; seed < from + seeds; seed++) {
        if (!run_random(seed)) {
            return false;
        }
    }
    return true;
}

int sim_hash_tell(uint64_t from, uint64_t seeds, bool with_each)
{
    is_each = with_each;
    nowhere = fopen("/dev/null", "w");
    if (!nowhere || !sim_service_open(&service) || !run_all(from, seeds > 0 ? seeds : SEEDS)) {
        return 1;
    }
    sim_service_close(&service);
    fclose(nowhere);
    printf("%016llx\n", (unsigned long long)hash);
    return 0;
}
