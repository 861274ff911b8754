/* SPDX-License-Identifier: MIT */
/* Certificates that somebody else has made: read from a stranger's text, and judged as the broker's handshake will judge them.
 * No state: for every thread. */
#ifndef CLOUD_PKI_FOREIGN_H
#define CLOUD_PKI_FOREIGN_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FOREIGN_PEM_MAX  65536 /* bytes of text, by the model of AWS IoT */
#define FOREIGN_NAME_CAP 260

struct foreign {
    X509 *certificate;
    char *pem; /* written anew: nothing but the certificate */
    char id[65];
    char subject[65], issuer[65]; /* SHA-256 of the DER names, in hex */
    int64_t not_before_s, not_after_s;
    bool is_self_signed;
};

/* The text must be one PEM certificate and nothing else. false: why. */
bool foreign_read(const char *text, struct foreign *out, char *why, size_t why_cap);
void foreign_clear(struct foreign *foreign);

/* May it sign others: is it a CA of X.509 version 3? */
bool foreign_is_ca(const struct foreign *foreign);
bool foreign_is_signed_by(const struct foreign *foreign, const struct foreign *issuer);
bool foreign_has_same_key(const struct foreign *a, const struct foreign *b);
/* As the broker reads it; "": none, or one with a NUL in it. */
void foreign_common_name(const struct foreign *foreign, char name[FOREIGN_NAME_CAP]);

/* Would the broker take this device's certificate if it trusted `anchor` (the device itself, when that is self-signed)?
 * false: why, in OpenSSL's words. */
bool foreign_passes(const struct foreign *device, const struct foreign *anchor, char *why, size_t why_cap);

#endif
