/* SPDX-License-Identifier: MIT */
/* notify and notify-next (docs/protocol.md 1.9) as they are now: from a mark to a message. */
#ifndef CLOUD_CORE_JOBS_NOTICES_H
#define CLOUD_CORE_JOBS_NOTICES_H

#include "cloud/core/marks.h"

/* A message for the broker. */
struct notice {
    char *topic; /* malloc'd, as the payload */
    char *payload;
    size_t payload_len;
    int64_t mark; /* the mark's seq */
};
void notice_clear(struct notice *notice);

/* false: the database failed. */
bool notice_render(struct core *core, const struct mark *mark, struct notice *notice);

#endif
