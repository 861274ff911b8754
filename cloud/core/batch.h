/* SPDX-License-Identifier: MIT */
/* What core.c needs of batch.c beside core.h. */
#ifndef CLOUD_CORE_BATCH_H
#define CLOUD_CORE_BATCH_H

#include "cloud/core/core_private.h"

/* Frees what waits to go out. */
void batch_clear(struct core *core);

#endif
