/* SPDX-License-Identifier: MIT */
/* Where a world can go wrong: at each of its steps, and at each call through a seam, the world asks sim_choose what
 * happens. 0 is always the fair weather. The answers come from a seed (random worlds) or from a plan of at most two
 * faults (exhaustive worlds); nothing else in a world is left to chance, so either replays it. */
#ifndef TESTS_SIM_CHOICE_H
#define TESTS_SIM_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(name, what, options...): options[0] is what happens in fair weather. */
#define SIM_CHOICE_LIST(X)                                                                                   \
    X(STEP, "world", "", "power cut", "connection cut", "broker restarts", "service restarts",               \
      "service comes back from a backup", "cancel", "forced cancel", "delete", "delete and create again",    \
      "five minutes pass at once", "clock forth", "clock back", "resync", "three weeks pass at once")        \
    X(BOOT, "boot", "", "journal lost", "a byte of the journal changed", "handlers registered late",         \
      "the record before the last one", "record of an older firmware", "record of a newer firmware",         \
      "record of another device")                                                                            \
    X(CONNECT, "connect", "", "fails", "cut at once")                                                        \
    X(SUBSCRIBE, "SUBSCRIBE", "", "not sent", "refused", "no SUBACK", "connection closed")                   \
    X(PUT, "put", "", "fails", "power cut before", "power cut after", "power cut inside, torn")              \
    X(PUBLISH, "publish", "", "not sent", "lost", "doubled", "late", "cut before", "cut after",              \
      "power cut before", "power cut after")                                                                 \
    X(SERVE, "service", "", "InternalError", "RequestThrottled", "InvalidRequest", "InvalidStateTransition", \
      "VersionMismatch", "dies before commit", "dies after commit")                                          \
    X(ANSWER, "answer", "", "lost", "doubled", "late", "cut before", "overtaken")                            \
    X(NOTICE, "notification", "", "lost", "doubled", "late", "cut before", "overtaken")                      \
    X(START, "start", "", "power cut before the first instruction")                                          \
    X(HANDLER, "handler", "", "fails", "rejects", "reports, then returns another", "reports twice",          \
      "never returns", "never reports", "returns too late", "restarts the device after its report",          \
      "breaks the report rules", "wants its document anew", "returns a minute after its report",             \
      "returns after its report and its deadline")                                                           \
    X(CALLBACK, "cancel callback", "", "reports in it", "blocks for a minute", "never returns")

enum sim_choice {
#define X(name, what, ...) SIM_CHOICE_##name,
    SIM_CHOICE_LIST(X)
#undef X
        SIM_CHOICES,
};

