/* SPDX-License-Identifier: MIT */
/* From a random world that breaks to the shortest one that breaks in the same way: fewer faults, devices and jobs, an earlier end. Each
 * try is played in a process of its own, so that a crash or an endless loop is a result like others. */
#include "sim/world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRY_SECONDS 20
#define TRIES_MAX   6000
#define HURRY_MAX   40 /* with more faults than that leave out plainly */

/* What came of a try, in memory that outlives it. */
struct result {
    bool is_good;
    const char *kind; /* of violation; NULL: none, or a crash */
    uint64_t ended_ms;
    uint32_t points; /* where something could go wrong */
    int status;      /* of the process, when it has not ended by itself */
    char why[256];
    struct sim_job jobs[SIM_JOBS];
    struct sim_script script; /* as it was played */
};

struct shrinker {
    struct sim_world *world;
    struct sim_service *service;
    struct result *result;
    struct result first;      /* what is looked for */
    struct sim_script script; /* the shortest so far that breaks so */
    struct sim_script trial;
    unsigned tries;
};

static struct shrinker shrinker; /* too large for a stack */

bool sim_play_script(struct sim_world *w, struct sim_service *service, struct sim_script *script, FILE *trace,
                     struct sim_totals *totals, struct sim_job *jobs)
{
    memset(w, 0, sizeof *w);
    w->totals = totals;
    w->trace = trace;
    w->script = script;
    totals->hash = 14695981039346656037u;
    for (unsigned i = 0; i < script->note_count; i++) {
        script->notes[i].is_done = false;
    }
    memset(script->asked_ms, 0, sizeof script->asked_ms);
    sim_chooser_seed(&w->chooser, script->seed);
    sim_world_random(w, service);
    if (jobs) {
        memcpy(jobs, w->jobs, sizeof w->jobs);
    }
    return sim_world_run(w);
}

/* In the child. */
_Noreturn static void play(struct shrinker *s)
{
    struct sim_totals totals = {0};
    struct result *r = s->result;

    signal(SIGABRT, SIG_DFL);
    if (!freopen("/dev/null", "w", stderr)) { /* an assertion would talk, try after try */
        _exit(2);
    }
    alarm(TRY_SECONDS);
    r->is_good = sim_play_script(s->world, s->service, &r->script, NULL, &totals, r->jobs);
    r->ended_ms = s->world->now_ms;
    r->points = s->world->chooser.points;
    r->kind = r->is_good ? NULL : s->world->kind;
    memcpy(r->why, s->world->why, sizeof r->why);
    _exit(0);
}

static bool try(struct shrinker *s, const struct sim_script *script)
{
    struct result *r = s->result;
    int status = 0;

    s->tries++;
    memset(r, 0, offsetof(struct result, script));
    r->script = *script;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        play(s);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return false;
    }
    r->status = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (r->status != 0) {
        snprintf(r->why, sizeof r->why, "it ends with signal %d", r->status);
    }
    return true;
}

/* The trial breaks as the first world did: then it is the shortest so far. */
static bool is_shorter(struct shrinker *s)
{
    if (s->tries >= TRIES_MAX || !try(s, &s->trial) || s->result->kind != s->first.kind ||
        s->result->status != s->first.status || s->result->is_good) {
        return false;
    }
    s->script = s->trial;
    s->first.ended_ms = s->result->ended_ms;
    memcpy(s->first.why, s->result->why, sizeof s->first.why);
    return true;
}

/* Chunks of faults are left out, from half of them down to one at a time. */
static bool drop_faults(struct shrinker *s)
{
    bool is_any = false;
    unsigned chunk = s->script.note_count;

    while (chunk > 0) {
        bool is_less = false;
        for (unsigned at = 0; at < s->script.note_count;) {
            unsigned count = s->script.note_count - at < chunk ? s->script.note_count - at : chunk;
            s->trial = s->script;
            s->trial.note_count -= count;
            memmove(&s->trial.notes[at], &s->trial.notes[at + count],
                    (s->trial.note_count - at) * sizeof s->trial.notes[0]);
            if (is_shorter(s)) {
                is_less = true;
            } else {
                at += count;
            }
        }
        is_any = is_any || is_less;
        chunk = chunk > 1 ? (chunk + 1) / 2 : is_less; /* one at a time until nothing goes any more */
    }
    return is_any;
}

/* One bit after the other. */
static bool drop_bits(struct shrinker *s, unsigned *bits, unsigned *trial_bits)
{
    bool is_any = false;

    for (unsigned i = 0; i < 32; i++) {
        if (*bits >> i & 1 && *bits != 1u << i) {
            s->trial = s->script;
            *trial_bits &= ~(1u << i);
            is_any = is_shorter(s) || is_any;
        }
    }
    return is_any;
}

