/* SPDX-License-Identifier: MIT */
/* What becomes of a message on the network task, piece by piece: its job document goes to where the application will read it,
 * all the rest into the queue. So a document stands in memory once, however large it may be. */
#include "device/run/run_state.h"

#include <string.h>

/* The one topic whose document can start a run; those of notifications are hints, and the engine asks anyway. */
#define DOCUMENT_TOPIC "/jobs/$next/get/accepted"

#define DETAILS_CAP (DEVICE_MESSAGE_CAP - DEVICE_MESSAGE_ENVELOPE)

/* ---- on the network task, with `lock` held */

void run_message_drop(void)
{
    inbox_drop(&device_runner.inbox);
    if (device_runner.document_state == RUN_DOCUMENT_ARRIVING) {
        device_runner.document_state = RUN_DOCUMENT_FREE;
    }
}

static void lose(void)
{
    run_message_drop();
    device_runner.wants_resync = true;
}

static void begin(const struct port_mqtt_event *event)
{
    struct run_message *message = &device_runner.message;
    const struct inbox_item item = {.type = PORT_MQTT_MESSAGE, .topic = event->topic};
    run_message_drop();
    *message = (struct run_message){.wants_document = slice_ends_with(event->topic, DOCUMENT_TOPIC)};
    json_cut_begin(&message->cut, "jobDocument");
    json_cut_begin(&message->details_cut, "statusDetails");
    if (!inbox_open(&device_runner.inbox, &item, INBOX_RESERVE)) {
        lose();
        return;
    }
    message->head_len = (uint16_t)inbox_open_len(&device_runner.inbox);
    if (message->wants_document && device_runner.document_state == RUN_DOCUMENT_FREE) {
        device_runner.document_state = RUN_DOCUMENT_ARRIVING;
    }
}

/* What does not fit is counted. An older answer has the buffer: the engine works on that one, and this one does not come: it is
 * a double, or its question is asked again in time. */
static void add_document(struct slice run)
{
    struct run_message *message = &device_runner.message;
    if (!message->wants_document) {
        return;
    }
    if (device_runner.document_state != RUN_DOCUMENT_ARRIVING) {
        run_message_drop();
        return;
    }
    size_t cap = device_runner.config.document_cap;
    if (message->document_len < cap && run.len < cap - message->document_len) {
        memcpy(device_runner.config.document + message->document_len, run.ptr, run.len);
    }
    message->document_len += run.len;
}

/* A payload that does not fit is left out, and the engine told so. */
static void add_rest(struct slice run)
{
    struct run_message *message = &device_runner.message;
    if (message->is_too_large) {
        return;
    }
    if (inbox_open_len(&device_runner.inbox) - message->head_len + run.len > DEVICE_MESSAGE_CAP) {
        inbox_shorten(&device_runner.inbox, message->head_len);
        message->is_too_large = true;
    } else if (!inbox_append(&device_runner.inbox, run, INBOX_RESERVE)) {
        lose();
    }
}

/* Of statusDetails somebody may have written more than we ever do. Then it counts as none: an execution must not become unreadable
 * by it. */
static void add_details(struct slice run)
{
    struct run_message *message = &device_runner.message;
    if (message->is_too_large) {
        return;
    }
    if (message->details_len == 0) {
        message->details_at = (uint16_t)(inbox_open_len(&device_runner.inbox) - 1); /* the 0 in their place */
        inbox_shorten(&device_runner.inbox, message->details_at);
    }
    bool was_kept = message->details_len <= DETAILS_CAP;
    message->details_len += run.len;
    if (message->details_len <= DETAILS_CAP) {
        add_rest(run);
    } else if (was_kept) {
        inbox_shorten(&device_runner.inbox, message->details_at);
        add_rest(slice_from("0"));
    }
}

/* Without the document. */
static void add(struct slice rest)
{
    while (rest.len > 0 && inbox_is_open(&device_runner.inbox)) {
        struct slice run;
        if (json_cut_next(&device_runner.message.details_cut, &rest, &run) == JSON_CUT_VALUE) {
            add_details(run);
        } else {
            add_rest(run);
        }
    }
}

static void end(void)
{
    struct run_message *message = &device_runner.message;
    bool has_document = device_runner.document_state == RUN_DOCUMENT_ARRIVING && message->document_len > 0 &&
                        message->document_len < device_runner.config.document_cap && !message->is_too_large;
    if (has_document) {
        device_runner.config.document[message->document_len] = '\0';
        device_runner.document_state = RUN_DOCUMENT_QUEUED;
    } else if (device_runner.document_state == RUN_DOCUMENT_ARRIVING) {
        device_runner.document_state = RUN_DOCUMENT_FREE;
    }
    inbox_close(&device_runner.inbox, has_document,
                message->is_too_large ? RUN_MESSAGE_TOO_LARGE : (int32_t)message->document_len);
}

void run_message_take(const struct port_mqtt_event *event)
{
    struct slice piece = event->payload;
    if (event->offset == 0) {
        begin(event);
    }
    while (piece.len > 0 && inbox_is_open(&device_runner.inbox)) {
        struct slice run;
        if (json_cut_next(&device_runner.message.cut, &piece, &run) == JSON_CUT_VALUE) {
            add_document(run);
        } else {
            add(run);
        }
    }
    if (inbox_is_open(&device_runner.inbox) && event->offset + event->payload.len >= event->total) {
        end();
    }
}

/* ---- on the engine task */

void run_message_clear(void)
{
    port_mutex_lock(&device_runner.lock);
    inbox_clear(&device_runner.inbox);
    device_runner.is_inbox_lossy = false;
    if (device_runner.document_state != RUN_DOCUMENT_IN_HAND) {
        device_runner.document_state = RUN_DOCUMENT_FREE;
    }
    port_mutex_unlock(&device_runner.lock);
}

bool run_message_peek(struct inbox_item *item)
{
    port_mutex_lock(&device_runner.lock);
    bool has_item = inbox_peek(&device_runner.inbox, item);
    if (has_item && item->type == PORT_MQTT_MESSAGE && item->flag) {
        device_runner.document_state = RUN_DOCUMENT_IN_HAND;
    }
    port_mutex_unlock(&device_runner.lock);
    return has_item;
}

void run_message_pop(void)
{
    port_mutex_lock(&device_runner.lock);
    inbox_pop(&device_runner.inbox);
    port_mutex_unlock(&device_runner.lock);
    run_message_settle_document();
}

void run_message_settle_document(void)
{
    bool is_kept = jobs_engine_keeps_document(&device_runner.engine);
    port_mutex_lock(&device_runner.lock);
    if (device_runner.document_state == RUN_DOCUMENT_IN_HAND && !is_kept) {
        device_runner.document_state = RUN_DOCUMENT_FREE;
    }
    port_mutex_unlock(&device_runner.lock);
}
