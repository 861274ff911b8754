/* SPDX-License-Identifier: MIT */
// LINK: common
/* RFC 8259 and RFC 3629 by generated texts: nesting, all of UTF-8, all single bytes, escapes, numbers, offsets. */
#include "tests/unit/test_json.h"

/* `depth` openers, a value in the middle, and the closers. */
static struct slice nest(const char *opener, const char *inside, const char *closer, size_t depth)
{
    size_t len = 0;
    char *text = malloc(depth * (strlen(opener) + strlen(closer)) + strlen(inside) + 1);
    assert_non_null(text);
    for (size_t i = 0; i < depth; i++) {
        len += (size_t)sprintf(text + len, "%s", opener);
    }
    len += (size_t)sprintf(text + len, "%s", inside);
    for (size_t i = 0; i < depth; i++) {
        len += (size_t)sprintf(text + len, "%s", closer);
    }
    struct slice copy = copy_exact(text, len);
    free(text);
    return copy;
}

static void expect_depth(const char *opener, const char *inside, const char *closer, size_t depth,
                         size_t error_at)
{
    struct slice text = nest(opener, inside, closer, depth);
    struct json_field field = {.key = "a", .parent = JSON_TOP};
    size_t at = SIZE_MAX;
    enum err expected = error_at == SIZE_MAX ? ERR_OK : ERR_JSON_DEPTH;

    assert_int_equal(json_read(text, NULL, 0, &at), expected);
    assert_int_equal(at, error_at);
    if (opener[0] == '{') {
        assert_int_equal(json_read(text, &field, 1, NULL), expected);
    }
    free_copy(text);
}

static void test_depth_32_is_good_and_33_is_not(void **state)
{
    (void)state;
    expect_depth("[", "", "]", 32, SIZE_MAX);
    expect_depth("[", "1", "]", 32, SIZE_MAX);
    expect_depth("[", "", "]", 33, 32);
    expect_depth("[", "", "]", 34, 32);
    expect_depth("{\"a\":", "1", "}", 32, SIZE_MAX);
    expect_depth("{\"a\":", "1", "}", 33, 5 * 32);
    expect_depth("[{\"a\":", "1", "}]", 16, SIZE_MAX);
    expect_depth("[{\"a\":", "[]", "}]", 16, 6 * 16);
    expect_depth("{\"a\":[", "1", "]}", 16, SIZE_MAX);
    expect_depth("{\"a\":[", "{}", "]}", 16, 6 * 16);
    expect_depth("[", "", "]", 100000, 32);
}

static void test_depth_counts_open_containers_only(void **state)
{
    (void)state;
    struct slice text = nest("[[[[]]],{},", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", "]", 16);
    assert_int_equal(json_read(text, NULL, 0, NULL), ERR_OK);
    free_copy(text);
}

/* The containers' kinds must be remembered on the way up, whatever their order. */
static void test_each_closer_must_fit_its_opener(void **state)
{
    (void)state;
    for (uint32_t kinds = 0; kinds < 256; kinds++) {
        char text[128] = "";
        char closers[9] = "";
        for (size_t i = 0; i < 8; i++) {
            bool is_object = (kinds >> i & 1) != 0;
            strcat(text, is_object ? "{\"k\":" : "[");
            closers[7 - i] = is_object ? '}' : ']';
        }
        strcat(text, "0");
        size_t start = strlen(text);
        strcat(text, closers);
        size_t len = strlen(text);
        assert_int_equal(check_text(text, len, NULL), ERR_OK);
        for (size_t i = start; i < len; i++) {
            size_t error_at = SIZE_MAX;
            text[i] = text[i] == '}' ? ']' : '}';
            assert_int_equal(check_text(text, len, &error_at), ERR_JSON_SYNTAX);
            assert_int_equal(error_at, i);
            text[i] = text[i] == '}' ? ']' : '}';
        }
    }
}

static bool is_one_utf8_character(const unsigned char *bytes, size_t len)
{
    uint32_t code;
    if (len == 1) {
        return bytes[0] < 0x80;
    }
    for (size_t i = 1; i < len; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return false;
        }
    }
    if (len == 2) {
        code = (uint32_t)(bytes[0] & 0x1F) << 6 | (bytes[1] & 0x3F);
        return (bytes[0] & 0xE0) == 0xC0 && code >= 0x80;
    }
    if (len == 3) {
        code = (uint32_t)(bytes[0] & 0x0F) << 12 | (uint32_t)(bytes[1] & 0x3F) << 6 | (bytes[2] & 0x3F);
        return (bytes[0] & 0xF0) == 0xE0 && code >= 0x800 && (code < 0xD800 || code > 0xDFFF);
    }
    code = (uint32_t)(bytes[0] & 0x07) << 18 | (uint32_t)(bytes[1] & 0x3F) << 12 |
           (uint32_t)(bytes[2] & 0x3F) << 6 | (bytes[3] & 0x3F);
    return (bytes[0] & 0xF8) == 0xF0 && code >= 0x10000 && code <= 0x10FFFF;
}

