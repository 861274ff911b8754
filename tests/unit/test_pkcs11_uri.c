/* SPDX-License-Identifier: MIT */
/* PKCS#11 URIs (RFC 7512) as the Linux port takes them apart: what OpenSSL is handed holds no PIN, and what is wrong is said without
 * showing one. */
// LINK: port_linux common crypto
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ports/linux/pkcs11_uri.h"
#include "ports/linux/tls_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *text;
    const char *object, *module_path, *pin; /* pin NULL: none */
} good[] = {
    {"pkcs11:object=lamp", "pkcs11:object=lamp;type=private", "", NULL},
    {" \npkcs11:token=my%20lamps;object=lamp;type=private\r\n",
     "pkcs11:token=my%20lamps;object=lamp;type=private", "", NULL},
    {"pkcs11:id=%69%95;token=a", "pkcs11:id=%69%95;token=a;type=private", "", NULL},
    {"pkcs11:id=%01?pin-value=1234", "pkcs11:id=%01;type=private", "", "1234"},
    {"pkcs11:object=a?pin-value=", "pkcs11:object=a;type=private", "", ""},
    {"pkcs11:object=a?pin-value=a%20b%26%25%2f/?x=1", "pkcs11:object=a;type=private", "", "a b&%//?x=1"},
    {"pkcs11:object=a?module-path=/usr/lib/my%20module.so&pin-value=1", "pkcs11:object=a;type=private",
     "/usr/lib/my module.so", "1"},
    {"pkcs11:serial=0a;object=a;x-lamp=1?x-lamp=2&pin-value=1",
     "pkcs11:serial=0a;object=a;x-lamp=1;type=private", "", "1"},
};

static void test_good_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct pkcs11_uri uri;
        const char *why = pkcs11_uri_read(good[i].text, "private", &uri);
        if (why) {
            fail_msg("%s: %s", good[i].text, why);
        }
        assert_string_equal(uri.object, good[i].object);
        assert_string_equal(uri.module_path, good[i].module_path);
        assert_int_equal(uri.has_pin, good[i].pin != NULL);
        assert_string_equal(uri.pin, good[i].pin ? good[i].pin : "");
        pkcs11_uri_wipe(&uri);
    }
}

static const struct {
    const char *text, *words;
} bad[] = {
    {"pkcs11:", "names no object"},
    {"pkcs11:token=a", "names no object"},
    {"pkcs11:token=a?pin-value=s3cret", "names no object"},
    {"pkcs11:object", "name=value"},
    {"pkcs11:=a", "name=value"},
    {"pkcs11:object=a;;token=b", "name=value"},
    {"pkcs11:object=a;", "name=value"},
    {"pkcs11:?pin-value=s3cret", "names no object"},
    {"pkcs11:object=a?s3cret", "name=value"},
    {"pkcs11:object=a?pin-value=s3cret&", "name=value"},
    {"pkcs11:object=a?", "name=value"},
    {"pkcs11:object=my lamp", "%20"},
    {"pkcs11:object=l\xc3\xa4mp", "%20"},
    {"pkcs11:object=50%", "%"},
    {"pkcs11:object=%2", "%"},
    {"pkcs11:object=%zz", "%"},
    {"pkcs11:object=a?pin-value=s3%cret", "%"},
    {"pkcs11:object=a?pin-value=s3cret%00", "%00"},
    {"pkcs11:object=a;type=public", "type=private"},
    {"pkcs11:object=a;pin-value=s3cret", "wrong place"},
    {"pkcs11:object=a?pin-value=s3cret&pin-value=s3cret", "more than one PIN"},
    {"pkcs11:object=a?pin-value=s3cret&pin-source=file:/etc/hostname", "more than one PIN"},
    {"pkcs11:object=a?module-name=s3cret", "module-path"},
    {"pkcs11:object=a?pin-source=/nowhere/s3cret", "cannot be opened"},
    {"pkcs11:object=a?pin-source=file:s3cret", "whole path"},
    {"pkcs11:object=a?pin-source=|cat%20s3cret", "no command"},
    {"pkcs11:object=a?pin-source=https://s3cret", "whole path"},
    {"pkcs11:object=a?pin-source=/dev/null", "holds no PIN"},
};

