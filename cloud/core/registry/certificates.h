/* SPDX-License-Identifier: MIT */
/* Certificates of devices: docs/protocol.md 5.8. */
#ifndef CLOUD_CORE_CERTIFICATES_H
#define CLOUD_CORE_CERTIFICATES_H

#include "cloud/core/core.h"

struct certificate {
    char id[CORE_CERTIFICATE_ID_CAP];
    char arn[256];
    char status[32]; /* ACTIVE, INACTIVE, REVOKED, PENDING_ACTIVATION */
    char mode[16];   /* DEFAULT, or SNI_ONLY: registered without a CA; "" counts as DEFAULT */
    char *pem;
    int64_t created_at_ms, last_modified_at_ms;
    int64_t not_before_s, not_after_s;
    char ca_id[CORE_CERTIFICATE_ID_CAP]; /* the registered CA that has signed it; "": none */
    bool
        is_anchor; /* for certificates_add: the broker must trust it itself, because nobody else has signed it */
};
void certificate_clear(struct certificate *certificate);
typedef void (*certificate_fn)(void *ctx, const struct certificate *certificate);

/* Stores a certificate that cloud/pki has made or checked. */
enum core_code certificates_add(struct core *core, const struct certificate *certificate,
                                struct core_error *error);
enum core_code certificates_describe(struct core *core, const char *id, struct certificate *out,
                                     struct core_error *error);
/* By creation. ca_id: those that this CA has signed, none when it is unknown; NULL: all. */
enum core_code certificates_list(struct core *core, const char *ca_id, const struct core_page *page,
                                 certificate_fn fn, void *ctx, char next[CORE_KEY_CAP],
                                 struct core_error *error);
/* new_status: ACTIVE, INACTIVE or REVOKED. A REVOKED one stays so (CORE_CERTIFICATE_STATE). */
enum core_code certificates_update(struct core *core, const char *id, const char *new_status,
                                   struct core_error *error);
/* CORE_CERTIFICATE_STATE: it is ACTIVE. CORE_DELETE_CONFLICT: a thing has it, or, unless forced, a policy is attached. */
enum core_code certificates_delete(struct core *core, const char *id, bool is_forced,
                                   struct core_error *error);

#endif