static bool drop_burden(struct shrinker *s, const bool *burden, bool *trial_burden, bool value)
{
    if (*burden == value) {
        return false;
    }
    s->trial = s->script;
    *trial_burden = value;
    return is_shorter(s);
}

static bool drop_burdens(struct shrinker *s)
{
    bool is_any = drop_burden(s, &s->script.is_deaf, &s->trial.is_deaf, false);

    is_any = drop_burden(s, &s->script.has_policy, &s->trial.has_policy, false) || is_any;
    return drop_burden(s, &s->script.is_soon, &s->trial.is_soon, true) || is_any;
}

static void hurry(struct sim_note *note, uint64_t at_ms)
{
    if (note->at_ms > at_ms) {
        note->at_ms = at_ms;
        note->ordinal = 0;
    }
}

/* A fault may have mattered only because time has passed with it: without it, what follows may come earlier. */
static bool drop_and_hurry(struct shrinker *s)
{
    bool is_any = false;

    for (unsigned at = 0; at < s->script.note_count && s->script.note_count <= HURRY_MAX;) {
        uint64_t before_ms = at > 0 ? s->script.notes[at - 1].at_ms : 0;
        s->trial = s->script;
        s->trial.note_count--;
        memmove(&s->trial.notes[at], &s->trial.notes[at + 1],
                (s->trial.note_count - at) * sizeof s->trial.notes[0]);
        for (unsigned i = at; i < s->trial.note_count; i++) {
            hurry(&s->trial.notes[i], before_ms);
        }
        if (is_shorter(s)) {
            is_any = true;
        } else {
            at++;
        }
    }
    return is_any;
}

static int by_time(const void *a, const void *b)
{
    const struct sim_note *x = a, *y = b;
    return x->at_ms != y->at_ms       ? (x->at_ms > y->at_ms) - (x->at_ms < y->at_ms)
           : x->ordinal != y->ordinal ? (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal)
                                      : (x > y) - (x < y);
}

/* What has not happened is left out; what has, gets the time when it did. */
static void settle(struct shrinker *s)
{
    unsigned count = 0;

    if (!try(s, &s->script)) {
        return;
    }
    s->trial = s->result->script;
    for (unsigned i = 0; i < s->trial.note_count; i++) {
        if (s->trial.notes[i].is_done) {
            s->trial.notes[count++] = s->trial.notes[i];
        }
    }
    s->trial.note_count = count;
    qsort(s->trial.notes, count, sizeof s->trial.notes[0], by_time);
    is_shorter(s);
}

/* What breaks a queue of jobs often breaks one: a single job in the first seconds, and the last faults soon behind it. */
static bool leap(struct shrinker *s)
{
    static const uint32_t behind_ms[] = {6055, 6100, 6300, 7000, 10000, 20000, 40000, 80000, 160000, 640000};
    unsigned jobs = s->script.jobs;

    for (unsigned try = 0; try < SIM_JOBS * 2 * 10; try++) {
        unsigned job = try / 20, keep = 1 + try % 2, at = try / 2 % 10, count = s->script.note_count;
        if (!(jobs >> job & 1) || count < keep || (jobs == 1u << job && count == keep)) {
            continue;
        }
        s->trial = s->script;
        s->trial.jobs = 1u << job;
        s->trial.is_soon = true;
        s->trial.note_count = keep;
        for (unsigned i = 0; i < keep; i++) {
            s->trial.notes[i] = s->script.notes[count - keep + i];
            hurry(&s->trial.notes[i], behind_ms[at]);
        }
        if (is_shorter(s)) {
            return true;
        }
    }
    return false;
}

static void end_earlier(struct shrinker *s)
{
    uint64_t earliest_ms = 1000;

    s->trial = s->script;
    s->trial.calm_ms = s->first.ended_ms + 1;
    if (s->trial.calm_ms < s->script.calm_ms) {
        is_shorter(s);
    }
    while (earliest_ms + 1000 < s->script.calm_ms) {
        s->trial = s->script;
        s->trial.calm_ms = earliest_ms + (s->script.calm_ms - earliest_ms) / 2;
        if (!is_shorter(s)) {
            earliest_ms = s->trial.calm_ms;
        }
    }
}

static unsigned count_bits(unsigned bits)
{
    unsigned count = 0;
    for (; bits; bits &= bits - 1) {
        count++;
    }
    return count;
}

