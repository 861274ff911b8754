/* SPDX-License-Identifier: MIT */
// LINK: common
/* json_decode and json_string_is: RFC 8259 section 7, and UTF-8 of every code point. */
#include "tests/unit/test_json.h"

#define OUT_CAP 64

static enum err decode(const char *escaped, size_t escaped_len, char *out, size_t cap, size_t *len)
{
    struct slice copy = copy_exact(escaped, escaped_len);
    enum err err = json_decode(copy, out, cap, len);
    free_copy(copy);
    return err;
}

static bool string_is(const char *escaped, const char *text)
{
    struct slice copy = copy_exact(escaped, strlen(escaped));
    bool is_equal = json_string_is(copy, text);
    free_copy(copy);
    return is_equal;
}

static const struct {
    const char *escaped;
    const char *text;
} good_strings[] = {
    {"", ""},
    {"a", "a"},
    {"plain text of more than one word", "plain text of more than one word"},
    {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
    {"a\\nb", "a\nb"},
    {"\\u0041\\u005A", "AZ"},
    {"\\u0001\\u001f\\u007f", "\x01\x1F\x7F"},
    {"\\u00e9\\u00E9", "\xC3\xA9\xC3\xA9"},
    {"\xC3\xA9", "\xC3\xA9"},
    {"\\u20ac", "\xE2\x82\xAC"},
    {"\\ud83d\\ude00", "\xF0\x9F\x98\x80"},
    {"\\uD83D\\uDE00!", "\xF0\x9F\x98\x80!"},
    {"\\uD800\\uDC00", "\xF0\x90\x80\x80"},
    {"\\uDBFF\\uDFFF", "\xF4\x8F\xBF\xBF"},
    {"\\ud7ff\\ue000\\uffff", "\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"},
    {"\\\\u0041", "\\u0041"},
};

static void test_good_strings(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good_strings); i++) {
        char out[OUT_CAP];
        size_t len = SIZE_MAX;
        enum err err =
            decode(good_strings[i].escaped, strlen(good_strings[i].escaped), out, sizeof(out), &len);
        assert_case(err == ERR_OK, "%s: %s", good_strings[i].escaped, err_text(err));
        assert_string_equal(out, good_strings[i].text);
        assert_int_equal(len, strlen(good_strings[i].text));
        assert_true(string_is(good_strings[i].escaped, good_strings[i].text));
    }
}

static const struct {
    const char *escaped;
    size_t len;
} bad_strings[] = {
    {TEXT("\\u0000")},
    {TEXT("a\\u0000b")},
    {TEXT("\\ud800")},
    {TEXT("\\uDBFF")},
    {TEXT("\\udc00")},
    {TEXT("\\udfff")},
    {TEXT("\\ud83dx")},
    {TEXT("\\ud83d\\n")},
    {TEXT("\\ud83d\\u0041")},
    {TEXT("\\ud83d\\ud83d")},
    {TEXT("\\ude00\\ud83d")},
    {TEXT("\\udc00\\udc00")},
    {TEXT("\\udfff\\udfff")},
    {TEXT("\\ud83d\\ue000")},
    {TEXT("\\ud83d\\udbff")},
    {TEXT("\\ud83dxude00")},
    {TEXT("\\ud83d\\xde00")},
    /* json_read refuses these; here they must only do no harm */
    {TEXT("\\")},
    {TEXT("a\\")},
    {TEXT("\\u")},
    {TEXT("\\u004")},
    {TEXT("\\u00g1")},
    {TEXT("\\ud83d\\")},
    {TEXT("\\ud83d\\u")},
    {TEXT("\\ud83d\\ude0")},
    {TEXT("\\a")},
    {TEXT("\\\0")},
    {TEXT("a\0b")},
};

static void test_strings_without_text_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_strings); i++) {
        char out[OUT_CAP] = "before";
        size_t len = 77;
        enum err err = decode(bad_strings[i].escaped, bad_strings[i].len, out, sizeof(out), &len);
        assert_case(err == ERR_JSON_STRING, "%s: %s", bad_strings[i].escaped, err_text(err));
        assert_string_equal(out, "before");
        assert_int_equal(len, 77);
        assert_int_equal(decode(bad_strings[i].escaped, bad_strings[i].len, out, 1, &len), ERR_JSON_STRING);
    }
}

