/* SPDX-License-Identifier: MIT */
/* Options of a socket. In a file of its own, because lwIP's headers and common/err.h both define ERR_OK. */
#ifndef PORTS_ESP_IDF_SOCKET_H
#define PORTS_ESP_IDF_SOCKET_H

/* From now on the stack sends what is written at once, and does not wait for more. */
void socket_set_no_delay(int socket);

#endif
