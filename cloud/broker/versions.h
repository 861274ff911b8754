/* SPDX-License-Identifier: MIT */
/* The versionNumber of a client id's connections, as AWS's presence events have it: one more with each connection, 0 again when the
 * client id was away for an hour (docs/protocol.md 1.13). Client ids are kept as hashes of 64 bits. Bounded: of client ids that are away
 * VERSIONS_AWAY_MAX are remembered, those that have left last. */
#ifndef CLOUD_BROKER_VERSIONS_H
#define CLOUD_BROKER_VERSIONS_H

#include <stdbool.h>
#include <stdint.h>

#define VERSIONS_AWAY_MAX 32768 /* 2 MiB */
#define VERSIONS_AWAY_MS  3600000

struct versions;

struct versions *versions_create(void); /* NULL: out of memory */
void versions_destroy(struct versions *versions);

/* A connection of this client id begins; there may be one already, which is about to end. Its version; -1: out of memory, and
 * versions_leave must not be called for it. */
int64_t versions_connect(struct versions *versions, const char *client_id, int64_t now_ms);
/* A connection of this client id has ended. */
void versions_leave(struct versions *versions, const char *client_id, int64_t now_ms);

#endif
