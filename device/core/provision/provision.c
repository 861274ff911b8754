/* SPDX-License-Identifier: MIT */
/* What comes in from outside, and which event of the table it is. What follows stands in steps.c. */
#include "device/core/provision/provision.h"

#include "device/core/provision/provision_wire.h"
#include "device/core/text.h"

#include <assert.h>
#include <string.h>

#define OVER        (PROVISION_SET(PROVISION_DONE) | PROVISION_SET(PROVISION_FAILED))
#define SUBSCRIBING (PROVISION_SET(PROVISION_CERT_SUBSCRIBING) | PROVISION_SET(PROVISION_REG_SUBSCRIBING))
#define ASKED       (PROVISION_SET(PROVISION_CERT_ASKED) | PROVISION_SET(PROVISION_REG_ASKED))
/* The new identity has connected, or it is decided already that nothing comes of it: too late to give up. */
#define SETTLED                                                                                              \
    (OVER | PROVISION_SET(PROVISION_OFF) | PROVISION_SET(PROVISION_ADOPTING) |                               \
     PROVISION_SET(PROVISION_CLEARING) | PROVISION_SET(PROVISION_LEAVING))

/* ---- begin */

static bool is_of_this(const struct provision_config *config, const struct pending *pending)
{
    return pending->origin == config->origin && strcmp(pending->given_id, config->given_id) == 0;
}

/* Where a device goes on: each of these states has its time now. */
static enum provision_state resume(const struct provision *p, const struct identity *identity,
                                   bool has_pending)
{
    const struct pending *pending = &p->pending;

    if (identity != NULL &&
        p->config.origin == PENDING_CLAIM) { /* what is pending of a rotation is not the claim's */
        return pending->origin == PENDING_ROTATION ? PROVISION_DONE : PROVISION_CLEARING;
    }
    if (!has_pending) {
        return PROVISION_KEY;
    }
    if (pending->stage != PENDING_TRIAL) {
        return pending->stage == PENDING_KEY ? PROVISION_CERT_PAUSED : PROVISION_REG_PAUSED;
    }
    const bool is_stored = identity != NULL && strcmp(identity->key_pem, pending->key_pem) == 0;
    return is_stored ? PROVISION_CLEARING : PROVISION_TRIAL_PAUSED;
}

enum err provision_start(struct provision *p, const struct provision_config *config,
                         const struct provision_io *io, struct provision_workspace *workspace,
                         struct slice stored, const struct identity *identity, uint64_t now_ms)
{
    size_t len;
    const char *given_id = config->given_id != NULL ? config->given_id : "";
    bool has_thing_name = config->thing_name != NULL && config->thing_name[0] != '\0';

    if (!provision_wire_is_template_name(config->template_name) ||
        (has_thing_name && !identity_is_thing_name(config->thing_name)) ||
        (given_id[0] != '\0' && !identity_is_certificate_id(given_id))) {
        return ERR_ARG;
    }
    if (provision_wire_registration(config, "", workspace->out, DEVICE_PROVISION_PARAMETERS_CAP, &len)) {
        return ERR_TOO_LONG;
    }
    memset(p, 0, sizeof(*p));
    p->config = *config;
    p->config.thing_name = has_thing_name && config->origin == PENDING_ROTATION ? config->thing_name : "";
    p->config.given_id = given_id;
    p->io = *io;
    p->workspace = workspace;
    bool has_pending = pending_read(stored, &p->pending) && is_of_this(&p->config, &p->pending);
    p->pending_len = has_pending ? stored.len : 0;
    p->state = (uint8_t)resume(p, identity, has_pending);
    p->at_ms = p->state != PROVISION_DONE ? now_ms : PROVISION_NEVER;
    if (!has_pending) {
        p->pending = (struct pending){.key_pem = "",
                                      .given_id = "",
                                      .cert_pem = "",
                                      .certificate_id = "",
                                      .token = "",
                                      .thing_name = ""};
    }
    return ERR_OK;
}

