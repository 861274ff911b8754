/* SPDX-License-Identifier: MIT */
/* device/runtime/rotation: the certificate is changed as a job, over the connection that jobs use, and the device goes on with the old one
 * whatever goes wrong before the new one has connected (docs/rotation.md; R-51). Keys and certificates are real ones. */
// LINK: runtime_table device_runtime device_core fake_service fake_wait fake_ports port_linux common ssl crypto
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/rotation_service.h"

/* ---- the way */

static void test_whole_way(void **state)
{
    (void)state;
    struct fake_request request;
    struct identity identity;
    start_rotation();
    await_request(&request, CSR);
    assert_true(has("pending")); /* the key, before anything is sent */
    assert_false(runtime_is_at_rest());
    answer_csr(&request);
    await_request(&request, REGISTER);
    assert_false(read_identity(&identity));
    answer_registration(&request);
    fake_wait_open(2);
    assert_true(fake_is_opened_as(FAKE_THING, issued));
    assert_false(read_identity(&identity)); /* it has not connected yet */
    fake_connect();
    await_end(&request, "SUCCEEDED");
    expect_ids(&request, given_id, issued_id);
    assert_true(read_identity(&identity));
    assert_string_equal(identity.cert_pem, issued);
    assert_string_equal(identity.given_id, given_id);
    assert_true(port_key_is_match(identity.cert_pem, identity.key_pem));
    FAKE_WAIT(!has("pending") && !has("rotation"));
    assert_int_equal(fake_open_count(), 2);
    assert_false(fake_log_has("PRIVATE"));
}

/* ---- what goes wrong before the new certificate has connected: the old one stays */

static void expect_old_stays(void)
{
    struct identity identity;
    FAKE_WAIT(!has("pending"));
    assert_false(read_identity(&identity));
    assert_true(fake_is_opened_as(FAKE_THING, given.pem));
}

/* A policy without the statements of provisioning: tried again with growing pauses, then given up. Jobs keep the one connection. */
static void test_service_that_refuses(void **state)
{
    (void)state;
    struct fake_request request;
    start_rotation();
    for (int i = 0; i < PROVISION_ROTATION_FAILURES; i++) {
        await_request(&request, CSR);
        reject(CSR, "Forbidden");
        fake_wait_log("CreateCertificateFromCsr was refused: Forbidden: because");
        await_turns();
        fake_advance_ms(PROVISION_RETRY_CAP_MS);
        port_signal_set(&device_runtime.wake);
    }
    await_end(&request, "FAILED");
    assert_non_null(strstr(request.payload, "Forbidden: because"));
    assert_null(strstr(request.payload, "newCertificateId"));
    assert_int_equal(fake_open_count(), 1);
    expect_old_stays();
}

/* The new certificate is not active, or its policy does not allow to connect. */
static void test_new_certificate_that_cannot_connect(void **state)
{
    (void)state;
    struct fake_request request;
    start_rotation();
    serve_provisioning();
    for (unsigned i = 0; i < PROVISION_TRIAL_REFUSALS; i++) {
        fake_wait_open(2 + i);
        assert_true(fake_is_opened_as(FAKE_THING, issued));
        fake_disconnect_for(ERR_REFUSED, "not authorised");
        await_turns();
        fake_advance_ms(PROVISION_TRIAL_CAP_MS);
        port_signal_set(&device_runtime.wake);
    }
    fake_wait_open(2 + PROVISION_TRIAL_REFUSALS);
    assert_true(fake_is_opened_as(FAKE_THING, given.pem));
    fake_connect();
    await_end(&request, "FAILED");
    assert_non_null(strstr(request.payload, "refuses to connect the new certificate"));
    expect_old_stays();
}

/* The network fails under the new certificate: that says nothing about it. */
static void test_network_that_fails_under_the_new_one(void **state)
{
    (void)state;
    struct fake_request request;
    start_rotation();
    serve_provisioning();
    fake_wait_open(2);
    fake_disconnect_for(ERR_OFFLINE, "no route");
    await_turns();
    fake_advance_ms(CONFIG_DEVICE_JOBS_LINK_CAP_MS);
    port_signal_set(&device_runtime.wake);
    fake_wait_open(3);
    assert_true(fake_is_opened_as(FAKE_THING, issued));
    fake_connect();
    await_end(&request, "SUCCEEDED");
}

