/* SPDX-License-Identifier: MIT */
/* device/runtime/rotation: the certificate is changed as a job, over the connection that jobs use, and the device goes on with the old one
 * whatever goes wrong before the new one has connected (docs/rotation.md; R-51). Keys and certificates are real ones. */
// LINK: runtime_table device_runtime device_core fake_service fake_wait fake_ports port_linux common ssl crypto
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/json.h"
#include "device/core/provision/words.h"
#include "device/port/port_key.h"
#include "device/runtime/rotation.h"
#include "device/runtime/state.h"
#include "fakes/runtime_table.h"
#include "fakes/x509_maker.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define DOCUMENT "{\"action\":\"rotate\",\"template\":\"fleet\"}"
#define CSR      "$aws/certificates/create-from-csr/json"
#define REGISTER "$aws/provisioning-templates/fleet/provision/json"

static struct maker authority, given, other_given;
static char given_key[2048], given_id[65];
static char issued[DEVICE_CERTIFICATE_CAP], issued_id[65]; /* the service's last certificate */
static unsigned certificates;                              /* that the service has made */
static atomic_uint resumes, cancels;
static atomic_bool must_not_rotate;

/* ---- the device */

static enum jobs_status on_run(const struct jobs_run *run)
{
    const struct runtime_rotation_job job = {.run_id = run->run_id,
                                             .job_id = run->job_id,
                                             .execution_number = run->execution_number,
                                             .is_resumed = run->is_resumed};
    atomic_fetch_add(&resumes, run->is_resumed);
    if (!atomic_load(&must_not_rotate)) {
        assert_int_equal(runtime_rotation_begin(&job, "fleet"), ERR_OK);
    }
    return JOBS_STATUS_IN_PROGRESS;
}

static void on_cancel(uint32_t run_id, void *user)
{
    (void)user;
    atomic_fetch_add(&cancels, 1);
    runtime_rotation_cancel(run_id);
}

static const struct jobs_action action = {.name = "rotate",
                                          .max_attempts = 1,
                                          .has_cancel = true,
                                          .has_resume = true,
                                          .on_interrupted = JOBS_INTERRUPTED_WAIT};

/* What a program does at each boot. */
static void init_with(const char *cert_pem, const char *key_pem)
{
    struct runtime_config config = *runtime_given();
    config.cert_pem = cert_pem;
    config.key_pem = key_pem;
    config.run_handler = on_run;
    config.cancel_handler = on_cancel;
    enum err err = ERR_BUSY;
    FAKE_WAIT((err = runtime_init(&config)) != ERR_BUSY);
    assert_int_equal(err, ERR_OK);
    assert_int_equal(runtime_register(&action), ERR_OK);
    runtime_rotation_init("0a1b2c");
}

static void boot_with(const char *cert_pem)
{
    runtime_stop();
    fake_store_cut(UINT_MAX);
    init_with(cert_pem, given_key);
    assert_int_equal(runtime_start(), ERR_OK);
}

static int setup(void **state)
{
    int result = table_setup(state);
    atomic_store(&resumes, 0);
    atomic_store(&cancels, 0);
    atomic_store(&must_not_rotate, false);
    certificates = 0;
    init_with(given.pem, given_key);
    return result;
}

static int make_authority(void **state)
{
    (void)state;
    maker_certificate(&authority, (struct maker_order){.name = "authority", .is_ca = true});
    maker_certificate(&given, (struct maker_order){.name = "lamp", .issuer = &authority});
    maker_certificate(&other_given, (struct maker_order){.name = "lamp", .issuer = &authority});
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PrivateKey(bio, given.key, NULL, NULL, 0, NULL, NULL), 1);
    int len = BIO_read(bio, given_key, sizeof(given_key) - 1);
    assert_true(len > 0);
    given_key[len] = '\0';
    BIO_free(bio);
    assert_int_equal(port_key_certificate_id(given.pem, given_id), ERR_OK);
    return 0;
}

static int forget_authority(void **state)
{
    (void)state;
    maker_clear(&authority);
    maker_clear(&given);
    maker_clear(&other_given);
    return 0;
}

/* What is stored as the identity; false: nothing is. */
static char identity_record[8192];
static bool read_identity(struct identity *identity)
{
    size_t len;
    struct slice payload;
    return port_store_get("identity", identity_record, sizeof(identity_record), &len) == ERR_OK &&
           record_open(RECORD_IDENTITY, (struct slice){identity_record, len}, &payload) == RECORD_GOOD &&
           identity_read(payload, identity);
}

static bool has(const char *key)
{
    static char record[8192];
    size_t len;
    return port_store_get(key, record, sizeof(record), &len) == ERR_OK;
}

/* ---- the service */

