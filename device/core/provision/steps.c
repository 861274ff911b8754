/* SPDX-License-Identifier: MIT */
/* What each event makes of the machine's state, as one table, and the effects that stand in it. */
#include "device/core/provision/steps.h"

#include "device/core/link/backoff.h"
#include "device/core/provision/provision_wire.h"
#include "device/core/text.h"

#include <assert.h>
#include <string.h>

enum effect {
    IMPOSSIBLE, /* what is not in the table: this event does not come in this state */
    NOTHING,
    MAKE_KEY,     /* a key is made and stored */
    LOOK,         /* does the connection stand already? */
    SUBSCRIBE,    /* the request's first filter is asked */
    SUBSCRIBE_ON, /* the next one */
    ASK,          /* the request is sent */
    PAUSE,        /* again after a backoff; a rotation has only so many tries */
    HOLD,         /* the storage has failed: again after a backoff of its own */
    REST,         /* the new identity was refused: again after a backoff of its own */
    SAY,          /* a line about the problem */
    KEEP,         /* the pending record is put as it is now */
    DROP,         /* the same, without the certificate */
    TRY,          /* the new identity's failed connects are counted anew */
    ADOPT,        /* the identity is put */
    ERASE,        /* the pending record is erased */
    TELL_DONE,
    TELL_FAILED,
};

_Static_assert(DEVICE_PROVISION_OUT_CAP >= RECORD_BYTES(DEVICE_THING_NAME_CAP + DEVICE_CERTIFICATE_CAP +
                                                        DEVICE_KEY_CAP + DEVICE_CERTIFICATE_ID_CAP),
               "the identity fits");
_Static_assert(DEVICE_PROVISION_OUT_CAP >= DEVICE_PROVISION_PARAMETERS_CAP + DEVICE_OWNERSHIP_TOKEN_CAP,
               "a registration fits: the parameters are measured with the rest of it");
_Static_assert(DEVICE_CSR_CAP <= DEVICE_CERTIFICATE_CAP, "a CSR stands where the certificate comes");

struct step {
    uint8_t to; /* enum provision_state */
    uint8_t effect;
};

/* clang-format off */
#define ON(state, event, next, effect) [PROVISION_##state][PROVISION_EVENT_##event] = {PROVISION_##next, effect}

/* A lost connection says nothing about a state that does not need it. */
#define DEAF(state)                                                                                          \
    ON(state, UP,      state, NOTHING),                                                                      \
    ON(state, DOWN,    state, NOTHING),                                                                      \
    ON(state, REFUSED, state, NOTHING)

