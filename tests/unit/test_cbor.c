/* SPDX-License-Identifier: MIT */
/* CBOR against the examples of RFC 8949, appendix A, and what is refused: docs/protocol.md, fleet provisioning over /cbor. */
// LINK: cloud_provisioning_plane jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/mqtt/cbor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static unsigned char *from_hex(const char *hex, size_t *len)
{
    *len = strlen(hex) / 2;
    unsigned char *bytes =
        malloc(*len ? *len : 1); /* exact, so that the sanitizer sees a byte that is read behind it */
    assert_non_null(bytes);
    for (size_t i = 0; i < *len; i++) {
        unsigned value;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &value), 1);
        bytes[i] = (unsigned char)value;
    }
    return bytes;
}

static json_t *read_hex(const char *hex, char *why, size_t why_cap)
{
    size_t len;
    unsigned char *bytes = from_hex(hex, &len);
    json_t *value = cbor_read(bytes, len, why, why_cap);
    free(bytes);
    return value;
}

static void expect_json(const char *hex, const char *wanted)
{
    char why[200] = "";
    json_t *value = read_hex(hex, why, sizeof why);
    if (!value) {
        fail_msg("%s was refused: %s", hex, why);
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (strcmp(text, wanted) != 0) {
        fail_msg("%s gave %s, not %s", hex, text, wanted);
    }
    free(text);
    json_decref(value);
}

static void expect_hex(const char *json, const char *wanted)
{
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    size_t len = 0;
    assert_non_null(value);
    unsigned char *bytes = cbor_write(value, &len);
    assert_non_null(bytes);
    char *hex = calloc(1, 2 * len + 1);
    assert_non_null(hex);
    for (size_t i = 0; i < len; i++) {
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    }
    if (strcmp(hex, wanted) != 0) {
        fail_msg("%s gave %s, not %s", json, hex, wanted);
    }
    free(hex);
    free(bytes);
    json_decref(value);
}

static void expect_refusal(const char *hex, const char *wanted)
{
    char why[200] = "";
    json_t *value = read_hex(hex, why, sizeof why);
    if (value || strcmp(why, wanted) != 0) {
        fail_msg("%s: '%s', not '%s'", hex, value ? "taken" : why, wanted);
    }
}

/* What both directions have: the form that is as short as can be. */
static const struct {
    const char *hex, *json;
} both[] = {
    {"00", "0"},
    {"01", "1"},
    {"0a", "10"},
    {"17", "23"},
    {"1818", "24"},
    {"1819", "25"},
    {"1864", "100"},
    {"1880", "128"},
    {"18ff", "255"},
    {"190100", "256"},
    {"19ffff", "65535"},
    {"1a00010000", "65536"},
    {"1affffffff", "4294967295"},
    {"1b0000000100000000", "4294967296"},
    {"1903e8", "1000"},
    {"1a000f4240", "1000000"},
    {"1b000000e8d4a51000", "1000000000000"},
    {"1b7fffffffffffffff", "9223372036854775807"},
    {"20", "-1"},
    {"29", "-10"},
    {"3863", "-100"},
    {"3903e7", "-1000"},
    {"3b7fffffffffffffff", "-9223372036854775808"},
    {"fb3ff199999999999a", "1.1000000000000001"},
    {"fb7e37e43c8800759c", "1.0000000000000001e300"},
    {"fbc010666666666666", "-4.0999999999999996"},
    {"f4", "false"},
    {"f5", "true"},
    {"f6", "null"},
    {"60", "\"\""},
    {"6161", "\"a\""},
    {"6449455446", "\"IETF\""},
    {"62225c", "\"\\\"\\\\\""},
    {"62c3bc", "\"\xc3\xbc\""},
    {"63e6b0b4", "\"\xe6\xb0\xb4\""},
    {"64f0908591", "\"\xf0\x90\x85\x91\""},
    {"80", "[]"},
    {"83010203", "[1,2,3]"},
    {"8301820203820405", "[1,[2,3],[4,5]]"},
    {"98190102030405060708090a0b0c0d0e0f101112131415161718181819",
     "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25]"},
    {"a0", "{}"},
    {"a26161016162820203", "{\"a\":1,\"b\":[2,3]}"},
    {"826161a161626163", "[\"a\",{\"b\":\"c\"}]"},
    {"a56161614161626142616361436164614461656145",
     "{\"a\":\"A\",\"b\":\"B\",\"c\":\"C\",\"d\":\"D\",\"e\":\"E\"}"},
};

static void reads_the_examples_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        expect_json(both[i].hex, both[i].json);
    }
}

