/* SPDX-License-Identifier: MIT */
/* Lifecycle events: who came, who was refused, who left and why, who subscribes to what. The reason of an end is the plugin's own when
 * the plugin ends the connection, else mosquitto's, which only its log tells (log_tap.h): on the line before the end. */
#include "cloud/base/clock_file.h"
#include "cloud/base/utf8.h"
#include "cloud/broker/disconnect_reason.h"
#include "cloud/broker/mosquitto_words.h"
#include "cloud/broker/plugin.h"

#include <stdio.h>
#include <string.h>

#define QOS 1 /* a subscriber with QoS 0 gets them so */

/* The service's time. mosquitto runs in the data directory. */
static int64_t now_ms(const struct plugin *plugin)
{
    int64_t ahead_ms = 0;
    clock_file_read(CLOCK_FILE_NAME, &ahead_ms); /* what cannot be read: the machine's time */
    return clock_wall_ms(plugin->guard.clock) + ahead_ms;
}

/* mosquitto is in the middle of a turn, and sends this in the next one. */
static void publish(const struct presence *presence)
{
    char topic[PRESENCE_TOPIC_CAP];
    char payload[PRESENCE_PAYLOAD_CAP];
    size_t len;
    if (!presence_write(presence, topic, payload, &len)) {
        return;
    }
    void *copy = mosquitto_malloc(len); /* mosquitto's after the call */
    if (copy != NULL) {
        memcpy(copy, payload, len);
    }
    if (copy == NULL ||
        mosquitto_broker_publish(NULL, topic, (int)len, copy, QOS, false, NULL) != MOSQ_ERR_SUCCESS) {
        mosquitto_free(copy);
        mosquitto_log_printf(MOSQ_LOG_ERR, "the event %s is lost: the broker is out of memory", topic);
    }
}

static struct presence event_of(const struct plugin *plugin, const struct connection *connection,
                                enum presence_kind kind)
{
    return (struct presence){
        .kind = kind,
        .at_ms = now_ms(plugin),
        .client_id = connection->identity.client_id,
        .session = connection->session,
        .principal = connection->identity.certificate_id,
        .address = connection->identity.source_ip,
        .version = connection->version >= 0 ? connection->version : 0,
    };
}

/* --- Coming --- */

static void tell_coming(struct plugin *plugin)
{
    const struct connection *connection = plugin->presence.coming;
    plugin->presence.coming = NULL;
    if (connection != NULL) {
        struct presence event = event_of(plugin, connection, PRESENCE_CONNECTED);
        publish(&event);
    }
}

void plugin_presence_come(struct plugin *plugin, struct connection *connection)
{
    uuid_make(connection->session);
    connection->version =
        versions_connect(plugin->presence.versions, connection->identity.client_id, now_ms(plugin));
    plugin->presence.coming = connection;
}

void plugin_presence_speak(struct plugin *plugin, const struct connection *connection)
{
    if (plugin->presence.coming == connection) {
        tell_coming(plugin);
    }
}

void plugin_presence_refuse(struct plugin *plugin, const struct identity *identity)
{
    char session[UUID_CAP];
    uuid_make(session);
    struct presence event = {
        .kind = PRESENCE_CONNECT_FAILED,
        .at_ms = now_ms(plugin),
        .client_id = identity->client_id,
        .session = session,
        .principal = identity->certificate_id,
        .address = identity->source_ip,
    };
    publish(&event);
}

/* --- Subscribing --- */

static void tell_filters(struct plugin *plugin)
{
    struct plugin_presence *presence = &plugin->presence;
    const char *filters[PRESENCE_TOPICS_MAX];
    if (presence->filter_count == 0) {
        return;
    }
    for (size_t i = 0; i < presence->filter_count; i++) {
        filters[i] = presence->filters[i];
    }
    struct presence event = event_of(plugin, presence->subscriber, presence->kind);
    event.filters = filters;
    event.filter_count = presence->filter_count;
    publish(&event);
    presence->filter_count = 0;
}

void plugin_presence_filter(struct plugin *plugin, const struct connection *connection,
                            enum presence_kind kind, const char *filter)
{
    struct plugin_presence *presence = &plugin->presence;
    const char *inner = topic_without_share(filter);
    if (presence->subscriber != connection || presence->kind != kind ||
        presence->filter_count == PRESENCE_TOPICS_MAX) {
        tell_filters(plugin);
    }
    if (strlen(filter) >= PRESENCE_FILTER_CAP && inner != NULL) {
        filter = inner; /* the name of a group has no limit */
    }
    presence->subscriber = connection;
    presence->kind = kind;
    snprintf(presence->filters[presence->filter_count++], PRESENCE_FILTER_CAP, "%.*s",
             utf8_fit(filter, PRESENCE_FILTER_CAP - 1), filter); /* UNSUBSCRIBE has no limit */
}

/* --- Going --- */

void plugin_tell_end(struct plugin *plugin, const struct mosquitto *client, const char *end)
{
    plugin->told = client;
    plugin->presence.own_end = end;
}

static const char *end_of(const struct plugin *plugin, const struct mosquitto *client)
{
    const struct plugin_presence *presence = &plugin->presence;
    if (plugin->told == client && presence->own_end != NULL) {
        return presence->own_end;
    }
    return presence->said_end != NULL ? presence->said_end : DISCONNECT_SERVER_INITIATED;
}

/* The connection that comes is told after the one whose client id it has taken over, and before its own end. */
void plugin_presence_go(struct plugin *plugin, const struct mosquitto *client,
                        const struct connection *connection)
{
    const struct connection *coming = plugin->presence.coming;
    bool is_taken_over = coming != NULL && coming != connection &&
                         strcmp(coming->identity.client_id, connection->identity.client_id) == 0;
    tell_filters(plugin);
    if (!is_taken_over) {
        tell_coming(plugin);
    }
    struct presence event = event_of(plugin, connection, PRESENCE_DISCONNECTED);
    event.reason = end_of(plugin, client);
    publish(&event);
    tell_coming(plugin);
    if (connection->version >= 0) {
        versions_leave(plugin->presence.versions, connection->identity.client_id, event.at_ms);
    }
}

/* --- Start, end, and the end of each turn --- */

void plugin_presence_settle(struct plugin *plugin)
{
    tell_coming(plugin);
    tell_filters(plugin);
    plugin->presence.said_end = NULL; /* an end follows its line at once */
}

/* The first line about an end counts, as in mosquitto_words.c: what follows is more general. */
static void hear(void *ctx, const char *line)
{
    struct plugin *plugin = ctx;
    if (plugin->presence.said_end == NULL) {
        plugin->presence.said_end = mosquitto_words_end(line);
    }
}

bool plugin_presence_open(struct plugin *plugin)
{
    plugin->presence.versions = versions_create();
    return plugin->presence.versions != NULL && log_tap_open(&plugin->presence.tap, hear, plugin);
}

void plugin_presence_close(struct plugin *plugin)
{
    log_tap_close(&plugin->presence.tap);
    versions_destroy(plugin->presence.versions);
}