static const struct step steps[PROVISION_STATE_COUNT][PROVISION_EVENT_COUNT] = {
    ON(KEY,              DUE,     KEY,              MAKE_KEY),
    ON(KEY,              SAVED,   CERT_OFFLINE,     LOOK),
    ON(KEY,              UNSAVED, KEY,              HOLD),
    ON(KEY,              GIVE_UP, LEAVING,          ERASE),
    DEAF(KEY),

    ON(CERT_OFFLINE,     UP,      CERT_SUBSCRIBING, SUBSCRIBE),
    ON(CERT_OFFLINE,     DOWN,    CERT_OFFLINE,     NOTHING),
    ON(CERT_OFFLINE,     REFUSED, CERT_OFFLINE,     SAY),
    ON(CERT_OFFLINE,     GIVE_UP, LEAVING,          ERASE),

    ON(CERT_SUBSCRIBING, DUE,     CERT_SUBSCRIBING, SUBSCRIBE_ON),
    ON(CERT_SUBSCRIBING, SETTLED, CERT_SUBSCRIBING, SUBSCRIBE_ON),
    ON(CERT_SUBSCRIBING, READY,   CERT_ASKED,       ASK),
    ON(CERT_SUBSCRIBING, DOWN,    CERT_OFFLINE,     NOTHING),
    ON(CERT_SUBSCRIBING,  REFUSED, CERT_OFFLINE,      SAY),     /* its filters are left out from now on */
    ON(CERT_SUBSCRIBING, GOOD,    CERT_KEEPING,     KEEP),
    ON(CERT_SUBSCRIBING, GIVE_UP, LEAVING,          ERASE),

    ON(CERT_ASKED,       DUE,     CERT_PAUSED,      PAUSE),
    ON(CERT_ASKED,       DOWN,    CERT_PAUSED,      PAUSE),
    ON(CERT_ASKED,       BAD,     CERT_PAUSED,      PAUSE),
    ON(CERT_ASKED,       USELESS, KEY,              PAUSE),
    ON(CERT_ASKED,       GOOD,    CERT_KEEPING,     KEEP),
    ON(CERT_ASKED,       GIVE_UP, LEAVING,          ERASE),

    ON(CERT_PAUSED,      DUE,     CERT_OFFLINE,     LOOK),
    ON(CERT_PAUSED,      GOOD,    CERT_KEEPING,     KEEP),    /* late; the key says that it is ours */
    ON(CERT_PAUSED,      GIVE_UP, LEAVING,          ERASE),
    DEAF(CERT_PAUSED),

    ON(CERT_KEEPING,     DUE,     CERT_KEEPING,     KEEP),
    ON(CERT_KEEPING,     SAVED,   REG_OFFLINE,      LOOK),
    ON(CERT_KEEPING,     UNSAVED, CERT_KEEPING,     HOLD),
    ON(CERT_KEEPING,     GIVE_UP, LEAVING,          ERASE),
    DEAF(CERT_KEEPING),

    ON(REG_OFFLINE,      UP,      REG_SUBSCRIBING,  SUBSCRIBE),
    ON(REG_OFFLINE,      DOWN,    REG_OFFLINE,      NOTHING),
    ON(REG_OFFLINE,      REFUSED, REG_OFFLINE,      SAY),
    ON(REG_OFFLINE,      GIVE_UP, LEAVING,          ERASE),

    ON(REG_SUBSCRIBING,  DUE,     REG_SUBSCRIBING,  SUBSCRIBE_ON),
    ON(REG_SUBSCRIBING,  SETTLED, REG_SUBSCRIBING,  SUBSCRIBE_ON),
    ON(REG_SUBSCRIBING,  READY,   REG_ASKED,        ASK),
    ON(REG_SUBSCRIBING,  DOWN,    REG_OFFLINE,      NOTHING),
    ON(REG_SUBSCRIBING,   REFUSED, REG_OFFLINE,       SAY),     /* its filters are left out from now on */
    ON(REG_SUBSCRIBING,  GIVE_UP, LEAVING,          ERASE),

    ON(REG_ASKED,        DUE,     REG_PAUSED,       PAUSE),
    ON(REG_ASKED,        DOWN,    REG_PAUSED,       PAUSE),
    ON(REG_ASKED,        BAD,     REG_PAUSED,       PAUSE),
    ON(REG_ASKED,        USELESS, DROPPING,         DROP),    /* the token has expired, or was used up by a request whose answer was lost */
    ON(REG_ASKED,        GOOD,    REG_KEEPING,      KEEP),
    ON(REG_ASKED,        GIVE_UP, LEAVING,          ERASE),

    ON(REG_PAUSED,       DUE,     REG_OFFLINE,      LOOK),
    ON(REG_PAUSED,       GOOD,    REG_KEEPING,      KEEP),    /* late */
    ON(REG_PAUSED,       GIVE_UP, LEAVING,          ERASE),
    DEAF(REG_PAUSED),

    ON(REG_KEEPING,      DUE,     REG_KEEPING,      KEEP),
    ON(REG_KEEPING,      SAVED,   TRIAL,            TRY),
    ON(REG_KEEPING,      UNSAVED, REG_KEEPING,      HOLD),
    ON(REG_KEEPING,      GIVE_UP, LEAVING,          ERASE),
    DEAF(REG_KEEPING),

    ON(DROPPING,         DUE,     DROPPING,         DROP),
    ON(DROPPING,         SAVED,   CERT_PAUSED,      PAUSE),
    ON(DROPPING,         UNSAVED, DROPPING,         HOLD),
    ON(DROPPING,         GIVE_UP, LEAVING,          ERASE),
    DEAF(DROPPING),

    ON(TRIAL,            UP,      ADOPTING,         ADOPT),
    ON(TRIAL,            DOWN,    TRIAL,            NOTHING),
    ON(TRIAL,            REFUSED, TRIAL_PAUSED,     REST),
    ON(TRIAL,            DOUBT,   PROBE,            NOTHING),
    ON(TRIAL,            USELESS, DROPPING,         DROP),    /* claim */
    ON(TRIAL,            GIVE_UP, LEAVING,          ERASE),   /* rotation */

    ON(TRIAL_PAUSED,     DUE,     TRIAL,            NOTHING),
    ON(TRIAL_PAUSED,     GIVE_UP, LEAVING,          ERASE),
    DEAF(TRIAL_PAUSED),

    ON(PROBE,            USELESS, DROPPING,         DROP),    /* it can, and the new one could not */
    ON(PROBE,            DOWN,    TRIAL,            TRY),
    ON(PROBE,            REFUSED, TRIAL,            TRY),
    ON(PROBE,            GIVE_UP, LEAVING,          ERASE),

    ON(ADOPTING,         DUE,     ADOPTING,         ADOPT),
    ON(ADOPTING,         SAVED,   CLEARING,         ERASE),
    ON(ADOPTING,         UNSAVED, ADOPTING,         HOLD),
    DEAF(ADOPTING),

    ON(CLEARING,         DUE,     CLEARING,         ERASE),
    ON(CLEARING,         SAVED,   DONE,             TELL_DONE),
    ON(CLEARING,         UNSAVED, CLEARING,         HOLD),
    DEAF(CLEARING),

    ON(LEAVING,          DUE,     LEAVING,          ERASE),
    ON(LEAVING,          SAVED,   FAILED,           TELL_FAILED),
    ON(LEAVING,          UNSAVED, LEAVING,          HOLD),
    DEAF(LEAVING),

    DEAF(DONE),
    DEAF(FAILED),
};
/* clang-format on */

