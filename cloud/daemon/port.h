/* SPDX-License-Identifier: MIT */
/* TCP ports, before somebody else's program listens on them: mosquitto can not choose one itself. */
#ifndef CLOUD_PORT_H
#define CLOUD_PORT_H

#include <stdbool.h>
#include <stdint.h>

/* Can a server listen on this address and port now? errno when not: EADDRINUSE, EACCES, EADDRNOTAVAIL, ...; EINVAL: the
 * text is not an IPv4 or IPv6 address. */
bool port_is_free(const char *address, uint16_t port);

/* A port that was free a moment ago; 0: errno. */
uint16_t port_pick(const char *address);

#endif