/* The event, and what follows from it. */
static void step(struct provision *p, enum provision_event event)
{
    while (event != PROVISION_EVENT_NONE) {
        event = provision_steps_take(p, event);
    }
}

/* ---- the connection */

void provision_connected(struct provision *p, enum provision_link link, uint64_t now_ms)
{
    p->now_ms = now_ms;
    if (link == PROVISION_LINK_NONE || link != provision_steps_link(p) || p->up == (uint8_t)link) {
        return; /* it was wanted when it was opened, or this is known */
    }
    p->up = (uint8_t)link;
    if (p->state != PROVISION_PROBE) {
        step(p, PROVISION_EVENT_UP);
        return;
    }
    provision_fail(p, "the service does not take the new certificate", "");
    step(p, p->config.origin == PENDING_CLAIM ? PROVISION_EVENT_USELESS : PROVISION_EVENT_GIVE_UP);
}

/* The problem, with the statement that the policy may lack: "<what> iot:Publish on topic/<topic><tail>". */
static void fail_for_policy(struct provision *p, const char *name, const char *what, const char *tail)
{
    char topic[PROVISION_TOPIC_CAP];

    provision_wire_topic(topic, p->config.template_name, provision_steps_request(p), PROVISION_ANSWER_NONE);
    provision_fail(p, name, what);
    text_append(p->problem, sizeof(p->problem), topic);
    text_append(p->problem, sizeof(p->problem), tail);
}

/* What it means that a connection which stood has ended. */
static enum provision_event judge_end(struct provision *p, enum err reason)
{
    if (reason == ERR_OK && provision_is_in(p, ASKED)) {
        provision_fail(p, "the device has closed the connection", "");
    } else if (reason == ERR_OK) {
        return PROVISION_EVENT_DOWN;
    } else if (provision_is_in(p, ASKED)) {
        fail_for_policy(p, provision_wire_name(provision_steps_request(p)),
                        " has ended the connection; does the policy allow iot:Publish on topic/", "");
    } else if (provision_is_in(p, SUBSCRIBING) && ++p->losses >= PROVISION_SUBSCRIBE_LOSSES) {
        p->losses = 0;
        p->left_out |= (uint8_t)(1u << provision_steps_request(p));
        fail_for_policy(p, "goes on without subscriptions, which end the connection",
                        "; does the policy allow iot:Subscribe on topicfilter/", "/*");
        return PROVISION_EVENT_REFUSED;
    }
    return PROVISION_EVENT_DOWN;
}

/* What it means that a connect has failed. */
static enum provision_event judge_attempt(struct provision *p, bool is_refused)
{
    if (is_refused) {
        provision_fail(p, "the service refuses to connect the ",
                       p->config.origin == PENDING_CLAIM
                           ? "claim certificate; is it active, does its policy allow iot:Connect?"
                           : "present certificate");
    }
    return is_refused ? PROVISION_EVENT_REFUSED : PROVISION_EVENT_DOWN;
}

static enum provision_event judge_trial(struct provision *p, enum err reason, bool is_refused)
{
    if (reason == ERR_OK) {
        return PROVISION_EVENT_DOWN;
    }
    if (is_refused) {
        provision_fail(p, "the service refuses to connect the new certificate as ", p->pending.thing_name);
        if (p->refusals + 1 < PROVISION_TRIAL_REFUSALS) { /* which counts this one */
            return PROVISION_EVENT_REFUSED;
        }
        return p->config.origin == PENDING_CLAIM ? PROVISION_EVENT_USELESS : PROVISION_EVENT_GIVE_UP;
    }
    return ++p->doubts < PROVISION_TRIAL_DOUBTS ? PROVISION_EVENT_DOWN : PROVISION_EVENT_DOUBT;
}

