/* SPDX-License-Identifier: MIT */
#include "cloud/base/memory.h"
#include "cloud/core/batch.h"
#include "cloud/core/events/event_outbox.h"
#include "cloud/core/marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Without its store; *is_good false: `why`. */
static struct core *new_core(const struct core_config *config, bool *is_good, char *why, size_t why_cap)
{
    struct core *core = memory_zeroed(sizeof *core);
    core->clock = config->clock;
    core->publish = config->publish;
    core->room = config->room;
    core->publish_event = config->publish_event;
    core->event_room = config->event_room;
    core->sign_link = config->sign_link;
    core->ctx = config->ctx;
    core->requests_per_s = config->requests_per_s;
    *is_good = set_names(core, config, why, why_cap);
    return core;
}

struct core *core_open_reader(const struct core_config *config, char *why, size_t why_cap)
{
    bool is_good;
    struct core *core = new_core(config, &is_good, why, why_cap);
    if (is_good) {
        core->store = store_open_reader(config->database, config->objects_dir, why, why_cap);
    }
    if (!core->store) {
        core_close(core);
        return NULL;
    }
    return core;
}

struct core *core_open(const struct core_config *config, char *why, size_t why_cap)
{
    bool is_good;
    struct core *core = new_core(config, &is_good, why, why_cap);
    if (is_good) {
        core->store = store_open(config->database, config->objects_dir, why, why_cap);
    }
    if (core->store && marks_open(core) && event_outbox_open(core)) {
        return core;
    }
    if (core->store) {
        snprintf(why, why_cap, "cannot read the database %s: %s", config->database, store_error(core->store));
    }
    core_close(core);
    return NULL;
}

void core_close(struct core *core)
{
    if (!core) {
        return;
    }
    batch_clear(core);
    store_close(core->store);
    free(core);
}
