/* SPDX-License-Identifier: MIT */
#include "cloud/http/listener.h"

#include "common/number.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128

/* 0: unknown */
static uint16_t bound_port(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    char text[8];
    uint32_t port = 0;
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0 ||
        getnameinfo((struct sockaddr *)&address, len, NULL, 0, text, sizeof text, NI_NUMERICSERV) != 0 ||
        number_to_u32(slice_from(text), &port) != ERR_OK) {
        return 0;
    }
    return (uint16_t)port;
}

static void say_why(const char *address, uint16_t port, const char *option, int error, char *why,
                    size_t why_cap)
{
    if (error == EADDRINUSE) {
        snprintf(why, why_cap, "HTTP port %u on %s is in use: choose another one with %s", port, address,
                 option);
    } else if (error == EADDRNOTAVAIL) {
        snprintf(why, why_cap, "%s is no address of this machine", address);
    } else {
        snprintf(why, why_cap, "cannot listen for HTTP on %s port %u: %s", address, port, strerror(error));
    }
}

int listener_open_tcp(const char *address, uint16_t *port, const char *option, char *why, size_t why_cap)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char service[8];
    int on = 1;
    snprintf(service, sizeof service, "%u", *port);
    if (getaddrinfo(address, service, &hints, &found) != 0) {
        snprintf(why, why_cap, "'%s' is no IP address to listen on", address);
        return -1;
    }
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* Accepted sockets inherit TCP_NODELAY: an answer waits for no acknowledgement of its first half. */
    bool is_good = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                   setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
                   bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
    int error = errno;
    freeaddrinfo(found);
    if (is_good) {
        *port = bound_port(fd);
        return fd;
    }
    say_why(address, *port, option, error, why, why_cap);
    if (fd >= 0) {
        close(fd);
    }
    errno = error;
    return -1;
}

static void remove_old_socket(const char *path)
{
    struct stat old;
    if (lstat(path, &old) == 0 && S_ISSOCK(old.st_mode)) {
        unlink(path);
    }
}

int listener_open_unix(const char *path, char *why, size_t why_cap)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        snprintf(why, why_cap, "%s has more than %zu characters: choose a shorter --data", path,
                 sizeof address.sun_path - 1);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    remove_old_socket(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* Nobody can connect before listen: the mode is right in time. */
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
        chmod(path, 0600) == 0 && listen(fd, BACKLOG) == 0) {
        return fd;
    }
    snprintf(why, why_cap, "cannot listen on %s: %s", path, strerror(errno));
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}
