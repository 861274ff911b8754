/* SPDX-License-Identifier: MIT */
/* device/runtime/claim: a device with a claim gets an identity, stores it and is that thing from then on. What the way is like
 * shows tests/provision; here are tasks, memory, connection and storage, with real keys. */
// LINK: claim_service runtime_table device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/store/identity.h"
#include "device/core/store/pending.h"
#include "device/port/port_key.h"
#include "device/runtime/claim.h"
#include "device/runtime/records.h"
#include "device/runtime/rotation.h"
#include "device/runtime/state.h"
#include "fakes/claim_service.h"
#include "fakes/runtime_table.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

static char thing_name[DEVICE_THING_NAME_CAP];
static atomic_uint told;

static void provisioned(void)
{
    atomic_fetch_add(&told, 1);
}

static const struct runtime_claim claim = {
    .host = "localhost",
    .port = 8883,
    .root_ca_pem = "ca",
    .cert_pem = "claim cert",
    .key_pem = "claim key",
    .template_name = "fleet",
    .client_id = "esp32_0042",
    .serial_number = "0042",
    .name_prefix = "esp32",
    .app_version = "1.0.0",
    .thing_name = thing_name,
    .provisioned = provisioned,
};

static bool is_stored(enum record_kind kind)
{
    char record[8192];
    size_t len;
    return port_store_get(record_key(kind), record, sizeof(record), &len) == ERR_OK;
}

static void init(void)
{
    thing_name[0] = '\0';
    table_init_without_thing();
    runtime_claim(&claim);
    assert_int_equal(table_register_blink(), ERR_OK);
}

static int setup(void **state)
{
    int result = table_setup(state);
    atomic_store(&told, 0);
    claim_reset();
    init();
    return result;
}

static int teardown(void **state)
{
    int result = table_teardown(state);
    claim_reset();
    return result;
}

static void begin(unsigned connection)
{
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(connection);
    assert_true(fake_is_opened_as("esp32_0042", "claim cert"));
    fake_connect_only();
}

static void await_thing(unsigned connection, const char *name)
{
    fake_wait_open(connection);
    assert_true(fake_is_opened_as(name, claim_certificate()));
    fake_connect();
    FAKE_WAIT(atomic_load(&told) == 1);
    assert_string_equal(runtime_thing_name(), name);
}

/* A boot: everything in memory is gone. */
static void boot(void)
{
    FAKE_WAIT(runtime_stop() == ERR_OK); /* a callback may be out */
    init();
}

static void test_whole_way(void **state)
{
    (void)state;
    assert_int_equal(runtime_claim_parameter("Colour", "red"), ERR_OK);
    begin(1);
    claim_take_csr();
    assert_true(is_stored(RECORD_PENDING)); /* the key is in storage before the request is seen */
    assert_false(is_stored(RECORD_IDENTITY));
    assert_int_equal(runtime_provisioning_state(), RUNTIME_PROVISIONING_RUNS);
    assert_int_equal(runtime_link_state(), RUNTIME_LINK_STARTING);
    assert_false(runtime_is_at_rest());
    claim_accept_csr("token-1");
    claim_take_registration("token-1");
    assert_true(claim_has_parameter("SerialNumber", "0042"));
    assert_true(claim_has_parameter("DeviceNamePrefix", "esp32"));
    assert_true(claim_has_parameter("AppVersion", "1.0.0"));
    assert_true(claim_has_parameter("Colour", "red"));
    assert_string_equal(runtime_thing_name(), "");
    claim_accept_registration(FAKE_THING);
    await_thing(2, FAKE_THING);
    assert_true(is_stored(RECORD_IDENTITY));
    assert_false(is_stored(RECORD_PENDING));
    assert_int_equal(runtime_provisioning_state(), RUNTIME_PROVISIONING_NOT);
    FAKE_WAIT(runtime_link_state() == RUNTIME_LINK_UP);
    struct fake_request request;
    fake_expect_request(&request, "$next/get"); /* and jobs begin */
    fake_accept_request(&request, "");
    FAKE_WAIT(runtime_is_at_rest());
    assert_int_equal(atomic_load(&told), 1);
}

static void provision(void)
{
    begin(1);
    claim_take_csr();
    claim_accept_csr("token-1");
    claim_take_registration("token-1");
    claim_accept_registration(FAKE_THING);
    await_thing(2, FAKE_THING);
    fake_answer_no_job();
}

