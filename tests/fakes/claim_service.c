/* SPDX-License-Identifier: MIT */
#include "fakes/claim_service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_ports.h"
#include "fakes/x509_maker.h"

#include <stdio.h>
#include <string.h>

static struct {
    char payload[2048]; /* of the last request */
    EVP_PKEY *key, *key_before;
    char pem[8192];
} service;

static void take(const char *topic)
{
    char is[256];
    fake_wait_publish(is, sizeof(is), service.payload, sizeof(service.payload));
    assert_string_equal(is, topic);
}

/* The text of a JSON member, with \n for the end of a line. */
static void copy_text(const char *json, const char *member, char *out, size_t cap)
{
    char begin[64];
    size_t len = 0;
    snprintf(begin, sizeof(begin), "\"%s\":\"", member);
    const char *at = strstr(json, begin);
    assert_non_null(at);
    for (at += strlen(begin); *at && *at != '"'; at++) {
        assert_true(len + 1 < cap);
        bool is_line_end = at[0] == '\\' && at[1] == 'n';
        out[len++] = is_line_end ? '\n' : *at;
        at += is_line_end;
    }
    out[len] = '\0';
}

void claim_take_csr(void)
{
    char pem[2048];
    take(CLAIM_CSR_TOPIC);
    assert_null(strstr(service.payload, "PRIVATE KEY")); /* it never leaves the device */
    copy_text(service.payload, "certificateSigningRequest", pem, sizeof(pem));
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509_REQ *request = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
    assert_non_null(request);
    EVP_PKEY_free(service.key_before);
    service.key_before = service.key;
    service.key = X509_REQ_get_pubkey(request);
    assert_int_equal(X509_REQ_verify(request, service.key), 1);
    X509_REQ_free(request);
    BIO_free(bio);
}

static void sign(void)
{
    EVP_PKEY *ca = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    assert_true(ca && certificate);
    X509_set_version(certificate, X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    maker_name(X509_get_subject_name(certificate), "AWS IoT Certificate");
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    X509_set_pubkey(certificate, service.key);
    assert_true(X509_sign(certificate, ca, EVP_sha256()) > 0);
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
    maker_text(bio, service.pem);
    X509_free(certificate);
    EVP_PKEY_free(ca);
}

void claim_write_certificate(char *payload, size_t cap, const char *token)
{
    char text[4096];
    size_t len = 0;
    sign();
    for (const char *at = service.pem; *at; at++) {
        text[len++] = *at == '\n' ? '\\' : *at;
        if (*at == '\n') {
            text[len++] = 'n';
        }
    }
    text[len] = '\0';
    int written = snprintf(
        payload, cap,
        "{\"certificateId\":\"%064d\",\"certificatePem\":\"%s\",\"certificateOwnershipToken\":\"%s\"}", 7,
        text, token);
    assert_true(written > 0 && (size_t)written < cap);
}

void claim_accept_csr(const char *token)
{
    char payload[4096];
    claim_write_certificate(payload, sizeof(payload), token);
    assert_true(fake_deliver_own(CLAIM_CSR_TOPIC "/accepted", slice_from(payload), 1, false));
}

void claim_take_registration(const char *token)
{
    char is[1024];
    take(CLAIM_REGISTER_TOPIC);
    copy_text(service.payload, "certificateOwnershipToken", is, sizeof(is));
    assert_string_equal(is, token);
}

bool claim_has_parameter(const char *key, const char *value)
{
    char pair[256];
    snprintf(pair, sizeof(pair), "\"%s\":\"%s\"", key, value);
    return strstr(service.payload, pair) != NULL;
}

static bool deliver_registration(const char *thing_name)
{
    char payload[256];
    snprintf(payload, sizeof(payload), "{\"deviceConfiguration\":{},\"thingName\":\"%s\"}", thing_name);
    return fake_deliver_own(CLAIM_REGISTER_TOPIC "/accepted", slice_from(payload), 1, false);
}

void claim_accept_registration(const char *thing_name)
{
    assert_true(deliver_registration(thing_name));
}

void claim_double_registration(const char *thing_name)
{
    deliver_registration(thing_name);
}

void claim_reject(const char *topic, const char *code, const char *message)
{
    char payload[512], answer[256];
    snprintf(payload, sizeof(payload), "{\"statusCode\":400,\"errorCode\":\"%s\",\"errorMessage\":\"%s\"}",
             code, message);
    snprintf(answer, sizeof(answer), "%s/rejected", topic);
    assert_true(fake_deliver_own(answer, slice_from(payload), 1, false));
}

const char *claim_certificate(void)
{
    return service.pem;
}

bool claim_is_same_key(void)
{
    return service.key_before && EVP_PKEY_eq(service.key, service.key_before) == 1;
}

void claim_reset(void)
{
    EVP_PKEY_free(service.key);
    EVP_PKEY_free(service.key_before);
    memset(&service, 0, sizeof(service));
}
