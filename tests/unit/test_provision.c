/* SPDX-License-Identifier: MIT */
/* device/core/provision, step by step: what is stored before what is sent, which identity connects, and what of the answers counts.
 * tests/provision plays the same machine under faults. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/provision_device.h"

/* ---- the way */

static void test_the_whole_way(void **state)
{
    (void)state;
    struct identity identity;
    assert_int_equal(start(NULL), ERR_OK);
    assert_int_equal(provision_link(&p), PROVISION_LINK_NONE);
    assert_int_equal(provision_wake_at_ms(&p), now_ms);
    expect_trace("");
    tick();
    expect_trace("key put:pending ");
    assert_string_equal(stored_pending().key_pem, "key 1");
    up(PROVISION_LINK_ORIGIN);
    expect_trace("sub:" CERT_TOPIC "/accepted ");
    up(PROVISION_LINK_ORIGIN); /* which is known */
    expect_trace("");
    provision_subscribed(&p, true, now_ms);
    expect_trace("sub:" CERT_TOPIC "/rejected ");
    provision_subscribed(&p, true, now_ms);
    expect_trace("pub:" CERT_TOPIC " ");
    assert_string_equal(payload, "{\"certificateSigningRequest\":\"csr of key\"}");
    assert_false(provision_new_identity(&p, &identity));
    assert_string_equal(provision_certificate_id(&p), "");
    hear(CERT_TOPIC, "/accepted", CERT);
    expect_trace("put:pending sub:" REG_TOPIC "/accepted ");
    assert_string_equal(stored_pending().token, "the token");
    assert_string_equal(provision_certificate_id(&p), GIVEN_ID);
    wait_and_tick(); /* no SUBACK comes: a subscription is a hint */
    expect_trace("sub:" REG_TOPIC "/rejected ");
    wait_and_tick();
    expect_trace("pub:" REG_TOPIC " ");
    assert_string_equal(
        payload, "{\"certificateOwnershipToken\":\"the token\",\"parameters\":{\"SerialNumber\":\"4711\"}}");
    hear(REG_TOPIC, "/accepted", THING);
    expect_trace("registered:lamp-1 put:pending ");
    assert_int_equal(flash_len[RECORD_IDENTITY], 0);
    assert_true(provision_new_identity(&p, &identity));
    assert_string_equal(identity.thing_name, "lamp-1");
    up(PROVISION_LINK_NEW);
    expect_trace("put:identity erase:pending ");
    stored_identity(&identity);
    assert_string_equal(identity.cert_pem, "cert of key 1");
    assert_string_equal(identity.key_pem, "key 1");
    assert_string_equal(identity.given_id, "");
    assert_true(provision_is_done(&p) && provision_is_over(&p) && !provision_is_failing(&p));
    assert_int_equal(provision_wake_at_ms(&p), PROVISION_NEVER);
    assert_int_equal(provision_link(&p), PROVISION_LINK_NEW);
    expect_line("provisioning: the identity is stored: lamp-1");
}

static void test_a_second_start_sends_nothing(void **state)
{
    (void)state;
    struct identity identity;
    reach_trial();
    up(PROVISION_LINK_NEW);
    stored_identity(&identity);
    trace[0] = lines[0] = '\0';
    assert_int_equal(start(&identity), ERR_OK);
    assert_int_equal(provision_link(&p), PROVISION_LINK_NEW);
    tick();
    expect_trace("erase:pending ");
    assert_true(provision_is_done(&p));
    assert_string_equal(lines, "");
    assert_false(provision_new_identity(&p, &identity)); /* the caller has it */
}

/* A device that was provisioned by claim changes its certificate: what is pending of that is not the claim's. */
static void test_a_claim_leaves_a_rotation_alone(void **state)
{
    (void)state;
    const struct identity identity = {
        .thing_name = "lamp-1", .cert_pem = "the old one", .key_pem = "the old key", .given_id = ""};
    config.origin = PENDING_ROTATION;
    reach_trial();
    config.origin = PENDING_CLAIM;
    start(&identity);
    assert_true(provision_is_done(&p));
    tick();
    expect_trace("");
    assert_int_equal(stored_pending().stage, PENDING_TRIAL);
    assert_int_equal(provision_link(&p), PROVISION_LINK_NEW);
}

/* After a power cut at each stage. */
static void test_goes_on_where_it_was(void **state)
{
    (void)state;
    ask_certificate();
    trace[0] = '\0';
    start(NULL);
    tick();
    expect_trace(""); /* the key is there */
    up(PROVISION_LINK_ORIGIN);
    expect_trace("sub:" CERT_TOPIC "/accepted ");
    setup(NULL);
    ask_registration();
    trace[0] = '\0';
    start(NULL);
    tick();
    assert_int_equal(provision_link(&p), PROVISION_LINK_ORIGIN);
    up(PROVISION_LINK_ORIGIN);
    expect_trace("sub:" REG_TOPIC "/accepted ");
    setup(NULL);
    reach_trial();
    start(NULL);
    tick();
    assert_int_equal(provision_link(&p), PROVISION_LINK_NEW);
    expect_trace("");
    assert_string_equal(provision_certificate_id(&p), GIVEN_ID);
    up(PROVISION_LINK_NEW);
    expect_trace("put:identity erase:pending ");
}

