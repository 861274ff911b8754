/* SPDX-License-Identifier: MIT */
#ifndef CLOUD_CORE_ANNOUNCE_H
#define CLOUD_CORE_ANNOUNCE_H

#include "cloud/core/marks.h"

/* Are things left that have to be announced (core->announcements)? */
bool announce_is_under_way(const struct core *core);

/* Announces some more of them. Inside a batch that writes. true: there are more. */
bool announce_slice(struct core *core);

#endif
