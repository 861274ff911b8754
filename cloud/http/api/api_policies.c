/* SPDX-License-Identifier: MIT */
/* Policies: docs/protocol.md 5.8. */
#include "cloud/core/registry/policies.h"

#include "cloud/http/api/api_tags.h"
#include "cloud/http/operations.h"
#include "cloud/http/render.h"

static json_t *render_policy(const struct policy *policy)
{
    json_t *out = render_policy_name(policy);
    render_put_text(out, "policyDocument", policy->document);
    return out;
}

void api_create_policy(struct call *call)
{
    const char *document;
    struct policy policy = {0};
    struct tag_list tags;
    if (!call_needed_text(call, "policyDocument", &document) || !api_read_tags(call, &tags) ||
        !call_ok(call, policies_create(call->service->core, call->labels[0], slice_from(document), &tags,
                                       &policy, &call->error))) {
        return;
    }
    json_t *out = render_policy(&policy);
    render_put_version(out, "policyVersionId", policy.default_version);
    answer_json(&call->answer, out);
    policy_clear(&policy);
}

void api_get_policy(struct call *call)
{
    struct policy policy = {0};
    if (!call_ok(call, policies_get(call->service->core, call->labels[0], &policy, &call->error))) {
        return;
    }
    json_t *out = render_policy(&policy);
    render_put_version(out, "defaultVersionId", policy.default_version);
    json_object_set_new(out, "creationDate", render_date(policy.created_at_ms));
    json_object_set_new(out, "lastModifiedDate", render_date(policy.last_modified_at_ms));
    render_put_text(out, "generationId", policy.generation_id);
    answer_json(&call->answer, out);
    policy_clear(&policy);
}

void api_list_policies(struct call *call)
{
    struct page page;
    char next[CORE_KEY_CAP];
    if (!call_marker_page(call, &page)) {
        return;
    }
    json_t *items = json_array();
    const struct core_page asked = {page.after, page.limit, page.is_ascending};
    enum core_code code =
        policies_list(call->service->core, &asked, render_add_policy, items, next, &call->error);
    call_answer_marker_items(call, code, "policies", items, next);
}

void api_delete_policy(struct call *call)
{
    if (call_ok(call, policies_delete(call->service->core, call->labels[0], &call->error))) {
        answer_json(&call->answer, NULL);
    }
}
