/* SPDX-License-Identifier: MIT */
/* Registered CA certificates: docs/protocol.md 5.8. */
#include "cloud/core/registry/ca_certificates.h"

#include "cloud/http/operations.h"
#include "cloud/http/render.h"

#include <string.h>

/* What stands in the description and in the list. */
static json_t *render_ca(const struct ca_certificate *ca)
{
    json_t *out = json_object();
    render_put_text(out, "certificateArn", ca->arn);
    render_put_text(out, "certificateId", ca->id);
    render_put_text(out, "status", ca->status);
    json_object_set_new(out, "creationDate", render_date(ca->created_at_ms));
    return out;
}

void api_describe_ca_certificate(struct call *call)
{
    struct ca_certificate ca = {0};
    if (!call_ok(call, ca_certificates_describe(call->service->core, call->labels[0], &ca, &call->error))) {
        return;
    }
    json_t *description = render_ca(&ca);
    render_put_text(description, "certificatePem", ca.pem);
    render_put_text(description, "ownedBy", core_account(call->service->core));
    render_put_text(description, "autoRegistrationStatus", "DISABLE");
    json_object_set_new(description, "lastModifiedDate", render_date(ca.last_modified_at_ms));
    render_put_validity(description, ca.not_before_s, ca.not_after_s);
    render_put_text(description, "certificateMode", ca.mode);
    json_t *out = json_object();
    json_object_set_new(out, "certificateDescription", description);
    answer_json(&call->answer, out);
    ca_certificate_clear(&ca);
}

static void add_ca(void *ctx, const struct ca_certificate *ca)
{
    json_array_append_new(ctx, render_ca(ca));
}

void api_list_ca_certificates(struct call *call)
{
    struct page page;
    char next[CORE_KEY_CAP];
    if (!call_marker_page(call, &page)) {
        return;
    }
    json_t *items = json_array();
    const struct core_page asked = {page.after, page.limit, page.is_ascending};
    enum core_code code =
        ca_certificates_list(call->service->core, &asked, add_ca, items, next, &call->error);
    call_answer_marker_items(call, code, "certificates", items, next);
}

void api_update_ca_certificate(struct call *call)
{
    const char *status = NULL, *registration = NULL;
    bool is_removed = false; /* automatic registration, which nobody has here */
    if (!call_query_text(call, "newStatus", &status) ||
        !call_query_text(call, "newAutoRegistrationStatus", &registration) ||
        !call_bool(call, call->members, "removeAutoRegistration", &is_removed)) {
        return;
    }
    if (registration && strcmp(registration, "DISABLE") != 0) {
        call_refuse(call,
                    "newAutoRegistrationStatus: iot-local does not register certificates at their first "
                    "connection; it takes DISABLE only");
        return;
    }
    struct ca_certificate ca = {0};
    if (call_ok(call,
                status ? ca_certificates_update(call->service->core, call->labels[0], status, &call->error)
                       : ca_certificates_describe(call->service->core, call->labels[0], &ca, &call->error))) {
        answer_json(&call->answer, NULL);
    }
    ca_certificate_clear(&ca);
}

void api_delete_ca_certificate(struct call *call)
{
    if (call_ok(call, ca_certificates_delete(call->service->core, call->labels[0], &call->error))) {
        answer_json(&call->answer, NULL);
    }
}

void api_get_registration_code(struct call *call)
{
    char code[65];
    if (call_ok(call, registration_code_get(call->service->core, code, &call->error))) {
        json_t *out = json_object();
        render_put_text(out, "registrationCode", code);
        answer_json(&call->answer, out);
    }
}

/* AWS makes a new one when it is asked for the next time; here it is made at once. */
void api_delete_registration_code(struct call *call)
{
    if (call_ok(call, registration_code_renew(call->service->core, &call->error))) {
        answer_json(&call->answer, NULL);
    }
}
