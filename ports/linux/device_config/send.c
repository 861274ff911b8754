/* SPDX-License-Identifier: MIT */
/* The device that has the folder of the records: whether there is one, and what it answers. */
#include "common/json.h"
#include "ports/linux/configure_socket.h"
#include "ports/linux/device_config/device_config.h"
#include "ports/linux/store_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define TRIES    20 /* a device that starts has the folder's lock a moment before it listens */
#define PAUSE_NS 100000000

/* Longer than a device waits for clients before us (CONFIGURE_PATIENCE_MS each), and than it needs for its checks. */
#define PATIENCE_S 30

/* A device that is stopped answers nothing, and nobody should wait for it without a word. */
static int connect_to(int folder)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    struct sockaddr_un name;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    configure_socket_name(folder, &name);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (fd >= 0 && connect(fd, (struct sockaddr *)&name, sizeof(name))) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

static bool is_free(int folder)
{
    if (flock(folder, LOCK_EX | LOCK_NB)) {
        return false;
    }
    flock(folder, LOCK_UN);
    return true;
}

static enum holder look(int folder, int *fd)
{
    for (int i = 0; i < TRIES; i++) {
        *fd = connect_to(folder);
        if (*fd >= 0) {
            return HOLDER_WAITING;
        }
        if (errno != ENOENT && errno != ECONNREFUSED) {
            say("cannot reach the device: %s", strerror(errno));
            return HOLDER_BAD;
        }
        if (is_free(folder)) {
            return HOLDER_NONE;
        }
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
    return HOLDER_BUSY;
}

enum holder send_find(int *fd)
{
    int folder = store_folder_look();

    if (folder < 0) {
        if (errno == ENOENT) {
            return HOLDER_NONE; /* it is made when something is stored */
        }
        say("cannot open the folder '%s': %s", getenv("DEVICE_STATE_DIR"), strerror(errno));
        return HOLDER_BAD;
    }
    enum holder holder = look(folder, fd);
    close(folder);
    return holder;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t done = send(fd, bytes, len, MSG_NOSIGNAL);
        if (done < 0 && errno != EINTR) {
            return false;
        }
        bytes += done > 0 ? done : 0;
        len -= done > 0 ? (size_t)done : 0;
    }
    return true;
}

bool send_text(int fd, const char *text, size_t len, char *answer, size_t cap)
{
    size_t got = 0;
    ssize_t part = 0;

    if (!write_all(fd, text, len) || shutdown(fd, SHUT_WR)) {
        return say("cannot send to the device: %s", strerror(errno));
    }
    do {
        part = read(fd, answer + got, cap - 1 - got);
        got += part > 0 ? (size_t)part : 0;
    } while (part > 0 || (part < 0 && errno == EINTR));
    answer[got] = '\0';
    return got > 0 ||
           say("the device has not answered: does it run? `device-config --show` says what it has taken");
}

/* ---- the answer */

static void say_finding(struct slice finding)
{
    struct json_field members[] = {{.key = "field", .parent = JSON_TOP}, {.key = "what", .parent = JSON_TOP}};
    char field[64], what[256];

    if (json_read(finding, members, 2, NULL) || json_decode(members[0].text, field, sizeof(field), NULL) ||
        json_decode(members[1].text, what, sizeof(what), NULL)) {
        return;
    }
    say("%s %s", field[0] ? field : "the configuration", what);
}

bool send_read_answer(const char *answer)
{
    struct json_field members[] = {{.key = "result", .parent = JSON_TOP},
                                   {.key = "findings", .parent = JSON_TOP}};
    struct json_member finding;
    size_t cursor = 0;

    if (json_read(slice_from(answer), members, 2, NULL)) {
        return say("the device's answer cannot be read");
    }
    if (json_string_is(members[0].text, "ok")) {
        return true;
    }
    while (json_next_element(members[1].text, &cursor, &finding)) {
        say_finding(finding.text);
    }
    return say("nothing was changed");
}
