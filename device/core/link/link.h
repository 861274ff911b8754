/* SPDX-License-Identifier: MIT */
/* When to connect: exponential backoff with full jitter, as AWS recommends for devices ("Exponential Backoff And
 * Jitter"). A pure state machine: the caller opens the connection and tells what became of it. The backoff is reset by
 * a connection that lasted CONFIG_DEVICE_JOBS_LINK_STABLE_MS, not by one that was merely accepted. */
#ifndef DEVICE_CORE_LINK_H
#define DEVICE_CORE_LINK_H

#include <stdbool.h>
#include <stdint.h>

enum link_state {
    LINK_STOPPED,    /* not wanted */
    LINK_WAITING,    /* connects when the time has come */
    LINK_CONNECTING, /* the caller is opening it */
    LINK_UP,
};

struct link {
    enum link_state state;
    uint32_t failures; /* since the last stable connection */
    uint64_t next_ms;  /* LINK_WAITING: when to connect */
    uint64_t up_since_ms;
};

void link_init(struct link *link);
void link_start(struct link *link, uint64_t now_ms); /* wants a connection, at once */
void link_stop(struct link *link);

/* True once when it is time to open the connection; the state is LINK_CONNECTING then. */
bool link_poll(struct link *link, uint64_t now_ms);

void link_up(struct link *link, uint64_t now_ms);
/* The attempt failed or the connection is gone. `random` is any 32 random bits: the jitter. */
void link_down(struct link *link, uint64_t now_ms, uint32_t random);

/* There is a network again below: a try within the first window of the backoff, whatever the failures, which stay. */
void link_network_up(struct link *link, uint64_t now_ms, uint32_t random);

/* When link_poll has something to say; UINT64_MAX = never. */
uint64_t link_wake_at_ms(const struct link *link);

#endif
