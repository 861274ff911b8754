/* SPDX-License-Identifier: MIT */
/* mosquitto's side of the broker plugin (plugin API 5): mosquitto's questions to the guard, and the private way of Jobs
 * requests and answers. Every callback runs on the broker's only thread. */
#include "cloud/broker/guard.h"
#include "cloud/broker/private_topic.h"
#include "cloud/broker/topic_class.h"
#include "cloud/pki/certificate_id.h"

#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POLL_MS  100 /* how late a change of rights may be noticed */
#define USERNAME "iot-local"

/* Any error but "denied" makes mosquitto close the connection; this one sends a DISCONNECT before, with MQTT 5. */
#define CLOSE_IT MOSQ_ERR_UNKNOWN

/* An answer on its way out. It waits for the end of the broker's turn: mosquitto delivers by client id at the start of
 * the next one, and until then nobody can take the client id over. */
struct answer {
    struct answer *next;
    struct private_topic to;
    char *topic;
    void *payload;
    uint32_t payload_len;
};

struct plugin {
    mosquitto_plugin_id_t *id;
    struct guard guard;
    char secret[129]; /* of the daemon; it stands in mosquitto.conf, which only we can read */
    struct answer *answers, **answers_end;
    struct timespec polled_at;
};

static void log_line(const char *line)
{
    mosquitto_log_printf(MOSQ_LOG_NOTICE, "%s", line);
}

/* --- Who is it? --- */

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

/* false: the client id is longer than AWS allows. */
static bool read_client(const struct mosquitto *client, struct identity *identity)
{
    const char *client_id = mosquitto_client_id(client);
    const char *address = mosquitto_client_address(client);

    if (client_id == NULL || strlen(client_id) >= sizeof(identity->client_id)) {
        return false;
    }
    strcpy(identity->client_id, client_id);
    snprintf(identity->source_ip, sizeof(identity->source_ip), "%s", address != NULL ? address : "");
    return true;
}

static int accept_device(struct plugin *plugin, struct mosquitto *client, X509 *certificate)
{
    struct authority *authority = plugin->guard.authority;
    struct identity identity = {0};

    if (!read_client(client, &identity)) {
        log_line("refused iot:Connect: the client id is longer than 128 bytes");
        return MOSQ_ERR_AUTH;
    }
    read_common_name(certificate, identity.common_name, sizeof(identity.common_name));
    if (!certificate_id(certificate, identity.certificate_id) || !authority_load(authority, &identity)) {
        log_line("refused iot:Connect: the certificate or the database can not be read");
        return MOSQ_ERR_AUTH;
    }
    if (guard_may_connect(&plugin->guard, &identity) &&
        mosquitto_set_username(client, identity.certificate_id) == MOSQ_ERR_SUCCESS &&
        connection_add(plugin->guard.connections, client, &identity) != NULL) {
        return MOSQ_ERR_SUCCESS;
    }
    authority_release(authority, &identity);
    return MOSQ_ERR_AUTH;
}

static int on_basic_auth(int kind, void *event_data, void *ctx)
{
    (void)kind;
    struct plugin *plugin = ctx;
    struct mosquitto_evt_basic_auth *event = event_data;
    X509 *certificate = mosquitto_client_certificate(event->client);

    if (certificate != NULL) {
        int code = accept_device(plugin, event->client, certificate);
        X509_free(certificate);
        return code;
    }
    if (is_daemon(plugin, event) && connection_add(plugin->guard.connections, event->client, NULL) != NULL) {
        return MOSQ_ERR_SUCCESS;
    }
    log_line("refused a connection without a certificate");
    return MOSQ_ERR_AUTH;
}

static int on_disconnect(int kind, void *event_data, void *ctx)
{
    (void)kind;
    struct plugin *plugin = ctx;
    struct mosquitto_evt_disconnect *event = event_data;
    connection_remove(plugin->guard.connections, event->client);
    return MOSQ_ERR_SUCCESS;
}

/* --- May it? --- */

/* mosquitto asks for a last will after the connection has ended. Who it was is still in the user name, which is ours. */
static bool may_will(struct plugin *plugin, const struct mosquitto_evt_acl_check *event)
{
    struct identity identity = {0};
    const char *certificate = mosquitto_client_username(event->client);

    if (certificate == NULL || strlen(certificate) >= sizeof(identity.certificate_id) ||
        !read_client(event->client, &identity)) {
        return false;
    }
    strcpy(identity.certificate_id, certificate);
    bool is_allowed = authority_load(plugin->guard.authority, &identity) &&
                      guard_may_will(&plugin->guard, &identity, event->topic, event->retain);
    authority_release(plugin->guard.authority, &identity);
    return is_allowed;
}

