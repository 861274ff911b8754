/* SPDX-License-Identifier: MIT */
#include "device/core/jobs_parts.h"

#include <string.h>

#define TIMEOUT_MIN_MAX 10080 /* AWS IoT Jobs: a week */

static bool is_name_good(const char *name)
{
    size_t len = name != NULL ? strlen(name) : 0;
    return len > 0 && len < DEVICE_ACTION_CAP;
}

enum err jobs_engine_register(struct jobs_engine *e, const struct jobs_action *action, uint64_t now_ms)
{
    e->now_ms = now_ms;
    if (!is_name_good(action->name) || action->max_attempts == 0 || action->timeout_min > TIMEOUT_MIN_MAX) {
        return ERR_ARG;
    }
    if (jobs_registry_find(e, action->name) != NULL) {
        return ERR_EXISTS;
    }
    if (e->action_count == CONFIG_DEVICE_JOBS_MAX_ACTIONS) {
        return ERR_FULL;
    }

    struct jobs_registered *place = &e->actions[e->action_count++];
    place->action = *action;
    memcpy(place->name, action->name, strlen(action->name) + 1);
    place->action.name = place->name;
    if (e->is_passed_over) {
        e->is_passed_over = false;
        jobs_request_want(e, JOBS_REQUEST_NEXT);
    }
    jobs_engine_tick(e, now_ms);
    return ERR_OK;
}

const struct jobs_action *jobs_registry_find(const struct jobs_engine *e, const char *name)
{
    for (size_t i = 0; i < e->action_count; i++) {
        if (strcmp(e->actions[i].name, name) == 0) {
            return &e->actions[i].action;
        }
    }
    return NULL;
}

bool jobs_registry_is_open(const struct jobs_engine *e)
{
    return e->now_ms < e->grace_at_ms;
}

uint64_t jobs_registry_due_at(const struct jobs_engine *e)
{
    bool waits = e->is_passed_over && e->action_count > 0 && e->connection == JOBS_READY;
    return waits ? e->grace_at_ms : JOBS_NEVER;
}
