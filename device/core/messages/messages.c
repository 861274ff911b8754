/* SPDX-License-Identifier: MIT */
#include "device/core/messages/messages.h"

#include "device/core/messages/topic.h"

#include <assert.h>

#define NEVER       UINT64_MAX
#define RETRY_MS    20   /* a port without room writes to the network meanwhile */
#define STRIKE_MS   5000 /* a broker that refuses ends the connection at once */
#define FILTER_ENDS 2    /* connections that may end under a SUBSCRIBE */

void messages_init(struct messages *m, char *bytes, size_t cap)
{
    *m = (struct messages){.is_alone = true};
    outbox_init(&m->outbox, bytes, cap);
}

enum err messages_put(struct messages *m, const struct outbox_message *message)
{
    enum err err = outbox_put(&m->outbox, message);
    m->counters.taken += !err;
    m->counters.refused += err != ERR_OK;
    return err;
}

/* ---- the connection */

static unsigned on_its_way(const struct messages *m)
{
    return m->outbox.in_flight + m->filters.is_out;
}

void messages_connected(struct messages *m, uint64_t now_ms)
{
    m->is_connected = true;
    m->is_alone = true;
    m->pace = (struct pace){0};
    m->retry_at_ms = m->full_since_ms = 0;
    m->heard_at_ms = now_ms;
}

static void refuse(struct messages_refusal *refusal, enum messages_order_type what, struct slice text)
{
    refusal->what = what;
    if (text.len >= sizeof(refusal->text)) {
        text.len = sizeof(refusal->text) - 1;
    }
    slice_copy(text, refusal->text, sizeof(refusal->text));
}

static void drop(struct messages *m, const struct outbox_message *message, struct messages_refusal *refusal)
{
    refuse(refusal, MESSAGES_PUBLISH, message->topic);
    outbox_remove(&m->outbox, message);
    m->counters.dropped++;
}

/* The connection has ended while one packet, and nothing else, was on its way: if that happens again and again, the broker does not
 * want it. */
static void strike(struct messages *m, uint64_t now_ms, struct messages_refusal *refusal)
{
    struct filter *filter = filters_find(&m->filters, FILTER_ASKED);
    struct outbox_message message;
    if (m->filters.is_out) {
        if (filter && ++filter->strikes == FILTER_ENDS) {
            refuse(refusal, MESSAGES_SUBSCRIBE, slice_from(filter->text));
            filters_leave_out(filter, now_ms);
        }
    } else if (outbox_first_in_flight(&m->outbox, &message)) {
        message.strikes++;
        outbox_mark(&m->outbox, &message);
        if (message.strikes >= MESSAGES_STRIKES) {
            drop(m, &message, refusal);
        }
    }
}

void messages_disconnected(struct messages *m, bool is_own_doing, uint64_t now_ms,
                           struct messages_refusal *refusal)
{
    *refusal = (struct messages_refusal){.what = MESSAGES_NOTHING};
    if (!m->is_connected) {
        return;
    }
    const unsigned count = on_its_way(m);
    if (!is_own_doing && count > 0) {
        m->careful = (uint16_t)count;
        if (count == 1 && m->is_alone && now_ms - m->sent_at_ms < STRIKE_MS) {
            strike(m, now_ms, refusal);
        }
    }
    m->is_connected = false;
    outbox_rewind(&m->outbox);
    filters_rewind(&m->filters);
}

/* ---- what to do next */

static bool order_filter(struct messages *m, struct messages_order *order)
{
    struct filter *filter = filters_find(&m->filters, FILTER_LEAVING);
    order->type = MESSAGES_UNSUBSCRIBE;
    if (!filter && !m->filters.is_out) {
        filter = filters_find(&m->filters, FILTER_WANTED);
        order->type = MESSAGES_SUBSCRIBE;
    }
    if (filter) {
        order->filter = filter;
        order->qos = filter->qos;
        slice_copy(slice_from(filter->text), order->text, sizeof(order->text));
    }
    return filter != NULL;
}

static bool may_send(const struct messages *m)
{
    return on_its_way(m) < (m->careful > 0 ? 1 : MESSAGES_WINDOW);
}

static bool is_overdue(const struct messages *m, uint64_t now_ms)
{
    return on_its_way(m) > 0 && now_ms >= m->heard_at_ms + MESSAGES_ACK_MS;
}

void messages_next(struct messages *m, uint64_t now_ms, struct messages_order *order)
{
    order->type = MESSAGES_NOTHING;
    filters_forgive(&m->filters, now_ms);
    if (!m->is_connected) {
        return;
    }
    if (is_overdue(m, now_ms)) {
        order->type = MESSAGES_RECONNECT;
        return;
    }
    if (now_ms < m->retry_at_ms || !may_send(m)) {
        return;
    }
    if (order_filter(m, order)) {
        return;
    }
    order->type = MESSAGES_NOTHING;
    if (pace_at_ms(&m->pace, now_ms) <= now_ms && outbox_first_waiting(&m->outbox, &order->message)) {
        order->type = MESSAGES_PUBLISH;
    }
}

/* A packet that will be acknowledged has gone out. */
static void note_sent(struct messages *m, uint64_t now_ms)
{
    if (on_its_way(m) == 0) {
        m->heard_at_ms = now_ms;
    } else {
        m->is_alone = false;
    }
    m->sent_at_ms = now_ms;
}

