/* SPDX-License-Identifier: MIT */
#include "ports/linux/configure_socket.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

/* An address has 108 bytes, a folder's name may have more. */
void configure_socket_name(int folder, struct sockaddr_un *out)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(out->sun_path, sizeof(out->sun_path), "/proc/self/fd/%d/" CONFIGURE_SOCKET, folder);
}
