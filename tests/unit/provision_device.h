/* SPDX-License-Identifier: MIT */
/* A device around the machine of device/core/provision, for its unit tests: what the machine does is written down in `trace`, what it says in
 * `lines`, and each of its effects can be made to fail. */
#ifndef TESTS_UNIT_PROVISION_DEVICE_H
#define TESTS_UNIT_PROVISION_DEVICE_H

#include "device/core/provision/provision.h"

#include <stdio.h>
#include <string.h>

#define GIVEN_ID   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CERT_TOPIC "$aws/certificates/create-from-csr/json"
#define REG_TOPIC  "$aws/provisioning-templates/lamps/provision/json"
#define CERT                                                                                                 \
    "{\"certificateId\":\"" GIVEN_ID                                                                         \
    "\",\"certificatePem\":\"cert of key 1\",\"certificateOwnershipToken\":\"the token\"}"
#define THING "{\"thingName\":\"lamp-1\",\"deviceConfiguration\":{\"a\":\"b\"}}"

static struct provision p;
static struct provision_workspace workspace;
static struct provision_config config;
static struct provision_parameter parameters[2];
static uint64_t now_ms;
static unsigned keys;
static char trace[4096]; /* what the machine has done, one word each */
static char lines[8192]; /* of the log */
static char payload[DEVICE_PROVISION_OUT_CAP + 1];
static char flash[RECORD_KINDS][RECORD_BYTES(PENDING_MAX)];
static size_t flash_len[RECORD_KINDS];
static enum err key_err, csr_err, publish_err, subscribe_err, put_err, erase_err;
static uint32_t chance;

static inline void note(const char *what, const char *which)
{
    size_t len = strlen(trace);
    snprintf(trace + len, sizeof(trace) - len, "%s%s%s ", what, which[0] != '\0' ? ":" : "", which);
}

static inline enum err make_key(void *ctx, char *key_pem, size_t cap)
{
    (void)ctx;
    note("key", "");
    if (!key_err) {
        snprintf(key_pem, cap, "key %u", ++keys);
    }
    return key_err;
}

static inline enum err make_csr(void *ctx, const char *key_pem, char *csr_pem, size_t cap)
{
    (void)ctx;
    snprintf(csr_pem, cap, "csr of %.3s", key_pem);
    return csr_err;
}

static inline bool is_match(void *ctx, const char *cert_pem, const char *key_pem)
{
    (void)ctx;
    return strncmp(cert_pem, "cert of ", 8) == 0 && strcmp(cert_pem + 8, key_pem) == 0;
}

static inline enum err subscribe(void *ctx, const char *filter)
{
    (void)ctx;
    note("sub", filter);
    return subscribe_err;
}

static inline enum err publish(void *ctx, const char *topic, const char *bytes, size_t len)
{
    (void)ctx;
    assert_int_equal(strlen(bytes), len);
    snprintf(payload, sizeof(payload), "%s", bytes);
    note("pub", topic);
    return publish_err;
}

static inline enum err put(void *ctx, enum record_kind kind, char *record, size_t payload_len)
{
    (void)ctx;
    note("put", record_key(kind));
    if (!put_err) {
        flash_len[kind] = record_seal(kind, record, payload_len);
        memcpy(flash[kind], record, flash_len[kind]);
    }
    return put_err;
}

static inline enum err erase(void *ctx, enum record_kind kind)
{
    (void)ctx;
    note("erase", record_key(kind));
    if (!erase_err) {
        flash_len[kind] = 0;
    }
    return erase_err;
}

static inline void registered(void *ctx, const char *thing_name, struct slice device_configuration)
{
    (void)ctx;
    (void)device_configuration;
    note("registered", thing_name);
}

static uint32_t draw(void *ctx)
{
    (void)ctx;
    return chance;
}

static inline void say(void *ctx, enum log_level level, const char *text)
{
    (void)ctx;
    (void)level;
    size_t len = strlen(lines);
    snprintf(lines + len, sizeof(lines) - len, "%s\n", text);
}

static struct provision_io io = {NULL, make_key, make_csr,   is_match, subscribe, publish,
                                 put,  erase,    registered, draw,     say};

