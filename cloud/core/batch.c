/* SPDX-License-Identifier: MIT */
/* Batches, and the notices on their way: rendered from the marks while there is room, held back until the COMMIT, published,
 * and forgotten when the broker has taken them. */
#include "cloud/core/batch.h"

#include "cloud/base/memory.h"
#include "cloud/core/events/event_outbox.h"
#include "cloud/core/jobs/notices.h"

#include <stdlib.h>
#include <string.h>

/* --- Notices that wait for the COMMIT --- */

static void outbox_add(struct core *core, const struct notice *notice)
{
    if (core->outbox_len == core->outbox_cap) {
        core->outbox_cap = core->outbox_cap ? 2 * core->outbox_cap : 16;
        core->outbox = memory_resize(core->outbox, core->outbox_cap * sizeof *core->outbox);
    }
    core->outbox[core->outbox_len++] = *notice;
}

static void outbox_truncate(struct core *core, size_t len)
{
    while (core->outbox_len > len) {
        notice_clear(&core->outbox[--core->outbox_len]);
    }
}

void batch_clear(struct core *core)
{
    outbox_truncate(core, 0);
    free(core->outbox);
    free(core->delivered);
}

static bool has_room(const struct core *core)
{
    return !core->room || core->room(core->ctx) > core->outbox_len;
}

bool core_has_news(const struct core *core)
{
    return core->shown_mark < core->newest_mark && has_room(core);
}

/* false: nothing more to render now, or the database failed; then the marks are still there. */
static bool collect_one(struct core *core)
{
    struct mark mark;
    struct notice notice;
    int got = marks_next(core, core->shown_mark, &mark);
    if (got == 0) { /* the newer ones have been undone, or taken off */
        core->shown_mark = core->newest_mark;
    }
    if (got < 1 || !notice_render(core, &mark, &notice)) {
        return false;
    }
    core->shown_mark = mark.seq;
    outbox_add(core, &notice);
    return true;
}

void core_collect(struct core *core)
{
    while (core->has_batch && core_has_news(core) && collect_one(core)) {
    }
}

void core_publish_outbox(struct core *core)
{
    size_t count = core->outbox_committed;
    if (!count) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct notice *notice = &core->outbox[i];
        if (core->publish) {
            core->publish(core->ctx, notice->topic, notice->payload, notice->payload_len, notice->mark);
        }
        notice_clear(notice);
    }
    memmove(core->outbox, core->outbox + count, (core->outbox_len - count) * sizeof *core->outbox);
    core->outbox_len -= count;
    core->outbox_committed = 0;
}

void core_delivered(struct core *core, int64_t notice)
{
    if (core->delivered_len == core->delivered_cap) {
        core->delivered_cap = core->delivered_cap ? 2 * core->delivered_cap : 64;
        core->delivered = memory_resize(core->delivered, core->delivered_cap * sizeof *core->delivered);
    }
    if (!core->delivered_len) {
        core->delivered_since_ms = core_now_ms(core);
    }
    core->delivered[core->delivered_len++] = notice;
}

void core_broker_lost(struct core *core)
{
    outbox_truncate(core, 0);
    core->outbox_committed = 0;
    core->shown_mark = core->committed_shown_mark = 0;
    event_outbox_broker_lost(core);
}

/* --- Batches --- */

/* The marks of notices that the broker has taken ride on the COMMIT of others. When one cannot be taken off, the database
 * has dropped the whole batch, and its COMMIT will say so. */
static void clear_delivered(struct core *core)
{
    for (size_t i = 0; i < core->delivered_len; i++) {
        marks_clear(core, core->delivered[i]);
    }
    core->cleared_len = core->delivered_len;
}

bool core_begin(struct core *core)
{
    if (core->has_batch) {
        return true;
    }
    core->has_batch = core->may_write = store_begin(core->store);
    core->is_busy = !core->has_batch && store_is_busy(core->store);
    if (core->has_batch) {
        clear_delivered(core);
        event_outbox_clear(core);
    }
    return core->has_batch;
}

bool core_begin_read(struct core *core)
{
    if (!core->has_batch) {
        core->has_batch = store_begin_read(core->store);
        core->is_busy = false;
    }
    return core->has_batch;
}

bool core_is_busy(const struct core *core)
{
    return core->is_busy;
}

static void forget_cleared(struct core *core)
{
    if (!core->cleared_len) {
        return;
    }
    core->delivered_len -= core->cleared_len;
    memmove(core->delivered, core->delivered + core->cleared_len,
            core->delivered_len * sizeof *core->delivered);
}

bool core_commit(struct core *core)
{
    if (!core->has_batch) {
        return true;
    }
    core_collect(core);
    bool is_good = store_commit(core->store);
    event_outbox_committed(core, is_good);
    if (is_good) {
        core->committed_shown_mark = core->shown_mark;
        forget_cleared(core);
    } else {
        outbox_truncate(core, core->outbox_committed);
        core->shown_mark = core->committed_shown_mark;
    }
    core->outbox_committed = core->outbox_len;
    core->has_batch = core->may_write = false;
    core->cleared_len = 0;
    return is_good;
}
