/* SPDX-License-Identifier: MIT */
/* The observer at the broker: a filter that was refused is left alone for a day, and asked for again afterwards, however long the device
 * is on. */
#include "sim/world.h"

#define DAY_MS       (24ull * 60 * SIM_TIME_MIN)
#define TOLERANCE_MS 1000 /* the engine counts seconds */

void sim_filters_asked(struct sim_device *d, enum jobs_subscription id)
{
    uint64_t now_ms = d->world->now_ms;

    sim_check(d->world, d->refused_at_ms[id] == 0 || now_ms + TOLERANCE_MS >= d->refused_at_ms[id] + DAY_MS,
              "a filter is asked for %u minutes after it was refused",
              (unsigned)((now_ms - d->refused_at_ms[id]) / SIM_TIME_MIN));
    d->asked |= 1u << id;
}

static void note_refusal(struct sim_device *d)
{
    d->has_refusal = true;
    d->refusal_ms = d->world->now_ms;
}

void sim_filters_answered(struct sim_device *d, enum jobs_subscription id, bool is_granted)
{
    if (!is_granted) {
        note_refusal(d);
        d->refused_at_ms[id] = d->world->now_ms;
    }
}

/* Under a SUBSCRIBE that is the refusal, the second time: whoever closes needs no further filter. */
void sim_filters_cut(struct sim_device *d)
{
    if (!d->is_subscribed) {
        note_refusal(d);
    }
}

void sim_filters_check(struct sim_device *d)
{
    const struct jobs_subscriptions *s = &d->engine.subscriptions;

    if (!d->is_connected || d->is_subscribed || s->asked < JOBS_SUB_COUNT) {
        return;
    }
    d->is_subscribed = true;
    bool is_recent = d->has_refusal && d->refusal_ms + DAY_MS + TOLERANCE_MS >= d->connected_ms;
    sim_check(d->world, d->asked == (1u << JOBS_SUB_COUNT) - 1 || is_recent,
              "a filter is left out, and was not refused within a day");
}
