/* SPDX-License-Identifier: MIT */
/* What becomes of a message on the network task, piece by piece: its job document goes to where the application will read it,
 * all the rest into the queue. So a document stands in memory once, however large it may be. */
#include "device/runtime/state.h"

#include <string.h>

#define DETAILS_CAP (DEVICE_MESSAGE_CAP - DEVICE_MESSAGE_ENVELOPE)

/* ---- the buffer, with `lock` held */

static void empty_text(void)
{
    device_runtime.config.document[0] = '\0';
}

/* The message that was to bring a document brings none. A half of one never stays. */
static void give_back(void)
{
    if (device_runtime.incoming.document == RUNTIME_DOCUMENT_ARRIVING) {
        device_runtime.incoming.document = RUNTIME_DOCUMENT_FREE;
    } else if (device_runtime.incoming.document == RUNTIME_DOCUMENT_LENT_ARRIVING) {
        empty_text();
        device_runtime.incoming.document = RUNTIME_DOCUMENT_LENT;
    }
}

static bool is_arriving(void)
{
    return device_runtime.incoming.document == RUNTIME_DOCUMENT_ARRIVING ||
           device_runtime.incoming.document == RUNTIME_DOCUMENT_LENT_ARRIVING;
}

/* From here on the message may write into the buffer, if this is true. What a notification has brought and nobody has looked at
 * gives way to an answer: the engine waits for that one. */
static bool take_buffer(enum runtime_bearer bearer)
{
    enum runtime_document *state = &device_runtime.incoming.document;
    bool is_answer = bearer == RUNTIME_BEARER_NEXT || bearer == RUNTIME_BEARER_CLAIM;
    bool is_hint_there = *state == RUNTIME_DOCUMENT_QUEUED && device_runtime.incoming.is_hint;

    if (bearer == RUNTIME_BEARER_IN_HAND && *state == RUNTIME_DOCUMENT_LENT) {
        *state = RUNTIME_DOCUMENT_LENT_ARRIVING;
        return true;
    }
    if ((*state == RUNTIME_DOCUMENT_FREE && (is_answer || bearer == RUNTIME_BEARER_HINT)) ||
        (is_hint_there && is_answer)) {
        *state = RUNTIME_DOCUMENT_ARRIVING;
        device_runtime.incoming.is_hint = bearer == RUNTIME_BEARER_HINT;
        return true;
    }
    return false;
}

void runtime_message_lend(void)
{
    if (device_runtime.incoming.document == RUNTIME_DOCUMENT_IN_HAND) {
        device_runtime.incoming.document = RUNTIME_DOCUMENT_LENT;
    }
}

void runtime_message_end_loan(bool is_good)
{
    enum runtime_document state = device_runtime.incoming.document;

    if (state < RUNTIME_DOCUMENT_LENT) {
        return;
    }
    if (state != RUNTIME_DOCUMENT_LENT && !is_good) {
        empty_text();
    }
    device_runtime.incoming.document = RUNTIME_DOCUMENT_IN_HAND;
}

/* ---- on the network task, with `lock` held */

void runtime_message_drop(void)
{
    inbox_drop(&device_runtime.incoming.inbox);
    give_back();
}

static void lose(void)
{
    runtime_message_drop();
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
    runtime_message_drop();
    *message = (struct runtime_message){.bearer = bearer_of(event->topic)};
    json_cut_begin(&message->cut, "jobDocument");
    json_cut_begin(&message->details_cut, "statusDetails");
    if (!inbox_open(&device_runtime.incoming.inbox, &item, INBOX_RESERVE)) {
        lose();
        return;
    }
    message->head_len = (uint16_t)inbox_open_len(&device_runtime.incoming.inbox);
}

/* An answer whose document has no place does not come: it is a double, or its question is asked again in time. Notifications and answers
 * to updates come without it: the engine asks then. */
static void begin_document(void)
{
    struct runtime_message *message = &device_runtime.incoming.message;
    bool is_needed = message->bearer == RUNTIME_BEARER_NEXT || message->bearer == RUNTIME_BEARER_IN_HAND;

    message->has_document = true;
    if (!take_buffer(message->bearer) && is_needed) {
        runtime_message_drop();
    }
}

/* What does not fit, or has no place, is counted. */
static void add_document(struct slice run)
{
    struct runtime_message *message = &device_runtime.incoming.message;

    if (!message->has_document) {
        begin_document();
    }
    size_t cap = device_runtime.config.document_cap;
    if (is_arriving() && message->document_len < cap && run.len < cap - message->document_len) {
        memcpy(device_runtime.config.document + message->document_len, run.ptr, run.len);
    }
    message->document_len += run.len;
}

