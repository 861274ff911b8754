/* SPDX-License-Identifier: MIT */
#include "device/core/link/link.h"

#include "device/core/config.h"
#include "device/core/link/backoff.h"

#define CLOCK_AGAIN_MS 1000

void link_init(struct link *link)
{
    *link = (struct link){.state = LINK_STOPPED, .floor_s = LINK_CLOCK_FLOOR_S};
}

void link_raise_floor(struct link *link, int64_t floor_s)
{
    if (floor_s > link->floor_s) {
        link->floor_s = floor_s;
    }
}

void link_start(struct link *link, uint64_t now_ms)
{
    if (link->state != LINK_STOPPED) {
        return;
    }
    link->state = LINK_WAITING;
    link->next_ms = now_ms;
}

/* The failures stay: a stop and a start do not reset the backoff. */
void link_stop(struct link *link)
{
    link->state = LINK_STOPPED;
}

/* The clock is not plausible. */
static enum link_wish miss_clock(struct link *link, uint64_t now_ms)
{
    const bool is_first = !link->has_missed_clock;

    if (is_first) {
        link->has_missed_clock = true;
        link->missed_ms = now_ms;
    }
    if (!link->has_begun_clock &&
        now_ms >= link->missed_ms + (uint64_t)CONFIG_DEVICE_JOBS_CLOCK_WAIT_S * 1000) {
        link->has_begun_clock = true;
        return LINK_BEGIN_CLOCK; /* next_ms stays: the caller asks again at once */
    }
    link->next_ms = now_ms + CLOCK_AGAIN_MS;
    return is_first ? LINK_NO_CLOCK : LINK_NOTHING;
}

enum link_wish link_poll(struct link *link, uint64_t now_ms, int64_t wall_s)
{
    if (link->state != LINK_WAITING || now_ms < link->next_ms) {
        return LINK_NOTHING;
    }
    if (wall_s < link->floor_s) {
        return miss_clock(link, now_ms);
    }
    link->has_missed_clock = link->has_begun_clock = false;
    link->state = LINK_CONNECTING;
    return LINK_OPEN;
}

void link_up(struct link *link, uint64_t now_ms)
{
    if (link->state != LINK_CONNECTING) {
        return;
    }
    link->state = LINK_UP;
    link->up_since_ms = now_ms;
}

void link_down(struct link *link, uint64_t now_ms, uint32_t random)
{
    if (link->state != LINK_CONNECTING && link->state != LINK_UP) {
        return;
    }
    if (link->state == LINK_UP && now_ms - link->up_since_ms >= CONFIG_DEVICE_JOBS_LINK_STABLE_MS) {
        link->failures = 0;
    }

    link->state = LINK_WAITING;
    link->next_ms = now_ms + backoff_ms(CONFIG_DEVICE_JOBS_LINK_BASE_MS, CONFIG_DEVICE_JOBS_LINK_CAP_MS,
                                        link->failures, random);
    if (link->failures < UINT32_MAX) {
        link->failures++;
    }
}

void link_network_up(struct link *link, uint64_t now_ms, uint32_t random)
{
    uint64_t at_ms = now_ms + random % CONFIG_DEVICE_JOBS_LINK_BASE_MS;

    if (at_ms < link->next_ms) { /* which means something while LINK_WAITING only */
        link->next_ms = at_ms;
    }
}

uint64_t link_wake_at_ms(const struct link *link)
{
    return link->state == LINK_WAITING ? link->next_ms : UINT64_MAX;
}

uint64_t link_stuck_at_ms(const struct link *link, unsigned count, uint64_t oldest_ms)
{
    bool is_half_full = link->state == LINK_UP && count >= LINK_STUCK_COUNT;
    return is_half_full ? oldest_ms + CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS : UINT64_MAX;
}
