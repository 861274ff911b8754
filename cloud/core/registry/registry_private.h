/* SPDX-License-Identifier: MIT */
/* What several operations on things, certificates and policies share. */
#ifndef CLOUD_CORE_REGISTRY_PRIVATE_H
#define CLOUD_CORE_REGISTRY_PRIVATE_H

#include "cloud/core/core_private.h"
#include "cloud/core/registry/registry.h"

#include <sqlite3.h>

/* CORE_OK, CORE_INVALID_REQUEST or CORE_NOT_FOUND. */
enum core_code thing_require(struct core *core, const char *name, struct core_error *error);
enum core_code policy_require(struct core *core, const char *name, struct core_error *error);
enum core_code billing_group_require(struct core *core, const char *name, struct core_error *error);
/* Also CORE_INVALID_REQUEST when the type is deprecated: no thing may be given it. */
enum core_code thing_type_require(struct core *core, const char *name, struct core_error *error);

/* CORE_VERSION_MISMATCH when a version is expected and `version` is another. what: "thing", "billing group". */
enum core_code version_require(const char *what, const char *name, int64_t version,
                               struct expected_version expected, struct core_error *error);

/* Descriptions of types and billing groups. NULL: there is none. */
enum core_code description_check(const char *description, struct core_error *error);

enum core_code certificate_require(struct core *core, const char *arn, char id[CORE_CERTIFICATE_ID_CAP],
                                   struct core_error *error);

/* The id in the form that is stored: AWS's model takes capital digits, too. CORE_OK or CORE_INVALID_REQUEST. */
enum core_code certificate_check_id(const char *text, char id[CORE_CERTIFICATE_ID_CAP],
                                    struct core_error *error);

/* Takes the certificate away with all that is attached to it if its status is PENDING_ACTIVATION; else, or without such a
 * certificate, it does nothing. certificate_remove: whatever its status. Parts of a write. false: the database failed. */
bool certificate_remove_pending(struct core *core, const char *id);
bool certificate_remove(struct core *core, const char *id);

/* The certificate of this id was deleted, or one that it had signed: the broker need not trust it any more, unless for others.
 * Part of a write. */
bool broker_anchor_release(struct core *core, const char *id);

/* A page of rows whose first column is their key: the row's number (is_by_row), or a name. The statements take the key to begin
 * behind, the number of rows, and then the arguments. */
struct registry_list {
    enum store_statement up, down;
    bool is_by_row;
    const struct core_page *page;
    struct store_value arguments[2];
    size_t argument_count;
};
enum core_code registry_list_rows(struct core *core, const struct registry_list *list, core_row_fn fn,
                                  void *ctx, char next[CORE_KEY_CAP], struct core_error *error);

#endif