static bool is_utf8(const unsigned char *bytes, size_t len)
{
    while (len > 0) {
        size_t step = 1;
        while (step <= 4 && step <= len && !is_one_utf8_character(bytes, step)) {
            step++;
        }
        if (step > 4 || step > len) {
            return false;
        }
        bytes += step;
        len -= step;
    }
    return true;
}

/* Bytes at the edges of the ranges of RFC 3629, section 4, in all combinations, against the definition by value. */
static void test_utf8_edges(void **state)
{
    (void)state;
    static const unsigned char edges[] = {0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0,
                                          0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
                                          0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFE, 0xFF};
    size_t good = 0;

    for (size_t n = 0; n < COUNT_OF(edges) * COUNT_OF(edges) * COUNT_OF(edges) * COUNT_OF(edges); n++) {
        unsigned char text[6] = {'"'};
        size_t digits = n;
        for (size_t i = 1; i <= 4; i++, digits /= COUNT_OF(edges)) {
            text[i] = edges[digits % COUNT_OF(edges)];
        }
        for (size_t len = 1; len <= 4; len++) {
            unsigned char next = text[len + 1];
            text[len + 1] = '"';
            bool expected = is_utf8(text + 1, len);
            enum err err = json_read((struct slice){(const char *)text, len + 2}, NULL, 0, NULL);
            text[len + 1] = next;
            assert_case(err == (expected ? ERR_OK : ERR_JSON_UTF8), "%zu bytes of %02x %02x %02x %02x: %s",
                        len, text[1], text[2], text[3], text[4], err_text(err));
            good += expected ? 1 : 0;
        }
    }
    assert_in_range(good, 1000, 10000000);
}

/* Each byte at each place of a word, so that a fast path over words cannot differ from the byte by byte one. */
static void test_every_byte_at_every_place_of_a_string(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 20; len++) {
        for (size_t place = 0; place < len; place++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                char text[32] = "\"aaaaaaaaaaaaaaaaaaaaaaaa";
                text[len + 1] = '"';
                text[place + 1] = (char)byte;
                enum err expected = byte < 0x20   ? ERR_JSON_SYNTAX
                                    : byte > 0x7F ? ERR_JSON_UTF8
                                    : byte == '"' ? ERR_JSON_SYNTAX /* something follows the string */
                                                  : ERR_OK;
                size_t error_at = place + 1;
                if (byte == '"') {
                    error_at = place + 2;
                }
                if (byte == '\\' && place + 1 < len) {
                    expected = ERR_JSON_SYNTAX; /* \a */
                    error_at = place + 2;
                } else if (byte == '\\') {
                    expected = ERR_JSON_INCOMPLETE; /* \" and no end */
                    error_at = len + 2;
                }
                size_t at = place + 1;
                if (expected == ERR_OK) {
                    error_at = at;
                }
                enum err err = check_text(text, len + 2, &at);
                assert_case(err == expected && at == error_at, "byte %02x at %zu of %zu: %s at %zu", byte,
                            place, len, err_text(err), at);
            }
        }
    }
}

static void test_every_byte_as_first_and_as_escape(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        char escape[4] = {'"', '\\', (char)byte, '"'};
        bool is_escape = byte != 0 && strchr("\"\\/bfnrt", (int)byte) != NULL;
        enum err expected = is_escape ? ERR_OK : ERR_JSON_SYNTAX;
        size_t error_at = byte == 'u' ? 3 : 2;
        size_t at = error_at;
        enum err err = check_text(escape, 4, &at);
        if (byte == '"') {
            /* "\"" is the string of one quote */
            assert_int_equal(err, ERR_OK);
            continue;
        }
        assert_case(err == expected && at == error_at, "escape of %02x: %s at %zu", byte, err_text(err), at);

        char first = (char)byte;
        err = check_text(&first, 1, &at);
        if (byte >= '0' && byte <= '9') {
            assert_int_equal(err, ERR_OK);
        } else if (byte != 0 && strchr(" \t\r\n{[\"-tfn", (int)byte) != NULL) {
            assert_int_equal(err, ERR_JSON_INCOMPLETE);
        } else {
            assert_case(err == ERR_JSON_SYNTAX && at == 0, "first byte %02x: %s at %zu", byte, err_text(err),
                        at);
        }
    }
}

static void test_every_byte_as_hexadecimal_digit(void **state)
{
    (void)state;
    for (size_t place = 3; place < 7; place++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            char text[] = "\"\\u0aF9\"";
            size_t at = place;
            text[place] = (char)byte;
            bool is_digit =
                (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
            enum err err = check_text(text, 8, &at);
            assert_case(err == (is_digit ? ERR_OK : ERR_JSON_SYNTAX) && at == place, "digit %02x: %s at %zu",
                        byte, err_text(err), at);
        }
    }
}

