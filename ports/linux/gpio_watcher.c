/* SPDX-License-Identifier: MIT */
/* epoll in a loop; what is read from a descriptor is left to port_gpio.c. It must not be poll(): that holds what it waits for, and the kernel
 * gives a line back only when nobody holds its descriptor. */
#include "ports/linux/gpio_watcher.h"
#include "ports/linux/tasks.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS 8

static int epoll_fd = -1; /* made by the first call of gpio_watcher_add */
static gpio_watcher_fn serve_fn;

static void *run(void *ctx)
{
    struct epoll_event events[EVENTS];
    (void)ctx;
    for (;;) {
        int count = epoll_wait(epoll_fd, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            serve_fn(events[i].data.u64, !(events[i].events & EPOLLIN));
        }
    }
    return NULL;
}

static bool start(gpio_watcher_fn serve)
{
    pthread_t thread;
    serve_fn = serve;
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0) {
        return false;
    }
    if (tasks_start_thread(&thread, run, NULL)) {
        close(epoll_fd);
        epoll_fd = -1;
        return false;
    }
    pthread_setname_np(thread, "gpio");
    pthread_detach(thread);
    return true;
}

bool gpio_watcher_add(int fd, uint64_t id, gpio_watcher_fn serve)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = id};
    return (epoll_fd >= 0 || start(serve)) && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

void gpio_watcher_remove(int fd)
{
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}
