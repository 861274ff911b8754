/* SPDX-License-Identifier: MIT */
#include "cloud/pki/foreign.h"

#include "cloud/base/hex.h"
#include "cloud/pki/certificate_id.h"
#include "cloud/pki/pem_block.h"
#include "cloud/pki/pki_file.h"
#include "cloud/pki/pki_make.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BROKER_SECURITY_LEVEL                                                                                \
    2 /* OpenSSL's, as Debian builds it: 112 bits, so RSA from 2048 on and no SHA-1 */

static bool fail(char *why, size_t why_cap, const char *text)
{
    ERR_clear_error();
    snprintf(why, why_cap, "%s", text);
    return false;
}

static bool name_id(const X509_NAME *name, char out[65])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    if (X509_NAME_digest(name, EVP_sha256(), digest, &len) != 1 || len != 32) {
        return false;
    }
    hex_write(digest, len, out);
    return true;
}

static bool read_facts(struct foreign *out)
{
    X509 *certificate = out->certificate;
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    out->pem = pki_certificate_text(certificate);
    out->not_before_s = pki_seconds_of(X509_get0_notBefore(certificate));
    out->not_after_s = pki_seconds_of(X509_get0_notAfter(certificate));
    out->is_self_signed =
        key != NULL &&
        X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0 &&
        X509_verify(certificate, key) == 1;
    return key != NULL && out->pem != NULL && certificate_id(certificate, out->id) &&
           name_id(X509_get_subject_name(certificate), out->subject) &&
           name_id(X509_get_issuer_name(certificate), out->issuer);
}

bool foreign_read(const char *text, struct foreign *out, char *why, size_t why_cap)
{
    unsigned char *der = NULL;
    long len = 0;
    struct foreign read = {0};
    *out = read;
    if (!pem_block_read(text, FOREIGN_PEM_MAX, "CERTIFICATE", &der, &len, why, why_cap)) {
        return false;
    }
    const unsigned char *at = der;
    read.certificate = d2i_X509(NULL, &at, len);
    bool is_whole = read.certificate != NULL && at == der + len;
    OPENSSL_free(der);
    if (!is_whole || !read_facts(&read)) {
        foreign_clear(&read);
        return fail(why, why_cap, "it is not an X.509 certificate with a key that OpenSSL can read");
    }
    ERR_clear_error();
    *out = read;
    return true;
}

void foreign_clear(struct foreign *foreign)
{
    X509_free(foreign->certificate);
    free(foreign->pem);
    *foreign = (struct foreign){0};
}

bool foreign_is_ca(const struct foreign *foreign)
{
    return X509_check_ca(foreign->certificate) == 1;
}

bool foreign_is_signed_by(const struct foreign *foreign, const struct foreign *issuer)
{
    bool is_signed = strcmp(foreign->issuer, issuer->subject) == 0 &&
                     X509_verify(foreign->certificate, X509_get0_pubkey(issuer->certificate)) == 1;
    ERR_clear_error();
    return is_signed;
}

bool foreign_has_same_key(const struct foreign *a, const struct foreign *b)
{
    return EVP_PKEY_eq(X509_get0_pubkey(a->certificate), X509_get0_pubkey(b->certificate)) == 1;
}

void foreign_common_name(const struct foreign *foreign, char name[FOREIGN_NAME_CAP])
{
    int len = X509_NAME_get_text_by_NID(X509_get_subject_name(foreign->certificate), NID_commonName, name,
                                        FOREIGN_NAME_CAP);
    if (len < 0 || memchr(name, '\0', (size_t)len) != NULL) {
        name[0] = '\0';
    }
}

static bool prepare(X509_STORE_CTX *ctx, X509_STORE *store, X509 *device, X509 *anchor)
{
    if (X509_STORE_add_cert(store, anchor) != 1 || X509_STORE_CTX_init(ctx, store, device, NULL) != 1 ||
        X509_STORE_CTX_set_default(ctx, "ssl_client") != 1) {
        return false;
    }
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    /* an anchor need not be a root: the broker is told to trust it for clients (trust_dir.c) */
    X509_VERIFY_PARAM_set_flags(param, device == anchor ? 0 : X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_auth_level(param, BROKER_SECURITY_LEVEL);
    return true;
}

bool foreign_passes(const struct foreign *device, const struct foreign *anchor, char *why, size_t why_cap)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    bool is_good = false;
    if (store == NULL || ctx == NULL || !prepare(ctx, store, device->certificate, anchor->certificate)) {
        fail(why, why_cap, "OpenSSL cannot check it");
    } else if (X509_verify_cert(ctx) != 1) {
        fail(why, why_cap, X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
    } else {
        is_good = true;
    }
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    ERR_clear_error();
    return is_good;
}
