/* SPDX-License-Identifier: MIT */
/* iot-data: Publish and retained messages (docs/protocol.md 6.1). A message goes to the broker after the COMMIT that keeps it. */
#include "cloud/base/base64.h"
#include "cloud/base/memory.h"
#include "cloud/broker/topic_class.h"
#include "cloud/core/messages/retained.h"
#include "cloud/http/operations.h"
#include "cloud/http/render.h"

#include <stdlib.h>
#include <string.h>

#define PAYLOAD_MAX (128 * 1024)

static bool check_topic(struct call *call, const char *topic)
{
    if (!*topic || !topic_fits_limits(topic) || topic_has_wildcard(topic)) {
        call_refuse(
            call,
            "'%.300s' is no topic to publish on: it has 1 to 256 bytes, at most 7 slashes, and no + or #",
            topic);
    } else if (topic_classify(topic) != TOPIC_ORDINARY) {
        call_refuse(
            call,
            "'%s' is a topic of the service: iot-local publishes for applications only, requests of devices "
            "come over MQTT",
            topic);
    } else {
        return true;
    }
    return false;
}

/* What only MQTT 5 has. false: it is asked for. */
static bool check_headers(struct call *call)
{
    const char *name = request_header_prefix(&call->request, "x-amz-mqtt5-");
    if (name) {
        call_refuse(call, "iot-local does not model the header '%s' of Publish", name);
    }
    return !name;
}

void api_publish(struct call *call)
{
    const struct request *request = &call->request;
    struct message *message = &call->message;
    int64_t qos = 0;
    bool is_retained = false;
    if (!check_topic(call, call->labels[0]) || !check_headers(call) ||
        !call_query_i64(call, "qos", 0, &qos) || !call_query_bool(call, "retain", &is_retained)) {
        return;
    }
    if (qos > 1) {
        call_refuse(call, "query parameter 'qos' must be 0 or 1");
        return;
    }
    if (request->body_len > PAYLOAD_MAX) {
        call_fail(call, API_TOO_LARGE, "a message has at most %d bytes", PAYLOAD_MAX);
        return;
    }
    *message = (struct message){call->labels[0], request->body, request->body_len, (int)qos, is_retained};
    if (is_retained && !retained_put(call->service->core, slice_from(message->topic), message->qos,
                                     (struct slice){message->payload, message->len})) {
        call_fail_storage(call);
        return;
    }
    json_t *out = json_object();
    render_put_text(out, "message", "OK");
    answer_json(&call->answer, out);
}

static json_t *render_retained(const struct retained *retained)
{
    json_t *out = json_object();
    render_put_text(out, "topic", retained->topic);
    json_object_set_new(out, "qos", json_integer(retained->qos));
    json_object_set_new(out, "lastModifiedTime", json_integer(retained->modified_at_ms));
    return out;
}

void api_get_retained_message(struct call *call)
{
    struct retained retained;
    if (!call_ok(call, retained_get(call->service->core, call->labels[0], &retained, &call->error))) {
        return;
    }
    char *payload = memory_resize(NULL, BASE64_CAP(retained.payload_len));
    base64_write(retained.payload, retained.payload_len, payload);
    json_t *out = render_retained(&retained);
    render_put_text(out, "payload", payload);
    answer_json(&call->answer, out);
    free(payload);
    retained_clear(&retained);
}

static void add_retained(void *ctx, const struct retained *retained)
{
    json_t *out = render_retained(retained);
    json_object_set_new(out, "payloadSize", json_integer((json_int_t)retained->payload_len));
    json_array_append_new(ctx, out);
}

void api_list_retained_messages(struct call *call)
{
    struct page page;
    char next[CORE_KEY_CAP] = "";
    if (!call_page(call, &page)) {
        return;
    }
    json_t *topics = json_array();
    if (!call_ok(call, retained_list(call->service->core, page.after, page.limit, add_retained, topics, next,
                                     &call->error))) {
        json_decref(topics);
        return;
    }
    json_t *out = json_object();
    json_object_set_new(out, "retainedTopics", topics);
    call_answer_page(call, out, next);
}
