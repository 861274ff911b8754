/* SPDX-License-Identifier: MIT */
/* A ring whose writer never waits: the reader finds out what was written over. Who writes and who reads is left to
 * device/runtime/pins.c. */
#include "device/core/edges.h"

#define TIME_BITS_LOST 0x80000000u /* a slot has no room for the time's highest bit */

void edges_put(struct edges *edges, bool level, uint32_t at_ms, uint32_t missed)
{
    uint32_t put = atomic_load(&edges->put);
    atomic_fetch_add(&edges->missed, missed);
    atomic_store(&edges->slots[put % EDGES_SLOTS], at_ms << 1 | level);
    atomic_store(&edges->put, put + 1);
}

/* Takes edges off the count that the writer has written over, or may be writing over right now. */
static uint32_t skip_overwritten(struct edges *edges)
{
    uint32_t waiting = atomic_load(&edges->put) - edges->taken;
    uint32_t skipped = waiting > EDGES_WAITING ? waiting - EDGES_WAITING : 0;
    edges->taken += skipped;
    return skipped;
}

bool edges_take(struct edges *edges, uint32_t now_ms, struct edge *out)
{
    uint32_t lost = skip_overwritten(edges), skipped, slot;
    if (atomic_load(&edges->put) == edges->taken) {
        return false;
    }
    do {
        slot = atomic_load(&edges->slots[edges->taken % EDGES_SLOTS]);
        skipped = skip_overwritten(edges);
        lost += skipped;
    } while (skipped); /* the slot was written over before or while it was read */
    uint32_t missed = atomic_load(&edges->missed);
    lost += missed - edges->missed_told;
    edges->missed_told = missed;
    edges->taken++;
    uint32_t age_ms = (now_ms - (slot >> 1)) & ~TIME_BITS_LOST;
    *out = (struct edge){.level = slot & 1, .at_ms = now_ms - age_ms, .lost = lost};
    return true;
}

void edges_clear(struct edges *edges)
{
    edges->taken = atomic_load(&edges->put);
    edges->missed_told = atomic_load(&edges->missed);
}
