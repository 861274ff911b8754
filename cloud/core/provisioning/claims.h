/* SPDX-License-Identifier: MIT */
/* CreateProvisioningClaim: a certificate for five minutes, with which a person whom the operator trusts starts a device. It may
 * do what registering by its template needs, and nothing else; no list of certificates shows it (docs/protocol.md 7). */
#ifndef CLOUD_CORE_CLAIMS_H
#define CLOUD_CORE_CLAIMS_H

#include "cloud/core/registry/certificates.h"

#define CLAIM_MS (5 * 60 * 1000LL) /* AWS: "the temporary claim certificate expires in five minutes" */

/* Stores a certificate that cloud/pki has made, ACTIVE whatever its status says. *expires_at_ms: when the due-queue deletes it.
 * CORE_NOT_FOUND: no such template. Inside a batch that writes. */
enum core_code claims_add(struct core *core, const char *template_name, const struct certificate *certificate,
                          int64_t *expires_at_ms, struct core_error *error);

/* The template goes: its claims, too. Part of a write. false: the database failed. */
bool claims_remove_of_template(struct core *core, const char *template_name);

/* For the due-queue: the five minutes of this claim are over. false: the database failed. */
bool claim_expire(struct core *core, int64_t id);

#endif