static void test_what_is_stored_and_of_no_use(void **state)
{
    (void)state;
    reach_trial();
    flash[RECORD_PENDING][20] ^= 1;
    start(NULL);
    tick();
    expect_trace("key put:pending ");
    config.origin = PENDING_ROTATION; /* of a claim that was never ended */
    start(NULL);
    tick();
    expect_trace("key put:pending ");
    config.given_id = GIVEN_ID; /* another firmware gives another certificate */
    start(NULL);
    tick();
    expect_trace("key put:pending ");
    start(NULL);
    tick();
    expect_trace("");
}

static void test_bad_configurations(void **state)
{
    (void)state;
    static char value[DEVICE_PROVISION_PARAMETERS_CAP];
    config.template_name = "a/b";
    assert_int_equal(start(NULL), ERR_ARG);
    config.template_name = "lamps";
    config.thing_name = "a/b";
    assert_int_equal(start(NULL), ERR_ARG);
    config.thing_name = "";
    config.given_id = "abc";
    assert_int_equal(start(NULL), ERR_ARG);
    config.given_id = "";
    memset(value, 'v', sizeof(value) - 1);
    parameters[1] = (struct provision_parameter){"Long", value};
    config.parameter_count = 2;
    assert_int_equal(start(NULL), ERR_TOO_LONG);
    value[DEVICE_PROVISION_PARAMETERS_CAP - 100] = '\0';
    assert_int_equal(start(NULL), ERR_OK);
    assert_int_equal(p.state, PROVISION_KEY);
}

static void test_not_started(void **state)
{
    (void)state;
    assert_false(provision_message(&p, slice_from(CERT_TOPIC "/accepted"), slice_from(CERT), now_ms));
    assert_false(provision_is_topic(&p, slice_from(CERT_TOPIC "/accepted")));
    assert_false(provision_cancel(&p, "no", now_ms));
    assert_false(provision_is_over(&p));
    assert_int_equal(provision_link(&p), PROVISION_LINK_NONE);
    assert_int_equal(provision_wake_at_ms(&p), PROVISION_NEVER);
    tick();
    provision_connected(&p, PROVISION_LINK_NONE, now_ms);
    provision_disconnected(&p, PROVISION_LINK_NONE, ERR_OFFLINE, now_ms);
    expect_trace("");
}

/* ---- answers that are not meant */

static void test_a_certificate_for_another_key_does_not_count(void **state)
{
    (void)state;
    ask_certificate();
    trace[0] = '\0';
    hear(CERT_TOPIC, "/accepted",
         "{\"certificatePem\":\"cert of key 2\",\"certificateOwnershipToken\":\"t\"}");
    expect_line("does not match the key of this device is passed over");
    expect_trace("");
    assert_int_equal(p.state, PROVISION_CERT_ASKED);
    hear(CERT_TOPIC, "/accepted", CERT);
    expect_trace("put:pending sub:" REG_TOPIC "/accepted ");
}

static void test_answers_that_nobody_waits_for(void **state)
{
    (void)state;
    start(NULL);
    tick();
    trace[0] = lines[0] = '\0';
    hear(CERT_TOPIC, "/accepted", CERT); /* no connection of ours */
    hear(REG_TOPIC, "/accepted", THING);
    hear(CERT_TOPIC, "/rejected", "{}");
    up(PROVISION_LINK_ORIGIN);
    hear(CERT_TOPIC, "/rejected", "{}");
    hear(CERT_TOPIC, "/accepted", "{}");
    hear(REG_TOPIC, "/accepted", THING);
    expect_trace("sub:" CERT_TOPIC "/accepted ");
    ask_registration();
    trace[0] = lines[0] = '\0';
    hear(CERT_TOPIC, "/accepted", CERT);
    hear(CERT_TOPIC, "/rejected", "{}");
    provision_subscribed(&p, true, now_ms);
    expect_trace("");
    hear(REG_TOPIC, "/accepted", THING);
    trace[0] = lines[0] = '\0';
    hear(REG_TOPIC, "/accepted", "{\"thingName\":\"lamp-2\"}");
    hear(REG_TOPIC, "/rejected", "{\"errorCode\":\"InvalidCertificateOwnershipToken\"}");
    expect_trace("");
    assert_string_equal(lines, "");
    assert_false(
        provision_message(&p, slice_from("$aws/things/lamp-1/jobs/notify"), slice_from("{}"), now_ms));
    assert_false(provision_is_topic(&p, slice_from("$aws/things/lamp-1/jobs/notify")));
    assert_true(provision_is_topic(&p, slice_from(REG_TOPIC "/rejected")));
}

