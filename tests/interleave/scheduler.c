/* SPDX-License-Identifier: MIT */
#include "interleave/scheduler.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#ifdef HAS_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#define STACK_BYTES   (256u * 1024u)
#define FIRST_MS      1000 /* the virtual clock's first reading */
#define NEVER         UINT64_MAX
#define BUSY_MAX      20000 /* points without a moment of time: somebody spins */
#define STARVED_MAX   8000  /* points at which a task could have run and did not, without a moment of time */
#define CHANGES       3     /* of priorities, in a drawn schedule */
#define CHANGES_AMONG 2000  /* at one of so many points */

enum state { READY, WAITS_FOR_SIGNAL, WAITS_FOR_MUTEX, SLEEPS, ENDED };

struct coroutine {
    ucontext_t context;
    const char *name;
    enum state state;
    bool is_device;
    unsigned priority; /* higher runs first, where the order says so */
    unsigned drawn;    /* the same in a drawn schedule */
    unsigned locks;    /* that it holds */
    uint64_t since;    /* READY: the step at which it became so */
    uint64_t until_ms; /* of a wait; NEVER: without end */
    const struct port_signal *signal;
    const struct port_mutex *mutex;
    const char *doing;
    void (*entry)(void *ctx);
    void *ctx;
    void *fake_stack; /* the sanitizer's */
};

static void *stacks[COROUTINES_MAX];

static struct {
    struct coroutine coroutines[COROUTINES_MAX];
    unsigned count;
    struct coroutine *running;
    ucontext_t outside;
    void *outside_fake_stack;
    const void *outside_stack;
    size_t outside_stack_len;
    const struct schedule *schedule;
    struct outcome *outcome;
    void (*play)(void);
    unsigned next_deviation;
    uint64_t now_ms, step, busy_since;
    uint64_t random, schedule_random;
    uint64_t changes[CHANGES];
    bool is_told;
} world;

/* ---- numbers */

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

uint32_t scheduler_random(void)
{
    const uint64_t low =
        next_random(&world.random); /* which of two calls in one expression comes first is the compiler's */
    return (uint32_t)(low ^ next_random(&world.random) << 16);
}

uint64_t scheduler_now_ms(void)
{
    return world.now_ms;
}

bool scheduler_is_told(void)
{
    return world.is_told;
}

static void mix(uint64_t value)
{
    world.outcome->hash = (world.outcome->hash ^ value) * 1099511628211u;
}

static void mix_text(const char *text)
{
    for (; *text; text++) {
        mix((unsigned char)*text);
    }
}

void scheduler_note(const char *what, uint64_t value)
{
    mix_text(what);
    mix(value);
    if (world.is_told) {
        printf("%9.3f  %-8s    %s %llu\n", (double)world.now_ms / 1000, world.running->name, what,
               (unsigned long long)value);
    }
}

void scheduler_mix(const void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        mix(((const unsigned char *)bytes)[i]);
    }
}

/* ---- switching */

static void begin_switch(void **fake_stack, const void *stack, size_t len)
{
#ifdef HAS_ASAN
    __sanitizer_start_switch_fiber(fake_stack, stack, len);
#else
    (void)fake_stack, (void)stack, (void)len;
#endif
}

static void end_switch(void *fake_stack)
{
#ifdef HAS_ASAN
    const void *stack;
    size_t len;
    __sanitizer_finish_switch_fiber(fake_stack, &stack, &len);
    if (!world.outside_stack) {
        world.outside_stack = stack;
        world.outside_stack_len = len;
    }
#else
    (void)fake_stack;
#endif
}

static void *stack_of(const struct coroutine *coroutine)
{
    return stacks[coroutine - world.coroutines];
}

/* The world is over. */
_Noreturn static void leave(void)
{
    begin_switch(NULL, world.outside_stack, world.outside_stack_len);
    setcontext(&world.outside);
    abort();
}

static void run(struct coroutine *next)
{
    struct coroutine *before = world.running;
    if (next == before) {
        return;
    }
    world.running = next;
    world.outcome->switches++;
    begin_switch(before->state == ENDED ? NULL : &before->fake_stack, stack_of(next), STACK_BYTES);
    swapcontext(&before->context, &next->context);
    end_switch(before->fake_stack);
}

