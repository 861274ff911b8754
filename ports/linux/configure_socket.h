/* SPDX-License-Identifier: MIT */
/* Where a device that waits for its configuration listens, and what device-config speaks with it: a stream socket in the folder of the
 * records. The client sends one text and ends its half; the device answers and closes. */
#ifndef PORTS_LINUX_CONFIGURE_SOCKET_H
#define PORTS_LINUX_CONFIGURE_SOCKET_H

#define CONFIGURE_SOCKET       "configure"
#define CONFIGURE_PATIENCE_MS  5000 /* who is silent so long has gone */
#define CONFIGURE_ANSWER_BYTES 2048

struct sockaddr_un;

/* The address of the socket in the folder of this descriptor, whatever the length of the folder's name: it stays good as long as the
 * descriptor is open. */
void configure_socket_name(int folder, struct sockaddr_un *out);

#endif
