/* SPDX-License-Identifier: MIT */
/* Inside of the authority: keys and certificates in memory. NULL or false: the reason is in OpenSSL's error queue. */
#ifndef CLOUD_PKI_PKI_MAKE_H
#define CLOUD_PKI_PKI_MAKE_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pki_kind {
    PKI_ROOT,   /* 10 years, signs itself */
    PKI_SERVER, /* 397 days, the most that TLS clients accept */
    PKI_DEVICE, /* to the end of 2049, as on AWS */
};

struct pki_order {
    enum pki_kind kind;
    EVP_PKEY *key; /* of the new certificate */
    X509 *issuer;  /* NULL for a root */
    EVP_PKEY *issuer_key;
    const X509_NAME *subject; /* of a device; NULL or empty: the name that AWS gives */
    const char *const *names; /* of a server: DNS names and addresses */
    size_t name_count;
    int64_t lifetime_s; /* from now; 0: as its kind has it */
};

EVP_PKEY *pki_make_ec_key(void); /* P-256 */
/* 2048 bits: what AWS issues. Takes a tenth of a second and more; ends early, with NULL, when *stop becomes true (NULL: never). */
EVP_PKEY *pki_make_rsa_key(const atomic_bool *stop);
X509 *pki_make_certificate(const struct pki_order *order);

int64_t pki_seconds_of(const ASN1_TIME *time); /* since 1970; 0: not a time */

#endif
