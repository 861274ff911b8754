/* SPDX-License-Identifier: MIT */
/* The thread that waits for edges: of lines of a chip, or of simulated inputs. It reads them at once, however long a handler takes, so
 * that the rule about edges that come too fast is ours and not the kernel's. There is one of it, made when it is needed. */
#ifndef PORTS_LINUX_GPIO_WATCHER_H
#define PORTS_LINUX_GPIO_WATCHER_H

#include <stdbool.h>
#include <stddef.h>

#define GPIO_WATCHER_PLACES 257 /* pins 0..255, and the inputs' file */

struct gpio_watched {
    int fd;
    int pin;        /* -1: the inputs' file */
    bool is_ready;  /* something can be read */
    bool has_ended; /* and never will be again */
};

struct gpio_watcher {
    /* Fills in what is to be watched, and a number that changes whenever that does. Returns how many. */
    size_t (*list)(struct gpio_watched out[GPIO_WATCHER_PLACES], unsigned *change);
    /* What is ready. With another number than now, the descriptors may be others'. */
    void (*serve)(const struct gpio_watched watched[], size_t count, unsigned change);
};

/* Starts the thread if need be, and has it ask for the list again. false: the system gives no thread or descriptor. */
bool gpio_watcher_wake(const struct gpio_watcher *watcher);

#endif
