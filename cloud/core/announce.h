/* SPDX-License-Identifier: MIT */
#ifndef CLOUD_CORE_ANNOUNCE_H
#define CLOUD_CORE_ANNOUNCE_H

#include "cloud/core/marks.h"

/* Some more things for somebody who has subscribed for all of them (core->announcement.kinds). Inside a batch that writes.
 * true: there are more. */
bool announce_slice(struct core *core);

#endif
