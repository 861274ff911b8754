/* SPDX-License-Identifier: MIT */
#include "cloud/daemon/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
};

static socklen_t parse(const char *text, uint16_t port, union address *address)
{
    *address = (union address){0};
    if (inet_pton(AF_INET, text, &address->ipv4.sin_addr) == 1) {
        address->ipv4.sin_family = AF_INET;
        address->ipv4.sin_port = htons(port);
        return sizeof(address->ipv4);
    }
    if (inet_pton(AF_INET6, text, &address->ipv6.sin6_addr) == 1) {
        address->ipv6.sin6_family = AF_INET6;
        address->ipv6.sin6_port = htons(port);
        return sizeof(address->ipv6);
    }
    errno = EINVAL;
    return 0;
}

/* As mosquitto does it: SO_REUSEADDR, so that connections of an earlier run do not count. Returns the port. */
static int try_to_bind(const char *text, uint16_t port)
{
    union address address;
    socklen_t len = parse(text, port, &address);
    int yes = 1;
    int result = -1;
    int fd = len > 0 ? socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0) {
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
        bind(fd, &address.any, len) == 0 && listen(fd, 1) == 0 && getsockname(fd, &address.any, &len) == 0) {
        result = ntohs(address.any.sa_family == AF_INET ? address.ipv4.sin_port : address.ipv6.sin6_port);
    }
    int code = errno;
    close(fd);
    errno = code;
    return result;
}

bool port_is_free(const char *address, uint16_t port)
{
    return try_to_bind(address, port) >= 0;
}

uint16_t port_pick(const char *address)
{
    int port = try_to_bind(address, 0);
    return port > 0 ? (uint16_t)port : 0;
}
