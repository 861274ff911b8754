/* SPDX-License-Identifier: MIT */
/* common/date: a time in seconds as people read it, against the C library's calendar. */
// LINK: common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/date.h"

#include <time.h>

static void expect(int64_t seconds, const char *text)
{
    char out[DATE_CAP];
    date_write(seconds, out);
    assert_string_equal(out, text);
}

static void test_known_times(void **state)
{
    (void)state;
    expect(0, "1970-01-01T00:00:00Z");
    expect(1735689600, "2025-01-01T00:00:00Z");
    expect(1709251199, "2024-02-29T23:59:59Z");
    expect(1709251200, "2024-03-01T00:00:00Z");
    expect(4107542400, "2100-03-01T00:00:00Z"); /* no leap year */
    expect(INT64_C(253402300799), "9999-12-31T23:59:59Z");
}

/* A stored time is bytes from a flash, a clock is anybody's. */
static void test_times_that_nobody_can_write(void **state)
{
    (void)state;
    expect(-1, "1970-01-01T00:00:00Z");
    expect(INT64_MIN, "1970-01-01T00:00:00Z");
    expect(INT64_MAX, "9999-12-31T23:59:59Z");
}

static void test_every_day_of_four_centuries(void **state)
{
    (void)state;
    for (int64_t seconds = 12345; seconds < INT64_C(400) * 366 * 86400; seconds += 86399) {
        const time_t at = (time_t)seconds;
        char text[DATE_CAP];
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime(&at));
        expect(seconds, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_times),
        cmocka_unit_test(test_times_that_nobody_can_write),
        cmocka_unit_test(test_every_day_of_four_centuries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
