/* SPDX-License-Identifier: MIT */
/* CA certificates that sign certificates of devices: docs/protocol.md 5.8. */
#ifndef CLOUD_CORE_CA_CERTIFICATES_H
#define CLOUD_CORE_CA_CERTIFICATES_H

#include "cloud/core/registry/tags.h"

struct ca_certificate {
    char id[CORE_CERTIFICATE_ID_CAP];
    char arn[256];
    char subject[65]; /* SHA-256 of the name in DER; in a new one only */
    char status[16];  /* ACTIVE, INACTIVE */
    char mode[16];    /* DEFAULT, SNI_ONLY */
    char *pem;
    int64_t created_at_ms, last_modified_at_ms;
    int64_t not_before_s, not_after_s;
    const struct tag_list *tags; /* in a new one only; NULL = none */
};
void ca_certificate_clear(struct ca_certificate *ca);
typedef void (*ca_certificate_fn)(void *ctx, const struct ca_certificate *ca);

/* Stores one that was checked; the broker is to trust it from now on. At most ten of one subject. */
enum core_code ca_certificates_add(struct core *core, const struct ca_certificate *ca,
                                   struct core_error *error);
enum core_code ca_certificates_describe(struct core *core, const char *id, struct ca_certificate *out,
                                        struct core_error *error);
enum core_code ca_certificates_of_subject(struct core *core, const char *subject, ca_certificate_fn fn,
                                          void *ctx, struct core_error *error);
/* By creation. */
enum core_code ca_certificates_list(struct core *core, const struct core_page *page, ca_certificate_fn fn,
                                    void *ctx, char next[CORE_KEY_CAP], struct core_error *error);
enum core_code ca_certificates_update(struct core *core, const char *id, const char *new_status,
                                      struct core_error *error);
/* CORE_CERTIFICATE_STATE: it is ACTIVE. Certificates that it has signed go on. */
enum core_code ca_certificates_delete(struct core *core, const char *id, struct core_error *error);

/* 64 hex digits that a verification certificate must carry. */
enum core_code registration_code_get(struct core *core, char code[65], struct core_error *error);
enum core_code registration_code_renew(struct core *core, struct core_error *error);

#endif
