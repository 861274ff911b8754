/* SPDX-License-Identifier: MIT */
/* What mbedTLS 3 (ESP-IDF 5) and mbedTLS 4 (ESP-IDF 6) call differently about keys: version 3 wants to be handed a source of random bits. */
#ifndef PORTS_ESP_IDF_PK_VERSIONS_H
#define PORTS_ESP_IDF_PK_VERSIONS_H

#include "esp_random.h"
#include "mbedtls/pk.h"
#include "mbedtls/version.h"
#if MBEDTLS_VERSION_MAJOR >= 4
#include "psa/crypto.h"
#endif

#include <stdbool.h>
#include <string.h>

#if MBEDTLS_VERSION_MAJOR < 4
static inline bool pk_is_library_ready(void)
{
    return true;
}

static inline int pk_random_bytes(void *ctx, unsigned char *out, size_t len)
{
    (void)ctx;
    esp_fill_random(out, len);
    return 0;
}

static inline int pk_parse(mbedtls_pk_context *key, const char *text)
{
    return mbedtls_pk_parse_key(key, (const unsigned char *)text, strlen(text) + 1, NULL, 0, pk_random_bytes,
                                NULL);
}

static inline bool pk_is_pair(const mbedtls_pk_context *public_, const mbedtls_pk_context *private_)
{
    return mbedtls_pk_check_pair(public_, private_, pk_random_bytes, NULL) == 0;
}
#else
/* Version 4 reads no certificate before PSA is initialised. On a chip ESP-IDF does that before the application starts, on its
 * linux target nobody does. Once it has succeeded it may be called again, and does nothing. */
static inline bool pk_is_library_ready(void)
{
    return psa_crypto_init() == PSA_SUCCESS;
}

static inline int pk_parse(mbedtls_pk_context *key, const char *text)
{
    return mbedtls_pk_parse_key(key, (const unsigned char *)text, strlen(text) + 1, NULL, 0);
}

static inline bool pk_is_pair(const mbedtls_pk_context *public_, const mbedtls_pk_context *private_)
{
    return mbedtls_pk_check_pair(public_, private_) == 0;
}
#endif

#endif
