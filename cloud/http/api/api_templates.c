/* SPDX-License-Identifier: MIT */
/* Provisioning templates and their versions: docs/protocol.md 5.9. */
#include "cloud/core/provisioning/templates.h"
#include "cloud/http/api/api_tags.h"
#include "cloud/http/operations.h"
#include "cloud/http/render.h"

#include <stdint.h>
#include <string.h>

static const char type[] = "FLEET_PROVISIONING";

/* --- Reading --- */

static bool read_hook(struct call *call, struct template_hook *hook)
{
    const json_t *given = NULL;
    if (!call_object(call, call->members, "preProvisioningHook", "targetArn payloadVersion", &given) ||
        !call_text(call, given, "targetArn", &hook->url) ||
        !call_text(call, given, "payloadVersion", &hook->payload_version)) {
        return false;
    }
    if (given && !hook->url) {
        call_refuse(call, "'preProvisioningHook' needs a targetArn");
        return false;
    }
    return true;
}

static bool read_type(struct call *call)
{
    const char *given = type;
    if (!call_text(call, call->members, "type", &given)) {
        return false;
    }
    if (strcmp(given, "JITP") == 0) {
        call_refuse(call, "iot-local does not model templates of the type JITP, just-in-time provisioning");
    } else if (strcmp(given, type) != 0) {
        call_refuse(call, "'type' must be FLEET_PROVISIONING or JITP");
    }
    return !call_is_answered(call);
}

static bool read_create(struct call *call, struct template_create *create, struct tag_list *tags)
{
    const char *body;
    *create = (struct template_create){.tags = tags};
    if (!call_needed_text(call, "templateName", &create->name) ||
        !call_needed_text(call, "templateBody", &body) ||
        !call_needed_text(call, "provisioningRoleArn", &create->role_arn) ||
        !call_text(call, call->members, "description", &create->description) ||
        !call_bool(call, call->members, "enabled", &create->is_enabled) || !read_type(call) ||
        !read_hook(call, &create->hook) || !api_read_tags(call, tags)) {
        return false;
    }
    create->body = slice_from(body);
    return true;
}

/* --- Templates --- */

static json_t *render_name(const struct template *template)
{
    json_t *out = json_object();
    render_put_text(out, "templateArn", template->arn);
    render_put_text(out, "templateName", template->name);
    return out;
}

static json_t *render_summary(const struct template *template)
{
    json_t *out = render_name(template);
    render_put_text(out, "description", template->description);
    json_object_set_new(out, "creationDate", render_date(template->created_at_ms));
    json_object_set_new(out, "lastModifiedDate", render_date(template->last_modified_at_ms));
    json_object_set_new(out, "enabled", json_boolean(template->is_enabled));
    render_put_text(out, "type", type);
    return out;
}

void api_create_provisioning_template(struct call *call)
{
    struct template_create create;
    struct template template = {0};
    struct tag_list tags;
    if (read_create(call, &create, &tags) &&
        call_ok(call, templates_create(call->service->core, &create, &template, &call->error))) {
        json_t *out = render_name(&template);
        json_object_set_new(out, "defaultVersionId", json_integer(template.default_version));
        answer_json(&call->answer, out);
    }
    template_clear(&template);
}

void api_describe_provisioning_template(struct call *call)
{
    struct template template = {0};
    if (call_ok(call, templates_describe(call->service->core, call->labels[0], &template, &call->error))) {
        json_t *out = render_summary(&template);
        json_object_set_new(out, "defaultVersionId", json_integer(template.default_version));
        render_put_text(out, "templateBody", template.body);
        render_put_text(out, "provisioningRoleArn", template.role_arn);
        if (template.hook_url) {
            json_t *hook = json_object();
            render_put_text(hook, "targetArn", template.hook_url);
            render_put_text(hook, "payloadVersion", template.hook_version);
            json_object_set_new(out, "preProvisioningHook", hook);
        }
        answer_json(&call->answer, out);
    }
    template_clear(&template);
}

