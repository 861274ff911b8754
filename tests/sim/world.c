/* SPDX-License-Identifier: MIT */
/* The clock, the events and the network of a world, and how it begins and ends. */
#include "sim/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BROKER_DOWN_MS   5000
#define CLOCK_AT_BOOT_MS 1000
#define EVENTS_MAX       200000u
#define WEEKS_MS         (21ull * 24 * 60 * SIM_TIME_MIN + 12345)
#define END_MS           (6 * 60 * SIM_TIME_MIN) /* after the last fault, and an hour more for each job */

/* ---- failing and telling */

void sim_fail(struct sim_world *w, const char *format, ...)
{
    va_list args;
    w->kind = format;
    va_start(args, format);
    vsnprintf(w->why, sizeof w->why, format, args);
    va_end(args);
    longjmp(*w->failed, 1);
}

uint64_t sim_hash(const char *text)
{
    uint64_t hash = 14695981039346656037u;
    for (; *text; text++) {
        hash = (hash ^ (uint8_t)*text) * 1099511628211u;
    }
    return hash;
}

static void mix(struct sim_world *w, uint64_t value)
{
    w->totals->hash = (w->totals->hash ^ value) * 1099511628211u;
}

void sim_mix(struct sim_world *w, const void *bytes, size_t len)
{
    for (size_t i = 0; w->trace && i < len; i++) {
        mix(w, ((const uint8_t *)bytes)[i]);
    }
}

void sim_trace(struct sim_world *w, const char *format, ...)
{
    char line[1200];
    va_list args;

    if (!w->trace) {
        return;
    }
    int len = snprintf(line, sizeof line, "%6llu.%03u ", (unsigned long long)(w->now_ms / 1000),
                       (unsigned)(w->now_ms % 1000));
    va_start(args, format);
    vsnprintf(line + len, sizeof line - (size_t)len, format, args);
    va_end(args);
    fprintf(w->trace, "%s\n", line);
    sim_mix(w, line, strlen(line));
}

unsigned sim_happens(struct sim_world *w, struct sim_device *d, enum sim_choice choice, uint32_t allowed)
{
    uint32_t point = w->chooser.points;
    unsigned option = w->script ? sim_script_choose(w->script, w, d, choice, allowed | 1)
                                : sim_choose(&w->chooser, choice, allowed | 1);
    if (w->trace) {
        mix(w, w->now_ms);
        mix(w, (uint64_t)choice << 8 | option);
    }
    if (option > 0) {
        w->last_fault_ms = w->now_ms;
        sim_reach_fault(w, d, choice, option);
        sim_trace(w, "**** %u: %s: %s", point, sim_choice_text(choice), sim_option_text(choice, option));
    }
    return option;
}

/* ---- events */

struct sim_event *sim_post(struct sim_world *w, enum sim_event_kind kind, unsigned device, uint64_t in_ms)
{
    sim_check(w, w->event_count < SIM_EVENTS, "too many events at once");
    struct sim_event *event = &w->events[w->event_count++];
    *event = (struct sim_event){
        .at_ms = w->now_ms + in_ms, .serial = w->serial++, .kind = kind, .device = (uint8_t)device};
    return event;
}

struct sim_event *sim_post_message(struct sim_world *w, enum sim_event_kind kind, unsigned device,
                                   unsigned connection, uint64_t in_ms, const char *topic,
                                   const char *payload, size_t len)
{
    struct sim_event *event = sim_post(w, kind, device, in_ms);
    size_t topic_len = strlen(topic);
    event->epoch = connection;
    event->topic = malloc(topic_len + len + 2);
    sim_check(w, event->topic != NULL, "out of memory");
    memcpy(event->topic, topic, topic_len + 1);
    event->payload = event->topic + topic_len + 1;
    memcpy(event->payload, payload, len);
    event->payload[len] = '\0';
    event->payload_len = len;
    event->sent_ms = w->now_ms;
    sim_mix(w, event->topic, topic_len + 1 + len);
    return event;
}

static void forget_event(struct sim_world *w, unsigned index)
{
    free(w->events[index].topic);
    w->events[index] = w->events[--w->event_count];
}

