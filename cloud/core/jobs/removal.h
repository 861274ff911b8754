/* SPDX-License-Identifier: MIT */
#ifndef CLOUD_CORE_JOBS_REMOVAL_H
#define CLOUD_CORE_JOBS_REMOVAL_H

#include "cloud/core/core_private.h"

/* The thing does not take part in jobs any more: what it has pending becomes REMOVED (docs/protocol.md 2.2), and its device
 * is told once. Inside core_write_begin. false: the database failed. */
bool removal_of_thing(struct core *core, const char *thing);

#endif
