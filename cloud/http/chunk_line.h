/* SPDX-License-Identifier: MIT */
/* The lines of an "aws-chunked" body, for who takes its framing off and for who checks its signatures. */
#ifndef CLOUD_HTTP_CHUNK_LINE_H
#define CLOUD_HTTP_CHUNK_LINE_H

#include "common/slice.h"

/* Cuts the next line off, without its CRLF; false: there is none. */
bool chunk_line_next(struct slice *rest, struct slice *line);

/* The size of a chunk: 1 to 8 hexadecimal digits. false: it is not one. */
bool chunk_line_size(struct slice digits, size_t *size);

#endif
