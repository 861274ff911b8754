/* SPDX-License-Identifier: MIT */
/* Things, certificates and policies: docs/protocol.md 5.7 and 5.8. */
#ifndef CLOUD_CORE_REGISTRY_H
#define CLOUD_CORE_REGISTRY_H

#include "cloud/core/registry/things.h"

struct certificate {
    char id[CORE_CERTIFICATE_ID_CAP];
    char arn[256];
    char status[32]; /* ACTIVE, INACTIVE, REVOKED, PENDING_ACTIVATION */
    char *pem;
    int64_t created_at_ms, last_modified_at_ms;
    int64_t not_before_s, not_after_s;
};
void certificate_clear(struct certificate *certificate);

/* Stores a certificate that cloud/pki has made. */
enum core_code certificates_add(struct core *core, const struct certificate *certificate,
                                struct core_error *error);
enum core_code certificates_describe(struct core *core, const char *id, struct certificate *out,
                                     struct core_error *error);
/* new_status: ACTIVE, INACTIVE or REVOKED. A REVOKED one stays so (CORE_CERTIFICATE_STATE). */
enum core_code certificates_update(struct core *core, const char *id, const char *new_status,
                                   struct core_error *error);
/* principal: a certificate ARN. Attaching twice is success. */
enum core_code principals_attach(struct core *core, const char *thing, const char *principal,
                                 struct core_error *error);

struct policy {
    char name[CORE_POLICY_NAME_CAP];
    char arn[256];
    char *document;
    int64_t created_at_ms, last_modified_at_ms;
    char generation_id[65];
};
void policy_clear(struct policy *policy);

/* The document is checked with policy_check (policy.h): CORE_MALFORMED_POLICY says what is wrong. */
enum core_code policies_create(struct core *core, const char *name, struct slice document, struct policy *out,
                               struct core_error *error);
enum core_code policies_get(struct core *core, const char *name, struct policy *out,
                            struct core_error *error);
/* target: a certificate ARN. Attaching twice is success. */
enum core_code policies_attach(struct core *core, const char *name, const char *target,
                               struct core_error *error);

#endif
