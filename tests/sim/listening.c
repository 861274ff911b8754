/* SPDX-License-Identifier: MIT */
/* What the application of a simulated device listens to beside its jobs: it subscribes and unsubscribes as it likes. The observer at the
 * broker: what the application wants is asked for on each connection, one filter at a time and behind those of jobs; what was refused is left
 * alone for a day; what the application no longer wants is taken back; a message that the broker sends finds its filter. */
#include "sim/world.h"

#include <string.h>

#define DAY_MS       (24ull * 60 * SIM_TIME_MIN)
#define TOLERANCE_MS 1000
#define PAUSE_MS     60000 /* between two changes of mind, twice that at most */
#define ENDS         2     /* connections that may end under one SUBSCRIBE before it is left out */
#define POSSIBLE                                                                                             \
    (1u << SIM_SUBSCRIBE_NOT_SENT | 1u << SIM_SUBSCRIBE_REFUSED | 1u << SIM_SUBSCRIBE_NO_SUBACK |            \
     1u << SIM_SUBSCRIBE_CLOSED)

static const struct {
    const char *filter;
    const char *topic; /* one that it hears */
} places[SIM_PLACES] = {{"t/+", "t/1"}, {"commands/#", "commands/lamp/on"}, {"other/+/x", "other/1/x"}};

/* A policy that refuses a filter of jobs refuses this one as well. */
static bool is_forbidden(const struct sim_device *d, unsigned place)
{
    return place == SIM_PLACES - 1 && (d->world->refused & 1) != 0;
}

static unsigned place_of(struct sim_device *d, const char *filter)
{
    for (unsigned i = 0; i < SIM_PLACES; i++) {
        if (strcmp(places[i].filter, filter) == 0) {
            return i;
        }
    }
    sim_check(d->world, false, "%s asks for %s, which nobody wants", d->name, filter);
    return 0;
}

/* ---- the application */

static void want(struct sim_device *d, unsigned place)
{
    struct sim_listening *l = &d->traffic.listening;
    unsigned index = 0;
    uint8_t qos = (uint8_t)sim_traffic_draw(d, 2);
    enum err err = filters_add(&d->traffic.messages.filters, slice_from(places[place].filter), qos, &index);
    sim_check(d->world, err == ERR_OK, "%s cannot subscribe: %s", d->name, err_text(err));
    l->is_anew[place] |= !l->is_wanted[place] || qos != l->qos[place];
    l->qos[place] = qos;
    l->is_wanted[place] = true;
    l->refused_ms[place] = l->ended_ms[place] = 0; /* asked for at once, whatever was before */
    l->ends[place] = 0;
}

static void want_no_more(struct sim_device *d, unsigned place)
{
    struct messages *m = &d->traffic.messages;
    unsigned index = 0;
    enum err err = filters_remove(&m->filters, slice_from(places[place].filter), &index);
    sim_check(d->world, err == ERR_OK, "%s cannot unsubscribe: %s", d->name, err_text(err));
    d->traffic.listening.is_wanted[place] = false;
}

void sim_listening_boot(struct sim_device *d)
{
    d->traffic.listening = (struct sim_listening){0};
    for (unsigned i = 0; i < SIM_PLACES; i++) {
        want(d, i);
    }
    d->traffic.listening.change_at_ms = sim_device_now_ms(d) + sim_traffic_draw(d, 2 * PAUSE_MS);
}

void sim_listening_change_when_due(struct sim_device *d, uint64_t now_ms)
{
    struct sim_listening *l = &d->traffic.listening;
    if (d->world->chooser.is_calm || now_ms < l->change_at_ms) {
        return;
    }
    unsigned place = sim_traffic_draw(d, SIM_PLACES);
    if (l->is_wanted[place] && sim_traffic_draw(d, 4) > 0) {
        want_no_more(d, place);
    } else {
        want(d, place);
    }
    l->change_at_ms = now_ms + sim_traffic_draw(d, 2 * PAUSE_MS);
}

/* ---- the broker */

static void check_asked(struct sim_device *d, unsigned place)
{
    struct sim_listening *l = &d->traffic.listening;
    sim_check(d->world, l->asked == 0, "%s asks for two filters at once", d->name);
    sim_check(d->world, l->is_wanted[place], "%s asks for %s, which the application does not want any more",
              d->name, places[place].filter);
    sim_check(d->world,
              l->refused_ms[place] == 0 ||
                  sim_device_now_ms(d) + TOLERANCE_MS >= l->refused_ms[place] + DAY_MS,
              "%s asks for %s within a day of its refusal", d->name, places[place].filter);
}

