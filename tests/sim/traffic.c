/* SPDX-License-Identifier: MIT */
/* The application's own messages beside its jobs, in some random worlds: the real device/core/messages over the connection that jobs use,
 * under the same faults, and an observer of M1 to M3 and M5 at the broker. TCP keeps their order, so none is late or doubled by itself. */
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_MS   20000 /* between two messages, twice that at most; sometimes a handful at once */
#define ORDERS_MAX 16
#define POSSIBLE                                                                                             \
    (1u << SIM_PUBLISH_NOT_SENT | 1u << SIM_PUBLISH_LOST | 1u << SIM_PUBLISH_CUT_BEFORE |                    \
     1u << SIM_PUBLISH_CUT_AFTER | 1u << SIM_PUBLISH_POWER_BEFORE | 1u << SIM_PUBLISH_POWER_AFTER)

uint32_t sim_traffic_draw(struct sim_device *d, uint32_t below)
{
    d->traffic.random = d->traffic.random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(d->traffic.random >> 33) % below;
}

void sim_traffic_boot(struct sim_device *d)
{
    struct sim_traffic *t = &d->traffic;
    if (!d->world->has_traffic) {
        return;
    }
    t->random = (uint64_t)d->index << 8 | d->boots;
    t->first = t->next; /* what lay in memory is gone */
    t->newest_arrived = t->next;
    t->refused = 0;
    messages_init(&t->messages, t->outbox, sizeof t->outbox);
    sim_listening_boot(d);
    t->publish_at_ms = sim_device_now_ms(d) + sim_traffic_draw(d, 2 * PAUSE_MS);
}

/* ---- the application */

static void publish_one(struct sim_device *d)
{
    struct sim_traffic *t = &d->traffic;
    char topic[16];
    if (t->next == SIM_MESSAGES) {
        return;
    }
    snprintf(topic, sizeof topic, "t/%u", t->next);
    const struct outbox_message message = {
        .topic = slice_from(topic), .payload = slice_from("a reading of the weather"), .qos = 1};
    if (messages_put(&t->messages, &message) == ERR_OK) {
        t->arrivals[t->next] = t->ends[t->next] = 0;
        t->next++;
    } else {
        t->refused++;
    }
}

static void publish_when_due(struct sim_device *d, uint64_t now_ms)
{
    struct sim_traffic *t = &d->traffic;
    if (d->world->chooser.is_calm || now_ms < t->publish_at_ms) {
        return;
    }
    for (unsigned count = sim_traffic_draw(d, 8) == 0 ? 20 : 1; count > 0; count--) {
        publish_one(d);
    }
    t->publish_at_ms = now_ms + sim_traffic_draw(d, 2 * PAUSE_MS);
}

/* ---- the broker */

static void arrive(struct sim_device *d, unsigned number)
{
    struct sim_traffic *t = &d->traffic;
    sim_check(d->world, number >= t->first && number < t->next, "M1: message %u of %s was never taken",
              number, d->name);
    if (t->arrivals[number]++ == 0) {
        sim_check(d->world, number >= t->newest_arrived, "M2: message %u of %s comes behind message %u",
                  number, d->name, t->newest_arrived);
        t->newest_arrived = number;
    }
}

/* What becomes of one that the device gives to its port. */
static enum err send(struct sim_device *d, const struct outbox_message *message, int *id)
{
    struct sim_world *w = d->world;
    unsigned number = (unsigned)atoi(message->topic.ptr + 2);
    unsigned option = sim_happens(w, d, SIM_CHOICE_PUBLISH, POSSIBLE);
    sim_trace(w, "%s publishes message %u", d->name, number);
    if (option == SIM_PUBLISH_NOT_SENT) {
        return ERR_OFFLINE;
    }
    if (option != SIM_PUBLISH_CUT_BEFORE && option != SIM_PUBLISH_POWER_BEFORE) {
        arrive(d, number);
    }
    *id = ++d->traffic.last_id;
    if (option ==
        SIM_PUBLISH_GOOD) { /* LOST: the broker mutes the device, as AWS does with who sends too fast */
        struct sim_event *event = sim_post(w, SIM_EVENT_PUBACK, d->index, 2 * SIM_LATENCY_MS);
        event->epoch = d->connection;
        event->value = (unsigned)*id;
    }
    d->must_drop |= option == SIM_PUBLISH_CUT_BEFORE || option == SIM_PUBLISH_CUT_AFTER;
    d->is_dead |= option == SIM_PUBLISH_POWER_BEFORE || option == SIM_PUBLISH_POWER_AFTER;
    return ERR_OK;
}

/* ---- the library */

