/* SPDX-License-Identifier: MIT */
#include "cloud/http/sigv4_key.h"

#include "cloud/base/hex.h"
#include "cloud/base/memory.h"
#include "cloud/base/text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_LEN 32

void sigv4_digest(const void *bytes, size_t len, char hex[SIGV4_HEX_CAP])
{
    unsigned char digest[DIGEST_LEN];
    if (!EVP_Digest(bytes ? bytes : "", len, digest, NULL, EVP_sha256(), NULL)) {
        memory_out(); /* SHA-256 fails for nothing else */
    }
    hex_write(digest, sizeof digest, hex);
}

static void hmac(const void *key, size_t key_len, const char *text, size_t len, unsigned char out[DIGEST_LEN])
{
    if (!HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text, len, out, NULL)) {
        memory_out();
    }
}

void sigv4_signing_key(const char *secret, const char *scope, unsigned char key[DIGEST_LEN])
{
    char *first = text_format("AWS4%s", secret);
    const void *from = first;
    size_t from_len = strlen(first);
    for (const char *at = scope; *at;) {
        unsigned char next[DIGEST_LEN];
        size_t len = strcspn(at, "/");
        hmac(from, from_len, at, len, next);
        memcpy(key, next, sizeof next);
        OPENSSL_cleanse(next, sizeof next);
        from = key;
        from_len = DIGEST_LEN;
        at += len + (at[len] == '/');
    }
    OPENSSL_cleanse(first, strlen(first));
    free(first);
}

void sigv4_sign(const unsigned char key[DIGEST_LEN], const char *string_to_sign, char hex[SIGV4_HEX_CAP])
{
    unsigned char digest[DIGEST_LEN];
    hmac(key, DIGEST_LEN, string_to_sign, strlen(string_to_sign), digest);
    hex_write(digest, sizeof digest, hex);
}

bool sigv4_is_same(const char *a, const char *b)
{
    size_t len = strlen(a);
    return len == strlen(b) && CRYPTO_memcmp(a, b, len) == 0;
}