static void test_second_start_provisions_nothing(void **state)
{
    (void)state;
    provision();
    char first[4096];
    snprintf(first, sizeof(first), "%s", claim_certificate());
    boot();
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(3);
    assert_true(fake_is_opened_as(FAKE_THING, first));
    assert_string_equal(runtime_thing_name(), FAKE_THING); /* also offline */
    fake_connect();
    struct fake_request request;
    fake_expect_request(&request, "$next/get"); /* the first thing that is sent */
    assert_int_equal(runtime_provisioning_state(), RUNTIME_PROVISIONING_NOT);
    assert_int_equal(atomic_load(&told), 1);
}

/* A stop, as a power cut does: each step is taken up where it was, with the same key. */
static void test_each_step_is_resumed(void **state)
{
    (void)state;
    begin(1);
    claim_take_csr();
    boot();
    begin(2);
    claim_take_csr();
    assert_true(claim_is_same_key());
    claim_accept_csr("token-2");
    claim_take_registration("token-2");
    boot();
    begin(3);
    claim_take_registration("token-2"); /* no second certificate */
    claim_accept_registration(FAKE_THING);
    fake_wait_open(4);
    boot();
    assert_int_equal(runtime_start(), ERR_OK);
    await_thing(5, FAKE_THING);
}

/* The library was stopped and started, not the device. */
static void test_stop_and_start(void **state)
{
    (void)state;
    begin(1);
    claim_take_csr();
    FAKE_WAIT(runtime_stop() == ERR_OK); /* a callback may be out */
    assert_true(runtime_is_at_rest() || !runtime_is_started());
    begin(2);
    claim_take_csr();
    claim_accept_csr("token-1");
    claim_take_registration("token-1");
    claim_accept_registration(FAKE_THING);
    await_thing(3, FAKE_THING);
}

static void test_suspended_on_the_way(void **state)
{
    (void)state;
    begin(1);
    claim_take_csr();
    runtime_suspend(true);
    FAKE_WAIT(runtime_link_state() == RUNTIME_LINK_SUSPENDED);
    assert_false(fake_log_has("does the policy allow"));
    runtime_suspend(false);
    FAKE_WAIT(runtime_link_state() == RUNTIME_LINK_RESUMING);
    fake_advance_ms(3600000);      /* the pause after a lost answer */
    runtime_network_changed(true); /* wakes the engine task */
    fake_wait_open(2);
    fake_connect_only();
    claim_take_csr();
    claim_accept_csr("token-1");
    claim_take_registration("token-1");
}

static void test_answers_in_pieces(void **state)
{
    (void)state;
    char payload[4096];
    begin(1);
    claim_take_csr();
    claim_write_certificate(payload, sizeof(payload), "token-1");
    assert_true(fake_deliver_own_pieces(CLAIM_CSR_TOPIC "/accepted", payload, 100));
    claim_take_registration("token-1");
    claim_accept_registration(FAKE_THING);
    claim_double_registration("another"); /* the first counts */
    await_thing(2, FAKE_THING);
}

static void test_answer_that_is_too_long(void **state)
{
    (void)state;
    static char payload[DEVICE_PROVISION_MESSAGE_CAP + 2];
    begin(1);
    claim_take_csr();
    memset(payload, ' ', sizeof(payload) - 1);
    assert_true(fake_deliver_own(CLAIM_CSR_TOPIC "/accepted", slice_from(payload), 1, false));
    fake_wait_log("provisioning: an answer is longer than 4096 bytes, and left out");
    claim_accept_csr("token-1");
    claim_take_registration("token-1");
}

/* A certificate for another key does not count. */
static void test_certificate_of_somebody_else(void **state)
{
    (void)state;
    char payload[4096];
    begin(1);
    claim_take_csr();
    claim_write_certificate(payload, sizeof(payload), "token-1");
    boot();
    assert_int_equal(runtime_record_erase(RECORD_PENDING), ERR_OK);
    begin(2);
    claim_take_csr();
    assert_false(claim_is_same_key());
    assert_true(fake_deliver_own(CLAIM_CSR_TOPIC "/accepted", slice_from(payload), 1, false));
    claim_accept_csr("token-2");
    claim_take_registration("token-2");
}

static void test_refused_and_tried_again(void **state)
{
    (void)state;
    begin(1);
    claim_take_csr();
    claim_reject(CLAIM_CSR_TOPIC, "ResourceNotFoundException", "no such thing");
    FAKE_WAIT(runtime_provisioning_state() == RUNTIME_PROVISIONING_FAILED);
    assert_true(
        fake_log_has("CreateCertificateFromCsr was refused: ResourceNotFoundException: no such thing"));
    fake_advance_ms(3600000);
    runtime_network_changed(true); /* wakes the engine task */
    fake_wait_open(2);             /* there is no connection in the pause */
    fake_connect_only();
    claim_take_csr();
    assert_true(claim_is_same_key());
    claim_accept_csr("token-1");
    claim_take_registration("token-1");
    claim_accept_registration(FAKE_THING);
    await_thing(3, FAKE_THING);
}

