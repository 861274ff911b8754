/* SPDX-License-Identifier: MIT */
/* Which schedules of a scenario are played: all with up to so many deviations from fair weather, or drawn ones. */
#ifndef TESTS_INTERLEAVE_EXPLORE_H
#define TESTS_INTERLEAVE_EXPLORE_H

#include "interleave/world.h"

struct tally {
    uint64_t worlds, points, switches, hash;
};

/* false: a world has failed; it was told, shrunk. */
bool explore_exhaustively(const struct scenario *scenario, enum order order, unsigned deviations,
                          struct tally *tally);
bool explore_at_random(const struct scenario *scenario, uint64_t from, uint64_t count, struct tally *tally);

/* One world, step by step. */
bool explore_tell(const struct scenario *scenario, const struct schedule *schedule);

/* "ORDER", "ORDER:POINT:CHOICE,POINT:CHOICE..." false: it is none. */
bool explore_read_plan(const char *text, struct schedule *schedule);

#endif