static void test_key_that_the_library_does_not_have(void **state)
{
    (void)state;
    struct fake_request request;
    init_with(given.pem, "pkcs11:token=lamps;object=lamp");
    start_rotation();
    await_end(&request, "FAILED");
    assert_non_null(strstr(request.payload, "is a reference"));
    assert_false(has("pending"));
}

static void test_job_that_is_cancelled(void **state)
{
    (void)state;
    struct fake_request request;
    start_rotation();
    await_request(&request, CSR);
    fake_deliver("notify", "{\"timestamp\":1800000000,\"jobs\":{}}"); /* the job is gone */
    fake_notify_next(NULL, NULL);
    for (;;) {
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
        if (strcmp(request.topic, "r1/get") == 0) {
            fake_reject_request(&request, "ResourceNotFound");
            break;
        }
        assert_true(serve_jobs(&request));
    }
    FAKE_WAIT(atomic_load(&cancels) == 1);
    fake_wait_log("rotation: given up, the certificate stays as it was: the service has ended the job");
    expect_old_stays();
    assert_int_equal(fake_open_count(), 1);
    FAKE_WAIT(runtime_is_at_rest());
}

/* ---- once more */

/* The texts of the first are in use when the second begins. Which certificate was given stays known. */
static void test_second_one_of_a_boot(void **state)
{
    (void)state;
    struct fake_request request;
    struct identity identity;
    char first_id[65];
    start_rotation();
    serve_provisioning();
    fake_wait_open(2);
    fake_connect();
    await_end(&request, "SUCCEEDED");
    strcpy(first_id, issued_id);
    fake_notify_next("r2", DOCUMENT);
    fake_accept_claim("r2");
    fake_wait_open(3); /* the same certificate, from another place */
    fake_connect();
    do {
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
    } while (fake_serve_job(&request, "r2") || strcmp(request.topic, CSR) != 0);
    answer_csr(&request);
    do {
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
    } while (fake_serve_job(&request, "r2") || strcmp(request.topic, REGISTER) != 0);
    answer_registration(&request);
    fake_wait_open(4);
    assert_true(fake_is_opened_as(FAKE_THING, issued));
    fake_connect();
    fake_accept_until(&request, "r2", "SUCCEEDED");
    expect_ids(&request, first_id, issued_id);
    assert_true(read_identity(&identity));
    assert_string_equal(identity.cert_pem, issued);
    assert_string_equal(identity.given_id, given_id);
}

static void rotate_once(void)
{
    struct fake_request request;
    start_rotation();
    serve_provisioning();
    fake_wait_open(2);
    fake_connect();
    await_end(&request, "SUCCEEDED");
    FAKE_WAIT(!has("pending") && !has("rotation"));
}

/* SYSTEM_init is given the old certificate for ever: the stored one goes before it, in each boot, and after a stop. */
static void test_boot_after_a_rotation(void **state)
{
    (void)state;
    rotate_once();
    unsigned opens = fake_open_count();
    boot_with(given.pem);
    fake_wait_open(opens + 1);
    assert_true(fake_is_opened_as(FAKE_THING, issued));
    assert_true(fake_log_has("has been rotated: the stored one is used"));
    FAKE_WAIT(runtime_stop() == ERR_OK); /* a callback may be out */
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(opens + 2);
    assert_true(fake_is_opened_as(FAKE_THING, issued));
}

/* A firmware that brings a certificate of its own has it its way. */
static void test_boot_with_another_given_certificate(void **state)
{
    (void)state;
    rotate_once();
    unsigned opens = fake_open_count();
    boot_with(other_given.pem);
    fake_wait_open(opens + 1);
    assert_true(fake_is_opened_as(FAKE_THING, other_given.pem));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, table_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_whole_way),
        TEST(test_service_that_refuses),
        TEST(test_new_certificate_that_cannot_connect),
        TEST(test_network_that_fails_under_the_new_one),
        TEST(test_key_that_the_library_does_not_have),
        TEST(test_job_that_is_cancelled),
        TEST(test_second_one_of_a_boot),
        TEST(test_boot_after_a_rotation),
        TEST(test_boot_with_another_given_certificate),
    };
    return cmocka_run_group_tests(tests, make_authority, forget_authority);
}
