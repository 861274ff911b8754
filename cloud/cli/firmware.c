/* SPDX-License-Identifier: MIT */
#include "cloud/cli/firmware.h"

#include "cloud/base/base64.h"
#include "cloud/base/hex.h"
#include "cloud/base/memory.h"
#include "cloud/pki/pki_file.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define DIGEST_LEN 32
#define DER_MAX    72

void firmware_digest(const void *image, size_t len, char sha256[FIRMWARE_SHA256_CAP])
{
    unsigned char digest[DIGEST_LEN];
    if (!EVP_Digest(image, len, digest, NULL, EVP_sha256(), NULL)) {
        memory_out(); /* SHA-256 fails for nothing else */
    }
    hex_write(digest, sizeof digest, sha256);
}

static bool is_p256(const EVP_PKEY *key)
{
    char name[64] = "";
    return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, name, sizeof name, NULL) &&
           strcmp(name, "prime256v1") == 0;
}

static EVP_PKEY *read_key(const char *path)
{
    EVP_PKEY *key = pki_file_read_key(path);
    if (!key) {
        fprintf(stderr, "iot-local: %s: %s\n", path,
                errno == EINVAL
                    ? "it holds no private key in PEM, or one with a passphrase: make one with openssl "
                      "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"
                    : strerror(errno));
        return NULL;
    }
    if (!is_p256(key)) {
        fprintf(stderr, "iot-local: %s: devices verify ECDSA P-256, and this key is of another kind\n", path);
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

bool firmware_sign(const char *key_path, const void *image, size_t len,
                   char signature[FIRMWARE_SIGNATURE_CAP])
{
    unsigned char der[DER_MAX];
    size_t der_len = sizeof der;
    EVP_PKEY *key = read_key(key_path);
    if (!key) {
        return false;
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool is_good = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                   EVP_DigestSign(ctx, der, &der_len, image, len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    if (is_good) {
        base64_write(der, der_len, signature);
    } else {
        fprintf(stderr, "iot-local: OpenSSL cannot sign with %s\n", key_path);
    }
    return is_good;
}
