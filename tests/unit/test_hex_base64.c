/* SPDX-License-Identifier: MIT */
/* Bytes as text: hexadecimal digits and base64 (RFC 4648). */
// LINK: cloud_base
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/base/base64.h"
#include "cloud/base/hex.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void hex_there_and_back(void **state)
{
    (void)state;
    unsigned char bytes[256], back[256];
    char text[2 * sizeof bytes + 1];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)i;
    }
    hex_write(bytes, sizeof bytes, text);
    assert_int_equal(strlen(text), 2 * sizeof bytes);
    assert_memory_equal(text, "000102030405060708090a0b0c0d0e0f10", 34);
    assert_string_equal(text + 2 * 250, "fafbfcfdfeff");
    assert_true(hex_read(text, sizeof back, back));
    assert_memory_equal(back, bytes, sizeof bytes);
    assert_true(hex_read("AbCdEF...", 3, back));
    assert_memory_equal(back, "\xab\xcd\xef", 3);
    hex_write("", 0, text);
    assert_string_equal(text, "");
}

static void what_is_no_hex(void **state)
{
    (void)state;
    unsigned char byte;
    static const char *const bad[] = {"",   "a",  "g0", "0g", " 0", "0 ",
                                      "-1", "0/", ":0", "@0", "0`", "\xe1\xb0"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(hex_read(bad[i], 1, &byte));
    }
    for (int c = 0; c < 256; c++) {
        const char *found = c ? strchr("0123456789abcdef0123456789ABCDEF", c) : NULL;
        assert_int_equal(hex_digit((char)c),
                         found ? (found - strchr("0123456789abcdef0123456789ABCDEF", '0')) % 16 : -1);
    }
}

static const struct {
    const char *bytes, *text;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xff\xef\xbe", "/+++"},
};

static void base64_there_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        char text[20], back[20] = "";
        size_t len = strlen(vectors[i].bytes);
        base64_write(vectors[i].bytes, len, text);
        assert_string_equal(text, vectors[i].text);
        assert_int_equal(BASE64_CAP(len), strlen(text) + 1);
        assert_true(base64_read(text, len, back));
        assert_memory_equal(back, vectors[i].bytes, len);
    }
}

static void each_value_has_one_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
    } bad[] = {
        {"Zg==", 2}, {"Zg==", 0},    {"", 1},         {"Zg=", 1},      {"Zg", 1},
        {"Zh==", 1}, {"Zm9=", 2},    {"Zm8=", 3},     {"Z===", 1},     {"====", 1},
        {"Zg=a", 1}, {"Z g=", 1},    {" Zg==", 1},    {"Zg==\n", 1},   {"Zm-v", 3},
        {"Zm_v", 3}, {"Zm\x80v", 3}, {"Zg==Zg==", 4}, {"Zg==Zg==", 2},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        unsigned char bytes[8];
        if (base64_read(bad[i].text, bad[i].len, bytes)) {
            fail_msg("'%s' was read as %zu bytes", bad[i].text, bad[i].len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_there_and_back),
        cmocka_unit_test(what_is_no_hex),
        cmocka_unit_test(base64_there_and_back),
        cmocka_unit_test(each_value_has_one_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
