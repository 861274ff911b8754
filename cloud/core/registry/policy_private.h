/* SPDX-License-Identifier: MIT */
/* What policies, their versions and their attachments share. */
#ifndef CLOUD_CORE_POLICY_PRIVATE_H
#define CLOUD_CORE_POLICY_PRIVATE_H

#include "cloud/core/registry/registry_private.h"

struct policy_visit {
    policy_fn fn;
    void *ctx;
};

enum core_code policy_check_document(struct slice document, struct core_error *error);

/* In the order of POLICY_COLUMNS. */
void policy_read_row(const struct core *core, sqlite3_stmt *row, struct policy *out);
/* A row that has the policy's name only, in this column. */
void policy_visit_name(const struct core *core, sqlite3_stmt *row, int column,
                       const struct policy_visit *visit);

int64_t policy_count_versions(struct core *core, const char *name); /* -1: the database failed */

#endif
