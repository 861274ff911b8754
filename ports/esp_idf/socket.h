/* SPDX-License-Identifier: MIT */
/* Options of a socket, in a file of its own: lwIP's headers and common/err.h both have an ERR_OK. */
#ifndef PORTS_ESP_IDF_SOCKET_H
#define PORTS_ESP_IDF_SOCKET_H

/* Sends what is written at once. */
void socket_set_no_delay(int socket);

#endif
