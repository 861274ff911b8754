/* SPDX-License-Identifier: MIT */
/* Plays the interleavings of the device's tasks: the real device/api, device/runtime and engine as coroutines under a scheduler, in
 * virtual time. See docs/guarantees.md, "The tasks". */
#include "interleave/explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HASH_SEEDS 20 /* drawn schedules of each scenario */

static const char help[] =
    "interleave --short             the form for CI: each scenario with each deviation, and some drawn "
    "schedules\n"
    "interleave --exhaustive        each scenario with each pair of deviations, in each order\n"
    "interleave --seeds N [--from S]  N drawn schedules of each scenario\n"
    "interleave --scenario NAME [--plan PLAN | --seed S]  one world, told step by step\n"
    "interleave --hash              what a build must say like every other: one number over many worlds\n"
    "  --each                       --hash: a line per world before it\n"
    "interleave --list              the scenarios\n"
    "  --only WORD                  those whose name contains it\n"
    "  --workers N                  processes (default: one per core)\n"
    "PLAN: priority, run-on or upside-down, then :POINT:CHOICE,POINT:CHOICE... Exit code 0: nothing was "
    "found.\n";

struct options {
    const char *mode;
    const char *only;
    const char *scenario;
    const char *plan;
    uint64_t seeds, from, seed;
    unsigned workers;
    bool has_seed;
    bool is_each;
};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_tally(const char *name, const char *how, const struct tally *tally, double since_s)
{
    const double seconds = now_s() - since_s;
    printf("ok     %-34s %-22s %9llu schedules %8.0f decisions each  %6.1f s  %8.0f/min\n", name, how,
           (unsigned long long)tally->worlds,
           tally->worlds ? (double)tally->points / (double)tally->worlds : 0, seconds,
           seconds > 0 ? (double)tally->worlds / seconds * 60 : 0);
    fflush(stdout);
}

static bool play_all(const struct scenario *scenario, unsigned deviations)
{
    static const char *const how[2][ORDERS] = {
        {"one, priority", "one, run-on", "one, upside-down"},
        {"pairs, priority", "pairs, run-on", "pairs, upside-down"},
    };
    for (enum order order = 0; order < ORDERS; order++) {
        struct tally tally = {0};
        const double since_s = now_s();
        if (!explore_exhaustively(scenario, order, deviations, &tally)) {
            return false;
        }
        print_tally(scenario->name, how[deviations - 1][order], &tally, since_s);
    }
    return true;
}

static bool play_drawn(const struct scenario *scenario, uint64_t from, uint64_t seeds)
{
    struct tally tally = {0};
    const double since_s = now_s();
    if (!explore_at_random(scenario, from, seeds, &tally)) {
        return false;
    }
    print_tally(scenario->name, "drawn", &tally, since_s);
    return true;
}

static bool play_scenario(const struct options *options, const struct scenario *scenario)
{
    if (strcmp(options->mode, "--exhaustive") == 0) {
        return play_all(scenario, 2);
    }
    if (strcmp(options->mode, "--short") == 0) {
        return play_all(scenario, 1) && play_drawn(scenario, options->from, 400);
    }
    return play_drawn(scenario, options->from, options->seeds);
}

static bool play_share(const struct options *options, unsigned worker)
{
    bool is_good = true;
    for (unsigned i = 0; i < scenarios_count; i++) {
        if (i % options->workers == worker && strstr(scenarios[i].name, options->only)) {
            is_good &= play_scenario(options, &scenarios[i]);
        }
    }
    return is_good;
}

