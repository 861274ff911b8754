/* SPDX-License-Identifier: MIT */
#ifndef CLOUD_CORE_ANNOUNCE_H
#define CLOUD_CORE_ANNOUNCE_H

#include "cloud/core/marks.h"

/* Are things left that have to be announced (core->announcements)? */
bool announce_is_under_way(const struct core *core);

/* Announces some more of them. Inside a batch that writes. 1: there are more; 0: that was all; -1: the database failed. */
int announce_slice(struct core *core);

#endif