void provision_disconnected(struct provision *p, enum provision_link link, enum err reason, uint64_t now_ms)
{
    p->now_ms = now_ms;
    if (link == PROVISION_LINK_NONE || link != provision_steps_link(p)) {
        return;
    }
    const bool was_up = p->up == (uint8_t)link;
    const bool is_refused = reason == ERR_REFUSED || reason == ERR_TLS; /* means something of a connect */
    p->up = PROVISION_LINK_NONE;
    if (p->state == PROVISION_TRIAL) {
        step(p, judge_trial(p, reason, is_refused));
        return;
    }
    step(p, was_up ? judge_end(p, reason) : judge_attempt(p, is_refused));
}

/* ---- answers */

void provision_subscribed(struct provision *p, bool is_granted, uint64_t now_ms)
{
    (void)is_granted; /* an answer reaches who asked without it */
    p->now_ms = now_ms;
    if (provision_is_in(p, SUBSCRIBING)) {
        step(p, PROVISION_EVENT_SETTLED);
    }
}

/* What cannot be read ends the wait for it. Outside of the wait it is nothing. */
static void refuse_answer(struct provision *p, enum provision_request request, enum err err)
{
    if (!provision_is_in(p, ASKED)) {
        return;
    }
    provision_fail(p, provision_wire_name(request), " was answered with what cannot be used: ");
    text_append(p->problem, sizeof(p->problem), err_text(err));
    step(p, PROVISION_EVENT_BAD);
}

/* The answer names no request. It is known by the key: whichever request it answers, a certificate for the stored key with a token is
 * what is wanted, and to pass it over would leave it unused at the service. One for another key is passed over: the right one may follow. */
static void take_certificate(struct provision *p, struct slice payload)
{
    struct pending found = p->pending;

    if (!provision_is_in(p, PROVISION_CERT) || p->state == PROVISION_CERT_OFFLINE) {
        return;
    }
    char *room = p->workspace->pending + RECORD_HEADER_BYTES + p->pending_len;
    enum err err = provision_wire_read_certificate(payload, room, PENDING_MAX - p->pending_len, &found);
    if (err) {
        refuse_answer(p, PROVISION_REQUEST_CERT, err);
        return;
    }
    if (!p->io.is_match(p->io.ctx, found.cert_pem, found.key_pem)) {
        p->io.log(p->io.ctx, LOG_LEVEL_ERROR,
                  "provisioning: a certificate that does not match the key of this device is passed over");
        return;
    }
    found.stage = PENDING_CERTIFICATE;
    p->pending = found;
    step(p, PROVISION_EVENT_GOOD);
}

/* This answer has nothing by which it could be known, so it counts only while one is awaited, or after it was given up for late. */
static void take_registration(struct provision *p, struct slice payload)
{
    char *thing_name = p->workspace->out; /* until it stands in the record */
    struct slice device_configuration;

    if (p->state != PROVISION_REG_ASKED && p->state != PROVISION_REG_PAUSED) {
        return;
    }
    enum err err = provision_wire_read_registration(payload, thing_name, &device_configuration);
    if (err) {
        refuse_answer(p, PROVISION_REQUEST_REG, err);
        return;
    }
    if (p->config.thing_name[0] != '\0' && strcmp(p->config.thing_name, thing_name) != 0) {
        provision_fail(p, "the template makes another thing of this device: ", thing_name);
        step(p, PROVISION_EVENT_GIVE_UP);
        return;
    }
    p->pending.stage = PENDING_TRIAL;
    p->pending.thing_name = thing_name;
    if (p->io.registered != NULL) {
        p->io.registered(p->io.ctx, thing_name, device_configuration);
    }
    step(p, PROVISION_EVENT_GOOD);
}

static void take_rejection(struct provision *p, enum provision_request request, struct slice payload)
{
    char words[sizeof(p->problem)];
    bool is_token_refused;

    if (p->state != (request == PROVISION_REQUEST_CERT ? PROVISION_CERT_ASKED : PROVISION_REG_ASKED)) {
        return;
    }
    provision_wire_read_rejection(payload, p->workspace->out, DEVICE_PROVISION_OUT_CAP, words, sizeof(words),
                                  &is_token_refused);
    provision_fail(p, provision_wire_name(request), " was refused: ");
    text_append(p->problem, sizeof(p->problem), words);
    step(p, request == PROVISION_REQUEST_REG && is_token_refused ? PROVISION_EVENT_USELESS
                                                                 : PROVISION_EVENT_BAD);
}

