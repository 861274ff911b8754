/* SPDX-License-Identifier: MIT */
/* The part of fake_esp_mqtt that reads certificates and keys: a certificate is a text with the word CERTIFICATE, a key one with the word
 * KEY; of RSA with 2048 bits when it says so. */
#include "esp_idf_decls/sdkconfig.h"
#include "esp_idf_decls/types.h"

#include "esp_idf_decls/functions.h"

#include <string.h>

void mbedtls_x509_crt_init(mbedtls_x509_crt *crt)
{
    memset(crt, 0, sizeof(*crt));
}

void mbedtls_x509_crt_free(mbedtls_x509_crt *crt)
{
    (void)crt;
}

int mbedtls_x509_crt_parse(mbedtls_x509_crt *chain, const unsigned char *buf, size_t len)
{
    chain->pk.words[1] = strstr((const char *)buf, "RSA 2048") ? chain : NULL;
    return buf[len - 1] == '\0' && strstr((const char *)buf, "CERTIFICATE") ? 0 : -1;
}

void mbedtls_pk_init(mbedtls_pk_context *key)
{
    memset(key, 0, sizeof(*key));
}

void mbedtls_pk_free(mbedtls_pk_context *key)
{
    (void)key;
}

size_t mbedtls_pk_get_bitlen(const mbedtls_pk_context *key)
{
    return key->words[1] ? 2048 : 256;
}

int mbedtls_pk_parse_key(mbedtls_pk_context *key, const unsigned char *text, size_t len,
                         const unsigned char *password, size_t password_len,
                         int (*random)(void *, unsigned char *, size_t), void *ctx)
{
    (void)password, (void)password_len;
    unsigned char byte;
    key->words[0] = strstr((const char *)text, "OTHER") ? key : NULL;
    return text[len - 1] == '\0' && strstr((const char *)text, "KEY") && random(ctx, &byte, 1) == 0 ? 0 : -1;
}

int mbedtls_pk_check_pair(const mbedtls_pk_context *public_, const mbedtls_pk_context *private_,
                          int (*random)(void *, unsigned char *, size_t), void *ctx)
{
    (void)public_, (void)random, (void)ctx;
    return private_->words[0] ? -1 : 0;
}

void esp_fill_random(void *buf, size_t len)
{
    memset(buf, 7, len);
}
