/* SPDX-License-Identifier: MIT */
/* The broker's live connections as the plugin knows them, found by mosquitto's client pointer, by serial number or by
 * certificate. */
#ifndef CLOUD_BROKER_CONNECTION_H
#define CLOUD_BROKER_CONNECTION_H

#include "cloud/access/authority.h"
#include "cloud/base/uuid.h"
#include "cloud/broker/subscriptions.h"

#include <stdint.h>

#define CONNECTION_DECISIONS 16  /* a device uses about ten topics */
#define CONNECTION_TOPIC_MAX 256 /* decisions about longer topics are not remembered */

/* A decision that was made before, so that a stream of messages costs one look. */
struct decision {
    char *topic; /* at most CONNECTION_TOPIC_MAX bytes; NULL: this place is free */
    uint32_t hash;
    unsigned access;
    bool is_allowed;
};

struct connection {
    struct connection *next_by_client, *next_by_serial, *next_by_certificate;
    const void *client; /* struct mosquitto, never dereferenced here */
    uint64_t serial;    /* never used twice, not even by the next broker process */
    bool is_daemon;
    char session[UUID_CAP]; /* what presence events call the connection; "" for the daemon */
    int64_t version;        /* of its client id (versions.h); -1: not counted */
    bool is_stale;          /* rights have changed: the identity must be loaded again before it is asked */
    bool is_resuming; /* wants the session of an earlier connection; whether there was one shows later */
    struct identity identity;
    struct subscriptions subscriptions; /* of the session, as far as they are known */
    struct decision decisions[CONNECTION_DECISIONS];
};

struct connection_table;

struct connection_table *connection_table_create(struct authority *authority); /* NULL: out of memory */
void connection_table_destroy(struct connection_table *table);

/* A new connection with a serial number of its own, which takes over what the identity holds; one that is known under
 * the same pointer is dropped. who NULL: the daemon. NULL: out of memory, the identity stays the caller's. */
struct connection *connection_add(struct connection_table *table, const void *client,
                                  const struct identity *who);
void connection_remove(struct connection_table *table, const void *client); /* unknown ones are fine */
struct connection *connection_find(const struct connection_table *table, const void *client);
struct connection *connection_find_serial(const struct connection_table *table, uint64_t serial);

/* Is there a live connection with this certificate? */
bool connection_has_certificate(const struct connection_table *table, const char *certificate_id);

/* Rights have changed: every identity is loaded again when its connection next wants something. */
void connection_mark_all_stale(struct connection_table *table);
void connection_refresh(struct connection_table *table, struct connection *connection);

/* true: decided before, *is_allowed says how. Access is any number that tells kinds of questions apart. */
bool connection_recall(const struct connection *connection, unsigned access, const char *topic,
                       bool *is_allowed);
void connection_remember(struct connection *connection, unsigned access, const char *topic, bool is_allowed);

#endif
