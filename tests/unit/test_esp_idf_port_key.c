/* SPDX-License-Identifier: MIT */
/* Keys on a chip as ESP-IDF 5 has them: mbedTLS 3 is handed a source of random bits each time. */
// LINK: port_esp_idf_linux common
#include "esp_idf_key_suite.h"

static int draw(int (*random)(void *, unsigned char *, size_t))
{
    unsigned char byte = 0;
    return random(NULL, &byte, 1) == 0 && byte == 7 ? 0 : -1;
}

void esp_fill_random(void *buf, size_t len)
{
    memset(buf, 7, len);
}

const mbedtls_pk_info_t *mbedtls_pk_info_from_type(mbedtls_pk_type_t pk_type)
{
    assert_int_equal(pk_type, MBEDTLS_PK_ECKEY);
    return (const mbedtls_pk_info_t *)&mbed;
}

int mbedtls_pk_setup(mbedtls_pk_context *ctx, const mbedtls_pk_info_t *info)
{
    ctx->words[2] = &mbed;
    return info ? 0 : -1;
}

int mbedtls_ecp_gen_key(mbedtls_ecp_group_id grp_id, mbedtls_ecp_keypair *key,
                        int (*f_rng)(void *, unsigned char *, size_t), void *p_rng)
{
    (void)p_rng;
    assert_int_equal(grp_id, MBEDTLS_ECP_DP_SECP256R1);
    assert_ptr_equal(key, &mbed);
    return mbed.make_error ? mbed.make_error : draw(f_rng);
}

int mbedtls_x509write_csr_der(mbedtls_x509write_csr *ctx, unsigned char *buf, size_t size,
                              int (*f_rng)(void *, unsigned char *, size_t), void *p_rng)
{
    (void)ctx, (void)p_rng;
    return draw(f_rng) ? -1 : play_request(buf, size);
}

int mbedtls_sha256(const unsigned char *input, size_t ilen, unsigned char *output, int is224)
{
    assert_int_equal(is224, 0);
    play_hash(input, ilen, output);
    return 0;
}

int mbedtls_pk_parse_key(mbedtls_pk_context *key, const unsigned char *text_, size_t len,
                         const unsigned char *password, size_t password_len,
                         int (*random)(void *, unsigned char *, size_t), void *ctx)
{
    (void)key, (void)password, (void)password_len, (void)ctx;
    return draw(random) ? -1 : play_parse(text_, len);
}

int mbedtls_pk_check_pair(const mbedtls_pk_context *public_, const mbedtls_pk_context *private_,
                          int (*random)(void *, unsigned char *, size_t), void *ctx)
{
    (void)public_, (void)private_, (void)ctx;
    return mbed.has_no_pair ? -1 : draw(random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {KEY_TESTS};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
