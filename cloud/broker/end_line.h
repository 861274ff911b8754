/* SPDX-License-Identifier: MIT */
/* The line by which the plugin tells the daemon, through mosquitto's log, that a connection has ended, right behind
 * mosquitto's own line about that end: mosquitto knows why but not whose connection ended, the plugin knows whose but not why.
 * No device can write such a line: mosquitto's lines begin with mosquitto's words, and MQTT's texts have no line ends. */
#ifndef CLOUD_BROKER_END_LINE_H
#define CLOUD_BROKER_END_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct end_line {
    bool is_told;         /* the plugin has said why already */
    char address[64];     /* "" = not known, as in the two that follow */
    char certificate[65]; /* or the beginning of the certificate's id */
    char client_id[129];
};

void end_line_write(const struct end_line *end, char *out, size_t cap);

/* false: another line; *end is unchanged. */
bool end_line_parse(const char *line, struct end_line *end);

#endif
