/* SPDX-License-Identifier: MIT */
/* What this version or this platform does not have: the function that is asked for it says so, once in the life of the program. */
#ifndef DEVICE_API_ONCE_H
#define DEVICE_API_ONCE_H

#include <stdatomic.h>
#include <stdbool.h>

/* For the body of a public function, whose name the line begins with. */
#define ONCE_ERROR(text)                                                                                     \
    do {                                                                                                     \
        static atomic_flag is_said = ATOMIC_FLAG_INIT;                                                       \
        once_error(&is_said, __func__, (text));                                                              \
    } while (0)

void once_error(atomic_flag *is_said, const char *who, const char *text);

#endif
