/* SPDX-License-Identifier: MIT */
/* aws-chunked: SIZE[;chunk-signature=...]CRLF DATA CRLF ... 0[;...]CRLF trailers. Signatures and trailing checksums are
 * not verified: iot-local has no secrets, and the connection is local. */
#include "cloud/http/s3/s3.h"

#include <string.h>

#define SIZE_DIGITS_MAX 8

/* The chunk's size; -1 when the line does not begin with one. */
static long read_size(const char *line, size_t len)
{
    long size = 0;
    size_t digits = 0;
    while (digits < len && line[digits] != ';') {
        char c = line[digits];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0 || digits >= SIZE_DIGITS_MAX) {
            return -1;
        }
        size = size * 16 + digit;
        digits++;
    }
    return digits > 0 ? size : -1;
}

enum err s3_chunked_decode(char *body, size_t len, size_t *decoded_len)
{
    size_t at = 0;
    size_t used = 0;
    while (at < len) {
        const char *end = memmem(body + at, len - at, "\r\n", 2);
        long size = end ? read_size(body + at, (size_t)(end - body) - at) : -1;
        if (size < 0) {
            return ERR_ARG;
        }
        at = (size_t)(end - body) + 2;
        if (size == 0) {
            *decoded_len = used;
            return ERR_OK;
        }
        if (len - at < (size_t)size + 2 || memcmp(body + at + size, "\r\n", 2) != 0) {
            return ERR_ARG;
        }
        memmove(body + used, body + at, (size_t)size);
        used += (size_t)size;
        at += (size_t)size + 2;
    }
    return ERR_ARG;
}
