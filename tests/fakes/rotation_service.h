/* SPDX-License-Identifier: MIT */
/* The service's part in a test of device/runtime/rotation, and the boots of its device: certificates are real ones. Include after cmocka.h. */
#ifndef TESTS_FAKES_ROTATION_SERVICE_H
#define TESTS_FAKES_ROTATION_SERVICE_H

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

static inline enum jobs_status on_run(const struct jobs_run *run)
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

static inline void on_cancel(uint32_t run_id, void *user)
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
static inline void init_with(const char *cert_pem, const char *key_pem)
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

static inline void boot_with(const char *cert_pem)
{
    runtime_stop();
    fake_store_cut(UINT_MAX);
    init_with(cert_pem, given_key);
    assert_int_equal(runtime_start(), ERR_OK);
}

static inline int setup(void **state)
{
    int result = table_setup(state);
    atomic_store(&resumes, 0);
    atomic_store(&cancels, 0);
    atomic_store(&must_not_rotate, false);
    certificates = 0;
    init_with(given.pem, given_key);
    return result;
}

static inline int make_authority(void **state)
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

static inline int forget_authority(void **state)
{
    (void)state;
    maker_clear(&authority);
    maker_clear(&given);
    maker_clear(&other_given);
    return 0;
}

/* What is stored as the identity; false: nothing is. */
static char identity_record[8192];
static inline bool read_identity(struct identity *identity)
{
    size_t len;
    struct slice payload;
    return port_store_get("identity", identity_record, sizeof(identity_record), &len) == ERR_OK &&
           record_open(RECORD_IDENTITY, (struct slice){identity_record, len}, &payload) == RECORD_GOOD &&
           identity_read(payload, identity);
}

static inline bool has(const char *key)
{
    static char record[8192];
    size_t len;
    return port_store_get(key, record, sizeof(record), &len) == ERR_OK;
}

/* ---- the service */

/* The member of a JSON text, decoded. */
static inline void read_member(const char *json, const char *key, char *out, size_t cap)
{
    struct json_field field = {.key = key, .parent = JSON_TOP};
    assert_int_equal(json_read(slice_from(json), &field, 1, NULL), ERR_OK);
    assert_int_equal(field.type, JSON_STRING);
    assert_int_equal(json_decode(field.text, out, cap, NULL), ERR_OK);
}

static inline void make_certificate(const char *csr_pem)
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

static inline void answer(const char *topic, const char *payload)
{
    char full[200];
    snprintf(full, sizeof(full), "%s/accepted", topic);
    fake_deliver_own(full, slice_from(payload), 1,
                     false); /* or the connection is gone, and the answer lost */
}

static inline void reject(const char *topic, const char *code)
{
    char full[200], payload[200];
    snprintf(full, sizeof(full), "%s/rejected", topic);
    snprintf(payload, sizeof(payload),
             "{\"statusCode\":403,\"errorCode\":\"%s\",\"errorMessage\":\"because\"}", code);
    assert_true(fake_deliver_own(full, slice_from(payload), 1, false));
}

static inline void answer_csr(const struct fake_request *request)
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

static inline void answer_registration(const struct fake_request *request)
{
    char token[40], wanted[40];
    read_member(request->payload, "certificateOwnershipToken", token, sizeof(token));
    snprintf(wanted, sizeof(wanted), "token-%u", certificates);
    assert_string_equal(token, wanted);
    assert_non_null(strstr(request->payload, "\"ThingName\":\"" FAKE_THING "\""));
    answer(REGISTER, "{\"deviceConfiguration\":{},\"thingName\":\"" FAKE_THING "\"}");
}

/* Of jobs: what the device asks on the way is answered; a job that is in hand is so at the service as well. */
static inline bool serve_jobs(const struct fake_request *request)
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

static inline void await_request(struct fake_request *request, const char *topic)
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
static inline void await_end(struct fake_request *request, const char *status)
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

static inline void expect_ids(const struct fake_request *request, const char *old_id, const char *new_id)
{
    char member[100];
    snprintf(member, sizeof(member), "\"oldCertificateId\":\"%s\"", old_id);
    bool has_old = strstr(request->payload, member) != NULL;
    snprintf(member, sizeof(member), "\"newCertificateId\":\"%s\"", new_id);
    if (!has_old || !strstr(request->payload, member)) {
        fail_msg("'%s' instead of %s and %s", request->payload, old_id, new_id);
    }
}

static inline void start_rotation(void)
{
    assert_int_equal(runtime_start(), ERR_OK);
    fake_offer_job(1, "r1", DOCUMENT);
    fake_accept_claim("r1");
}

/* Up to the new connection, which is wanted then. */
static inline void serve_provisioning(void)
{
    struct fake_request request;
    await_request(&request, CSR);
    answer_csr(&request);
    await_request(&request, REGISTER);
    answer_registration(&request);
}

/* Turns of the engine task: what lay before it is done. */
static inline void await_turns(void)
{
    for (int i = 0; i < 3; i++) {
        assert_int_equal(runtime_register(&action), ERR_EXISTS);
    }
}

#endif