/* A certificate that comes during the pause, or before the subscriptions are settled, answers an earlier request: it fits, so it is taken. */
static void test_a_late_certificate_is_not_left_over(void **state)
{
    (void)state;
    config.origin = PENDING_ROTATION;
    ask_certificate();
    wait_and_tick();
    assert_int_equal(p.state, PROVISION_CERT_PAUSED);
    hear(CERT_TOPIC, "/accepted", "{}"); /* says nothing */
    assert_int_equal(p.state, PROVISION_CERT_PAUSED);
    hear(CERT_TOPIC, "/accepted", CERT);
    assert_int_equal(stored_pending().stage, PENDING_CERTIFICATE);
    setup(NULL);
    start(NULL);
    tick();
    up(PROVISION_LINK_ORIGIN);
    assert_int_equal(p.state, PROVISION_CERT_SUBSCRIBING);
    hear(CERT_TOPIC, "/accepted", CERT);
    assert_int_equal(stored_pending().stage, PENDING_CERTIFICATE);
    assert_int_equal(p.state, PROVISION_REG_SUBSCRIBING);
}

static void test_answers_that_cannot_be_used(void **state)
{
    (void)state;
    ask_certificate();
    hear(CERT_TOPIC, "/accepted", "{\"certificatePem\":\"cert of key 1\"}");
    expect_line("CreateCertificateFromCsr was answered with what cannot be used: not found; again in ");
    setup(NULL);
    ask_registration();
    hear(REG_TOPIC, "/accepted", "{\"thingName\":\"a/b\"}");
    expect_line("RegisterThing was answered with what cannot be used: not found; again in ");
    assert_int_equal(p.state, PROVISION_REG_PAUSED);
    assert_string_equal(stored_pending().token, "the token");
}

/* ---- rotation */

static void begin_rotation(void)
{
    config.origin = PENDING_ROTATION;
    config.thing_name = "lamp-1";
    config.given_id = GIVEN_ID;
}

static void test_rotation(void **state)
{
    (void)state;
    struct identity identity;
    begin_rotation();
    assert_int_equal(start(NULL), ERR_OK);
    up(PROVISION_LINK_ORIGIN); /* jobs have it */
    expect_trace("");
    tick();
    expect_trace("key put:pending sub:" CERT_TOPIC "/accepted ");
    provision_subscribed(&p, true, now_ms);
    provision_subscribed(&p, true, now_ms);
    hear(CERT_TOPIC, "/accepted", CERT);
    provision_subscribed(&p, true, now_ms);
    provision_subscribed(&p, true, now_ms);
    assert_int_equal(provision_link(&p), PROVISION_LINK_ORIGIN);
    hear(REG_TOPIC, "/accepted", THING);
    up(PROVISION_LINK_NEW);
    stored_identity(&identity);
    assert_string_equal(identity.given_id, GIVEN_ID);
    assert_true(provision_is_done(&p));
    expect_line("rotation: a key is made and stored");
}

/* The power was cut between the new identity and the end of the pending record. */
static void test_rotation_that_was_over(void **state)
{
    (void)state;
    struct identity identity;
    begin_rotation();
    reach_trial();
    erase_err = ERR_STORAGE;
    up(PROVISION_LINK_NEW);
    erase_err = ERR_OK;
    stored_identity(&identity);
    trace[0] = '\0';
    start(&identity);
    assert_int_equal(provision_link(&p), PROVISION_LINK_NEW);
    tick();
    expect_trace("erase:pending ");
    assert_true(provision_is_done(&p));
    setup(NULL);
    begin_rotation();
    reach_trial();
    identity.key_pem = "the old key";
    start(&identity);
    tick();
    assert_int_equal(p.state, PROVISION_TRIAL);
}

static void test_rotation_gives_up(void **state)
{
    (void)state;
    begin_rotation();
    ask_certificate();
    for (int i = 1; i < PROVISION_ROTATION_FAILURES; i++) {
        hear(CERT_TOPIC, "/rejected", "{\"errorCode\":\"No\"}");
        assert_int_equal(provision_link(&p), PROVISION_LINK_ORIGIN);
        wait_and_tick();
        provision_subscribed(&p, true, now_ms);
        provision_subscribed(&p, true, now_ms);
    }
    trace[0] = '\0';
    erase_err = ERR_STORAGE;
    hear(CERT_TOPIC, "/rejected", "{\"errorCode\":\"No\",\"errorMessage\":\"never\"}");
    assert_false(provision_is_over(&p)); /* a boot would take it up again */
    erase_err = ERR_OK;
    wait_and_tick();
    expect_trace("erase:pending erase:pending ");
    assert_true(provision_is_over(&p) && !provision_is_done(&p) && !provision_is_failing(&p));
    assert_int_equal(provision_link(&p), PROVISION_LINK_ORIGIN);
    assert_string_equal(provision_problem(&p), "CreateCertificateFromCsr was refused: No: never");
    expect_line("rotation: given up, the certificate stays as it was: CreateCertificateFromCsr was refused: "
                "No: never\n");
}

