/* SPDX-License-Identifier: MIT */
/* The plugin's answers to SUBSCRIBE and PUBLISH, and to every delivery of a message. */
#include "cloud/broker/disconnect_reason.h"
#include "cloud/broker/plugin.h"

#include <stdio.h>
#include <string.h>

/* mosquitto asks for a last will after the connection has ended. Who it was is still in the user name, which is ours. */
static bool may_will(struct plugin *plugin, const struct mosquitto_evt_acl_check *event)
{
    struct identity identity = {0};
    const char *certificate = mosquitto_client_username(event->client);

    if (certificate == NULL || strlen(certificate) >= sizeof(identity.certificate_id) ||
        !plugin_read_client(event->client, &identity)) {
        return false;
    }
    strcpy(identity.certificate_id, certificate);
    authority_load(plugin->guard.authority, &identity); /* who cannot be loaded has no rights */
    bool is_allowed = guard_may_will(&plugin->guard, &identity, event->topic, event->qos, event->retain);
    authority_release(plugin->guard.authority, &identity);
    if (is_allowed && event->retain) {
        plugin_note_retained(event->topic, event->qos, event->payload, event->payloadlen);
    }
    return is_allowed;
}

/* A session without a connection: messages are queued for the session, and checked again when its device is back (by then
 * the plugin knows whose rights to ask). */
static int check_absent(struct plugin *plugin, const struct mosquitto_evt_acl_check *event)
{
    enum topic_class class = topic_classify(event->topic);
    bool is_allowed = false;

    if (event->access == MOSQ_ACL_READ) {
        is_allowed = class == TOPIC_ORDINARY || class == TOPIC_NOTIFICATION;
    } else if (event->access == MOSQ_ACL_WRITE) {
        is_allowed = may_will(plugin, event);
    }
    return is_allowed ? MOSQ_ERR_SUCCESS : MOSQ_ERR_ACL_DENIED;
}

/* With MQTT 5, mosquitto sends this code as reason 0x9B of a DISCONNECT; otherwise mosquitto just closes. AWS does the same. */
static int close_for_qos(struct plugin *plugin, const struct mosquitto_evt_acl_check *event)
{
    plugin_tell_end(plugin, event->client, DISCONNECT_CLIENT_ERROR);
    return MOSQ_ERR_QOS_NOT_SUPPORTED;
}

static int check_publish(struct plugin *plugin, struct connection *connection,
                         const struct mosquitto_evt_acl_check *event)
{
    enum guard_access access = event->retain ? GUARD_PUBLISH_RETAINED : GUARD_PUBLISH;
    if (!guard_takes_qos(&plugin->guard, &connection->identity, access, event->topic, event->qos)) {
        return close_for_qos(plugin, event);
    }
    if (guard_may(&plugin->guard, connection, access, event->topic, event->payloadlen)) {
        return MOSQ_ERR_SUCCESS;
    }
    /* AWS closes the connection of a device that publishes what it may not. MQTT 5 can say so in the PUBACK. */
    if (mosquitto_client_protocol_version(event->client) == 5 && event->qos > 0) {
        return MOSQ_ERR_ACL_DENIED;
    }
    bool is_wrong = guard_is_client_error(event->topic, event->payloadlen);
    plugin_tell_end(plugin, event->client, is_wrong ? DISCONNECT_CLIENT_ERROR : DISCONNECT_AUTH_ERROR);
    return PLUGIN_CLOSE;
}

/* A connection that wanted an earlier session: only now mosquitto shows whether there was one. */
static void check_session(struct connection *connection, const struct mosquitto *client)
{
    if (connection->is_resuming && mosquitto_client_sub_count(client) == 0) {
        connection->subscriptions.count = 0;
    }
    connection->is_resuming = false;
}

