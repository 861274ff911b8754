/* SPDX-License-Identifier: MIT */
/* Which kinds of events are told (docs/protocol.md 1.12). Those of jobs and executions are; a kind that iot-local does not model is
 * known by its name, and cannot be enabled. */
#ifndef CLOUD_CORE_EVENT_CONFIGURATIONS_H
#define CLOUD_CORE_EVENT_CONFIGURATIONS_H

#include "cloud/core/core.h"

/* In the order in which AWS lists them. */
enum event_kind {
    EVENT_CA_CERTIFICATE,
    EVENT_CERTIFICATE,
    EVENT_JOB,
    EVENT_JOB_EXECUTION,
    EVENT_POLICY,
    EVENT_THING,
    EVENT_THING_GROUP,
    EVENT_THING_GROUP_HIERARCHY,
    EVENT_THING_GROUP_MEMBERSHIP,
    EVENT_THING_TYPE,
    EVENT_THING_TYPE_ASSOCIATION,
    EVENT_KIND_COUNT,
};

const char *event_kind_text(enum event_kind kind); /* AWS's word */
/* false: unknown word. */
bool event_kind_parse(struct slice text, enum event_kind *kind);

struct event_configurations {
    bool is_given[EVENT_KIND_COUNT]; /* of an update: this kind is to change */
    bool is_enabled[EVENT_KIND_COUNT];
    int64_t created_at_ms, last_modified_at_ms; /* 0: never changed */
};

enum core_code event_configurations_describe(struct core *core, struct event_configurations *out,
                                             struct core_error *error);
/* CORE_INVALID_REQUEST names a kind that cannot be enabled; then nothing changes. */
enum core_code event_configurations_update(struct core *core, const struct event_configurations *update,
                                           struct core_error *error);

/* Is this kind told? Inside a batch. 1, 0, -1: the database failed. */
int event_configurations_has(struct core *core, enum event_kind kind);

#endif
