/* SPDX-License-Identifier: MIT */
/* The engine's log lines. What the lines say is up to the parts that write them. */
#include "device/core/jobs/context.h"

#include "device/core/text.h"

void jobs_context_log(struct jobs_context *c, enum log_level level, const char *job_id, const char *what,
                      const char *detail)
{
    char *line = c->line;

    line[0] = '\0';
    if (job_id != NULL) {
        text_append(line, sizeof(c->line), "job ");
        text_append(line, sizeof(c->line), job_id);
        text_append(line, sizeof(c->line), ": ");
    }
    text_append(line, sizeof(c->line), what);
    if (detail[0] != '\0') {
        text_append(line, sizeof(c->line), " ");
        text_append(line, sizeof(c->line), detail);
    }
    c->io.log(c->io.ctx, level, line);
}
