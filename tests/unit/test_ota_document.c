/* SPDX-License-Identifier: MIT */
/* device/core/ota/ota_document: documents of firmware updates as `iot-local ota create` writes them, and every bad member named. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/ota/ota_document.h"

#include <string.h>

#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1D1E1F"
/* openssl dgst -sha256 -sign, of a P-256 key: 71 bytes of DER. */
#define SIGNATURE                                                                                            \
    "MEUCID8egzGb3udcHgxbLOrzOgGhKRcqz3+MNX3sPXK2SQLAAiEAkdG26gGjiyzxfP+raE2MUMCe6cTqB2eidP+gcw09N0k="
/* The longest: 72 bytes. */
#define LONGEST                                                                                              \
    "MEYCIQC775ubpJFRDKEl2xEd0hcFq5Yl3h9EKbx5ytCTLahenQIhANjBGhd4OgWmb35AqXC5wEU/Kchev4pfMen/jUeXCaws"

static struct ota_document document;
static char url[64];
static char problem[400];

static enum err read_as(enum ota_kind kind, const char *text)
{
    return ota_document_read(slice_from(text), kind, &document, url, sizeof(url), problem, sizeof(problem));
}

static enum err read_update(const char *text)
{
    return read_as(OTA_KIND_UPDATE, text);
}

static void test_reads_what_iot_local_writes(void **state)
{
    (void)state;
    assert_int_equal(read_update("{\"action\":\"ota\",\"url\":\"https://s3.local/"
                                 "a?X-Amz-Expires=3600\\u0026b\",\"size\":4294967295,"
                                 "\"sha256\":\"" HEX32
                                 "\",\"signature\":\"MAYCAQECAQE=\",\"version\":\"1.2.0\"}"),
                     ERR_OK);
    assert_string_equal(url, "https://s3.local/a?X-Amz-Expires=3600&b");
    assert_true(document.size == UINT32_MAX);
    assert_true(document.has_digest);
    for (int i = 0; i < OTA_DIGEST_BYTES; i++) {
        assert_int_equal(document.digest[i], i);
    }
    assert_int_equal(document.signature_len, 8);
    assert_memory_equal(document.signature, "\x30\x06\x02\x01\x01\x02\x01\x01", 8);
    assert_string_equal(document.version, "1.2.0");
    assert_string_equal(document.min_version, "");
    assert_false(document.is_forced);
    assert_string_equal(problem, "");
}

static void test_only_the_url_is_needed(void **state)
{
    (void)state;
    assert_int_equal(read_update("{\"url\":\"https://a/b\"}"), ERR_OK);
    assert_int_equal(document.size, 0);
    assert_false(document.has_digest);
    assert_int_equal(document.signature_len, 0);
    assert_int_equal(read_as(OTA_KIND_ROLLBACK, "{}"), ERR_OK);
    assert_int_equal(document.kind, OTA_KIND_ROLLBACK);
}

static void test_names_every_bad_member(void **state)
{
    (void)state;
    memset(&document, 7, sizeof(document));
    assert_int_equal(
        read_update(
            "{\"url\":\"http://a/b\",\"size\":-1,\"sha256\":\"12\",\"signature\":\"AAAA\",\"version\":\"\","
            "\"minVersion\":\"new\",\"force\":1}"),
        ERR_ARG);
    assert_string_equal(
        problem, "url: not an https link; size: not a whole number from 1 to 4294967295; sha256: not 64 "
                 "hexadecimal digits; "
                 "signature: not an ECDSA signature on P-256, DER in base64; version: not 1 to 63 printable "
                 "ASCII characters "
                 "without blanks; minVersion: does not begin with a number; force: neither true nor false");
    assert_int_equal(document.kind, 0x07070707); /* as it was */
}

struct bad {
    const char *text, *problem;
};

static void test_bad_values(void **state)
{
    static const struct bad bads[] = {
        {"{}", "url: is missing"},
        {"{\"url\":5}", "url: not a text that fits the buffer for links"},
        {"{\"url\":\"https://a/0123456789012345678901234567890123456789012345678901234567890\"}",
         "url: not a text that fits the buffer for links"},
        {"{\"url\":\"https://a\",\"size\":0}", "size: not a whole number from 1 to 4294967295"},
        {"{\"url\":\"https://a\",\"size\":4294967296}", "size: not a whole number from 1 to 4294967295"},
        {"{\"url\":\"https://a\",\"size\":1.5}", "size: not a whole number from 1 to 4294967295"},
        {"{\"url\":\"https://a\",\"size\":\"12\"}", "size: not a whole number from 1 to 4294967295"},
        {"{\"url\":\"https://a\",\"force\":\"true\"}", "force: neither true nor false"},
        {"{\"url\":\"https://a\",\"force\":{}}", "force: neither true nor false"},
        {"{\"url\":\"https://a\",\"version\":\"a b\"}",
         "version: not 1 to 63 printable ASCII characters without blanks"},
        {"[]", "the document: not a JSON object"},
        {"{\"url\":\"https://a\",\"url\":\"https://b\"}", "the document: a requested key occurs twice"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        assert_int_equal(read_update(bads[i].text), ERR_ARG);
        assert_string_equal(problem, bads[i].problem);
    }
    assert_int_equal(read_update("{\"url\":\"https://a\",\"sha256\":null,\"size\":null,\"force\":false}"),
                     ERR_OK);
}

static void test_digests(void **state)
{
    static const char *const bads[] = {"", "00", HEX32 "0",
                                       "g0"
                                       "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                                       "0g"
                                       "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"};
    char text[200];
    (void)state;
    for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        strcpy(text, "{\"url\":\"https://a\",\"sha256\":\"");
        strcat(text, bads[i]);
        strcat(text, "\"}");
        assert_int_equal(read_update(text), ERR_ARG);
        assert_string_equal(problem, "sha256: not 64 hexadecimal digits");
    }
}

