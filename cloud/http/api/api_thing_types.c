/* SPDX-License-Identifier: MIT */
/* Types of things: docs/protocol.md 5.7. */
#include "cloud/core/registry/thing_types.h"
#include "cloud/http/api/api_tags.h"
#include "cloud/http/operations.h"
#include "cloud/http/render.h"

#include <stdlib.h>

/* In the form that the core checks; *searchable is malloc'd. */
static bool read_properties(struct call *call, struct thing_type_properties *properties, char **searchable)
{
    const json_t *given = NULL;
    const json_t *names = NULL;
    *properties = (struct thing_type_properties){0};
    *searchable = NULL;
    if (!call_object(call, call->members, "thingTypeProperties",
                     "thingTypeDescription searchableAttributes mqtt5Configuration", &given) ||
        !call_unmodelled(call, given, "mqtt5Configuration") ||
        !call_text(call, given, "thingTypeDescription", &properties->description) ||
        !call_array(call, given, "searchableAttributes", &names)) {
        return false;
    }
    *searchable = names ? json_dumps(names, JSON_COMPACT) : NULL;
    properties->searchable = slice_from(*searchable);
    return true;
}

static json_t *render_type(const struct thing_type *type)
{
    json_t *properties = json_object();
    render_put_text(properties, "thingTypeDescription", type->description);
    json_object_set_new(properties, "searchableAttributes", render_parse(type->searchable, json_array()));
    json_t *metadata = json_object();
    json_object_set_new(metadata, "deprecated", json_boolean(type->deprecated_at_ms != 0));
    if (type->deprecated_at_ms) {
        json_object_set_new(metadata, "deprecationDate", render_date(type->deprecated_at_ms));
    }
    json_object_set_new(metadata, "creationDate", render_date(type->created_at_ms));
    json_t *out = json_object();
    render_put_text(out, "thingTypeName", type->name);
    render_put_text(out, "thingTypeArn", type->arn);
    json_object_set_new(out, "thingTypeProperties", properties);
    json_object_set_new(out, "thingTypeMetadata", metadata);
    return out;
}

void api_create_thing_type(struct call *call)
{
    struct thing_type_properties properties;
    struct thing_type type = {0};
    struct tag_list tags;
    char *searchable;
    if (!api_read_tags(call, &tags) || !read_properties(call, &properties, &searchable)) {
        return;
    }
    if (call_ok(call, thing_types_create(call->service->core, call->labels[0], &properties, &tags, &type,
                                         &call->error))) {
        json_t *out = json_object();
        render_put_text(out, "thingTypeName", type.name);
        render_put_text(out, "thingTypeArn", type.arn);
        render_put_text(out, "thingTypeId", type.id);
        answer_json(&call->answer, out);
    }
    thing_type_clear(&type);
    free(searchable);
}

void api_describe_thing_type(struct call *call)
{
    struct thing_type type = {0};
    if (!call_ok(call, thing_types_describe(call->service->core, call->labels[0], &type, &call->error))) {
        return;
    }
    json_t *out = render_type(&type);
    render_put_text(out, "thingTypeId", type.id);
    answer_json(&call->answer, out);
    thing_type_clear(&type);
}

static void add_type(void *ctx, const struct thing_type *type)
{
    json_array_append_new(ctx, render_type(type));
}

void api_list_thing_types(struct call *call)
{
    struct page page;
    char next[CORE_KEY_CAP] = "";
    const char *prefix = NULL;
    if (!call_page(call, &page) || !call_query_text(call, "thingTypeName", &prefix)) {
        return;
    }
    json_t *types = json_array();
    if (!call_ok(call, thing_types_list(call->service->core, prefix, page.after, page.limit, add_type, types,
                                        next, &call->error))) {
        json_decref(types);
        return;
    }
    json_t *out = json_object();
    json_object_set_new(out, "thingTypes", types);
    call_answer_page(call, out, next);
}

void api_update_thing_type(struct call *call)
{
    struct thing_type_properties properties;
    char *searchable;
    if (!read_properties(call, &properties, &searchable)) {
        return;
    }
    if (call_ok(call, thing_types_update(call->service->core, call->labels[0], &properties, &call->error))) {
        answer_json(&call->answer, NULL);
    }
    free(searchable);
}

void api_deprecate_thing_type(struct call *call)
{
    bool is_undone = false;
    if (call_bool(call, call->members, "undoDeprecate", &is_undone) &&
        call_ok(call, thing_types_deprecate(call->service->core, call->labels[0], is_undone, &call->error))) {
        answer_json(&call->answer, NULL);
    }
}

void api_delete_thing_type(struct call *call)
{
    if (call_ok(call, thing_types_delete(call->service->core, call->labels[0], &call->error))) {
        answer_json(&call->answer, NULL);
    }
}
