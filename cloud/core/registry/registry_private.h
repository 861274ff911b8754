/* SPDX-License-Identifier: MIT */
/* Checks that several operations on things, certificates and policies share. */
#ifndef CLOUD_CORE_REGISTRY_PRIVATE_H
#define CLOUD_CORE_REGISTRY_PRIVATE_H

#include "cloud/core/registry/registry.h"

/* CORE_OK, CORE_INVALID_REQUEST or CORE_NOT_FOUND. */
enum core_code thing_require(struct core *core, const char *name, struct core_error *error);
enum core_code certificate_require(struct core *core, const char *arn, char id[CORE_CERTIFICATE_ID_CAP],
                                   struct core_error *error);

#endif
