/* SPDX-License-Identifier: MIT */
#include "cloud/core/registry/authorization.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/core/registry/registry_private.h"

#include <stdlib.h>
#include <string.h>

/* Comparisons of characters for all questions of one request: the loop serves nobody meanwhile. Twenty policies that are full of
 * ordinary patterns do with it for 200 resources. */
#define STEPS_MAX 10000000

static bool has_name(const struct authorization_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_policy(const struct authorization *authorization, const char *name)
{
    for (size_t i = 0; i < authorization->count; i++) {
        if (strcmp(authorization->policies[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static struct policy *add(struct authorization *out)
{
    out->policies = memory_resize(out->policies, (out->count + 1) * sizeof *out->policies);
    return &out->policies[out->count++];
}

/* --- Which policies count --- */

struct collection {
    struct authorization *out;
    const struct authorization_names *skip;
};

static void collect(void *ctx, const struct policy *policy)
{
    const struct collection *collection = ctx;
    if (!has_name(collection->skip, policy->name)) {
        struct policy *copy = add(collection->out);
        *copy = *policy;
        copy->document = text_copy(policy->document);
    }
}

static enum core_code add_named(struct core *core, const struct authorization_names *names,
                                struct authorization *out, struct core_error *error)
{
    for (size_t i = 0; i < names->count; i++) {
        struct policy found;
        if (has_policy(out, names->names[i])) {
            continue;
        }
        if (policies_get(core, names->names[i], &found, error)) {
            return error->code;
        }
        *add(out) = found;
    }
    return CORE_OK;
}

enum core_code authorization_open(struct core *core, const struct authorization_request *request,
                                  struct authorization *out, struct core_error *error)
{
    struct collection collection = {out, &request->skip};
    *out = (struct authorization){0};
    if (policies_effective(core, request->principal, NULL, collect, &collection, error) ||
        add_named(core, &request->add, out, error) ||
        principals_connected_thing(core, request->principal, request->client_id, out->thing, error)) {
        authorization_clear(out);
        return error->code;
    }
    out->context = (struct policy_context){
        .client_id = request->client_id,
        .thing_name = *out->thing ? out->thing : NULL,
        .is_attached = *out->thing != '\0',
        .certificate_cn = request->common_name,
        .steps_left = &out->steps_left,
    };
    out->steps_left = STEPS_MAX;
    out->decisions = memory_zeroed((out->count + 1) * sizeof *out->decisions);
    return CORE_OK;
}

void authorization_clear(struct authorization *authorization)
{
    for (size_t i = 0; i < authorization->count; i++) {
        policy_clear(&authorization->policies[i]);
    }
    free(authorization->policies);
    free(authorization->decisions);
    *authorization = (struct authorization){0};
}

/* --- What they say --- */

enum core_code authorization_ask(struct authorization *authorization, const char *action,
                                 const char *const *resources, size_t count, struct core_error *error)
{
    authorization->resource_count = count;
    for (size_t i = 0; i < authorization->count; i++) {
        policy_evaluate_each(slice_from(authorization->policies[i].document), &authorization->context, action,
                             resources, count, authorization->decisions[i]);
    }
    if (authorization->steps_left == 0) {
        return core_fail(error, CORE_LIMIT_EXCEEDED,
                         "the policies take too long to compare: ask about fewer resources, or make their "
                         "patterns simpler");
    }
    return CORE_OK;
}

enum policy_decision authorization_of_policy(const struct authorization *authorization, size_t i)
{
    enum policy_decision decision = POLICY_IMPLICIT_DENY;
    for (size_t r = 0; r < authorization->resource_count; r++) {
        decision = policy_combine(decision, authorization->decisions[i][r]);
    }
    return decision;
}

static enum policy_decision decide(const struct authorization *authorization, size_t r)
{
    enum policy_decision decision = POLICY_IMPLICIT_DENY;
    for (size_t i = 0; i < authorization->count; i++) {
        decision = policy_combine(decision, authorization->decisions[i][r]);
    }
    return decision;
}

enum policy_decision authorization_of_all(const struct authorization *authorization)
{
    enum policy_decision worst = POLICY_ALLOW;
    for (size_t r = 0; r < authorization->resource_count && worst != POLICY_EXPLICIT_DENY; r++) {
        enum policy_decision decision = decide(authorization, r);
        worst = decision == POLICY_ALLOW ? worst : decision;
    }
    return worst;
}
