/* SPDX-License-Identifier: MIT */
/* Local configuration over a socket in the folder of the records (configure_socket.h), for port_configure.h. Its mode is 0600: who may read
 * the device's records may configure it. A task takes one text after the other until one is good. */
#include "device/port/port_configure.h"
#include "device/port/port_board.h"
#include "ports/linux/configure_socket.h"
#include "ports/linux/store_folder.h"
#include "ports/linux/tasks.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static bool is_running; /* there is a task, whose the rest is; guarded by the lock */

static struct {
    struct port_configure way;
    int folder, listener, stop_wanted; /* descriptors, -1: none */
} own = {.folder = -1, .listener = -1, .stop_wanted = -1};

char *port_configure_room(size_t bytes)
{
    static char *room;
    room = room ? room : calloc(1, bytes);
    return room;
}

bool port_configure_ends_by_restart(void)
{
    return false;
}

static enum err fail(const char *what)
{
    char line[160];
    snprintf(line, sizeof(line), "configuration: %s '" CONFIGURE_SOCKET "': %s", what, strerror(errno));
    port_board_log(LOG_LEVEL_ERROR, line);
    return ERR_STORAGE;
}

/* false: somebody wants us to stop, or nothing came in time (timeout_ms -1: waits for ever). */
static bool wait_for(int fd, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = own.stop_wanted, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    int count;

    do {
        count = poll(fds, 2, timeout_ms);
    } while (count < 0 && errno == EINTR);
    return count > 0 && !fds[0].revents;
}

/* The text's length, text_cap + 1 for a longer one, of which the rest is read and dropped; -1: the client has gone. */
static ssize_t read_text(int client)
{
    char dropped[512];
    size_t len = 0;

    for (;;) {
        bool has_room = len < own.way.text_cap;
        if (!wait_for(client, CONFIGURE_PATIENCE_MS)) {
            return -1;
        }
        ssize_t got = has_room ? read(client, own.way.text + len, own.way.text_cap - len)
                               : read(client, dropped, sizeof(dropped));
        if (got < 0 && errno != EINTR) {
            return -1;
        }
        if (got == 0) {
            return (ssize_t)len;
        }
        if (got > 0) {
            len = has_room ? len + (size_t)got : own.way.text_cap + 1;
        }
        if (len > own.way.text_cap) {
            own.way.text[0] = '\0'; /* it is not there */
        }
    }
}

/* true: the device is configured. The socket's buffer takes an answer at once. */
static bool serve(int client)
{
    static char answer[CONFIGURE_ANSWER_BYTES];
    ssize_t len = read_text(client);

    if (len < 0) {
        return false;
    }
    answer[0] = '\0';
    bool is_done = own.way.take((size_t)len, answer, sizeof(answer));
    send(client, answer, strlen(answer), MSG_NOSIGNAL | MSG_DONTWAIT);
    return is_done;
}

static void close_all(void)
{
    int *const fds[] = {&own.folder, &own.listener, &own.stop_wanted};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (*fds[i] >= 0) {
            close(*fds[i]);
        }
        *fds[i] = -1;
    }
}

/* Whoever stops us writes to stop_wanted only under the lock, and while is_running. */
static void leave(void)
{
    pthread_mutex_lock(&lock);
    is_running = false;
    close_all();
    pthread_cond_broadcast(&ended);
    pthread_mutex_unlock(&lock);
}

static void listen_for_texts(void *ctx)
{
    bool is_done = false;

    (void)ctx;
    while (!is_done && wait_for(own.listener, -1)) {
        int client = accept4(own.listener, NULL, NULL, SOCK_CLOEXEC);
        if (client >= 0) {
            is_done = serve(client);
            close(client);
        }
    }
    unlinkat(own.folder, CONFIGURE_SOCKET, 0);
    if (is_done) {
        own.way.done();
    }
    leave();
}

/* The folder's lock is ours, so a socket that stands there is that of a device that was killed. */
static enum err open_listener(void)
{
    struct sockaddr_un name;

    configure_socket_name(own.folder, &name);
    unlinkat(own.folder, CONFIGURE_SOCKET, 0);
    own.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (own.listener < 0 || fchmod(own.listener, 0600) || /* before it has a name */
        bind(own.listener, (struct sockaddr *)&name, sizeof(name)) || listen(own.listener, 4)) {
        return fail("cannot listen at");
    }
    return ERR_OK;
}

/* By the name that others find it under, whatever the working folder was. */
static void tell_where(void)
{
    char link[32], path[256], line[sizeof(path) + 80];

    snprintf(link, sizeof(link), "/proc/self/fd/%d", own.folder);
    ssize_t len = readlink(link, path, sizeof(path) - 1);
    if (len > 0 && (size_t)len < sizeof(path) - 1) {
        path[len] = '\0';
        snprintf(line, sizeof(line), "configuration: device-config --state '%s' configures this device",
                 path);
        port_board_log(LOG_LEVEL_INFO, line);
    }
}

static enum err start(const struct port_configure *way)
{
    own.way = *way;
    own.folder = store_folder();
    own.stop_wanted = eventfd(0, EFD_CLOEXEC);
    if (own.folder < 0 || own.stop_wanted < 0) {
        return fail("no storage, or no descriptor, for");
    }
    enum err err = open_listener();
    if (!err) {
        tell_where();
    }
    return err ? err : tasks_start("dj_configure", 0, listen_for_texts, NULL, NULL);
}

enum err port_configure_start(const struct port_configure *way)
{
    enum err err = ERR_BUSY;

    pthread_mutex_lock(&lock);
    if (!is_running) {
        err = start(way);
        is_running = !err;
        if (err) {
            close_all();
        }
    }
    pthread_mutex_unlock(&lock);
    return err;
}

void port_configure_stop(void)
{
    const uint64_t one = 1;

    pthread_mutex_lock(&lock);
    if (is_running) {
        ssize_t written = write(own.stop_wanted, &one, sizeof(one));
        (void)written; /* an eventfd takes it */
    }
    while (is_running) {
        pthread_cond_wait(&ended, &lock);
    }
    pthread_mutex_unlock(&lock);
}
