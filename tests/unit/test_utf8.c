/* SPDX-License-Identifier: MIT */
/* UTF-8 and the cleaning of log lines (RFC 3629; R-56: a stranger's words must not write on a terminal), and how many lines a
 * second are written. */
// LINK: cloud_base
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/base/log_rate.h"
#include "cloud/base/utf8.h"

#include <string.h>

static void sequences_have_their_length(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
    } rows[] = {
        {"a", 1},
        {"\x7f", 1},
        {"\xc2\x80", 2},
        {"\xdf\xbf", 2},
        {"\xe0\xa0\x80", 3},
        {"\xed\x9f\xbf", 3},
        {"\xef\xbf\xbf", 3},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\x80", 0},             /* a second byte without a first one */
        {"\xc0\x80", 0},         /* overlong */
        {"\xc1\xbf", 0},         /* overlong */
        {"\xe0\x9f\xbf", 0},     /* overlong */
        {"\xf0\x8f\xbf\xbf", 0}, /* overlong */
        {"\xed\xa0\x80", 0},     /* a surrogate */
        {"\xf4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
        {"\xc3", 0}, /* cut off */
        {"\xe2\x82", 0},
        {"\xf0\x9f\x92", 0},
        {"\xc3z", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (utf8_step(rows[i].text, strlen(rows[i].text)) != rows[i].len) {
            fail_msg("row %zu", i);
        }
    }
}

static void lines_keep_letters_and_lose_what_a_terminal_obeys(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
    } rows[] = {
        {"", ""},
        {"plain text?", "plain text?"},
        {"p\xc3\xbcmpe \xe6\xb0\xb4 \xf0\x9f\x92\xa7", "p\xc3\xbcmpe \xe6\xb0\xb4 \xf0\x9f\x92\xa7"},
        {"a\x1b[2Jb", "a?[2Jb"},
        {"a\n\r\t\x01\x7f", "a?????"},
        {"\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "???\xc2\xa0"}, /* C1, and the first that is not */
        {"\x9b", "?"},                                       /* C1 of older terminals */
        {"\xff\xfe"
         "a",
         "??a"},
        {"\xe2\x82", "??"},
        {"\xed\xa0\x80", "???"},
        {"a\xc3", "a?"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[100];
        strcpy(line, rows[i].before);
        utf8_clean(line);
        assert_string_equal(line, rows[i].after);
    }
}

static void twenty_lines_a_second(void **state)
{
    (void)state;
    struct log_rate rate = {0};
    unsigned left_out = 7;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(log_rate_allows(&rate, 5000 + i, &left_out), i < 20);
        assert_int_equal(left_out, 0);
    }
    assert_true(log_rate_allows(&rate, 6000, &left_out));
    assert_int_equal(left_out, 30);
    assert_true(log_rate_allows(&rate, 6001, &left_out));
    assert_int_equal(left_out, 0); /* told once */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences_have_their_length),
        cmocka_unit_test(lines_keep_letters_and_lose_what_a_terminal_obeys),
        cmocka_unit_test(twenty_lines_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
