/* SPDX-License-Identifier: MIT */
/* The plugin's answers to CONNECT, and what it keeps and tells when a connection ends. */
#include "cloud/broker/end_line.h"
#include "cloud/broker/plugin.h"
#include "cloud/pki/certificate_id.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define USERNAME "iot-local"

static bool is_daemon(const struct plugin *plugin, const struct mosquitto_evt_basic_auth *event)
{
    return event->username != NULL && event->password != NULL && strcmp(event->username, USERNAME) == 0 &&
           strlen(event->password) == strlen(plugin->secret) && plugin->secret[0] != '\0' &&
           CRYPTO_memcmp(event->password, plugin->secret, strlen(plugin->secret)) == 0;
}

static void read_common_name(X509 *certificate, char *out, size_t cap)
{
    int len = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, out, (int)cap);
    if (len < 0 || memchr(out, '\0', (size_t)len) != NULL) {
        out[0] = '\0'; /* none, or one with a NUL in it */
    }
}

bool plugin_read_client(const struct mosquitto *client, struct identity *identity)
{
    const char *client_id = mosquitto_client_id(client);
    const char *address = mosquitto_client_address(client);
    int len =
        snprintf(identity->client_id, sizeof(identity->client_id), "%s", client_id != NULL ? client_id : "");
    snprintf(identity->source_ip, sizeof(identity->source_ip), "%s", address != NULL ? address : "");
    return len >= 0 && (size_t)len < sizeof(identity->client_id);
}

/* NULL: nothing but the policies speaks against this connection. */
static const char *refuse_client(const struct mosquitto *client, X509 *certificate, struct identity *identity)
{
    bool is_short = plugin_read_client(client, identity);
    if (!certificate_id(certificate, identity->certificate_id)) {
        return "its certificate cannot be read";
    }
    if (!is_short) {
        return "the client id is longer than 128 bytes";
    }
    if (mosquitto_client_protocol_version(client) < 4) {
        return "MQTT 3.1 is too old: AWS IoT speaks MQTT 3.1.1 and 5";
    }
    return NULL;
}

/* Takes over what the identity holds; false: refused, and told. */
static bool add_connection(struct plugin *plugin, struct mosquitto *client, const struct identity *identity)
{
    struct connection *connection = NULL;
    if (mosquitto_set_username(client, identity->certificate_id) == MOSQ_ERR_SUCCESS) {
        connection = connection_add(plugin->guard.connections, client, identity);
    }
    if (connection == NULL) {
        guard_log_closed(&plugin->guard, identity, "the broker is out of memory");
        return false;
    }
    struct subscriptions earlier = session_memory_take(plugin->sessions, identity->client_id);
    connection->is_resuming = !mosquitto_client_clean_session(client);
    if (connection->is_resuming) {
        connection->subscriptions = earlier;
    }
    plugin->newest = connection->serial;
    plugin_presence_come(plugin, connection);
    return true;
}

static bool accept_device(struct plugin *plugin, struct mosquitto *client, X509 *certificate)
{
    struct identity identity = {0};
    const struct authority_question question = {"iot:Connect", "client", identity.client_id};

    const char *reason = refuse_client(client, certificate, &identity);
    if (reason != NULL) {
        guard_log_refusal(&plugin->guard, &identity, &question, reason);
        return false;
    }
    read_common_name(certificate, identity.common_name, sizeof(identity.common_name));
    authority_load(plugin->guard.authority, &identity); /* who cannot be loaded has no rights */
    bool is_allowed = guard_may_connect(&plugin->guard, &identity);
    if (is_allowed && add_connection(plugin, client, &identity)) {
        return true;
    }
    if (!is_allowed) {
        plugin_presence_refuse(plugin, &identity);
    }
    authority_release(plugin->guard.authority, &identity);
    return false;
}

/* A connection through the daemon's own socket: has no certificate, and must know the secret. */
static bool accept_local(struct plugin *plugin, const struct mosquitto_evt_basic_auth *event)
{
    struct identity identity = {0};
    bool knows_secret = is_daemon(plugin, event);
    if (knows_secret && connection_add(plugin->guard.connections, event->client, NULL) != NULL) {
        return true;
    }
    plugin_read_client(event->client, &identity);
    guard_log_closed(&plugin->guard, &identity,
                     knows_secret ? "the broker is out of memory" : "it has no certificate");
    return false;
}

