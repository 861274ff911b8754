/* SPDX-License-Identifier: MIT */
/* AWS_subscribe and AWS_subMsgRead, as programs of the original library use them. */
#include "device/api/api.h"
#include "device/api/line.h"
#include "device/runtime/messages.h"
#include "lib_aws.h"

static void hear_text(const struct runtime_received *received, const struct runtime_listener *listener)
{
    if (received->payload) {
        ((awsSubscribeCallback_t)listener->user)(received->topic, received->payload);
    } else {
        line_write("AWS_subscribe", LOG_LEVEL_ERROR,
                   "a message of %zu bytes on '%.100s' is left out: there is room for %zu", received->len,
                   received->topic, received->cap);
    }
}

static enum err subscribe(const char *filter, uint8_t qos, const char **why)
{
    awsSubscribeCallback_t callback = api_subscribe_callback();
    if (!callback) {
        return runtime_poll_subscribe(filter, qos, why);
    }
    const struct runtime_listener listener = {.hear = hear_text, .user = (void (*)(void))callback};
    return runtime_subscribe(filter, qos, listener, why);
}

bool AWS_subscribe(const char *pTopicStr, uint8_t qos_e)
{
    const char *why = NULL;
    if (!api_is_ready(__func__)) {
        return false;
    }
    if (!pTopicStr || qos_e > 1) {
        line_error(__func__, "bad argument: a filter, and QoS 0 or 1 are needed");
        return false;
    }
    enum err err = subscribe(pTopicStr, qos_e, &why);
    return !err || api_say_filter_refused(__func__, pTopicStr, err, why);
}

uint16_t AWS_subMsgAvailable(void)
{
    return (uint16_t)runtime_poll_count();
}

bool AWS_subMsgRead(mqttMsg_st *ps_msg)
{
    size_t len = 0;
    if (!ps_msg || !runtime_poll_read(ps_msg->topicStr, sizeof(ps_msg->topicStr), ps_msg->payloadStr,
                                      sizeof(ps_msg->payloadStr), &len)) {
        return false;
    }
    if (len < sizeof(ps_msg->payloadStr)) {
        ps_msg->payloadStr[len] = '\0';
    }
    ps_msg->payloadLen_u16 = (uint16_t)len;
    ps_msg->topicLen_u8 = (uint8_t)slice_from(ps_msg->topicStr).len;
    ps_msg->qos_e = QOS1_AT_LEASET_ONCE;
    ps_msg->retain_b8 = false;
    return true;
}