/* All texts of up to 6 characters over the alphabet of numbers, against a second recognizer: a table of states. */
static enum err expected_number(const char *text)
{
    enum state { START, MINUS, ZERO, INTEGER, POINT, FRACTION, EXP, EXP_SIGN, EXPONENT, BAD } s = START;
    for (; *text != '\0' && s != BAD; text++) {
        bool zero = *text == '0', digit = zero || *text == '7', exp = *text == 'e',
             sign = *text == '+' || *text == '-';
        if (s == START || s == MINUS) {
            s = zero ? ZERO : digit ? INTEGER : *text == '-' && s == START ? MINUS : BAD;
        } else if (s == ZERO || s == INTEGER) {
            s = digit && s == INTEGER ? INTEGER : *text == '.' ? POINT : exp ? EXP : BAD;
        } else if (s == POINT || s == FRACTION) {
            s = digit ? FRACTION : exp && s == FRACTION ? EXP : BAD;
        } else {
            s = digit ? EXPONENT : sign && s == EXP ? EXP_SIGN : BAD;
        }
    }
    if (s == ZERO || s == INTEGER || s == FRACTION || s == EXPONENT) {
        return ERR_OK;
    }
    return s == BAD ? ERR_JSON_SYNTAX : ERR_JSON_INCOMPLETE;
}

static void test_all_short_numbers(void **state)
{
    (void)state;
    static const char alphabet[] = "07-+.e";
    size_t good = 0;

    for (size_t len = 1; len <= 6; len++) {
        size_t total = 1;
        for (size_t i = 0; i < len; i++) {
            total *= sizeof(alphabet) - 1;
        }
        for (size_t n = 0; n < total; n++) {
            char text[8] = "";
            size_t digits = n;
            for (size_t i = 0; i < len; i++, digits /= sizeof(alphabet) - 1) {
                text[i] = alphabet[digits % (sizeof(alphabet) - 1)];
            }
            enum err expected = expected_number(text);
            enum err err = check_text(text, len, NULL);
            assert_case(err == expected, "%s: %s", text, err_text(err));
            good += err == ERR_OK ? 1 : 0;
        }
    }
    assert_in_range(good, 500, 5000);
}

static void test_error_offsets(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err err;
        size_t at;
    } cases[] = {
        {"", ERR_JSON_INCOMPLETE, 0},          {"  ", ERR_JSON_INCOMPLETE, 2},
        {"  x", ERR_JSON_SYNTAX, 2},           {"{\"a\":1,}", ERR_JSON_SYNTAX, 7},
        {"{\"a\" 1}", ERR_JSON_SYNTAX, 5},     {"[1 2]", ERR_JSON_SYNTAX, 3},
        {"[01]", ERR_JSON_SYNTAX, 2},          {"[1.]", ERR_JSON_SYNTAX, 3},
        {"[-]", ERR_JSON_SYNTAX, 2},           {"[1e+]", ERR_JSON_SYNTAX, 4},
        {"[trux]", ERR_JSON_SYNTAX, 4},        {"{}  x", ERR_JSON_SYNTAX, 4},
        {"{\"a\":1]", ERR_JSON_SYNTAX, 6},     {"\"ab\\x\"", ERR_JSON_SYNTAX, 4},
        {"\"ab\\u00g0\"", ERR_JSON_SYNTAX, 7}, {"\"ab\tc\"", ERR_JSON_SYNTAX, 3},
        {"\"ab\xE2\x82z\"", ERR_JSON_UTF8, 3}, /* the character's first byte */
        {"\"ab\x80\"", ERR_JSON_UTF8, 3},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t at = SIZE_MAX;
        enum err err = check_text(cases[i].text, strlen(cases[i].text), &at);
        assert_case(err == cases[i].err && at == cases[i].at, "%s: %s at %zu", cases[i].text, err_text(err),
                    at);
    }
}

static void test_error_offset_is_not_needed(void **state)
{
    (void)state;
    assert_int_equal(json_read(slice_from("{"), NULL, 0, NULL), ERR_JSON_INCOMPLETE);
    assert_int_equal(json_read(SLICE_EMPTY, NULL, 0, NULL), ERR_JSON_INCOMPLETE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_depth_32_is_good_and_33_is_not),
        cmocka_unit_test(test_depth_counts_open_containers_only),
        cmocka_unit_test(test_each_closer_must_fit_its_opener),
        cmocka_unit_test(test_utf8_edges),
        cmocka_unit_test(test_every_byte_at_every_place_of_a_string),
        cmocka_unit_test(test_every_byte_as_first_and_as_escape),
        cmocka_unit_test(test_every_byte_as_hexadecimal_digit),
        cmocka_unit_test(test_all_short_numbers),
        cmocka_unit_test(test_error_offsets),
        cmocka_unit_test(test_error_offset_is_not_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
