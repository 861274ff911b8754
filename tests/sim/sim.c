/* SPDX-License-Identifier: MIT */
/* The simulator's command line: plays exhaustive and random worlds on all cores, adds up, and replays what broke. */
#include "sim/world.h"

#include <assert.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS_MAX  16
#define TRACE_LINES  150
#define SHORT_SEEDS  6000
#define SHORT_SECOND 23 /* the short form takes every 23rd pair of faults */

static const char usage[] =
    "sim [--short]               the form for CI: small worlds with each fault, many pairs, and some random "
    "worlds\n"
    "sim --singles               small worlds with each fault\n"
    "sim --exhaustive            small worlds with each fault and each pair of faults\n"
    "sim --habits                small worlds whose handlers go on after their report, with each pair of "
    "faults\n"
    "sim --seeds N [--from S]    N random worlds\n"
    "sim --seed S                one random world, told line by line\n"
    "sim --small A[,A] [--plan POINT:OPTION[,POINT:OPTION]]\n"
    "                            one small world with jobs of these actions and these faults, told line by "
    "line\n"
    "sim --hash [--seeds N] [--from S]\n"
    "                            what every build must say: one number over all that happens in some small "
    "worlds\n"
    "                            and N random ones (default: 300)\n"
    "  --each                    --hash: a line per world before it\n"
    "sim --shrink S [--out FILE] the shortest world that breaks as this random one does, told, and written "
    "into FILE\n"
    "sim --replay FILE           plays it, told line by line\n"
    "  --habit N                 --small: every handler behaves in this way (an option of 'handler')\n"
    "  --workers N               processes (default: one per core)\n"
    "  --quiet                   --seed and --small: the result only\n"
    "  --matrix                  at the end: how often each fault has met each state of the engine\n"
    "Actions: once again later steps long restart async resume; of bad documents: bad mute number nobody "
    "list "
    "twice. Exit code 0: no guarantee broke.\n";

/* A set of worlds. Small ones when action_count > 0: every `second`th pair of faults, 0: single faults only. */
struct campaign {
    enum sim_action actions[2];
    unsigned action_count;
    unsigned second;
    unsigned habit;
    uint64_t from, seeds;
};

static struct sim_world world; /* too large for a stack */
static struct sim_service service;
static unsigned habit;   /* of handlers in small worlds */
static char replay[160]; /* how to see the present world again */

/* ---- one world */

static void describe(const enum sim_action *actions, unsigned action_count, const struct sim_fault *plan,
                     unsigned plan_count, uint64_t seed)
{
    int len;
    if (action_count == 0) {
        snprintf(replay, sizeof replay, "--seed %llu", (unsigned long long)seed);
        return;
    }
    len = snprintf(replay, sizeof replay, "--small %s%s%s", sim_action_name(actions[0]),
                   action_count > 1 ? "," : "", action_count > 1 ? sim_action_name(actions[1]) : "");
    if (habit) {
        len += snprintf(replay + len, sizeof replay - (size_t)len, " --habit %u", habit);
    }
    for (unsigned i = 0; i < plan_count; i++) {
        len += snprintf(replay + len, sizeof replay - (size_t)len, "%s%u:%u", i ? "," : " --plan ",
                        plan[i].point, plan[i].option);
    }
}

static bool play(const enum sim_action *actions, unsigned action_count, const struct sim_fault *plan,
                 unsigned plan_count, uint64_t seed, FILE *trace, struct sim_totals *totals)
{
    describe(actions, action_count, plan, plan_count, seed);
    memset(&world, 0, sizeof world);
    world.totals = totals;
    world.trace = trace;
    world.habit = action_count > 0 ? habit : 0;
    totals->hash = 14695981039346656037u;
    if (action_count > 0) {
        sim_chooser_plan(&world.chooser, plan, plan_count);
        sim_world_small(&world, &service, actions, action_count);
    } else {
        sim_chooser_seed(&world.chooser, seed);
        sim_world_random(&world, &service);
    }
    return sim_world_run(&world);
}

static void print_tail(const char *text, size_t len)
{
    const char *at = text + len;
    for (int lines = 0; at > text && lines <= TRACE_LINES; at--) {
        lines += at[-1] == '\n';
    }
    fputs(at > text ? at + 1 : text, stdout);
}

