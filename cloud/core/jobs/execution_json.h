/* SPDX-License-Identifier: MIT */
/* The device's objects of docs/protocol.md 1.3 as JSON, for answers and notifications over MQTT: integer seconds, the document
 * as a value and byte for byte. */
#ifndef CLOUD_CORE_EXECUTION_JSON_H
#define CLOUD_CORE_EXECUTION_JSON_H

#include "cloud/core/jobs/execution.h"
#include "common/json_write.h"

#define EXECUTION_JSON_SUMMARY_CAP 512 /* bytes that one summary can take, its comma included */
#define EXECUTION_JSON_FIXED_CAP                                                                             \
    768 /* bytes that an execution can take beside its details and its document */

/* JobExecution; the document only if the execution holds one. */
void execution_json_write(struct json_writer *w, const struct core *core, const struct execution *execution);
/* JobExecutionSummary. */
void execution_json_write_summary(struct json_writer *w, const struct execution *execution);
/* JobExecutionState. details: JSON object or NULL. */
void execution_json_write_state(struct json_writer *w, enum execution_status status, const char *details,
                                int64_t version);

/* Room for one execution. */
size_t execution_json_cap(const struct execution *execution);

#endif
