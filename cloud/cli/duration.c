/* SPDX-License-Identifier: MIT */
#include "cloud/cli/duration.h"

#include "common/number.h"

#include <stddef.h>
#include <string.h>

#define MAX_MS (INT64_C(3660) * 24 * 60 * 60 * 1000)

static const struct {
    const char *name;
    int64_t ms;
} units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
#define UNIT_COUNT (sizeof units / sizeof units[0])

bool duration_parse(const char *text, int64_t *ms)
{
    static const char digits[] = "0123456789";
    int64_t sum = 0;
    size_t least = 0; /* the longest unit that may still come */
    if (!*text) {
        return false;
    }
    while (*text) {
        int64_t number;
        size_t digit_count = strspn(text, digits);
        struct slice name = {text + digit_count, strcspn(text + digit_count, digits)};
        size_t i = least;
        while (i < UNIT_COUNT && !slice_is(name, units[i].name)) {
            i++;
        }
        if (number_to_i64((struct slice){text, digit_count}, &number) != ERR_OK || i == UNIT_COUNT ||
            number > MAX_MS / units[i].ms) {
            return false;
        }
        sum += number * units[i].ms;
        least = i + 1;
        text = name.ptr + name.len;
    }
    if (sum > MAX_MS) {
        return false;
    }
    *ms = sum;
    return true;
}
