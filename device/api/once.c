/* SPDX-License-Identifier: MIT */
/* A line of the log that is written once: see once.h. */
#include "device/api/once.h"
#include "device/api/line.h"

void once_error(atomic_flag *is_said, const char *who, const char *text)
{
    if (!atomic_flag_test_and_set(is_said)) {
        line_error(who, text);
    }
}