_Noreturn void scheduler_find(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(world.outcome->text, sizeof(world.outcome->text), format, args);
    va_end(args);
    for (unsigned i = 0; i < world.count && len >= 0 && (size_t)len < sizeof(world.outcome->text); i++) {
        static const char *const states[] = {"could run", "waits", "waits for a lock", "sleeps", "has ended"};
        const struct coroutine *c = &world.coroutines[i];
        if (c->state != ENDED) {
            len += snprintf(world.outcome->text + len, sizeof(world.outcome->text) - (size_t)len,
                            "\n      %-8s %s: %s", c->name,
                            c == &world.coroutines[0] ? "plays" : states[c->state], c->doing);
        }
    }
    world.outcome->finding = world.outcome->text;
    leave();
}

/* ---- deciding */

static bool comes_before(const struct coroutine *a, const struct coroutine *b)
{
    if (world.schedule->order == ORDER_PRIORITY) {
        return a->priority != b->priority ? a->priority > b->priority : a->since < b->since;
    }
    if (world.schedule->order == ORDER_UPSIDE_DOWN) {
        return a->priority != b->priority ? a->priority < b->priority : a->since < b->since;
    }
    return a == world.running || (b != world.running && a->since < b->since);
}

/* Those that could run, in the world's order. */
static unsigned collect(struct coroutine *ready[COROUTINES_MAX])
{
    unsigned count = 0;
    for (unsigned i = 0; i < world.count; i++) {
        struct coroutine *c = &world.coroutines[i];
        if (c->state != READY) {
            continue;
        }
        unsigned at = count++;
        for (; at > 0 && comes_before(c, ready[at - 1]); at--) {
            ready[at] = ready[at - 1];
        }
        ready[at] = c;
    }
    return count;
}

static void become_ready(struct coroutine *coroutine)
{
    coroutine->state = READY;
    coroutine->since = world.step;
}

/* Nobody can run: the next one whose time comes. */
static void let_time_pass(void)
{
    uint64_t next_ms = NEVER;
    for (unsigned i = 0; i < world.count; i++) {
        const struct coroutine *c = &world.coroutines[i];
        bool waits = c->state == WAITS_FOR_SIGNAL || c->state == SLEEPS;
        next_ms = waits && c->until_ms < next_ms ? c->until_ms : next_ms;
    }
    if (next_ms == NEVER) {
        scheduler_find("deadlock");
    }
    world.now_ms = next_ms > world.now_ms ? next_ms : world.now_ms;
    world.busy_since = world.step;
    mix(world.now_ms);
    for (unsigned i = 0; i < world.count; i++) {
        struct coroutine *c = &world.coroutines[i];
        if ((c->state == WAITS_FOR_SIGNAL || c->state == SLEEPS) && c->until_ms <= world.now_ms) {
            become_ready(c);
        }
    }
}

static void take_deviation(uint32_t point, unsigned choice)
{
    struct outcome *outcome = world.outcome;
    if (outcome->taken_count < DEVIATIONS_MAX) {
        outcome->taken[outcome->taken_count++] = (struct deviation){point, (uint8_t)choice};
    }
}

/* A drawn schedule: the highest of the drawn priorities runs; at a few points, whoever would run becomes the lowest (PCT, Burckhardt
 * and others 2010). */
static unsigned draw(struct coroutine *const ready[], unsigned count)
{
    unsigned choice = 0;
    for (unsigned i = 1; i < count; i++) {
        choice = ready[i]->drawn > ready[choice]->drawn ? i : choice;
    }
    for (unsigned i = 0; i < CHANGES; i++) {
        if (world.changes[i] == world.outcome->points) {
            ready[choice]->drawn = i;
        }
    }
    return choice;
}

static unsigned planned(uint32_t point)
{
    const struct schedule *schedule = world.schedule;
    if (world.next_deviation == schedule->count ||
        schedule->deviations[world.next_deviation].point != point) {
        return 0;
    }
    return schedule->deviations[world.next_deviation++].choice;
}

static struct coroutine *choose(struct coroutine *const ready[], unsigned count)
{
    if (count == 1) {
        return ready[0];
    }
    const uint32_t point = world.outcome->points++;
    if (point >= POINTS_MAX) {
        scheduler_find("more than %d decisions: the world does not come to rest", POINTS_MAX);
    }
    world.outcome->alternatives[point] = (uint8_t)count;
    const unsigned choice = (world.schedule->random ? draw(ready, count) : planned(point)) % count;
    if (choice > 0) {
        take_deviation(point, choice);
    }
    return ready[choice];
}