/* The member of a JSON text, decoded. */
static void read_member(const char *json, const char *key, char *out, size_t cap)
{
    struct json_field field = {.key = key, .parent = JSON_TOP};
    assert_int_equal(json_read(slice_from(json), &field, 1, NULL), ERR_OK);
    assert_int_equal(field.type, JSON_STRING);
    assert_int_equal(json_decode(field.text, out, cap, NULL), ERR_OK);
}

static void make_certificate(const char *csr_pem)
{
    BIO *bio = BIO_new_mem_buf(csr_pem, -1);
    X509_REQ *request = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
    assert_non_null(request);
    assert_int_equal(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)), 1);
    X509 *certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1000 + (long)++certificates);
    X509_set_issuer_name(certificate, X509_get_subject_name(authority.certificate));
    X509_set_subject_name(certificate, X509_REQ_get_subject_name(request));
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, X509_REQ_get0_pubkey(request));
    assert_true(X509_sign(certificate, authority.key, EVP_sha256()) > 0);
    BIO_free(bio);
    bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
    int len = BIO_read(bio, issued, sizeof(issued) - 1);
    assert_true(len > 0);
    issued[len] = '\0';
    BIO_free(bio);
    X509_free(certificate);
    X509_REQ_free(request);
    assert_int_equal(port_key_certificate_id(issued, issued_id), ERR_OK);
}

static void answer(const char *topic, const char *payload)
{
    char full[200];
    snprintf(full, sizeof(full), "%s/accepted", topic);
    fake_deliver_own(full, slice_from(payload), 1,
                     false); /* or the connection is gone, and the answer lost */
}

static void reject(const char *topic, const char *code)
{
    char full[200], payload[200];
    snprintf(full, sizeof(full), "%s/rejected", topic);
    snprintf(payload, sizeof(payload),
             "{\"statusCode\":403,\"errorCode\":\"%s\",\"errorMessage\":\"because\"}", code);
    assert_true(fake_deliver_own(full, slice_from(payload), 1, false));
}

static void answer_csr(const struct fake_request *request)
{
    static char csr[2048], payload[8192];
    char text[2 * DEVICE_CERTIFICATE_CAP];
    assert_null(strstr(request->payload, "PRIVATE"));
    read_member(request->payload, "certificateSigningRequest", csr, sizeof(csr));
    make_certificate(csr);
    size_t len = 0;
    for (const char *at = issued; *at; at++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, *at == '\n' ? "\\n" : "%c", *at);
    }
    snprintf(
        payload, sizeof(payload),
        "{\"certificateId\":\"%s\",\"certificatePem\":\"%s\",\"certificateOwnershipToken\":\"token-%u\"}",
        issued_id, text, certificates);
    answer(CSR, payload);
}

static void answer_registration(const struct fake_request *request)
{
    char token[40], wanted[40];
    read_member(request->payload, "certificateOwnershipToken", token, sizeof(token));
    snprintf(wanted, sizeof(wanted), "token-%u", certificates);
    assert_string_equal(token, wanted);
    assert_non_null(strstr(request->payload, "\"ThingName\":\"" FAKE_THING "\""));
    answer(REGISTER, "{\"deviceConfiguration\":{},\"thingName\":\"" FAKE_THING "\"}");
}

/* Of jobs: what the device asks on the way is answered; a job that is in hand is so at the service as well. */
static bool serve_jobs(const struct fake_request *request)
{
    if (fake_serve_job(request, "r1")) {
        return true;
    }
    if (strcmp(request->topic, "$next/get") == 0) {
        fake_accept_request(request, "");
        return true;
    }
    return false;
}

static void await_request(struct fake_request *request, const char *topic)
{
    for (;;) {
        fake_wait_publish(request->topic, sizeof(request->topic), request->payload, sizeof(request->payload));
        if (strcmp(request->topic, topic) == 0) {
            return;
        }
        if (!serve_jobs(request)) {
            fail_msg("%s instead of %s", request->topic, topic);
        }
    }
}

/* The final status of the job; *request is the update that has it. */
static void await_end(struct fake_request *request, const char *status)
{
    char wanted[60];
    snprintf(wanted, sizeof(wanted), "\"status\":\"%s\"", status);
    do {
        fake_wait_publish(request->topic, sizeof(request->topic), request->payload, sizeof(request->payload));
        if (!serve_jobs(request)) {
            fail_msg("%s instead of %s", request->topic, status);
        }
    } while (!strstr(request->payload, wanted));
}

static void expect_ids(const struct fake_request *request, const char *old_id, const char *new_id)
{
    char member[100];
    snprintf(member, sizeof(member), "\"oldCertificateId\":\"%s\"", old_id);
    assert_non_null(strstr(request->payload, member));
    snprintf(member, sizeof(member), "\"newCertificateId\":\"%s\"", new_id);
    assert_non_null(strstr(request->payload, member));
}

static void start_rotation(void)
{
    assert_int_equal(runtime_start(), ERR_OK);
    fake_offer_job(1, "r1", DOCUMENT);
    fake_accept_claim("r1");
}

