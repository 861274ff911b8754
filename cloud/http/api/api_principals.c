/* SPDX-License-Identifier: MIT */
/* Which certificates belong to which things: docs/protocol.md 5.8. */
#include "cloud/core/registry/principals.h"

#include "cloud/http/operations.h"
#include "cloud/http/render.h"

#define PRINCIPAL_HEADER "x-amzn-principal"

void api_attach_thing_principal(struct call *call)
{
    const char *principal, *type = NULL;
    if (call_header(call, PRINCIPAL_HEADER, &principal) &&
        call_query_text(call, "thingPrincipalType", &type) &&
        call_ok(call,
                principals_attach(call->service->core, call->labels[0], principal, type, &call->error))) {
        answer_json(&call->answer, NULL);
    }
}

void api_detach_thing_principal(struct call *call)
{
    const char *principal;
    if (call_header(call, PRINCIPAL_HEADER, &principal) &&
        call_ok(call, principals_detach(call->service->core, call->labels[0], principal, &call->error))) {
        answer_json(&call->answer, NULL);
    }
}

/* --- Lists: of names, and in their second version of names with types --- */

static void add_name(void *ctx, const char *name, const char *type)
{
    (void)type;
    json_array_append_new(ctx, answer_text(name));
}

static void add_pair(json_t *items, const char *member, const char *name, const char *type)
{
    json_t *pair = json_object();
    render_put_text(pair, member, name);
    render_put_text(pair, "thingPrincipalType", type);
    json_array_append_new(items, pair);
}

static void add_principal(void *ctx, const char *name, const char *type)
{
    add_pair(ctx, "principal", name, type);
}

static void add_thing(void *ctx, const char *name, const char *type)
{
    add_pair(ctx, "thingName", name, type);
}

typedef enum core_code (*list_fn)(struct core *core, const char *subject, const char *type,
                                  const struct core_page *page, principal_fn fn, void *ctx,
                                  char next[CORE_KEY_CAP], struct core_error *error);

static void answer_list(struct call *call, list_fn list, const char *subject, principal_fn add,
                        const char *member)
{
    struct page page;
    const char *type = NULL;
    char next[CORE_KEY_CAP];
    if (!call_page(call, &page) || !call_query_text(call, "thingPrincipalType", &type)) {
        return;
    }
    json_t *items = json_array();
    const struct core_page asked = {page.after, page.limit, true};
    enum core_code code = list(call->service->core, subject, type, &asked, add, items, next, &call->error);
    call_answer_items(call, code, member, items, next);
}

void api_list_thing_principals(struct call *call)
{
    answer_list(call, principals_of_thing, call->labels[0], add_name, "principals");
}

void api_list_thing_principals_v2(struct call *call)
{
    answer_list(call, principals_of_thing, call->labels[0], add_principal, "thingPrincipalObjects");
}

void api_list_principal_things(struct call *call)
{
    const char *principal;
    if (call_header(call, PRINCIPAL_HEADER, &principal)) {
        answer_list(call, principals_things, principal, add_name, "things");
    }
}

void api_list_principal_things_v2(struct call *call)
{
    const char *principal;
    if (call_header(call, PRINCIPAL_HEADER, &principal)) {
        answer_list(call, principals_things, principal, add_thing, "principalThingObjects");
    }
}
