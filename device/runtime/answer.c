/* SPDX-License-Identifier: MIT */
/* See answer.h. */
#include "device/runtime/answer.h"

#include <string.h>

static struct runtime_answer *find(struct runtime_answers *answers, enum runtime_answer_state state)
{
    for (unsigned i = 0; i < RUNTIME_ANSWERS; i++) {
        if (answers->all[i].state == state) {
            return &answers->all[i];
        }
    }
    return NULL;
}

/* What was cut off gives way first. With no place free one is whole, and the other may be read. */
static struct runtime_answer *choose(struct runtime_answers *answers)
{
    struct runtime_answer *place = find(answers, RUNTIME_ANSWER_ARRIVING);

    place = place ? place : find(answers, RUNTIME_ANSWER_FREE);
    if (place) {
        return place;
    }
    place = &answers->all[answers->newest];
    return place->state == RUNTIME_ANSWER_WHOLE ? place : find(answers, RUNTIME_ANSWER_WHOLE);
}

static void begin(struct runtime_answers *answers, const struct port_mqtt_event *event)
{
    struct runtime_answer *answer = choose(answers);

    answer->state = RUNTIME_ANSWER_FREE;
    if (event->topic.len >= sizeof(answer->topic) || event->total > sizeof(answer->payload)) {
        answers->too_large++;
        return;
    }
    memcpy(answer->topic, event->topic.ptr, event->topic.len);
    answer->topic_len = event->topic.len;
    answer->payload_len = 0;
    answer->state = RUNTIME_ANSWER_ARRIVING;
}

/* A piece that does not follow the one before it, or brings more than the first one said, spoils the answer. */
static void add(struct runtime_answers *answers, struct runtime_answer *answer,
                const struct port_mqtt_event *event)
{
    if (event->offset != answer->payload_len ||
        event->payload.len > sizeof(answer->payload) - answer->payload_len) {
        answer->state = RUNTIME_ANSWER_FREE;
        return;
    }
    if (event->payload.len > 0) {
        memcpy(answer->payload + answer->payload_len, event->payload.ptr, event->payload.len);
        answer->payload_len += event->payload.len;
    }
    if (answer->payload_len >= event->total) {
        answer->state = RUNTIME_ANSWER_WHOLE;
        answers->newest = (unsigned)(answer - answers->all);
    }
}

void runtime_answers_hear(struct runtime_answers *answers, const struct port_mqtt_event *event)
{
    if (event->offset == 0) {
        begin(answers, event);
    }
    struct runtime_answer *answer = find(answers, RUNTIME_ANSWER_ARRIVING);
    if (answer) {
        add(answers, answer, event);
    }
}

struct runtime_answer *runtime_answers_take(struct runtime_answers *answers)
{
    struct runtime_answer *older = &answers->all[1 - answers->newest];
    struct runtime_answer *newest = &answers->all[answers->newest];
    struct runtime_answer *taken = older->state == RUNTIME_ANSWER_WHOLE    ? older
                                   : newest->state == RUNTIME_ANSWER_WHOLE ? newest
                                                                           : NULL;
    if (taken) {
        taken->state = RUNTIME_ANSWER_READ;
    }
    return taken;
}

void runtime_answers_give_back(struct runtime_answer *answer)
{
    answer->state = RUNTIME_ANSWER_FREE;
}

void runtime_answers_forget(struct runtime_answers *answers)
{
    for (unsigned i = 0; i < RUNTIME_ANSWERS; i++) {
        if (answers->all[i].state != RUNTIME_ANSWER_READ) {
            answers->all[i].state = RUNTIME_ANSWER_FREE;
        }
    }
}
