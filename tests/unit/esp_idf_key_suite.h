/* SPDX-License-Identifier: MIT */
/* Keys on a chip (device/port/port_key.h), with mbedTLS played here: what is handed to it, and what is made of its answers. Included by a test for
 * each version, which plays what the versions have differently: play_make, play_request. */
#ifndef TESTS_UNIT_ESP_IDF_KEY_SUITE_H
#define TESTS_UNIT_ESP_IDF_KEY_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_board.h"
#include "device/port/port_key.h"
#include "esp_idf_decls/sdkconfig.h"
#include "esp_idf_decls/types.h"

#include "esp_idf_decls/functions.h"

#include <stdio.h>
#include <string.h>

static struct {
    bool is_ready;
    int make_error, der_len, request_len;
    unsigned keys, freed;
    char subject[100];
    bool has_no_pair;
    char log[200];
} mbed;

static int setup(void **state)
{
    (void)state;
    memset(&mbed, 0, sizeof(mbed));
    mbed.is_ready = true;
    mbed.der_len = 5;
    mbed.request_len = 7;
    return 0;
}

/* A port's line; the log of this test. */
void port_board_log(enum log_level level, const char *text)
{
    (void)level;
    snprintf(mbed.log, sizeof(mbed.log), "%s", text);
}

void mbedtls_pk_init(mbedtls_pk_context *key)
{
    memset(key, 0, sizeof(*key));
    mbed.keys++;
}

void mbedtls_pk_free(mbedtls_pk_context *key)
{
    (void)key;
    mbed.freed++;
}

/* Both write to the end of the buffer. */
int mbedtls_pk_write_key_der(const mbedtls_pk_context *key, unsigned char *buf, size_t size)
{
    (void)key;
    assert_true(size >= 121);
    if (mbed.der_len > 0) {
        memcpy(buf + size - mbed.der_len, "12345", (size_t)mbed.der_len);
    }
    return mbed.der_len;
}

static int play_request(unsigned char *buf, size_t size)
{
    assert_true(size >= 400);
    if (mbed.request_len > 0) {
        memcpy(buf + size - mbed.request_len, "request", (size_t)mbed.request_len);
    }
    return mbed.request_len;
}

/* header, data as they are, footer. Without room: the length is told. */
int mbedtls_pem_write_buffer(const char *header, const char *footer, const unsigned char *der, size_t len,
                             unsigned char *buf, size_t cap, size_t *written)
{
    *written = strlen(header) + len + 1 + strlen(footer) + 1;
    if (cap < *written) {
        return -0x2A;
    }
    snprintf((char *)buf, cap, "%s%.*s\n%s", header, (int)len, (const char *)der, footer);
    return 0;
}

void mbedtls_x509write_csr_init(mbedtls_x509write_csr *ctx)
{
    memset(ctx, 0, sizeof(*ctx));
}

void mbedtls_x509write_csr_free(mbedtls_x509write_csr *ctx)
{
    (void)ctx;
}

void mbedtls_x509write_csr_set_key(mbedtls_x509write_csr *ctx, mbedtls_pk_context *key)
{
    ctx->key = key;
}

void mbedtls_x509write_csr_set_md_alg(mbedtls_x509write_csr *ctx, mbedtls_md_type_t md_alg)
{
    (void)ctx;
    assert_int_equal(md_alg, MBEDTLS_MD_SHA256);
}

int mbedtls_x509write_csr_set_subject_name(mbedtls_x509write_csr *ctx, const char *subject_name)
{
    assert_non_null(ctx->key);
    snprintf(mbed.subject, sizeof(mbed.subject), "%s", subject_name);
    return strchr(subject_name, '/') ? -1 : 0;
}

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
    static unsigned char der[] = "der";
    chain->raw.p = der;
    chain->raw.len = 3;
    return mbed.is_ready && buf[len - 1] == '\0' && strstr((const char *)buf, "CERTIFICATE") ? 0 : -1;
}

/* What tls_check.c, in the same library, wants besides. */
size_t mbedtls_pk_get_bitlen(const mbedtls_pk_context *key)
{
    (void)key;
    return 256;
}

