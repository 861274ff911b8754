/* SPDX-License-Identifier: MIT */
/* One option, for a socket of lwIP or of the host: see socket.h. */
#include "ports/esp_idf/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

void socket_set_no_delay(int socket)
{
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}