static void forget_messages(struct sim_world *w)
{
    for (unsigned i = w->event_count; i > 0; i--) {
        if (w->events[i - 1].topic) {
            forget_event(w, i - 1);
        }
    }
}

static unsigned first_event(const struct sim_world *w)
{
    unsigned first = 0;
    for (unsigned i = 1; i < w->event_count; i++) {
        const struct sim_event *a = &w->events[i], *b = &w->events[first];
        if (a->at_ms < b->at_ms || (a->at_ms == b->at_ms && a->serial < b->serial)) {
            first = i;
        }
    }
    return first;
}

static void dispatch(struct sim_world *w, const struct sim_event *event)
{
    struct sim_device *d = &w->devices[event->device];
    bool is_of_boot = d->is_on && event->epoch == d->boots;
    bool is_of_connection = d->is_on && event->epoch == d->connection;

    if (event->kind == SIM_EVENT_BOOT && !d->is_on) {
        sim_device_boot(d);
    } else if (event->kind == SIM_EVENT_REGISTER && is_of_boot) {
        sim_device_register(d);
    } else if (event->kind == SIM_EVENT_APPLICATION && is_of_boot) {
        sim_application_step(d);
    } else if (event->kind == SIM_EVENT_WORK && is_of_boot) {
        sim_application_work_done(d);
    } else if (event->kind == SIM_EVENT_CALLBACK && is_of_boot) {
        sim_application_called_back(d, event->value);
    } else if (event->kind == SIM_EVENT_OPENED && is_of_connection) {
        sim_device_opened(d);
    } else if (event->kind == SIM_EVENT_PUBACK && is_of_connection && d->is_connected) {
        sim_traffic_acknowledged(d, event->value);
        sim_device_wake(d); /* a turn: time may have leapt */
    } else if (event->kind == SIM_EVENT_OWN_SUBACK && is_of_connection && d->is_connected) {
        sim_listening_answered(d, event->value);
        sim_device_wake(d);
    } else if (event->kind == SIM_EVENT_SUBACK && is_of_connection && d->is_connected) {
        sim_device_suback(d, event->value);
    } else if (event->kind == SIM_EVENT_TO_DEVICE && is_of_connection && d->is_connected) {
        sim_device_message(d, event);
    } else if (event->kind == SIM_EVENT_TO_SERVICE) {
        sim_service_request(w, event); /* also of a connection that is gone: it was on its way */
    } else if (event->kind == SIM_EVENT_CREATE) {
        sim_service_create(w, &w->jobs[event->value]);
    }
}

/* ---- what goes wrong between two events */

static void cut_all(struct sim_world *w)
{
    for (unsigned i = 0; i < w->device_count; i++) {
        sim_device_cut(&w->devices[i], false);
    }
}

static void restart_broker(struct sim_world *w)
{
    w->service->broker_up_ms = w->now_ms + BROKER_DOWN_MS;
    forget_messages(w);
    cut_all(w);
    sim_service_broker_started(w);
}

static struct sim_job *written_victim(struct sim_world *w)
{
    unsigned job = sim_script_victim(w->script);
    return job < w->job_count && w->jobs[job].is_created ? &w->jobs[job] : NULL;
}

/* One that a device has in hand, if there is any: there it hurts most. */
static struct sim_job *victim(struct sim_world *w)
{
    if (w->script && w->script->is_replay) {
        return written_victim(w);
    }
    const struct sim_device *d = &w->devices[sim_dice(&w->chooser, SIM_STREAM_WHO, w->device_count)];
    struct sim_job *newest = NULL;

    for (unsigned i = 0; i < w->job_count; i++) {
        struct sim_job *job = &w->jobs[i];
        if (!job->is_created) {
            continue;
        }
        if (d->is_on && d->engine.execution.state != JOBS_IDLE &&
            strcmp(d->engine.execution.identity.job_id, job->id) == 0 &&
            sim_dice(&w->chooser, SIM_STREAM_WHO, 4) == 0) {
            return job;
        }
        if (!newest || sim_dice(&w->chooser, SIM_STREAM_WHO, 3) > 0) {
            newest = job;
        }
    }
    return newest;
}