static int play_parse(const unsigned char *text, size_t len)
{
    return text[len - 1] == '\0' && strstr((const char *)text, "KEY") ? 0 : -1;
}

static void play_hash(const unsigned char *data, size_t len, unsigned char *out)
{
    assert_int_equal(len, 3);
    assert_memory_equal(data, "der", 3);
    for (unsigned i = 0; i < 32; i++) {
        out[i] = (unsigned char)(i * 8);
    }
}

/* ---- */

static char text[512];

static void test_key(void **state)
{
    (void)state;
    assert_int_equal(port_key_make(text, sizeof(text)), ERR_OK);
    assert_string_equal(text, "-----BEGIN EC PRIVATE KEY-----\n12345\n-----END EC PRIVATE KEY-----\n");
    assert_int_equal(mbed.keys, mbed.freed);
    char small[20] = "as it was";
    assert_int_equal(port_key_make(small, sizeof(small)), ERR_TOO_LONG);
    assert_string_equal(small, "as it was");
}

static void test_key_that_cannot_be_made(void **state)
{
    (void)state;
    strcpy(text, "as it was");
    mbed.make_error = -0x4D80;
    assert_int_equal(port_key_make(text, sizeof(text)), ERR_TLS);
    assert_non_null(strstr(mbed.log, "a key cannot be made: mbedTLS error -0x4d80"));
    mbed.make_error = 0;
    mbed.der_len = -0x6C;
    assert_int_equal(port_key_make(text, sizeof(text)), ERR_TLS);
    assert_non_null(strstr(mbed.log, "-0x6c"));
    assert_string_equal(text, "as it was");
    assert_int_equal(mbed.keys, mbed.freed);
}

static void test_request(void **state)
{
    (void)state;
    assert_int_equal(port_key_make_request("KEY", "lamp_0042", text, sizeof(text)), ERR_OK);
    assert_string_equal(text,
                        "-----BEGIN CERTIFICATE REQUEST-----\nrequest\n-----END CERTIFICATE REQUEST-----\n");
    assert_string_equal(mbed.subject, "CN=lamp_0042");
    strcpy(text, "as it was");
    assert_int_equal(port_key_make_request("nothing", "lamp", text, sizeof(text)), ERR_CORRUPT);
    assert_int_equal(port_key_make_request("KEY", "a/b", text, sizeof(text)), ERR_TLS);
    mbed.request_len = -0x10;
    assert_int_equal(port_key_make_request("KEY", "lamp", text, sizeof(text)), ERR_TLS);
    assert_non_null(strstr(mbed.log, "a certificate signing request cannot be made: mbedTLS error -0x10"));
    assert_string_equal(text, "as it was");
    assert_int_equal(mbed.keys, mbed.freed);
}

static void test_match(void **state)
{
    (void)state;
    assert_true(port_key_is_match("CERTIFICATE", "KEY"));
    assert_false(port_key_is_match("nothing", "KEY"));
    assert_false(port_key_is_match("CERTIFICATE", "nothing"));
    mbed.has_no_pair = true;
    assert_false(port_key_is_match("CERTIFICATE", "KEY"));
    assert_int_equal(mbed.keys, mbed.freed);
}

static void test_certificate_id(void **state)
{
    (void)state;
    char id[PORT_KEY_CERTIFICATE_ID_CAP];
    assert_int_equal(port_key_certificate_id("CERTIFICATE", id), ERR_OK);
    assert_string_equal(id, "0008101820283038404850586068707880889098a0a8b0b8c0c8d0d8e0e8f0f8");
    assert_int_equal(port_key_certificate_id("nothing", id), ERR_CORRUPT);
}

#define KEY_TESTS                                                                                            \
    cmocka_unit_test_setup(test_key, setup), cmocka_unit_test_setup(test_key_that_cannot_be_made, setup),    \
        cmocka_unit_test_setup(test_request, setup), cmocka_unit_test_setup(test_match, setup),              \
        cmocka_unit_test_setup(test_certificate_id, setup)

#endif
