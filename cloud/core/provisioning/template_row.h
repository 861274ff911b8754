/* SPDX-License-Identifier: MIT */
/* What the files of cloud/core/provisioning share. */
#ifndef CLOUD_CORE_TEMPLATE_ROW_H
#define CLOUD_CORE_TEMPLATE_ROW_H

#include "cloud/core/core_private.h"
#include "cloud/core/provisioning/templates.h"

/* CORE_OK, CORE_INVALID_REQUEST or CORE_NOT_FOUND. */
enum core_code template_require(struct core *core, const char *name, struct core_error *error);

/* 10,240 characters of JSON that template_body_check finds good. */
enum core_code template_check_body(struct slice body, struct core_error *error);

/* Reads the number of a version out of a path. CORE_OK or CORE_INVALID_REQUEST. */
enum core_code template_read_version(const char *text, int64_t *number, struct core_error *error);

/* Is there such a version? CORE_OK or CORE_NOT_FOUND. */
enum core_code template_require_version(struct core *core, const char *name, int64_t number,
                                        struct core_error *error);

/* Part of a write. false: the database failed. */
bool template_insert_version(struct core *core, const char *name, struct slice body);

#endif
