/* SPDX-License-Identifier: MIT */
#include "cloud/core/core_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void core_error_clear(struct core_error *error)
{
    free(error->details);
    *error = (struct core_error){.code = CORE_OK};
}

static void make_printable(char *text)
{
    for (; *text; text++) {
        if (*text < 0x20 || *text > 0x7e) {
            *text = '?';
        }
    }
}

enum core_code core_fail(struct core_error *error, enum core_code code, const char *format, ...)
{
    core_error_clear(error);
    error->code = code;
    va_list args;
    va_start(args, format);
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    make_printable(error->message);
    return code;
}

enum core_code core_fail_storage(struct core *core, struct core_error *error)
{
    const char *why = store_error(core->store);
    return core_fail(error, CORE_INTERNAL, "the database failed: %s", *why ? why : "out of memory");
}
