/* SPDX-License-Identifier: MIT */
#include "cloud/broker/end_line.h"

#include "common/slice.h"

#include <stdio.h>

#define HEAD "iot-local-end "

static const char *or_dash(const char *text)
{
    return text[0] != '\0' ? text : "-";
}

void end_line_write(const struct end_line *end, char *out, size_t cap)
{
    snprintf(out, cap, HEAD "%d %s %s %s", end->is_told, or_dash(end->address), or_dash(end->certificate),
             end->client_id);
}

/* The next word, "" for a dash. false: the word is too long. */
static bool read_word(struct slice *rest, char *out, size_t cap)
{
    struct slice word = slice_cut(rest, ' ');
    return slice_copy(slice_is(word, "-") ? SLICE_EMPTY : word, out, cap) == ERR_OK;
}

bool end_line_parse(const char *line, struct end_line *end)
{
    struct slice rest = slice_from(line);
    struct end_line read = {0};
    if (!slice_starts_with(rest, HEAD)) {
        return false;
    }
    rest = (struct slice){rest.ptr + sizeof(HEAD) - 1, rest.len - (sizeof(HEAD) - 1)};
    read.is_told = slice_is(slice_cut(&rest, ' '), "1");
    if (!read_word(&rest, read.address, sizeof(read.address)) ||
        !read_word(&rest, read.certificate, sizeof(read.certificate)) ||
        slice_copy(rest, read.client_id, sizeof(read.client_id)) !=
            ERR_OK) { /* a client id may have blanks in it */
        return false;
    }
    *end = read;
    return true;
}
