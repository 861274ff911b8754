/* SPDX-License-Identifier: MIT */
/* Billing groups: docs/protocol.md 5.7. They bill nothing here; scripts that make them find them again. */
#ifndef CLOUD_CORE_BILLING_GROUPS_H
#define CLOUD_CORE_BILLING_GROUPS_H

#include "cloud/core/registry/tags.h"
#include "cloud/core/registry/things.h"

struct billing_group {
    char name[CORE_THING_NAME_CAP];
    char arn[256];
    char id[37];       /* UUID */
    char *description; /* NULL = none */
    int64_t version;
    int64_t created_at_ms;
};
void billing_group_clear(struct billing_group *group);
typedef void (*billing_group_fn)(void *ctx, const struct billing_group *group);

/* The same description again: success with the stored group; another: CORE_ALREADY_EXISTS. tags may be NULL. */
enum core_code billing_groups_create(struct core *core, const char *name, const char *description,
                                     const struct tag_list *tags, struct billing_group *out,
                                     struct core_error *error);
enum core_code billing_groups_describe(struct core *core, const char *name, struct billing_group *out,
                                       struct core_error *error);
/* By name. prefix NULL: all; else those whose name begins so. */
enum core_code billing_groups_list(struct core *core, const char *prefix, const char *after, int64_t limit,
                                   billing_group_fn fn, void *ctx, char next[CORE_KEY_CAP],
                                   struct core_error *error);
/* description NULL: it stays. *version: the one after the update. */
enum core_code billing_groups_update(struct core *core, const char *name, const char *description,
                                     struct expected_version expected, int64_t *version,
                                     struct core_error *error);
/* Its things are in no billing group then. A group that does not exist: success. */
enum core_code billing_groups_delete(struct core *core, const char *name, struct expected_version expected,
                                     struct core_error *error);

/* Each by its name, or its ARN, or both when they agree; the other is NULL. */
struct billing_member {
    const char *group, *group_arn;
    const char *thing, *thing_arn;
};
/* A thing is in one billing group at most: CORE_INVALID_REQUEST when it is in another one. In this one already: success. */
enum core_code billing_groups_add_thing(struct core *core, const struct billing_member *member,
                                        struct core_error *error);
/* A thing that is not in the group: success. */
enum core_code billing_groups_remove_thing(struct core *core, const struct billing_member *member,
                                           struct core_error *error);

/* By name. */
typedef void (*thing_name_fn)(void *ctx, const char *thing);
enum core_code billing_groups_list_things(struct core *core, const char *name, const char *after,
                                          int64_t limit, thing_name_fn fn, void *ctx, char next[CORE_KEY_CAP],
                                          struct core_error *error);

#endif