/* The options by name, in the order of the list. */
enum sim_step {
    SIM_STEP_NOTHING,
    SIM_STEP_POWER_CUT,
    SIM_STEP_CUT,
    SIM_STEP_BROKER,
    SIM_STEP_SERVICE,
    SIM_STEP_BACKUP,
    SIM_STEP_CANCEL,
    SIM_STEP_CANCEL_FORCED,
    SIM_STEP_DELETE,
    SIM_STEP_DELETE_CREATE,
    SIM_STEP_SLEEP,
    SIM_STEP_CLOCK_FORTH,
    SIM_STEP_CLOCK_BACK,
    SIM_STEP_RESYNC,
    SIM_STEP_WEEKS,
};
enum sim_boot {
    SIM_BOOT_GOOD,
    SIM_BOOT_LOST,
    SIM_BOOT_FLIPPED,
    SIM_BOOT_LATE,
    SIM_BOOT_STALE,
    SIM_BOOT_OLDER,
    SIM_BOOT_NEWER,
    SIM_BOOT_FOREIGN,
};
enum sim_connect { SIM_CONNECT_GOOD, SIM_CONNECT_FAILS, SIM_CONNECT_CUT };
enum sim_subscribe {
    SIM_SUBSCRIBE_GOOD,
    SIM_SUBSCRIBE_NOT_SENT,
    SIM_SUBSCRIBE_REFUSED,
    SIM_SUBSCRIBE_NO_SUBACK,
    SIM_SUBSCRIBE_CLOSED
};
enum sim_put { SIM_PUT_GOOD, SIM_PUT_FAILS, SIM_PUT_CUT_BEFORE, SIM_PUT_CUT_AFTER, SIM_PUT_TORN };
enum sim_publish {
    SIM_PUBLISH_GOOD,
    SIM_PUBLISH_NOT_SENT,
    SIM_PUBLISH_LOST,
    SIM_PUBLISH_DOUBLED,
    SIM_PUBLISH_LATE,
    SIM_PUBLISH_CUT_BEFORE,
    SIM_PUBLISH_CUT_AFTER,
    SIM_PUBLISH_POWER_BEFORE,
    SIM_PUBLISH_POWER_AFTER,
};
enum sim_serve {
    SIM_SERVE_GOOD,
    SIM_SERVE_REJECT_FIRST, /* up to ..._LAST: rejected with the code of that name, nothing done */
    SIM_SERVE_REJECT_LAST = 5,
    SIM_SERVE_DIES_BEFORE,
    SIM_SERVE_DIES_AFTER,
};
/* of ANSWER and NOTICE */
enum sim_delivery {
    SIM_DELIVERY_GOOD,
    SIM_DELIVERY_LOST,
    SIM_DELIVERY_DOUBLED,
    SIM_DELIVERY_LATE,
    SIM_DELIVERY_CUT,
    SIM_DELIVERY_OVERTAKEN /* within a request's timer, behind what is sent after it */
};
enum sim_handler {
    SIM_HANDLER_GOOD,
    SIM_HANDLER_FAILS,
    SIM_HANDLER_REJECTS,
    SIM_HANDLER_REPORTS_FIRST,
    SIM_HANDLER_REPORTS_TWICE,
    SIM_HANDLER_NEVER_RETURNS,
    SIM_HANDLER_NEVER_REPORTS,
    SIM_HANDLER_TOO_LATE,
    SIM_HANDLER_RESTARTS,
    SIM_HANDLER_BREAKS_RULES,
    SIM_HANDLER_REFRESHES,
    SIM_HANDLER_LINGERS,
    SIM_HANDLER_LINGERS_LONG,
};
enum sim_callback { SIM_CALLBACK_GOOD, SIM_CALLBACK_REPORTS, SIM_CALLBACK_BLOCKS, SIM_CALLBACK_NEVER };

#define SIM_OPTIONS_MAX 16
#define SIM_PLAN_MAX    2
#define SIM_POINTS_MAX  8192 /* choices of one planned world */

struct sim_fault {
    uint32_t point; /* which choice of the world, counted from 0 */
    uint32_t option;
};

/* What is no fault is drawn from a stream of its own for each purpose, so that a world from which a fault was taken away is like the
 * one before in all else (script.h). */
enum sim_stream {
    SIM_STREAM_SHAPE, /* how many devices and jobs, and when */
    SIM_STREAM_WHO,   /* whom a fault between two events hits */
    SIM_STREAM_FLASH,
    SIM_STREAM_JOB, /* and the number of the job */
    SIM_STREAMS = 32
};

struct sim_chooser {
    bool is_planned;
    struct sim_fault plan[SIM_PLAN_MAX];
    unsigned plan_count, plan_done;
    uint64_t random; /* of the faults */
    uint64_t streams[SIM_STREAMS];
    uint32_t rate;                   /* of 1024 choices, so many go wrong */
    uint16_t enabled[SIM_CHOICES];   /* one bit per option: which faults this world knows */
    bool is_calm;                    /* no faults any more */
    uint32_t points;                 /* choices so far */
    uint8_t options[SIM_POINTS_MAX]; /* planned: how many options each point had */
    uint32_t faults[SIM_CHOICES][SIM_OPTIONS_MAX];
};

/* The same plan or seed gives the same world. */
void sim_chooser_plan(struct sim_chooser *c, const struct sim_fault *plan, unsigned plan_count);
void sim_chooser_seed(struct sim_chooser *c, uint64_t seed);

/* `allowed`: one bit per option that makes sense here; bit 0 is always set. */
unsigned sim_choose(struct sim_chooser *c, enum sim_choice choice, uint32_t allowed);

/* For what is no fault: number and kind of jobs, latencies. Planned worlds always get 0. */
uint32_t sim_dice(struct sim_chooser *c, unsigned stream, uint32_t sides);
/* The same for a place where a planned world should not always take the first: any, by the number of the choice. */
uint32_t sim_dice_anywhere(struct sim_chooser *c, unsigned stream, uint32_t sides);

unsigned sim_option_count(enum sim_choice choice);
const char *sim_choice_text(enum sim_choice choice);
const char *sim_option_text(enum sim_choice choice, unsigned option);

#endif
