/* SPDX-License-Identifier: MIT */
/* SUBSCRIBE after SUBSCRIBE, and what a refusal means. What is asked of the service meanwhile is decided in engine.c. */
#include "device/core/jobs/subscriptions.h"

#include "device/core/jobs/wire.h"
#include "device/core/text.h"

#include <assert.h>
#include <string.h>

#define LEFT_OUT_MS (24u * 60 * 60 * 1000)

/* A broker that closes the connection on SUBSCRIBE is AWS IoT, where answers come without one. Not worth two more connections each. */
#define NEEDLESS (1u << JOBS_SUB_GET | 1u << JOBS_SUB_UPDATE)

void jobs_subscriptions_init(struct jobs_subscriptions *s, struct jobs_context *context)
{
    memset(s, 0, sizeof(*s));
    s->context = context;
    s->asked = JOBS_SUB_COUNT;
    s->until_ms = JOBS_NEVER;
}

void jobs_subscriptions_begin(struct jobs_subscriptions *s)
{
    if (s->context->now_ms >= s->left_out_until_ms) {
        s->left_out = 0;
    }
    s->asked = 0;
    s->granted = 0;
    s->until_ms = JOBS_NEVER;
}

bool jobs_subscriptions_are_due(const struct jobs_subscriptions *s, bool is_asking)
{
    return s->asked < JOBS_SUB_COUNT && s->until_ms == JOBS_NEVER && (!is_asking || s->cut == 0);
}

/* The line is longer than others: the statement must stand in it whole, so that it can be copied into the policy. */
static void leave_out(struct jobs_subscriptions *s, unsigned id)
{
    struct jobs_context *c = s->context;
    const char *filter = jobs_wire_filter((enum jobs_subscription)id);
    char *line = c->scratch.text;

    s->left_out |= (uint8_t)(1u << id);
    s->left_out_until_ms = c->now_ms + LEFT_OUT_MS;
    s->cut &= (uint8_t) ~(1u << id);
    line[0] = '\0';
    text_append(line, sizeof(c->scratch.text), "the broker refuses SUBSCRIBE ");
    text_append(line, sizeof(c->scratch.text), filter);
    text_append(line, sizeof(c->scratch.text),
                "; jobs run without it, not asked again for 24 h. The policy lacks: Allow iot:Subscribe on "
                "topicfilter/$aws/things/");
    text_append(line, sizeof(c->scratch.text), c->thing_name);
    text_append(line, sizeof(c->scratch.text), "/jobs/");
    text_append(line, sizeof(c->scratch.text), filter);
    c->io.log(c->io.ctx, LOG_LEVEL_ERROR, line);
}

bool jobs_subscriptions_end(struct jobs_subscriptions *s, bool is_own_doing)
{
    unsigned id = s->asked;
    bool is_waiting = s->until_ms != JOBS_NEVER;

    s->asked = JOBS_SUB_COUNT;
    s->granted = 0;
    s->until_ms = JOBS_NEVER;
    if (!is_waiting || is_own_doing) {
        return false;
    }
    if ((s->cut >> id & 1) != 0) {
        leave_out(s, id);
        s->left_out |= NEEDLESS;
    } else {
        s->cut |= (uint8_t)(1u << id);
    }
    return true;
}

/* The first filter from s->asked on that is not left out; true: with it the notify topics are settled. */
static bool advance(struct jobs_subscriptions *s, unsigned from)
{
    struct jobs_context *c = s->context;
    unsigned id = from;

    for (; id < JOBS_SUB_COUNT; id++) {
        if ((s->left_out >> id & 1) != 0) {
            continue;
        }
        char *topic = c->scratch.request.topic;
        enum jobs_subscription sub = (enum jobs_subscription)id;
        jobs_wire_make_topic(topic, c->thing_name, NULL, jobs_wire_filter(sub));
        if (c->io.subscribe(c->io.ctx, sub, topic) == ERR_OK) {
            break;
        }
    }
    s->asked = (uint8_t)id;
    s->until_ms = id < JOBS_SUB_COUNT ? c->now_ms + CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS : JOBS_NEVER;
    return from <= JOBS_SUB_NOTIFY + 1 && id > JOBS_SUB_NOTIFY;
}

bool jobs_subscriptions_ask(struct jobs_subscriptions *s)
{
    assert(s->until_ms == JOBS_NEVER);
    return advance(s, s->asked);
}

bool jobs_subscriptions_answered(struct jobs_subscriptions *s, enum jobs_subscription id, bool is_granted)
{
    if (is_granted) {
        s->granted |= (uint8_t)(1u << id); /* also when nobody waits for it any more */
        s->cut &= (uint8_t) ~(1u << id);
    } else {
        leave_out(s, id);
    }
    return id == s->asked && advance(s, id + 1);
}

bool jobs_subscriptions_expire(struct jobs_subscriptions *s)
{
    jobs_context_log(s->context, LOG_LEVEL_ERROR, NULL, "no answer to SUBSCRIBE",
                     jobs_wire_filter((enum jobs_subscription)s->asked));
    return advance(s, s->asked + 1u);
}

uint64_t jobs_subscriptions_due_at(const struct jobs_subscriptions *s)
{
    return s->until_ms;
}

bool jobs_subscriptions_has(const struct jobs_subscriptions *s, enum jobs_subscription id)
{
    return (s->granted >> id & 1) != 0;
}

bool jobs_subscriptions_hears(const struct jobs_subscriptions *s)
{
    return jobs_subscriptions_has(s, JOBS_SUB_NOTIFY_NEXT) || jobs_subscriptions_has(s, JOBS_SUB_NOTIFY);
}

void jobs_subscriptions_check(const struct jobs_subscriptions *s)
{
    assert(s->asked <= JOBS_SUB_COUNT);
    assert(s->until_ms == JOBS_NEVER || s->asked < JOBS_SUB_COUNT);
    assert(s->granted >> JOBS_SUB_COUNT == 0 && s->cut >> JOBS_SUB_COUNT == 0);
    assert(s->left_out >> JOBS_SUB_COUNT == 0);
    (void)s;
}
