/* SPDX-License-Identifier: MIT */
#include "cloud/http/sigv4_chunks.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/http/chunk_line.h"

#include <stdlib.h>
#include <string.h>

#define SIGNATURE_FIELD   "chunk-signature="
#define TRAILER_SIGNATURE "x-amz-trailer-signature:"

/* Is `told` the signature of these bytes at this place of the chain? Then it becomes the last one. */
static bool advance(struct sigv4_chain *chain, const char *kind, const char *between, struct slice bytes,
                    struct slice told)
{
    char digest[SIGV4_HEX_CAP];
    char wanted[SIGV4_HEX_CAP];
    char given[SIGV4_HEX_CAP] = "";
    sigv4_digest(bytes.ptr, bytes.len, digest);
    char *text = text_format("AWS4-HMAC-SHA256-%s\n%s\n%s\n%s\n%s%s", kind, chain->date, chain->scope,
                             chain->last, between, digest);
    sigv4_sign(chain->key, text, wanted);
    free(text);
    bool is_good = slice_copy(told, given, sizeof given) == ERR_OK && sigv4_is_same(given, wanted);
    memcpy(chain->last, wanted, sizeof wanted);
    return is_good;
}

/* "SIZE;chunk-signature=HEX" CRLF, the bytes, CRLF (none behind the last chunk of a body with a trailer). */
static bool take_chunk(struct sigv4_chain *chain, struct slice *rest, bool *is_last)
{
    static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n";
    struct slice line;
    size_t size;
    if (!chunk_line_next(rest, &line)) {
        return false;
    }
    struct slice told = line;
    if (!chunk_line_size(slice_cut(&told, ';'), &size) || !told.ptr ||
        !slice_starts_with(told, SIGNATURE_FIELD) || size > rest->len) {
        return false;
    }
    told = (struct slice){told.ptr + strlen(SIGNATURE_FIELD), told.len - strlen(SIGNATURE_FIELD)};
    struct slice bytes = {rest->ptr, size};
    *rest = (struct slice){rest->ptr + size, rest->len - size};
    *is_last = size == 0;
    if (!*is_last && !(chunk_line_next(rest, &line) && line.len == 0)) {
        return false;
    }
    return advance(chain, "PAYLOAD", empty, bytes, told);
}

/* "name:value" CRLF ... "x-amz-trailer-signature:HEX" CRLF; signed are the lines, each with one LF. */
static bool take_trailer(struct sigv4_chain *chain, struct slice rest)
{
    char *lines = memory_zeroed(rest.len + 1);
    size_t used = 0;
    struct slice line;
    bool is_good = false;
    while (!is_good && chunk_line_next(&rest, &line) && line.len > 0) {
        if (slice_starts_with(line, TRAILER_SIGNATURE)) {
            size_t len = strlen(TRAILER_SIGNATURE);
            is_good = advance(chain, "TRAILER", "", (struct slice){lines, used},
                              (struct slice){line.ptr + len, line.len - len});
            break;
        }
        memcpy(lines + used, line.ptr, line.len);
        used += line.len;
        lines[used++] = '\n';
    }
    free(lines);
    return is_good;
}

bool sigv4_chunks_are_signed(struct sigv4_chain *chain, struct slice body, bool has_trailer)
{
    bool is_last = false;
    while (!is_last) {
        if (!take_chunk(chain, &body, &is_last)) {
            return false;
        }
    }
    return !has_trailer || take_trailer(chain, body);
}
