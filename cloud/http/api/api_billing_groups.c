/* SPDX-License-Identifier: MIT */
/* Billing groups: docs/protocol.md 5.7. */
#include "cloud/core/registry/billing_groups.h"
#include "cloud/http/api/api_tags.h"
#include "cloud/http/operations.h"
#include "cloud/http/render.h"

static bool read_description(struct call *call, const char **description)
{
    const json_t *properties = NULL;
    return call_object(call, call->members, "billingGroupProperties", "billingGroupDescription",
                       &properties) &&
           call_text(call, properties, "billingGroupDescription", description);
}

static json_t *render_name(const struct billing_group *group)
{
    json_t *out = json_object();
    render_put_text(out, "billingGroupName", group->name);
    render_put_text(out, "billingGroupArn", group->arn);
    render_put_text(out, "billingGroupId", group->id);
    return out;
}

void api_create_billing_group(struct call *call)
{
    const char *description = NULL;
    struct billing_group group = {0};
    struct tag_list tags;
    if (!read_description(call, &description) || !api_read_tags(call, &tags)) {
        return;
    }
    if (call_ok(call, billing_groups_create(call->service->core, call->labels[0], description, &tags, &group,
                                            &call->error))) {
        answer_json(&call->answer, render_name(&group));
    }
    billing_group_clear(&group);
}

void api_describe_billing_group(struct call *call)
{
    struct billing_group group = {0};
    if (!call_ok(call, billing_groups_describe(call->service->core, call->labels[0], &group, &call->error))) {
        return;
    }
    json_t *properties = json_object();
    render_put_text(properties, "billingGroupDescription", group.description);
    json_t *metadata = json_object();
    json_object_set_new(metadata, "creationDate", render_date(group.created_at_ms));
    json_t *out = render_name(&group);
    json_object_set_new(out, "version", json_integer(group.version));
    json_object_set_new(out, "billingGroupProperties", properties);
    json_object_set_new(out, "billingGroupMetadata", metadata);
    answer_json(&call->answer, out);
    billing_group_clear(&group);
}

static void add_group(void *ctx, const struct billing_group *group)
{
    json_t *out = json_object();
    render_put_text(out, "groupName", group->name);
    render_put_text(out, "groupArn", group->arn);
    json_array_append_new(ctx, out);
}

void api_list_billing_groups(struct call *call)
{
    struct page page;
    char next[CORE_KEY_CAP] = "";
    const char *prefix = NULL;
    if (!call_page(call, &page) || !call_query_text(call, "namePrefixFilter", &prefix)) {
        return;
    }
    json_t *groups = json_array();
    if (!call_ok(call, billing_groups_list(call->service->core, prefix, page.after, page.limit, add_group,
                                           groups, next, &call->error))) {
        json_decref(groups);
        return;
    }
    json_t *out = json_object();
    json_object_set_new(out, "billingGroups", groups);
    call_answer_page(call, out, next);
}

void api_update_billing_group(struct call *call)
{
    const char *description = NULL;
    struct expected_version expected = {0};
    int64_t version = 0;
    if (!read_description(call, &description) ||
        !call_i64(call, call->members, "expectedVersion", 0, &expected.version, &expected.is_given)) {
        return;
    }
    if (!json_is_object(json_object_get(call->members, "billingGroupProperties"))) {
        call_refuse(call, "'billingGroupProperties' is missing");
        return;
    }
    if (call_ok(call, billing_groups_update(call->service->core, call->labels[0], description, expected,
                                            &version, &call->error))) {
        json_t *out = json_object();
        json_object_set_new(out, "version", json_integer(version));
        answer_json(&call->answer, out);
    }
}

void api_delete_billing_group(struct call *call)
{
    struct expected_version expected = {.is_given = request_query(&call->request, "expectedVersion") != NULL};
    if (call_query_i64(call, "expectedVersion", 0, &expected.version) &&
        call_ok(call, billing_groups_delete(call->service->core, call->labels[0], expected, &call->error))) {
        answer_json(&call->answer, NULL);
    }
}

typedef enum core_code (*member_fn)(struct core *core, const struct billing_member *member,
                                    struct core_error *error);

static void change_member(struct call *call, member_fn change)
{
    struct billing_member member = {0};
    const json_t *members = call->members;
    if (call_text(call, members, "billingGroupName", &member.group) &&
        call_text(call, members, "billingGroupArn", &member.group_arn) &&
        call_text(call, members, "thingName", &member.thing) &&
        call_text(call, members, "thingArn", &member.thing_arn) &&
        call_ok(call, change(call->service->core, &member, &call->error))) {
        answer_json(&call->answer, NULL);
    }
}

void api_add_thing_to_billing_group(struct call *call)
{
    change_member(call, billing_groups_add_thing);
}

void api_remove_thing_from_billing_group(struct call *call)
{
    change_member(call, billing_groups_remove_thing);
}

static void add_name(void *ctx, const char *thing)
{
    json_array_append_new(ctx, json_string(thing));
}

void api_list_things_in_billing_group(struct call *call)
{
    struct page page;
    char next[CORE_KEY_CAP] = "";
    if (!call_page(call, &page)) {
        return;
    }
    json_t *things = json_array();
    if (!call_ok(call, billing_groups_list_things(call->service->core, call->labels[0], page.after,
                                                  page.limit, add_name, things, next, &call->error))) {
        json_decref(things);
        return;
    }
    json_t *out = json_object();
    json_object_set_new(out, "things", things);
    call_answer_page(call, out, next);
}
