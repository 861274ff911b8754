/* SPDX-License-Identifier: MIT */
#ifndef CLOUD_CORE_JOBS_TIMEOUT_H
#define CLOUD_CORE_JOBS_TIMEOUT_H

#include "cloud/core/core_private.h"

/* The time of an execution is over (docs/protocol.md 2.5). id: its row. Inside core_write_begin. false: the database failed. */
bool timeout_execution(struct core *core, int64_t id);

#endif
