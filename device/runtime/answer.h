/* SPDX-License-Identifier: MIT */
/* Answers of the service that come in pieces: the network task puts them together, the engine task reads them when they are whole, in the order
 * in which they came. There are two places, so that a double of the last answer does not keep the next one out. All with the runtime's lock
 * held. */
#ifndef DEVICE_RUNTIME_ANSWER_H
#define DEVICE_RUNTIME_ANSWER_H

#include "device/core/config.h"
#include "device/port/port_mqtt.h"

#define RUNTIME_ANSWERS 2

enum runtime_answer_state {
    RUNTIME_ANSWER_FREE,
    RUNTIME_ANSWER_ARRIVING, /* one at most */
    RUNTIME_ANSWER_WHOLE,
    RUNTIME_ANSWER_READ, /* the engine task reads it: nobody writes */
};

struct runtime_answer {
    enum runtime_answer_state state;
    size_t topic_len, payload_len; /* so far */
    char topic[DEVICE_TOPIC_CAP];
    char payload[DEVICE_PROVISION_MESSAGE_CAP];
};

struct runtime_answers {
    struct runtime_answer all[RUNTIME_ANSWERS];
    unsigned newest;    /* of those that are whole */
    unsigned too_large; /* that had no room */
};

/* A piece. One that begins while both places are taken takes that of the newest. */
void runtime_answers_hear(struct runtime_answers *answers, const struct port_mqtt_event *event);

/* The oldest whole one, whose texts stay without the lock until it is given back; NULL: there is none. */
struct runtime_answer *runtime_answers_take(struct runtime_answers *answers);
void runtime_answers_give_back(struct runtime_answer *answer);
/* Those that are not being read. */
void runtime_answers_forget(struct runtime_answers *answers);

#endif
