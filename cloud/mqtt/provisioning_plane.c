/* SPDX-License-Identifier: MIT */
#include "cloud/mqtt/provisioning_plane.h"

#include "cloud/base/log.h"
#include "cloud/base/memory.h"
#include "cloud/core/provisioning/ownership.h"
#include "cloud/core/provisioning/registration.h"
#include "cloud/core/registry/certificates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Steps --- */

static void refuse(struct provisioning_call *call, struct core_error *error)
{
    provisioning_refuse(&call->refusal, error);
    core_error_clear(error);
    call->step = PROVISIONING_ANSWER;
}

static void deny(struct provisioning_call *call, const char *why)
{
    struct core_error error = {0};
    core_fail(&error, CORE_ACCESS_DENIED, "Access Denied: the pre-provisioning hook did not allow it: %s",
              why);
    refuse(call, &error);
    log_line(LOG_LEVEL_WARNING,
             "refused RegisterThing by template %.*s: client %s, certificate %.8s: %s (%s)",
             (int)call->target.template_name.len, call->target.template_name.ptr, call->client_id,
             call->certificate_id, why, call->hook_url);
}

/* --- Open and close --- */

static void read_request(struct provisioning_call *call, struct slice payload)
{
    struct core_error error = {0};
    if (core_admit(call->core, &error) != CORE_OK ||
        !provisioning_members_read(&call->target, payload, &call->members, &error)) {
        refuse(call, &error);
        return;
    }
    call->step =
        call->target.operation == PROVISIONING_REGISTER_THING ? PROVISIONING_SERVE : PROVISIONING_WORK;
}

struct provisioning_call *provisioning_call_open(struct core *core, const struct provisioning_asker *asker)
{
    struct provisioning_topic target;
    if (!provisioning_topic_read(asker->topic, &target)) {
        return NULL;
    }
    struct provisioning_call *call = memory_zeroed(sizeof *call);
    call->core = core;
    call->topic = memory_copy(asker->topic.ptr, asker->topic.len);
    provisioning_topic_read(slice_from(call->topic), &call->target);
    call->client_id = memory_copy(asker->client_id, strlen(asker->client_id));
    call->certificate_id = memory_copy(asker->certificate_id, strlen(asker->certificate_id));
    read_request(call, asker->payload);
    return call;
}

/* The answer's JSON text of a key has been freed by jansson, unwiped; what we hold ourselves is wiped. */
void provisioning_call_close(struct provisioning_call *call)
{
    if (!call) {
        return;
    }
    pki_issued_clear(&call->issued);
    provisioning_members_clear(&call->members);
    json_decref(call->overrides);
    json_decref(call->accepted);
    free(call->hook_url);
    free(call->hook_request);
    free(call->client_id);
    free(call->certificate_id);
    free(call->topic);
    free(call);
}

void provisioning_call_throttle(struct provisioning_call *call)
{
    struct core_error error = {0};
    core_fail(&error, CORE_THROTTLED, "too many requests of fleet provisioning wait; try again later");
    refuse(call, &error);
}

void provisioning_call_not_kept(struct provisioning_call *call)
{
    struct core_error error = {0};
    core_fail(&error, CORE_INTERNAL, "the service could not store this request; try again");
    json_decref(call->accepted);
    call->accepted = NULL;
    refuse(call, &error);
}

/* --- Certificates --- */

void provisioning_work(struct provisioning_call *call, struct pki *pki)
{
    struct core_error error = {0};
    char why[200] = "";
    enum err err;
    if (call->target.operation == PROVISIONING_CREATE_KEYS) {
        err = pki_issue(pki, &call->issued, why, sizeof why) ? ERR_OK : ERR_INTERNAL;
    } else {
        err = pki_issue_for(pki, call->members.request, &call->issued, why, sizeof why);
    }
    call->step = PROVISIONING_SERVE;
    if (err == ERR_ARG) {
        core_fail(&error, CORE_INVALID_REQUEST, "certificateSigningRequest: %s", why);
        refuse(call, &error);
    } else if (err) {
        core_fail(&error, CORE_INTERNAL, "%s", why);
        refuse(call, &error);
    }
}

