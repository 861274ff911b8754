/* SPDX-License-Identifier: MIT */
/* Hears what mosquitto logs, each line at the moment when it is written, and passes it on to where it went before. mosquitto tells
 * a plugin that a connection has ended but not why; its log says why, on the line before. The tap takes the place of the C
 * library's stderr, a variable in glibc; what does not go through stdio (the last words of a crash) takes the old way. */
#ifndef CLOUD_BROKER_LOG_TAP_H
#define CLOUD_BROKER_LOG_TAP_H

#include <stdbool.h>
#include <stdio.h>

#define LOG_TAP_LINE_CAP 1024 /* of a longer line only the beginning is heard; all of it is passed on */

struct log_tap {
    void (*hear)(void *ctx, const char *line); /* without its end */
    void *ctx;
    FILE *before, *own; /* own NULL: closed */
    char line[LOG_TAP_LINE_CAP];
    size_t len; /* of the line that has not ended yet, at most LOG_TAP_LINE_CAP - 1 */
};

/* The tap stays where it is until it is closed. false: out of memory, and all is as before. */
bool log_tap_open(struct log_tap *tap, void (*hear)(void *ctx, const char *line), void *ctx);
void log_tap_close(struct log_tap *tap); /* {0} is fine, too */

#endif
