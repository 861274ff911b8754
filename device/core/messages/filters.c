/* SPDX-License-Identifier: MIT */
#include "device/core/messages/filters.h"

#include "device/core/messages/topic.h"

#include <string.h>

#define LEFT_OUT_MS 86400000

static struct filter *find_text(struct filters *filters, struct slice text)
{
    for (unsigned i = 0; i < CONFIG_DEVICE_JOBS_SUBSCRIPTIONS; i++) {
        struct filter *filter = &filters->all[i];
        if (filter->state != FILTER_FREE && slice_is(text, filter->text)) {
            return filter;
        }
    }
    return NULL;
}

struct filter *filters_find(struct filters *filters, enum filter_state state)
{
    for (unsigned i = 0; i < CONFIG_DEVICE_JOBS_SUBSCRIPTIONS; i++) {
        if (filters->all[i].state == state) {
            return &filters->all[i];
        }
    }
    return NULL;
}

/* A place that is leaving is taken when no other is free: nobody hears of its messages, and the broker forgets it with the connection. */
enum err filters_add(struct filters *filters, struct slice text, uint8_t qos, unsigned *index)
{
    struct filter *filter = find_text(filters, text);
    if (text.len >= CONFIG_DEVICE_JOBS_FILTER_SIZE) {
        return ERR_TOO_LONG;
    }
    if (filter && filter->qos == qos && (filter->state == FILTER_GRANTED || filter->state == FILTER_ASKED)) {
        *index = (unsigned)(filter - filters->all);
        return ERR_OK;
    }
    filter = filter ? filter : filters_find(filters, FILTER_FREE);
    filter = filter ? filter : filters_find(filters, FILTER_LEAVING);
    if (!filter) {
        return ERR_FULL;
    }
    bool is_known = filter->is_known && slice_is(text, filter->text);
    *filter = (struct filter){.state = FILTER_WANTED, .qos = qos, .is_known = is_known};
    slice_copy(text, filter->text, sizeof(filter->text));
    *index = (unsigned)(filter - filters->all);
    return ERR_OK;
}

enum err filters_remove(struct filters *filters, struct slice text, unsigned *index)
{
    struct filter *filter = find_text(filters, text);
    if (!filter || filter->state == FILTER_LEAVING) {
        return ERR_NOT_FOUND;
    }
    filter->state = filter->is_known ? FILTER_LEAVING : FILTER_FREE;
    *index = (unsigned)(filter - filters->all);
    return ERR_OK;
}

bool filters_matches(const struct filters *filters, unsigned index, struct slice topic)
{
    const struct filter *filter = &filters->all[index];
    return filter->state != FILTER_FREE && filter->state != FILTER_LEAVING &&
           topic_matches(topic, slice_from(filter->text));
}

void filters_note_asked(struct filters *filters, struct filter *filter, uint8_t qos, int id)
{
    filters->is_out = true;
    filters->out_id = id;
    if (!filter) {
        return; /* the broker forgets it with the connection, and nobody hears of its messages */
    }
    if (filter->state == FILTER_FREE) { /* removed, and perhaps added again, to another place */
        struct filter *again = find_text(filters, slice_from(filter->text));
        filter = again ? again : filter;
    }
    filter->is_known = true;
    if (filter->state == FILTER_FREE) {
        filter->state = FILTER_LEAVING;
    } else if (filter->state == FILTER_WANTED && filter->qos == qos) {
        filter->state = FILTER_ASKED;
    }
}

void filters_note_left(struct filter *filter)
{
    filter->is_known = false;
    if (filter->state == FILTER_LEAVING) {
        filter->state = FILTER_FREE;
    }
}

bool filters_answer(struct filters *filters, int id, bool is_granted, struct filter **filter)
{
    if (!filters->is_out || filters->out_id != id) {
        return false;
    }
    filters->is_out = false;
    *filter = filters_find(filters, FILTER_ASKED);
    if (*filter) {
        (*filter)->state = FILTER_GRANTED;
        (*filter)->strikes = 0;
        (*filter)->is_known = is_granted;
    }
    return true;
}

void filters_rewind(struct filters *filters)
{
    filters->is_out = false;
    for (unsigned i = 0; i < CONFIG_DEVICE_JOBS_SUBSCRIPTIONS; i++) {
        struct filter *filter = &filters->all[i];
        filter->is_known = false;
        if (filter->state == FILTER_GRANTED || filter->state == FILTER_ASKED) {
            filter->state = FILTER_WANTED;
        } else if (filter->state == FILTER_LEAVING) {
            filter->state = FILTER_FREE;
        }
    }
}

void filters_leave_out(struct filter *filter, uint64_t now_ms)
{
    filter->state = FILTER_LEFT_OUT;
    filter->until_ms = now_ms + LEFT_OUT_MS;
    filter->strikes = 0;
}

uint64_t filters_forgive(struct filters *filters, uint64_t now_ms)
{
    uint64_t next_ms = UINT64_MAX;
    for (unsigned i = 0; i < CONFIG_DEVICE_JOBS_SUBSCRIPTIONS; i++) {
        struct filter *filter = &filters->all[i];
        if (filter->state == FILTER_LEFT_OUT && filter->until_ms <= now_ms) {
            filter->state = FILTER_WANTED;
        } else if (filter->state == FILTER_LEFT_OUT && filter->until_ms < next_ms) {
            next_ms = filter->until_ms;
        }
    }
    return next_ms;
}