enum err sim_listening_subscribe(struct sim_device *d, const char *filter, int *id)
{
    struct sim_listening *l = &d->traffic.listening;
    unsigned place = place_of(d, filter);
    unsigned option = sim_happens(d->world, d, SIM_CHOICE_SUBSCRIBE, POSSIBLE);
    sim_trace(d->world, "%s SUBSCRIBE %s for the application", d->name, filter);
    check_asked(d, place);
    if (option == SIM_SUBSCRIBE_NOT_SENT) {
        return ERR_OFFLINE;
    }
    bool is_closed = option == SIM_SUBSCRIBE_CLOSED || (is_forbidden(d, place) && d->world->is_closing);
    bool is_refused = option == SIM_SUBSCRIBE_REFUSED || is_forbidden(d, place);
    *id = ++d->traffic.last_id;
    l->asked = place + 1;
    l->is_anew[place] = false;
    l->is_granted[place] = !is_closed && !is_refused;
    if (is_closed) {
        d->must_drop = true;
    } else if (option != SIM_SUBSCRIBE_NO_SUBACK) {
        struct sim_event *event = sim_post(d->world, SIM_EVENT_OWN_SUBACK, d->index, SIM_LATENCY_MS);
        event->epoch = d->connection;
        event->value = (unsigned)*id * 2 + is_refused;
    }
    return ERR_OK;
}

enum err sim_listening_unsubscribe(struct sim_device *d, const char *filter)
{
    unsigned place = place_of(d, filter);
    if (!d->world->chooser.is_calm && sim_traffic_draw(d, 8) == 0) {
        return ERR_FULL;
    }
    sim_trace(d->world, "%s UNSUBSCRIBE %s", d->name, filter);
    d->traffic.listening.is_granted[place] = false;
    return ERR_OK;
}

void sim_listening_answered(struct sim_device *d, unsigned value)
{
    struct sim_listening *l = &d->traffic.listening;
    struct messages_refusal refusal;
    unsigned place = l->asked - 1;
    bool is_refused = value % 2 != 0;

    if (!d->world->has_traffic) {
        return;
    }
    l->asked = 0;
    l->ends[place] = 0;
    l->refused_ms[place] = is_refused && !l->is_anew[place] ? sim_device_now_ms(d) : 0;
    messages_subscribed(&d->traffic.messages, (int)value / 2, !is_refused, sim_device_now_ms(d), &refusal);
}

void sim_listening_cut(struct sim_device *d, bool is_own_doing)
{
    struct sim_listening *l = &d->traffic.listening;
    if (l->asked > 0 && !is_own_doing && ++l->ends[l->asked - 1] >= ENDS) {
        l->ended_ms[l->asked - 1] = sim_device_now_ms(d);
    }
    l->asked = 0;
    memset(l->is_granted, 0, sizeof l->is_granted);
}

/* ---- what must hold */

static bool is_excused(struct sim_device *d, uint64_t since_ms)
{
    return since_ms > 0 && sim_device_now_ms(d) < since_ms + DAY_MS;
}

bool sim_listening_is_settled(struct sim_device *d)
{
    const struct sim_listening *l = &d->traffic.listening;
    for (unsigned i = 0; i < SIM_PLACES && d->world->has_traffic; i++) {
        bool may_lack = is_excused(d, l->refused_ms[i]) || is_excused(d, l->ended_ms[i]);
        if (l->is_granted[i] != l->is_wanted[i] && !(l->is_wanted[i] && may_lack)) {
            return false;
        }
    }
    return true;
}

void sim_listening_check(struct sim_device *d)
{
    const struct sim_listening *l = &d->traffic.listening;
    for (unsigned i = 0; i < SIM_PLACES; i++) {
        unsigned heard = 0;
        for (unsigned k = 0; k < CONFIG_DEVICE_JOBS_SUBSCRIPTIONS; k++) {
            heard += filters_matches(&d->traffic.messages.filters, k, slice_from(places[i].topic));
        }
        sim_check(d->world, heard == l->is_wanted[i], "%u filters of %s hear a message on %s, %u should",
                  heard, d->name, places[i].topic, l->is_wanted[i]);
    }
}
