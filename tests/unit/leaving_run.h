/* SPDX-License-Identifier: MIT */
/* A run that the service has ended in one of its ways, for tests of what follows. Include after cmocka.h. */
#ifndef LEAVING_RUN_H
#define LEAVING_RUN_H

#include "fakes/fake_engine_io.h"

#include <string.h>

#define BLINK      "{\"action\":\"blink\"}"
#define SECOND_MS  1000ull
#define MINUTE_MS  60000ull
#define LEAVING_MS (CONFIG_DEVICE_JOBS_LEAVING_MIN * MINUTE_MS)

enum ending {
    CANCELED,
    TIMED_OUT,
    DELETED,
    RETRIED, /* failed in the service, which has made the next execution of the job */
    REMADE,  /* deleted, and made again under its id */
    ENDINGS,
};

#define REMADE_J1                                                                                            \
    "\"execution\":{\"jobId\":\"j1\",\"status\":\"QUEUED\",\"queuedAt\":1700000050,\"versionNumber\":1,"     \
    "\"executionNumber\":1,\"jobDocument\":{\"action\":\"blink\",\"count\":2}}"

/* Job j1 runs in the handler of this action, which is called blink. */
static inline struct fake_engine *run_with(const struct jobs_action *action)
{
    struct fake_engine *f = fake_new();
    fake_boot(f);
    fake_register_action(f, action);
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", BLINK));
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    return f;
}

/* The same, and the handler has returned IN_PROGRESS. */
static inline struct fake_engine *wait_with(const struct jobs_action *action)
{
    struct fake_engine *f = run_with(action);
    fake_return(f, JOBS_STATUS_IN_PROGRESS);
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    return f;
}

/* The service has ended it, and the device finds out. */
static inline void end_in_service(struct fake_engine *f, enum ending ending)
{
    fake_message(f, "notify", "{\"jobs\":{}}");
    fake_expect_publish_to(f, "j1/get");
    switch (ending) {
    case CANCELED:
        fake_reject(f, "j1/get", "TerminalStateReached", "");
        break;
    case TIMED_OUT:
        fake_accept(f, "j1/get", fake_execution("j1", 1, "TIMED_OUT", NULL));
        break;
    case DELETED:
        fake_reject(f, "j1/get", "ResourceNotFound", "");
        break;
    case RETRIED:
        fake_accept(f, "j1/get", fake_execution("j1", 2, "QUEUED", NULL));
        break;
    default:
        fake_accept(f, "j1/get", REMADE_J1);
        break;
    }
    assert_false(jobs_engine_is_idle(&f->engine));
}

/* Whatever the service says meanwhile, nothing is claimed, rejected, asked or reported. */
static inline void expect_nothing_for(struct fake_engine *f, uint64_t ms)
{
    fake_expect_quiet(f);
    fake_message(f, "notify", "{\"jobs\":{\"QUEUED\":[{\"jobId\":\"j2\",\"executionNumber\":1}]}}");
    fake_message(
        f, "notify-next",
        "{\"timestamp\":1700000100,\"execution\":{\"jobId\":\"j2\",\"status\":\"QUEUED\",\"queuedAt\":"
        "1700000100,\"versionNumber\":1,\"executionNumber\":1,\"jobDocument\":" BLINK "}}");
    fake_message(
        f, "notify-next",
        "{\"timestamp\":1700000100,\"execution\":{\"jobId\":\"j3\",\"status\":\"QUEUED\",\"queuedAt\":"
        "1700000100,\"versionNumber\":1,\"executionNumber\":1,\"jobDocument\":7}}");
    fake_pass(f, ms);
    fake_expect_quiet(f);
    assert_false(jobs_engine_is_idle(&f->engine));
}

/* It is over: the service is asked at once, because it does not know that, and the next job starts. */
static inline void expect_over(struct fake_engine *f)
{
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
    fake_accept(f, "$next/get", fake_execution("j2", 1, "QUEUED", BLINK));
    fake_pass(f, 20); /* when the end was a report */
    fake_expect_publish_to(f, "j2/update");
    fake_accept(f, "j2/update", "");
    fake_expect(f, FAKE_START, "j2");
}

static inline unsigned count_lines(const struct fake_engine *f, const char *part)
{
    unsigned count = 0;
    for (const char *at = f->log; (at = strstr(at, part)) != NULL; at++) {
        count++;
    }
    return count;
}

#endif