/* A session without a connection: messages are queued for it, and checked again when it is back (by then mosquitto knows
 * who it is). */
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

/* AWS closes the connection of a device that publishes what it may not. MQTT 5 can say so in the PUBACK. */
static int refuse_publish(const struct mosquitto_evt_acl_check *event)
{
    bool can_say_so = mosquitto_client_protocol_version(event->client) == 5 && event->qos > 0;
    return can_say_so ? MOSQ_ERR_ACL_DENIED : CLOSE_IT;
}

static int on_acl_check(int kind, void *event_data, void *ctx)
{
    (void)kind;
    struct plugin *plugin = ctx;
    struct mosquitto_evt_acl_check *event = event_data;
    struct connection *connection = connection_find(plugin->guard.connections, event->client);

    if (connection == NULL) {
        return check_absent(plugin, event);
    }
    if (connection->is_daemon || event->access == MOSQ_ACL_UNSUBSCRIBE) {
        return MOSQ_ERR_SUCCESS;
    }
    enum guard_access access = GUARD_RECEIVE;
    if (event->access == MOSQ_ACL_SUBSCRIBE) {
        access = GUARD_SUBSCRIBE;
    } else if (event->access == MOSQ_ACL_WRITE) {
        access = event->retain ? GUARD_PUBLISH_RETAINED : GUARD_PUBLISH;
    }
    if (guard_may(&plugin->guard, connection, access, event->topic, event->payloadlen)) {
        return MOSQ_ERR_SUCCESS;
    }
    return event->access == MOSQ_ACL_WRITE ? refuse_publish(event) : MOSQ_ERR_ACL_DENIED;
}

/* --- The private way --- */

static int redirect_request(const struct connection *connection, struct mosquitto_evt_message *event)
{
    struct private_topic topic = {connection->serial, event->qos > 0, slice_from(event->topic)};
    size_t cap = topic.topic.len + PRIVATE_TOPIC_EXTRA;
    char *private_topic = mosquitto_malloc(cap);
    if (private_topic == NULL ||
        private_topic_write(PRIVATE_TOPIC_REQUEST, &topic, private_topic, cap) != ERR_OK) {
        mosquitto_free(private_topic);
        return CLOSE_IT;
    }
    mosquitto_free(event->topic);
    event->topic = private_topic;
    event->retain = false; /* a retained request would be asked again at every start of the daemon */
    return MOSQ_ERR_SUCCESS;
}

static void free_answer(struct answer *answer)
{
    mosquitto_free(answer->topic);
    mosquitto_free(answer->payload);
    free(answer);
}

static int keep_answer(struct plugin *plugin, const struct private_topic *to,
                       const struct mosquitto_evt_message *event)
{
    struct answer *answer = calloc(1, sizeof(*answer));
    if (answer == NULL) {
        return MOSQ_ERR_ACL_DENIED;
    }
    *answer = (struct answer){
        .to = *to,
        .topic = mosquitto_strdup(to->topic.ptr),
        .payload = mosquitto_malloc(event->payloadlen + 1),
        .payload_len = event->payloadlen,
    };
    if (answer->topic == NULL || answer->payload == NULL) {
        free_answer(answer);
        return MOSQ_ERR_ACL_DENIED;
    }
    if (event->payloadlen > 0) {
        memcpy(answer->payload, event->payload, event->payloadlen);
    }
    *plugin->answers_end = answer;
    plugin->answers_end = &answer->next;
    return MOSQ_ERR_ACL_DENIED; /* "denied" ends the way of the private message here; the daemon sends it with QoS 0 */
}

static int on_message(int kind, void *event_data, void *ctx)
{
    (void)kind;
    struct plugin *plugin = ctx;
    struct mosquitto_evt_message *event = event_data;
    struct connection *connection = connection_find(plugin->guard.connections, event->client);
    struct private_topic to;

    if (connection == NULL) {
        return CLOSE_IT;
    }
    if (connection->is_daemon) {
        return private_topic_parse(event->topic, PRIVATE_TOPIC_ANSWER, &to) ? keep_answer(plugin, &to, event)
                                                                            : MOSQ_ERR_SUCCESS;
    }
    return topic_classify(event->topic) == TOPIC_JOB_REQUEST ? redirect_request(connection, event)
                                                             : MOSQ_ERR_SUCCESS;
}

static void send_answers(struct plugin *plugin)
{
    while (plugin->answers != NULL) {
        struct answer *answer = plugin->answers;
        plugin->answers = answer->next;
        struct connection *connection = connection_find_serial(plugin->guard.connections, answer->to.serial);
        if (connection != NULL &&
            mosquitto_broker_publish(connection->identity.client_id, answer->topic, (int)answer->payload_len,
                                     answer->payload, answer->to.qos, false, NULL) == MOSQ_ERR_SUCCESS) {
            answer->payload = NULL; /* mosquitto's now */
        }
        free_answer(answer);
    }
    plugin->answers_end = &plugin->answers;
}

