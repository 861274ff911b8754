/* SPDX-License-Identifier: MIT */
/* What `iot-local ota create` says about an image: digest, signature, and keys that devices could not verify (docs/iot-local.md). */
// LINK: cloud_cli
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/base/base64.h"
#include "cloud/cli/firmware.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/test-firmware-XXXXXX";

static int make_path(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    return 0;
}

static int drop_path(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static void put_key(EVP_PKEY *key, const EVP_CIPHER *cipher)
{
    FILE *file = fopen(path, "w");
    char password[] = "secret";
    assert_non_null(file);
    assert_int_equal(PEM_write_PrivateKey(file, key, cipher, NULL, 0, NULL, cipher ? password : NULL), 1);
    fclose(file);
}

static void digest_of_abc(void **state)
{
    (void)state;
    char sha256[FIRMWARE_SHA256_CAP];
    firmware_digest("abc", 3, sha256); /* FIPS 180-2, appendix B.1 */
    assert_string_equal(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* As a device does it: the digest of the image, and ECDSA over that digest. */
static bool verifies(EVP_PKEY *key, const char *image, const char *signature)
{
    unsigned char digest[32], der[72];
    size_t pad = strlen(signature) >= 2 && strcmp(signature + strlen(signature) - 2, "==") == 0 ? 2
                 : signature[strlen(signature) - 1] == '='                                      ? 1
                                                                                                : 0;
    size_t len = strlen(signature) / 4 * 3 - pad;
    assert_true(len <= sizeof der && base64_read(signature, len, der));
    assert_int_equal(EVP_Digest(image, strlen(image), digest, NULL, EVP_sha256(), NULL), 1);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    assert_true(EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1);
    bool is_good = EVP_PKEY_verify(ctx, der, len, digest, sizeof digest) == 1;
    EVP_PKEY_CTX_free(ctx);
    return is_good;
}

static void signature_is_over_the_digest(void **state)
{
    (void)state;
    char signature[FIRMWARE_SIGNATURE_CAP] = "";
    EVP_PKEY *key = EVP_EC_gen("P-256");
    put_key(key, NULL);
    for (int i = 0; i < 50; i++) { /* their lengths differ */
        assert_true(firmware_sign(path, "image", 5, signature));
        assert_true(verifies(key, "image", signature));
    }
    assert_false(verifies(key, "imagf", signature));
    EVP_PKEY_free(key);
}

static void other_keys_are_refused(void **state)
{
    (void)state;
    char signature[FIRMWARE_SIGNATURE_CAP] = "as it was";
    EVP_PKEY *keys[] = {EVP_EC_gen("P-384"), EVP_RSA_gen(2048), EVP_EC_gen("secp256k1")};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        put_key(keys[i], NULL);
        assert_false(firmware_sign(path, "image", 5, signature));
        EVP_PKEY_free(keys[i]);
    }
    EVP_PKEY *locked = EVP_EC_gen("P-256");
    put_key(locked, EVP_aes_128_cbc());
    EVP_PKEY_free(locked);
    assert_false(firmware_sign(path, "image", 5, signature));
    assert_false(firmware_sign("/nonexistent/key.pem", "image", 5, signature));
    assert_string_equal(signature, "as it was");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest_of_abc),
        cmocka_unit_test(signature_is_over_the_digest),
        cmocka_unit_test(other_keys_are_refused),
    };
    return cmocka_run_group_tests(tests, make_path, drop_path);
}
