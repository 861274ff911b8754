/* SPDX-License-Identifier: MIT */
#include "cloud/core/provisioning/template_sub.h"

#include <string.h>

static void skip(struct slice *text, size_t len)
{
    text->ptr += len;
    text->len -= len;
}

int template_sub_next(struct slice *text, struct sub_piece *piece)
{
    const char *open = text->len ? memmem(text->ptr, text->len, "${", 2) : NULL;
    if (text->len == 0) {
        return 0;
    }
    if (open != text->ptr) {
        *piece = (struct sub_piece){{text->ptr, open ? (size_t)(open - text->ptr) : text->len}, false};
        skip(text, piece->text.len);
        return 1;
    }
    const char *close = memchr(text->ptr, '}', text->len);
    if (!close || close == open + 2) {
        return -1;
    }
    struct slice name = {open + 2, (size_t)(close - open) - 2};
    if (*name.ptr != '!') {
        *piece = (struct sub_piece){name, true};
        skip(text, name.len + 3);
        return 1;
    }
    /* "${!NAME}" is the text "${NAME}": first "${", then the rest, from which the '!' is gone */
    *piece = (struct sub_piece){{open, 2}, false};
    skip(text, 3);
    return 1;
}
