/* SPDX-License-Identifier: MIT */
/* Which filters a session is subscribed to, to hold AWS's limit. Filters are kept as hashes of 64 bits: no heap, and a
 * connection costs the same whatever it subscribes. */
#ifndef CLOUD_BROKER_SUBSCRIPTIONS_H
#define CLOUD_BROKER_SUBSCRIPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUBSCRIPTIONS_MAX 50 /* docs/protocol.md 4 */

/* Starts as {0}. */
struct subscriptions {
    size_t count;
    uint64_t filters[SUBSCRIPTIONS_MAX];
};

/* false: the filter is new and there is no room for another one. */
bool subscriptions_add(struct subscriptions *subscriptions, const char *filter);
void subscriptions_remove(struct subscriptions *subscriptions,
                          const char *filter); /* unknown ones are fine */

/* What sessions were subscribed to when their connection ended, for the connection that resumes them. Bounded: of client
 * ids that share a place only the last one is remembered, so what comes out may be less than the session has. */
struct session_memory;

struct session_memory *session_memory_create(void); /* NULL: out of memory */
void session_memory_destroy(struct session_memory *memory);

/* Without memory the session is not remembered. */
void session_memory_keep(struct session_memory *memory, const char *client_id,
                         const struct subscriptions *subscriptions);
/* Takes out what was kept for this client id; nothing kept: empty. */
struct subscriptions session_memory_take(struct session_memory *memory, const char *client_id);

#endif
