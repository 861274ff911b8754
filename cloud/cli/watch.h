/* SPDX-License-Identifier: MIT */
#ifndef CLOUD_CLI_WATCH_H
#define CLOUD_CLI_WATCH_H

#include "cloud/cli/client.h"

#include <stdint.h>

/* Shows the executions of a job as they go on, until nothing of it can change any more. timeout_s 0: as long as it
 * takes. CLI_OK when the last execution on each thing SUCCEEDED, else CLI_FAILED. */
int watch_job(struct client *client, const char *job_id, uint32_t timeout_s);

#endif
