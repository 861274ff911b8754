/* SPDX-License-Identifier: MIT */
#include "cloud/base/text.h"
#include "cloud/core/core_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void core_error_clear(struct core_error *error)
{
    free(error->details);
    *error = (struct core_error){.code = CORE_OK};
}

/* A text that was cut to fit may end inside a character: that rest goes. */
static void drop_torn_end(char *text, size_t len)
{
    size_t at = len;
    while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80) {
        at--;
    }
    if (at > 0 && (unsigned char)text[at - 1] >= 0xc0 && !text_is_utf8(text + at - 1, len - (at - 1))) {
        text[at - 1] = '\0';
    }
}

enum core_code core_fail(struct core_error *error, enum core_code code, const char *format, ...)
{
    core_error_clear(error);
    error->code = code;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    if (len >= (int)sizeof error->message) {
        drop_torn_end(error->message, sizeof error->message - 1);
    }
    text_make_printable(error->message);
    return code;
}

enum core_code core_fail_storage(struct core *core, struct core_error *error)
{
    const char *why = store_error(core->store);
    return core_fail(error, CORE_INTERNAL, "the database failed: %s", *why ? why : "out of memory");
}

enum core_code core_check_page(int64_t offset, int64_t limit, struct core_error *error)
{
    if (offset < 0 || limit < 1 || limit > CORE_PAGE_MAX) {
        return core_fail(error, CORE_INVALID_REQUEST, "a page holds 1 to %d entries", CORE_PAGE_MAX);
    }
    return CORE_OK;
}
