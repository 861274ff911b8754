/* SPDX-License-Identifier: MIT */
/* See answer.h. */
#include "device/runtime/answer.h"

#include <string.h>

static void begin(struct runtime_answer *answer, const struct port_mqtt_event *event)
{
    const bool has_room = event->topic.len < sizeof(answer->topic) && event->total <= sizeof(answer->payload);

    answer->too_large += !has_room;
    answer->state = has_room ? RUNTIME_ANSWER_ARRIVING : RUNTIME_ANSWER_LEFT_OUT;
    answer->payload_len = 0;
    if (has_room) {
        memcpy(answer->topic, event->topic.ptr, event->topic.len);
        answer->topic_len = event->topic.len;
    }
}

/* A piece that does not follow the one before it, or says more than the first one did, spoils the answer. */
static void add(struct runtime_answer *answer, const struct port_mqtt_event *event)
{
    if (event->offset != answer->payload_len ||
        event->payload.len > sizeof(answer->payload) - answer->payload_len) {
        answer->state = RUNTIME_ANSWER_LEFT_OUT;
        return;
    }
    if (event->payload.len > 0) {
        memcpy(answer->payload + answer->payload_len, event->payload.ptr, event->payload.len);
        answer->payload_len += event->payload.len;
    }
    if (answer->payload_len >= event->total) {
        answer->state = RUNTIME_ANSWER_WHOLE;
    }
}

void runtime_answer_hear(struct runtime_answer *answer, const struct port_mqtt_event *event)
{
    if (answer->state == RUNTIME_ANSWER_WHOLE) {
        return;
    }
    if (event->offset == 0) {
        begin(answer, event);
    }
    if (answer->state == RUNTIME_ANSWER_ARRIVING) {
        add(answer, event);
    }
}
