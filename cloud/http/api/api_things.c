/* SPDX-License-Identifier: MIT */
/* Things and the endpoint: docs/protocol.md 5.7 and 5.8. */
#include "cloud/base/text.h"
#include "cloud/core/registry/registry.h"
#include "cloud/http/operations.h"
#include "cloud/http/render.h"

#include <stdlib.h>
#include <string.h>

static json_t *render_thing(const struct thing *thing)
{
    json_t *out = json_object();
    render_put_text(out, "thingName", thing->name);
    render_put_text(out, "thingTypeName", *thing->type ? thing->type : NULL);
    render_put_text(out, "thingArn", thing->arn);
    json_object_set_new(out, "attributes", render_parse(thing->attributes, json_object()));
    json_object_set_new(out, "version", json_integer(thing->version));
    return out;
}

static bool read_attributes(struct call *call, char **attributes, bool *is_merged)
{
    const json_t *payload = NULL;
    return call_object(call, call->members, "attributePayload", "attributes merge", &payload) &&
           call_bool(call, payload, "merge", is_merged) &&
           call_object_text(call, payload, "attributes", attributes);
}

void api_create_thing(struct call *call)
{
    char *attributes = NULL;
    bool is_merged = false; /* there is nothing to merge with in a new thing */
    struct thing_create create = {.name = call->labels[0]};
    struct thing thing = {0};
    if (!call_text(call, call->members, "thingTypeName", &create.type) ||
        !call_text(call, call->members, "billingGroupName", &create.billing_group) ||
        !read_attributes(call, &attributes, &is_merged)) {
        return;
    }
    create.attributes = slice_from(attributes);
    enum core_code code = things_create(call->service->core, &create, &thing, &call->error);
    if (call_ok(call, code)) {
        json_t *out = json_object();
        render_put_text(out, "thingName", thing.name);
        render_put_text(out, "thingArn", thing.arn);
        render_put_text(out, "thingId", thing.id);
        answer_json(&call->answer, out);
    }
    thing_clear(&thing);
    free(attributes);
}

void api_describe_thing(struct call *call)
{
    struct thing thing = {0};
    if (!call_ok(call, things_describe(call->service->core, call->labels[0], &thing, &call->error))) {
        return;
    }
    json_t *out = render_thing(&thing);
    render_put_text(out, "defaultClientId", thing.name);
    render_put_text(out, "thingId", thing.id);
    render_put_text(out, "billingGroupName", *thing.billing_group ? thing.billing_group : NULL);
    answer_json(&call->answer, out);
    thing_clear(&thing);
}

void api_update_thing(struct call *call)
{
    char *attributes = NULL;
    const json_t *members = call->members;
    struct thing_update update = {.name = call->labels[0]};
    if (!call_text(call, members, "thingTypeName", &update.type) ||
        !call_bool(call, members, "removeThingType", &update.removes_type) ||
        !call_i64(call, members, "expectedVersion", 0, &update.expected.version, &update.expected.is_given) ||
        !read_attributes(call, &attributes, &update.is_merged)) {
        return;
    }
    update.attributes = slice_from(attributes);
    if (call_ok(call, things_update(call->service->core, &update, &call->error))) {
        answer_json(&call->answer, NULL);
    }
    free(attributes);
}

void api_delete_thing(struct call *call)
{
    struct expected_version expected = {.is_given = request_query(&call->request, "expectedVersion") != NULL};
    if (call_query_i64(call, "expectedVersion", 0, &expected.version) &&
        call_ok(call, things_delete(call->service->core, call->labels[0], expected, &call->error))) {
        answer_json(&call->answer, NULL);
    }
}

static void add_thing(void *ctx, const struct thing *thing)
{
    json_array_append_new(ctx, render_thing(thing));
}

void api_list_things(struct call *call)
{
    struct page page;
    struct thing_filter filter = {0};
    char next[CORE_KEY_CAP] = "";
    if (!call_page(call, &page) || !call_query_text(call, "attributeName", &filter.attribute) ||
        !call_query_text(call, "attributeValue", &filter.attribute_value) ||
        !call_query_text(call, "thingTypeName", &filter.type) ||
        !call_query_bool(call, "usePrefixAttributeValue", &filter.is_prefix)) {
        return;
    }
    json_t *things = json_array();
    if (!call_ok(call, things_list(call->service->core, &filter, page.after, page.limit, add_thing, things,
                                   next, &call->error))) {
        json_decref(things);
        return;
    }
    json_t *out = json_object();
    json_object_set_new(out, "things", things);
    call_answer_page(call, out, next);
}

/* Devices, the Jobs data plane and the control plane are all reached by one name here. What AWS's guide calls the default,
 * when no type is given, is iot:Data. */
void api_describe_endpoint(struct call *call)
{
    const char *type = "iot:Data";
    if (!call_query_text(call, "endpointType", &type)) {
        return;
    }
    if (!text_has_word("iot:Data iot:Data-ATS iot:Jobs", type)) {
        call_refuse(
            call,
            text_has_word("iot:CredentialProvider iot:DeviceAdvisor iot:Data-Beta", type)
                ? "iot-local does not model '%s': it has the endpoints iot:Data-ATS, iot:Data and iot:Jobs"
                : "AWS IoT has no endpoint of type '%s'; iot-local has iot:Data-ATS, iot:Data and iot:Jobs",
            type);
        return;
    }
    json_t *out = json_object();
    render_put_text(out, "endpointAddress", call->service->endpoint);
    answer_json(&call->answer, out);
}
