/* SPDX-License-Identifier: MIT */
#include "cloud/core/turn.h"

#include <assert.h>
#include <stdio.h>

#define REQUESTS_A_TURN 256
#define BUSY_RETRY_MS   10

static void quiet(const char *line)
{
    (void)line;
}

void turn_open(struct turn *turn, struct core *core, const struct clock *clock, void (*log)(const char *line))
{
    *turn = (struct turn){.core = core, .clock = clock, .log = log ? log : quiet};
    turn->end = &turn->first;
}

void turn_add(struct turn *turn, struct turn_request *request)
{
    assert(request->serve && request->done);
    request->next = NULL;
    request->is_served = false;
    *turn->end = request;
    turn->end = &request->next;
}

static void log_refusal(const struct turn *turn)
{
    char line[400];
    snprintf(line, sizeof line, "the database refused: %s", core_storage_error(turn->core));
    turn->log(line);
}

/* --- Which requests --- */

/* Cuts off up to REQUESTS_A_TURN of those who wait; *writes: does one of them? */
static struct turn_request *take_batch(struct turn *turn, bool *writes)
{
    struct turn_request *first = turn->first;
    struct turn_request **link = &turn->first;
    *writes = false;
    for (int i = 0; i < REQUESTS_A_TURN && *link; i++) {
        *writes = *writes || (*link)->writes;
        link = &(*link)->next;
    }
    turn->first = *link;
    if (!turn->first) {
        turn->end = &turn->first;
    }
    *link = NULL;
    return first;
}

static bool waits_before(const struct turn_request *first, const struct turn_request *request)
{
    for (const struct turn_request *other = first; other != request; other = other->next) {
        if (request->order && other->order == request->order) {
            return true;
        }
    }
    return false;
}

/* Cuts off those who only read and stand behind nobody of their own order. */
static struct turn_request *take_readers(struct turn *turn)
{
    struct turn_request *readers = NULL;
    struct turn_request **readers_end = &readers;
    struct turn_request **link = &turn->first;
    while (*link) {
        struct turn_request *request = *link;
        if (request->writes || waits_before(turn->first, request)) {
            link = &request->next;
            continue;
        }
        *link = request->next;
        request->next = NULL;
        *readers_end = request;
        readers_end = &request->next;
    }
    turn->end = link;
    return readers;
}

/* --- Serving them --- */

static void tell(struct turn_request *request, bool is_kept)
{
    while (request) {
        struct turn_request *next = request->next;
        request->done(request, is_kept && request->is_served);
        request = next;
    }
}

/* Inside a batch that has begun. */
static void serve(struct turn *turn, struct turn_request *requests)
{
    for (struct turn_request *request = requests; request; request = request->next) {
        request->serve(request);
        request->is_served = true;
        core_collect(turn->core);
    }
    bool is_kept = core_commit(turn->core);
    if (!is_kept) {
        log_refusal(turn);
    }
    tell(requests, is_kept);
    core_publish_outbox(turn->core);
}

static void refuse(struct turn *turn, struct turn_request *requests)
{
    log_refusal(turn);
    tell(requests, false);
}

/* Somebody else writes: readers go on, writers wait as long as there is patience. */
static void wait_for_writer(struct turn *turn)
{
    int64_t now_ms = clock_monotonic_ms(turn->clock);
    bool ignored;
    if (!turn->busy_since_ms) {
        turn->busy_since_ms = now_ms;
    }
    struct turn_request *readers = take_readers(turn);
    if (readers && core_begin_read(turn->core)) {
        serve(turn, readers);
    } else if (readers) {
        refuse(turn, readers);
    }
    if (now_ms - turn->busy_since_ms >= TURN_PATIENCE_MS) {
        turn->log("another program holds the write lock of the database (iot.db): close it there");
        refuse(turn, take_batch(turn, &ignored));
        turn->busy_since_ms = 0;
    }
}

static void serve_next(struct turn *turn)
{
    bool writes = false;
    for (const struct turn_request *request = turn->first; request && !writes; request = request->next) {
        writes = request->writes;
    }
    if (writes ? core_begin(turn->core) : core_begin_read(turn->core)) {
        turn->busy_since_ms = 0;
        serve(turn, take_batch(turn, &writes));
    } else if (writes && core_is_busy(turn->core)) {
        wait_for_writer(turn);
    } else {
        refuse(turn, take_batch(turn, &writes));
    }
}

static void publish_news(struct turn *turn)
{
    if (core_has_news(turn->core) && core_begin_read(turn->core)) {
        if (!core_commit(turn->core)) {
            log_refusal(turn);
        }
        core_publish_outbox(turn->core);
    }
}

/* After the notices of devices. */
static void publish_events(struct turn *turn)
{
    core_publish_events(turn->core);
    int64_t left_out = core_events_left_out(turn->core);
    if (left_out > 0) {
        char line[200];
        snprintf(
            line, sizeof line,
            "%lld events of jobs are lost: the broker has taken none for too long (docs/protocol.md 1.12)",
            (long long)left_out);
        turn->log(line);
    }
}

static int64_t until_due_ms(const struct turn *turn)
{
    int64_t due_ms = core_next_due_ms(turn->core);
    int64_t now_ms = clock_wall_ms(turn->clock);
    return due_ms == INT64_MAX ? INT64_MAX : due_ms > now_ms ? due_ms - now_ms : 0;
}

void turn_run(struct turn *turn)
{
    if (turn->first) {
        serve_next(turn);
    }
    if (until_due_ms(turn) == 0) {
        core_run_due(turn->core);
    }
    publish_news(turn);
    publish_events(turn);
}

int64_t turn_timeout_ms(struct turn *turn)
{
    if (core_has_news(turn->core) || core_has_events(turn->core) || (turn->first && !turn->busy_since_ms)) {
        return 0;
    }
    int64_t left_ms = until_due_ms(turn);
    return turn->first && left_ms > BUSY_RETRY_MS ? BUSY_RETRY_MS : left_ms;
}

void turn_close(struct turn *turn)
{
    bool ignored;
    while (turn->first) {
        tell(take_batch(turn, &ignored), false);
    }
}
