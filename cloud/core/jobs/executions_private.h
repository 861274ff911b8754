/* SPDX-License-Identifier: MIT */
/* What the device's and the operator's operations share. */
#ifndef CLOUD_CORE_EXECUTIONS_PRIVATE_H
#define CLOUD_CORE_EXECUTIONS_PRIVATE_H

#include "cloud/core/jobs/execution_record.h"
#include "cloud/core/jobs/executions.h"
#include "cloud/core/registry/registry_private.h"

#define STEP_TIMEOUT_MAX_MIN 10080

/* Names checked, then read. CORE_NOT_FOUND says whether the thing or the execution is missing. */
enum core_code execution_require(struct core *core, const char *thing, const char *job_id, int64_t number,
                                 struct execution_record *record, struct core_error *error);

/* CORE_VERSION_MISMATCH with the execution's state. */
enum core_code execution_require_version(const struct execution_record *record, int64_t expected,
                                         struct core_error *error);

/* Puts the execution's state into the error, which is set already. */
void execution_fail_with_state(const struct execution_record *record, struct core_error *error);

/* Exchanges the stored map; takes over `details`, which becomes NULL. */
void execution_set_details(struct execution_record *record, char **details);

#endif
