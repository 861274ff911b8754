/* SPDX-License-Identifier: MIT */
/* The one policy of iot-local's processes on running out of memory: the process ends at once, with a line. A service that
 * cannot allocate cannot answer either, and its database is safe at any moment. Only the broker plugin does otherwise
 * (cloud/broker, cloud/access): mosquitto must never go down with it, so there the request at hand is refused. */
#ifndef CLOUD_BASE_MEMORY_H
#define CLOUD_BASE_MEMORY_H

#include <stddef.h>

void *memory_resize(void *memory, size_t size); /* NULL: a new block; size >= 1 */
void *memory_zeroed(size_t size);

/* A copy of `len` bytes with a NUL behind them. The caller frees. */
void *memory_copy(const void *bytes, size_t len);

/* For a library that says by itself that it has found no memory. */
_Noreturn void memory_out(void);

#endif
