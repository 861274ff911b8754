/* SPDX-License-Identifier: MIT */
/* SUBSCRIBE after SUBSCRIBE, and what a refusal means. What is asked of the service meanwhile is decided in engine.c. */
#include "device/core/jobs/subscriptions.h"

#include "device/core/jobs/wire.h"
#include "device/core/text.h"

#include <assert.h>
#include <string.h>

#define LEFT_OUT_S (24u * 60 * 60)

/* A broker that closes the connection on SUBSCRIBE is AWS IoT, where answers come without one. Not worth two more connections each. */
static const enum jobs_subscription needless[] = {JOBS_SUB_GET, JOBS_SUB_UPDATE};

void jobs_subscriptions_init(struct jobs_subscriptions *s, struct jobs_context *context)
{
    memset(s, 0, sizeof(*s));
    s->context = context;
    s->asked = JOBS_SUB_COUNT;
    s->until_ms = JOBS_NEVER;
}

static void set(uint8_t *bits, unsigned id, bool value)
{
    *bits = (uint8_t)(value ? *bits | 1u << id : *bits & ~(1u << id));
}

static uint32_t now_s(const struct jobs_subscriptions *s)
{
    return (uint32_t)(s->context->now_ms / 1000);
}

void jobs_subscriptions_begin(struct jobs_subscriptions *s)
{
    s->asked = 0;
    s->granted = 0;
    s->until_ms = JOBS_NEVER;
}

bool jobs_subscriptions_are_due(const struct jobs_subscriptions *s, bool is_asking)
{
    return s->asked < JOBS_SUB_COUNT && s->until_ms == JOBS_NEVER && (!is_asking || !s->is_wary);
}

/* The line is longer than others: the statement must stand in it whole, so that it can be copied into the policy. */
static void leave_out(struct jobs_subscriptions *s, unsigned id)
{
    struct jobs_context *c = s->context;
    const char *filter = jobs_wire_filter((enum jobs_subscription)id);
    char *line = c->scratch.text;

    s->left_out_until_s[id] = now_s(s) + LEFT_OUT_S;
    set(&s->cut, id, false);
    line[0] = '\0';
    text_append(line, sizeof(c->scratch.text), "the broker refuses SUBSCRIBE ");
    text_append(line, sizeof(c->scratch.text), filter);
    text_append(line, sizeof(c->scratch.text),
                " (24 h). Lacking: Allow iot:Subscribe on topicfilter/$aws/things/");
    text_append(line, sizeof(c->scratch.text), c->thing_name);
    text_append(line, sizeof(c->scratch.text), "/jobs/");
    text_append(line, sizeof(c->scratch.text), filter);
    c->io.log(c->io.ctx, LOG_LEVEL_ERROR, line);
}

bool jobs_subscriptions_end(struct jobs_subscriptions *s, bool is_own_doing)
{
    unsigned id = s->asked;
    bool is_reason = s->until_ms != JOBS_NEVER && s->is_sent && !is_own_doing;

    s->asked = JOBS_SUB_COUNT;
    s->granted = 0;
    s->until_ms = JOBS_NEVER;
    if (!is_reason) {
        return false;
    }
    s->is_wary = true;
    if ((s->cut >> id & 1) == 0) {
        set(&s->cut, id, true);
        return true;
    }
    leave_out(s, id);
    for (size_t i = 0; i < sizeof(needless) / sizeof(needless[0]); i++) {
        s->left_out_until_s[needless[i]] = now_s(s) + LEFT_OUT_S;
    }
    return true;
}

/* Asks for the first filter from this one on that is not left out; true: with it the notify topics are settled. One that cannot be
 * sent is tried again. */
static bool advance(struct jobs_subscriptions *s, unsigned from)
{
    struct jobs_context *c = s->context;
    unsigned id = from;

    while (id < JOBS_SUB_COUNT && s->left_out_until_s[id] > now_s(s)) {
        id++;
    }
    s->asked = (uint8_t)id;
    s->until_ms = JOBS_NEVER;
    if (id < JOBS_SUB_COUNT) {
        enum jobs_subscription sub = (enum jobs_subscription)id;
        jobs_wire_make_topic(c->scratch.request.topic, c->thing_name, NULL, jobs_wire_filter(sub));
        s->is_sent = c->io.subscribe(c->io.ctx, sub, c->scratch.request.topic) == ERR_OK;
        s->until_ms = c->now_ms + CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS;
    } else {
        s->is_wary = false;
    }
    return from <= JOBS_SUB_NOTIFY + 1 && id > JOBS_SUB_NOTIFY;
}

bool jobs_subscriptions_ask(struct jobs_subscriptions *s)
{
    assert(s->until_ms == JOBS_NEVER);
    return advance(s, s->asked);
}

bool jobs_subscriptions_answered(struct jobs_subscriptions *s, enum jobs_subscription id, bool is_granted)
{
    bool is_late = id < s->asked && id <= JOBS_SUB_NOTIFY && is_granted && !jobs_subscriptions_has(s, id);

    if (is_granted) {
        set(&s->granted, id, true);
        set(&s->cut, id, false);
    } else {
        leave_out(s, id);
    }
    return (id == s->asked && advance(s, id + 1)) || is_late;
}

bool jobs_subscriptions_expire(struct jobs_subscriptions *s)
{
    if (!s->is_sent) {
        return advance(s, s->asked);
    }
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

bool jobs_subscriptions_are_settled(const struct jobs_subscriptions *s)
{
    return s->asked == JOBS_SUB_COUNT;
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
    (void)s;
}
