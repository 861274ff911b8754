/* SPDX-License-Identifier: MIT */
/* Policies and their versions: docs/protocol.md 5.8. */
#ifndef CLOUD_CORE_POLICIES_H
#define CLOUD_CORE_POLICIES_H

#include "cloud/core/registry/tags.h"

#define POLICY_VERSIONS_MAX 5

struct policy {
    char name[CORE_POLICY_NAME_CAP];
    char arn[256];
    char *document; /* of the default version */
    int64_t default_version;
    int64_t created_at_ms, last_modified_at_ms;
    char generation_id[65];
};
void policy_clear(struct policy *policy);
/* The document may be NULL: not read. */
typedef void (*policy_fn)(void *ctx, const struct policy *policy);

/* The document is checked with policy_check (policy.h): CORE_MALFORMED_POLICY says what is wrong. It becomes version 1.
 * tags may be NULL. */
enum core_code policies_create(struct core *core, const char *name, struct slice document,
                               const struct tag_list *tags, struct policy *out, struct core_error *error);
enum core_code policies_get(struct core *core, const char *name, struct policy *out,
                            struct core_error *error);
/* By creation; without documents. */
enum core_code policies_list(struct core *core, const struct core_page *page, policy_fn fn, void *ctx,
                             char next[CORE_KEY_CAP], struct core_error *error);
/* CORE_DELETE_CONFLICT: it is attached, or has further versions. */
enum core_code policies_delete(struct core *core, const char *name, struct core_error *error);

struct policy_version {
    int64_t number; /* from 1, never used twice */
    bool is_default;
    char *document;
    int64_t created_at_ms;
    char generation_id[65]; /* of the policy */
};
void policy_version_clear(struct policy_version *version);
typedef void (*policy_version_fn)(void *ctx, const struct policy_version *version);

/* CORE_LIMIT_EXCEEDED: the policy has POLICY_VERSIONS_MAX already. */
enum core_code policy_versions_create(struct core *core, const char *policy, struct slice document,
                                      bool is_default, struct policy_version *out, struct core_error *error);
/* version: its number as text. */
enum core_code policy_versions_get(struct core *core, const char *policy, const char *version,
                                   struct policy_version *out, struct core_error *error);
/* All of them, newest first. */
enum core_code policy_versions_list(struct core *core, const char *policy, policy_version_fn fn, void *ctx,
                                    struct core_error *error);
enum core_code policy_versions_set_default(struct core *core, const char *policy, const char *version,
                                           struct core_error *error);
/* CORE_DELETE_CONFLICT: the default one. */
enum core_code policy_versions_delete(struct core *core, const char *policy, const char *version,
                                      struct core_error *error);

#endif
