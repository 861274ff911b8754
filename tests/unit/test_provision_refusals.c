/* SPDX-License-Identifier: MIT */
/* device/core/provision: what each refusal is called, how often it is tried again, and what a device does whose own storage fails. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/provision_device.h"

/* ---- refusals, and when it is tried again */

static void test_a_rejection_is_named_and_waited_for(void **state)
{
    (void)state;
    ask_registration();
    hear(REG_TOPIC, "/rejected",
         "{\"statusCode\":400,\"errorCode\":\"InvalidRequest\",\"errorMessage\":\"not enabled\"}");
    expect_line("provisioning: RegisterThing was refused: InvalidRequest: not enabled; again in 4 s");
    assert_string_equal(provision_problem(&p), "RegisterThing was refused: InvalidRequest: not enabled");
    assert_true(provision_is_failing(&p));
    assert_int_equal(provision_link(&p), PROVISION_LINK_NONE);
    wait_and_tick();
    assert_int_equal(provision_link(&p), PROVISION_LINK_ORIGIN);
    up(PROVISION_LINK_ORIGIN);
    trace[0] = '\0';
    provision_subscribed(&p, true, now_ms);
    provision_subscribed(&p, true, now_ms);
    expect_trace("sub:" REG_TOPIC "/rejected pub:" REG_TOPIC
                 " "); /* the certificate in hand is good for another try */
    hear(REG_TOPIC, "/accepted", THING);
    assert_false(provision_is_failing(&p));
}

/* 30 s to 30 min, with jitter; a certificate that is granted in between does not begin it anew. */
static void test_pauses_grow(void **state)
{
    (void)state;
    chance = 0x7FFFFFFF;
    uint64_t last_ms = 0;
    uint64_t longest_ms = 0;
    ask_certificate();
    for (int i = 0; i < 300; i++) {
        hear(CERT_TOPIC, "/rejected", "{}");
        uint64_t pause_ms = wait_and_tick();
        assert_true(pause_ms >= PROVISION_RETRY_BASE_MS / 8 && pause_ms <= PROVISION_RETRY_CAP_MS);
        longest_ms = pause_ms > longest_ms ? pause_ms : longest_ms;
        assert_true(i >= 2 || pause_ms > last_ms || i == 0);
        assert_true(i < 10 || pause_ms > PROVISION_RETRY_CAP_MS / 4);
        last_ms = pause_ms;
        up(PROVISION_LINK_ORIGIN);
        provision_subscribed(&p, true, now_ms);
        provision_subscribed(&p, true, now_ms);
    }
    assert_true(longest_ms > PROVISION_RETRY_CAP_MS / 2);
    hear(CERT_TOPIC, "/accepted", CERT);
    provision_subscribed(&p, true, now_ms);
    provision_subscribed(&p, true, now_ms);
    hear(REG_TOPIC, "/rejected", "{}");
    assert_true(wait_and_tick() > PROVISION_RETRY_CAP_MS / 8);
}

static void test_no_answer(void **state)
{
    (void)state;
    ask_certificate();
    assert_int_equal(wait_and_tick(), PROVISION_ANSWER_MS);
    expect_line(
        "CreateCertificateFromCsr was not answered; does the policy allow iot:Receive on topic/" CERT_TOPIC
        "/*; again in ");
    assert_int_equal(p.state, PROVISION_CERT_PAUSED);
}

