/* SPDX-License-Identifier: MIT */
/* Which policies count for which certificate, and what they allow it: docs/protocol.md 5.8. */
#ifndef CLOUD_CORE_POLICY_ATTACHMENTS_H
#define CLOUD_CORE_POLICY_ATTACHMENTS_H

#include "cloud/core/registry/policies.h"

/* target: a certificate ARN. What is attached already, or not any more, is success. */
enum core_code policies_attach(struct core *core, const char *name, const char *target,
                               struct core_error *error);
enum core_code policies_detach(struct core *core, const char *name, const char *target,
                               struct core_error *error);

/* By name; without documents. */
enum core_code policies_of_target(struct core *core, const char *target, const struct core_page *page,
                                  policy_fn fn, void *ctx, char next[CORE_KEY_CAP], struct core_error *error);
/* ARNs, by certificate. */
typedef void (*target_fn)(void *ctx, const char *arn);
enum core_code policies_targets(struct core *core, const char *name, const struct core_page *page,
                                target_fn fn, void *ctx, char next[CORE_KEY_CAP], struct core_error *error);
/* With documents, all of them: a certificate has few. thing (may be NULL) must exist. */
enum core_code policies_effective(struct core *core, const char *target, const char *thing, policy_fn fn,
                                  void *ctx, struct core_error *error);

#endif
