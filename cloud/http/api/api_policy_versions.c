/* SPDX-License-Identifier: MIT */
/* Versions of policies: docs/protocol.md 5.8. */
#include "cloud/core/registry/policies.h"

#include "cloud/http/operations.h"
#include "cloud/http/render.h"

void api_create_policy_version(struct call *call)
{
    const char *document;
    bool is_default = false;
    struct policy policy = {0};
    struct policy_version version = {0};
    if (call_query_bool(call, "setAsDefault", &is_default) &&
        call_needed_text(call, "policyDocument", &document) &&
        call_ok(call, policies_get(call->service->core, call->labels[0], &policy, &call->error)) &&
        call_ok(call, policy_versions_create(call->service->core, policy.name, slice_from(document),
                                             is_default, &version, &call->error))) {
        json_t *out = json_object();
        render_put_text(out, "policyArn", policy.arn);
        render_put_text(out, "policyDocument", version.document);
        render_put_version(out, "policyVersionId", version.number);
        json_object_set_new(out, "isDefaultVersion", json_boolean(version.is_default));
        answer_json(&call->answer, out);
    }
    policy_version_clear(&version);
    policy_clear(&policy);
}

void api_get_policy_version(struct call *call)
{
    struct policy policy = {0};
    struct policy_version version = {0};
    if (call_ok(call, policies_get(call->service->core, call->labels[0], &policy, &call->error)) &&
        call_ok(call, policy_versions_get(call->service->core, policy.name, call->labels[1], &version,
                                          &call->error))) {
        json_t *out = render_policy_name(&policy);
        render_put_text(out, "policyDocument", version.document);
        render_put_version(out, "policyVersionId", version.number);
        json_object_set_new(out, "isDefaultVersion", json_boolean(version.is_default));
        json_object_set_new(out, "creationDate", render_date(version.created_at_ms));
        json_object_set_new(out, "lastModifiedDate",
                            render_date(version.created_at_ms)); /* it never changes */
        render_put_text(out, "generationId", policy.generation_id);
        answer_json(&call->answer, out);
    }
    policy_version_clear(&version);
    policy_clear(&policy);
}

static void add_version(void *ctx, const struct policy_version *version)
{
    json_t *out = json_object();
    render_put_version(out, "versionId", version->number);
    json_object_set_new(out, "isDefaultVersion", json_boolean(version->is_default));
    json_object_set_new(out, "createDate", render_date(version->created_at_ms));
    json_array_append_new(ctx, out);
}

void api_list_policy_versions(struct call *call)
{
    json_t *items = json_array();
    enum core_code code =
        policy_versions_list(call->service->core, call->labels[0], add_version, items, &call->error);
    call_answer_items(call, code, "policyVersions", items, "");
}

void api_set_default_policy_version(struct call *call)
{
    if (call_ok(call, policy_versions_set_default(call->service->core, call->labels[0], call->labels[1],
                                                  &call->error))) {
        answer_json(&call->answer, NULL);
    }
}

void api_delete_policy_version(struct call *call)
{
    if (call_ok(call, policy_versions_delete(call->service->core, call->labels[0], call->labels[1],
                                             &call->error))) {
        answer_json(&call->answer, NULL);
    }
}
