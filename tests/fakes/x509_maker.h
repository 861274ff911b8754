/* SPDX-License-Identifier: MIT */
/* Certificates and requests of strangers, made in memory as PEM text. Include after cmocka.h. */
#ifndef TESTS_FAKES_X509_MAKER_H
#define TESTS_FAKES_X509_MAKER_H

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct maker {
    EVP_PKEY *key; /* NULL: a new P-256 key */
    X509 *certificate;
    char pem[8192];
};

struct maker_order {
    const char *name;     /* common name; NULL: an empty subject */
    struct maker *issuer; /* NULL: itself */
    bool is_ca;
    long starts_s, ends_s; /* from now on; both 0: a day ago, in a day */
    const char *purpose;   /* NULL: none is named */
    const EVP_MD *digest;  /* NULL: SHA-256 */
};

static inline void maker_text(BIO *bio, char pem[8192])
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);
    assert_true(len > 0 && len < 8192);
    memcpy(pem, data, (size_t)len);
    pem[len] = '\0';
    BIO_free(bio);
}

static inline void maker_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static inline void maker_name(X509_NAME *name, const char *text)
{
    if (text) {
        assert_int_equal(
            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0), 1);
    }
}

/* maker_clear frees. */
static inline void maker_certificate(struct maker *made, struct maker_order order)
{
    struct maker *issuer = order.issuer ? order.issuer : made;
    static long serial = 1;
    made->key = made->key ? made->key : EVP_EC_gen("P-256");
    made->certificate = X509_new();
    assert_non_null(made->key);
    assert_non_null(made->certificate);
    X509_set_version(made->certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made->certificate), serial++);
    maker_name(X509_get_subject_name(made->certificate), order.name);
    X509_gmtime_adj(X509_getm_notBefore(made->certificate), order.ends_s ? order.starts_s : -86400);
    X509_gmtime_adj(X509_getm_notAfter(made->certificate), order.ends_s ? order.ends_s : 86400);
    X509_set_pubkey(made->certificate, made->key);
    if (order.is_ca) {
        maker_extension(made->certificate, NID_basic_constraints, "critical,CA:TRUE");
    }
    if (order.purpose) {
        maker_extension(made->certificate, NID_ext_key_usage, order.purpose);
    }
    X509_set_issuer_name(made->certificate, X509_get_subject_name(issuer->certificate));
    assert_true(X509_sign(made->certificate, issuer->key, order.digest ? order.digest : EVP_sha256()) > 0);
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(bio, made->certificate), 1);
    maker_text(bio, made->pem);
}

/* is_forged: signed by another key. */
static inline void maker_request(struct maker *made, const char *name, bool is_forged)
{
    X509_REQ *request = X509_REQ_new();
    EVP_PKEY *other = is_forged ? EVP_EC_gen("P-256") : NULL;
    made->key = made->key ? made->key : EVP_EC_gen("P-256");
    assert_non_null(request);
    maker_name(X509_REQ_get_subject_name(request), name);
    X509_REQ_set_pubkey(request, made->key);
    bool is_plain = EVP_PKEY_get_base_id(made->key) == EVP_PKEY_ED25519;
    assert_true(X509_REQ_sign(request, other ? other : made->key, is_plain ? NULL : EVP_sha256()) > 0);
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509_REQ(bio, request), 1);
    maker_text(bio, made->pem);
    EVP_PKEY_free(other);
    X509_REQ_free(request);
}

static inline void maker_clear(struct maker *made)
{
    EVP_PKEY_free(made->key);
    X509_free(made->certificate);
    *made = (struct maker){0};
}

#endif
