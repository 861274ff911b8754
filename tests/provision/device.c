/* SPDX-License-Identifier: MIT */
/* The device around the machine: its flash, its keys (a number each: the private half is called secret-N, the public half public-N), what the
 * machine sends. Each of these is looked at: no secret and no token goes where it must not. */
#include "provision/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct provision_parameter world_parameters[3] = {{PROVISION_SERIAL_NUMBER, "4711"},
                                                        {PROVISION_DEVICE_NAME_PREFIX, "lamp \"x\""},
                                                        {PROVISION_APP_VERSION, ""}};

unsigned number_in(const char *text, const char *word)
{
    const char *found = text != NULL ? strstr(text, word) : NULL;
    return found != NULL ? (unsigned)strtoul(found + strlen(word), NULL, 10) : 0;
}

/* ---- flash */

static bool open_stored(struct world *w, enum record_kind kind, struct slice *payload)
{
    const struct stored *s = &w->flash[kind];
    if (!s->is_there) {
        return false;
    }
    if (record_open(kind, (struct slice){s->bytes, s->len}, payload) != RECORD_GOOD) {
        broken(w, "the record %s cannot be read", record_key(kind));
        return false;
    }
    return true;
}

bool flash_pending(struct world *w, struct pending *pending)
{
    struct slice payload;
    if (!open_stored(w, RECORD_PENDING, &payload)) {
        return false;
    }
    if (!pending_read(payload, pending)) {
        broken(w, "the pending record has no sense");
        return false;
    }
    return true;
}

bool flash_identity(struct world *w, struct identity *identity)
{
    struct slice payload;
    if (!open_stored(w, RECORD_IDENTITY, &payload)) {
        return false;
    }
    if (!identity_read(payload, identity)) {
        broken(w, "the identity has no sense");
        return false;
    }
    return true;
}

/* Whatever has been stored: an identity is whole, fits together, and has connected; a rotation has one at each moment. */
static void judge_flash(struct world *w)
{
    struct identity identity;
    struct pending pending;

    if (flash_pending(w, &pending) && pending.stage != PENDING_KEY &&
        number_in(pending.cert_pem, "public-") != number_in(pending.key_pem, "secret-")) {
        broken(w, "a certificate is kept that is not of the stored key");
    }
    if (!flash_identity(w, &identity)) {
        if (w->origin == PENDING_ROTATION) {
            broken(w, "the old identity is lost");
        }
        return;
    }
    unsigned certificate = number_in(identity.cert_pem, "serial-");
    if (number_in(identity.cert_pem, "public-") != number_in(identity.key_pem, "secret-")) {
        broken(w, "the stored certificate is not of the stored key");
    }
    if (certificate == 0 || certificate >= CERTIFICATES || !w->has_connected[certificate]) {
        broken(w, "an identity is stored that never connected");
    }
    if (strcmp(identity.thing_name, "lamp-4711") != 0) {
        broken(w, "the thing's name is %s", identity.thing_name);
    }
    if (certificate > 1 && w->origin == PENDING_ROTATION && strlen(identity.given_id) != 64) {
        broken(w, "the identity does not say which given one it comes before");
    }
}

static enum err put(void *ctx, enum record_kind kind, char *record, size_t payload_len)
{
    struct world *w = ctx;
    unsigned option = choose(w, POINT_PUT);
    struct stored *s = &w->flash[kind];

    if (option == PUT_FAILS || weather_is(w, WEATHER_FULL)) {
        return ERR_STORAGE;
    }
    if (option == PUT_CUT_BEFORE || option == PUT_CUT_BEFORE_2H) {
        power_off(w, option == PUT_CUT_BEFORE ? 1000 : 2 * HOUR_MS);
    }
    s->len = record_seal(kind, record, payload_len);
    if (s->len > sizeof(s->bytes)) {
        broken(w, "a record of %zu bytes", s->len);
        return ERR_STORAGE;
    }
    memcpy(s->bytes, record, s->len);
    s->is_there = true;
    tell(w, "put %s, %zu bytes", record_key(kind), s->len);
    judge_flash(w);
    if (option == PUT_CUT_AFTER || option == PUT_CUT_AFTER_2H) {
        power_off(w, option == PUT_CUT_AFTER ? 1000 : 2 * HOUR_MS);
    }
    return ERR_OK;
}

