/* SPDX-License-Identifier: MIT */
/* Whose the document buffer is. A job document stands in memory once: the network task writes it where the application reads it, so
 * at each moment the buffer has one user (enum runtime_document). What may write it is decided here; the bytes are written in
 * reception.c. All but runtime_document_settle with `lock` held. */
#include "device/runtime/state.h"

static void empty_text(void)
{
    device_runtime.config.document[0] = '\0';
}

/* An answer takes the buffer from a document that a notification has brought and that the engine has not looked at: the engine waits
 * for the answer, and nobody for the notification. */
bool runtime_document_begin(enum runtime_bearer bearer)
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

bool runtime_document_is_arriving(void)
{
    return device_runtime.incoming.document == RUNTIME_DOCUMENT_ARRIVING ||
           device_runtime.incoming.document == RUNTIME_DOCUMENT_LENT_ARRIVING;
}

void runtime_document_drop(void)
{
    if (device_runtime.incoming.document == RUNTIME_DOCUMENT_ARRIVING) {
        device_runtime.incoming.document = RUNTIME_DOCUMENT_FREE;
    } else if (device_runtime.incoming.document == RUNTIME_DOCUMENT_LENT_ARRIVING) {
        empty_text();
        device_runtime.incoming.document = RUNTIME_DOCUMENT_LENT;
    }
}

void runtime_document_end(size_t len)
{
    const bool is_lent = device_runtime.incoming.document == RUNTIME_DOCUMENT_LENT_ARRIVING;
    device_runtime.config.document[len] = '\0';
    device_runtime.incoming.document = is_lent ? RUNTIME_DOCUMENT_LENT_QUEUED : RUNTIME_DOCUMENT_QUEUED;
    device_runtime.incoming.queued_documents++;
}

bool runtime_document_hand_over(void)
{
    enum runtime_document *state = &device_runtime.incoming.document;
    bool is_last = --device_runtime.incoming.queued_documents == 0;

    if (is_last && *state == RUNTIME_DOCUMENT_QUEUED) {
        *state = RUNTIME_DOCUMENT_IN_HAND;
        device_runtime.shown.has_waiting = false; /* the buffer has another document than that run's now */
        return true;
    }
    return is_last && *state == RUNTIME_DOCUMENT_LENT_QUEUED;
}

/* A lent document that the engine has looked at and still waits for was the answer to another question. */
static void take_back_wrong_answer(void)
{
    if (device_runtime.incoming.document == RUNTIME_DOCUMENT_LENT_QUEUED &&
        device_runtime.incoming.queued_documents == 0) {
        empty_text();
        device_runtime.incoming.document = RUNTIME_DOCUMENT_LENT;
    }
}

void runtime_document_settle(void)
{
    bool is_kept = jobs_engine_keeps_document(&device_runtime.own.engine);
    port_mutex_lock(&device_runtime.lock);
    take_back_wrong_answer();
    if (device_runtime.incoming.document == RUNTIME_DOCUMENT_IN_HAND && !is_kept) {
        device_runtime.incoming.document = RUNTIME_DOCUMENT_FREE;
        device_runtime.shown.has_waiting = false;
    }
    port_mutex_unlock(&device_runtime.lock);
}

void runtime_document_forget_queued(void)
{
    device_runtime.incoming.queued_documents = 0;
    if (device_runtime.incoming.document == RUNTIME_DOCUMENT_QUEUED) {
        device_runtime.incoming.document = RUNTIME_DOCUMENT_FREE;
    } else if (device_runtime.incoming.document == RUNTIME_DOCUMENT_LENT_QUEUED) {
        empty_text();
        device_runtime.incoming.document = RUNTIME_DOCUMENT_LENT;
    }
}

void runtime_document_lend(void)
{
    if (device_runtime.incoming.document == RUNTIME_DOCUMENT_IN_HAND) {
        device_runtime.incoming.document = RUNTIME_DOCUMENT_LENT;
    }
}

void runtime_document_end_loan(bool is_good)
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
