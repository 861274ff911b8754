/* SPDX-License-Identifier: MIT */
/* device/core/text.h, the builder of lines: what printf would make of the same format, cleaned, and cut between code points. Cleaning
 * itself is tested with details (test_details.c). */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static char line[64];

__attribute__((format(printf, 2, 3))) static void add(size_t cap, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text_append_format(line, cap, format, args);
    va_end(args);
}

/* The same words from printf. */
#define ASSERT_LIKE_PRINTF(...)                                                                              \
    do {                                                                                                     \
        char wanted[64];                                                                                     \
        snprintf(wanted, sizeof(wanted), __VA_ARGS__);                                                       \
        line[0] = '\0';                                                                                      \
        add(sizeof(line), __VA_ARGS__);                                                                      \
        assert_string_equal(line, wanted);                                                                   \
    } while (0)

static void test_conversions(void **state)
{
    (void)state;
    static const char three[] = {'a', 'b', 'c'}; /* no NUL */
    ASSERT_LIKE_PRINTF("plain");
    ASSERT_LIKE_PRINTF("%s", "");
    ASSERT_LIKE_PRINTF("a %s b %s c", "one", "two");
    ASSERT_LIKE_PRINTF("%.2s|%.12s|%.0s|", "abc", "abc", "abc");
    ASSERT_LIKE_PRINTF("%.*s|%.*s", 3, three, 2, three);
    ASSERT_LIKE_PRINTF("%d %d %d", 0, INT_MIN, INT_MAX);
    ASSERT_LIKE_PRINTF("%u %u", 0u, UINT_MAX);
    ASSERT_LIKE_PRINTF("%ld %ld", LONG_MIN, LONG_MAX);
    ASSERT_LIKE_PRINTF("%lu %zu", (unsigned long)LONG_MAX, (size_t)7);
    ASSERT_LIKE_PRINTF("%d%%", 50);
    ASSERT_LIKE_PRINTF("%u%s%ld", 1u, "2", 3l);
    ASSERT_LIKE_PRINTF("%ld %d %zu %d", 3l, -3, (size_t)4, -4); /* a size is of its conversion only */
}

static void test_appends_and_cuts(void **state)
{
    (void)state;
    strcpy(line, "who: ");
    add(12, "%s-%u", "abc", 123456u);
    assert_string_equal(line, "who: abc-12");
    add(12, "more");
    assert_string_equal(line, "who: abc-12");
    line[0] = '\0';
    add(5, "abc%s", "\xc3\xa4"); /* the last character does not fit whole */
    assert_string_equal(line, "abc");
}

/* Arguments may come from the network. */
static void test_arguments_are_cleaned(void **state)
{
    (void)state;
    line[0] = '\0';
    add(sizeof(line), "'%s' '%.3s'", "a\nb\"\\\x1b[0m", "ab\xc3\xa4");
    assert_string_equal(line, "'a b'/ [0m' 'ab?'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conversions),
        cmocka_unit_test(test_appends_and_cuts),
        cmocka_unit_test(test_arguments_are_cleaned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