static void test_bad_ones_are_explained_without_their_secrets(void **state)
{
    (void)state;
    static const struct pkcs11_uri nothing;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct pkcs11_uri uri;
        const char *why = pkcs11_uri_read(bad[i].text, "private", &uri);
        if (!why || !strstr(why, bad[i].words) || strstr(why, "cret")) {
            fail_msg("%s: %s", bad[i].text, why ? why : "is good");
        }
        assert_memory_equal(&uri, &nothing, sizeof(uri));
    }
}

static void test_lengths(void **state)
{
    (void)state;
    static char text[3 * PKCS11_URI_CAP];
    struct pkcs11_uri uri;
    strcpy(text, "pkcs11:object=");
    memset(text + strlen(text), 'a', PKCS11_URI_CAP - 14 - 13 - 1); /* with ";type=private" it just fits */
    assert_null(pkcs11_uri_read(text, "private", &uri));
    assert_int_equal(strlen(uri.object), PKCS11_URI_CAP - 1);
    strcat(text, "a");
    assert_non_null(strstr(pkcs11_uri_read(text, "private", &uri), "too long"));
    memset(text + 14, 'a', 2 * PKCS11_URI_CAP);
    assert_non_null(strstr(pkcs11_uri_read(text, "private", &uri), "too long"));
}

/* ---- pin-source */

static char path[] = "/tmp/pkcs11-pin-XXXXXX";

static void expect_pin(const char *scheme, const char *content, size_t len, const char *pin, const char *why)
{
    FILE *file = fopen(path, "w");
    assert_int_equal(fwrite(content, 1, len, file), len);
    fclose(file);
    char text[100];
    struct pkcs11_uri uri;
    snprintf(text, sizeof(text), "pkcs11:object=a?pin-source=%s%s", scheme, path);
    const char *result = pkcs11_uri_read(text, "private", &uri);
    if (why) {
        assert_non_null(result);
        assert_non_null(strstr(result, why));
    } else {
        assert_null(result);
        assert_string_equal(uri.pin, pin);
    }
    pkcs11_uri_wipe(&uri);
}

static void test_pin_from_a_file(void **state)
{
    (void)state;
    close(mkstemp(path));
    static char large[PKCS11_URI_CAP + 10];
    memset(large, '1', sizeof(large));
    expect_pin("", "1234", 4, "1234", NULL);
    expect_pin("file:", "1234\n", 5, "1234", NULL);
    expect_pin("file://", "12 34\r\nmore\n", 12, "12 34", NULL);
    expect_pin("", "", 0, NULL, "holds no PIN");
    expect_pin("", "\n1234\n", 6, NULL, "holds no PIN");
    expect_pin("", large, sizeof(large), NULL, "too long");
    unlink(path);
}

/* What the port says to a scheme that it does not have, and to a certificate that is meant to be a key. */
static void test_other_references(void **state)
{
    (void)state;
    const char *why = NULL;
    assert_null(tls_key_load("esp-ds:pre_prov/esp_ds_ns", &why));
    assert_non_null(strstr(why, "pkcs11:"));
    assert_null(tls_key_load("pkcs11:object=a;type=cert", &why));
    assert_non_null(strstr(why, "another type"));
    assert_null(tls_key_load_certificate("pkcs11:object=a;type=private", &why));
    assert_non_null(strstr(why, "another type"));
    assert_null(tls_key_load_certificate("pkcs11:object=a?module-path=/nowhere/module.so", &why));
    assert_non_null(strstr(why, "module-path"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_ones),
        cmocka_unit_test(test_bad_ones_are_explained_without_their_secrets),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_pin_from_a_file),
        cmocka_unit_test(test_other_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