static void add_template(void *ctx, const struct template *template)
{
    json_array_append_new(ctx, render_summary(template));
}

void api_list_provisioning_templates(struct call *call)
{
    struct page page;
    char next[CORE_KEY_CAP];
    if (!call_page(call, &page)) {
        return;
    }
    json_t *items = json_array();
    enum core_code code =
        templates_list(call->service->core, page.after, page.limit, add_template, items, next, &call->error);
    call_answer_items(call, code, "templates", items, next);
}

void api_update_provisioning_template(struct call *call)
{
    struct template_update update = {0};
    bool has_version = false;
    if (!call_text(call, call->members, "description", &update.description) ||
        !call_text(call, call->members, "provisioningRoleArn", &update.role_arn) ||
        !call_bool(call, call->members, "enabled", &update.is_enabled) ||
        !call_bool(call, call->members, "removePreProvisioningHook", &update.removes_hook) ||
        !call_i64(call, call->members, "defaultVersionId", 1, &update.default_version, &has_version) ||
        !read_hook(call, &update.hook)) {
        return;
    }
    const json_t *enabled = json_object_get(call->members, "enabled");
    update.has_enabled = enabled && !json_is_null(enabled);
    if (call_ok(call, templates_update(call->service->core, call->labels[0], &update, &call->error))) {
        answer_json(&call->answer, NULL);
    }
}

void api_delete_provisioning_template(struct call *call)
{
    if (call_ok(call, templates_delete(call->service->core, call->labels[0], &call->error))) {
        answer_json(&call->answer, NULL);
    }
}

/* --- Versions --- */

static json_t *render_version(const struct template_version *version)
{
    json_t *out = json_object();
    json_object_set_new(out, "versionId", json_integer(version->number));
    json_object_set_new(out, "isDefaultVersion", json_boolean(version->is_default));
    return out;
}

static json_t *render_dated_version(const struct template_version *version)
{
    json_t *out = render_version(version);
    json_object_set_new(out, "creationDate", render_date(version->created_at_ms));
    return out;
}

void api_create_provisioning_template_version(struct call *call)
{
    const char *body;
    bool is_default = false;
    struct template template = {0};
    struct template_version version = {0};
    struct core *core = call->service->core;
    if (call_query_bool(call, "setAsDefault", &is_default) && call_needed_text(call, "templateBody", &body) &&
        call_ok(call, templates_describe(core, call->labels[0], &template, &call->error)) &&
        call_ok(call, template_versions_create(core, template.name, slice_from(body), is_default, &version,
                                               &call->error))) {
        json_t *out = render_version(&version);
        render_put_text(out, "templateArn", template.arn);
        render_put_text(out, "templateName", template.name);
        answer_json(&call->answer, out);
    }
    template_version_clear(&version);
    template_clear(&template);
}

void api_describe_provisioning_template_version(struct call *call)
{
    struct template_version version = {0};
    if (call_ok(call, template_versions_describe(call->service->core, call->labels[0], call->labels[1],
                                                 &version, &call->error))) {
        json_t *out = render_dated_version(&version);
        render_put_text(out, "templateBody", version.body);
        answer_json(&call->answer, out);
    }
    template_version_clear(&version);
}

static void add_version(void *ctx, const struct template_version *version)
{
    json_array_append_new(ctx, render_dated_version(version));
}

/* There are five at most: all are one page. */
void api_list_provisioning_template_versions(struct call *call)
{
    struct page page;
    if (!call_page(call, &page)) {
        return;
    }
    json_t *items = json_array();
    enum core_code code =
        template_versions_list(call->service->core, call->labels[0], add_version, items, &call->error);
    call_answer_items(call, code, "versions", items, "");
}

void api_delete_provisioning_template_version(struct call *call)
{
    if (call_ok(call, template_versions_delete(call->service->core, call->labels[0], call->labels[1],
                                               &call->error))) {
        answer_json(&call->answer, NULL);
    }
}