static void given_publish(struct messages *m, struct outbox_message message, int id, uint64_t now_ms)
{
    m->counters.sent++;
    pace_take(&m->pace, message.payload.len + message.topic.len, now_ms);
    if (message.qos == 0) {
        m->is_alone = false; /* it may be what ends the connection, and nobody will know */
        outbox_remove(&m->outbox, &message);
        return;
    }
    note_sent(m, now_ms);
    message.is_in_flight = true;
    message.id = id;
    outbox_mark(&m->outbox, &message);
}

/* The application may have changed its mind while the packet was on its way to the port, and may have given the place to another filter. */
static void given_filter(struct messages *m, const struct messages_order *order, int id, uint64_t now_ms)
{
    struct filter *filter = slice_is(slice_from(order->filter->text), order->text) ? order->filter : NULL;
    if (order->type == MESSAGES_SUBSCRIBE) {
        note_sent(m, now_ms);
        filters_note_asked(&m->filters, filter, order->qos, id);
    } else if (filter) {
        filters_note_left(filter);
    }
}

/* The port has no room, for a message that needs more memory than there ever is, or because the network takes nothing. */
static bool is_given_up(struct messages *m, struct outbox_message *message, uint64_t now_ms)
{
    if (m->full_since_ms == 0) {
        m->full_since_ms = now_ms;
    }
    if (now_ms - m->full_since_ms < MESSAGES_ACK_MS) {
        return false;
    }
    m->full_since_ms = now_ms;
    message->strikes++;
    outbox_mark(&m->outbox, message);
    return message->strikes >= MESSAGES_STRIKES;
}

static void not_taken(struct messages *m, const struct messages_order *order, enum err err, uint64_t now_ms,
                      struct messages_refusal *refusal)
{
    struct outbox_message message = order->message;
    bool is_full = err == ERR_FULL;
    m->retry_at_ms = now_ms + RETRY_MS;
    if (order->type == MESSAGES_PUBLISH && err != ERR_OFFLINE &&
        (!is_full || is_given_up(m, &message, now_ms))) {
        drop(m, &message, refusal);
    }
}

void messages_given(struct messages *m, const struct messages_order *order, enum err err, int id,
                    uint64_t now_ms, struct messages_refusal *refusal)
{
    *refusal = (struct messages_refusal){.what = MESSAGES_NOTHING};
    if (err) {
        not_taken(m, order, err, now_ms, refusal);
        return;
    }
    m->full_since_ms = 0;
    if (order->type == MESSAGES_PUBLISH) {
        given_publish(m, order->message, id, now_ms);
    } else {
        given_filter(m, order, id, now_ms);
    }
}

/* ---- answers */

static void note_answer(struct messages *m, uint64_t now_ms)
{
    m->heard_at_ms = now_ms;
    if (m->careful > 0) {
        m->careful--;
    }
    m->is_alone = on_its_way(m) <= 1;
}

bool messages_acknowledged(struct messages *m, int id, uint64_t now_ms)
{
    struct outbox_message message;
    if (!outbox_find(&m->outbox, id, &message)) {
        return false;
    }
    outbox_remove(&m->outbox, &message);
    m->counters.acknowledged++;
    note_answer(m, now_ms);
    return true;
}

bool messages_subscribed(struct messages *m, int id, bool is_granted, uint64_t now_ms,
                         struct messages_refusal *refusal)
{
    struct filter *filter = NULL;
    *refusal = (struct messages_refusal){.what = MESSAGES_NOTHING};
    if (!filters_answer(&m->filters, id, is_granted, &filter)) {
        return false;
    }
    if (filter && !is_granted) {
        refuse(refusal, MESSAGES_SUBSCRIBE, slice_from(filter->text));
        filters_leave_out(filter, now_ms);
    }
    note_answer(m, now_ms);
    return true;
}

/* ---- time */

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t messages_wake_at_ms(struct messages *m, uint64_t now_ms)
{
    struct outbox_message message;
    uint64_t at_ms = filters_forgive(&m->filters, now_ms);
    if (!m->is_connected) {
        return NEVER;
    }
    if (on_its_way(m) > 0) {
        at_ms = min_u64(at_ms, m->heard_at_ms + MESSAGES_ACK_MS);
    }
    if (!may_send(m)) {
        return at_ms;
    }
    bool has_filter = filters_find(&m->filters, FILTER_LEAVING) ||
                      (filters_find(&m->filters, FILTER_WANTED) && !m->filters.is_out);
    if (has_filter) {
        at_ms = min_u64(at_ms, m->retry_at_ms > now_ms ? m->retry_at_ms : now_ms);
    } else if (outbox_first_waiting(&m->outbox, &message)) {
        uint64_t paced_ms = pace_at_ms(&m->pace, now_ms);
        at_ms = min_u64(at_ms, m->retry_at_ms > paced_ms ? m->retry_at_ms : paced_ms);
    }
    return at_ms;
}

bool messages_are_sent(const struct messages *m)
{
    return m->outbox.count == 0;
}

void messages_check(const struct messages *m)
{
    unsigned asked = 0;
    for (unsigned i = 0; i < CONFIG_DEVICE_JOBS_SUBSCRIPTIONS; i++) {
        asked += m->filters.all[i].state == FILTER_ASKED;
        assert(m->filters.all[i].strikes < FILTER_ENDS);
    }
    assert(asked <= m->filters.is_out);
    assert(m->is_connected || (!m->filters.is_out && m->outbox.in_flight == 0));
    assert(m->outbox.in_flight <= m->outbox.count && m->outbox.in_flight <= MESSAGES_WINDOW);
    assert(m->outbox.used <= m->outbox.cap);
    assert(m->counters.taken >= m->counters.acknowledged + m->counters.dropped);
    (void)asked;
}