static void operate(struct sim_world *w, unsigned option)
{
    struct sim_job *job = victim(w);
    if (!job) {
        return;
    }
    if (w->script) {
        sim_script_hits(w->script, (unsigned)(job - w->jobs));
    }
    if (option == SIM_STEP_CANCEL || option == SIM_STEP_CANCEL_FORCED) {
        sim_service_cancel(w, job, option == SIM_STEP_CANCEL_FORCED);
        return;
    }
    if (sim_service_delete(w, job) && option == SIM_STEP_DELETE_CREATE) {
        sim_post(w, SIM_EVENT_CREATE, 0, 700)->value = (unsigned)(job - w->jobs);
    }
}

/* Nothing happens for weeks, but what has to; the operator goes on afterwards. Whatever was on its way is that late. */
static void pass_weeks(struct sim_world *w)
{
    for (unsigned i = 0; i < w->event_count; i++) {
        if (w->events[i].kind == SIM_EVENT_CREATE) {
            w->events[i].at_ms += WEEKS_MS;
        }
    }
    w->now_ms += WEEKS_MS;
    w->calm_ms += w->calm_ms < UINT64_MAX ? WEEKS_MS : 0;
    w->last_fault_ms = w->now_ms;
    w->had_weeks = true;
}

/* Whom the next step may hit. */
static struct sim_device *next_victim(struct sim_world *w)
{
    const struct sim_note *note = w->script ? sim_script_due_step(w->script, w) : NULL;
    unsigned drawn = sim_dice(&w->chooser, SIM_STREAM_WHO, w->device_count);
    return &w->devices[note ? note->device : drawn];
}

static void go_wrong(struct sim_world *w)
{
    struct sim_device *d = next_victim(w);
    uint32_t allowed = UINT32_MAX;
    if (w->has_lost_journal || !w->has_backups) {
        allowed &= ~(1u << SIM_STEP_BACKUP); /* both lost: nobody would know anything any more */
    }
    if (w->had_weeks) {
        allowed &= ~(1u << SIM_STEP_WEEKS);
    }
    if (!d->is_on) {
        allowed &= ~(1u << SIM_STEP_POWER_CUT | 1u << SIM_STEP_RESYNC);
    }
    if (!d->is_connected) {
        allowed &= ~(1u << SIM_STEP_CUT);
    }

    unsigned option = sim_happens(w, d, SIM_CHOICE_STEP, allowed);
    switch (option) {
    case SIM_STEP_NOTHING:
        break;
    case SIM_STEP_POWER_CUT:
        sim_device_power_cut(d);
        break;
    case SIM_STEP_CUT:
        sim_device_cut(d, false);
        break;
    case SIM_STEP_BROKER:
        restart_broker(w);
        break;
    case SIM_STEP_SERVICE:
    case SIM_STEP_BACKUP:
        sim_service_restart(w, option == SIM_STEP_BACKUP);
        break;
    case SIM_STEP_SLEEP:
        w->now_ms += 5 * SIM_TIME_MIN;
        break;
    case SIM_STEP_WEEKS:
        pass_weeks(w);
        break;
    case SIM_STEP_CLOCK_FORTH:
    case SIM_STEP_CLOCK_BACK:
        sim_service_set_clock(w, option == SIM_STEP_CLOCK_FORTH ? 3599217 : -3601783);
        break;
    case SIM_STEP_RESYNC:
        sim_device_resync(d);
        break;
    default:
        operate(w, option);
    }
}

/* ---- the life of a world */

/* A clock of 32 bits would be full soon after the beginning: milliseconds of the devices, seconds of everybody. */
static void set_clocks(struct sim_world *w)
{
    uint32_t device = sim_dice(&w->chooser, SIM_STREAM_SHAPE, 8),
             wall = sim_dice(&w->chooser, SIM_STREAM_SHAPE, 16);
    uint32_t before_ms = sim_dice(&w->chooser, SIM_STREAM_SHAPE, 10 * SIM_TIME_MIN);

    w->clock_at_boot_ms = device == 7   ? (1ull << 32) - before_ms - 1000
                          : device == 6 ? (1ull << 31) - before_ms - 1000
                                        : CLOCK_AT_BOOT_MS;
    w->start_ms = wall == 15   ? (1ll << 32) * 1000 - before_ms - 1000
                  : wall == 14 ? (1ll << 31) * 1000 - before_ms - 1000
                               : SIM_START_MS;
}

