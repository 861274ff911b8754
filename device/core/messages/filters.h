/* SPDX-License-Identifier: MIT */
/* Which filters the application has subscribed to, and what has become of each on this connection. Asked for one at a time: AWS IoT
 * ends the connection on a SUBSCRIBE that the policy does not allow, and then it must be clear which one it was. What is refused
 * (SUBACK 0x80, or the connection's end under its SUBSCRIBE twice in a row) is left out for a day, or until the application
 * subscribes again. */
#ifndef DEVICE_CORE_MESSAGES_FILTERS_H
#define DEVICE_CORE_MESSAGES_FILTERS_H

#include "common/slice.h"
#include "device/core/config.h"

#include <stdbool.h>
#include <stdint.h>

enum filter_state {
    FILTER_FREE,
    FILTER_WANTED,   /* to be asked for */
    FILTER_ASKED,    /* its SUBSCRIBE is out; one filter at a time */
    FILTER_GRANTED,  /* on this connection */
    FILTER_LEFT_OUT, /* refused; wanted again at until_ms */
    FILTER_LEAVING,  /* the application wants it no more, and the broker does not know */
};

struct filter {
    enum filter_state state;
    uint8_t qos;
    uint8_t strikes; /* connections in a row that have ended under its SUBSCRIBE */
    bool is_known; /* the broker may have it, on this connection: an UNSUBSCRIBE is needed to be rid of it */
    uint64_t until_ms; /* means something while LEFT_OUT */
    char text[CONFIG_DEVICE_JOBS_FILTER_SIZE];
};

struct filters {
    struct filter all[CONFIG_DEVICE_JOBS_SUBSCRIPTIONS];
    bool
        is_out; /* a SUBSCRIBE is not answered, whether or not the application still wants what it asks for */
    int out_id; /* its id */
};

/* *index: which one it is. ERR_TOO_LONG: longer than CONFIG_DEVICE_JOBS_FILTER_SIZE. ERR_FULL: all places are taken. */
enum err filters_add(struct filters *filters, struct slice text, uint8_t qos, unsigned *index);
/* ERR_NOT_FOUND: nobody has subscribed to it. */
enum err filters_remove(struct filters *filters, struct slice text, unsigned *index);

/* The first one in this state; NULL: none is. */
struct filter *filters_find(struct filters *filters, enum filter_state state);
bool filters_matches(const struct filters *filters, unsigned index, struct slice topic);

/* Its SUBSCRIBE has gone out, for that QoS; `filter` may have been removed or subscribed otherwise since, NULL: its place is another one's. */
void filters_note_asked(struct filters *filters, struct filter *filter, uint8_t qos, int id);
/* Its UNSUBSCRIBE has. */
void filters_note_left(struct filter *filter);
/* The SUBACK of `id`. false: nobody has asked. *filter: whose it is; NULL: the application does not want it any more, or wants it otherwise. */
bool filters_answer(struct filters *filters, int id, bool is_granted, struct filter **filter);

/* The connection has ended: what was granted or asked for is wanted again, what was leaving is gone. */
void filters_rewind(struct filters *filters);
/* What was left out long enough is wanted again. Returns when the next one is; UINT64_MAX: none is left out. */
uint64_t filters_forgive(struct filters *filters, uint64_t now_ms);
void filters_leave_out(struct filter *filter, uint64_t now_ms);

#endif
