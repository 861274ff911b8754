/* SPDX-License-Identifier: MIT */
/* AWS's lifecycle events as topics and texts: docs/protocol.md 1.13. No mosquitto here, so that a test can ask, too. */
#ifndef CLOUD_BROKER_PRESENCE_H
#define CLOUD_BROKER_PRESENCE_H

#include "cloud/base/uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRESENCE_TOPICS_MAX  8 /* filters in one event: so many may stand in a SUBSCRIBE on AWS */
#define PRESENCE_TOPIC_CAP   192
#define PRESENCE_FILTER_CAP  513
#define PRESENCE_PAYLOAD_CAP 32768 /* the largest: eight such filters, each byte an escape of six */

enum presence_kind {
    PRESENCE_CONNECTED,
    PRESENCE_DISCONNECTED,
    PRESENCE_CONNECT_FAILED,
    PRESENCE_SUBSCRIBED,
    PRESENCE_UNSUBSCRIBED,
    PRESENCE_KIND_COUNT,
};

struct presence {
    enum presence_kind kind;
    int64_t at_ms; /* wall time of the service */
    const char *client_id;
    const char *session; /* an UUID of the connection */
    const char *principal;
    const char *address; /* connected, connect_failed */
    int64_t version;     /* connected, disconnected */
    const char *reason;  /* disconnected: a word of disconnect_reason.h */
    const char *const *filters;
    size_t filter_count; /* subscribed, unsubscribed: 1 to PRESENCE_TOPICS_MAX */
};

/* false: there is no event for this client id, which has # or + in it, or is empty or longer than 128 bytes. */
bool presence_write(const struct presence *presence, char topic[PRESENCE_TOPIC_CAP],
                    char payload[PRESENCE_PAYLOAD_CAP], size_t *payload_len);

#endif
