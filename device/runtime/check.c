/* SPDX-License-Identifier: MIT */
/* What must hold whenever `lock` is given up, in a build with asserts. The interleavings (tests/interleave) look each time. */
#include "device/runtime/state.h"

#include <assert.h>

void runtime_check(void)
{
    const struct runtime_worker *worker = &device_runtime.worker;
    const struct runtime_incoming *incoming = &device_runtime.incoming;
    const struct runtime_refresh *refresh = &device_runtime.refresh;
    const struct runtime_command *command = &device_runtime.mailbox.command;

    assert(!worker->has_work || worker->is_busy);
    assert(!worker->has_returned || !worker->is_busy);
    assert(!device_runtime.shown.has_waiting || incoming->document >= RUNTIME_DOCUMENT_IN_HAND);
    assert(incoming->document < RUNTIME_DOCUMENT_LENT || refresh->state == RUNTIME_REFRESH_OUT);
    assert(incoming->document != RUNTIME_DOCUMENT_QUEUED || incoming->queued_documents > 0);
    assert(!runtime_document_is_arriving() || inbox_is_open(&incoming->inbox));
    assert(command->state != RUNTIME_COMMAND_DONE || command->is_awaited);
    assert(command->state != RUNTIME_COMMAND_TAKEN || device_runtime.life.is_started);
    assert(!device_runtime.own.identity.is_claim || !device_runtime.own.engine.is_online);
    /* nobody else looks at the engine: the interleavings have one task at a time */
    assert(!device_runtime.shown.is_at_rest || !device_runtime.life.is_started ||
           jobs_engine_is_at_rest(&device_runtime.own.engine));
    (void)worker, (void)incoming, (void)refresh, (void)command; /* in a build without asserts */
}
