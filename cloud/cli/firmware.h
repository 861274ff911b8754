/* SPDX-License-Identifier: MIT */
/* A firmware image as an update names it: its digest, and a signature over it. */
#ifndef CLOUD_CLI_FIRMWARE_H
#define CLOUD_CLI_FIRMWARE_H

#include <stdbool.h>
#include <stddef.h>

#define FIRMWARE_SHA256_CAP    65 /* lower case hex */
#define FIRMWARE_SIGNATURE_CAP 97 /* base64 of the at most 72 bytes of DER that ECDSA P-256 gives */

void firmware_digest(const void *image, size_t len, char sha256[FIRMWARE_SHA256_CAP]);

/* ECDSA over the image's SHA-256, as `openssl dgst -sha256 -sign` makes it, in base64. key_path: a private key of P-256, PEM, without a
 * passphrase. false: one line on standard error. */
bool firmware_sign(const char *key_path, const void *image, size_t len,
                   char signature[FIRMWARE_SIGNATURE_CAP]);

#endif
