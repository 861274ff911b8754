/* SPDX-License-Identifier: MIT */
/* Keys on a chip as ESP-IDF 6 has them: PSA makes the key, mbedTLS 4 gets a copy, and PSA forgets its own. */
// LINK: port_esp_idf_linux_6 common
#include "esp_idf_key_suite.h"

static bool has_key;

psa_status_t psa_crypto_init(void)
{
    return mbed.is_ready ? PSA_SUCCESS : -148;
}

psa_status_t psa_generate_key(const psa_key_attributes_t *attributes, mbedtls_svc_key_id_t *key)
{
    assert_int_equal(attributes->bits, 256);
    assert_int_equal(attributes->type, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    assert_true((attributes->usage & PSA_KEY_USAGE_EXPORT) && (attributes->usage & PSA_KEY_USAGE_SIGN_HASH));
    assert_false(has_key);
    has_key = mbed.make_error == 0;
    *key = 9;
    return mbed.make_error;
}

psa_status_t psa_destroy_key(mbedtls_svc_key_id_t key)
{
    assert_int_equal(key, 9);
    has_key = false;
    return PSA_SUCCESS;
}

int mbedtls_pk_copy_from_psa(mbedtls_svc_key_id_t key_id, mbedtls_pk_context *pk)
{
    (void)pk;
    assert_int_equal(key_id, 9);
    return 0;
}

psa_status_t psa_hash_compute(psa_algorithm_t alg, const uint8_t *input, size_t input_length, uint8_t *hash,
                              size_t hash_size, size_t *hash_length)
{
    assert_int_equal(alg, PSA_ALG_SHA_256);
    assert_int_equal(hash_size, 32);
    play_hash(input, input_length, hash);
    *hash_length = 32;
    return PSA_SUCCESS;
}

int mbedtls_x509write_csr_der(mbedtls_x509write_csr *ctx, unsigned char *buf, size_t size)
{
    (void)ctx;
    return play_request(buf, size);
}

int mbedtls_pk_parse_key(mbedtls_pk_context *key, const unsigned char *text_, size_t len,
                         const unsigned char *password, size_t password_len)
{
    (void)key, (void)password, (void)password_len;
    return play_parse(text_, len);
}

int mbedtls_pk_check_pair(const mbedtls_pk_context *public_, const mbedtls_pk_context *private_)
{
    (void)public_, (void)private_;
    return mbed.has_no_pair ? -1 : 0;
}

static void test_psa_keeps_nothing(void **state)
{
    (void)state;
    assert_int_equal(port_key_make(text, sizeof(text)), ERR_OK);
    assert_false(has_key);
}

static void test_library_that_does_not_start(void **state)
{
    (void)state;
    mbed.is_ready = false;
    assert_int_equal(port_key_make(text, sizeof(text)), ERR_TLS);
    assert_int_equal(port_key_make_request("KEY", "lamp", text, sizeof(text)), ERR_TLS);
    assert_false(port_key_is_match("CERTIFICATE", "KEY"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEY_TESTS,
        cmocka_unit_test_setup(test_psa_keeps_nothing, setup),
        cmocka_unit_test_setup(test_library_that_does_not_start, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
