/* SPDX-License-Identifier: MIT */
/* First what AWS IoT refuses whatever the policies say, then the policies; decisions about messages are remembered. */
#include "cloud/broker/guard.h"

#include "cloud/base/utf8.h"
#include "cloud/broker/topic_class.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const actions[] = {
    [GUARD_PUBLISH] = "iot:Publish",
    [GUARD_PUBLISH_RETAINED] = "iot:RetainPublish",
    [GUARD_SUBSCRIBE] = "iot:Subscribe",
    [GUARD_RECEIVE] = "iot:Receive",
};

static struct authority_question question_of(enum guard_access access, const char *topic)
{
    return (struct authority_question){
        .action = actions[access],
        .kind = access == GUARD_SUBSCRIBE ? "topicfilter" : "topic",
        .name = topic,
    };
}

/* Client ids and topics are a stranger's words: they must not write lines of their own. */
__attribute__((format(printf, 2, 3))) static void log_line(struct guard *guard, const char *format, ...)
{
    char line[2000];
    unsigned left_out = 0;
    if (!log_rate_allows(&guard->rate, clock_monotonic_ms(guard->clock), &left_out)) {
        return;
    }
    if (left_out > 0) {
        snprintf(line, sizeof(line), "%u more refusals in the second before", left_out);
        guard->log(line);
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    utf8_clean(line);
    guard->log(line);
}

static const char *or_none(const char *text)
{
    return text[0] != '\0' ? text : "none";
}

void guard_log_refusal(struct guard *guard, const struct identity *identity,
                       const struct authority_question *question, const char *reason)
{
    log_line(guard, "refused %s on %s/%.300s: client %s, address %s, certificate %.8s: %s", question->action,
             question->kind, question->name, or_none(identity->client_id), or_none(identity->source_ip),
             or_none(identity->certificate_id), reason);
}

void guard_log_closed(struct guard *guard, const struct identity *identity, const char *reason)
{
    log_line(guard, "closed a connection: client %s, address %s, certificate %.8s: %s",
             or_none(identity->client_id), or_none(identity->source_ip), or_none(identity->certificate_id),
             reason);
}

static bool ask_policies(struct guard *guard, const struct identity *identity,
                         const struct authority_question *question)
{
    char reason[1400];
    if (authority_allows(guard->authority, identity, question)) {
        return true;
    }
    authority_explain(guard->authority, identity, question, reason, sizeof(reason));
    guard_log_refusal(guard, identity, question, reason);
    return false;
}

bool guard_may_connect(struct guard *guard, const struct identity *identity)
{
    const struct authority_question question = {"iot:Connect", "client", identity->client_id};
    if (identity->client_id[0] == '$') {
        guard_log_refusal(guard, identity, &question, "client ids that begin with $ are reserved");
        return false;
    }
    return ask_policies(guard, identity, &question);
}

/* NULL: the policies decide. */
static const char *refuse_publish(const char *topic, size_t payload_len)
{
    if (payload_len > GUARD_PAYLOAD_MAX) {
        return "the payload is longer than 128 KB";
    }
    if (!topic_fits_limits(topic)) {
        return "the topic is longer than 256 bytes or has more than 7 slashes";
    }
    switch (topic_classify(topic)) {
    case TOPIC_ORDINARY:
    case TOPIC_REQUEST:
    case TOPIC_PROVISIONING:
        return NULL;
    case TOPIC_ANSWER:
    case TOPIC_NOTIFICATION:
        return "only the service publishes on this topic";
    case TOPIC_RESERVED:
    case TOPIC_PRIVATE:
        break;
    }
    return "topics that begin with $ are reserved, and iot-local serves none of this name";
}

bool guard_is_client_error(const char *topic, size_t payload_len)
{
    return payload_len > GUARD_PAYLOAD_MAX || !topic_fits_limits(topic);
}

static const char *refuse_subscribe(const char *filter)
{
    if (!topic_fits_limits(filter)) {
        return "the topic filter is longer than 256 bytes or has more than 7 slashes";
    }
    if (filter[0] == '$' && strncmp(filter, "$aws/", 5) != 0) {
        return "topics that begin with $ are reserved, except for $aws/...";
    }
    return NULL;
}

/* Nobody hears the requests of others, or the answers to others. The connection that asked gets its answer another way
 * (guard_may_hear_answer). */
static bool is_hearable(const char *topic)
{
    enum topic_class class = topic_classify(topic);
    return class != TOPIC_REQUEST && class != TOPIC_PROVISIONING && class != TOPIC_ANSWER &&
           class != TOPIC_PRIVATE;
}

static bool decide(struct guard *guard, const struct identity *identity, enum guard_access access,
                   const char *topic, size_t payload_len)
{
    const struct authority_question question = question_of(access, topic);
    const char *reason =
        access == GUARD_SUBSCRIBE ? refuse_subscribe(topic) : refuse_publish(topic, payload_len);
    if (reason == NULL) {
        return ask_policies(guard, identity, &question);
    }
    guard_log_refusal(guard, identity, &question, reason);
    return false;
}

static bool may_publish(struct guard *guard, struct connection *connection, enum guard_access access,
                        const char *topic, size_t payload_len)
{
    bool is_allowed;
    if (payload_len <= GUARD_PAYLOAD_MAX && connection_recall(connection, access, topic, &is_allowed)) {
        return is_allowed;
    }
    if (!decide(guard, &connection->identity, access, topic, payload_len)) {
        return false; /* not remembered: each one is told */
    }
    connection_remember(connection, access, topic, true);
    return true;
}

/* A refusal is remembered, too, and so told once for a topic, not for every message that passes by. */
static bool may_receive(struct guard *guard, struct connection *connection, const char *topic)
{
    const struct authority_question question = question_of(GUARD_RECEIVE, topic);
    bool is_allowed;
    if (connection_recall(connection, GUARD_RECEIVE, topic, &is_allowed)) {
        return is_allowed;
    }
    is_allowed = ask_policies(guard, &connection->identity, &question);
    connection_remember(connection, GUARD_RECEIVE, topic, is_allowed);
    return is_allowed;
}

bool guard_may_hear_answer(struct guard *guard, struct connection *connection, const char *topic)
{
    connection_refresh(guard->connections, connection);
    return may_receive(guard, connection, topic);
}

/* filter: as the device gave it, perhaps with $share/<group>/ in front. */
static bool may_subscribe(struct guard *guard, struct connection *connection, const char *filter)
{
    const char *inner = topic_without_share(filter);
    const struct authority_question question = question_of(GUARD_SUBSCRIBE, filter);
    if (inner == NULL) {
        guard_log_refusal(guard, &connection->identity, &question,
                          "a shared subscription is $share/<group>/<filter>");
        return false;
    }
    if (!decide(guard, &connection->identity, GUARD_SUBSCRIBE, inner, 0)) {
        return false;
    }
    if (!subscriptions_add(&connection->subscriptions, filter)) {
        guard_log_refusal(guard, &connection->identity, &question,
                          "a connection has at most 50 subscriptions");
        return false;
    }
    return true;
}

bool guard_takes_qos(struct guard *guard, const struct identity *identity, enum guard_access access,
                     const char *topic, int qos)
{
    const struct authority_question question = question_of(access, topic);
    if (qos <= GUARD_QOS_MAX) {
        return true;
    }
    guard_log_refusal(guard, identity, &question, "AWS IoT has no QoS 2");
    return false;
}

bool guard_may(struct guard *guard, struct connection *connection, enum guard_access access,
               const char *topic, size_t payload_len)
{
    connection_refresh(guard->connections, connection);
    switch (access) {
    case GUARD_RECEIVE:
        return is_hearable(topic) && may_receive(guard, connection, topic);
    case GUARD_SUBSCRIBE:
        return may_subscribe(guard, connection, topic);
    case GUARD_PUBLISH_RETAINED: /* AWS asks for both */
        return may_publish(guard, connection, GUARD_PUBLISH, topic, payload_len) &&
               may_publish(guard, connection, GUARD_PUBLISH_RETAINED, topic, payload_len);
    case GUARD_PUBLISH:
        break;
    }
    return may_publish(guard, connection, access, topic, payload_len);
}

bool guard_may_will(struct guard *guard, const struct identity *identity, const char *topic, int qos,
                    bool is_retained)
{
    const struct authority_question question = question_of(GUARD_PUBLISH, topic);
    if (qos > GUARD_QOS_MAX) {
        guard_log_refusal(guard, identity, &question,
                          "its last will has QoS 2: AWS IoT does not accept such a connection");
        return false;
    }
    if (topic_classify(topic) != TOPIC_ORDINARY) {
        guard_log_refusal(guard, identity, &question, "a last will can not use a topic that begins with $");
        return false;
    }
    return decide(guard, identity, GUARD_PUBLISH, topic, 0) &&
           (!is_retained || decide(guard, identity, GUARD_PUBLISH_RETAINED, topic, 0));
}
