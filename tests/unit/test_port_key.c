/* SPDX-License-Identifier: MIT */
/* Keys that a device makes for itself (device/port/port_key.h), on Linux: OpenSSL's own commands agree with what is made. */
// LINK: port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_key.h"
#include "fakes/x509_maker.h"

#include <stdio.h>
#include <string.h>

static char key[512], other[512], csr[1024];

static int setup(void **state)
{
    (void)state;
    return port_key_make(key, sizeof(key)) || port_key_make(other, sizeof(other));
}

static EVP_PKEY *read_key(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *read = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(read);
    return read;
}

static void test_keys_are_new_and_on_the_curve(void **state)
{
    (void)state;
    char curve[32];
    size_t len;
    EVP_PKEY *read = read_key(key);
    assert_int_equal(EVP_PKEY_get_base_id(read), EVP_PKEY_EC);
    assert_int_equal(EVP_PKEY_get_group_name(read, curve, sizeof(curve), &len), 1);
    assert_string_equal(curve, "prime256v1");
    EVP_PKEY_free(read);
    assert_string_not_equal(key, other);
    assert_true(strlen(key) < 300);
}

static void test_request_is_signed_by_the_key(void **state)
{
    (void)state;
    char name[80];
    assert_int_equal(port_key_make_request(key, "esp32_24:0a_C4-1", csr, sizeof(csr)), ERR_OK);
    assert_non_null(strstr(csr, "-----BEGIN CERTIFICATE REQUEST-----"));
    BIO *bio = BIO_new_mem_buf(csr, -1);
    X509_REQ *request = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
    EVP_PKEY *read = read_key(key);
    assert_non_null(request);
    assert_int_equal(X509_REQ_verify(request, read), 1);
    assert_int_equal(EVP_PKEY_eq(X509_REQ_get0_pubkey(request), read), 1);
    assert_int_equal(X509_NAME_entry_count(X509_REQ_get_subject_name(request)), 1);
    X509_NAME_get_text_by_NID(X509_REQ_get_subject_name(request), NID_commonName, name, sizeof(name));
    assert_string_equal(name, "esp32_24:0a_C4-1");
    EVP_PKEY_free(read);
    X509_REQ_free(request);
    BIO_free(bio);
}

static void test_no_room(void **state)
{
    (void)state;
    char small[100] = "as it was";
    assert_int_equal(port_key_make(small, sizeof(small)), ERR_TOO_LONG);
    assert_int_equal(port_key_make_request(key, "lamp", small, sizeof(small)), ERR_TOO_LONG);
    assert_string_equal(small, "as it was");
    assert_int_equal(port_key_make(other, strlen(other)), ERR_TOO_LONG); /* not for its NUL */
}

static void test_bad_texts(void **state)
{
    (void)state;
    char id[PORT_KEY_CERTIFICATE_ID_CAP] = "as it was";
    assert_int_equal(port_key_make_request("no key", "lamp", csr, sizeof(csr)), ERR_CORRUPT);
    assert_int_equal(port_key_certificate_id(key, id), ERR_CORRUPT);
    assert_string_equal(id, "as it was");
    assert_false(port_key_is_match("no certificate", key));
    assert_false(port_key_is_match(key, key));
}

static void test_certificate_and_key(void **state)
{
    (void)state;
    struct maker made = {.key = read_key(key)};
    maker_certificate(&made, (struct maker_order){.name = "lamp"});
    assert_true(port_key_is_match(made.pem, key));
    assert_false(port_key_is_match(made.pem, other));

    char id[PORT_KEY_CERTIFICATE_ID_CAP], wanted[PORT_KEY_CERTIFICATE_ID_CAP];
    unsigned char hash[32];
    assert_int_equal(X509_digest(made.certificate, EVP_sha256(), hash, NULL), 1);
    for (int i = 0; i < 32; i++) {
        snprintf(wanted + 2 * i, 3, "%02x", hash[i]);
    }
    assert_int_equal(port_key_certificate_id(made.pem, id), ERR_OK);
    assert_string_equal(id, wanted);
    maker_clear(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_keys_are_new_and_on_the_curve, setup),
        cmocka_unit_test_setup(test_request_is_signed_by_the_key, setup),
        cmocka_unit_test_setup(test_no_room, setup),
        cmocka_unit_test_setup(test_bad_texts, setup),
        cmocka_unit_test_setup(test_certificate_and_key, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