static void test_narrow_policies_are_named(void **state)
{
    (void)state;
    ask_certificate();
    down(PROVISION_LINK_ORIGIN, ERR_OFFLINE);
    expect_line("CreateCertificateFromCsr has ended the connection; does the policy allow iot:Publish on "
                "topic/" CERT_TOPIC "; again in ");
    wait_and_tick();
    trace[0] = '\0';
    for (int i = 0; i < PROVISION_SUBSCRIBE_LOSSES; i++) {
        assert_string_equal(lines, "");
        up(PROVISION_LINK_ORIGIN);
        expect_trace("sub:" CERT_TOPIC "/accepted ");
        down(PROVISION_LINK_ORIGIN, ERR_OFFLINE);
    }
    expect_line(
        "goes on without subscriptions, which end the connection; does the policy allow iot:Subscribe on "
        "topicfilter/" CERT_TOPIC "/*\n");
    up(PROVISION_LINK_ORIGIN);
    expect_trace("pub:" CERT_TOPIC " ");
    hear(CERT_TOPIC, "/accepted", CERT);
    expect_trace("put:pending sub:" REG_TOPIC "/accepted "); /* which the policy may allow */
}

/* A suspension says nothing about a policy or a certificate. */
static void test_connections_that_the_device_closes(void **state)
{
    (void)state;
    ask_certificate();
    down(PROVISION_LINK_ORIGIN, ERR_OK);
    expect_line("provisioning: the device has closed the connection; again in ");
    char problem[] = "what was last said";
    memcpy(p.problem, problem, sizeof(problem));
    wait_and_tick();
    for (int i = 0; i < 2 * PROVISION_SUBSCRIBE_LOSSES; i++) {
        up(PROVISION_LINK_ORIGIN);
        assert_int_equal(p.state, PROVISION_CERT_SUBSCRIBING);
        down(PROVISION_LINK_ORIGIN, ERR_OK);
        assert_string_equal(lines, "");
        assert_string_equal(provision_problem(&p), problem);
    }
    setup(NULL);
    ask_registration();
    wait_and_tick();
    wait_and_tick();
    up(PROVISION_LINK_ORIGIN);
    hear(REG_TOPIC, "/accepted", THING); /* nobody waits for it yet */
    assert_int_equal(p.state, PROVISION_REG_SUBSCRIBING);
    setup(NULL);
    reach_trial();
    for (int i = 0; i < 2 * PROVISION_TRIAL_DOUBTS; i++) {
        down(PROVISION_LINK_NEW, ERR_OK);
    }
    assert_int_equal(p.state, PROVISION_TRIAL);
    assert_string_equal(lines, "");
}

/* The end of a connection while no SUBSCRIBE is out is not its fault. */
static void test_other_ends_are_not_the_subscriptions(void **state)
{
    (void)state;
    ask_certificate();
    put_err = ERR_STORAGE;
    hear(CERT_TOPIC, "/accepted", CERT);
    for (int i = 0; i < 2 * PROVISION_SUBSCRIBE_LOSSES; i++) {
        down(PROVISION_LINK_ORIGIN, ERR_OFFLINE);
        up(PROVISION_LINK_ORIGIN);
    }
    put_err = ERR_OK;
    trace[0] = '\0';
    wait_and_tick();
    expect_trace("put:pending sub:" REG_TOPIC "/accepted ");
}

/* What AWS has seen of tokens concerns RegisterThing; the key is as good as before. */
static void test_a_token_that_was_not_asked(void **state)
{
    (void)state;
    ask_certificate();
    hear(CERT_TOPIC, "/rejected", "{\"errorCode\":\"InvalidCertificateOwnershipToken\"}");
    assert_int_equal(p.state, PROVISION_CERT_PAUSED);
    wait_and_tick();
    up(PROVISION_LINK_ORIGIN);
    assert_int_equal(keys, 1);
}