/* The world that has just failed is played again, and told. */
static void tell_failure(const enum sim_action *actions, unsigned action_count, const struct sim_fault *plan,
                         unsigned plan_count, uint64_t seed)
{
    char why[sizeof world.why];
    struct sim_totals scratch = {0};
    char *text = NULL;
    size_t len = 0;
    FILE *trace = open_memstream(&text, &len);

    snprintf(why, sizeof why, "%s", world.why);
    bool is_good = trace && play(actions, action_count, plan, plan_count, seed, trace, &scratch);
    if (trace) {
        fclose(trace);
    }
    flockfile(stdout);
    printf("\nBROKEN: %s\n  replay: sim %s\n", why, replay);
    if (is_good) {
        printf("  (it did not break again: something outlives a world)\n");
    }
    print_tail(text ? text : "", len);
    printf("BROKEN: %s\n  replay: sim %s\n", why, replay);
    fflush(stdout);
    funlockfile(stdout);
    free(text);
}

static void crashed(int signal_number)
{
    static const char head[] = "\nBROKEN: crash in: sim ";
    ssize_t done = write(STDOUT_FILENO, head, sizeof head - 1);
    done += write(STDOUT_FILENO, replay, strlen(replay));
    done += write(STDOUT_FILENO, "\n", 1);
    (void)done;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* ---- campaigns */

static bool play_planned(const struct campaign *c, const struct sim_fault *plan, unsigned plan_count,
                         struct sim_totals *totals)
{
    if (play(c->actions, c->action_count, plan, plan_count, 0, NULL, totals)) {
        return true;
    }
    tell_failure(c->actions, c->action_count, plan, plan_count, 0);
    return false;
}

/* Every fault at every point of the world that the plan so far has led to, and behind it. */
static bool explore(const struct campaign *c, struct sim_fault *plan, unsigned plan_count, unsigned worker,
                    unsigned workers, struct sim_totals *totals)
{
    static uint8_t options[SIM_PLAN_MAX][SIM_POINTS_MAX];
    static uint32_t turn;
    uint32_t points = world.chooser.points;
    uint32_t first = plan_count > 0 ? plan[plan_count - 1].point + 1 : 0;

    memcpy(options[plan_count], world.chooser.options, points);
    for (uint32_t point = first; point < points; point++) {
        for (uint32_t option = 1; option <= options[plan_count][point]; option++) {
            if (plan_count == 0 ? (turn++ % workers != worker) : (turn++ % c->second != 0)) {
                continue;
            }
            plan[plan_count] = (struct sim_fault){point, option};
            if (!play_planned(c, plan, plan_count + 1, totals)) {
                return false;
            }
            if (plan_count + 1 < SIM_PLAN_MAX && c->second > 0) {
                uint32_t kept = turn;
                if (!explore(c, plan, plan_count + 1, worker, workers, totals)) {
                    return false;
                }
                turn = kept;
            }
        }
    }
    return true;
}

static bool play_small(const struct campaign *c, unsigned worker, unsigned workers, struct sim_totals *totals)
{
    struct sim_fault plan[SIM_PLAN_MAX];
    return play_planned(c, NULL, 0, totals) && explore(c, plan, 0, worker, workers, totals);
}

static bool play_random(const struct campaign *c, unsigned worker, unsigned workers,
                        struct sim_totals *totals)
{
    for (uint64_t i = worker; i < c->seeds; i += workers) {
        uint64_t seed = c->from + i;
        if (!play(NULL, 0, NULL, 0, seed, NULL, totals)) {
            tell_failure(NULL, 0, NULL, 0, seed);
            return false;
        }
    }
    return true;
}

static int work(const struct campaign *c, unsigned worker, unsigned workers, struct sim_totals *totals)
{
    signal(SIGABRT, crashed);
    signal(SIGSEGV, crashed);
    habit = c->habit;
    bool is_good =
        sim_service_open(&service) && (c->action_count > 0 ? play_small(c, worker, workers, totals)
                                                           : play_random(c, worker, workers, totals));
    if (!is_good) {
        return 1;
    }
    sim_service_close(&service);
    if (sqlite3_memory_used() != 0) {
        printf("BROKEN: SQLite still holds %lld bytes\n", (long long)sqlite3_memory_used());
        return 1;
    }
    return 0;
}

static void add(struct sim_totals *sum, const struct sim_totals *part)
{
    uint64_t *to = (uint64_t *)sum;
    const uint64_t *from = (const uint64_t *)part;
    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++) {
        to[i] += from[i];
    }
}
_Static_assert(sizeof(struct sim_totals) % sizeof(uint64_t) == 0, "totals are counters");