static void dropped(struct sim_device *d, const struct messages_refusal *refusal)
{
    if (refusal->what != MESSAGES_PUBLISH) {
        return;
    }
    unsigned number = (unsigned)atoi(refusal->text + 2);
    sim_trace(d->world, "%s gives message %u up", d->name, number);
    sim_check(d->world, d->traffic.ends[number] >= MESSAGES_STRIKES,
              "M5: message %u of %s is given up after %u ends of a connection under it alone", number,
              d->name, d->traffic.ends[number]);
    d->traffic.arrivals[number]++; /* nobody waits for it any more */
}

static void carry_out(struct sim_device *d, struct messages_order *order, uint64_t now_ms)
{
    struct messages_refusal refusal;
    int id = 0;
    enum err err = ERR_OFFLINE;
    sim_check(d->world, d->is_subscribed, "M4: %s uses the connection before the filters of jobs are settled",
              d->name);
    switch (order->type) {
    case MESSAGES_NOTHING:
        break;
    case MESSAGES_PUBLISH:
        err = send(d, &order->message, &id);
        break;
    case MESSAGES_SUBSCRIBE:
        err = sim_listening_subscribe(d, order->text, &id);
        break;
    case MESSAGES_UNSUBSCRIBE:
        err = sim_listening_unsubscribe(d, order->text);
        break;
    case MESSAGES_RECONNECT:
        d->must_drop = d->is_own_drop = true;
        break;
    }
    messages_given(&d->traffic.messages, order, err, id, now_ms, &refusal);
    dropped(d, &refusal);
}

void sim_traffic_serve(struct sim_device *d)
{
    struct sim_traffic *t = &d->traffic;
    uint64_t now_ms = sim_device_now_ms(d);
    if (!d->world->has_traffic) {
        return;
    }
    publish_when_due(d, now_ms);
    sim_listening_change_when_due(d, now_ms);
    if (!d->is_connected || !jobs_engine_is_settled(&d->engine)) {
        return;
    }
    if (!t->messages.is_connected) {
        messages_connected(&t->messages, now_ms);
    }
    struct messages_order order;
    for (unsigned i = 0; !d->must_drop && !d->is_dead; i++) {
        messages_next(&t->messages, now_ms, &order);
        if (order.type == MESSAGES_NOTHING) {
            break;
        }
        sim_check(d->world, i < ORDERS_MAX, "the messages of %s have no end", d->name);
        carry_out(d, &order, now_ms);
    }
    messages_check(&t->messages);
    sim_listening_check(d);
}

void sim_traffic_acknowledged(struct sim_device *d, unsigned id)
{
    if (d->world->has_traffic) {
        messages_acknowledged(&d->traffic.messages, (int)id, sim_device_now_ms(d));
    }
}

void sim_traffic_cut(struct sim_device *d, bool is_own_doing)
{
    struct sim_traffic *t = &d->traffic;
    struct messages_refusal refusal;
    struct outbox_message message;
    if (!d->world->has_traffic) {
        return;
    }
    if (t->messages.outbox.in_flight == 1 && outbox_first_in_flight(&t->messages.outbox, &message)) {
        t->ends[atoi(message.topic.ptr + 2)]++;
    }
    sim_listening_cut(d, is_own_doing);
    messages_disconnected(&t->messages, is_own_doing, sim_device_now_ms(d), &refusal);
    dropped(d, &refusal);
    messages_check(&t->messages);
}

uint64_t sim_traffic_wake_at_ms(struct sim_device *d)
{
    struct sim_traffic *t = &d->traffic;
    uint64_t at_ms = UINT64_MAX;
    if (!d->world->has_traffic) {
        return at_ms;
    }
    if (!d->world->chooser.is_calm && t->next < SIM_MESSAGES) {
        at_ms = t->publish_at_ms;
    }
    if (!d->world->chooser.is_calm && t->listening.change_at_ms < at_ms) {
        at_ms = t->listening.change_at_ms;
    }
    uint64_t due_ms = messages_wake_at_ms(&t->messages, sim_device_now_ms(d));
    return due_ms < at_ms ? due_ms : at_ms;
}

bool sim_traffic_is_sent(const struct sim_device *d)
{
    return !d->world->has_traffic || messages_are_sent(&d->traffic.messages);
}

void sim_traffic_check_end(struct sim_device *d)
{
    const struct sim_traffic *t = &d->traffic;
    if (!d->world->has_traffic) {
        return;
    }
    for (unsigned number = t->first; number < t->next; number++) {
        sim_check(d->world, t->arrivals[number] > 0, "M1: message %u of %s was taken and never came", number,
                  d->name);
    }
    sim_check(d->world,
              t->messages.counters.taken == t->next - t->first && t->messages.counters.refused == t->refused,
              "M3: %s counts %u messages taken and %u refused", d->name, t->messages.counters.taken,
              t->messages.counters.refused);
}