/* Up to the new connection, which is wanted then. */
static void serve_provisioning(void)
{
    struct fake_request request;
    await_request(&request, CSR);
    answer_csr(&request);
    await_request(&request, REGISTER);
    answer_registration(&request);
}

/* Turns of the engine task: what lay before it is done. */
static void await_turns(void)
{
    for (int i = 0; i < 3; i++) {
        assert_int_equal(runtime_register(&action), ERR_EXISTS);
    }
}

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
    assert_int_equal(runtime_stop(), ERR_OK);
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

/* ---- stop, start, power cuts */

static void test_stop_in_the_middle(void **state)
{
    (void)state;
    struct fake_request request;
    start_rotation();
    await_request(&request, CSR);
    assert_int_equal(runtime_stop(), ERR_OK);
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(2);
    fake_connect();
    await_turns();
    fake_advance_ms(PROVISION_RETRY_CAP_MS);
    port_signal_set(&device_runtime.wake);
    serve_provisioning();
    fake_wait_open(3);
    fake_connect();
    await_end(&request, "SUCCEEDED");
    expect_ids(&request, given_id, issued_id);
}

/* The execution is IN_PROGRESS at the service, as it was before the cut. */
static void show_running(const struct fake_request *request)
{
    fake_accept_request(request,
                        "\"execution\":{\"jobId\":\"r1\",\"status\":\"IN_PROGRESS\",\"queuedAt\":1799999990,"
                        "\"lastUpdatedAt\":1799999990,\"versionNumber\":2,\"executionNumber\":1,"
                        "\"statusDetails\":{\"attempt\":\"1\"},\"jobDocument\":" DOCUMENT "}");
}

static void serve(const struct fake_request *request)
{
    if (strcmp(request->topic, CSR) == 0) {
        answer_csr(request);
    } else if (strcmp(request->topic, REGISTER) == 0) {
        answer_registration(request);
    } else if (strcmp(request->topic, "$next/get") == 0 || strcmp(request->topic, "r1/get") == 0) {
        show_running(request);
    } else {
        assert_true(serve_jobs(request));
    }
}

static unsigned connections; /* that were served */

static void connect_when_opened(void)
{
    if (fake_open_count() > connections) {
        connections = fake_open_count();
        fake_connect();
    }
}

/* Whatever the device asks is answered until its job is done; time passes when it asks nothing. */
static void serve_to_the_end(struct fake_request *end)
{
    do {
        while (!fake_has_publish()) {
            connect_when_opened();
            fake_advance_ms(100);
            port_signal_set(&device_runtime.wake);
            sched_yield();
        }
        fake_wait_publish(end->topic, sizeof(end->topic), end->payload, sizeof(end->payload));
        serve(end);
        assert_null(strstr(end->payload, "\"status\":\"FAILED\""));
    } while (!strstr(end->payload, "\"status\":\"SUCCEEDED\""));
}

/* The same, until an operation of the storage is one too many. true: the job and all that follows it came first. */
static bool serve_until_the_cut(unsigned cut)
{
    struct fake_request request = {.payload = ""};
    bool is_over = false;
    while (fake_store_operations() <= cut) {
        if (is_over && !has("pending") && !has("rotation")) {
            return true;
        }
        connect_when_opened();
        if (!fake_has_publish()) {
            sched_yield();
            continue;
        }
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
        serve(&request);
        is_over |= strstr(request.payload, "\"status\":\"SUCCEEDED\"") != NULL;
    }
    return false;
}

/* The power goes at each write to the storage in turn, and the device boots with the certificate that it is given for ever: the job ends
 * SUCCEEDED, with the certificates named, the stored identity is the service's last one, and no cut costs more than one certificate. */
static void test_power_cut_at_every_write(void **state)
{
    unsigned cut = 0;
    fake_let_answers_get_lost(true);
    for (bool is_through = false; !is_through; cut++) {
        struct fake_request request;
        struct identity identity;
        table_teardown(state);
        assert_int_equal(setup(state), 0);
        connections = 0;
        fake_store_cut(cut);
        assert_int_equal(runtime_start(), ERR_OK);
        fake_offer_job(++connections, "r1", DOCUMENT);
        is_through = serve_until_the_cut(cut);
        if (!is_through) {
            runtime_stop();
            fake_drop_publishes();
            boot_with(given.pem);
            serve_to_the_end(&request);
            expect_ids(&request, given_id, issued_id);
        }
        FAKE_WAIT(!has("pending")); /* what is left of "rotation" names a job that is done */
        assert_true(read_identity(&identity));
        assert_string_equal(identity.cert_pem, issued);
        assert_in_range(certificates, 1, 2);
    }
    fake_let_answers_get_lost(false);
    assert_in_range(cut, 8, 20);
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
        TEST(test_stop_in_the_middle),
        TEST(test_power_cut_at_every_write),
    };
    return cmocka_run_group_tests(tests, make_authority, forget_authority);
}