static void tell_job(const struct sim_job *job)
{
    printf("%10.3f s  %-6s is created, %s, for", (double)job->due_ms / 1000, job->id,
           sim_action_name(job->action));
    for (unsigned d = 0; d < SIM_DEVICES; d++) {
        if (job->devices >> d & 1) {
            printf(" lamp%u", d);
        }
    }
    printf("\n");
}

static void tell_note(const struct sim_note *n)
{
    enum sim_choice choice = (enum sim_choice)n->choice;

    if (n->job != SIM_NO_JOB) {
        printf("%10.3f s  job-%-2u ", (double)n->at_ms / 1000, n->job);
    } else if (sim_is_of_device(choice, n->option)) {
        printf("%10.3f s  lamp%u  ", (double)n->at_ms / 1000, n->device);
    } else {
        printf("%10.3f s  all    ", (double)n->at_ms / 1000);
    }
    printf("%s: %s\n", sim_choice_text(choice), sim_option_text(choice, n->option));
}

/* Jobs and faults in the order of time. */
static void tell_table(const struct sim_script *script, const struct sim_job *jobs)
{
    unsigned left = script->jobs, at = 0;

    printf("%12s  %-6s %s\n", "when", "who", "what");
    for (;;) {
        unsigned next = SIM_JOBS;
        for (unsigned i = 0; i < SIM_JOBS; i++) {
            if (left >> i & 1 && jobs[i].devices &&
                (next == SIM_JOBS || jobs[i].due_ms < jobs[next].due_ms)) {
                next = i;
            }
        }
        bool is_job =
            next < SIM_JOBS && (at == script->note_count || jobs[next].due_ms <= script->notes[at].at_ms);
        if (is_job) {
            tell_job(&jobs[next]);
            left &= ~(1u << next);
        } else if (at < script->note_count) {
            tell_note(&script->notes[at++]);
        } else {
            break;
        }
    }
    printf("%10.3f s  all    nothing goes wrong any more\n", (double)script->calm_ms / 1000);
}

static void tell(struct shrinker *s, const struct sim_script *whole, const char *out)
{
    const struct sim_script *script = &s->script;

    printf("%u of %u faults, %u of %u devices, %u of %u jobs are left; %u tries\n\nBROKEN: %s\n\n",
           script->note_count, whole->note_count, count_bits(script->devices), count_bits(whole->devices),
           count_bits(script->jobs), count_bits(whole->jobs), s->tries, s->first.why);
    tell_table(script, s->result->jobs);
    printf("\n  replay: sim --replay %s\n", out);
}

static bool write_out(const struct sim_script *script, const char *out)
{
    FILE *file = fopen(out, "w");
    if (!file) {
        return false;
    }
    sim_script_write(script, file);
    return fclose(file) == 0;
}

static void shrink(struct shrinker *s)
{
    bool is_any = true;

    while (is_any && s->tries < TRIES_MAX) {
        is_any = drop_bits(s, &s->script.devices, &s->trial.devices);
        is_any = drop_bits(s, &s->script.jobs, &s->trial.jobs) || is_any;
        is_any = drop_faults(s) || is_any;
        is_any = drop_burdens(s) || is_any;
        is_any = drop_and_hurry(s) || is_any;
        settle(s);
        is_any = is_any || leap(s);
    }
    end_earlier(s);
    settle(s);
}

int sim_shrink(struct sim_world *w, struct sim_service *service, uint64_t seed, const char *out)
{
    struct shrinker *s = &shrinker;
    static struct sim_script whole;

    s->world = w;
    s->service = service;
    s->result = mmap(NULL, sizeof *s->result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    s->trial.seed = seed;
    if (s->result == MAP_FAILED || !sim_service_open(service) || !try(s, &s->trial)) {
        return 2;
    }
    if (s->result->is_good) {
        printf("no guarantee broke\n");
        return 0;
    }
    s->first = *s->result;
    whole = s->trial = s->result->script;
    s->trial.is_replay = true;
    bool is_same = !whole.is_too_long && is_shorter(s) && s->result->ended_ms == s->first.ended_ms &&
                   s->result->points == s->first.points;
    if (!is_same) {
        printf("BROKEN: %s\n  its faults, written down, are another world\n  replay: sim --seed %llu\n",
               s->first.why, (unsigned long long)seed);
        return 1;
    }
    shrink(s);
    try(s, &s->script); /* once more: its jobs */
    if (!write_out(&s->script, out)) {
        perror(out);
        return 2;
    }
    tell(s, &whole, out);
    return 1;
}
