/* SPDX-License-Identifier: MIT */
#include "cloud/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void memory_out(void)
{
    fputs("iot-local: out of memory\n", stderr);
    abort();
}

static void *or_end(void *memory)
{
    if (!memory) {
        memory_out();
    }
    return memory;
}

void *memory_resize(void *memory, size_t size)
{
    return or_end(realloc(memory, size));
}

void *memory_zeroed(size_t size)
{
    return or_end(calloc(1, size));
}

void *memory_copy(const void *bytes, size_t len)
{
    char *copy = memory_resize(NULL, len + 1);
    if (len > 0) {
        memcpy(copy, bytes, len);
    }
    copy[len] = '\0';
    return copy;
}
