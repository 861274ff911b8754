/* SPDX-License-Identifier: MIT */
/* The daemon's loop: descriptors and what to call when they are readable. Level-triggered epoll, one thread. */
#ifndef CLOUD_LOOP_H
#define CLOUD_LOOP_H

#include <stdbool.h>

struct loop {
    int epoll;
};

/* Lives as long as it is in the loop, and until loop_run has returned. */
struct loop_source {
    int descriptor; /* -1: not in the loop */
    void (*fn)(void *ctx);
    void *ctx;
};

bool loop_open(struct loop *loop);
void loop_close(struct loop *loop); /* one that is zeroed, or open */

/* false: errno. */
bool loop_add(struct loop *loop, struct loop_source *source, int descriptor, void (*fn)(void *ctx),
              void *ctx);

/* Before its descriptor is closed. One that is not in the loop is fine. */
void loop_remove(struct loop *loop, struct loop_source *source);

/* Waits for events, at most timeout_ms (-1 = for ever), and calls for each. */
void loop_run(struct loop *loop, int timeout_ms);

#endif