/* Every code point but NUL and the surrogates, written as an escape, gives its UTF-8. */
static void test_every_code_point(void **state)
{
    (void)state;
    for (uint32_t code = 1; code <= 0x10FFFF; code++) {
        char escaped[16];
        unsigned char out[OUT_CAP];
        size_t len = 0;
        if (code >= 0xD800 && code <= 0xDFFF) {
            continue;
        }
        if (code < 0x10000) {
            snprintf(escaped, sizeof(escaped), "\\u%04x", code);
        } else {
            snprintf(escaped, sizeof(escaped), "\\u%04X\\u%04x", 0xD800 + ((code - 0x10000) >> 10),
                     0xDC00 + ((code - 0x10000) & 0x3FF));
        }
        assert_int_equal(json_decode(slice_from(escaped), (char *)out, sizeof(out), &len), ERR_OK);

        size_t expected_len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        uint32_t value = expected_len == 1 ? out[0] : out[0] & (0xFFu >> (expected_len + 1));
        for (size_t i = 1; i < expected_len; i++) {
            assert_int_equal(out[i] & 0xC0, 0x80);
            value = value << 6 | (out[i] & 0x3F);
        }
        if (expected_len > 1) {
            assert_int_equal(out[0] >> (7 - expected_len), (2u << expected_len) - 2); /* 110, 1110, 11110 */
        }
        assert_int_equal(value, code);
        assert_int_equal(len, expected_len);
        assert_true(json_string_is(slice_from(escaped), (const char *)out));
    }
}

static void test_needed_length(void **state)
{
    (void)state;
    static const char escaped[] = "a\\n\\u20ac\\ud83d\\ude00z"; /* 1 + 1 + 3 + 4 + 1 bytes */
    for (size_t cap = 0; cap <= 12; cap++) {
        char *out = make_room(cap);
        size_t len = SIZE_MAX;
        enum err err = decode(TEXT(escaped), out, cap, &len);
        assert_int_equal(err, cap > 10 ? ERR_OK : ERR_TOO_LONG);
        assert_int_equal(len, 10);
        if (err == ERR_OK) {
            assert_string_equal(out, "a\n\xE2\x82\xAC\xF0\x9F\x98\x80z");
        }
        for (size_t i = 0; err != ERR_OK && i < cap; i++) {
            assert_int_equal(out[i], 'x');
        }
        free(out);
    }
    assert_int_equal(json_decode(SLICE_EMPTY, NULL, 0, NULL), ERR_TOO_LONG);
    char one = 'x';
    assert_int_equal(json_decode(SLICE_EMPTY, &one, 1, NULL), ERR_OK);
    assert_int_equal(one, '\0');
}

static void test_string_is_tells_the_difference(void **state)
{
    (void)state;
    static const struct {
        const char *escaped;
        const char *text;
    } cases[] = {
        {"a", ""},
        {"", "a"},
        {"blink", "blinks"},
        {"blinks", "blink"},
        {"blink", "Blink"},
        {"\\u0041", "a"},
        {"\\u0041b", "A"},
        {"\\u0041", "Ab"},
        {"\\u20ac", "\xE2\x82"},
        {"\\u20ac", "\xE2\x82\xAD"},
        {"\\u0000", ""},
        {"a\\u0000", "a"},
        {"\\ud800", "\xED\xA0\x80"},
        {"\\ud800", ""},
        {"\\n", "\\n"},
        {"\\n", "n"},
        {"\\", "\\"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_case(!string_is(cases[i].escaped, cases[i].text), "%s is not %s", cases[i].escaped,
                    cases[i].text);
    }
    assert_true(json_string_is(SLICE_EMPTY, ""));
    assert_false(json_string_is((struct slice){"a\0b", 3}, "a"));
    assert_false(json_string_is((struct slice){"a\0", 2}, "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_strings),
        cmocka_unit_test(test_strings_without_text_form),
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_needed_length),
        cmocka_unit_test(test_string_is_tells_the_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
