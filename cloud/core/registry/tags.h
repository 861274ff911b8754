/* SPDX-License-Identifier: MIT */
/* Tags: pairs of key and value on a resource (docs/protocol.md 5.9). Jobs, policies, types of things, billing groups and CA
 * certificates have them; things and other certificates have none on AWS either. They go with their resource (triggers of the
 * schema). */
#ifndef CLOUD_CORE_TAGS_H
#define CLOUD_CORE_TAGS_H

#include "cloud/core/core.h"

#define TAGS_MAX 50 /* on a resource */

struct tag {
    const char *key;
    const char *value; /* NULL counts as "" */
};

struct tag_list {
    struct tag items[TAGS_MAX];
    size_t count; /* as the caller has sent them: more than TAGS_MAX are refused */
};

typedef void (*tag_fn)(void *ctx, const struct tag *tag);

/* --- TagResource, UntagResource, ListTagsForResource. CORE_NOT_FOUND: no such resource. --- */
enum core_code tags_add(struct core *core, const char *arn, const struct tag_list *tags,
                        struct core_error *error);
/* Looks at keys only; one that the resource does not have is success. */
enum core_code tags_remove(struct core *core, const char *arn, const struct tag_list *tags,
                           struct core_error *error);
/* By key. */
enum core_code tags_list(struct core *core, const char *arn, tag_fn fn, void *ctx, struct core_error *error);

/* --- For those who make a resource. tags NULL: none. --- */
enum core_code tags_check(const struct tag_list *tags, struct core_error *error);
/* Checked ones, inside core_write_begin. kind: as in the ARN. false: the database failed. */
bool tags_store(struct core *core, const char *kind, const char *name, const struct tag_list *tags);

#endif
