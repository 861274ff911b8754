/* SPDX-License-Identifier: MIT */
/* Does what is due, a slice at a time, so that the loop comes back to those who ask (cloud/README.md, "A turn"). */
#include "cloud/core/announce.h"
#include "cloud/core/due.h"
#include "cloud/core/events/event_outbox.h"
#include "cloud/core/jobs/timeout.h"
#include "cloud/core/provisioning/claims.h"
#include "cloud/core/provisioning/ownership.h"

#define SLICE            32   /* rows of the due-queue */
#define AFTER_FAILURE_MS 1000 /* a database that refuses is not asked in a loop */
#define WHEN_BUSY_MS     20
#define CLEAR_AFTER_MS   1000 /* marks of delivered notices wait so long for somebody else's COMMIT */

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t core_next_due_ms(struct core *core)
{
    struct due due;
    int64_t next_ms = due_next(core, &due) == 1 ? due.at_ms : INT64_MAX;
    if (core->delivered_len > 0) {
        next_ms = smaller(next_ms, core->delivered_since_ms + CLEAR_AFTER_MS);
    }
    next_ms = smaller(next_ms, event_outbox_due_ms(core));
    if (announce_is_under_way(core)) {
        next_ms = 0;
    }
    return next_ms > core->due_not_before_ms ? next_ms : core->due_not_before_ms;
}

static bool do_one(struct core *core, const struct due *due)
{
    switch (due->kind) {
    case DUE_EXECUTION_TIMEOUT:
        return timeout_execution(core, due->subject);
    case DUE_OWNERSHIP:
        return ownership_expire(core, due->subject);
    case DUE_CLAIM:
        return claim_expire(core, due->subject);
    }
    /* Nobody knows this kind: it must not stop the others. */
    return due_set(core, due->kind, due->subject, 0);
}

/* 1: done; 0: nothing is due; -1: failed, and undone. */
static int run_one(struct core *core, int64_t now_ms)
{
    struct due due;
    struct core_write write;
    struct core_error error = {.code = CORE_OK};
    int got = due_next(core, &due);
    if (got < 1 || due.at_ms > now_ms) {
        return got < 0 ? -1 : 0;
    }
    if (core_write_begin(core, &write, &error) && !do_one(core, &due)) {
        core_fail_storage(core, &error);
    }
    enum core_code code = core_write_end(core, &write, &error);
    core_error_clear(&error);
    core_collect(core);
    return code ? -1 : 1;
}

bool core_run_due(struct core *core)
{
    int64_t now_ms = core_now_ms(core);
    int result = 1;
    core->due_not_before_ms = 0;
    if (!core_begin(core)) {
        core->due_not_before_ms = now_ms + (core_is_busy(core) ? WHEN_BUSY_MS : AFTER_FAILURE_MS);
        return false;
    }
    struct announcements before = core->announcements;
    int announced = announce_slice(core);
    for (int i = 0; i < SLICE && result == 1; i++) {
        result = run_one(core, now_ms);
    }
    bool is_kept = core_commit(core);
    if (!is_kept) {
        core->announcements = before; /* what that has undone is announced again */
    }
    bool is_good = is_kept && result >= 0 && announced >= 0;
    if (!is_good) {
        core->due_not_before_ms = now_ms + AFTER_FAILURE_MS;
    }
    core_publish_outbox(core);
    return is_good && (announced == 1 || result == 1);
}
