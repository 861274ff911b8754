/* SPDX-License-Identifier: MIT */
/* Not gmtime_r: in a C11 program without POSIX there is none, and gmtime has one buffer for all tasks. */
#include "common/date.h"

#include <stdbool.h>

#define DAY_S  86400
#define LAST_S INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_of(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 1 && is_leap(year) ? 29u : days[month];
}

/* `count` digits that end before `end`. */
static void write_digits(char *end, unsigned count, unsigned value)
{
    while (count-- > 0) {
        *--end = (char)('0' + value % 10);
        value /= 10;
    }
}

void date_write(int64_t seconds, char out[DATE_CAP])
{
    static const char form[DATE_CAP] = "0000-00-00T00:00:00Z";
    const int64_t at_s = seconds < 0 ? 0 : seconds > LAST_S ? LAST_S : seconds;
    unsigned days = (unsigned)(at_s / DAY_S), rest = (unsigned)(at_s % DAY_S), year = 1970, month = 0;

    while (days >= 365u + (unsigned)is_leap(year)) {
        days -= 365u + is_leap(year++);
    }
    while (days >= days_of(year, month)) {
        days -= days_of(year, month++);
    }
    for (unsigned i = 0; i < DATE_CAP; i++) {
        out[i] = form[i];
    }
    write_digits(out + 4, 4, year);
    write_digits(out + 7, 2, month + 1);
    write_digits(out + 10, 2, days + 1);
    write_digits(out + 13, 2, rest / 3600);
    write_digits(out + 16, 2, rest / 60 % 60);
    write_digits(out + 19, 2, rest % 60);
}