int plugin_on_basic_auth(int kind, void *event_data, void *ctx)
{
    (void)kind;
    struct plugin *plugin = ctx;
    struct mosquitto_evt_basic_auth *event = event_data;
    X509 *certificate = mosquitto_client_certificate(event->client);

    plugin->retained.client = NULL;
    plugin_presence_settle(plugin);
    bool is_accepted =
        certificate != NULL ? accept_device(plugin, event->client, certificate) : accept_local(plugin, event);
    X509_free(certificate);
    if (is_accepted) {
        return MOSQ_ERR_SUCCESS;
    }
    plugin_tell_end(plugin, event->client,
                    NULL); /* there was no connection that events could tell the end of */
    return MOSQ_ERR_AUTH;
}

/* A client id has one connection: when the newest one has the same id, that is why this one ends. */
static struct connection *find_successor(struct plugin *plugin, const struct connection *connection)
{
    struct connection *newest = connection_find_serial(plugin->guard.connections, plugin->newest);
    bool is_successor = newest != NULL && newest != connection && !newest->is_daemon &&
                        strcmp(newest->identity.client_id, connection->identity.client_id) == 0;
    return is_successor ? newest : NULL;
}

static void tell_taken_over(struct plugin *plugin, const struct connection *connection,
                            const struct connection *successor)
{
    char reason[200];
    snprintf(reason, sizeof(reason), "the same client id has connected again, from %s with certificate %.8s",
             successor->identity.source_ip, successor->identity.certificate_id);
    guard_log_closed(&plugin->guard, &connection->identity, reason);
}

/* The session may go on without this connection, or with the next one. */
static void keep_session(struct plugin *plugin, const struct mosquitto *client,
                         const struct connection *connection, struct connection *successor)
{
    if (successor != NULL && successor->is_resuming) {
        successor->subscriptions = connection->subscriptions;
    } else if (successor == NULL && connection->subscriptions.count > 0 &&
               !(mosquitto_client_protocol_version(client) == 4 && mosquitto_client_clean_session(client))) {
        session_memory_keep(plugin->sessions, connection->identity.client_id, &connection->subscriptions);
    }
}

static bool device_has_left(struct plugin *plugin, const struct mosquitto *client,
                            const struct connection *connection)
{
    struct connection *successor = find_successor(plugin, connection);
    bool is_told = successor != NULL && plugin->told != client && !plugin->is_kicking;
    if (is_told) {
        tell_taken_over(plugin, connection, successor);
    }
    keep_session(plugin, client, connection, successor);
    return is_told;
}

/* For the daemon: mosquitto has just logged why the connection ends, if mosquitto had a reason of its own. */
static void write_end(const struct mosquitto *client, const struct connection *connection, bool is_told)
{
    struct identity identity = {0};
    struct end_line end = {.is_told = is_told};
    char line[300];

    plugin_read_client(client, &identity);
    if (connection != NULL) {
        snprintf(identity.certificate_id, sizeof(identity.certificate_id), "%s",
                 connection->identity.certificate_id);
    } else if (!is_told) { /* mosquitto refused this client before the plugin was asked */
        X509 *certificate = mosquitto_client_certificate(client);
        if (certificate != NULL && !certificate_id(certificate, identity.certificate_id)) {
            identity.certificate_id[0] = '\0';
        }
        X509_free(certificate);
    }
    memcpy(end.address, identity.source_ip, sizeof(end.address));
    memcpy(end.certificate, identity.certificate_id, sizeof(end.certificate));
    memcpy(end.client_id, identity.client_id, sizeof(end.client_id));
    end_line_write(&end, line, sizeof(line));
    mosquitto_log_printf(MOSQ_LOG_NOTICE, "%s", line);
}

int plugin_on_disconnect(int kind, void *event_data, void *ctx)
{
    (void)kind;
    struct plugin *plugin = ctx;
    struct mosquitto_evt_disconnect *event = event_data;
    struct connection *connection = connection_find(plugin->guard.connections, event->client);
    bool is_told = plugin->told == event->client || plugin->is_kicking;

    if (connection != NULL && !connection->is_daemon) {
        is_told = device_has_left(plugin, event->client, connection) || is_told;
        plugin_presence_go(plugin, event->client, connection);
    }
    write_end(event->client, connection, is_told);
    plugin_tell_end(plugin, NULL, NULL);
    plugin->presence.said_end = NULL;
    plugin->retained.client = NULL;
    connection_remove(plugin->guard.connections, event->client);
    return MOSQ_ERR_SUCCESS;
}
