/* SPDX-License-Identifier: MIT */
/* RegisterThing over MQTT: a device with a claim certificate and an ownership token becomes a thing, as a provisioning template
 * says (docs/protocol.md 7). Between the two calls the caller asks the template's hook, which takes long and is no business of
 * the core; each call looks at everything anew. Inside a batch; registration_check also inside one that only reads. */
#ifndef CLOUD_CORE_REGISTRATION_H
#define CLOUD_CORE_REGISTRATION_H

#include "cloud/core/core.h"

#include <jansson.h>

struct registration {
    struct slice template_name;
    struct slice token;               /* ptr NULL counts as empty */
    json_t *parameters;               /* an object of strings; NULL = none */
    const char *client_id;            /* of the connection; NULL: not known. The hook is told. */
    const char *claim_certificate_id; /* of the connection; NULL: not known. The hook is told. */
};

/* May this be registered, as far as that is known before the hook was asked? *hook_url: whom to ask (POST), and *hook_request:
 * what (JSON); both malloc'd; both NULL: the template has no hook.
 * CORE_NOT_FOUND: no such template. CORE_OWNERSHIP_TOKEN: as ownership_find says. CORE_INVALID_REQUEST: the template is not
 * enabled, or the parameters are no flat object of strings. */
enum core_code registration_check(struct core *core, const struct registration *registration, char **hook_url,
                                  char **hook_request, struct core_error *error);

/* All or nothing: evaluates the default version of the template with the parameters, over which those of the hook go
 * (overrides; NULL: none); makes or changes thing, certificate and policies as OverrideSettings say, attaches them to each
 * other, and uses up the token. *answer: {"deviceConfiguration":{..},"thingName":".."}; without thingName when the template has
 * no thing; the caller decrefs it. Beside the errors of the check: CORE_CONFLICT, OverrideSettings say FAIL and the resource
 * is another one; CORE_INVALID_REQUEST, CORE_NOT_FOUND, CORE_MALFORMED_POLICY, CORE_LIMIT_EXCEEDED: what the template says cannot
 * be done with these parameters. */
enum core_code registration_apply(struct core *core, const struct registration *registration,
                                  json_t *overrides, json_t **answer, struct core_error *error);

#endif