static bool play_in_parallel(const struct options *options)
{
    for (unsigned worker = 0; worker < options->workers; worker++) {
        const pid_t pid = fork();
        if (pid == 0) {
            exit(play_share(options, worker) ? 0 : 1);
        }
        if (pid < 0) {
            perror("fork");
            return false;
        }
    }
    bool is_good = true;
    for (int status; wait(&status) > 0;) {
        is_good &= WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return is_good;
}

static bool tell_one(const struct options *options)
{
    static struct schedule schedule;
    if (!explore_read_plan(options->plan, &schedule)) {
        fprintf(stderr, "'%s' is no plan; see --help\n", options->plan);
        return false;
    }
    if (options->has_seed) {
        schedule.order = ORDER_RUN_ON;
        schedule.random = options->seed * 2 + 1;
    }
    for (unsigned i = 0; i < scenarios_count; i++) {
        if (strcmp(scenarios[i].name, options->scenario) == 0) {
            return explore_tell(&scenarios[i], &schedule);
        }
    }
    fprintf(stderr, "no scenario '%s'; --list prints them\n", options->scenario);
    return false;
}

static void print_each(const struct options *options, const struct tally *tally, const char *scenario,
                       const char *how)
{
    if (options->is_each) {
        printf("%016llx --scenario %s %s\n", (unsigned long long)tally->hash, scenario, how);
    }
}

static bool print_hash(const struct options *options)
{
    static const char *const plans[ORDERS] = {"--plan priority", "--plan run-on", "--plan upside-down"};
    struct tally tally = {0};
    for (unsigned i = 0; i < scenarios_count; i++) {
        for (enum order order = 0; order < ORDERS; order++) {
            if (!explore_exhaustively(&scenarios[i], order, 0, &tally)) {
                return false;
            }
            print_each(options, &tally, scenarios[i].name, plans[order]);
        }
        for (uint64_t seed = 1; seed <= HASH_SEEDS; seed++) {
            char how[32];
            snprintf(how, sizeof(how), "--seed %llu", (unsigned long long)seed);
            if (!explore_at_random(&scenarios[i], seed, 1, &tally)) {
                return false;
            }
            print_each(options, &tally, scenarios[i].name, how);
        }
    }
    printf("%016llx\n", (unsigned long long)tally.hash);
    return true;
}

static bool list(void)
{
    for (unsigned i = 0; i < scenarios_count; i++) {
        printf("%-34s %s\n", scenarios[i].name, scenarios[i].what);
    }
    return true;
}

static uint64_t number_of(const char *text)
{
    char *end = NULL;
    const uint64_t number = text ? strtoull(text, &end, 10) : 0;
    if (!text || end == text || *end) {
        fprintf(stderr, "'%s' is no number; see --help\n", text ? text : "");
        exit(2);
    }
    return number;
}

static bool read_option(struct options *options, const char *name, const char *value)
{
    if (strcmp(name, "--seeds") == 0) {
        options->mode = name;
        options->seeds = number_of(value);
    } else if (strcmp(name, "--from") == 0) {
        options->from = number_of(value);
    } else if (strcmp(name, "--seed") == 0) {
        options->seed = number_of(value);
        options->has_seed = true;
    } else if (strcmp(name, "--workers") == 0) {
        options->workers = (unsigned)number_of(value);
    } else if (strcmp(name, "--only") == 0 && value) {
        options->only = value;
    } else if (strcmp(name, "--scenario") == 0 && value) {
        options->mode = name;
        options->scenario = value;
    } else if (strcmp(name, "--plan") == 0 && value) {
        options->plan = value;
    } else {
        return false;
    }
    return true;
}

static bool is_mode(const char *word)
{
    static const char *const modes[] = {"--short", "--exhaustive", "--hash", "--list"};
    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(word, modes[i]) == 0) {
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct options options = {
        .mode = "", .only = "", .plan = "run-on", .from = 1, .workers = cores > 0 ? (unsigned)cores : 1};
    for (int i = 1; i < argc; i++) {
        if (is_mode(argv[i])) {
            options.mode = argv[i];
        } else if (strcmp(argv[i], "--each") == 0) {
            options.is_each = true;
        } else if (read_option(&options, argv[i], argv[i + 1])) {
            i++;
        } else {
            const bool is_asked = strcmp(argv[i], "--help") == 0;
            fputs(help, is_asked ? stdout : stderr);
            return is_asked ? 0 : 2;
        }
    }
    if (!options.mode[0] || options.workers == 0) {
        fputs(help, stderr);
        return 2;
    }
    device_ram_keep();
    if (strcmp(options.mode, "--list") == 0) {
        return list() ? 0 : 1;
    }
    if (strcmp(options.mode, "--hash") == 0) {
        return print_hash(&options) ? 0 : 1;
    }
    return (options.scenario ? tell_one(&options) : play_in_parallel(&options)) ? 0 : 1;
}
