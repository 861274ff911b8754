/* SPDX-License-Identifier: MIT */
/* The application's own messages in the words of lib_aws.h. Linked only into programs that use them. */
#include "device/api/api.h"
#include "device/api/line.h"
#include "device/runtime/messages.h"
#include "lib_aws.h"

#include <string.h>

static bool say_no_room(const char *who, const char *topic, uint32_t length, enum err err)
{
    if (err == ERR_TOO_LONG) {
        line_write(
            who, LOG_LEVEL_ERROR,
            "a message of %lu bytes on '%.100s' never has room: CONFIG_DEVICE_JOBS_OUTBOX_SIZE is %d, and "
            "AWS IoT takes 128 KB",
            (unsigned long)length, topic, CONFIG_DEVICE_JOBS_OUTBOX_SIZE);
    } else {
        line_write(who, LOG_LEVEL_ERROR, "a message of %lu bytes on '%.100s' is refused: %s",
                   (unsigned long)length, topic, err == ERR_FULL ? "no room now" : err_text(err));
    }
    return false;
}

static bool publish(const char *who, const struct runtime_sent *message)
{
    const char *why = NULL;
    if (!api_is_ready(who)) {
        return false;
    }
    if (!message->topic || (!message->payload && message->len > 0) || message->qos > 1) {
        line_error(who, "bad argument: a topic, a payload, and QoS 0 or 1 are needed");
        return false;
    }
    enum err err = runtime_publish(message, &why);
    if (err == ERR_ARG) {
        line_write(who, LOG_LEVEL_ERROR, "the topic '%.100s' %s", message->topic, why);
        return false;
    }
    return !err || say_no_room(who, message->topic, (uint32_t)message->len, err);
}

bool AWS_publishMessage(const char *pTopicStr, const void *pPayload, uint32_t length_u32, qos_et qos_e,
                        bool retain_b8)
{
    return publish(__func__, &(struct runtime_sent){.topic = pTopicStr,
                                                    .payload = pPayload,
                                                    .len = length_u32,
                                                    .qos = (uint8_t)qos_e,
                                                    .is_retained = retain_b8});
}

bool AWS_publish(mqttMsg_st *ps_msg)
{
    if (!ps_msg || !memchr(ps_msg->topicStr, '\0', sizeof(ps_msg->topicStr)) ||
        ps_msg->payloadLen_u16 > sizeof(ps_msg->payloadStr)) {
        line_error(__func__, "bad argument: a topic with its NUL, and a length of up to 1024 are needed");
        return false;
    }
    const char *end = memchr(ps_msg->payloadStr, '\0', sizeof(ps_msg->payloadStr));
    size_t text_len = end ? (size_t)(end - ps_msg->payloadStr) : sizeof(ps_msg->payloadStr);
    return publish(__func__,
                   &(struct runtime_sent){.topic = ps_msg->topicStr,
                                          .payload = ps_msg->payloadStr,
                                          .len = ps_msg->payloadLen_u16 ? ps_msg->payloadLen_u16 : text_len,
                                          .qos = (uint8_t)ps_msg->qos_e,
                                          .is_retained = ps_msg->retain_b8});
}

/* ---- subscriptions */

/* What is wrong with a filter, in the application's words. */
bool api_say_filter_refused(const char *who, const char *filter, enum err err, const char *why)
{
    if (err == ERR_FULL) {
        line_write(who, LOG_LEVEL_ERROR,
                   "'%.100s' is one filter too many: CONFIG_DEVICE_JOBS_SUBSCRIPTIONS is %d", filter,
                   CONFIG_DEVICE_JOBS_SUBSCRIPTIONS);
    } else if (err == ERR_TOO_LONG) {
        line_write(who, LOG_LEVEL_ERROR,
                   "the filter '%.100s' is too long: CONFIG_DEVICE_JOBS_FILTER_SIZE is %d", filter,
                   CONFIG_DEVICE_JOBS_FILTER_SIZE);
    } else {
        line_write(who, LOG_LEVEL_ERROR, "the filter '%.100s' %s", filter, why ? why : err_text(err));
    }
    return false;
}

static void hear_message(const struct runtime_received *received, const struct runtime_listener *listener)
{
    const awsMessage_st message = {.pTopicStr = received->topic,
                                   .pPayload = received->payload,
                                   .length_u32 = (uint32_t)received->len,
                                   .capacity_u32 = (uint32_t)received->cap};
    ((awsMessageCallback_t)listener->user)(&message, listener->ctx);
}

bool AWS_subscribeTopic(const char *pFilterStr, qos_et qos_e, awsMessageCallback_t callback, void *pContext)
{
    const char *why = NULL;
    const struct runtime_listener listener = {
        .hear = hear_message, .user = (void (*)(void))callback, .ctx = pContext};
    if (!api_is_ready(__func__)) {
        return false;
    }
    if (!pFilterStr || (uint8_t)qos_e > 1 || !callback) {
        line_error(__func__, "bad argument: a filter, QoS 0 or 1, and a callback are needed");
        return false;
    }
    enum err err = runtime_subscribe(pFilterStr, (uint8_t)qos_e, listener, &why);
    return !err || api_say_filter_refused(__func__, pFilterStr, err, why);
}

bool AWS_unsubscribe(const char *pFilterStr)
{
    if (!api_is_ready(__func__) || !pFilterStr) {
        return false;
    }
    if (runtime_unsubscribe(pFilterStr)) {
        line_write(__func__, LOG_LEVEL_ERROR, "nobody has subscribed to '%.100s'", pFilterStr);
        return false;
    }
    return true;
}

/* ---- what was said and heard */

uint16_t AWS_pubMsgAvailable(void)
{
    struct runtime_message_counters counters;
    runtime_get_message_counters(&counters);
    return counters.waiting < UINT16_MAX ? (uint16_t)counters.waiting : UINT16_MAX;
}

bool AWS_publishInProgress(void)
{
    return !runtime_messages_are_sent();
}

void AWS_getMessageCounters(awsMessageCounters_st *ps_counters)
{
    struct runtime_message_counters counters;
    if (!ps_counters) {
        return;
    }
    runtime_get_message_counters(&counters);
    *ps_counters = (awsMessageCounters_st){
        .taken_u32 = counters.taken,
        .refused_u32 = counters.refused,
        .sent_u32 = counters.sent,
        .acknowledged_u32 = counters.acknowledged,
        .dropped_u32 = counters.dropped,
        .received_u32 = counters.received,
        .receivedRefused_u32 = counters.received_refused,
        .receivedTooLarge_u32 = counters.received_too_large,
    };
}

void AWS_printSubscribedTopics(void)
{
    char text[CONFIG_DEVICE_JOBS_FILTER_SIZE];
    struct runtime_filter_shown shown;
    for (unsigned i = 0; i < CONFIG_DEVICE_JOBS_SUBSCRIPTIONS; i++) {
        if (runtime_filter(i, text, sizeof(text), &shown)) {
            line_write("AWS", LOG_LEVEL_INFO, "subscription '%s', QoS %u: %s", text, shown.qos, shown.state);
        }
    }
}