/* Every wait begins with the event that leads to it. */
static void test_each_event_has_its_time(void **state)
{
    (void)state;
    ask_certificate();
    now_ms += 1000;
    hear(CERT_TOPIC, "/rejected", "{}");
    assert_int_equal(provision_wake_at_ms(&p), now_ms + PROVISION_RETRY_BASE_MS / 8 + 1);
    wait_and_tick();
    now_ms += 1000;
    up(PROVISION_LINK_ORIGIN);
    assert_int_equal(provision_wake_at_ms(&p), now_ms + PROVISION_SUBACK_MS);
    now_ms += 1000;
    provision_subscribed(&p, true, now_ms);
    assert_int_equal(provision_wake_at_ms(&p), now_ms + PROVISION_SUBACK_MS);
    now_ms += 1000;
    provision_subscribed(&p, true, now_ms);
    assert_int_equal(provision_wake_at_ms(&p), now_ms + PROVISION_ANSWER_MS);
    now_ms += 1000;
    down(PROVISION_LINK_ORIGIN, ERR_OFFLINE);
    assert_int_equal(provision_wake_at_ms(&p), now_ms + PROVISION_RETRY_BASE_MS / 4 + 1);
    setup(NULL);
    config.origin = PENDING_ROTATION;
    ask_certificate();
    erase_err = ERR_STORAGE;
    now_ms += 1000;
    assert_true(provision_cancel(&p, "no more", now_ms));
    assert_int_equal(provision_wake_at_ms(&p), now_ms + PROVISION_SAVE_BASE_MS / 8 + 1);
}

/* Two ends of a connection in a row, not one now and one then. */
static void test_subscriptions_are_left_out_late(void **state)
{
    (void)state;
    start(NULL);
    tick();
    up(PROVISION_LINK_ORIGIN);
    down(PROVISION_LINK_ORIGIN, ERR_OFFLINE);
    up(PROVISION_LINK_ORIGIN);
    provision_subscribed(&p, true, now_ms);
    provision_subscribed(&p, true, now_ms);
    hear(CERT_TOPIC, "/rejected", "{}");
    wait_and_tick();
    up(PROVISION_LINK_ORIGIN);
    down(PROVISION_LINK_ORIGIN, ERR_OFFLINE);
    trace[0] = '\0';
    up(PROVISION_LINK_ORIGIN);
    expect_trace("sub:" CERT_TOPIC "/accepted ");
}

static void test_the_claim_is_refused(void **state)
{
    (void)state;
    start(NULL);
    tick();
    lines[0] = '\0';
    down(PROVISION_LINK_ORIGIN, ERR_OFFLINE);
    assert_false(provision_is_failing(&p));
    assert_string_equal(lines, ""); /* whoever owns the connection says it */
    down(PROVISION_LINK_ORIGIN, ERR_TLS);
    expect_line("provisioning: the service refuses to connect the claim certificate; is it active, does its "
                "policy allow "
                "iot:Connect?\n");
    assert_true(provision_is_failing(&p));
    down(PROVISION_LINK_ORIGIN, ERR_REFUSED);
    expect_line("refuses to connect the claim certificate");
    assert_int_equal(provision_link(&p), PROVISION_LINK_ORIGIN);
}

/* The token has expired, or was used up: another certificate for the same key. */
static void test_token_refused(void **state)
{
    (void)state;
    ask_registration();
    trace[0] = '\0';
    hear(REG_TOPIC, "/rejected",
         "{\"errorCode\":\"InvalidCertificateOwnershipToken\",\"errorMessage\":\"expired\"}");
    expect_trace("put:pending ");
    assert_int_equal(stored_pending().stage, PENDING_KEY);
    assert_string_equal(stored_pending().key_pem, "key 1");
    assert_true(provision_is_failing(&p));
    assert_null(strstr(lines, "registered"));
    expect_line("RegisterThing was refused: InvalidCertificateOwnershipToken: expired; again in ");
    wait_and_tick();
    up(PROVISION_LINK_ORIGIN);
    provision_subscribed(&p, true, now_ms);
    provision_subscribed(&p, true, now_ms);
    assert_string_equal(payload, "{\"certificateSigningRequest\":\"csr of key\"}");
    assert_int_equal(keys, 1);
}

