/* SPDX-License-Identifier: MIT */
/* Provisioning templates and their versions: docs/protocol.md 5.9. */
#ifndef CLOUD_CORE_TEMPLATES_H
#define CLOUD_CORE_TEMPLATES_H

#include "cloud/core/registry/tags.h"

#define TEMPLATE_NAME_CAP     37 /* 1..36 [0-9A-Za-z_-] */
#define TEMPLATE_VERSIONS_MAX 5

/* Who is asked before a device is registered. The URL stands for the Lambda's ARN and leads to this machine. */
struct template_hook {
    const char *url;             /* http://127.0.0.1:PORT/.., localhost or [::1]; NULL: nobody is asked */
    const char *payload_version; /* "2020-04-01"; NULL = the same */
};

struct template
{
    char name[TEMPLATE_NAME_CAP];
    char arn[256];
    char *description; /* NULL = none */
    char *role_arn;    /* means nothing here */
    char *hook_url;    /* NULL = none */
    char *hook_version;
    char *body; /* of the default version; NULL: not read */
    bool is_enabled;
    int64_t default_version;
    int64_t created_at_ms, last_modified_at_ms;
};
void template_clear(struct template *template);
typedef void (*template_fn)(void *ctx, const struct template *template);

struct template_create {
    const char *name;
    struct slice body;       /* checked by template_body_check */
    const char *role_arn;    /* 20..2048 characters */
    const char *description; /* NULL = none */
    bool is_enabled;
    struct template_hook hook;
    const struct tag_list *tags; /* NULL = none */
};
/* The body becomes version 1. */
enum core_code templates_create(struct core *core, const struct template_create *create, struct template *out,
                                struct core_error *error);
enum core_code templates_describe(struct core *core, const char *name, struct template *out,
                                  struct core_error *error);
/* By name; without bodies. */
enum core_code templates_list(struct core *core, const char *after, int64_t limit, template_fn fn, void *ctx,
                              char next[CORE_KEY_CAP], struct core_error *error);

/* What is NULL, or not given, stays. */
struct template_update {
    const char *description;
    const char *role_arn;
    bool has_enabled, is_enabled;
    int64_t default_version; /* 0 = stays */
    struct template_hook hook;
    bool removes_hook;
};
enum core_code templates_update(struct core *core, const char *name, const struct template_update *update,
                                struct core_error *error);
/* With its versions, its claims, and their rights. */
enum core_code templates_delete(struct core *core, const char *name, struct core_error *error);

struct template_version {
    int64_t number; /* from 1, never used twice */
    bool is_default;
    char *body; /* NULL: not read */
    int64_t created_at_ms;
};
void template_version_clear(struct template_version *version);
typedef void (*template_version_fn)(void *ctx, const struct template_version *version);

/* CORE_LIMIT_EXCEEDED: the template has TEMPLATE_VERSIONS_MAX already. */
enum core_code template_versions_create(struct core *core, const char *name, struct slice body,
                                        bool is_default, struct template_version *out,
                                        struct core_error *error);
/* version: its number as text. */
enum core_code template_versions_describe(struct core *core, const char *name, const char *version,
                                          struct template_version *out, struct core_error *error);
/* All of them, newest first, without bodies. */
enum core_code template_versions_list(struct core *core, const char *name, template_version_fn fn, void *ctx,
                                      struct core_error *error);
/* CORE_DELETE_CONFLICT: the default one. */
enum core_code template_versions_delete(struct core *core, const char *name, const char *version,
                                        struct core_error *error);

#endif