static void writes_the_examples_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(both); i++) {
        expect_hex(both[i].json, both[i].hex);
    }
}

/* Heads that are longer than needed, floats of every size, indefinite lengths, tags, undefined. */
static void reads_other_forms(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *json;
    } rows[] = {
        {"1817", "23"},
        {"1b0000000000000001", "1"},
        {"f90000", "0.0"},
        {"f98000", "-0.0"},
        {"f93c00", "1.0"},
        {"f93e00", "1.5"},
        {"f97bff", "65504.0"},
        {"f90001", "5.9604644775390625e-8"},
        {"f90400", "6.103515625e-5"},
        {"f9c400", "-4.0"},
        {"fa47c35000", "100000.0"},
        {"fa7f7fffff", "3.4028234663852886e38"},
        {"f7", "null"},
        {"c074323031332d30332d32315432303a30343a30305a", "\"2013-03-21T20:04:00Z\""},
        {"d9d9f7a0", "{}"},
        {"c1c11a514b67b0", "1363896240"},
        {"7f657374726561646d696e67ff", "\"streaming\""},
        {"7fff", "\"\""},
        {"9fff", "[]"},
        {"9f018202039f0405ffff", "[1,[2,3],[4,5]]"},
        {"83018202039f0405ff", "[1,[2,3],[4,5]]"},
        {"bfff", "{}"},
        {"bf61610161629f0203ffff", "{\"a\":1,\"b\":[2,3]}"},
        {"bf6346756ef563416d7421ff", "{\"Fun\":true,\"Amt\":-2}"},
        {"a17f6161ff01", "{\"a\":1}"},
        {"a1a0", NULL},
    };
    for (size_t i = 0; rows[i].json; i++) {
        expect_json(rows[i].hex, rows[i].json);
    }
}

static void refuses_what_json_cannot_say(void **state)
{
    (void)state;
    expect_refusal("4401020304", "byte 0: a byte string, which JSON does not have: send a text");
    expect_refusal("a1616140", "byte 3: a byte string, which JSON does not have: send a text");
    expect_refusal("5f4101ff", "byte 0: a byte string, which JSON does not have: send a text");
    expect_refusal("1b8000000000000000", "byte 0: an integer of more than 64 bits");
    expect_refusal("3b8000000000000000", "byte 0: an integer of more than 64 bits");
    expect_refusal("f97c00", "byte 0: a number that is not finite");
    expect_refusal("f97e00", "byte 0: a number that is not finite");
    expect_refusal("fa7f800000", "byte 0: a number that is not finite");
    expect_refusal("fbfff0000000000000", "byte 0: a number that is not finite");
    expect_refusal("f0", "byte 0: a simple value that JSON does not have");
    expect_refusal("f8ff", "byte 0: a simple value that JSON does not have");
    expect_refusal("a10102", "byte 1: a key that is no text");
    expect_refusal("a18001", "byte 1: a key that is no text");
    expect_refusal("a1f601", "byte 1: a key that is no text");
    expect_refusal("a2616101616102", "byte 6: a key that comes twice");
    expect_refusal("a26161a0616180", "byte 6: a key that comes twice");
    expect_refusal("6100", "byte 0: a text is no UTF-8, or holds U+0000");
    expect_refusal("61ff", "byte 0: a text is no UTF-8, or holds U+0000");
    expect_refusal("62c080", "byte 0: a text is no UTF-8, or holds U+0000");
    expect_refusal("63eda080", "byte 0: a text is no UTF-8, or holds U+0000");
}