static void test_the_new_certificate_is_refused(void **state)
{
    (void)state;
    reach_trial();
    for (int i = 1; i < PROVISION_TRIAL_REFUSALS; i++) {
        down(PROVISION_LINK_NEW, i % 2 == 0 ? ERR_REFUSED : ERR_TLS);
        expect_line("the service refuses to connect the new certificate as lamp-1; again in ");
        assert_int_equal(provision_link(&p), PROVISION_LINK_NONE);
        uint64_t pause_ms = wait_and_tick();
        assert_true(pause_ms >= PROVISION_TRIAL_BASE_MS / 8 && pause_ms <= PROVISION_TRIAL_CAP_MS);
    }
    expect_trace("");
    down(PROVISION_LINK_NEW, ERR_REFUSED);
    expect_trace("put:pending ");
    assert_int_equal(stored_pending().stage, PENDING_KEY);
    assert_string_equal(stored_pending().key_pem, "key 1");
    wait_and_tick();
    assert_int_equal(provision_link(&p), PROVISION_LINK_ORIGIN);
}

/* A network that fails is no refusal; the claim certificate tells which of both it is. */
static void test_the_new_certificate_fails_without_a_word(void **state)
{
    (void)state;
    reach_trial();
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < PROVISION_TRIAL_DOUBTS; i++) {
            down(PROVISION_LINK_NEW, i % 2 == 0 ? ERR_OFFLINE : ERR_TIMEOUT);
        }
        assert_int_equal(provision_link(&p), PROVISION_LINK_ORIGIN);
        if (round < 2) {
            down(PROVISION_LINK_ORIGIN, round == 0 ? ERR_OFFLINE : ERR_REFUSED);
        }
    }
    expect_trace("");
    up(PROVISION_LINK_ORIGIN);
    expect_trace("put:pending ");
    assert_int_equal(stored_pending().stage, PENDING_KEY);
    expect_line("the service does not take the new certificate; again in ");
}

/* ---- what fails on the device */

static void test_storage_and_keys_that_fail(void **state)
{
    (void)state;
    struct identity identity;
    key_err = ERR_INTERNAL;
    start(NULL);
    tick();
    expect_line("no key can be made; again in ");
    assert_int_equal(provision_link(&p), PROVISION_LINK_NONE);
    key_err = ERR_OK;
    put_err = ERR_STORAGE;
    uint64_t first_ms = wait_and_tick();
    expect_line("the storage does not take the record pending; again in ");
    assert_true(first_ms <= PROVISION_SAVE_BASE_MS);
    for (int i = 0; i < 300; i++) {
        uint64_t pause_ms = wait_and_tick();
        assert_true(pause_ms <= PROVISION_SAVE_CAP_MS && (i < 10 || pause_ms > PROVISION_SAVE_CAP_MS / 4));
        lines[0] = '\0';
    }
    assert_true(wait_and_tick() > PROVISION_SAVE_CAP_MS / 4);
    assert_int_equal(provision_link(&p), PROVISION_LINK_NONE); /* nothing was sent */
    put_err = ERR_OK;
    wait_and_tick();
    assert_false(provision_is_failing(&p));
    up(PROVISION_LINK_ORIGIN);
    provision_subscribed(&p, true, now_ms);
    provision_subscribed(&p, true, now_ms);
    put_err = ERR_STORAGE;
    hear(CERT_TOPIC, "/accepted",
         "{\"certificatePem\":\"cert of key 303\",\"certificateOwnershipToken\":\"the token\"}");
    assert_int_equal(p.state, PROVISION_CERT_KEEPING);
    assert_true(provision_is_failing(&p));
    assert_null(strstr(lines, "is stored"));
    put_err = ERR_OK;
    assert_true(wait_and_tick() <= PROVISION_SAVE_BASE_MS);
    assert_int_equal(p.state, PROVISION_REG_SUBSCRIBING);
    provision_subscribed(&p, true, now_ms);
    provision_subscribed(&p, true, now_ms);
    put_err = ERR_STORAGE;
    hear(REG_TOPIC, "/accepted", THING);
    assert_int_equal(p.state, PROVISION_REG_KEEPING);
    assert_int_equal(provision_link(&p), PROVISION_LINK_ORIGIN);
    put_err = ERR_OK;
    wait_and_tick();
    put_err = ERR_STORAGE;
    up(PROVISION_LINK_NEW);
    expect_line("the storage does not take the record identity; again in ");
    put_err = ERR_OK;
    erase_err = ERR_STORAGE;
    wait_and_tick();
    expect_line("the storage does not erase the record pending; again in ");
    stored_identity(&identity);
    assert_string_equal(identity.key_pem, "key 303");
    assert_false(provision_is_over(&p));
    erase_err = ERR_OK;
    wait_and_tick();
    assert_true(provision_is_done(&p));
}

