/* SPDX-License-Identifier: MIT */
/* What comes from the connection, on the network task: copied into the queue of the engine task, and nothing decided. A message comes in
 * pieces; its job document goes to the document buffer (document.c), all the rest into the queue. */
#include "device/runtime/state.h"

#include <string.h>

#define DETAILS_CAP (DEVICE_MESSAGE_CAP - DEVICE_MESSAGE_ENVELOPE)

/* ---- a message; with `lock` held */

/* The message that is being received: nothing more of it comes, and nothing of it stays. */
static void drop(void)
{
    inbox_drop(&device_runtime.incoming.inbox);
    runtime_document_drop();
}

/* There is no room for it in the queue. */
static void lose(void)
{
    drop();
    device_runtime.incoming.is_message_lost = true;
}

/* .../jobs/<jobId>/get/accepted of the run whose handler is out. */
static bool is_about_run(struct slice topic)
{
    static const char end[] = "/get/accepted";
    struct slice job_id = slice_from(device_runtime.worker.run.job_id);
    size_t end_len = sizeof(end) - 1;

    if (!slice_ends_with(topic, end) || topic.len < end_len + job_id.len + 1) {
        return false;
    }
    const struct slice named = {topic.ptr + topic.len - end_len - job_id.len, job_id.len};
    return slice_equals(named, job_id) && named.ptr[-1] == '/';
}

static enum runtime_bearer bearer_of(struct slice topic)
{
    if (slice_ends_with(topic, "/jobs/$next/get/accepted")) {
        return RUNTIME_BEARER_NEXT;
    }
    if (slice_ends_with(topic, "/jobs/notify-next")) {
        return RUNTIME_BEARER_HINT;
    }
    if (slice_ends_with(topic, "/update/accepted")) {
        return RUNTIME_BEARER_CLAIM;
    }
    bool is_lent = device_runtime.incoming.document >= RUNTIME_DOCUMENT_LENT;
    return is_lent && is_about_run(topic) ? RUNTIME_BEARER_IN_HAND : RUNTIME_BEARER_NONE;
}

static void begin(const struct port_mqtt_event *event)
{
    struct runtime_message *message = &device_runtime.incoming.message;
    const struct inbox_item item = {.type = PORT_MQTT_MESSAGE, .topic = event->topic};
    drop();
    *message = (struct runtime_message){.bearer = bearer_of(event->topic)};
    json_cut_begin(&message->cut, "jobDocument");
    json_cut_begin(&message->details_cut, "statusDetails");
    if (!inbox_open(&device_runtime.incoming.inbox, &item, INBOX_RESERVE)) {
        lose();
        return;
    }
    message->head_len = (uint16_t)inbox_open_len(&device_runtime.incoming.inbox);
}

/* When the buffer has another user, an answer to a question for the document is dropped as a whole: it is a double, or the engine asks
 * again in time. A notification or an answer to an update goes on without the document: the engine asks for it. */
static void begin_document(void)
{
    struct runtime_message *message = &device_runtime.incoming.message;
    bool is_needed = message->bearer == RUNTIME_BEARER_NEXT || message->bearer == RUNTIME_BEARER_IN_HAND;

    message->has_document = true;
    if (!runtime_document_begin(message->bearer) && is_needed) {
        drop();
    }
}

/* Bytes that do not fit into the buffer, or may not be written there, are counted all the same: the engine names the size. */
static void add_document(struct slice run)
{
    struct runtime_message *message = &device_runtime.incoming.message;

    if (!message->has_document) {
        begin_document();
    }
    size_t cap = device_runtime.config.document_cap;
    if (runtime_document_is_arriving() && message->document_len < cap &&
        run.len < cap - message->document_len) {
        memcpy(device_runtime.config.document + message->document_len, run.ptr, run.len);
    }
    message->document_len += run.len;
}

/* A payload that does not fit is left out as a whole: the engine is told of a message that is too large. */
static void add_rest(struct slice run)
{
    struct runtime_message *message = &device_runtime.incoming.message;
    if (message->is_too_large) {
        return;
    }
    if (inbox_open_len(&device_runtime.incoming.inbox) - message->head_len + run.len > DEVICE_MESSAGE_CAP) {
        inbox_shorten(&device_runtime.incoming.inbox, message->head_len);
        message->is_too_large = true;
    } else if (!inbox_append(&device_runtime.incoming.inbox, run, INBOX_RESERVE)) {
        lose();
    }
}

/* Other writers of statusDetails may write more than this library does. Details that are too large count as none (0 stands in their
 * place), because an execution must not become unreadable by them. */