static enum err erase(void *ctx, enum record_kind kind)
{
    struct world *w = ctx;
    unsigned option = choose(w, POINT_ERASE);

    if (kind != RECORD_PENDING) {
        broken(w, "%s is erased", record_key(kind));
    }
    if (option == ERASE_FAILS || weather_is(w, WEATHER_FULL)) {
        return ERR_STORAGE;
    }
    if (option == ERASE_CUT_BEFORE) {
        power_off(w, 1000);
    }
    w->flash[kind].is_there = false;
    tell(w, "erase %s", record_key(kind));
    judge_flash(w);
    if (option == ERASE_CUT_AFTER) {
        power_off(w, 1000);
    }
    return ERR_OK;
}

static void store_first_identity(struct world *w)
{
    char record[512];
    const struct identity first = {
        .thing_name = "lamp-4711", .cert_pem = "serial-1 public-1", .key_pem = "secret-1", .given_id = ""};
    size_t len = identity_write(&first, record + RECORD_HEADER_BYTES, sizeof(record) - RECORD_BYTES(0));
    struct stored *s = &w->flash[RECORD_IDENTITY];
    s->len = record_seal(RECORD_IDENTITY, record, len);
    memcpy(s->bytes, record, s->len);
    s->is_there = true;
    w->keys = 1;
    w->has_connected[1] = true;
}

void flash_begin(struct world *w)
{
    if (w->origin == PENDING_ROTATION) {
        store_first_identity(w);
    }
}

/* ---- keys */

static enum err make_key(void *ctx, char *key_pem, size_t cap)
{
    struct world *w = ctx;
    unsigned option = choose(w, POINT_KEY);

    if (option == KEY_FAILS) {
        return ERR_INTERNAL;
    }
    if (option == KEY_CUT) {
        power_off(w, 1000);
    }
    snprintf(key_pem, cap, "-----BEGIN EC PRIVATE KEY-----\nsecret-%u\n-----END EC PRIVATE KEY-----\n",
             ++w->keys);
    return ERR_OK;
}

static enum err make_csr(void *ctx, const char *key_pem, char *csr_pem, size_t cap)
{
    struct world *w = ctx;
    unsigned option = choose(w, POINT_CSR);

    if (option != CSR_OK) {
        return option == CSR_MEMORY ? ERR_FULL : ERR_CORRUPT;
    }
    snprintf(csr_pem, cap,
             "-----BEGIN CERTIFICATE REQUEST-----\npublic-%u\n-----END CERTIFICATE REQUEST-----\n",
             number_in(key_pem, "secret-"));
    return ERR_OK;
}

static bool is_match(void *ctx, const char *cert_pem, const char *key_pem)
{
    (void)ctx;
    unsigned key = number_in(key_pem, "secret-");
    return key != 0 && number_in(cert_pem, "public-") == key;
}

/* ---- what leaves the device */

static void judge_text(struct world *w, const char *where, const char *text)
{
    if (strstr(text, "secret-") != NULL) {
        broken(w, "a private key stands in a %s", where);
    }
}

static enum err subscribe(void *ctx, const char *filter)
{
    struct world *w = ctx;
    struct news suback = {.type = NEWS_SUBACK, .connection = w->connection, .is_granted = true};
    unsigned option = choose(w, POINT_SUBSCRIBE);

    judge_text(w, "filter", filter);
    if (!w->is_up || w->link != PROVISION_LINK_ORIGIN) {
        broken(w, "a SUBSCRIBE without the connection");
    }
    if (option == SUBSCRIBE_NOT_SENT) {
        return ERR_FULL;
    }
    if (option == SUBSCRIBE_CUT) {
        power_off(w, 1000);
    }
    if (option == SUBSCRIBE_CLOSED || weather_is(w, WEATHER_NO_SUBSCRIBE)) {
        close_connection(w, 20);
        return ERR_OK;
    }
    suback.is_granted = option != SUBSCRIBE_REFUSED;
    if (option != SUBSCRIBE_LOST) {
        send_news(w, &suback, 20);
    }
    return ERR_OK;
}

