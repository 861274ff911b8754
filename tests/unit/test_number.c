/* SPDX-License-Identifier: MIT */
// LINK: common
/* common/number.h: plain decimal integers, strictly. */
#include "tests/unit/test_json.h"

#include "common/number.h"

#include <inttypes.h>

#define UNCHANGED 4711

static enum err to_u32(const char *text, uint32_t *value)
{
    struct slice copy = copy_exact(text, strlen(text));
    enum err err = number_to_u32(copy, value);
    free_copy(copy);
    return err;
}

static enum err to_i64(const char *text, int64_t *value)
{
    struct slice copy = copy_exact(text, strlen(text));
    enum err err = number_to_i64(copy, value);
    free_copy(copy);
    return err;
}

static void test_u32(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err err;
        uint32_t value;
    } cases[] = {
        {"0", ERR_OK, 0},
        {"7", ERR_OK, 7},
        {"007", ERR_OK, 7},
        {"00000000000000000000000000000012", ERR_OK, 12},
        {"4294967295", ERR_OK, UINT32_MAX},
        {"4294967296", ERR_RANGE, 0},
        {"4294967300", ERR_RANGE, 0},
        {"18446744073709551616", ERR_RANGE, 0}, /* 2^64 */
        {"18446744073709551617", ERR_RANGE, 0},
        {"42949672960000000000000000000000000001", ERR_RANGE, 0},
        {"-1", ERR_ARG, 0},
        {"-0", ERR_ARG, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint32_t value = UNCHANGED;
        enum err err = to_u32(cases[i].text, &value);
        assert_case(err == cases[i].err && value == (err == ERR_OK ? cases[i].value : UNCHANGED),
                    "%s: %s, %" PRIu32, cases[i].text, err_text(err), value);
    }
}

static void test_i64(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err err;
        int64_t value;
    } cases[] = {
        {"0", ERR_OK, 0},
        {"-0", ERR_OK, 0},
        {"-1", ERR_OK, -1},
        {"-007", ERR_OK, -7},
        {"1152921504606846976", ERR_OK, INT64_C(1) << 60},
        {"9223372036854775807", ERR_OK, INT64_MAX},
        {"-9223372036854775807", ERR_OK, -INT64_MAX},
        {"-9223372036854775808", ERR_OK, INT64_MIN},
        {"0009223372036854775807", ERR_OK, INT64_MAX},
        {"9223372036854775808", ERR_RANGE, 0},
        {"-9223372036854775809", ERR_RANGE, 0},
        {"18446744073709551615", ERR_RANGE, 0},
        {"18446744073709551616", ERR_RANGE, 0},
        {"18446744073709551617", ERR_RANGE, 0},
        {"-18446744073709551617", ERR_RANGE, 0},
        {"100000000000000000000", ERR_RANGE, 0},
        {"184467440737095516160", ERR_RANGE, 0},
        {"--1", ERR_ARG, 0},
        {"-", ERR_ARG, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t value = UNCHANGED;
        enum err err = to_i64(cases[i].text, &value);
        assert_case(err == cases[i].err && value == (err == ERR_OK ? cases[i].value : UNCHANGED),
                    "%s: %s, %" PRId64, cases[i].text, err_text(err), value);
    }
}

static void test_what_is_no_plain_integer(void **state)
{
    (void)state;
    static const char *const texts[] = {"",     " ",
                                        "+1",   " 1",
                                        "1 ",   "1.0",
                                        "1e3",  "0x10",
                                        "1a",   "a1",
                                        "1,0",  "1_0",
                                        "1-",   "1\n",
                                        "/",    ":",
                                        "\xB1", "\xEF\xBC\x91",
                                        "NaN",  "1:23",
                                        "1/23", "99999999999999999999999x"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        uint32_t u32 = UNCHANGED;
        int64_t i64 = UNCHANGED;
        assert_case(to_u32(texts[i], &u32) == ERR_ARG && u32 == UNCHANGED, "u32 of %s", texts[i]);
        assert_case(to_i64(texts[i], &i64) == ERR_ARG && i64 == UNCHANGED, "i64 of %s", texts[i]);
    }
    uint32_t value = UNCHANGED;
    assert_int_equal(number_to_u32((struct slice){"1\0", 2}, &value), ERR_ARG);
    assert_int_equal(number_to_u32(SLICE_EMPTY, &value), ERR_ARG);
}

static void test_text_of_numbers(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {9, "9"},
        {10, "10"},
        {-1, "-1"},
        {-10, "-10"},
        {1700000000, "1700000000"},
        {UINT32_MAX, "4294967295"},
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *out = malloc(NUMBER_TEXT_CAP);
        assert_non_null(out);
        assert_int_equal(number_from_i64(cases[i].value, out), strlen(cases[i].text));
        assert_string_equal(out, cases[i].text);
        free(out);
    }
}

static void test_numbers_survive_the_way_there_and_back(void **state)
{
    (void)state;
    for (unsigned shift = 0; shift < 63; shift++) {
        for (int64_t near = -1; near <= 1; near++) {
            char out[NUMBER_TEXT_CAP];
            int64_t value = (INT64_C(1) << shift) + near;
            int64_t back = UNCHANGED;
            size_t len = number_from_i64(-value, out);
            assert_int_equal(number_to_i64((struct slice){out, len}, &back), ERR_OK);
            assert_true(back == -value);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_u32),
        cmocka_unit_test(test_i64),
        cmocka_unit_test(test_what_is_no_plain_integer),
        cmocka_unit_test(test_text_of_numbers),
        cmocka_unit_test(test_numbers_survive_the_way_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