/* Plays it on all workers; adds to *sum. */
static bool run_campaign(const struct campaign *c, unsigned workers, struct sim_totals *sum)
{
    size_t size = workers * sizeof(struct sim_totals);
    struct sim_totals *parts = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pids[WORKERS_MAX];
    bool is_good = parts != MAP_FAILED;

    fflush(stdout);
    for (unsigned i = 0; is_good && i < workers; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            exit(work(c, i, workers, &parts[i]));
        }
        is_good = pids[i] > 0;
    }
    for (unsigned i = 0; i < workers; i++) {
        int status = 1;
        is_good = waitpid(pids[i], &status, 0) == pids[i] && status == 0 && is_good;
        add(sum, &parts[i]);
    }
    munmap(parts, size);
    return is_good;
}

/* ---- telling */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool run_and_tell(const char *name, const struct campaign *c, unsigned workers, struct sim_totals *sum)
{
    struct sim_totals own = {0};
    double start = seconds();
    bool is_good = run_campaign(c, workers, &own);
    double took = seconds() - start;

    printf("%s %-34s %8llu worlds %8llu executions %6.1f s %8.0f worlds/min\n", is_good ? "ok    " : "FAILED",
           name, (unsigned long long)own.worlds, (unsigned long long)own.executions, took,
           took > 0 ? 60 * (double)own.worlds / took : 0);
    fflush(stdout);
    add(sum, &own);
    return is_good;
}

/* ---- the command line */

static const enum sim_action singles[][1] = {
    {SIM_ONCE}, {SIM_AGAIN}, {SIM_LATER}, {SIM_STEPS},  {SIM_RESTART}, {SIM_ASYNC}, {SIM_RESUME},
    {SIM_LONG}, {SIM_BAD},   {SIM_MUTE},  {SIM_NUMBER}, {SIM_NOBODY},  {SIM_LIST},  {SIM_TWICE}};
static const enum sim_action pairs[][2] = {
    {SIM_ONCE, SIM_AGAIN}, {SIM_LATER, SIM_ONCE}, {SIM_AGAIN, SIM_LATER}, {SIM_RESTART, SIM_ONCE},
    {SIM_BAD, SIM_ONCE},   {SIM_ASYNC, SIM_ONCE}, {SIM_RESUME, SIM_STEPS}};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* second_one, second_two: which pairs of faults, in worlds with one and with two jobs. */
static bool run_exhaustive(unsigned second_one, unsigned second_two, unsigned workers, struct sim_totals *sum)
{
    bool is_good = true;
    for (size_t i = 0; i < COUNT(singles) + COUNT(pairs); i++) {
        bool is_one = i < COUNT(singles);
        const enum sim_action *actions = is_one ? singles[i] : pairs[i - COUNT(singles)];
        struct campaign c = {.actions = {actions[0], is_one ? SIM_ONCE : actions[1]},
                             .action_count = is_one ? 1 : 2,
                             .second = is_one ? second_one : second_two};
        if (actions[0] >= SIM_BAD && is_one && c.second > 1) {
            c.second = 0; /* nothing runs in these worlds */
        }
        char name[64];
        snprintf(name, sizeof name, "%s: %s%s%s",
                 c.second == 0   ? "single faults"
                 : c.second == 1 ? "pairs of faults"
                                 : "some pairs of faults",
                 sim_action_name(actions[0]), is_one ? "" : ", ", is_one ? "" : sim_action_name(actions[1]));
        is_good = run_and_tell(name, &c, workers, sum) && is_good;
    }
    return is_good;
}

/* Handlers that go on after their report: what they meet then takes a fault less. */
static bool run_habits(unsigned second, unsigned workers, struct sim_totals *sum)
{
    static const struct {
        enum sim_action action;
        unsigned habit;
    } habits[] = {{SIM_ONCE, SIM_HANDLER_LINGERS}, {SIM_AGAIN, SIM_HANDLER_LINGERS_LONG}};
    bool is_good = true;

    for (size_t i = 0; i < COUNT(habits); i++) {
        struct campaign c = {
            .actions = {habits[i].action}, .action_count = 1, .second = second, .habit = habits[i].habit};
        char name[80];
        snprintf(name, sizeof name, "%s %s", sim_action_name(habits[i].action),
                 sim_option_text(SIM_CHOICE_HANDLER, habits[i].habit));
        is_good = run_and_tell(name, &c, workers, sum) && is_good;
    }
    return is_good;
}

