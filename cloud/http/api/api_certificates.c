/* SPDX-License-Identifier: MIT */
/* Certificates: docs/protocol.md 5.8. */
#include "cloud/base/memory.h"
#include "cloud/core/registry/registry.h"
#include "cloud/http/operations.h"
#include "cloud/http/render.h"

#include <stdio.h>
#include <stdlib.h>

static void answer_new_certificate(struct call *call, const struct certificate *certificate,
                                   const struct pki_issued *issued)
{
    json_t *keys = json_object();
    render_put_text(keys, "PublicKey", issued->public_key_pem);
    render_put_text(keys, "PrivateKey", issued->private_key_pem);
    json_t *out = json_object();
    render_put_text(out, "certificateArn", certificate->arn);
    render_put_text(out, "certificateId", certificate->id);
    render_put_text(out, "certificatePem", issued->certificate_pem);
    json_object_set_new(out, "keyPair", keys);
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

void api_create_keys_and_certificate(struct call *call)
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

void api_describe_certificate(struct call *call)
{
    struct certificate certificate = {0};
    if (!call_ok(call,
                 certificates_describe(call->service->core, call->labels[0], &certificate, &call->error))) {
        return;
    }
    json_t *validity = json_object();
    json_object_set_new(validity, "notBefore", render_date(certificate.not_before_s * 1000));
    json_object_set_new(validity, "notAfter", render_date(certificate.not_after_s * 1000));
    json_t *description = json_object();
    render_put_text(description, "certificateArn", certificate.arn);
    render_put_text(description, "certificateId", certificate.id);
    render_put_text(description, "status", certificate.status);
    render_put_text(description, "certificatePem", certificate.pem);
    render_put_text(description, "ownedBy", core_account(call->service->core));
    json_object_set_new(description, "creationDate", render_date(certificate.created_at_ms));
    json_object_set_new(description, "lastModifiedDate", render_date(certificate.last_modified_at_ms));
    json_object_set_new(description, "validity", validity);
    render_put_text(description, "certificateMode", "DEFAULT");
    json_t *out = json_object();
    json_object_set_new(out, "certificateDescription", description);
    answer_json(&call->answer, out);
    certificate_clear(&certificate);
}

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
