/* SPDX-License-Identifier: MIT */
/* Which events are told: docs/protocol.md 1.12. */
#include "cloud/core/events/event_configurations.h"
#include "cloud/http/operations.h"
#include "cloud/http/render.h"

void api_describe_event_configurations(struct call *call)
{
    struct event_configurations now;
    if (!call_ok(call, event_configurations_describe(call->service->core, &now, &call->error))) {
        return;
    }
    json_t *kinds = json_object();
    for (unsigned i = 0; i < EVENT_KIND_COUNT; i++) {
        json_t *kind = json_object();
        json_object_set_new(kind, "Enabled", json_boolean(now.is_enabled[i]));
        json_object_set_new(kinds, event_kind_text((enum event_kind)i), kind);
    }
    json_t *out = json_object();
    json_object_set_new(out, "eventConfigurations", kinds);
    if (now.created_at_ms) {
        json_object_set_new(out, "creationDate", render_date(now.created_at_ms));
        json_object_set_new(out, "lastModifiedDate", render_date(now.last_modified_at_ms));
    }
    answer_json(&call->answer, out);
}

static bool read_kind(struct call *call, const json_t *kinds, const char *name,
                      struct event_configurations *update)
{
    enum event_kind kind;
    const json_t *value = NULL;
    if (!event_kind_parse(slice_from(name), &kind)) {
        call_refuse(call, "eventConfigurations: '%.40s' is no kind of event: JOB, JOB_EXECUTION, THING, ...",
                    name);
        return false;
    }
    update->is_given[kind] = true;
    return call_object(call, kinds, name, "Enabled", &value) &&
           call_bool(call, value, "Enabled", &update->is_enabled[kind]);
}

void api_update_event_configurations(struct call *call)
{
    struct event_configurations update = {0};
    const json_t *kinds = NULL;
    if (!call_object(call, call->members, "eventConfigurations", NULL, &kinds)) {
        return;
    }
    for (void *at = json_object_iter((json_t *)kinds); at; at = json_object_iter_next((json_t *)kinds, at)) {
        if (!read_kind(call, kinds, json_object_iter_key(at), &update)) {
            return;
        }
    }
    if (call_ok(call, event_configurations_update(call->service->core, &update, &call->error))) {
        answer_json(&call->answer, json_object());
    }
}