/* A payload that does not fit is left out, and the engine told so. */
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

/* Of statusDetails somebody may have written more than we ever do. Then it counts as none: an execution must not become unreadable
 * by it. */
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

/* The document of the message is whole: the buffer is the message's until the engine has looked at it. */
static bool keep_document(void)
{
    const struct runtime_message *message = &device_runtime.incoming.message;
    bool is_whole = message->document_len > 0 && message->document_len < device_runtime.config.document_cap &&
                    !message->is_too_large;

    if (!is_arriving() || !is_whole) {
        return false;
    }
    device_runtime.config.document[message->document_len] = '\0';
    device_runtime.incoming.document = device_runtime.incoming.document == RUNTIME_DOCUMENT_ARRIVING
                                           ? RUNTIME_DOCUMENT_QUEUED
                                           : RUNTIME_DOCUMENT_LENT_QUEUED;
    device_runtime.incoming.queued_documents++;
    return true;
}

static void end(void)
{
    const struct runtime_message *message = &device_runtime.incoming.message;
    bool is_kept = keep_document();

    if (!is_kept) {
        give_back();
    }
    inbox_close(&device_runtime.incoming.inbox, is_kept,
                message->is_too_large ? RUNTIME_MESSAGE_TOO_LARGE : (int32_t)message->document_len);
}

void runtime_message_take(const struct port_mqtt_event *event)
{
    struct slice piece = event->payload;
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

/* ---- on the engine task */

void runtime_message_clear(void)
{
    port_mutex_lock(&device_runtime.lock);
    inbox_clear(&device_runtime.incoming.inbox);
    device_runtime.incoming.is_event_lost = false;
    device_runtime.incoming.queued_documents = 0;
    give_back();
    if (device_runtime.incoming.document == RUNTIME_DOCUMENT_QUEUED) {
        device_runtime.incoming.document = RUNTIME_DOCUMENT_FREE;
    } else if (device_runtime.incoming.document == RUNTIME_DOCUMENT_LENT_QUEUED) {
        empty_text();
        device_runtime.incoming.document = RUNTIME_DOCUMENT_LENT;
    }
    port_mutex_unlock(&device_runtime.lock);
}

/* The engine looks at this document next, if the buffer still has it. With `lock` held. */
static bool hand_over_document(void)
{
    enum runtime_document *state = &device_runtime.incoming.document;
    bool is_last = --device_runtime.incoming.queued_documents == 0;

    if (is_last && *state == RUNTIME_DOCUMENT_QUEUED) {
        *state = RUNTIME_DOCUMENT_IN_HAND;
        device_runtime.shown.has_waiting = false; /* what stands here now is not of that run */
        return true;
    }
    return is_last && *state == RUNTIME_DOCUMENT_LENT_QUEUED;
}

bool runtime_message_peek(struct inbox_item *item)
{
    port_mutex_lock(&device_runtime.lock);
    bool has_item = inbox_peek(&device_runtime.incoming.inbox, item);
    if (has_item && item->type == PORT_MQTT_MESSAGE && item->flag) {
        item->flag = hand_over_document();
    }
    port_mutex_unlock(&device_runtime.lock);
    return has_item;
}

/* The engine has looked, and still waits for the document: this was the answer to something else. With `lock` held. */
static void reject_loan(void)
{
    if (device_runtime.incoming.document == RUNTIME_DOCUMENT_LENT_QUEUED &&
        device_runtime.incoming.queued_documents == 0) {
        empty_text();
        device_runtime.incoming.document = RUNTIME_DOCUMENT_LENT;
    }
}

void runtime_message_pop(void)
{
    port_mutex_lock(&device_runtime.lock);
    inbox_pop(&device_runtime.incoming.inbox);
    port_mutex_unlock(&device_runtime.lock);
    runtime_message_settle_document();
}

void runtime_message_settle_document(void)
{
    bool is_kept = jobs_engine_keeps_document(&device_runtime.own.engine);
    port_mutex_lock(&device_runtime.lock);
    reject_loan();
    if (device_runtime.incoming.document == RUNTIME_DOCUMENT_IN_HAND && !is_kept) {
        device_runtime.incoming.document = RUNTIME_DOCUMENT_FREE;
        device_runtime.shown.has_waiting = false;
    }
    port_mutex_unlock(&device_runtime.lock);
}