static void refuses_what_is_not_well_formed(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *why;
    } rows[] = {
        {"", "byte 0: the message ends where an item should begin"},
        {"18", "byte 0: the message ends in the middle of an item"},
        {"1b00000000000000", "byte 0: the message ends in the middle of an item"},
        {"6261", "byte 0: the message ends in the middle of a text"},
        {"7bffffffffffffffff61", "byte 0: the message ends in the middle of a text"},
        {"8201", "byte 2: the message ends where an item should begin"},
        {"9bffffffffffffffff", "byte 9: the message ends where an item should begin"},
        {"bb7fffffffffffffff", "byte 9: the message ends where an item should begin"},
        {"a16161", "byte 3: the message ends where an item should begin"},
        {"9f01", "byte 2: the message ends where an item should begin"},
        {"7f6161", "byte 3: the message ends where an item should begin"},
        {"7f01ff", "byte 1: a text that comes in pieces has a piece that is none"},
        {"7f7f6161ffff", "byte 1: a text that comes in pieces has a piece that is none"},
        {"1c", "byte 0: no item begins with 0x1c"},
        {"9e", "byte 0: no item begins with 0x9e"},
        {"1f", "byte 0: no item begins like this"},
        {"3f", "byte 0: no item begins like this"},
        {"df00", "byte 0: no item begins with 0xdf"},
        {"ff", "byte 0: a break where none may stand"},
        {"81ff", "byte 1: a break where none may stand"},
        {"bf6161ff", "byte 3: a break where none may stand"},
        {"9fc0ff", "byte 2: a break where none may stand"},
        {"c0", "byte 1: the message ends where an item should begin"},
        {"0000", "byte 1: the message goes on behind its item"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_refusal(rows[i].hex, rows[i].why);
    }
}

static void depth_and_number_of_items_are_bounded(void **state)
{
    (void)state;
    unsigned char nested[CBOR_DEPTH_MAX + 1];
    char why[200] = "";
    size_t len;
    memset(nested, 0x81, sizeof nested);
    nested[CBOR_DEPTH_MAX] = 0;
    json_t *value = cbor_read(nested, sizeof nested, why, sizeof why);
    assert_non_null(value);
    void *bytes = cbor_write(value, &len);
    assert_int_equal(len, sizeof nested);
    assert_memory_equal(bytes, nested, len);
    free(bytes);
    json_t *deeper = json_pack("[o]", value);
    assert_null(cbor_write(deeper, &len));
    json_decref(deeper);
    nested[CBOR_DEPTH_MAX] = 0x80;
    assert_null(cbor_read(nested, sizeof nested, why, sizeof why));
    assert_string_equal(why, "byte 16: more than 16 arrays and maps in each other");

    unsigned char *many = calloc(1, CBOR_ITEMS_MAX + 2); /* zeros */
    assert_non_null(many);
    many[0] = 0x9f;
    assert_null(cbor_read(many, CBOR_ITEMS_MAX + 2, why, sizeof why));
    assert_string_equal(why, "byte 16384: more than 16384 items");
    free(many);
}

/* Whatever begins an item, alone or cut off at any place, is either read or refused with a reason; nothing is leaked. */
static void every_head_and_every_cut(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        unsigned char bytes[12] = {(unsigned char)first, 1, 0x61, 0x61, 0xf6, 0xff, 0xff};
        for (size_t len = 0; len <= sizeof bytes; len++) {
            char why[200] = "";
            json_t *value = cbor_read(bytes, len, why, sizeof why);
            assert_true(!value != !*why);
            json_decref(value);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_examples_of_the_rfc),
        cmocka_unit_test(writes_the_examples_of_the_rfc),
        cmocka_unit_test(reads_other_forms),
        cmocka_unit_test(refuses_what_json_cannot_say),
        cmocka_unit_test(refuses_what_is_not_well_formed),
        cmocka_unit_test(depth_and_number_of_items_are_bounded),
        cmocka_unit_test(every_head_and_every_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
