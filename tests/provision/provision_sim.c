/* SPDX-License-Identifier: MIT */
/* Plays provisioning by claim and the change of a certificate under faults (world.h).
 *
 *     provision_sim                 every single fault and every pair, in each weather's singles, and random worlds: seconds
 *     provision_sim --long          also every three faults, and many random worlds: minutes
 *     provision_sim --singles       single faults in each weather
 *     provision_sim --seeds N [--from F]     random worlds
 *     provision_sim --replay claim|rotation WEATHER AT:OPTION ...
 *     provision_sim --seed N claim|rotation WEATHER
 *
 * A line "ok ..." or "FAILED ..." for each campaign; what is broken is printed with the line that replays it. */
#include "provision/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_SEEDS 40000
#define LONG_SEEDS  400000

static struct totals totals;
static unsigned failures;
static bool is_loud;

static const char *origin_name(enum pending_origin origin)
{
    return origin == PENDING_CLAIM ? "claim" : "rotation";
}

static void show(const struct world *w, const struct plan *plan)
{
    printf("BROKEN: %s\n", w->broken);
    if (plan == NULL) {
        printf("  replay: provision_sim --seed %llu %s %d\n", (unsigned long long)w->seed,
               origin_name(w->origin), (int)w->weather);
        return;
    }
    printf("  replay: provision_sim --replay %s %d", origin_name(w->origin), (int)w->weather);
    for (unsigned i = 0; i < plan->count; i++) {
        printf(" %u:%u", plan->faults[i].at, plan->faults[i].option);
    }
    printf("\n");
}

/* The world as it ended. plan NULL: a random one. */
static const struct world *run(enum pending_origin origin, enum weather weather, const struct plan *plan,
                               uint64_t seed)
{
    static struct world w;

    memset(&w, 0, sizeof(w));
    w.origin = origin;
    w.weather = weather;
    w.plan = plan;
    w.seed = seed;
    w.is_loud = is_loud;
    w.totals = &totals;
    play(&w);
    if (w.broken[0] != '\0') {
        w.weather = weather;
        if (failures++ < 5) {
            show(&w, plan);
        }
    }
    return &w;
}

/* Every fault behind those of the plan, and, `depth` deep, every one behind that. */
static void deepen(enum pending_origin origin, enum weather weather, const struct plan *plan, unsigned depth)
{
    unsigned options[256];
    const struct world *w = run(origin, weather, plan, 0);
    unsigned points = w->points < 256 ? w->points : 256;
    unsigned from = plan->count > 0 ? plan->faults[plan->count - 1].at + 1 : 0;

    memcpy(options, w->point_options, sizeof(options));
    for (unsigned at = from; depth > 0 && at < points; at++) {
        for (unsigned option = 1; option < options[at]; option++) {
            struct plan next = *plan;
            next.faults[next.count].at = at;
            next.faults[next.count].option = option;
            next.count++;
            deepen(origin, weather, &next, depth - 1);
        }
    }
}

static void end_campaign(const char *what, unsigned failures_before, unsigned long worlds_before)
{
    printf("%s %s: %lu worlds\n", failures == failures_before ? "ok" : "FAILED", what,
           totals.worlds - worlds_before);
    fflush(stdout);
}

static void play_deep(enum pending_origin origin, enum weather weather, unsigned depth)
{
    static const char *const depths[] = {"no fault", "every single fault", "every pair of faults",
                                         "every three faults"};
    static const struct plan none;
    const unsigned before = failures;
    const unsigned long worlds = totals.worlds;
    char what[128];

    deepen(origin, weather, &none, depth);
    snprintf(what, sizeof(what), "%s, %s%s%s", origin_name(origin), depths[depth],
             weather != WEATHER_FAIR ? ", " : "", weather_name(weather));
    end_campaign(what, before, worlds);
}

static void play_weathers(unsigned depth)
{
    for (int weather = WEATHER_FAIR; weather < WEATHERS; weather++) {
        play_deep(PENDING_CLAIM, (enum weather)weather, depth);
        play_deep(PENDING_ROTATION, (enum weather)weather, depth);
    }
}

static void play_seeds(uint64_t from, uint64_t count)
{
    const unsigned before = failures;
    const unsigned long worlds = totals.worlds;

    for (uint64_t seed = from; seed < from + count; seed++) {
        run(seed % 2 == 0 ? PENDING_CLAIM : PENDING_ROTATION,
            seed / 2 % 3 != 0 ? WEATHER_FAIR : (enum weather)(seed / 6 % WEATHERS), NULL, seed);
    }
    end_campaign("random worlds", before, worlds);
}

static void replay(int count, char **words)
{
    struct plan plan = {0};
    const enum pending_origin origin = strcmp(words[0], "claim") == 0 ? PENDING_CLAIM : PENDING_ROTATION;

    for (int i = 2; i < count && plan.count < PLAN_MAX; i++) {
        if (sscanf(words[i], "%u:%u", &plan.faults[plan.count].at, &plan.faults[plan.count].option) == 2) {
            plan.count++;
        }
    }
    is_loud = true;
    run(origin, (enum weather)atoi(words[1]), &plan, 0);
}

static void play_all(bool is_long)
{
    play_weathers(1);
    play_deep(PENDING_CLAIM, WEATHER_FAIR, 2);
    play_deep(PENDING_ROTATION, WEATHER_FAIR, 2);
    play_seeds(1, is_long ? LONG_SEEDS : SHORT_SEEDS);
    if (is_long) {
        play_deep(PENDING_CLAIM, WEATHER_FAIR, 3);
        play_deep(PENDING_ROTATION, WEATHER_FAIR, 3);
    }
    unsigned missed = (unsigned)reach_report(&totals, true);
    printf("%s each fault and each row of the table is met: %u are not\n", missed == 0 ? "ok" : "FAILED",
           missed);
    failures += missed;
}

int main(int argc, char **argv)
{
    uint64_t seeds = 0;
    uint64_t from = 1;
    bool is_long = false;
    bool is_singles = false;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--replay") == 0 && i + 2 < argc) {
            replay(argc - i - 1, argv + i + 1);
            return failures > 0;
        }
        if (strcmp(argv[i], "--seed") == 0 && i + 3 < argc) {
            is_loud = true;
            run(strcmp(argv[i + 2], "claim") == 0 ? PENDING_CLAIM : PENDING_ROTATION,
                (enum weather)atoi(argv[i + 3]), NULL, strtoull(argv[i + 1], NULL, 10));
            return failures > 0;
        }
        if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc) {
            seeds = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--from") == 0 && i + 1 < argc) {
            from = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--workers") == 0 && i + 1 < argc) {
            i++; /* there is one */
        } else if (strcmp(argv[i], "--long") == 0) {
            is_long = true;
        } else if (strcmp(argv[i], "--singles") == 0) {
            is_singles = true;
        } else if (strcmp(argv[i], "--short") != 0) {
            fprintf(stderr, "provision_sim: what is %s?\n", argv[i]);
            return 2;
        }
    }
    if (is_singles) {
        play_weathers(1);
    } else if (seeds > 0) {
        play_seeds(from, seeds);
    } else {
        play_all(is_long);
    }
    printf("%lu worlds: %lu with a new identity, %lu rotations given up, %lu power cuts, %lu certificates "
           "left over\n",
           totals.worlds, totals.done, totals.failed, totals.cuts, totals.orphans);
    return failures > 0;
}