/* filter: without $share/<group>/. */
static bool note_subscription(struct plugin *plugin, const struct connection *connection,
                              const struct mosquitto *client, const char *filter)
{
    if (topic_has_wildcard(filter)) {
        plugin->retained = (struct plugin_retained){.client = client};
        snprintf(plugin->retained.filter, sizeof(plugin->retained.filter), "%s", filter);
    }
    return !topic_filter_hears_jobs(filter) || plugin_note_subscribed(plugin, connection, client, filter);
}

static int check_subscribe(struct plugin *plugin, struct connection *connection,
                           const struct mosquitto_evt_acl_check *event)
{
    check_session(connection, event->client);
    if (!guard_takes_qos(&plugin->guard, &connection->identity, GUARD_SUBSCRIBE, event->topic, event->qos)) {
        return close_for_qos(plugin, event);
    }
    if (!guard_may(&plugin->guard, connection, GUARD_SUBSCRIBE, event->topic, 0)) {
        return MOSQ_ERR_ACL_DENIED;
    }
    if (note_subscription(plugin, connection, event->client, topic_without_share(event->topic))) {
        plugin_presence_filter(plugin, connection, PRESENCE_SUBSCRIBED, event->topic);
        return MOSQ_ERR_SUCCESS;
    }
    subscriptions_remove(&connection->subscriptions, event->topic);
    const struct authority_question question = {"iot:Subscribe", "topicfilter", event->topic};
    guard_log_refusal(&plugin->guard, &connection->identity, &question, "the broker is out of memory");
    return MOSQ_ERR_ACL_DENIED;
}

/* AWS: a filter with wildcards receives no retained messages. Told once for each SUBSCRIBE. */
static bool is_retained_for_wildcard(struct plugin *plugin, const struct connection *connection,
                                     const struct mosquitto_evt_acl_check *event)
{
    struct plugin_retained *retained = &plugin->retained;
    if (!event->retain || retained->client != event->client) {
        return false;
    }
    if (!retained->is_told) {
        char reason[TOPIC_LEN_MAX + 100];
        const struct authority_question question = {"delivery of a retained message", "topic", event->topic};
        snprintf(reason, sizeof(reason), "AWS IoT delivers none to a filter with wildcards, as %s",
                 retained->filter);
        guard_log_refusal(&plugin->guard, &connection->identity, &question, reason);
        retained->is_told = true;
    }
    return true;
}

static int check_receive(struct plugin *plugin, struct connection *connection,
                         const struct mosquitto_evt_acl_check *event)
{
    bool is_allowed = !is_retained_for_wildcard(plugin, connection, event) &&
                      guard_may(&plugin->guard, connection, GUARD_RECEIVE, event->topic, event->payloadlen);
    return is_allowed ? MOSQ_ERR_SUCCESS : MOSQ_ERR_ACL_DENIED;
}

int plugin_on_acl_check(int kind, void *event_data, void *ctx)
{
    (void)kind;
    struct plugin *plugin = ctx;
    struct mosquitto_evt_acl_check *event = event_data;
    struct connection *connection = connection_find(plugin->guard.connections, event->client);

    if (event->access != MOSQ_ACL_READ) {
        plugin->retained.client = NULL;
    }
    if (connection == NULL) {
        return check_absent(plugin, event);
    }
    if (connection->is_daemon) {
        return MOSQ_ERR_SUCCESS;
    }
    plugin_presence_speak(plugin, connection);
    switch (event->access) {
    case MOSQ_ACL_SUBSCRIBE:
        return check_subscribe(plugin, connection, event);
    case MOSQ_ACL_UNSUBSCRIBE:
        check_session(connection, event->client);
        subscriptions_remove(&connection->subscriptions, event->topic);
        plugin_presence_filter(plugin, connection, PRESENCE_UNSUBSCRIBED, event->topic);
        return MOSQ_ERR_SUCCESS;
    case MOSQ_ACL_WRITE:
        return check_publish(plugin, connection, event);
    case MOSQ_ACL_READ:
        return check_receive(plugin, connection, event);
    default:
        return MOSQ_ERR_ACL_DENIED;
    }
}
