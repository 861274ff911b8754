/* SPDX-License-Identifier: MIT */
/* What makes certificates by templates: CreateProvisioningClaim, and RegisterThing over HTTP (docs/protocol.md 5.9). */
#include "cloud/base/memory.h"
#include "cloud/core/provisioning/claims.h"
#include "cloud/core/provisioning/resources.h"
#include "cloud/core/provisioning/template_body.h"
#include "cloud/http/operations.h"
#include "cloud/http/render.h"

#include <stdio.h>
#include <stdlib.h>

static void fill_certificate(const struct pki_issued *issued, const char *status, struct certificate *out)
{
    *out = (struct certificate){.pem = issued->certificate_pem,
                                .not_before_s = issued->not_before_s,
                                .not_after_s = issued->not_after_s};
    snprintf(out->id, sizeof out->id, "%s", issued->certificate_id);
    snprintf(out->status, sizeof out->status, "%s", status);
}

/* --- CreateProvisioningClaim --- */

static void free_issued(void *made)
{
    pki_issued_clear(made);
    free(made);
}

void api_make_provisioning_claim(struct call *call)
{
    struct pki_issued *issued = memory_zeroed(sizeof *issued);
    char why[200] = "";
    call_work_done(call, issued, free_issued);
    if (!pki_issue_for_seconds(call->service->pki, CLAIM_MS / 1000, issued, why, sizeof why)) {
        call_fail_internal(call, "%s", why);
    }
}

void api_create_provisioning_claim(struct call *call)
{
    const struct pki_issued *issued = call->made;
    struct certificate certificate;
    int64_t expires_at_ms;
    fill_certificate(issued, "ACTIVE", &certificate);
    if (!call_ok(call, claims_add(call->service->core, call->labels[0], &certificate, &expires_at_ms,
                                  &call->error))) {
        return;
    }
    json_t *keys = json_object();
    render_put_text(keys, "PublicKey", issued->public_key_pem);
    render_put_text(keys, "PrivateKey", issued->private_key_pem);
    json_t *out = json_object();
    render_put_text(out, "certificateId", issued->certificate_id);
    render_put_text(out, "certificatePem", issued->certificate_pem);
    json_object_set_new(out, "keyPair", keys);
    json_object_set_new(out, "expiration", render_date(expires_at_ms));
    answer_json(&call->answer, out);
}

/* --- RegisterThing --- */

struct prepared {
    json_t *evaluated;
    struct pki_issued issued; /* certificate_pem NULL: the template names a certificate that exists */
};

static void free_prepared(void *made)
{
    struct prepared *prepared = made;
    json_decref(prepared->evaluated);
    pki_issued_clear(&prepared->issued);
    free(prepared);
}

static json_t *evaluate(struct call *call)
{
    const char *text;
    const json_t *parameters = NULL;
    if (!call_needed_text(call, "templateBody", &text) ||
        !call_object(call, call->members, "parameters", NULL, &parameters) ||
        !call_ok(call, template_check_parameters("parameters", parameters, &call->error))) {
        return NULL;
    }
    json_t *body = template_body_read(slice_from(text), TEMPLATE_OF_REGISTER_THING, &call->error);
    json_t *evaluated = body ? template_body_evaluate(body, parameters, NULL, &call->error) : NULL;
    json_decref(body);
    call_ok(call, call->error.code);
    return evaluated;
}

/* The template is evaluated here already, because it says what is to be signed. */
void api_prepare_register_thing(struct call *call)
{
    struct prepared *prepared = memory_zeroed(sizeof *prepared);
    char why[200] = "";
    call_work_done(call, prepared, free_prepared);
    prepared->evaluated = evaluate(call);
    const char *request = prepared->evaluated ? resources_signing_request(prepared->evaluated) : NULL;
    if (!request) {
        return;
    }
    enum err err = pki_issue_for(call->service->pki, request, &prepared->issued, why, sizeof why);
    if (err == ERR_ARG) {
        call_refuse(call, "'CertificateSigningRequest': %s", why);
    } else if (err) {
        call_fail_internal(call, "%s", why);
    }
}

void api_register_thing(struct call *call)
{
    const struct prepared *prepared = call->made;
    struct core *core = call->service->core;
    struct resources resources = {0};
    struct certificate issued, stored = {0};
    bool is_issued = prepared->issued.certificate_pem;
    fill_certificate(&prepared->issued, "PENDING_ACTIVATION", &issued); /* then the template says it */
    if (call_ok(call, resources_register(core, prepared->evaluated, is_issued ? &issued : NULL, &resources,
                                         &call->error)) &&
        call_ok(call, certificates_describe(core, resources.certificate_id, &stored, &call->error))) {
        json_t *out = json_object();
        render_put_text(out, "certificatePem", stored.pem);
        json_object_set(out, "resourceArns", resources.arns);
        answer_json(&call->answer, out);
    }
    certificate_clear(&stored);
    resources_clear(&resources);
}
