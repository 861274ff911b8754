/* SPDX-License-Identifier: MIT */
/* Ownership tokens of fleet provisioning: docs/protocol.md 7. A device that has been given a certificate without a thing
 * proves with the token that the certificate is its own. Every call happens inside a batch that writes. */
#ifndef CLOUD_CORE_OWNERSHIP_H
#define CLOUD_CORE_OWNERSHIP_H

#include "cloud/core/core.h"

/* With the NUL. AWS's tokens have some hundred characters: the buffers of a device meet here what they meet there. */
#define OWNERSHIP_TOKEN_CAP 513
#define OWNERSHIP_MS        (60 * 60 * 1000LL) /* AWS: "the token expires after one hour" */

/* Makes the token of a certificate that exists already. A certificate has one token: an earlier one is no longer good. When the
 * hour is over, the due-queue deletes the certificate if it is still PENDING_ACTIVATION. The service keeps no copy of the token:
 * it is told once. CORE_NOT_FOUND: no such certificate. */
enum core_code ownership_issue(struct core *core, const char *certificate_id, char token[OWNERSHIP_TOKEN_CAP],
                               struct core_error *error);

/* Whose token is it? CORE_OWNERSHIP_TOKEN: nobody's: it is empty, used up, too old, or was never given out. Does not use it up.
 * Also inside a batch that reads. */
enum core_code ownership_find(struct core *core, struct slice token,
                              char certificate_id[CORE_CERTIFICATE_ID_CAP], struct core_error *error);

/* The certificate's token is used up. Part of a write. false: the database failed. */
bool ownership_end(struct core *core, const char *certificate_id);

/* For the due-queue: the hour of this token is over. false: the database failed. */
bool ownership_expire(struct core *core, int64_t id);

#endif
