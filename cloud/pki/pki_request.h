/* SPDX-License-Identifier: MIT */
/* A device's request for a certificate (CSR): PEM of a stranger. */
#ifndef CLOUD_PKI_PKI_REQUEST_H
#define CLOUD_PKI_PKI_REQUEST_H

#include <openssl/x509.h>
#include <stddef.h>

#define PKI_REQUEST_MAX 4096 /* bytes of text, by the model of AWS IoT */

/* Its signature is its key's, and the key is one that AWS takes: RSA of 2048 bits and more, P-256, P-384, P-521. NULL: why. */
X509_REQ *pki_request_read(const char *text, char *why, size_t why_cap);

#endif
