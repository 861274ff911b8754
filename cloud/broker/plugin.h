/* SPDX-License-Identifier: MIT */
/* Inside of the broker plugin: what its files share. Every callback runs on the broker's only thread. When memory is out, a
 * callback refuses what it was asked for and says so; mosquitto itself never goes down with the plugin. */
#ifndef CLOUD_BROKER_PLUGIN_H
#define CLOUD_BROKER_PLUGIN_H

#include "cloud/broker/guard.h"
#include "cloud/broker/log_tap.h"
#include "cloud/broker/presence.h"
#include "cloud/broker/topic_class.h"
#include "cloud/broker/versions.h"

#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>

/* Any error but "denied" makes mosquitto close the connection; this one sends a DISCONNECT before, with MQTT 5. */
#define PLUGIN_CLOSE MOSQ_ERR_UNKNOWN

/* What waits for the end of the broker's turn (plugin_message.c). */
struct plugin_outbox {
    struct answer *answers, **answers_end;
    struct subscribed *subscribed; /* filters that the daemon must be told of; no filter twice */
    size_t subscribed_count;
};

/* Between a SUBSCRIBE with wildcards and the next event of any kind, mosquitto asks about retained messages for that
 * SUBSCRIBE. */
struct plugin_retained {
    const struct mosquitto *client; /* who subscribed; NULL: no such time now */
    bool is_told;
    char filter[TOPIC_LEN_MAX + 1];
};

/* Lifecycle events: what waits to be published, and what is known about the end that comes next (plugin_presence.c). */
struct plugin_presence {
    struct log_tap tap;
    struct versions *versions;
    const char *said_end; /* AWS's word, by mosquitto's log since the last end; NULL: nothing was said */
    const char *own_end;  /* AWS's word for the end of plugin->told, by the plugin; NULL: it has none */
    const struct connection *coming; /* accepted, and not told yet; NULL: none */
    /* Filters of one connection, subscribed or unsubscribed one after the other, and not told yet. */
    const struct connection *subscriber;
    enum presence_kind kind;
    size_t filter_count;
    char filters[PRESENCE_TOPICS_MAX][PRESENCE_FILTER_CAP];
};

struct plugin {
    mosquitto_plugin_id_t *id;
    struct guard guard;
    struct session_memory *sessions;
    char secret[129]; /* the daemon's password, out of mosquitto.conf, which only we can read */
    struct plugin_outbox outbox;
    struct plugin_retained retained;
    struct plugin_presence presence;
    uint64_t newest;              /* serial number of the connection that was accepted last */
    const struct mosquitto *told; /* who is being closed for a reason that has been told; only compared */
    bool is_kicking;              /* whoever ends now has been told of */
    bool must_kick;               /* rights have changed: some connections may have lost them */
    int64_t polled_at_ms;
};

/* plugin_connect.c: who connects? */
int plugin_on_basic_auth(int kind, void *event_data, void *ctx);
int plugin_on_disconnect(int kind, void *event_data, void *ctx);
/* What mosquitto knows of a client, also of one that was refused. false: its client id is longer than AWS allows, and has
 * been cut. */
bool plugin_read_client(const struct mosquitto *client, struct identity *identity);

/* plugin_acl.c: may a client do that? */
int plugin_on_acl_check(int kind, void *event_data, void *ctx);

/* The connection of this client is being closed for a reason that has been told; `end`: AWS's word for that reason. Forgotten at its end
 * and at the end of the turn. */
void plugin_tell_end(struct plugin *plugin, const struct mosquitto *client, const char *end);

/* plugin_presence.c: lifecycle events. They are published here, in the broker, so that no fleet that comes at once stands in the way
 * of the daemon's notices. */
bool plugin_presence_open(struct plugin *plugin); /* false: out of memory */
void plugin_presence_close(struct plugin *plugin);
/* Accepted. Told with the next word from this connection, or at the end of the turn: after the end of the connection that had its
 * client id before. */
void plugin_presence_come(struct plugin *plugin, struct connection *connection);
void plugin_presence_speak(struct plugin *plugin, const struct connection *connection);
/* The policies do not let it connect. */
void plugin_presence_refuse(struct plugin *plugin, const struct identity *identity);
void plugin_presence_go(struct plugin *plugin, const struct mosquitto *client,
                        const struct connection *connection);
/* PRESENCE_SUBSCRIBED or PRESENCE_UNSUBSCRIBED. filter: as the device gave it. */
void plugin_presence_filter(struct plugin *plugin, const struct connection *connection,
                            enum presence_kind kind, const char *filter);
/* The end of the turn, and before another connection is judged: nothing may refer to a connection any more. */
void plugin_presence_settle(struct plugin *plugin);

/* plugin_message.c: the private way of requests and answers */
int plugin_on_message(int kind, void *event_data, void *ctx);
/* The daemon is told at the end of the turn. false: out of memory. */
bool plugin_note_subscribed(struct plugin *plugin, const struct connection *connection,
                            const struct mosquitto *client, const char *filter);
/* The daemon gets a copy of a retained message. */
void plugin_note_retained(const char *topic, int qos, const void *payload, size_t len);
void plugin_send_outbox(struct plugin *plugin); /* the end of the turn */
void plugin_drop_outbox(struct plugin *plugin);

#endif