static void look_for_those_who_never_run(struct coroutine *const ready[], unsigned count)
{
    if (world.step - world.busy_since > BUSY_MAX) {
        scheduler_find("%s spins: time stands still for %d points", world.running->name, BUSY_MAX);
    }
    for (unsigned i = 0; i < count; i++) {
        const uint64_t since = ready[i]->since > world.busy_since ? ready[i]->since : world.busy_since;
        if (world.step - since > STARVED_MAX) {
            scheduler_find("%s starves: it could run, and others do, for %d points", ready[i]->name,
                           STARVED_MAX);
        }
    }
}

/* Who runs now? The caller's own state says whether it can. */
static void reschedule(void)
{
    struct coroutine *ready[COROUTINES_MAX];
    unsigned count = collect(ready);
    world.step++;
    while (count == 0) {
        let_time_pass();
        count = collect(ready);
    }
    look_for_those_who_never_run(ready, count);
    struct coroutine *next = choose(ready, count);
    mix((uint64_t)(next - world.coroutines));
    run(next);
    world.running->since = world.step;
}

/* ---- from inside */

static void tell(const char *what)
{
    world.running->doing = what;
    mix_text(what);
    if (world.is_told) {
        printf("%9.3f  %-8s  %s\n", (double)world.now_ms / 1000, world.running->name, what);
    }
}

void scheduler_point(const char *what)
{
    world.running->doing = what;
    reschedule();
    tell(what);
}

static void wait_until(enum state state, uint64_t until_ms, const char *what)
{
    world.running->state = state;
    world.running->until_ms = until_ms;
    world.running->doing = what;
    reschedule();
}

static uint64_t end_of(uint32_t timeout_ms)
{
    return timeout_ms == UINT32_MAX ? NEVER : world.now_ms + timeout_ms;
}

bool scheduler_wait(struct port_signal *signal, uint32_t timeout_ms, const char *what)
{
    scheduler_check_no_lock(what);
    scheduler_point(what);
    const uint64_t until_ms = end_of(timeout_ms);
    while (!signal->is_set) {
        if (timeout_ms == 0 || (until_ms != NEVER && world.now_ms >= until_ms)) {
            return false;
        }
        world.running->signal = signal;
        wait_until(WAITS_FOR_SIGNAL, until_ms, what);
    }
    signal->is_set = false;
    return true;
}

/* Wakes the one that has waited longest: whoever takes the signal first has it. */
void scheduler_wake(struct port_signal *signal)
{
    signal->is_set = true;
    struct coroutine *waiter = NULL;
    for (unsigned i = 0; i < world.count; i++) {
        struct coroutine *c = &world.coroutines[i];
        if (c->state == WAITS_FOR_SIGNAL && c->signal == signal && (!waiter || c->since < waiter->since)) {
            waiter = c;
        }
    }
    if (waiter) {
        become_ready(waiter);
    }
}

void scheduler_set(struct port_signal *signal)
{
    scheduler_point("sets a signal");
    scheduler_wake(signal);
}

void scheduler_lock(struct port_mutex *mutex)
{
    scheduler_point("locks");
    if (mutex->owner == world.running) {
        scheduler_find("%s takes a lock that it holds", world.running->name);
    }
    while (mutex->owner) {
        world.running->mutex = mutex;
        wait_until(WAITS_FOR_MUTEX, NEVER, "waits for a lock");
    }
    mutex->owner = world.running;
    world.running->locks++;
}

/* No point: what follows is the task's own until its next call, and that is one. */
void scheduler_unlock(struct port_mutex *mutex)
{
    if (mutex->owner != world.running) {
        scheduler_find("%s gives up a lock that it does not hold", world.running->name);
    }
    mutex->owner = NULL;
    world.running->locks--;
    for (unsigned i = 0; i < world.count; i++) {
        struct coroutine *c = &world.coroutines[i];
        if (c->state == WAITS_FOR_MUTEX && c->mutex == mutex) {
            become_ready(c);
        }
    }
}

void scheduler_sleep(uint32_t ms)
{
    scheduler_check_no_lock("sleeps");
    tell("sleeps");
    wait_until(ms ? SLEEPS : READY, world.now_ms + ms, "sleeps");
}

