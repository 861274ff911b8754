/* SPDX-License-Identifier: MIT */
/* The private way between devices and the daemon: requests to the daemon, its answers to the connection that asked, and
 * word of subscriptions and of retained messages. */
#include "cloud/broker/disconnect_reason.h"
#include "cloud/broker/plugin.h"
#include "cloud/broker/private_topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUBSCRIBED_MAX 1024 /* filters that wait at once; more leave at once */

/* An answer on its way out. The answer waits for the end of the broker's turn: mosquitto delivers by client id at the start of
 * the next one, and until then nobody can take the client id over. */
struct answer {
    struct answer *next;
    struct private_topic to;
    char *topic;
    void *payload;
    uint32_t payload_len;
};

struct subscribed {
    struct subscribed *next;
    uint64_t serial;    /* of the connection that subscribed last */
    bool is_persistent; /* its session may outlive the connection */
    char filter[TOPIC_LEN_MAX + 1];
};

/* --- In: a device's request --- */

static int redirect_request(struct plugin *plugin, const struct connection *connection,
                            struct mosquitto_evt_message *event)
{
    struct private_topic topic = {
        .serial = connection->serial,
        .is_provisioning = topic_classify(event->topic) == TOPIC_PROVISIONING,
        .qos = event->qos > 0,
        .topic = slice_from(event->topic),
    };
    size_t cap = topic.topic.len + PRIVATE_TOPIC_EXTRA;
    char *private_topic = mosquitto_malloc(cap);
    memcpy(topic.certificate_id, connection->identity.certificate_id, sizeof(topic.certificate_id));
    memcpy(topic.client_id, connection->identity.client_id, sizeof(topic.client_id));
    if (private_topic == NULL || private_topic_write_request(&topic, private_topic, cap) != ERR_OK) {
        mosquitto_free(private_topic);
        guard_log_closed(&plugin->guard, &connection->identity,
                         "a request is lost: the broker is out of memory");
        plugin_tell_end(plugin, event->client, DISCONNECT_SERVER_ERROR);
        return PLUGIN_CLOSE;
    }
    mosquitto_free(event->topic);
    event->topic = private_topic;
    event->retain = false; /* a retained request would be asked again at every start of the daemon */
    return MOSQ_ERR_SUCCESS;
}

/* --- Out: the daemon's answer --- */

static void free_answer(struct answer *answer)
{
    mosquitto_free(answer->topic);
    mosquitto_free(answer->payload);
    free(answer);
}

/* NULL: out of memory. */
static struct answer *new_answer(const struct private_topic *to, const struct mosquitto_evt_message *event)
{
    struct answer *answer = calloc(1, sizeof(*answer));
    if (answer == NULL) {
        return NULL;
    }
    *answer = (struct answer){
        .to = *to,
        .topic = mosquitto_strdup(to->topic.ptr),
        .payload = mosquitto_malloc(event->payloadlen + 1),
        .payload_len = event->payloadlen,
    };
    if (answer->topic == NULL || answer->payload == NULL) {
        free_answer(answer);
        return NULL;
    }
    if (event->payloadlen > 0) {
        memcpy(answer->payload, event->payload, event->payloadlen);
    }
    return answer;
}

static void log_lost_answer(const struct plugin *plugin, uint64_t serial)
{
    const struct connection *connection = connection_find_serial(plugin->guard.connections, serial);
    if (connection != NULL) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "an answer to client %s is lost: the broker is out of memory",
                             connection->identity.client_id);
    }
}

/* Returns "denied", which ends the way of the private message here; the daemon sends it with QoS 0 and hears nothing. */
static int keep_answer(struct plugin *plugin, const struct private_topic *to,
                       const struct mosquitto_evt_message *event)
{
    struct answer *answer = new_answer(to, event);
    if (answer == NULL) {
        log_lost_answer(plugin, to->serial);
        return MOSQ_ERR_ACL_DENIED;
    }
    *plugin->outbox.answers_end = answer;
    plugin->outbox.answers_end = &answer->next;
    return MOSQ_ERR_ACL_DENIED;
}

static void send_answer(struct plugin *plugin, struct answer *answer)
{
    struct connection *connection = connection_find_serial(plugin->guard.connections, answer->to.serial);
    if (connection == NULL || !guard_may_hear_answer(&plugin->guard, connection, answer->topic)) {
        return;
    }
    if (mosquitto_broker_publish(connection->identity.client_id, answer->topic, (int)answer->payload_len,
                                 answer->payload, answer->to.qos, false, NULL) == MOSQ_ERR_SUCCESS) {
        answer->payload = NULL; /* mosquitto's now */
    } else {
        log_lost_answer(plugin, answer->to.serial);
    }
}

static struct answer *next_answer(struct plugin *plugin)
{
    struct answer *answer = plugin->outbox.answers;
    if (answer != NULL) {
        plugin->outbox.answers = answer->next;
    }
    if (plugin->outbox.answers == NULL) {
        plugin->outbox.answers_end = &plugin->outbox.answers;
    }
    return answer;
}

