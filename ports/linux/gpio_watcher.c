/* SPDX-License-Identifier: MIT */
/* poll() in a loop; whose descriptors these are, and what is read from them, is left to port_gpio.c. */
#include "ports/linux/gpio_watcher.h"
#include "ports/linux/tasks.h"

#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int wake_fd = -1; /* written by the first call of gpio_watcher_wake */

static void wait_ready(struct gpio_watched watched[], size_t count)
{
    struct pollfd polled[GPIO_WATCHER_PLACES + 1];
    for (size_t i = 0; i < count; i++) {
        polled[i] = (struct pollfd){.fd = watched[i].fd, .events = POLLIN};
    }
    polled[count] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
    if (poll(polled, count + 1, -1) < 0) {
        return; /* interrupted: nothing is ready */
    }
    for (size_t i = 0; i < count; i++) {
        watched[i].is_ready = polled[i].revents & POLLIN;
        watched[i].has_ended = !watched[i].is_ready && (polled[i].revents & (POLLERR | POLLHUP | POLLNVAL));
    }
    if (polled[count].revents & POLLIN) {
        uint64_t wakes;
        if (read(wake_fd, &wakes, sizeof(wakes)) < 0) {
            return; /* another reader would have to exist */
        }
    }
}

static void *run(void *ctx)
{
    const struct gpio_watcher *watcher = ctx;
    for (;;) {
        struct gpio_watched watched[GPIO_WATCHER_PLACES] = {{0}};
        unsigned change = 0;
        size_t count = watcher->list(watched, &change);
        wait_ready(watched, count);
        watcher->serve(watched, count, change);
    }
    return NULL;
}

static bool start(const struct gpio_watcher *watcher)
{
    pthread_t thread;
    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_fd < 0) {
        return false;
    }
    if (tasks_start_thread(&thread, run, (void *)(uintptr_t)watcher)) {
        close(wake_fd);
        wake_fd = -1;
        return false;
    }
    pthread_setname_np(thread, "gpio");
    pthread_detach(thread);
    return true;
}

bool gpio_watcher_wake(const struct gpio_watcher *watcher)
{
    const uint64_t one = 1;
    if (wake_fd < 0 && !start(watcher)) {
        return false;
    }
    return write(wake_fd, &one, sizeof(one)) == sizeof(one);
}
