/* SPDX-License-Identifier: MIT */
/* Checks that several operations on things, certificates and policies share. */
#ifndef CLOUD_CORE_REGISTRY_PRIVATE_H
#define CLOUD_CORE_REGISTRY_PRIVATE_H

#include "cloud/core/registry/registry.h"

/* CORE_OK, CORE_INVALID_REQUEST or CORE_NOT_FOUND. */
enum core_code thing_require(struct core *core, const char *name, struct core_error *error);
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

#endif
