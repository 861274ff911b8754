/* SPDX-License-Identifier: MIT */
#include "device/core/link/link.h"

#include "device/core/config.h"
#include "device/core/link/backoff.h"

#define CLOCK_AGAIN_MS 1000

void link_init(struct link *link)
{
    *link = (struct link){.state = LINK_STOPPED};
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

enum link_wish link_poll(struct link *link, uint64_t now_ms, int64_t wall_s)
{
    if (link->state != LINK_WAITING || now_ms < link->next_ms) {
        return LINK_NOTHING;
    }
    if (wall_s < LINK_CLOCK_FLOOR_S) {
        bool is_said = link->has_missed_clock;
        link->has_missed_clock = true;
        link->next_ms = now_ms + CLOCK_AGAIN_MS;
        return is_said ? LINK_NOTHING : LINK_NO_CLOCK;
    }
    link->has_missed_clock = false;
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