static bool run_random(uint64_t from, uint64_t seeds, unsigned workers, struct sim_totals *sum)
{
    struct campaign c = {.from = from, .seeds = seeds};
    return run_and_tell("random worlds", &c, workers, sum);
}

static int tell_end(bool is_good, const struct sim_totals *totals)
{
    printf("%s%s\n%llu events, trace %016llx\n",
           is_good ? "no guarantee broke" : "BROKEN: ", is_good ? "" : world.why,
           (unsigned long long)totals->events, (unsigned long long)totals->hash);
    sim_service_close(&service);
    return is_good ? 0 : 1;
}

/* Where a world is told: its hash is that of what is told. */
static FILE *open_trace(bool is_quiet)
{
    return is_quiet ? fopen("/dev/null", "w") : stdout;
}

static int tell_one(const enum sim_action *actions, unsigned action_count, const struct sim_fault *plan,
                    unsigned plan_count, uint64_t seed, bool is_quiet)
{
    struct sim_totals totals = {0};

    signal(SIGABRT, crashed);
    if (!sim_service_open(&service)) {
        return 1;
    }
    return tell_end(play(actions, action_count, plan, plan_count, seed, open_trace(is_quiet), &totals),
                    &totals);
}

static int tell_script(const char *name, bool is_quiet)
{
    static struct sim_script script;
    struct sim_totals totals = {0};
    FILE *file = fopen(name, "r");

    if (!file || !sim_script_read(&script, file) || !sim_service_open(&service)) {
        fprintf(stderr, "sim: %s cannot be played\n", name);
        return 2;
    }
    fclose(file);
    return tell_end(sim_play_script(&world, &service, &script, open_trace(is_quiet), &totals, NULL), &totals);
}

static bool read_actions(char *text, enum sim_action *actions, unsigned *count)
{
    *count = 0;
    for (char *name = strtok(text, ","); name; name = strtok(NULL, ",")) {
        unsigned action = 0;
        while (action <= SIM_BAD_LAST && strcmp(name, sim_action_name((enum sim_action)action)) != 0) {
            action++;
        }
        if (action > SIM_BAD_LAST || *count == 2) {
            return false;
        }
        actions[(*count)++] = (enum sim_action)action;
    }
    return *count > 0;
}

/* 1 and more. */
static bool read_number(const char *text, uint64_t *number)
{
    char *end;
    *number = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && *number > 0;
}

static bool read_plan(char *text, struct sim_fault *plan, unsigned *count)
{
    *count = 0;
    for (char *pair = strtok(text, ","); pair; pair = strtok(NULL, ",")) {
        if (*count == SIM_PLAN_MAX || sscanf(pair, "%u:%u", &plan[*count].point, &plan[*count].option) !=
                                          2) { /* NOLINT(cert-err34-c) */
            return false;
        }
        ++*count;
    }
    return true;
}

