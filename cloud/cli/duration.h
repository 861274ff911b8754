/* SPDX-License-Identifier: MIT */
#ifndef CLOUD_CLI_DURATION_H
#define CLOUD_CLI_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* "90s", "10m", "1h30m", "2d", "500ms": numbers with their units (d, h, m, s, ms), each unit once and the longer ones first.
 * false: no such text, or more than ten years; *ms is unchanged. */
bool duration_parse(const char *text, int64_t *ms);

#endif