static enum core_code store_certificate(struct provisioning_call *call, char token[OWNERSHIP_TOKEN_CAP],
                                        struct core_error *error)
{
    struct certificate new = {
        .pem = call->issued.certificate_pem,
        .not_before_s = call->issued.not_before_s,
        .not_after_s = call->issued.not_after_s,
        .status = "PENDING_ACTIVATION",
    };
    snprintf(new.id, sizeof new.id, "%s", call->issued.certificate_id);
    enum core_code code = certificates_add(call->core, &new, error);
    return code ? code : ownership_issue(call->core, new.id, token, error);
}

static void serve_certificate(struct provisioning_call *call)
{
    char token[OWNERSHIP_TOKEN_CAP];
    struct core_error error = {0};
    if (store_certificate(call, token, &error) != CORE_OK) {
        refuse(call, &error);
        return;
    }
    call->accepted = json_object();
    json_object_set_new(call->accepted, "certificateId", json_string(call->issued.certificate_id));
    json_object_set_new(call->accepted, "certificatePem", json_string(call->issued.certificate_pem));
    if (call->issued.private_key_pem) {
        json_object_set_new(call->accepted, "privateKey", json_string(call->issued.private_key_pem));
    }
    json_object_set_new(call->accepted, "certificateOwnershipToken", json_string(token));
    call->step = PROVISIONING_ANSWER;
}

/* --- RegisterThing --- */

/* The template may have got another hook while this one thought: then that one's word counts. */
static bool has_allowed(const struct provisioning_call *call, const char *url)
{
    return !url || (call->is_allowed_by_hook && call->hook_url && strcmp(call->hook_url, url) == 0);
}

/* Takes both texts over. */
static void ask_hook(struct provisioning_call *call, char *url, char *request)
{
    free(call->hook_url);
    free(call->hook_request);
    json_decref(call->overrides);
    call->hook_url = url;
    call->hook_request = request;
    call->overrides = NULL;
    call->is_allowed_by_hook = false;
    call->step = PROVISIONING_HOOK;
}

/* Asked anew behind the hook: template and token may be gone meanwhile. *is_asking: the hook's answer comes first. */
static enum core_code check(struct provisioning_call *call, const struct registration *registration,
                            bool *is_asking, struct core_error *error)
{
    char *url = NULL;
    char *request = NULL;
    enum core_code code = registration_check(call->core, registration, &url, &request, error);
    *is_asking = code == CORE_OK && !has_allowed(call, url);
    if (*is_asking) {
        ask_hook(call, url, request);
    } else {
        free(url);
        free(request);
    }
    return code;
}

static void serve_registration(struct provisioning_call *call)
{
    struct core_error error = {0};
    const struct registration registration = {
        .template_name = call->target.template_name,
        .token = slice_from(call->members.token),
        .parameters = call->members.parameters,
        .client_id = call->client_id,
        .claim_certificate_id = call->certificate_id,
    };
    if (!*call->members.token) { /* what AWS says to it, word by word */
        core_fail(&error, CORE_OWNERSHIP_TOKEN, "Certificate ownership token cannot be empty.");
        refuse(call, &error);
        return;
    }
    bool is_asking = false;
    enum core_code code = check(call, &registration, &is_asking, &error);
    if (is_asking) {
        return;
    }
    if (code == CORE_OK) {
        code = registration_apply(call->core, &registration, call->overrides, &call->accepted, &error);
    }
    if (code != CORE_OK) {
        refuse(call, &error);
        return;
    }
    call->step = PROVISIONING_ANSWER;
}

void provisioning_hook_answered(struct provisioning_call *call, const struct hook_answer *answer)
{
    char why[200];
    if (!hook_allows(answer, &call->overrides, why, sizeof why)) {
        deny(call, why);
        return;
    }
    call->is_allowed_by_hook = true;
    call->step = PROVISIONING_SERVE;
}

/* --- Both --- */

void provisioning_serve(struct provisioning_call *call)
{
    if (call->target.operation == PROVISIONING_REGISTER_THING) {
        serve_registration(call);
    } else {
        serve_certificate(call);
    }
}

void provisioning_call_answer(const struct provisioning_call *call, struct device_answer *answer)
{
    if (call->refusal.code) {
        provisioning_answer_reject(answer, call->topic, call->target.is_cbor, &call->refusal);
    } else {
        provisioning_answer_accept(answer, call->topic, call->target.is_cbor, call->accepted);
    }
}
