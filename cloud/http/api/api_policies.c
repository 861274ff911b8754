/* SPDX-License-Identifier: MIT */
/* Policies: docs/protocol.md 5.8. A policy has one version here, "1". */
#include "cloud/core/registry/registry.h"
#include "cloud/http/operations.h"
#include "cloud/http/render.h"

static json_t *render_policy(const struct policy *policy)
{
    json_t *out = json_object();
    render_put_text(out, "policyName", policy->name);
    render_put_text(out, "policyArn", policy->arn);
    render_put_text(out, "policyDocument", policy->document);
    return out;
}

void api_create_policy(struct call *call)
{
    const char *document = NULL;
    struct policy policy = {0};
    if (!call_text(call, call->members, "policyDocument", &document)) {
        return;
    }
    if (!document) {
        call_refuse(call, "'policyDocument' is missing");
        return;
    }
    if (!call_ok(call, policies_create(call->service->core, call->labels[0], slice_from(document), &policy,
                                       &call->error))) {
        return;
    }
    json_t *out = render_policy(&policy);
    render_put_text(out, "policyVersionId", "1");
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
    render_put_text(out, "defaultVersionId", "1");
    json_object_set_new(out, "creationDate", render_date(policy.created_at_ms));
    json_object_set_new(out, "lastModifiedDate", render_date(policy.last_modified_at_ms));
    render_put_text(out, "generationId", policy.generation_id);
    answer_json(&call->answer, out);
    policy_clear(&policy);
}

void api_attach_policy(struct call *call)
{
    const char *target = NULL;
    if (!call_text(call, call->members, "target", &target)) {
        return;
    }
    if (!target) {
        call_refuse(call, "'target' (a certificate ARN) is missing");
        return;
    }
    if (!call_ok(call, policies_attach(call->service->core, call->labels[0], target, &call->error))) {
        return;
    }
    answer_json(&call->answer, NULL);
}