static void test_requests_that_cannot_be_sent(void **state)
{
    (void)state;
    publish_err = ERR_FULL;
    subscribe_err = ERR_FULL;
    start(NULL);
    tick();
    up(PROVISION_LINK_ORIGIN);
    expect_line("CreateCertificateFromCsr could not be sent: full; again in ");
    publish_err = ERR_OK;
    csr_err = ERR_FULL;
    wait_and_tick();
    trace[0] = '\0';
    up(PROVISION_LINK_ORIGIN);
    expect_line("could not be sent");
    assert_int_equal(p.state, PROVISION_CERT_PAUSED);
    const enum err unusable[] = {ERR_CORRUPT, ERR_TLS, ERR_ARG};
    for (unsigned i = 0; i < 3; i++) {
        csr_err = unusable[i];
        wait_and_tick();
        up(PROVISION_LINK_ORIGIN);
        expect_line("the stored key cannot be used, another one is made; again in ");
        assert_int_equal(provision_link(&p), PROVISION_LINK_NONE);
        assert_int_equal(keys, 1 + i);
        wait_and_tick();
        assert_int_equal(keys, 2 + i);
        csr_err = ERR_OK;
        subscribe_err = ERR_OK;
        up(PROVISION_LINK_ORIGIN);
        down(PROVISION_LINK_ORIGIN, ERR_OFFLINE);
        subscribe_err = ERR_FULL;
        csr_err = ERR_FULL;
        up(PROVISION_LINK_ORIGIN);
    }
}

/* What was opened for another identity says nothing. */
static void test_connections_that_are_not_wanted(void **state)
{
    (void)state;
    reach_trial();
    provision_connected(&p, PROVISION_LINK_ORIGIN, now_ms);
    provision_disconnected(&p, PROVISION_LINK_ORIGIN, ERR_REFUSED, now_ms);
    provision_connected(&p, PROVISION_LINK_NONE, now_ms);
    expect_trace("");
    assert_int_equal(p.state, PROVISION_TRIAL);
    up(PROVISION_LINK_NEW);
    assert_true(provision_is_done(&p));
    down(PROVISION_LINK_NEW, ERR_OFFLINE);
    up(PROVISION_LINK_NEW);
    hear(REG_TOPIC, "/accepted", THING);
    tick();
    provision_check(&p);
    expect_trace("put:identity erase:pending ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_rejection_is_named_and_waited_for),
        TEST(test_pauses_grow),
        TEST(test_no_answer),
        TEST(test_narrow_policies_are_named),
        TEST(test_connections_that_the_device_closes),
        TEST(test_other_ends_are_not_the_subscriptions),
        TEST(test_a_token_that_was_not_asked),
        TEST(test_each_event_has_its_time),
        TEST(test_subscriptions_are_left_out_late),
        TEST(test_the_claim_is_refused),
        TEST(test_token_refused),
        TEST(test_the_new_certificate_is_refused),
        TEST(test_the_new_certificate_fails_without_a_word),
        TEST(test_storage_and_keys_that_fail),
        TEST(test_requests_that_cannot_be_sent),
        TEST(test_connections_that_are_not_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
