/* SPDX-License-Identifier: MIT */
/* Types of things: docs/protocol.md 5.7. */
#ifndef CLOUD_CORE_THING_TYPES_H
#define CLOUD_CORE_THING_TYPES_H

#include "cloud/core/registry/tags.h"

struct thing_type {
    char name[CORE_THING_NAME_CAP];
    char arn[256];
    char id[37];       /* UUID */
    char *description; /* NULL = none */
    char *searchable;  /* JSON array of attribute names, never NULL */
    int64_t created_at_ms;
    int64_t deprecated_at_ms; /* 0 = it is not */
};
void thing_type_clear(struct thing_type *type);
typedef void (*thing_type_fn)(void *ctx, const struct thing_type *type);

struct thing_type_properties {
    const char *description; /* NULL = none; in an update: it stays */
    struct slice searchable; /* JSON array of attribute names; ptr NULL = none; in an update: they stay */
};

/* The same properties again: success with the stored type; others: CORE_ALREADY_EXISTS. tags may be NULL. */
enum core_code thing_types_create(struct core *core, const char *name,
                                  const struct thing_type_properties *properties, const struct tag_list *tags,
                                  struct thing_type *out, struct core_error *error);
enum core_code thing_types_describe(struct core *core, const char *name, struct thing_type *out,
                                    struct core_error *error);
/* By name. prefix NULL: all; else those whose name begins so. */
enum core_code thing_types_list(struct core *core, const char *prefix, const char *after, int64_t limit,
                                thing_type_fn fn, void *ctx, char next[CORE_KEY_CAP],
                                struct core_error *error);
enum core_code thing_types_update(struct core *core, const char *name,
                                  const struct thing_type_properties *properties, struct core_error *error);
/* A deprecated type stays with the things that have it, and is given to no other. is_undone: it may be given again. */
enum core_code thing_types_deprecate(struct core *core, const char *name, bool is_undone,
                                     struct core_error *error);
/* Only a deprecated type that no thing has. */
enum core_code thing_types_delete(struct core *core, const char *name, struct core_error *error);

#endif
