/* SPDX-License-Identifier: MIT */
/* Certificates: docs/protocol.md 5.8. Those that others have made come in by api_registration.c. */
#include "cloud/base/memory.h"
#include "cloud/core/registry/registry.h"
#include "cloud/http/operations.h"
#include "cloud/http/render.h"

#include <stdio.h>
#include <stdlib.h>

/* --- Made here --- */

static void answer_new_certificate(struct call *call, const struct certificate *certificate,
                                   const struct pki_issued *issued)
{
    json_t *out = json_object();
    render_put_text(out, "certificateArn", certificate->arn);
    render_put_text(out, "certificateId", certificate->id);
    render_put_text(out, "certificatePem", issued->certificate_pem);
    if (issued->private_key_pem) { /* not when the device has kept it */
        json_t *keys = json_object();
        render_put_text(keys, "PublicKey", issued->public_key_pem);
        render_put_text(keys, "PrivateKey", issued->private_key_pem);
        json_object_set_new(out, "keyPair", keys);
    }
    answer_json(&call->answer, out);
}

static void free_issued(void *made)
{
    pki_issued_clear(made);
    free(made);
}

void api_make_keys_and_certificate(struct call *call)
{
    struct pki_issued *issued = memory_zeroed(sizeof *issued);
    char why[200] = "";
    call_work_done(call, issued, free_issued);
    if (!pki_issue(call->service->pki, issued, why, sizeof why)) {
        call_fail_internal(call, "%s", why);
    }
}

void api_make_certificate_from_csr(struct call *call)
{
    struct pki_issued *issued = memory_zeroed(sizeof *issued);
    const char *request;
    char why[200] = "";
    call_work_done(call, issued, free_issued);
    if (!call_needed_text(call, "certificateSigningRequest", &request)) {
        return;
    }
    enum err err = pki_issue_for(call->service->pki, request, issued, why, sizeof why);
    if (err == ERR_ARG) {
        call_refuse(call, "'certificateSigningRequest': %s", why);
    } else if (err) {
        call_fail_internal(call, "%s", why);
    }
}

void api_create_certificate(struct call *call)
{
    bool is_active = false;
    const struct pki_issued *issued = call->made;
    struct certificate stored = {0};
    if (!call_query_bool(call, "setAsActive", &is_active)) {
        return;
    }
    struct certificate new = {
        .pem = issued->certificate_pem,
        .not_before_s = issued->not_before_s,
        .not_after_s = issued->not_after_s,
    };
    snprintf(new.id, sizeof new.id, "%s", issued->certificate_id);
    snprintf(new.status, sizeof new.status, "%s", is_active ? "ACTIVE" : "INACTIVE");
    if (call_ok(call, certificates_add(call->service->core, &new, &call->error)) &&
        call_ok(call, certificates_describe(call->service->core, new.id, &stored, &call->error))) {
        answer_new_certificate(call, &stored, issued);
    }
    certificate_clear(&stored);
}

/* --- Looked at --- */

void api_describe_certificate(struct call *call)
{
    struct certificate certificate = {0};
    if (!call_ok(call,
                 certificates_describe(call->service->core, call->labels[0], &certificate, &call->error))) {
        return;
    }
    json_t *description = json_object();
    render_put_text(description, "certificateArn", certificate.arn);
    render_put_text(description, "certificateId", certificate.id);
    render_put_text(description, "caCertificateId", *certificate.ca_id ? certificate.ca_id : NULL);
    render_put_text(description, "status", certificate.status);
    render_put_text(description, "certificatePem", certificate.pem);
    render_put_text(description, "ownedBy", core_account(call->service->core));
    json_object_set_new(description, "creationDate", render_date(certificate.created_at_ms));
    json_object_set_new(description, "lastModifiedDate", render_date(certificate.last_modified_at_ms));
    render_put_validity(description, certificate.not_before_s, certificate.not_after_s);
    render_put_text(description, "certificateMode", certificate.mode);
    json_t *out = json_object();
    json_object_set_new(out, "certificateDescription", description);
    answer_json(&call->answer, out);
    certificate_clear(&certificate);
}

static void add_certificate(void *ctx, const struct certificate *certificate)
{
    json_t *out = json_object();
    render_put_text(out, "certificateArn", certificate->arn);
    render_put_text(out, "certificateId", certificate->id);
    render_put_text(out, "status", certificate->status);
    render_put_text(out, "certificateMode", certificate->mode);
    json_object_set_new(out, "creationDate", render_date(certificate->created_at_ms));
    json_array_append_new(ctx, out);
}

static void list_certificates(struct call *call, const char *ca_id)
{
    struct page page;
    char next[CORE_KEY_CAP];
    if (!call_marker_page(call, &page)) {
        return;
    }
    json_t *items = json_array();
    const struct core_page asked = {page.after, page.limit, page.is_ascending};
    enum core_code code =
        certificates_list(call->service->core, ca_id, &asked, add_certificate, items, next, &call->error);
    call_answer_marker_items(call, code, "certificates", items, next);
}

void api_list_certificates(struct call *call)
{
    list_certificates(call, NULL);
}

void api_list_certificates_by_ca(struct call *call)
{
    list_certificates(call, call->labels[0]);
}

/* --- Changed and deleted --- */

void api_update_certificate(struct call *call)
{
    const char *status = NULL;
    if (!call_query_text(call, "newStatus", &status)) {
        return;
    }
    if (!status) {
        call_refuse(call, "query parameter 'newStatus' is missing");
        return;
    }
    if (!call_ok(call, certificates_update(call->service->core, call->labels[0], status, &call->error))) {
        return;
    }
    answer_json(&call->answer, NULL);
}

void api_delete_certificate(struct call *call)
{
    bool is_forced = false;
    if (call_query_bool(call, "forceDelete", &is_forced) &&
        call_ok(call, certificates_delete(call->service->core, call->labels[0], is_forced, &call->error))) {
        answer_json(&call->answer, NULL);
    }
}
