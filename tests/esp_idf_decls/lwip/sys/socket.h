/* SPDX-License-Identifier: MIT */
/* Our own declarations, see README.md: sockets, for a compiler whose C library has none. */
#ifndef TESTS_ESP_IDF_DECLS_SOCKET_H
#define TESTS_ESP_IDF_DECLS_SOCKET_H

#include <stdint.h>

#define IPPROTO_TCP 6
#define TCP_NODELAY 1
int setsockopt(int socket, int level, int option, const void *value, uint32_t len);

#endif