bool provision_message(struct provision *p, struct slice topic, struct slice payload, uint64_t now_ms)
{
    enum provision_request request;

    if (p->state == PROVISION_OFF) {
        return false;
    }
    p->now_ms = now_ms;
    enum provision_answer answer = provision_wire_parse_topic(p->config.template_name, topic, &request);
    if (answer == PROVISION_ANSWER_NONE) {
        return false;
    }
    if (answer == PROVISION_ANSWER_REJECTED) {
        take_rejection(p, request, payload);
    } else if (request == PROVISION_REQUEST_CERT) {
        take_certificate(p, payload);
    } else {
        take_registration(p, payload);
    }
    return true;
}

/* ---- time, and an end */

void provision_tick(struct provision *p, uint64_t now_ms)
{
    p->now_ms = now_ms;
    if (now_ms < p->at_ms || p->state == PROVISION_OFF) {
        return;
    }
    if (provision_is_in(p, ASKED)) {
        fail_for_policy(p, provision_wire_name(provision_steps_request(p)),
                        " was not answered; does the policy allow iot:Receive on topic/", "/*");
    }
    step(p, PROVISION_EVENT_DUE);
}

bool provision_cancel(struct provision *p, const char *why, uint64_t now_ms)
{
    p->now_ms = now_ms;
    if (provision_is_in(p, SETTLED) || p->config.origin != PENDING_ROTATION) {
        return false;
    }
    provision_fail(p, why, "");
    step(p, PROVISION_EVENT_GIVE_UP);
    return true;
}

/* ---- what is known */

enum provision_link provision_link(const struct provision *p)
{
    return provision_steps_link(p);
}

uint64_t provision_wake_at_ms(const struct provision *p)
{
    return p->state != PROVISION_OFF ? p->at_ms : PROVISION_NEVER;
}

bool provision_is_topic(const struct provision *p, struct slice topic)
{
    enum provision_request request;

    return p->state != PROVISION_OFF &&
           provision_wire_parse_topic(p->config.template_name, topic, &request) != PROVISION_ANSWER_NONE;
}

bool provision_is_over(const struct provision *p)
{
    return provision_is_in(p, OVER);
}

bool provision_is_done(const struct provision *p)
{
    return p->state == PROVISION_DONE;
}

bool provision_is_failing(const struct provision *p)
{
    return p->is_failing && !provision_is_over(p);
}

bool provision_new_identity(const struct provision *p, struct identity *identity)
{
    if (p->pending.stage != PENDING_TRIAL) {
        return false;
    }
    *identity = (struct identity){p->pending.thing_name, p->pending.cert_pem, p->pending.key_pem,
                                  p->pending.given_id};
    return true;
}

const char *provision_certificate_id(const struct provision *p)
{
    return p->pending.certificate_id;
}

const char *provision_problem(const struct provision *p)
{
    return p->problem;
}

void provision_check(const struct provision *p)
{
    const unsigned long active = SUBSCRIBING | ASKED;
    const bool is_timed = (p->at_ms != PROVISION_NEVER);

    assert(p->state < PROVISION_STATE_COUNT);
    assert(!provision_is_in(p, active) || (p->up == PROVISION_LINK_ORIGIN && is_timed));
    assert(p->up == PROVISION_LINK_NONE || p->up == (uint8_t)provision_steps_link(p));
    assert(!provision_is_in(p, OVER) || !is_timed);
    assert(!provision_is_in(p, PROVISION_CERT) ||
           (p->pending.stage == PENDING_KEY && p->pending.key_pem[0] != '\0'));
    assert(p->state != PROVISION_TRIAL || p->pending.stage == PENDING_TRIAL);
    assert(p->losses < PROVISION_SUBSCRIBE_LOSSES && p->refusals < PROVISION_TRIAL_REFUSALS);
    (void)active;
    (void)is_timed;
}
