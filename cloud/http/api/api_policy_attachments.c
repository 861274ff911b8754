/* SPDX-License-Identifier: MIT */
/* Which policies count for which certificates: docs/protocol.md 5.8. AWS has most of it twice: with a target in the body, and in
 * an older form with the certificate in a header. */
#include "cloud/core/registry/policy_attachments.h"

#include "cloud/http/operations.h"
#include "cloud/http/render.h"

#define PRINCIPAL_HEADER "x-amzn-iot-principal"
#define POLICY_HEADER    "x-amzn-iot-policy"

/* --- Attach and detach --- */

typedef enum core_code (*pair_fn)(struct core *core, const char *name, const char *target,
                                  struct core_error *error);

static void answer_pair(struct call *call, pair_fn change, const char *target)
{
    if (call_ok(call, change(call->service->core, call->labels[0], target, &call->error))) {
        answer_json(&call->answer, NULL);
    }
}

static void change_target(struct call *call, pair_fn change)
{
    const char *target;
    if (call_needed_text(call, "target", &target)) {
        answer_pair(call, change, target);
    }
}

static void change_principal(struct call *call, pair_fn change)
{
    const char *principal;
    if (call_header(call, PRINCIPAL_HEADER, &principal)) {
        answer_pair(call, change, principal);
    }
}

void api_attach_policy(struct call *call)
{
    change_target(call, policies_attach);
}

void api_attach_principal_policy(struct call *call)
{
    change_principal(call, policies_attach);
}

void api_detach_policy(struct call *call)
{
    change_target(call, policies_detach);
}

void api_detach_principal_policy(struct call *call)
{
    change_principal(call, policies_detach);
}

/* --- Policies of a certificate --- */

static void list_policies(struct call *call, const char *target, const struct page *page)
{
    char next[CORE_KEY_CAP];
    json_t *items = json_array();
    const struct core_page asked = {page->after, page->limit, page->is_ascending};
    enum core_code code =
        policies_of_target(call->service->core, target, &asked, render_add_policy, items, next, &call->error);
    call_answer_marker_items(call, code, "policies", items, next);
}

/* A certificate has what is attached to it: there is nothing to descend to. */
void api_list_attached_policies(struct call *call)
{
    struct page page;
    bool is_recursive = false;
    if (call_marker_page(call, &page) && call_query_bool(call, "recursive", &is_recursive)) {
        page.is_ascending = true;
        list_policies(call, call->labels[0], &page);
    }
}

void api_list_principal_policies(struct call *call)
{
    struct page page;
    const char *principal;
    if (call_marker_page(call, &page) && call_header(call, PRINCIPAL_HEADER, &principal)) {
        list_policies(call, principal, &page);
    }
}

static void add_effective(void *ctx, const struct policy *policy)
{
    json_t *out = render_policy_name(policy);
    render_put_text(out, "policyDocument", policy->document);
    json_array_append_new(ctx, out);
}

void api_get_effective_policies(struct call *call)
{
    const char *principal, *thing = NULL;
    if (!call_needed_text(call, "principal", &principal) || !call_query_text(call, "thingName", &thing)) {
        return;
    }
    json_t *items = json_array();
    enum core_code code =
        policies_effective(call->service->core, principal, thing, add_effective, items, &call->error);
    call_answer_items(call, code, "effectivePolicies", items, "");
}

/* --- Certificates of a policy --- */

static void add_target(void *ctx, const char *arn)
{
    json_array_append_new(ctx, answer_text(arn));
}

static void list_targets(struct call *call, const char *policy, const struct page *page, const char *member)
{
    char next[CORE_KEY_CAP];
    json_t *items = json_array();
    const struct core_page asked = {page->after, page->limit, page->is_ascending};
    enum core_code code =
        policies_targets(call->service->core, policy, &asked, add_target, items, next, &call->error);
    call_answer_marker_items(call, code, member, items, next);
}

void api_list_targets_for_policy(struct call *call)
{
    struct page page;
    if (call_marker_page(call, &page)) {
        page.is_ascending = true;
        list_targets(call, call->labels[0], &page, "targets");
    }
}

void api_list_policy_principals(struct call *call)
{
    struct page page;
    const char *policy;
    if (call_marker_page(call, &page) && call_header(call, POLICY_HEADER, &policy)) {
        list_targets(call, policy, &page, "principals");
    }
}
