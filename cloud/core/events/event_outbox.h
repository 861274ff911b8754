/* SPDX-License-Identifier: MIT */
/* Events on their way to the broker: written in the transaction of what they tell, published after its COMMIT and after the notices of
 * devices, and forgotten when the broker has taken them. None is lost by a crash; one may come twice. Bounded: of events that the broker
 * does not take, the newest EVENT_OUTBOX_MAX stay. */
#ifndef CLOUD_CORE_EVENT_OUTBOX_H
#define CLOUD_CORE_EVENT_OUTBOX_H

#include "cloud/core/core_private.h"

#define EVENT_OUTBOX_MAX 100000

/* Goes on with what the database holds. false: the database failed. */
bool event_outbox_open(struct core *core);

/* Inside a batch that writes. false: the database failed. */
bool event_outbox_add(struct core *core, const char *topic, const char *payload);

/* For batch.c: around the COMMIT of a batch that writes, what the broker has taken goes off the database. A failure fails the batch. */
void event_outbox_clear(struct core *core);
void event_outbox_committed(struct core *core, bool is_kept);
void event_outbox_broker_lost(struct core *core);

/* When what was taken is to be cleared without anybody else's batch; INT64_MAX: nothing is. */
int64_t event_outbox_due_ms(const struct core *core);

#endif
