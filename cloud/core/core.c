/* SPDX-License-Identifier: MIT */
#include "cloud/core/core_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Open and close --- */

static bool consists_of(const char *text, size_t min, size_t max, const char *allowed)
{
    size_t len = strlen(text);
    return len >= min && len <= max && strspn(text, allowed) == len;
}

static bool set_names(struct core *core, const struct core_config *config, char *why, size_t why_cap)
{
    const char *region = config->region ? config->region : "us-east-1";
    const char *account = config->account ? config->account : "123456789012";
    if (!consists_of(region, 1, CORE_REGION_CAP - 1, "abcdefghijklmnopqrstuvwxyz0123456789-")) {
        snprintf(why, why_cap, "'%.40s' is not a region; it looks like us-east-1", region);
        return false;
    }
    if (!consists_of(account, CORE_ACCOUNT_CAP - 1, CORE_ACCOUNT_CAP - 1, "0123456789")) {
        snprintf(why, why_cap, "'%.40s' is not an account; it has 12 digits", account);
        return false;
    }
    snprintf(core->region, sizeof core->region, "%s", region);
    snprintf(core->account, sizeof core->account, "%s", account);
    return true;
}

struct core *core_open(const struct core_config *config, char *why, size_t why_cap)
{
    struct core *core = calloc(1, sizeof *core);
    if (!core) {
        snprintf(why, why_cap, "out of memory");
        return NULL;
    }
    core->now_ms = config->now_ms;
    core->publish = config->publish;
    core->ctx = config->ctx;
    core->requests_per_s = config->requests_per_s;
    if (set_names(core, config, why, why_cap)) {
        core->store = store_open(config->database, config->objects_dir, why, why_cap);
    }
    if (!core->store) {
        core_close(core);
        return NULL;
    }
    return core;
}

void core_close(struct core *core)
{
    if (!core) {
        return;
    }
    core_outbox_truncate(core, 0);
    free(core->outbox);
    store_close(core->store);
    free(core);
}

const char *core_region(const struct core *core)
{
    return core->region;
}

const char *core_account(const struct core *core)
{
    return core->account;
}

const char *core_objects_dir(const struct core *core)
{
    return store_objects_dir(core->store);
}

const char *core_storage_error(const struct core *core)
{
    return store_error(core->store);
}

int64_t core_now_ms(const struct core *core)
{
    return core->now_ms(core->ctx);
}

/* --- Batches --- */

bool core_begin(struct core *core)
{
    if (!core->has_batch) {
        core->has_batch = store_begin(core->store);
    }
    return core->has_batch;
}

bool core_commit(struct core *core)
{
    if (!core->has_batch) {
        return true;
    }
    core->has_batch = false;
    bool is_good = store_commit(core->store);
    if (!is_good) {
        core_outbox_truncate(core, core->outbox_committed);
    }
    core->outbox_committed = core->outbox_len;
    return is_good;
}

bool core_write_begin(struct core *core, struct core_write *write, struct core_error *error)
{
    *write = (struct core_write){.outbox_len = core->outbox_len};
    if (!core->has_batch) { /* core_begin failed and the caller went on: nothing may be written outside a batch */
        core_fail(error, CORE_INTERNAL, "the database could not begin a transaction: %s",
                  core_storage_error(core));
        return false;
    }
    write->is_open = store_savepoint(core->store);
    if (!write->is_open) {
        core_fail_storage(core, error);
    }
    return write->is_open;
}

enum core_code core_write_end(struct core *core, const struct core_write *write, struct core_error *error)
{
    if (!write->is_open) {
        return error->code;
    }
    bool keep = error->code == CORE_OK;
    if (!store_savepoint_end(core->store, keep) && keep) {
        core_fail_storage(core, error);
        keep = false;
    }
    if (!keep) {
        core_outbox_truncate(core, write->outbox_len);
    }
    return error->code;
}

int core_has_row(struct core *core, enum store_statement which, const char *key)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, which, store_text(key));
    int got = store_row(core->store, query);
    store_done(query);
    return got;
}

/* --- Outbox --- */

static void notice_clear(struct notice *notice)
{
    free(notice->topic);
    free(notice->payload);
    *notice = (struct notice){0};
}

bool core_outbox_add(struct core *core, char *topic, char *payload, size_t payload_len)
{
    struct notice notice = {.topic = topic, .payload = payload, .payload_len = payload_len};
    if (core->outbox_len == core->outbox_cap) {
        size_t cap = core->outbox_cap ? 2 * core->outbox_cap : 16;
        struct notice *grown = realloc(core->outbox, cap * sizeof *grown);
        if (!grown) {
            notice_clear(&notice);
            return false;
        }
        core->outbox = grown;
        core->outbox_cap = cap;
    }
    core->outbox[core->outbox_len++] = notice;
    return true;
}

void core_outbox_truncate(struct core *core, size_t len)
{
    while (core->outbox_len > len) {
        notice_clear(&core->outbox[--core->outbox_len]);
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
            core->publish(core->ctx, notice->topic, notice->payload, notice->payload_len);
        }
        notice_clear(notice);
    }
    memmove(core->outbox, core->outbox + count, (core->outbox_len - count) * sizeof *core->outbox);
    core->outbox_len -= count;
    core->outbox_committed = 0;
}
