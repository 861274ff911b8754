/* SPDX-License-Identifier: MIT */
/* The two listening sockets, made by us because their permissions and options matter. */
#ifndef CLOUD_HTTP_LISTENER_H
#define CLOUD_HTTP_LISTENER_H

#include <stddef.h>
#include <stdint.h>

/* Both return a non-blocking listening socket, or -1 and one line in `why`. */

/* address: numeric. *port: the port in use, also when it was 0. option: by which one chooses another port, for `why`. errno is that of
 * what failed. */
int listener_open_tcp(const char *address, uint16_t *port, const char *option, char *why, size_t why_cap);

/* Mode 0600. A socket left by a killed daemon is replaced; the data directory's lock keeps two daemons apart. */
int listener_open_unix(const char *path, char *why, size_t why_cap);

#endif