/* mosquitto is in the middle of a turn: what is published now goes out in the next one, and nothing has to wait for that here. */
void plugin_note_retained(const char *topic, int qos, const void *payload, size_t len)
{
    char private_topic[sizeof(PRIVATE_TOPIC_RETAINED) + 2 + TOPIC_LEN_MAX];
    void *copy = len > 0 ? mosquitto_malloc(len) : NULL; /* mosquitto's after the call */
    if (copy != NULL) {
        memcpy(copy, payload, len);
    }
    snprintf(private_topic, sizeof(private_topic), PRIVATE_TOPIC_RETAINED "%d/%s", qos > 0, topic);
    if ((copy == NULL && len > 0) ||
        mosquitto_broker_publish(NULL, private_topic, (int)len, copy, 1, false, NULL) != MOSQ_ERR_SUCCESS) {
        mosquitto_log_printf(MOSQ_LOG_ERR,
                             "the list of retained messages lacks %s: the broker is out of memory", topic);
    }
}

int plugin_on_message(int kind, void *event_data, void *ctx)
{
    (void)kind;
    struct plugin *plugin = ctx;
    struct mosquitto_evt_message *event = event_data;
    struct connection *connection = connection_find(plugin->guard.connections, event->client);
    struct private_topic to;

    if (connection == NULL) {
        return PLUGIN_CLOSE;
    }
    if (connection->is_daemon) {
        return private_topic_parse_answer(event->topic, &to) ? keep_answer(plugin, &to, event)
                                                             : MOSQ_ERR_SUCCESS;
    }
    enum topic_class class = topic_classify(event->topic);
    if (class == TOPIC_REQUEST || class == TOPIC_PROVISIONING) {
        return redirect_request(plugin, connection, event);
    }
    if (event->retain) {
        plugin_note_retained(event->topic, event->qos, event->payload, event->payloadlen);
    }
    return MOSQ_ERR_SUCCESS;
}

/* --- Out: word of subscriptions --- */

/* false: out of memory, and nothing was published. */
static bool publish_subscribed(const char *filter)
{
    char topic[sizeof(PRIVATE_TOPIC_SUBSCRIBED) + TOPIC_LEN_MAX];
    snprintf(topic, sizeof(topic), PRIVATE_TOPIC_SUBSCRIBED "%s", filter);
    return mosquitto_broker_publish(NULL, topic, 0, NULL, 1, false, NULL) == MOSQ_ERR_SUCCESS;
}

static struct subscribed *find_subscribed(const struct plugin *plugin, const char *filter)
{
    struct subscribed *waiting = plugin->outbox.subscribed;
    while (waiting != NULL && strcmp(waiting->filter, filter) != 0) {
        waiting = waiting->next;
    }
    return waiting;
}

bool plugin_note_subscribed(struct plugin *plugin, const struct connection *connection,
                            const struct mosquitto *client, const char *filter)
{
    bool is_persistent = !mosquitto_client_clean_session(client);
    struct subscribed *note = find_subscribed(plugin, filter);
    if (note == NULL && plugin->outbox.subscribed_count == SUBSCRIBED_MAX) {
        return publish_subscribed(filter); /* goes out in mosquitto's next turn, too */
    }
    if (note == NULL) {
        note = calloc(1, sizeof(*note));
        if (note == NULL) {
            return false;
        }
        snprintf(note->filter, sizeof(note->filter), "%s", filter);
        note->next = plugin->outbox.subscribed;
        plugin->outbox.subscribed = note;
        plugin->outbox.subscribed_count++;
    }
    note->serial = connection->serial;
    note->is_persistent = note->is_persistent || is_persistent;
    return true;
}

/* A connection that is gone again and has left no session would hear nothing, and might use up what the daemon tells only
 * once. */
static bool is_worth_telling(const struct plugin *plugin, const struct subscribed *note)
{
    return note->is_persistent || connection_find_serial(plugin->guard.connections, note->serial) != NULL;
}

/* What cannot be published for lack of memory waits for the next turn. */
static void send_subscribed(struct plugin *plugin)
{
    struct subscribed **link = &plugin->outbox.subscribed;
    while (*link != NULL) {
        struct subscribed *note = *link;
        if (is_worth_telling(plugin, note) && !publish_subscribed(note->filter)) {
            link = &note->next;
            continue;
        }
        *link = note->next;
        free(note);
        plugin->outbox.subscribed_count--;
    }
}

void plugin_send_outbox(struct plugin *plugin)
{
    for (struct answer *answer = next_answer(plugin); answer != NULL; answer = next_answer(plugin)) {
        send_answer(plugin, answer);
        free_answer(answer);
    }
    send_subscribed(plugin);
}

void plugin_drop_outbox(struct plugin *plugin)
{
    for (struct answer *answer = next_answer(plugin); answer != NULL; answer = next_answer(plugin)) {
        free_answer(answer);
    }
    while (plugin->outbox.subscribed != NULL) {
        struct subscribed *note = plugin->outbox.subscribed;
        plugin->outbox.subscribed = note->next;
        free(note);
    }
}
