/* SPDX-License-Identifier: MIT */
/* Things: docs/protocol.md 5.7. */
#ifndef CLOUD_CORE_THINGS_H
#define CLOUD_CORE_THINGS_H

#include "cloud/core/core.h"

/* The version that a caller has seen: a change is refused when it is not the present one (CORE_VERSION_MISMATCH). */
struct expected_version {
    bool is_given;
    int64_t version;
};

struct thing {
    char name[CORE_THING_NAME_CAP];
    char arn[256];
    char id[37];      /* UUID */
    char *attributes; /* JSON object text, never NULL */
    int64_t version;
    char type[CORE_THING_NAME_CAP];          /* "" = none */
    char billing_group[CORE_THING_NAME_CAP]; /* "" = none */
};
void thing_clear(struct thing *thing);
typedef void (*thing_fn)(void *ctx, const struct thing *thing);

struct thing_create {
    const char *name;
    struct slice attributes;   /* JSON object of strings, or the empty slice */
    const char *type;          /* NULL = none */
    const char *billing_group; /* NULL = none */
};
/* The same thing again: success with the stored one; with other attributes, type or billing group: CORE_ALREADY_EXISTS. */
enum core_code things_create(struct core *core, const struct thing_create *create, struct thing *out,
                             struct core_error *error);
enum core_code things_describe(struct core *core, const char *name, struct thing *out,
                               struct core_error *error);

struct thing_filter {
    const char *attribute;       /* name; NULL = any */
    const char *attribute_value; /* NULL = any */
    bool is_prefix;              /* attribute_value is the beginning of the value */
    const char *type;            /* NULL = any, and none */
};
/* By name. filter NULL: all things. */
enum core_code things_list(struct core *core, const struct thing_filter *filter, const char *after,
                           int64_t limit, thing_fn fn, void *ctx, char next[CORE_KEY_CAP],
                           struct core_error *error);

struct thing_update {
    const char *name;
    struct slice
        attributes; /* JSON object of strings; ptr NULL: they stay. An empty value takes an attribute away. */
    bool is_merged; /* attributes that are not named stay */
    const char *type; /* NULL: it stays */
    bool removes_type;
    struct expected_version expected;
};
enum core_code things_update(struct core *core, const struct thing_update *update, struct core_error *error);

/* What it had pending becomes REMOVED, and its device is told. A thing that does not exist: success. One with principals:
 * CORE_INVALID_REQUEST. */
enum core_code things_delete(struct core *core, const char *name, struct expected_version expected,
                             struct core_error *error);

#endif
