/* SPDX-License-Identifier: MIT */
/* Cuts PEM text into blocks. Whether their content is good is up to the TLS library. */
#include "common/pem.h"

#include <string.h>

/* Takes a line off *rest, without its end and the white space before that. */
static struct slice take_line(struct slice *rest)
{
    struct slice line = slice_cut(rest, '\n');
    while (line.len > 0 && strchr(" \t\r", line.ptr[line.len - 1])) {
        line.len--;
    }
    return line;
}

/* Whether the line is a boundary; then *label is what it names. */
static bool is_boundary(struct slice line, const char *start, struct slice *label)
{
    static const char end[] = "-----";
    size_t around = strlen(start) + strlen(end);
    if (line.len <= around || !slice_starts_with(line, start) || !slice_ends_with(line, end)) {
        return false;
    }
    *label = (struct slice){line.ptr + strlen(start), line.len - around};
    return true;
}

bool pem_next(struct slice *rest, struct pem_block *block)
{
    struct slice label = SLICE_EMPTY, end_label;
    const char *body = NULL;
    while (rest->len > 0) {
        struct slice line = take_line(rest);
        if (is_boundary(line, "-----BEGIN ", &label)) {
            body = rest->ptr; /* a second BEGIN: the one before it has no end */
        } else if (body && is_boundary(line, "-----END ", &end_label) && slice_equals(label, end_label)) {
            *block = (struct pem_block){label, {body, (size_t)(line.ptr - body)}};
            return true;
        }
    }
    return false;
}

bool pem_find(const char *text, const char *label_end, struct pem_block *block)
{
    struct slice rest = slice_from(text);
    struct pem_block found;
    while (pem_next(&rest, &found)) {
        if (slice_ends_with(found.label, label_end)) {
            *block = found;
            return true;
        }
    }
    return false;
}

static const char blanks[] = " \t\r\n";

bool pem_is_reference(const char *text)
{
    if (!text) {
        return false;
    }
    text += strspn(text, blanks);
    const char *end = text + strcspn(text, "\n");
    /* RFC 3986, 3.1, in small letters; one letter alone is a drive of somebody's file name. */
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+.-");
    return len > 1 && text[0] >= 'a' && text[len] == ':' && end[strspn(end, blanks)] == '\0';
}

bool pem_refers_to(const char *text, const char *scheme)
{
    if (!pem_is_reference(text)) {
        return false;
    }
    text += strspn(text, blanks);
    size_t len = strlen(scheme);
    return strncmp(text, scheme, len) == 0 && text[len] == ':';
}

bool pem_is_encrypted(const struct pem_block *block)
{
    if (slice_is(block->label, "ENCRYPTED PRIVATE KEY")) {
        return true;
    }
    struct slice rest = block->body;
    struct slice first = take_line(&rest); /* RFC 1421, 4.6.1.1: Proc-Type comes first */
    return slice_starts_with(first, "Proc-Type:") && slice_ends_with(first, "ENCRYPTED");
}