static enum err read_signature(const char *base64)
{
    char text[300] = "{\"url\":\"https://a\",\"signature\":\"";
    strcat(text, base64);
    strcat(text, "\"}");
    return read_update(text);
}

static void test_signatures(void **state)
{
    static const char *const bads[] = {
        "",
        "MAYCAQECAQE",  /* no padding */
        "MAYCAQECAQF=", /* bits over */
        "MAYCAQECAQ==", /* cut */
        "MAYCAQ ECAQE=",
        "MAYCAQEC*QE=",
        "MAYCAQECAQEA", /* a byte more */
        "MQYCAQECAQE=", /* no SEQUENCE */
        "MAYDAQECAQE=", /* no INTEGER */
        "MAYCAYECAQE=", /* negative */
        "MAcCAgABAgEB", /* a zero too many */
        "MAYCAQACAQE=", /* 0 */
        "MAYCAwECAQE=", /* longer than what is there */
        "MCYCIQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQIBAQ=="
        "B", /* 33 bytes without a sign */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        assert_int_equal(read_signature(bads[i]), ERR_ARG);
        assert_string_equal(problem, "signature: not an ECDSA signature on P-256, DER in base64");
    }
    assert_int_equal(read_signature(SIGNATURE), ERR_OK);
    assert_int_equal(document.signature_len, 71);
    assert_int_equal(read_signature(LONGEST), ERR_OK);
    assert_int_equal(document.signature_len, 72);
    assert_int_equal(read_signature("MAcCAgCBAgEB"), ERR_OK); /* the zero is the sign */
}

static void test_links(void **state)
{
    static const char *const good[] = {"https://a", "HTTPS://a/b?c=d", "https://192.168.1.2:8443/x",
                                       "https://[::1]/x", "https://a/b@c"};
    static const char *const bad[] = {
        "",          "https://", "https:///x",  "https://?x",  "https://:80/",     "http://a",
        "ftp://a",   "https:/a", "https://a b", "https://a\n", "https://\xc3\xa4", "https://user@a/",
        "httpss://a"};
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(ota_document_is_link(slice_from(good[i])));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(ota_document_is_link(slice_from(bad[i])));
    }
}

static void test_order_of_versions(void **state)
{
    (void)state;
    assert_int_equal(ota_document_order("1.2.9", "1.2.10"), OTA_ORDER_LESS);
    assert_int_equal(ota_document_order("v2", "1.9.9"), OTA_ORDER_MORE);
    assert_int_equal(ota_document_order("V1.0", "1"), OTA_ORDER_EQUAL);
    assert_int_equal(ota_document_order("1.2-rc1", "1.2"), OTA_ORDER_EQUAL);
    assert_int_equal(ota_document_order("1.2.3.4.5", "1.2.3.4.6"), OTA_ORDER_EQUAL);
    assert_int_equal(ota_document_order("1..9", "1.1"), OTA_ORDER_LESS);
    assert_int_equal(ota_document_order("99999999999999999999999", "4294967296"), OTA_ORDER_MORE);
    assert_int_equal(ota_document_order("main", "1.0"), OTA_ORDER_NONE);
    assert_int_equal(ota_document_order("1.0", ""), OTA_ORDER_NONE);
}

static void test_same_image_with_another_link(void **state)
{
    struct ota_document before;
    (void)state;
    assert_int_equal(read_update("{\"url\":\"https://a\",\"size\":5,\"sha256\":\"" HEX32
                                 "\",\"version\":\"1\",\"signature\":\"MAYCAQECAQE=\"}"),
                     ERR_OK);
    before = document;
    assert_int_equal(read_update("{\"url\":\"https://b\",\"size\":5,\"sha256\":\"" HEX32
                                 "\",\"version\":\"1\",\"signature\":\"MAYCAQECAQE=\"}"),
                     ERR_OK);
    assert_true(ota_document_is_same(&before, &document));
    static const char *const others[] = {
        "{\"url\":\"https://a\",\"size\":6,\"sha256\":\"" HEX32
        "\",\"version\":\"1\",\"signature\":\"MAYCAQECAQE=\"}",
        "{\"url\":\"https://a\",\"size\":5,\"version\":\"1\",\"signature\":\"MAYCAQECAQE=\"}",
        "{\"url\":\"https://a\",\"size\":5,\"sha256\":\"" HEX32
        "\",\"version\":\"2\",\"signature\":\"MAYCAQECAQE=\"}",
        "{\"url\":\"https://a\",\"size\":5,\"sha256\":\"" HEX32
        "\",\"version\":\"1\",\"signature\":\"MAYCAQICAQE=\"}",
        "{\"url\":\"https://a\",\"size\":5,\"sha256\":\"" HEX32 "\",\"version\":\"1\"}",
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(read_update(others[i]), ERR_OK);
        assert_false(ota_document_is_same(&before, &document));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_what_iot_local_writes),
        cmocka_unit_test(test_only_the_url_is_needed),
        cmocka_unit_test(test_names_every_bad_member),
        cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_digests),
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_order_of_versions),
        cmocka_unit_test(test_same_image_with_another_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