static inline int setup(void **state)
{
    (void)state;
    memset(&p, 0, sizeof(p));
    memset(flash_len, 0, sizeof(flash_len));
    trace[0] = lines[0] = '\0';
    keys = 0;
    now_ms = 1000;
    key_err = csr_err = publish_err = subscribe_err = put_err = erase_err = ERR_OK;
    chance = 0;
    parameters[0] = (struct provision_parameter){PROVISION_SERIAL_NUMBER, "4711"};
    config = (struct provision_config){
        .origin = PENDING_CLAIM, .template_name = "lamps", .parameters = parameters, .parameter_count = 1};
    return 0;
}

static inline enum err start(const struct identity *identity)
{
    struct slice stored = SLICE_EMPTY;
    memcpy(workspace.pending, flash[RECORD_PENDING], flash_len[RECORD_PENDING]);
    (void)record_open(RECORD_PENDING, (struct slice){workspace.pending, flash_len[RECORD_PENDING]}, &stored);
    return provision_start(&p, &config, &io, &workspace, stored, identity, now_ms);
}

static inline void expect_trace(const char *expected)
{
    assert_string_equal(trace, expected);
    trace[0] = '\0';
    provision_check(&p);
}

static inline void expect_line(const char *words)
{
    if (strstr(lines, words) == NULL) {
        print_error("not said: %s\nsaid:\n%s", words, lines);
        fail();
    }
    lines[0] = '\0';
}

static inline void tick(void)
{
    provision_tick(&p, now_ms);
}

/* To the time that the machine waits for. */
static inline uint64_t wait_and_tick(void)
{
    uint64_t before_ms = now_ms;
    assert_true(provision_wake_at_ms(&p) != PROVISION_NEVER);
    now_ms = provision_wake_at_ms(&p);
    tick();
    return now_ms - before_ms;
}

static inline void up(enum provision_link link)
{
    assert_int_equal(provision_link(&p), link);
    provision_connected(&p, link, now_ms);
}

static inline void down(enum provision_link link, enum err reason)
{
    assert_int_equal(provision_link(&p), link);
    provision_disconnected(&p, link, reason, now_ms);
}

static inline void hear(const char *topic, const char *tail, const char *text)
{
    char name[PROVISION_TOPIC_CAP];
    snprintf(name, sizeof(name), "%s%s", topic, tail);
    assert_true(provision_message(&p, slice_from(name), slice_from(text), now_ms));
}

/* From nothing to the request for a certificate, which waits. */
static inline void ask_certificate(void)
{
    assert_int_equal(start(NULL), ERR_OK);
    tick();
    up(PROVISION_LINK_ORIGIN);
    provision_subscribed(&p, true, now_ms);
    provision_subscribed(&p, true, now_ms);
    assert_int_equal(p.state, PROVISION_CERT_ASKED);
}

static inline void ask_registration(void)
{
    ask_certificate();
    hear(CERT_TOPIC, "/accepted", CERT);
    provision_subscribed(&p, true, now_ms);
    provision_subscribed(&p, false, now_ms);
    assert_int_equal(p.state, PROVISION_REG_ASKED);
}

static inline void reach_trial(void)
{
    ask_registration();
    hear(REG_TOPIC, "/accepted", THING);
    assert_int_equal(p.state, PROVISION_TRIAL);
    trace[0] = lines[0] = '\0';
}

static inline void stored_identity(struct identity *identity)
{
    struct slice bytes;
    assert_int_equal(record_open(RECORD_IDENTITY,
                                 (struct slice){flash[RECORD_IDENTITY], flash_len[RECORD_IDENTITY]}, &bytes),
                     RECORD_GOOD);
    assert_true(identity_read(bytes, identity));
}

static inline struct pending stored_pending(void)
{
    struct pending pending = {.key_pem = ""};
    struct slice bytes;
    if (record_open(RECORD_PENDING, (struct slice){flash[RECORD_PENDING], flash_len[RECORD_PENDING]},
                    &bytes) == RECORD_GOOD) {
        assert_true(pending_read(bytes, &pending));
    }
    return pending;
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

#endif