static void test_rotation_to_what_does_not_connect(void **state)
{
    (void)state;
    begin_rotation();
    reach_trial();
    for (int i = 0; i < PROVISION_TRIAL_REFUSALS; i++) {
        down(PROVISION_LINK_NEW, ERR_REFUSED);
        if (i + 1 < PROVISION_TRIAL_REFUSALS) {
            wait_and_tick();
        }
    }
    expect_trace("erase:pending ");
    assert_true(provision_is_over(&p) && !provision_is_done(&p));
    setup(NULL);
    begin_rotation();
    reach_trial();
    for (int i = 0; i < PROVISION_TRIAL_DOUBTS; i++) {
        down(PROVISION_LINK_NEW, ERR_OFFLINE);
    }
    up(PROVISION_LINK_ORIGIN);
    expect_trace("erase:pending ");
    assert_int_equal(provision_link(&p), PROVISION_LINK_ORIGIN);
    expect_line("the service does not take the new certificate");
}

static void test_rotation_to_another_thing(void **state)
{
    (void)state;
    begin_rotation();
    ask_registration();
    trace[0] = '\0';
    hear(REG_TOPIC, "/accepted", "{\"thingName\":\"lamp-2\"}");
    expect_trace("erase:pending ");
    expect_line("the template makes another thing of this device: lamp-2");
    setup(NULL);
    config.thing_name = "lamp-1"; /* a claim is anybody */
    ask_registration();
    hear(REG_TOPIC, "/accepted", "{\"thingName\":\"lamp-2\"}");
    assert_int_equal(p.state, PROVISION_TRIAL);
    setup(NULL);
    begin_rotation();
    config.thing_name = NULL; /* nobody minds */
    ask_registration();
    hear(REG_TOPIC, "/accepted", "{\"thingName\":\"lamp-2\"}");
    assert_int_equal(p.state, PROVISION_TRIAL);
}

static void test_cancel(void **state)
{
    (void)state;
    ask_certificate();
    assert_false(provision_cancel(&p, "a claim goes on", now_ms));
    setup(NULL);
    begin_rotation();
    ask_certificate();
    trace[0] = '\0';
    assert_true(provision_cancel(&p, "the job was cancelled", now_ms));
    expect_trace("erase:pending ");
    assert_string_equal(provision_problem(&p), "the job was cancelled");
    assert_false(provision_cancel(&p, "again", now_ms));
    setup(NULL);
    begin_rotation();
    reach_trial();
    put_err = ERR_STORAGE;
    up(PROVISION_LINK_NEW);
    assert_false(provision_cancel(&p, "too late", now_ms));
    setup(NULL);
    begin_rotation();
    reach_trial();
    down(PROVISION_LINK_NEW, ERR_REFUSED);
    assert_true(provision_cancel(&p, "in its pause", now_ms));
    assert_int_equal(provision_link(&p), PROVISION_LINK_ORIGIN);
}

static void test_without_an_ear_for_the_configuration(void **state)
{
    (void)state;
    io.registered = NULL;
    reach_trial();
    io.registered = registered;
    down(PROVISION_LINK_NEW, ERR_REFUSED);
    now_ms = provision_wake_at_ms(&p) - 1;
    tick(); /* too early */
    assert_int_equal(p.state, PROVISION_TRIAL_PAUSED);
    now_ms++;
    tick();
    assert_int_equal(p.state, PROVISION_TRIAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_whole_way),
        TEST(test_a_second_start_sends_nothing),
        TEST(test_a_claim_leaves_a_rotation_alone),
        TEST(test_goes_on_where_it_was),
        TEST(test_what_is_stored_and_of_no_use),
        TEST(test_bad_configurations),
        TEST(test_not_started),
        TEST(test_a_certificate_for_another_key_does_not_count),
        TEST(test_answers_that_nobody_waits_for),
        TEST(test_a_late_certificate_is_not_left_over),
        TEST(test_answers_that_cannot_be_used),
        TEST(test_rotation),
        TEST(test_rotation_that_was_over),
        TEST(test_rotation_gives_up),
        TEST(test_rotation_to_what_does_not_connect),
        TEST(test_rotation_to_another_thing),
        TEST(test_cancel),
        TEST(test_without_an_ear_for_the_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
