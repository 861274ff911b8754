/* SPDX-License-Identifier: MIT */
/* Makes what an evaluated template says: thing, certificate, policies (docs/protocol.md 7). */
#ifndef CLOUD_CORE_RESOURCES_H
#define CLOUD_CORE_RESOURCES_H

#include "cloud/core/core.h"

#include <jansson.h>

struct resources {
    char thing[CORE_THING_NAME_CAP]; /* "": the template has none */
    char certificate_id[CORE_CERTIFICATE_ID_CAP];
    json_t *arns; /* logical name -> ARN */
};
void resources_clear(struct resources *resources);

/* evaluated: what template_body_evaluate gives. certificate_id: the one that is meant; a CertificateId in the template that
 * is another one is refused. NULL: the template's CertificateId decides. All or nothing.
 * CORE_CONFLICT: OverrideSettings say FAIL, and the resource that exists is another one. */
enum core_code resources_apply(struct core *core, const json_t *evaluated, const char *certificate_id,
                               struct resources *out, struct core_error *error);

/* RegisterThing over HTTP: the same, from a body that was read. issued: the certificate that was signed for the template's
 * CertificateSigningRequest and is stored before; NULL: the template names one that exists. */
struct certificate;
enum core_code resources_register(struct core *core, const json_t *evaluated,
                                  const struct certificate *issued, struct resources *out,
                                  struct core_error *error);

/* The property CertificateSigningRequest of an evaluated template; NULL: it has none. */
const char *resources_signing_request(const json_t *evaluated);

#endif
