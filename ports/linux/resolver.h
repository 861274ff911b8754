/* SPDX-License-Identifier: MIT */
/* The system's resolver with a bound: getaddrinfo may take minutes, and nothing can end it. */
#ifndef PORTS_LINUX_RESOLVER_H
#define PORTS_LINUX_RESOLVER_H

#include "common/err.h"

#include <netdb.h>
#include <stdint.h>

#define RESOLVER_HOST_CAP 256

/* The addresses of `host`, to be freed with freeaddrinfo, when the result is ERR_OK. ERR_OFFLINE: there are none, and *why (static text)
 * says why. ERR_TIMEOUT: the resolver has not answered at until_ms (port_time_monotonic_ms). ERR_STALE: stop_fd became readable.
 * ERR_FULL: no memory, no thread. A resolver that answers later leaves nothing behind. */
enum err resolver_find(const char *host, int stop_fd, uint64_t until_ms, struct addrinfo **found,
                       const char **why);

#endif
