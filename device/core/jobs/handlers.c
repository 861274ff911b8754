/* SPDX-License-Identifier: MIT */
/* The table of handlers. What becomes of a document that nobody serves is decided in reading.c. */
#include "device/core/jobs/handlers.h"

#include "common/json.h"

#include <string.h>

#define TIMEOUT_MIN_MAX 10080 /* AWS IoT Jobs: a week */

void jobs_handlers_init(struct jobs_handlers *h)
{
    memset(h, 0, sizeof(*h));
    h->grace_at_ms = JOBS_NEVER;
}

static bool is_name_good(const char *name)
{
    size_t len = name != NULL ? strlen(name) : 0;
    return len > 0 && len < DEVICE_ACTION_CAP;
}

static const struct jobs_action *find(const struct jobs_handlers *h, bool is_member, const char *name)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct jobs_registered *r = &h->registered[i];
        if (r->action.is_member == is_member && strcmp(r->name, name) == 0) {
            return &r->action;
        }
    }
    return NULL;
}

enum err jobs_handlers_add(struct jobs_handlers *h, const struct jobs_action *action)
{
    if (!is_name_good(action->name) || action->max_attempts == 0 || action->timeout_min > TIMEOUT_MIN_MAX) {
        return ERR_ARG;
    }
    if (find(h, action->is_member, action->name) != NULL) {
        return ERR_EXISTS;
    }
    if (h->count == CONFIG_DEVICE_JOBS_MAX_ACTIONS) {
        return ERR_FULL;
    }
    struct jobs_registered *place = &h->registered[h->count++];
    place->action = *action;
    memcpy(place->name, action->name, strlen(action->name) + 1);
    place->action.name = place->name;
    return ERR_OK;
}

/* `action`, and behind it the member of each handler that serves one. */
struct wanted {
    struct json_field fields[1 + CONFIG_DEVICE_JOBS_MAX_ACTIONS];
    uint8_t of[1 + CONFIG_DEVICE_JOBS_MAX_ACTIONS]; /* whose member it is */
    size_t count;
};

static void want_members(const struct jobs_handlers *h, struct wanted *wanted)
{
    wanted->fields[0] = (struct json_field){.key = "action", .parent = JSON_TOP};
    wanted->count = 1;
    for (uint8_t i = 0; i < h->count; i++) {
        if (h->registered[i].action.is_member && strcmp(h->registered[i].name, "action") != 0) {
            wanted->fields[wanted->count] =
                (struct json_field){.key = h->registered[i].name, .parent = JSON_TOP};
            wanted->of[wanted->count++] = i;
        }
    }
}

static const struct jobs_action *find_by_member(const struct jobs_handlers *h, const struct wanted *wanted)
{
    for (size_t i = 1; i < wanted->count; i++) {
        if (wanted->fields[i].type != JSON_ABSENT) {
            return &h->registered[wanted->of[i]].action;
        }
    }
    return NULL;
}

enum jobs_reason jobs_handlers_find(const struct jobs_handlers *h, struct slice document,
                                    const struct jobs_action **found, char name[DEVICE_ACTION_CAP])
{
    struct wanted wanted;
    const struct json_field *action = &wanted.fields[0];

    name[0] = '\0';
    *found = NULL;
    want_members(h, &wanted);
    enum err err = json_read(document, wanted.fields, wanted.count, NULL);
    if (err == ERR_JSON_AMBIGUOUS) {
        return JOBS_REASON_AMBIGUOUS_KEY;
    }
    if (err != ERR_OK) {
        return JOBS_REASON_INVALID_DOCUMENT;
    }
    if (action->type == JSON_ABSENT) {
        *found = find_by_member(h, &wanted);
        return *found != NULL ? JOBS_REASON_NONE : JOBS_REASON_NO_ACTION;
    }
    if (action->type != JSON_STRING || action->text.len == 0) {
        return JOBS_REASON_NO_ACTION;
    }
    err = json_decode(action->text, name, DEVICE_ACTION_CAP, NULL);
    if (err == ERR_JSON_STRING) {
        return JOBS_REASON_NO_ACTION;
    }
    *found = err == ERR_OK ? find(h, false, name) : NULL; /* else longer than any name: no handler has it */
    return JOBS_REASON_NONE;
}

bool jobs_handlers_is_open(const struct jobs_handlers *h, uint64_t now_ms)
{
    return now_ms < h->grace_at_ms;
}