static void test_damaged_identity_counts_as_absent(void **state)
{
    (void)state;
    assert_int_equal(port_store_put("identity", "damaged", 7), ERR_OK);
    begin(1);
    claim_take_csr();
    assert_true(fake_log_has("the record 'identity' is"));
}

/* A storage that cannot be read for a while may have an identity: the device does not become another thing for that. */
static void test_storage_that_cannot_be_read(void **state)
{
    (void)state;
    provision();
    boot();
    fake_store_fail_gets(2);
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(3);
    assert_true(fake_is_opened_as(FAKE_THING, claim_certificate()));
    boot();
    fake_store_fail_gets(UINT_MAX);
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_log("nobody can tell whether this device has an identity");
    FAKE_WAIT(runtime_provisioning_state() == RUNTIME_PROVISIONING_FAILED);
    fake_store_fail_gets(0);
    FAKE_WAIT(runtime_stop() == ERR_OK);    /* a callback may be out */
    assert_int_equal(fake_open_count(), 3); /* it stayed offline */
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(4);
    assert_true(fake_is_opened_as(FAKE_THING, claim_certificate()));
}

/* The record is whole, and what stands in it is none. */
static void test_unreadable_identity_counts_as_absent(void **state)
{
    (void)state;
    char record[RECORD_BYTES(3)] = {0};
    memcpy(record + RECORD_HEADER_BYTES, "a", 2);
    assert_int_equal(port_store_put("identity", record, record_seal(RECORD_IDENTITY, record, 3)), ERR_OK);
    begin(1);
    claim_take_csr();
    assert_true(fake_log_has("the record 'identity' cannot be used, and counts as absent"));
}

/* ---- with a rotation */

static void put_pending(enum pending_origin origin)
{
    static char record[RECORD_BYTES(PENDING_MAX)];
    struct pending pending = {.origin = origin,
                              .stage = PENDING_TRIAL,
                              .key_pem = "key",
                              .given_id = "",
                              .cert_pem = "certificate",
                              .certificate_id = "",
                              .thing_name = FAKE_THING};
    size_t len = pending_write(&pending, record + RECORD_HEADER_BYTES, PENDING_MAX);
    assert_int_equal(port_store_put("pending", record, record_seal(RECORD_PENDING, record, len)), ERR_OK);
}

/* A device that has its identity from its claim, and whose power went in the middle of a rotation: the new certificate is the rotation's. */
static void test_pending_of_a_rotation_stays(void **state)
{
    (void)state;
    provision();
    FAKE_WAIT(runtime_stop() == ERR_OK); /* a callback may be out */
    put_pending(PENDING_ROTATION);
    init();
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(3);
    assert_true(fake_is_opened_as(FAKE_THING, claim_certificate()));
    assert_true(is_stored(RECORD_PENDING));
    FAKE_WAIT(runtime_stop() == ERR_OK); /* a callback may be out */
    put_pending(PENDING_CLAIM);          /* what a claim has left is nobody's */
    init();
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(4);
    assert_false(is_stored(RECORD_PENDING));
}

/* A device that is configured by a claim while it waits knows of its rotations before: they are served all the same. An order that comes
 * before there is anything to be rotated waits. */
static void test_rotation_was_there_before_the_claim(void **state)
{
    (void)state;
    const struct runtime_rotation_job job = {.run_id = 1, .job_id = "r1", .execution_number = 1};
    table_init_without_thing();
    runtime_rotation_init("0042");
    runtime_claim(&claim);
    assert_int_equal(table_register_blink(), ERR_OK);
    assert_int_equal(runtime_start(), ERR_OK);
    assert_int_equal(runtime_rotation_begin(&job, "fleet"), ERR_OK);
    fake_wait_open(1);
    fake_connect_only();
    claim_take_csr();
    claim_accept_csr("token-1");
    claim_take_registration("token-1");
    claim_accept_registration(FAKE_THING);
    fake_wait_open(2);
    fake_connect();
    FAKE_WAIT(atomic_load(&told) == 1);
    char topic[200], payload[4096];
    do {
        fake_wait_publish(topic, sizeof(topic), payload, sizeof(payload));
    } while (strcmp(topic, CLAIM_CSR_TOPIC) != 0);
}

