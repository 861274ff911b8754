/* SPDX-License-Identifier: MIT */
/* When to connect, and when to give a connection up. Exponential backoff with full jitter, as AWS recommends for devices
 * ("Exponential Backoff And Jitter"). A pure state machine: the caller opens the connection and tells what became of it. The
 * backoff is reset by a connection that lasted CONFIG_DEVICE_JOBS_LINK_STABLE_MS, not by one that was merely accepted.
 * TLS checks validity against the clock, so nothing connects before the clock is plausible. Where nothing sets it (SNTP is
 * blocked in many networks), the caller is told after CONFIG_DEVICE_JOBS_CLOCK_WAIT_S to go by the latest time that is certain. */
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
    uint32_t failures;     /* since the last stable connection */
    uint64_t next_ms;      /* means something while LINK_WAITING: when to look whether to connect */
    uint64_t up_since_ms;  /* means something while LINK_UP */
    int64_t floor_s;       /* no time before this can be the true one */
    bool has_missed_clock; /* link_poll has said LINK_NO_CLOCK, and the clock was not plausible since */
    bool has_begun_clock;  /* the same of LINK_BEGIN_CLOCK; implies has_missed_clock */
    uint64_t missed_ms;    /* means something with has_missed_clock: when that was */
};

enum link_wish {
    LINK_NOTHING,
    LINK_OPEN,     /* the caller opens the connection; the state is LINK_CONNECTING */
    LINK_NO_CLOCK, /* it is time, but the clock is not plausible; said once until it is */
    /* Nothing has set the clock for so long that nothing will: the caller begins a time of its own at floor_s, where the platform allows
     * that, and asks again at once. Said once until the clock is plausible. */
    LINK_BEGIN_CLOCK,
};

/* The floor of a link that was told of none. A clock before this day (2025-01-01) was never set. */
#define LINK_CLOCK_FLOOR_S 1735689600

/* So many packets without an acknowledgement are half of what a port takes (device/port/port_mqtt.h). */
#define LINK_STUCK_COUNT 8

void link_init(struct link *link);
/* The true time is not before floor_s: the program was built then, or the device was connected then. Only ever raises the floor. */
void link_raise_floor(struct link *link, int64_t floor_s);
void link_start(struct link *link, uint64_t now_ms); /* wants a connection, at once */
void link_stop(struct link *link);

/* What is to be done now. wall_s: the clock, seconds since 1970. */
enum link_wish link_poll(struct link *link, uint64_t now_ms, int64_t wall_s);

void link_up(struct link *link, uint64_t now_ms);
/* The attempt failed or the connection is gone. `random` is any 32 random bits: the jitter. */
void link_down(struct link *link, uint64_t now_ms, uint32_t random);

/* There is a network again below: a try within the first window of the backoff, whatever the failures, which stay. */
void link_network_up(struct link *link, uint64_t now_ms, uint32_t random);

/* When link_poll has something to say; UINT64_MAX = never. */
uint64_t link_wake_at_ms(const struct link *link);

/* When a connection that stands is given up because the server acknowledges nothing: `count` packets wait, the oldest since
 * oldest_ms. AWS withholds acknowledgements from who sends too fast; a port whose every slot is taken could send nothing for the
 * rest of the connection, although its pings are answered. UINT64_MAX = not for that. */
uint64_t link_stuck_at_ms(const struct link *link, unsigned count, uint64_t oldest_ms);

#endif