/* What follows from an effect at once: the next event, or NONE. */
typedef enum provision_event (*effect_fn)(struct provision *p);

static char *payload_of(struct provision *p)
{
    return p->workspace->pending + RECORD_HEADER_BYTES;
}

static void say(struct provision *p, enum log_level level, const char *what, const char *detail)
{
    char *line = p->workspace->out;

    line[0] = '\0';
    text_append(line, PROVISION_LINE_CAP,
                p->config.origin == PENDING_CLAIM ? "provisioning: " : "rotation: ");
    text_append(line, PROVISION_LINE_CAP, what);
    text_append(line, PROVISION_LINE_CAP, detail);
    p->io.log(p->io.ctx, level, line);
}

static void say_again_at(struct provision *p, const char *problem)
{
    char again[48] = "; again in ";

    text_append_number(again, sizeof(again), (int64_t)((p->at_ms - p->now_ms + 999) / 1000));
    text_append(again, sizeof(again), " s");
    say(p, LOG_LEVEL_ERROR, problem, again);
}

void provision_fail(struct provision *p, const char *what, const char *detail)
{
    p->problem[0] = '\0';
    text_append(p->problem, sizeof(p->problem), what);
    text_append(p->problem, sizeof(p->problem), detail);
    p->is_failing = true;
}

static enum provision_event put(struct provision *p, enum record_kind kind, char *record, size_t payload_len)
{
    assert(payload_len > 0);
    if (p->io.put(p->io.ctx, kind, record, payload_len) != ERR_OK) {
        provision_fail(p, "the storage does not take the record ", record_key(kind));
        return PROVISION_EVENT_UNSAVED;
    }
    return PROVISION_EVENT_SAVED;
}

static enum provision_event keep(struct provision *p)
{
    p->pending_len = pending_write(&p->pending, payload_of(p), PENDING_MAX);
    enum provision_event event = put(p, RECORD_PENDING, p->workspace->pending, p->pending_len);

    if (event != PROVISION_EVENT_SAVED || p->pending.stage == PENDING_KEY) {
        return event;
    }
    p->is_failing = false;
    if (p->pending.stage == PENDING_CERTIFICATE) {
        say(p, LOG_LEVEL_INFO, "the certificate is stored: ", p->pending.certificate_id);
    } else {
        say(p, LOG_LEVEL_INFO, "registered, and now connects as ", p->pending.thing_name);
    }
    return event;
}

static enum provision_event drop(struct provision *p)
{
    p->pending.stage = PENDING_KEY;
    return keep(p);
}

/* The key is made where it stands in the record. It counts once the record is stored: a power cut before leaves nothing of it. */
static enum provision_event make_key(struct provision *p)
{
    char *key_pem = payload_of(p) + PENDING_HEAD;

