/* SPDX-License-Identifier: MIT */
/* Things: docs/protocol.md 5.7; and with them the other registries, certificates and policies (5.8). */
#ifndef CLOUD_CORE_REGISTRY_H
#define CLOUD_CORE_REGISTRY_H

#include "cloud/core/core.h"
#include "cloud/core/registry/ca_certificates.h"
#include "cloud/core/registry/certificates.h"
#include "cloud/core/registry/policies.h"
#include "cloud/core/registry/policy_attachments.h"
#include "cloud/core/registry/principals.h"

struct thing {
    char name[CORE_THING_NAME_CAP];
    char arn[256];
    char id[37];      /* UUID */
    char *attributes; /* JSON object text, never NULL */
    int64_t version;
};
void thing_clear(struct thing *thing);
typedef void (*thing_fn)(void *ctx, const struct thing *thing);

/* Same name and same attributes again: success with the stored thing; other attributes: CORE_ALREADY_EXISTS.
 * attributes: JSON object of strings, or the empty slice. */
enum core_code things_create(struct core *core, const char *name, struct slice attributes, struct thing *out,
                             struct core_error *error);
enum core_code things_describe(struct core *core, const char *name, struct thing *out,
                               struct core_error *error);
/* By name. */
enum core_code things_list(struct core *core, const char *after, int64_t limit, thing_fn fn, void *ctx,
                           char next[CORE_KEY_CAP], struct core_error *error);

#endif
