/* SPDX-License-Identifier: MIT */
/* AWS's certificateId: the SHA-256 of the DER certificate. Shared by the authority and the broker plugin. */
#ifndef CLOUD_PKI_CERTIFICATE_ID_H
#define CLOUD_PKI_CERTIFICATE_ID_H

#include <openssl/x509.h>
#include <stdbool.h>

#define CERTIFICATE_ID_CAP 65 /* 64 lower case hex digits and NUL */

/* false: OpenSSL failed; id is unchanged. */
bool certificate_id(const X509 *certificate, char id[CERTIFICATE_ID_CAP]);

#endif