/* --- Every turn of the broker's loop --- */

static void kick(void *ctx, const char *certificate)
{
    struct plugin *plugin = ctx;
    if (!connection_has_certificate(plugin->guard.connections, certificate)) {
        return;
    }
    mosquitto_log_printf(MOSQ_LOG_NOTICE,
                         "closed the connections of certificate %.8s: it is not ACTIVE any more",
                         certificate);
    mosquitto_kick_client_by_username(certificate, false);
}

static bool is_time_to_poll(struct plugin *plugin)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    int64_t passed_ms =
        (now.tv_sec - plugin->polled_at.tv_sec) * 1000 + (now.tv_nsec - plugin->polled_at.tv_nsec) / 1000000;
    if (passed_ms < POLL_MS) {
        return false;
    }
    plugin->polled_at = now;
    return true;
}

static int on_tick(int kind, void *event_data, void *ctx)
{
    (void)kind, (void)event_data;
    struct plugin *plugin = ctx;
    send_answers(plugin);
    if (is_time_to_poll(plugin) && authority_has_changed(plugin->guard.authority)) {
        connection_mark_all_stale(plugin->guard.connections);
        authority_inactive(plugin->guard.authority, kick, plugin);
    }
    return MOSQ_ERR_SUCCESS;
}

/* --- Start and end --- */

static const char *option(const struct mosquitto_opt *options, int count, const char *key)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(options[i].key, key) == 0) {
            return options[i].value;
        }
    }
    return "";
}

static int register_callbacks(struct plugin *plugin)
{
    static const struct {
        int event;
        MOSQ_FUNC_generic_callback callback;
    } all[] = {
        {MOSQ_EVT_BASIC_AUTH, on_basic_auth}, {MOSQ_EVT_ACL_CHECK, on_acl_check},
        {MOSQ_EVT_MESSAGE, on_message},       {MOSQ_EVT_TICK, on_tick},
        {MOSQ_EVT_DISCONNECT, on_disconnect},
    };
    int code = MOSQ_ERR_SUCCESS;
    for (size_t i = 0; code == MOSQ_ERR_SUCCESS && i < sizeof(all) / sizeof(all[0]); i++) {
        code = mosquitto_callback_register(plugin->id, all[i].event, all[i].callback, NULL, plugin);
    }
    return code;
}

int mosquitto_plugin_version(int count, const int *versions)
{
    for (int i = 0; i < count; i++) {
        if (versions[i] == MOSQ_PLUGIN_VERSION) {
            return MOSQ_PLUGIN_VERSION;
        }
    }
    return -1;
}

int mosquitto_plugin_cleanup(void *ctx, struct mosquitto_opt *options, int option_count)
{
    (void)options, (void)option_count; /* mosquitto itself forgets the callbacks */
    struct plugin *plugin = ctx;
    while (plugin->answers != NULL) {
        struct answer *answer = plugin->answers;
        plugin->answers = answer->next;
        free_answer(answer);
    }
    connection_table_destroy(plugin->guard.connections);
    authority_close(plugin->guard.authority);
    free(plugin);
    return MOSQ_ERR_SUCCESS;
}

int mosquitto_plugin_init(mosquitto_plugin_id_t *id, void **ctx, struct mosquitto_opt *options,
                          int option_count)
{
    const struct authority_config config = {
        .database = option(options, option_count, "database"),
        .region = option(options, option_count, "region"),
        .account = option(options, option_count, "account"),
    };
    char why[300] = "out of memory";
    struct plugin *plugin = calloc(1, sizeof(*plugin));
    if (plugin == NULL) {
        return MOSQ_ERR_NOMEM;
    }
    plugin->id = id;
    plugin->answers_end = &plugin->answers;
    plugin->guard.log = log_line;
    snprintf(plugin->secret, sizeof(plugin->secret), "%s", option(options, option_count, "secret"));
    plugin->guard.authority = authority_open(&config, why, sizeof(why));
    if (plugin->guard.authority != NULL) {
        plugin->guard.connections = connection_table_create(plugin->guard.authority);
    }
    if (plugin->guard.connections != NULL && register_callbacks(plugin) == MOSQ_ERR_SUCCESS) {
        *ctx = plugin;
        return MOSQ_ERR_SUCCESS;
    }
    mosquitto_log_printf(MOSQ_LOG_ERR, "iot-local plugin: %s", why);
    mosquitto_plugin_cleanup(plugin, NULL, 0);
    return MOSQ_ERR_UNKNOWN;
}