static void begin(struct sim_world *w, struct sim_service *service, unsigned device_count)
{
    w->service = service;
    w->device_count = device_count;
    w->now_ms = 1000;
    w->calm_ms = UINT64_MAX;
    set_clocks(w);
    sim_service_begin(w);
    for (unsigned i = 0; i < device_count; i++) {
        struct sim_device *d = &w->devices[i];
        d->world = w;
        d->index = (uint8_t)i;
        snprintf(d->name, sizeof d->name, "lamp%u", i);
        sim_post(w, SIM_EVENT_BOOT, i, 1 + sim_dice(&w->chooser, SIM_STREAM_SHAPE, 2000));
    }
}

static void add_job(struct sim_world *w, enum sim_action action, unsigned devices, uint64_t in_ms)
{
    struct sim_job *job = &w->jobs[w->job_count];
    *job = (struct sim_job){.action = action, .devices = devices, .due_ms = w->now_ms + in_ms};
    snprintf(job->id, sizeof job->id, "job-%u", w->job_count);
    sim_post(w, SIM_EVENT_CREATE, 0, in_ms)->value = w->job_count++;
}

void sim_world_small(struct sim_world *w, struct sim_service *service, const enum sim_action *actions,
                     unsigned action_count)
{
    begin(w, service, 1);
    w->has_backups = true;
    for (unsigned i = 0; i < action_count; i++) {
        add_job(w, actions[i], 1, 5000 + 10u * i);
    }
}

void sim_world_random(struct sim_world *w, struct sim_service *service)
{
    struct sim_chooser *c = &w->chooser;
    unsigned devices = sim_dice(c, SIM_STREAM_SHAPE, 2) ? 1 : 1 + sim_dice(c, SIM_STREAM_SHAPE, SIM_DEVICES);
    unsigned jobs = sim_dice(c, SIM_STREAM_SHAPE, 4) ? 1 + sim_dice(c, SIM_STREAM_SHAPE, 5)
                                                     : 1 + sim_dice(c, SIM_STREAM_SHAPE, SIM_JOBS);
    uint32_t span_ms = sim_dice(c, SIM_STREAM_SHAPE, 2) ? 20000 : 40 * SIM_TIME_MIN;

    begin(w, service, devices);
    w->is_deaf = sim_dice(c, SIM_STREAM_SHAPE, 8) == 0;
    w->has_backups = sim_dice(c, SIM_STREAM_SHAPE, 8) == 0;
    if (sim_dice(c, SIM_STREAM_SHAPE, 6) == 0) {
        w->refused = sim_dice(c, SIM_STREAM_SHAPE, 1u << JOBS_SUB_COUNT);
        w->is_closing = sim_dice(c, SIM_STREAM_SHAPE, 2);
    }
    w->calm_ms = w->now_ms + span_ms + SIM_TIME_MIN + sim_dice(c, SIM_STREAM_SHAPE, 30 * SIM_TIME_MIN);
    for (unsigned i = 0; i < jobs; i++) {
        enum sim_action action = (enum sim_action)sim_dice(c, SIM_STREAM_SHAPE, SIM_BAD + 1);
        if (action == SIM_LONG && sim_dice(c, SIM_STREAM_SHAPE, 3) > 0) {
            action = SIM_ONCE; /* half an hour is long */
        }
        unsigned targets = sim_dice(c, SIM_STREAM_SHAPE, 4) == 0
                               ? (1u << devices) - 1
                               : 1u << sim_dice(c, SIM_STREAM_SHAPE, devices);
        add_job(w, action, targets, sim_dice(c, SIM_STREAM_SHAPE, span_ms));
    }
    w->has_traffic = sim_dice(c, SIM_STREAM_SHAPE, 3) == 0;
    if (w->script) {
        sim_script_begin(w->script, w);
    }
}

static bool is_quiet(struct sim_world *w)
{
    if (w->event_count > 0) {
        return false;
    }
    for (unsigned i = 0; i < w->device_count; i++) {
        if (!(w->absent >> i & 1) && !sim_device_is_idle(&w->devices[i])) {
            return false;
        }
    }
    for (unsigned i = 0; i < w->device_count; i++) {
        if (sim_service_pending(w, i) > 0) {
            return false;
        }
    }
    return true;
}

