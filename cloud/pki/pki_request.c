/* SPDX-License-Identifier: MIT */
#include "cloud/pki/pki_request.h"

#include "cloud/pki/pem_block.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define RSA_BITS_MIN 2048

static bool is_good_curve(EVP_PKEY *key)
{
    static const int curves[] = {NID_X9_62_prime256v1, NID_secp384r1, NID_secp521r1};
    char name[80] = "";
    size_t len = 0;
    if (EVP_PKEY_get_group_name(key, name, sizeof(name), &len) != 1) {
        return false; /* also a curve that is spelled out */
    }
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (OBJ_txt2nid(name) == curves[i]) {
            return true;
        }
    }
    return false;
}

/* NULL: the key is good. */
static const char *refuse_key(EVP_PKEY *key)
{
    switch (key != NULL ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE) {
    case EVP_PKEY_RSA:
        return EVP_PKEY_get_bits(key) >= RSA_BITS_MIN
                   ? NULL
                   : "its RSA key has less than the 2048 bits that AWS asks for";
    case EVP_PKEY_EC:
        return is_good_curve(key) ? NULL : "its key is on another curve than P-256, P-384 and P-521";
    default:
        return "its key is neither RSA nor one of P-256, P-384 and P-521";
    }
}

static const char *refuse(X509_REQ *request)
{
    EVP_PKEY *key = X509_REQ_get0_pubkey(request);
    const char *reason = refuse_key(key);
    if (reason == NULL && X509_REQ_verify(request, key) != 1) {
        reason = "its signature is not that of its key";
    }
    return reason;
}

X509_REQ *pki_request_read(const char *text, char *why, size_t why_cap)
{
    unsigned char *der = NULL;
    long len = 0;
    bool is_old = strstr(text, "-----BEGIN NEW CERTIFICATE REQUEST-----") != NULL; /* some tools' word */
    if (!pem_block_read(text, PKI_REQUEST_MAX, is_old ? "NEW CERTIFICATE REQUEST" : "CERTIFICATE REQUEST",
                        &der, &len, why, why_cap)) {
        return NULL;
    }
    const unsigned char *at = der;
    X509_REQ *request = d2i_X509_REQ(NULL, &at, len);
    const char *reason =
        request != NULL && at == der + len ? refuse(request) : "this is not a certificate signing request";
    OPENSSL_free(der);
    ERR_clear_error();
    if (reason == NULL) {
        return request;
    }
    X509_REQ_free(request);
    snprintf(why, why_cap, "%s", reason);
    return NULL;
}
