/* SPDX-License-Identifier: MIT */
/* The signatures inside an "aws-chunked" body (STREAMING-AWS4-HMAC-SHA256-PAYLOAD and -TRAILER): each chunk's covers the one
 * before it, so that no chunk can be changed, moved or left out. */
#ifndef CLOUD_HTTP_SIGV4_CHUNKS_H
#define CLOUD_HTTP_SIGV4_CHUNKS_H

#include "cloud/http/sigv4_key.h"
#include "common/slice.h"

struct sigv4_chain {
    unsigned char key[32];
    const char *date, *scope;
    char last[SIGV4_HEX_CAP]; /* at first the request's own signature */
};

/* Does every chunk, and with has_trailer what follows the last one, carry the right signature? */
bool sigv4_chunks_are_signed(struct sigv4_chain *chain, struct slice body, bool has_trailer);

#endif