static void init_with_rotation(void)
{
    init();
    runtime_rotation_init("0042");
}

/* The power goes while the new certificate is tried: the next boot goes on with it, and asks for no other. */
static void test_rotation_goes_on_after_a_boot(void **state)
{
    (void)state;
    struct runtime_rotation_job job = {.run_id = 1, .job_id = "r1", .execution_number = 1};
    char first[4096];
    init_with_rotation();
    begin(1);
    claim_take_csr();
    claim_accept_csr("token-1");
    claim_take_registration("token-1");
    claim_accept_registration(FAKE_THING);
    await_thing(2, FAKE_THING);
    snprintf(first, sizeof(first), "%s", claim_certificate());
    fake_answer_no_job();
    fake_answer_no_job();
    FAKE_WAIT(runtime_is_at_rest());
    assert_int_equal(runtime_rotation_begin(&job, "fleet"), ERR_OK);
    claim_take_csr();
    claim_accept_csr("token-2");
    claim_take_registration("token-2");
    claim_accept_registration(FAKE_THING);
    fake_wait_open(3);
    assert_true(fake_is_opened_as(FAKE_THING, claim_certificate()));
    FAKE_WAIT(runtime_stop() == ERR_OK); /* a callback may be out */
    init_with_rotation();
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(4);
    assert_true(fake_is_opened_as(FAKE_THING, first)); /* until the job's handler has said that it goes on */
    job.is_resumed = true;
    assert_int_equal(runtime_rotation_begin(&job, "fleet"), ERR_OK);
    fake_wait_open(5);
    assert_true(fake_is_opened_as(FAKE_THING, claim_certificate()));
    fake_connect();
    FAKE_WAIT(!is_stored(RECORD_PENDING));
    FAKE_WAIT(runtime_stop() == ERR_OK); /* the event task may be at its report */
    boot();
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(6);
    assert_true(fake_is_opened_as(FAKE_THING, claim_certificate()));
}

static void test_parameters_of_the_application(void **state)
{
    (void)state;
    char long_key[130];
    memset(long_key, 'k', sizeof(long_key) - 1);
    long_key[129] = '\0';
    assert_int_equal(runtime_claim_parameter(NULL, "x"), ERR_ARG);
    assert_int_equal(runtime_claim_parameter("", "x"), ERR_ARG);
    assert_int_equal(runtime_claim_parameter("a b", "x"), ERR_ARG);
    assert_int_equal(runtime_claim_parameter(long_key, "x"), ERR_ARG);
    assert_int_equal(runtime_claim_parameter("SerialNumber", "x"), ERR_ARG);
    assert_int_equal(runtime_claim_parameter("DeviceNamePrefix", "x"), ERR_ARG);
    assert_int_equal(runtime_claim_parameter("AppVersion", "x"), ERR_ARG);
    static const char *const keys[] = {"a", "b", "c", "d",
                                       "e", "f", "g", "Colour"}; /* Colour: of the first test */
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(runtime_claim_parameter(keys[i], "x"), ERR_OK);
    }
    assert_int_equal(runtime_claim_parameter("ninth", "x"), ERR_FULL);
    assert_int_equal(runtime_claim_parameter("Colour", "blue"), ERR_OK);
    begin(1);
    claim_take_csr();
    claim_accept_csr("token-1");
    claim_take_registration("token-1");
    assert_true(claim_has_parameter("Colour", "blue"));
    assert_false(claim_has_parameter("Colour", "red"));
    assert_true(claim_has_parameter("g", "x"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

/* OpenSSL's own end is left out: it would meet what the threads of tasks do when they have ended. */
int main(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
    const struct CMUnitTest tests[] = {
        TEST(test_whole_way),
        TEST(test_second_start_provisions_nothing),
        TEST(test_each_step_is_resumed),
        TEST(test_stop_and_start),
        TEST(test_suspended_on_the_way),
        TEST(test_answers_in_pieces),
        TEST(test_answer_that_is_too_long),
        TEST(test_certificate_of_somebody_else),
        TEST(test_refused_and_tried_again),
        TEST(test_damaged_identity_counts_as_absent),
        TEST(test_storage_that_cannot_be_read),
        TEST(test_unreadable_identity_counts_as_absent),
        TEST(test_pending_of_a_rotation_stays),
        TEST(test_rotation_was_there_before_the_claim),
        TEST(test_rotation_goes_on_after_a_boot),
        TEST(test_parameters_of_the_application),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
