/* SPDX-License-Identifier: MIT */
#include "cloud/pki/pki_make.h"

#include "cloud/base/address.h"

#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <time.h>

#define DAY_S            86400L
#define BACKDATED_S      DAY_S /* a device's clock may be slow */
#define ROOT_DAYS        3650
#define SERVER_DAYS      397
#define DEVICE_NOT_AFTER "20491231235959Z"
#define SERIAL_BITS      127 /* positive, and at most 20 octets (RFC 5280) */

EVP_PKEY *pki_make_ec_key(void)
{
    return EVP_EC_gen("P-256");
}

/* OpenSSL calls it while it looks for primes; 0 ends the search. */
static int may_go_on(EVP_PKEY_CTX *ctx)
{
    const atomic_bool *stop = EVP_PKEY_CTX_get_app_data(ctx);
    return stop == NULL || !atomic_load(stop);
}

EVP_PKEY *pki_make_rsa_key(const atomic_bool *stop)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) == 1) {
        EVP_PKEY_CTX_set_app_data(ctx, (void *)(uintptr_t)stop);
        EVP_PKEY_CTX_set_cb(ctx, may_go_on);
        if (EVP_PKEY_generate(ctx, &key) != 1) {
            key = NULL;
        }
    }
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static bool set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    bool is_good = number != NULL && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
                   BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return is_good;
}

static bool set_subject(X509 *certificate, const struct pki_order *order)
{
    enum pki_kind kind = order->kind;
    if (order->subject != NULL && X509_NAME_entry_count(order->subject) > 0) {
        return X509_set_subject_name(certificate, order->subject) == 1;
    }
    static const char *const common_names[] = {
        [PKI_ROOT] = "iot-local root CA",
        [PKI_SERVER] = "iot-local",
        [PKI_DEVICE] = "AWS IoT Certificate",
    };
    X509_NAME *name = X509_get_subject_name(certificate);
    const unsigned char *text = (const unsigned char *)common_names[kind];
    return (kind == PKI_DEVICE ||
            X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const unsigned char *)"device-jobs", -1, -1,
                                       0)) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
}

static bool set_times(X509 *certificate, enum pki_kind kind, int64_t lifetime_s)
{
    ASN1_TIME *not_after = X509_getm_notAfter(certificate);
    long days = kind == PKI_ROOT ? ROOT_DAYS : SERVER_DAYS;

    if (X509_gmtime_adj(X509_getm_notBefore(certificate), -BACKDATED_S) == NULL) {
        return false;
    }
    if (lifetime_s > 0) {
        return X509_gmtime_adj(not_after, (long)lifetime_s) != NULL;
    }
    if (kind == PKI_DEVICE) {
        return ASN1_TIME_set_string_X509(not_after, DEVICE_NOT_AFTER) == 1;
    }
    return X509_gmtime_adj(not_after, days * DAY_S) != NULL;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool is_good = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_good;
}

static bool add_name(GENERAL_NAMES *all, const char *text)
{
    bool is_address = address_is_one(text);
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_OCTET_STRING *value = is_address ? a2i_IPADDRESS(text) : ASN1_IA5STRING_new();

    if (name == NULL || value == NULL || (!is_address && ASN1_STRING_set(value, text, -1) != 1)) {
        ASN1_STRING_free(value);
        GENERAL_NAME_free(name);
        return false;
    }
    GENERAL_NAME_set0_value(name, is_address ? GEN_IPADD : GEN_DNS, value);
    if (sk_GENERAL_NAME_push(all, name) > 0) {
        return true;
    }
    GENERAL_NAME_free(name);
    return false;
}

/* Built from values, not from text: a name with a comma stays one name. */
static bool add_names(X509 *certificate, const struct pki_order *order)
{
    GENERAL_NAMES *all = GENERAL_NAMES_new();
    bool is_good = all != NULL;
    for (size_t i = 0; is_good && i < order->name_count; i++) {
        is_good = add_name(all, order->names[i]);
    }
    if (is_good) {
        is_good = X509_add1_ext_i2d(certificate, NID_subject_alt_name, all, 0, 0) == 1;
    }
    GENERAL_NAMES_free(all);
    return is_good;
}

static bool add_extensions(X509 *certificate, X509 *issuer, const struct pki_order *order)
{
    if (!add_extension(certificate, issuer, NID_subject_key_identifier, "hash") ||
        !add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always")) {
        return false;
    }
    if (order->kind == PKI_ROOT) {
        return add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
               add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    }

    /* the purpose keeps a device from posing as the server */
    const char *purpose = order->kind == PKI_SERVER ? "serverAuth" : "clientAuth";
    return add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
           add_extension(certificate, issuer, NID_ext_key_usage, purpose) &&
           (order->kind != PKI_SERVER || add_names(certificate, order));
}

X509 *pki_make_certificate(const struct pki_order *order)
{
    X509 *certificate = X509_new();
    if (certificate == NULL) {
        return NULL;
    }
    X509 *issuer = order->kind == PKI_ROOT ? certificate : order->issuer;
    EVP_PKEY *issuer_key = order->kind == PKI_ROOT ? order->key : order->issuer_key;

    if (X509_set_version(certificate, X509_VERSION_3) != 1 || !set_serial(certificate) ||
        !set_subject(certificate, order) || !set_times(certificate, order->kind, order->lifetime_s) ||
        X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) != 1 ||
        X509_set_pubkey(certificate, order->key) != 1 || !add_extensions(certificate, issuer, order) ||
        X509_sign(certificate, issuer_key, EVP_sha256()) == 0) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

int64_t pki_seconds_of(const ASN1_TIME *time)
{
    struct tm tm;
    return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}