    if (p->io.make_key(p->io.ctx, key_pem, DEVICE_KEY_CAP) != ERR_OK) {
        provision_fail(p, "no key can be made", "");
        return PROVISION_EVENT_UNSAVED;
    }
    p->pending = (struct pending){
        .origin = p->config.origin, .stage = PENDING_KEY, .key_pem = key_pem, .given_id = p->config.given_id};
    enum provision_event event = keep(p);
    if (event == PROVISION_EVENT_SAVED) {
        p->is_failing = false;
        say(p, LOG_LEVEL_INFO, "a key is made and stored", "");
    }
    return event;
}

static enum provision_event look(struct provision *p)
{
    return p->up == PROVISION_LINK_ORIGIN ? PROVISION_EVENT_UP : PROVISION_EVENT_NONE;
}

/* One filter at a time, exact ones: a policy may allow these and no wildcard. */
static enum provision_event subscribe_from(struct provision *p, uint8_t filter)
{
    const enum provision_request request = provision_steps_request(p);

    if (filter >= 2 || (p->left_out >> request & 1) != 0) {
        p->losses = 0;
        return PROVISION_EVENT_READY;
    }
    p->subscribed = filter;
    p->at_ms = p->now_ms + PROVISION_SUBACK_MS;
    provision_wire_topic(p->workspace->out, p->config.template_name, request,
                         filter == 0 ? PROVISION_ANSWER_ACCEPTED : PROVISION_ANSWER_REJECTED);
    return p->io.subscribe(p->io.ctx, p->workspace->out) == ERR_OK ? PROVISION_EVENT_NONE
                                                                   : PROVISION_EVENT_SETTLED;
}

static enum provision_event subscribe(struct provision *p)
{
    return subscribe_from(p, 0);
}

static enum provision_event subscribe_on(struct provision *p)
{
    return subscribe_from(p, (uint8_t)(p->subscribed + 1));
}

/* The CSR is made behind the record's payload, where nothing stands before there is a certificate. */
static enum err write_request(struct provision *p, size_t *len)
{
    char *out = p->workspace->out;

    if (!provision_is_in(p, PROVISION_CERT)) {
        return provision_wire_registration(&p->config, p->pending.token, out, DEVICE_PROVISION_OUT_CAP, len);
    }
    char *csr_pem = payload_of(p) + p->pending_len;
    enum err err = p->io.make_csr(p->io.ctx, p->pending.key_pem, csr_pem, DEVICE_CSR_CAP);
    return err ? err : provision_wire_csr(csr_pem, out, DEVICE_PROVISION_OUT_CAP, len);
}

static enum provision_event ask(struct provision *p)
{
    const enum provision_request request = provision_steps_request(p);
    char topic[PROVISION_TOPIC_CAP];
    size_t len;

    enum err err = write_request(p, &len);
    if (err == ERR_CORRUPT || err == ERR_TLS || err == ERR_ARG) {
        provision_fail(p, "the stored key cannot be used, another one is made", "");
        return PROVISION_EVENT_USELESS;
    }
    if (!err) {
        provision_wire_topic(topic, p->config.template_name, request, PROVISION_ANSWER_NONE);
        err = p->io.publish(p->io.ctx, topic, p->workspace->out, len);
    }
    if (err) {
        provision_fail(p, provision_wire_name(request), " could not be sent: ");
        text_append(p->problem, sizeof(p->problem), err_text(err));
        return PROVISION_EVENT_BAD;
    }
    p->at_ms = p->now_ms + PROVISION_ANSWER_MS;
    return PROVISION_EVENT_NONE;
}

/* After a failure, which is counted. */
static void wait_longer(struct provision *p, uint32_t base_ms, uint32_t cap_ms, uint8_t *failures)
{
    const uint32_t chance = p->io.random(p->io.ctx);

    p->at_ms = p->now_ms + backoff_ms(base_ms, cap_ms, *failures, chance);
    if (*failures < UINT8_MAX) {
        (*failures)++;
    }
}

static enum provision_event pause_for(struct provision *p)
{
    wait_longer(p, PROVISION_RETRY_BASE_MS, PROVISION_RETRY_CAP_MS, &p->failures);
    if (p->config.origin == PENDING_ROTATION && p->failures >= PROVISION_ROTATION_FAILURES) {
        return PROVISION_EVENT_GIVE_UP;
    }
    say_again_at(p, p->problem);
    return PROVISION_EVENT_NONE;
}

static enum provision_event hold(struct provision *p)
{
    const bool is_erasing =
        provision_is_in(p, PROVISION_SET(PROVISION_CLEARING) | PROVISION_SET(PROVISION_LEAVING));

