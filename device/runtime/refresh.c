/* SPDX-License-Identifier: MIT */
/* A handler that wants its document anew: what its call waits for, and when the buffer is lent to the network task for that. What is
 * asked of the service is decided in the engine; who writes the buffer, in document.c. */
#include "device/runtime/state.h"

#define REFRESH_MS (3 * CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS)

/* ---- the caller's side */

static bool begin(uint32_t run_id)
{
    port_mutex_lock(&device_runtime.lock);
    bool is_good = device_runtime.life.is_started && !device_runtime.life.is_stopping &&
                   device_runtime.refresh.state == RUNTIME_REFRESH_NONE;
    if (is_good) {
        device_runtime.refresh = (struct runtime_refresh){.state = RUNTIME_REFRESH_WANTED, .run_id = run_id};
    }
    port_mutex_unlock(&device_runtime.lock);
    port_signal_set(&device_runtime.wake);
    return is_good;
}

static bool is_done(void)
{
    port_mutex_lock(&device_runtime.lock);
    bool result = device_runtime.refresh.state == RUNTIME_REFRESH_DONE;
    port_mutex_unlock(&device_runtime.lock);
    return result;
}

/* The caller goes away, whatever has come: nobody writes the buffer any more. The engine drops its wish when it looks. */
static enum err end(void)
{
    port_mutex_lock(&device_runtime.lock);
    bool is_answered = device_runtime.refresh.state == RUNTIME_REFRESH_DONE;
    enum err result = is_answered ? device_runtime.refresh.result : ERR_TIMEOUT;
    runtime_document_end_loan(false);
    device_runtime.refresh.state = RUNTIME_REFRESH_NONE;
    port_mutex_unlock(&device_runtime.lock);
    port_signal_set(&device_runtime.wake);
    return result;
}

enum err runtime_refresh_document(uint32_t run_id)
{
    if (!atomic_load(&device_runtime.are_objects_made) || !begin(run_id)) {
        return ERR_BUSY;
    }
    const uint64_t until_ms = runtime_now_ms() + REFRESH_MS;
    for (uint64_t now_ms = runtime_now_ms(); !is_done() && now_ms < until_ms; now_ms = runtime_now_ms()) {
        port_signal_wait(&device_runtime.refreshed, (uint32_t)(until_ms - now_ms));
    }
    return end();
}

/* ---- the engine task's side */

/* When it is not out any more, its caller has left. */
static void settle(enum err result)
{
    port_mutex_lock(&device_runtime.lock);
    if (device_runtime.refresh.state == RUNTIME_REFRESH_OUT) {
        device_runtime.refresh.state = RUNTIME_REFRESH_DONE;
        device_runtime.refresh.result = result;
        runtime_document_end_loan(result == ERR_OK);
    }
    port_mutex_unlock(&device_runtime.lock);
    port_signal_set(&device_runtime.refreshed);
}

void runtime_refresh_ended(void *ctx, uint32_t run_id, bool is_fresh)
{
    (void)ctx, (void)run_id; /* there is one at a time */
    device_runtime.own.is_refresh_known = false;
    settle(is_fresh ? ERR_OK : ERR_NOT_FOUND);
}

/* The buffer is lent first: the answer may come while the engine still sends. */
static void ask(uint32_t run_id, uint64_t now_ms)
{
    device_runtime.own.is_refresh_known = true;
    enum err err = jobs_engine_refresh(&device_runtime.own.engine, run_id, now_ms);
    if (err) {
        device_runtime.own.is_refresh_known = false;
        settle(err);
    }
}

void runtime_refresh_serve(uint64_t now_ms)
{
    port_mutex_lock(&device_runtime.lock);
    const struct runtime_refresh refresh = device_runtime.refresh;
    if (refresh.state == RUNTIME_REFRESH_WANTED) {
        device_runtime.refresh.state = RUNTIME_REFRESH_OUT;
        runtime_document_lend();
    }
    port_mutex_unlock(&device_runtime.lock);
    if (device_runtime.own.is_refresh_known && refresh.state != RUNTIME_REFRESH_OUT) {
        device_runtime.own.is_refresh_known = false; /* its caller did not wait so long */
        jobs_engine_drop_refresh(&device_runtime.own.engine, now_ms);
    }
    if (refresh.state == RUNTIME_REFRESH_WANTED) {
        ask(refresh.run_id, now_ms);
    }
}

void runtime_refresh_fail_all(void)
{
    port_mutex_lock(&device_runtime.lock);
    if (device_runtime.refresh.state == RUNTIME_REFRESH_WANTED) {
        device_runtime.refresh.state = RUNTIME_REFRESH_OUT;
    }
    port_mutex_unlock(&device_runtime.lock);
    settle(ERR_BUSY);
}
