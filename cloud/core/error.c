/* SPDX-License-Identifier: MIT */
#include "cloud/base/utf8.h"
#include "cloud/core/core_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void core_error_clear(struct core_error *error)
{
    free(error->details);
    *error = (struct core_error){.code = CORE_OK};
}

enum core_code core_fail(struct core_error *error, enum core_code code, const char *format, ...)
{
    core_error_clear(error);
    error->code = code;
    va_list args;
    va_start(args, format);
    char text[CORE_MESSAGE_CAP + 4]; /* room to see whether the last character that fits is whole */
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(error->message, sizeof error->message, "%.*s", utf8_fit(text, sizeof error->message - 1), text);
    utf8_clean(error->message);
    return code;
}

enum core_code core_fail_storage(struct core *core, struct core_error *error)
{
    const char *why = store_error(core->store);
    return core_fail(error, CORE_INTERNAL, "the database failed: %s", *why ? why : "out of memory");
}