    wait_longer(p, PROVISION_SAVE_BASE_MS, PROVISION_SAVE_CAP_MS, &p->holds);
    say_again_at(p, is_erasing ? "the storage does not erase the record pending" : p->problem);
    return PROVISION_EVENT_NONE;
}

static enum provision_event rest(struct provision *p)
{
    wait_longer(p, PROVISION_TRIAL_BASE_MS, PROVISION_TRIAL_CAP_MS, &p->refusals);
    say_again_at(p, p->problem);
    return PROVISION_EVENT_NONE;
}

static enum provision_event say_problem(struct provision *p)
{
    say(p, LOG_LEVEL_ERROR, p->problem, "");
    return PROVISION_EVENT_NONE;
}

static enum provision_event try_new(struct provision *p)
{
    p->doubts = 0;
    p->refusals = 0;
    return PROVISION_EVENT_NONE;
}

static enum provision_event adopt(struct provision *p)
{
    const struct identity identity = {p->pending.thing_name, p->pending.cert_pem, p->pending.key_pem,
                                      p->pending.given_id};
    size_t len = identity_write(&identity, p->workspace->out + RECORD_HEADER_BYTES,
                                DEVICE_PROVISION_OUT_CAP - RECORD_BYTES(0));
    return put(p, RECORD_IDENTITY, p->workspace->out, len);
}

static enum provision_event erase(struct provision *p)
{
    return p->io.erase(p->io.ctx, RECORD_PENDING) == ERR_OK ? PROVISION_EVENT_SAVED : PROVISION_EVENT_UNSAVED;
}

static enum provision_event tell_done(struct provision *p)
{
    if (p->pending.stage == PENDING_TRIAL) { /* else there was an identity before this start */
        say(p, LOG_LEVEL_INFO, "the identity is stored: ", p->pending.thing_name);
    }
    return PROVISION_EVENT_NONE;
}

static enum provision_event tell_failed(struct provision *p)
{
    say(p, LOG_LEVEL_ERROR, "given up, the certificate stays as it was: ", p->problem);
    return PROVISION_EVENT_NONE;
}

static enum provision_event nothing(struct provision *p)
{
    (void)p;
    return PROVISION_EVENT_NONE;
}

static const effect_fn effects[] = {
    [NOTHING] = nothing,
    [MAKE_KEY] = make_key,
    [LOOK] = look,
    [SUBSCRIBE] = subscribe,
    [SUBSCRIBE_ON] = subscribe_on,
    [ASK] = ask,
    [PAUSE] = pause_for,
    [HOLD] = hold,
    [REST] = rest,
    [SAY] = say_problem,
    [KEEP] = keep,
    [DROP] = drop,
    [TRY] = try_new,
    [ADOPT] = adopt,
    [ERASE] = erase,
    [TELL_DONE] = tell_done,
    [TELL_FAILED] = tell_failed,
};

enum provision_link provision_steps_link(const struct provision *p)
{
    const bool is_claim = p->config.origin == PENDING_CLAIM;

    switch ((enum provision_state)p->state) {
    case PROVISION_OFF:
    case PROVISION_TRIAL_PAUSED:
        return PROVISION_LINK_NONE;
    case PROVISION_KEY:
    case PROVISION_CERT_PAUSED:
    case PROVISION_REG_PAUSED:
    case PROVISION_DROPPING:
        return is_claim ? PROVISION_LINK_NONE : PROVISION_LINK_ORIGIN;
    case PROVISION_TRIAL:
    case PROVISION_ADOPTING:
    case PROVISION_CLEARING:
    case PROVISION_DONE:
        return PROVISION_LINK_NEW;
    default:
        return PROVISION_LINK_ORIGIN;
    }
}

enum provision_event provision_steps_take(struct provision *p, enum provision_event event)
{
    const struct step *step = &steps[p->state][event];

    assert(step->effect != IMPOSSIBLE);
    if (event == PROVISION_EVENT_SAVED) {
        p->holds = 0;
    }
    if (p->state != step->to) {
        p->state = step->to;
        p->at_ms = PROVISION_NEVER;
    }
    if (provision_steps_link(p) != (enum provision_link)p->up) {
        p->up = PROVISION_LINK_NONE; /* its owner closes it */
    }
    return effects[step->effect](p);
}