/* What is stored when a request goes out: the key before its CSR, certificate and token before the registration. */
static void judge_request(struct world *w, const char *topic, const char *payload)
{
    struct pending pending = {.key_pem = ""};
    bool is_there = flash_pending(w, &pending);

    judge_text(w, "message", topic);
    judge_text(w, "message", payload);
    if (strstr(topic, "create-from-csr") != NULL) {
        w->requests++;
        if (!is_there || number_in(payload, "public-") != number_in(pending.key_pem, "secret-")) {
            broken(w, "a CSR goes out, and its key is not stored");
        }
    } else {
        w->registrations++;
        if (!is_there || pending.stage != PENDING_CERTIFICATE || strstr(payload, pending.token) == NULL) {
            broken(w, "a registration goes out, and its token is not stored");
        }
    }
    if (w->last_request_ms != 0 && w->faults == 0 && w->weather == WEATHER_FAIR &&
        w->now_ms > w->boot_ms + HOUR_MS) {
        broken(w, "a request in fair weather, and nothing came of the first");
    }
    w->last_request_ms = w->now_ms;
    if (strlen(payload) >= TEXT_CAP) {
        broken(w, "a message of %zu bytes", strlen(payload));
    }
}

static enum err publish(void *ctx, const char *topic, const char *payload, size_t len)
{
    struct world *w = ctx;
    char taken[TEXT_CAP];
    char to[128];
    unsigned option = choose(w, POINT_PUBLISH);

    if (!w->is_up || w->link != PROVISION_LINK_ORIGIN) {
        broken(w, "a request without the connection");
    }
    if (strlen(payload) != len) {
        broken(w, "a length that is not the payload's");
    }
    judge_request(w, topic, payload);
    if (option == PUBLISH_NOT_SENT) {
        return ERR_FULL;
    }
    if (option == PUBLISH_CUT_BEFORE) {
        power_off(w, 1000);
    }
    if (option == PUBLISH_CLOSED_BEFORE || weather_is(w, WEATHER_NO_PUBLISH)) {
        close_connection(w, 20);
        return ERR_OK;
    }
    if (option == PUBLISH_LOST) {
        return ERR_OK;
    }
    snprintf(taken, sizeof(taken), "%s", payload); /* the machine's buffers are its own again */
    snprintf(to, sizeof(to), "%s", topic);
    tell(w, "the service gets %s", to);
    bool is_without_answer =
        option == PUBLISH_CUT_AFTER || option == PUBLISH_CUT_AFTER_2H || option == PUBLISH_CLOSED_AFTER;
    unsigned answer = is_without_answer ? ANSWER_LOST : choose(w, POINT_ANSWER);
    service_take(w, to, taken, answer, option == PUBLISH_INTERNAL, option == PUBLISH_TOKEN);
    if (option == PUBLISH_TWICE) {
        service_take(w, to, taken, ANSWER_OK, false, false);
    }
    if (option == PUBLISH_CLOSED_AFTER || answer == ANSWER_CLOSED) {
        close_connection(w, 20);
    }
    if (option == PUBLISH_CUT_AFTER || option == PUBLISH_CUT_AFTER_2H || answer == ANSWER_CUT) {
        power_off(w, option == PUBLISH_CUT_AFTER_2H ? 2 * HOUR_MS : 1000);
    }
    return ERR_OK;
}

static void registered(void *ctx, const char *thing_name, struct slice device_configuration)
{
    struct world *w = ctx;
    if (!slice_is(device_configuration, "{\"colour\":\"red\"}") || strlen(thing_name) == 0) {
        broken(w, "the device configuration is not the template's");
    }
}

static uint32_t draw(void *ctx)
{
    return random_of(ctx);
}

static void say(void *ctx, enum log_level level, const char *text)
{
    struct world *w = ctx;
    (void)level;
    tell(w, "log: %s", text);
    judge_text(w, "line of the log", text);
    if (strstr(text, "token-") != NULL || strlen(text) == 0) {
        broken(w, "a token in the log, or a line without words");
    }
}

struct provision_io device_io(struct world *w)
{
    return (struct provision_io){w,   make_key, make_csr,   is_match, subscribe, publish,
                                 put, erase,    registered, draw,     say};
}