static void add_details(struct slice run)
{
    struct runtime_message *message = &device_runtime.incoming.message;
    if (message->is_too_large) {
        return;
    }
    if (message->details_len == 0) {
        message->details_at =
            (uint16_t)(inbox_open_len(&device_runtime.incoming.inbox) - 1); /* the 0 in their place */
        inbox_shorten(&device_runtime.incoming.inbox, message->details_at);
    }
    bool was_kept = message->details_len <= DETAILS_CAP;
    message->details_len += run.len;
    if (message->details_len <= DETAILS_CAP) {
        add_rest(run);
    } else if (was_kept) {
        inbox_shorten(&device_runtime.incoming.inbox, message->details_at);
        add_rest(slice_from("0"));
    }
}

/* Without the document. */
static void add(struct slice rest)
{
    while (rest.len > 0 && inbox_is_open(&device_runtime.incoming.inbox)) {
        struct slice run;
        if (json_cut_next(&device_runtime.incoming.message.details_cut, &rest, &run) == JSON_CUT_VALUE) {
            add_details(run);
        } else {
            add_rest(run);
        }
    }
}

/* true: the document of the message is whole, and the buffer is the message's until the engine has looked at it. */
static bool keep_document(void)
{
    const struct runtime_message *message = &device_runtime.incoming.message;
    bool is_whole = message->document_len > 0 && message->document_len < device_runtime.config.document_cap &&
                    !message->is_too_large;

    if (!runtime_document_is_arriving() || !is_whole) {
        runtime_document_drop();
        return false;
    }
    runtime_document_end(message->document_len);
    return true;
}

static void end(void)
{
    const struct runtime_message *message = &device_runtime.incoming.message;
    bool is_kept = keep_document();
    inbox_close(&device_runtime.incoming.inbox, is_kept,
                message->is_too_large ? RUNTIME_MESSAGE_TOO_LARGE : (int32_t)message->document_len);
}

/* The prologue is asked before the guest: with a claim, there is nothing for anybody else. */
static bool is_of_prologue(const struct port_mqtt_event *event)
{
    const struct runtime_prologue *prologue = atomic_load(&device_runtime.prologue);
    return prologue && prologue->receive(event);
}

static bool is_of_guest(const struct port_mqtt_event *event)
{
    const struct runtime_guest *guest = atomic_load(&device_runtime.guest);
    return guest && guest->receive(event);
}

static void take_message(const struct port_mqtt_event *event)
{
    struct slice piece = event->payload;
    if (is_of_prologue(event) || is_of_guest(event)) {
        return;
    }
    if (event->offset == 0) {
        begin(event);
    }
    while (piece.len > 0 && inbox_is_open(&device_runtime.incoming.inbox)) {
        struct slice run;
        if (json_cut_next(&device_runtime.incoming.message.cut, &piece, &run) == JSON_CUT_VALUE) {
            add_document(run);
        } else {
            add(run);
        }
    }
    if (inbox_is_open(&device_runtime.incoming.inbox) && event->offset + event->payload.len >= event->total) {
        end();
    }
}

/* ---- news of the connection */

static struct inbox_item item_of(const struct port_mqtt_event *event)
{
    struct inbox_item item = {.type = (uint8_t)event->type};
    switch (event->type) {
    case PORT_MQTT_CONNECTED:
        break;
    case PORT_MQTT_DISCONNECTED:
        item.number = event->reason;
        item.payload = slice_from(event->text ? event->text : err_text(event->reason));
        if (item.payload.len >= RUNTIME_REASON_CAP) {
            item.payload.len = RUNTIME_REASON_CAP - 1;
        }
        break;
    case PORT_MQTT_SUBSCRIBED:
        item.number = event->message_id;
        item.flag = event->is_granted;
        break;
    case PORT_MQTT_PUBLISHED:
        item.number = event->message_id;
        break;
    case PORT_MQTT_MESSAGE:
        break;
    }
    return item;
}

void runtime_reception_event(void *ctx, const struct port_mqtt_event *event)
{
    (void)ctx;
    if (event->type == PORT_MQTT_PUBLISHED && !atomic_load(&device_runtime.guest)) {
        return; /* jobs wait for answers, not for acknowledgements */
    }
    port_mutex_lock(&device_runtime.lock);
    if (event->type == PORT_MQTT_MESSAGE) {
        take_message(event);
    } else {
        const struct inbox_item item = item_of(event);
        drop();
        device_runtime.incoming.is_event_lost |= !inbox_put(&device_runtime.incoming.inbox, &item, 0);
    }
    port_mutex_unlock(&device_runtime.lock);
    port_signal_set(&device_runtime.wake);
}
