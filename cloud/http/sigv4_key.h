/* SPDX-License-Identifier: MIT */
/* The arithmetic of Signature Version 4: digests, the signing key, and one signature of a text. */
#ifndef CLOUD_HTTP_SIGV4_KEY_H
#define CLOUD_HTTP_SIGV4_KEY_H

#include <stdbool.h>
#include <stddef.h>

#define SIGV4_HEX_CAP 65 /* SHA-256 in lower case hex */

/* SHA-256 of the bytes. */
void sigv4_digest(const void *bytes, size_t len, char hex[SIGV4_HEX_CAP]);

/* scope: "DATE/REGION/SERVICE/aws4_request". */
void sigv4_signing_key(const char *secret, const char *scope, unsigned char key[32]);

void sigv4_sign(const unsigned char key[32], const char *string_to_sign, char hex[SIGV4_HEX_CAP]);

/* Takes the same time whatever the two hold. */
bool sigv4_is_same(const char *a, const char *b);

#endif
