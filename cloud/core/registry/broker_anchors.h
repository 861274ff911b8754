/* SPDX-License-Identifier: MIT */
/* What the broker's handshake trusts beside our own CA: CAs that were registered, and certificates that have signed themselves. Who
 * registers one adds it; it stays as long as one that it has signed. */
#ifndef CLOUD_CORE_BROKER_ANCHORS_H
#define CLOUD_CORE_BROKER_ANCHORS_H

#include "cloud/core/core.h"

/* PEM of each, for the start, outside of batches. false: the database
 * failed (core_storage_error). */
bool broker_anchors_each(struct core *core, void (*fn)(void *ctx, const char *pem), void *ctx);

#endif