int main(int argc, char **argv)
{
    enum {
        SHORT = 1,
        SINGLES,
        EXHAUSTIVE,
        SEEDS,
        FROM,
        SEED,
        SMALL,
        PLAN,
        WORKERS,
        QUIET,
        HASH,
        EACH,
        MATRIX,
        SHRINK,
        OUT,
        REPLAY,
        PLANT,
        HABIT,
        HABITS,
        HELP
    };
    static const struct option options[] = {{"short", no_argument, NULL, SHORT},
                                            {"singles", no_argument, NULL, SINGLES},
                                            {"exhaustive", no_argument, NULL, EXHAUSTIVE},
                                            {"seeds", required_argument, NULL, SEEDS},
                                            {"from", required_argument, NULL, FROM},
                                            {"seed", required_argument, NULL, SEED},
                                            {"small", required_argument, NULL, SMALL},
                                            {"plan", required_argument, NULL, PLAN},
                                            {"workers", required_argument, NULL, WORKERS},
                                            {"quiet", no_argument, NULL, QUIET},
                                            {"hash", no_argument, NULL, HASH},
                                            {"each", no_argument, NULL, EACH},
                                            {"matrix", no_argument, NULL, MATRIX},
                                            {"shrink", required_argument, NULL, SHRINK},
                                            {"out", required_argument, NULL, OUT},
                                            {"replay", required_argument, NULL, REPLAY},
                                            {"plant", required_argument, NULL, PLANT},
                                            {"habit", required_argument, NULL, HABIT},
                                            {"habits", no_argument, NULL, HABITS},
                                            {"help", no_argument, NULL, HELP},
                                            {0}};
    uint64_t seeds = 0, from = 1, seed = 0, shrink = 0;
    const char *script = NULL, *out = "shrunk.txt";
    bool is_single = false, is_exhaustive = false, is_quiet = false, has_matrix = false, has_habits = false,
         is_good = true, is_hash = false, is_each = false;
    enum sim_action actions[2];
    unsigned action_count = 0, plan_count = 0;
    struct sim_fault plan[SIM_PLAN_MAX];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned workers = cores > 0 && cores < WORKERS_MAX ? (unsigned)cores : 2;
    struct sim_totals sum = {0};

    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        bool is_known = true;
        switch (option) {
        case SHORT:
            break;
        case SINGLES:
            is_single = true;
            break;
        case EXHAUSTIVE:
            is_exhaustive = true;
            break;
        case SEEDS:
            is_known = read_number(optarg, &seeds);
            break;
        case FROM:
            is_known = read_number(optarg, &from);
            break;
        case SEED:
            is_known = read_number(optarg, &seed);
            break;
        case SMALL:
            is_known = read_actions(optarg, actions, &action_count);
            break;
        case PLAN:
            is_known = read_plan(optarg, plan, &plan_count);
            break;
        case WORKERS:
            workers = (unsigned)strtoul(optarg, NULL, 10);
            is_known = workers > 0 && workers <= WORKERS_MAX;
            break;
        case QUIET:
            is_quiet = true;
            break;
        case HASH:
            is_hash = true;
            break;
        case EACH:
            is_each = true;
            break;
        case MATRIX:
            has_matrix = true;
            break;
        case SHRINK:
            is_known = read_number(optarg, &shrink);
            break;
        case OUT:
            out = optarg;
            break;
        case REPLAY:
            script = optarg;
            break;
        case HABITS:
            has_habits = true;
            break;
        case HABIT:
            habit = (unsigned)strtoul(optarg, NULL, 10);
            is_known = habit < sim_option_count(SIM_CHOICE_HANDLER);
            break;
        case PLANT: /* for tests of the simulator */
            is_known = sim_plant(optarg);
            break;
        default:
            is_known = option == HELP || option == 'h';
            fputs(usage, is_known ? stdout : stderr);
            return is_known ? 0 : 2;
        }
        if (!is_known) {
            fprintf(stderr, "sim: cannot read '%s'\n%s", optarg, usage);
            return 2;
        }
    }
    if (is_hash) {
        return sim_hash_tell(from, seeds, is_each);
    }
    if (shrink > 0 || script) {
        return script ? tell_script(script, is_quiet) : sim_shrink(&world, &service, shrink, out);
    }
    if (seed > 0 || action_count > 0) {
        return tell_one(actions, action_count, plan, plan_count, seed, is_quiet);
    }
    bool is_short = seeds == 0 && !(is_exhaustive || is_single || has_habits);
    bool is_long = seeds > 0 && is_exhaustive;
    if (is_exhaustive || is_single) {
        is_good = run_exhaustive(is_exhaustive, is_exhaustive, workers, &sum);
    } else if (is_short) {
        is_good = run_exhaustive(SHORT_SECOND, 0, workers, &sum);
        is_good = run_habits(0, workers, &sum) && is_good;
    }
    if (is_exhaustive || is_single || has_habits) {
        is_good = run_habits(is_exhaustive || has_habits, workers, &sum) && is_good;
    }
    if (seeds > 0 || is_short) {
        is_good = run_random(from, seeds > 0 ? seeds : SHORT_SEEDS, workers, &sum) && is_good;
    }
    printf("all together: %llu worlds, %llu executions started\n", (unsigned long long)sum.worlds,
           (unsigned long long)sum.executions);
    sim_reach_tell(&sum);
    if (is_short || is_long) { /* the other forms are parts */
        printf("\n");
        is_good = sim_reach_check(&sum, is_long) && is_good;
    }
    if (has_matrix) {
        sim_reach_matrix(&sum);
    }
    return is_good ? 0 : 1;
}
