/* SPDX-License-Identifier: MIT */
/* One turn of the service: whatever has come in, over HTTP or from devices, is served in one batch with one COMMIT, then the
 * answers go out, then the notices. Requests that arrive together share the COMMIT, and nobody is answered before it.
 *
 * When somebody else is writing to the database, those who write wait and those who read are served; after TURN_PATIENCE_MS
 * of waiting the writers are told that the database refuses. */
#ifndef CLOUD_CORE_TURN_H
#define CLOUD_CORE_TURN_H

#include "cloud/core/core.h"

#define TURN_PATIENCE_MS 5000

/* A request that waits for its turn: part of whatever holds it. The turn calls serve, then done, each once; or done alone
 * with is_kept false, when the database refused before it could be served. */
struct turn_request {
    struct turn_request *next; /* the turn's */
    bool is_served;            /* the turn's */
    bool writes;               /* false: it only reads, and no foreign writer makes it wait */
    /* Requests with the same number are served in the order in which they came, also around a foreign writer; 0: none. */
    uint64_t order;
    void (*serve)(struct turn_request *request); /* inside the batch */
    /* After the COMMIT: the answer goes out, and the request is the holder's again. is_kept false: nothing of it happened. */
    void (*done)(struct turn_request *request, bool is_kept);
};

struct turn {
    struct core *core;
    const struct clock *clock;
    struct turn_request *first, **end;
    int64_t busy_since_ms; /* monotonic; 0: nobody else is writing */
    void (*log)(const char *line);
};

void turn_open(struct turn *turn, struct core *core, const struct clock *clock,
               void (*log)(const char *line));
/* Tells all who wait that nothing happened. */
void turn_close(struct turn *turn);

void turn_add(struct turn *turn, struct turn_request *request);

/* Serves what waits (a bounded number), then a slice of what is due, then publishes notices that have got room. */
void turn_run(struct turn *turn);

/* When turn_run is to be called again, if nothing comes in before: milliseconds from now, 0 = at once. */
int64_t turn_timeout_ms(struct turn *turn);

#endif