void scheduler_check_no_lock(const char *where)
{
    if (world.running->locks > 0) {
        scheduler_find("%s holds a lock while it %s", world.running->name, where);
    }
}

/* ---- coroutines */

static void enter(unsigned index)
{
    end_switch(NULL);
    struct coroutine *self = &world.coroutines[index];
    self->entry(self->ctx);
    scheduler_check_no_lock("ends");
    self->state = ENDED;
    reschedule();
    abort(); /* nobody runs what has ended */
}

static struct coroutine *free_coroutine(void)
{
    for (unsigned i = 0; i < world.count; i++) {
        if (world.coroutines[i].state == ENDED && &world.coroutines[i] != world.running) {
            return &world.coroutines[i];
        }
    }
    return world.count < COROUTINES_MAX ? &world.coroutines[world.count++] : NULL;
}

/* `made` is static because a compiler must expect getcontext to return twice. */
static void make_context(unsigned index)
{
    static ucontext_t *made;
    made = &world.coroutines[index].context;
    getcontext(made);
    made->uc_stack.ss_sp = stacks[index];
    made->uc_stack.ss_size = STACK_BYTES;
    made->uc_link = NULL;
    makecontext(made, (void (*)(void))enter, 1, index);
}

static struct coroutine *make(const char *name, unsigned priority, bool is_device, void (*entry)(void *ctx),
                              void *ctx)
{
    struct coroutine *c = free_coroutine();
    if (!c) {
        scheduler_find("more than %d tasks", COROUTINES_MAX);
    }
    *c = (struct coroutine){.name = name,
                            .is_device = is_device,
                            .priority = priority,
                            .doing = "begins",
                            .entry = entry,
                            .ctx = ctx};
    if (world.schedule->random) {
        c->drawn = CHANGES + (unsigned)(next_random(&world.schedule_random) % 1000);
    }
#ifdef HAS_ASAN
    ASAN_UNPOISON_MEMORY_REGION(stack_of(c), STACK_BYTES);
#endif
    make_context((unsigned)(c - world.coroutines));
    become_ready(c);
    return c;
}

void scheduler_start(const char *name, unsigned priority, bool is_device, void (*entry)(void *ctx), void *ctx)
{
    make(name, priority, is_device, entry, ctx);
    scheduler_point("starts a task");
}

void scheduler_end_device(void)
{
    for (unsigned i = 0; i < world.count; i++) {
        if (world.coroutines[i].is_device) {
            world.coroutines[i].state = ENDED;
        }
    }
    if (world.running->is_device) {
        reschedule();
        abort(); /* nobody runs what has ended */
    }
}

/* ---- a world */

static void play(void *ctx)
{
    (void)ctx;
    world.play();
    leave();
}

static void prepare(const struct schedule *schedule, struct outcome *outcome)
{
    uint8_t *alternatives = outcome->alternatives;
    memset(outcome, 0, sizeof(*outcome));
    outcome->alternatives = alternatives;
    outcome->hash = 14695981039346656037u;
    memset(&world, 0, sizeof(world));
    world.schedule = schedule;
    world.outcome = outcome;
    world.now_ms = FIRST_MS;
    world.random = 1;
    world.schedule_random = schedule->random;
    for (unsigned i = 0; i < CHANGES && schedule->random; i++) {
        world.changes[i] = next_random(&world.schedule_random) % CHANGES_AMONG;
    }
    for (unsigned i = 0; i < COROUTINES_MAX && !stacks[i]; i++) {
        stacks[i] =
            mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
        if (stacks[i] == MAP_FAILED) {
            perror("mmap");
            abort();
        }
    }
}

void scheduler_play(const struct schedule *schedule, struct outcome *outcome, void (*played)(void),
                    bool is_told)
{
    prepare(schedule, outcome);
    world.play = played;
    world.is_told = is_told;
    struct coroutine *first = make("world", 0, false, play, NULL);
    static volatile bool is_over;
    is_over = false;
    getcontext(&world.outside);
    if (!is_over) {
        is_over = true;
        world.running = first;
        begin_switch(&world.outside_fake_stack, stack_of(first), STACK_BYTES);
        setcontext(&first->context);
    }
    end_switch(world.outside_fake_stack);
}
