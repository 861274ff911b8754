/* SPDX-License-Identifier: MIT */
/* One line at a time; what stands in it is the caller's. */
#include "ports/linux/put_line.h"
#include "device/port/port_time.h"

#include <stdlib.h>

void put_line(FILE *out, const char *mark, const char *text, size_t len)
{
    uint64_t now_ms = port_time_monotonic_ms();
    char *line = NULL;
    int line_len = asprintf(&line, "[%5llu.%03u] %s%.*s\n", (unsigned long long)(now_ms / 1000),
                            (unsigned)(now_ms % 1000), mark, (int)len, text);
    if (line_len < 0) {
        return;
    }
    fwrite(line, 1, (size_t)line_len, out);
    fflush(out);
    free(line);
}
