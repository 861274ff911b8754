/* SPDX-License-Identifier: MIT */
/* The edges of one pin that wait for the pin's handler. One writer, which may be an ISR, and one reader, without a lock between them.
 *
 * The rule when edges come faster than the handler returns: the newest state wins. EDGES_WAITING edges wait; then the oldest is
 * written over and counted. So the last edge always arrives, in the order in which edges came, and none disappears uncounted. */
#ifndef DEVICE_CORE_EDGES_H
#define DEVICE_CORE_EDGES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define EDGES_SLOTS   8                 /* a power of two: the counters below wrap */
#define EDGES_WAITING (EDGES_SLOTS - 1) /* the slot that is written next is never read */

struct edges {
    /* the writer's */
    _Atomic uint32_t slots
        [EDGES_SLOTS]; /* edge number n stands in slot n % EDGES_SLOTS: its time, shifted up, and its level */
    _Atomic uint32_t put;    /* how many edges were written, ever */
    _Atomic uint32_t missed; /* edges that the system dropped before the writer, ever */
    /* the reader's */
    uint32_t taken;       /* how many of `put` were read, written over or cleared */
    uint32_t missed_told; /* how many of `missed` the reader knows */
};

struct edge {
    bool level;     /* after the edge */
    uint32_t at_ms; /* when the edge was noticed */
    uint32_t lost;  /* edges between this one and the one that was taken before */
};

/* For the writer alone. */
void edges_put(struct edges *edges, bool level, uint32_t at_ms, uint32_t missed);

/* For the reader alone: the oldest edge that waits. false: none does, *out is unchanged. `now_ms` is of the same clock as at_ms, and at
 * most 24 days later. */
bool edges_take(struct edges *edges, uint32_t now_ms, struct edge *out);

/* For the reader alone: forgets what waits. */
void edges_clear(struct edges *edges);

#endif