/* Whatever was lost, a connection comes back and the service is asked. */
static void calm_down(struct sim_world *w)
{
    w->chooser.is_calm = true;
    w->calm_ms = w->now_ms;
    sim_trace(w, "from here on nothing goes wrong");
    cut_all(w);
}

/* The next thing that happens: an event, a timer of the service, or one of a device. */
static void advance(struct sim_world *w)
{
    unsigned event = w->event_count > 0 ? first_event(w) : 0;
    uint64_t event_ms = w->event_count > 0 ? w->events[event].at_ms : UINT64_MAX;
    uint64_t timer_ms = sim_service_timer_at_ms(w);
    uint64_t wake_ms = UINT64_MAX;
    struct sim_device *sleeper = NULL;

    for (unsigned i = 0; i < w->device_count; i++) {
        uint64_t at_ms = sim_device_wake_at_ms(&w->devices[i]);
        if (at_ms < wake_ms) {
            wake_ms = at_ms;
            sleeper = &w->devices[i];
        }
    }
    uint64_t next_ms = event_ms < wake_ms ? event_ms : wake_ms;
    next_ms = timer_ms < next_ms ? timer_ms : next_ms;
    sim_check(w, next_ms != UINT64_MAX, "nothing happens any more, and the world is not at its end");
    if (!w->chooser.is_calm && (w->calm_ms < next_ms || w->entry_count > SIM_ENTRIES / 2)) {
        calm_down(w); /* next_ms stays: nothing that the cut has posted is late */
    }
    w->now_ms = next_ms > w->now_ms ? next_ms : w->now_ms;
    if (timer_ms <= w->now_ms) {
        sim_service_run_timers(w);
    } else if (event_ms <= wake_ms) {
        struct sim_event taken = w->events[event];
        w->events[event] = w->events[--w->event_count];
        dispatch(w, &taken);
        free(taken.topic);
    } else {
        sim_device_wake(sleeper);
    }
}

static void run(struct sim_world *w)
{
    uint64_t events = 0;
    while (!is_quiet(w)) {
        advance(w);
        go_wrong(w);
        sim_ledger_check_told(w);
        uint64_t healed_ms = w->last_fault_ms;
        if (w->chooser.is_calm && w->calm_ms > healed_ms) {
            healed_ms = w->calm_ms;
        }
        sim_check(w, ++events < EVENTS_MAX, "busy for ever");
        sim_check(w, w->chooser.is_planned || w->chooser.is_calm || w->calm_ms != UINT64_MAX, "no end");
        sim_check(w,
                  w->now_ms < healed_ms + END_MS + w->job_count * 60 * SIM_TIME_MIN ||
                      (!w->chooser.is_calm && !w->chooser.is_planned),
                  "G3: not at its end %u minutes after the last fault",
                  (unsigned)((w->now_ms - healed_ms) / SIM_TIME_MIN));
    }
    w->totals->events += events;
}

static void add_up(struct sim_world *w)
{
    w->totals->worlds++;
    w->totals->executions += w->entry_count;
    w->totals->requests += w->service->requests;
    for (int i = 0; i < SIM_CHOICES; i++) {
        for (int k = 0; k < SIM_OPTIONS_MAX; k++) {
            w->totals->faults[i][k] += w->chooser.faults[i][k];
        }
    }
    for (unsigned i = 0; i < w->device_count; i++) {
        w->totals->boots += w->devices[i].boots;
        w->totals->saves += w->devices[i].saves;
    }
}

bool sim_world_run(struct sim_world *w)
{
    jmp_buf failed;
    volatile bool is_good = false;

    w->failed = &failed;
    if (setjmp(failed) == 0) {
        run(w);
        sim_ledger_check_end(w);
        for (unsigned i = 0; i < w->device_count; i++) {
            sim_traffic_check_end(&w->devices[i]);
        }
        is_good = true;
    }
    while (w->event_count > 0) {
        forget_event(w, 0);
    }
    add_up(w);
    return is_good;
}
