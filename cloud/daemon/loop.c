/* SPDX-License-Identifier: MIT */
#include "cloud/daemon/loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_AT_ONCE 16

bool loop_open(struct loop *loop)
{
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    return loop->epoll >= 0;
}

void loop_close(struct loop *loop)
{
    if (loop->epoll > 0) {
        close(loop->epoll);
    }
    loop->epoll = 0;
}

bool loop_add(struct loop *loop, struct loop_source *source, int descriptor, void (*fn)(void *ctx), void *ctx)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) {
        return false;
    }
    *source = (struct loop_source){descriptor, fn, ctx};
    return true;
}

void loop_remove(struct loop *loop, struct loop_source *source)
{
    if (source->descriptor >= 0) {
        epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->descriptor, NULL);
    }
    source->descriptor = -1;
}

void loop_run(struct loop *loop, int timeout_ms)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = epoll_wait(loop->epoll, events, EVENTS_AT_ONCE, timeout_ms);
    for (int i = 0; i < count; i++) {
        struct loop_source *source = events[i].data.ptr;
        if (source->descriptor >= 0) { /* an earlier one of this round may have removed it */
            source->fn(source->ctx);
        }
    }
}
