/* SPDX-License-Identifier: MIT */
/* Plays firmware updates under faults (world.h).
 *
 *     ota_sim                 every single fault for each sort of image and many sizes, every pair for some, and random worlds: seconds
 *     ota_sim --long          also every three faults of a small image, and many random worlds
 *     ota_sim --singles       single faults for each sort of image
 *     ota_sim --seeds N [--from F]     random worlds
 *     ota_sim --replay WEATHER SIZE AT:OPTION ...
 *     ota_sim --seed N
 *
 * A line "ok ..." or "FAILED ..." for each campaign; what is broken is printed with the line that replays it. */
#include "ota/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_SEEDS 40000
#define LONG_SEEDS  400000

static struct totals totals;
static unsigned failures;
static bool is_loud;

static void show(const struct world *w, const struct plan *plan)
{
    printf("BROKEN: %s\n", w->broken);
    if (plan == NULL) {
        printf("  replay: ota_sim --seed %llu\n", (unsigned long long)w->seed);
        return;
    }
    printf("  replay: ota_sim --replay %d %u", (int)w->weather, (unsigned)w->size);
    for (unsigned i = 0; i < plan->count; i++) {
        printf(" %u:%u", plan->faults[i].at, plan->faults[i].option);
    }
    printf("\n");
}

/* The world as it ended. plan NULL: a random one. */
static const struct world *run(enum weather weather, uint32_t size, const struct plan *plan, uint64_t seed)
{
    static struct world w;

    memset(&w, 0, sizeof(w));
    w.weather = weather;
    w.size = size;
    w.plan = plan;
    w.seed = seed;
    w.is_loud = is_loud;
    w.totals = &totals;
    play(&w);
    if (w.broken[0] != '\0' && failures++ < 5) {
        show(&w, plan);
    }
    return &w;
}

/* Every fault behind those of the plan, and, `depth` deep, every one behind that. */
static void deepen(enum weather weather, uint32_t size, const struct plan *plan, unsigned depth)
{
    unsigned options[POINTS_MAX];
    const struct world *w = run(weather, size, plan, 0);
    unsigned points = w->points < POINTS_MAX ? w->points : POINTS_MAX;
    unsigned from = plan->count > 0 ? plan->faults[plan->count - 1].at + 1 : 0;

    memcpy(options, w->point_options, sizeof(options));
    for (unsigned at = from; depth > 0 && at < points; at++) {
        for (unsigned option = 1; option < options[at]; option++) {
            struct plan next = *plan;
            next.faults[next.count].at = at;
            next.faults[next.count].option = option;
            next.count++;
            deepen(weather, size, &next, depth - 1);
        }
    }
}

static void end_campaign(const char *what, unsigned failures_before, unsigned long worlds_before)
{
    printf("%s %s: %lu worlds\n", failures == failures_before ? "ok" : "FAILED", what,
           totals.worlds - worlds_before);
    fflush(stdout);
}

static void play_deep(enum weather weather, const uint32_t sizes[], size_t count, unsigned depth)
{
    static const char *const depths[] = {"no fault", "every single fault", "every pair of faults",
                                         "every three faults"};
    static const struct plan none;
    const unsigned before = failures;
    const unsigned long worlds = totals.worlds;
    char what[128];

    for (size_t i = 0; i < count; i++) {
        deepen(weather, sizes[i], &none, depth);
    }
    snprintf(what, sizeof(what), "%s, %s", depths[depth], weather_name(weather));
    end_campaign(what, before, worlds);
}

static void play_singles(void)
{
    static const uint32_t sizes[] = {1,         BLOCK - 1,     BLOCK,     BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 1,
                                     4 * BLOCK, 5 * BLOCK + 3, SLOT_BYTES};
    for (int weather = WEATHER_FAIR; weather < WEATHERS; weather++) {
        play_deep((enum weather)weather, sizes, sizeof(sizes) / sizeof(sizes[0]), 1);
    }
}

static void play_seeds(uint64_t from, uint64_t count)
{
    const unsigned before = failures;
    const unsigned long worlds = totals.worlds;

    for (uint64_t seed = from; seed < from + count; seed++) {
        run(seed % 2 == 0 ? WEATHER_FAIR : (enum weather)(seed / 2 % WEATHERS),
            (uint32_t)(seed / 3 % SLOT_BYTES) + 1, NULL, seed);
    }
    end_campaign("random worlds", before, worlds);
}

static void replay(int count, char **words)
{
    struct plan plan = {.count = 0};

    for (int i = 2; i < count && plan.count < PLAN_MAX; i++, plan.count++) {
        char *end;
        plan.faults[plan.count].at = (unsigned)strtoul(words[i], &end, 10);
        plan.faults[plan.count].option = *end == ':' ? (unsigned)strtoul(end + 1, NULL, 10) : 0;
    }
    is_loud = true;
    run((enum weather)strtoul(words[0], NULL, 10), (uint32_t)strtoul(words[1], NULL, 10), &plan, 0);
}

static void play_all(bool is_long)
{
    static const uint32_t pairs[] = {2 * BLOCK + 5};
    static const uint32_t small[] = {BLOCK + 1};

    play_singles();
    for (int weather = WEATHER_FAIR; weather < WEATHERS; weather++) {
        play_deep((enum weather)weather, is_long ? pairs : small, 1, 2);
    }
    if (is_long) {
        play_deep(WEATHER_FAIR, small, 1, 3);
    }
    play_seeds(1, is_long ? LONG_SEEDS : SHORT_SEEDS);
    const int missed = reach_report(&totals);
    printf("%s each fault and each row of the table is met: %d are not\n", missed == 0 ? "ok" : "FAILED",
           missed);
    failures += (unsigned)missed;
}

int main(int argc, char **argv)
{
    uint64_t seeds = 0;
    uint64_t from = 1;
    bool is_long = false;
    bool is_singles = false;

    reach_begin(&totals);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--replay") == 0 && i + 2 < argc) {
            replay(argc - i - 1, argv + i + 1);
            return failures > 0;
        }
        if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            is_loud = true;
            play_seeds(strtoull(argv[i + 1], NULL, 10), 1);
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
            fprintf(stderr, "ota_sim: what is %s?\n", argv[i]);
            return 2;
        }
    }
    if (is_singles) {
        play_singles();
    } else if (seeds > 0) {
        play_seeds(from, seeds);
    } else {
        play_all(is_long);
    }
    printf("%lu worlds: %lu with the new image, %lu without (%lu rolled back), %lu given up, %lu power cuts, "
           "at most %lu writes\n",
           totals.worlds, totals.good, totals.bad, totals.rolled_back, totals.cancelled, totals.cuts,
           totals.most_writes);
    return failures > 0;
}
