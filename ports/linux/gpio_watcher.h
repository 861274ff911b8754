/* SPDX-License-Identifier: MIT */
/* The thread that waits for edges: of lines of a chip, or of simulated inputs. It reads them at once, however long a handler takes, so
 * that the rule about edges that come too fast is ours and not the kernel's. There is one of it, made when it is needed. */
#ifndef PORTS_LINUX_GPIO_WATCHER_H
#define PORTS_LINUX_GPIO_WATCHER_H

#include <stdbool.h>
#include <stdint.h>

/* On the thread: something can be read from the descriptor that was added under this id, or (has_ended) never will be again. Called until
 * it is read or removed. A call for a descriptor that is being removed may still come. */
typedef void (*gpio_watcher_fn)(uint64_t id, bool has_ended);

/* Watches a descriptor. `serve` is the same in all calls. false: the system gives no thread or descriptor. One call at a time. */
bool gpio_watcher_add(int fd, uint64_t id, gpio_watcher_fn serve);

/* When this returns the thread does not use the descriptor any more: closing it gives back the line behind it. */
void gpio_watcher_remove(int fd);

#endif
