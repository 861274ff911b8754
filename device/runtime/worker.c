/* SPDX-License-Identifier: MIT */
/* The tasks that run the application's code: handlers on the worker task, other callbacks on the event task, so that neither a
 * handler that hangs nor a callback that hangs keeps the engine from restarting the device. */
#include "device/runtime/state.h"

#include <assert.h>

/* ---- the engine task's side */

void runtime_worker_start_handler(void *ctx, const struct jobs_run *work)
{
    (void)ctx;
    port_mutex_lock(&device_runtime.lock);
    device_runtime.worker.run = *work;
    device_runtime.worker.has_work = device_runtime.worker.is_busy = true;
    port_mutex_unlock(&device_runtime.lock);
    port_signal_set(&device_runtime.work_given);
}

/* The engine has one call out at a time and waits for its return, so nothing that stands here is ever overwritten. */
void runtime_worker_cancel_handler(void *ctx, uint32_t run_id, void *user)
{
    (void)ctx;
    port_mutex_lock(&device_runtime.lock);
    assert(device_runtime.events.cancel.state == RUNTIME_CANCEL_NONE);
    device_runtime.events.cancel =
        (struct runtime_cancel){.state = RUNTIME_CANCEL_WANTED, .run_id = run_id, .user = user};
    port_mutex_unlock(&device_runtime.lock);
    port_signal_set(&device_runtime.event);
}

/* The slot is free before the engine hears of it: the engine may call again at once. */
void runtime_worker_serve_cancel(uint64_t now_ms)
{
    port_mutex_lock(&device_runtime.lock);
    bool has_returned = device_runtime.events.cancel.state == RUNTIME_CANCEL_RETURNED;
    uint32_t run_id = device_runtime.events.cancel.run_id;
    if (has_returned) {
        device_runtime.events.cancel.state = RUNTIME_CANCEL_NONE;
    }
    port_mutex_unlock(&device_runtime.lock);
    if (has_returned) {
        jobs_engine_cancel_returned(&device_runtime.own.engine, run_id, now_ms);
    }
}

void runtime_worker_serve_return(uint64_t now_ms)
{
    port_mutex_lock(&device_runtime.lock);
    bool has_returned = device_runtime.worker.has_returned;
    uint32_t run_id = device_runtime.worker.run.run_id;
    enum jobs_status status = device_runtime.worker.status;
    device_runtime.worker.has_returned = false;
    port_mutex_unlock(&device_runtime.lock);
    if (has_returned) {
        jobs_engine_handler_returned(&device_runtime.own.engine, run_id, status, now_ms);
    }
}

/* ---- the network task's side */

void runtime_network_changed(bool is_up)
{
    if (!atomic_load(&device_runtime.are_objects_made)) {
        return;
    }
    port_mutex_lock(&device_runtime.lock);
    device_runtime.events.is_network_up = is_up;
    device_runtime.wishes.has_network_come |= is_up;
    port_mutex_unlock(&device_runtime.lock);
    port_signal_set(&device_runtime.event);
    port_signal_set(&device_runtime.wake);
}

/* ---- the worker task */

static bool take_work(void)
{
    port_mutex_lock(&device_runtime.lock);
    bool has_work = device_runtime.worker.has_work;
    device_runtime.worker.has_work = false;
    port_mutex_unlock(&device_runtime.lock);
    return has_work;
}

/* `work` is not written again before the handler has returned. */
static void do_work(void)
{
    enum jobs_status status = device_runtime.config.run_handler(&device_runtime.worker.run);
    port_mutex_lock(&device_runtime.lock);
    device_runtime.worker.status = status;
    device_runtime.worker.has_returned = true;
    device_runtime.worker.is_busy = false;
    port_mutex_unlock(&device_runtime.lock);
    port_signal_set(&device_runtime.wake);
}

/* The last look of a task at the state: it is not alive any more when the answer is yes. After the engine task, which may still have work. */
static bool must_end(bool *is_alive)
{
    port_mutex_lock(&device_runtime.lock);
    bool result = device_runtime.life.is_stopping && !device_runtime.life.is_started;
    *is_alive = !result;
    port_mutex_unlock(&device_runtime.lock);
    return result;
}

void runtime_worker_task(void *ctx)
{
    (void)ctx;
    while (!must_end(&device_runtime.life.is_worker_alive)) {
        if (take_work()) {
            do_work();
        } else {
            port_signal_wait(&device_runtime.work_given, UINT32_MAX);
        }
    }
    port_signal_set(&device_runtime.ended);
}

/* ---- the event task */

/* Cancel before all else: an operator waits for it, and so does the next job. */
static bool call_cancel(void)
{
    port_mutex_lock(&device_runtime.lock);
    struct runtime_cancel *cancel = &device_runtime.events.cancel;
    const struct runtime_cancel call = *cancel;
    if (call.state == RUNTIME_CANCEL_WANTED) {
        cancel->state = RUNTIME_CANCEL_OUT;
        device_runtime.events.is_busy = true;
    }
    port_mutex_unlock(&device_runtime.lock);
    if (call.state != RUNTIME_CANCEL_WANTED) {
        return false;
    }
    device_runtime.config.cancel_handler(call.run_id, call.user);
    port_mutex_lock(&device_runtime.lock);
    cancel->state = RUNTIME_CANCEL_RETURNED;
    device_runtime.events.is_busy = false;
    port_mutex_unlock(&device_runtime.lock);
    port_signal_set(&device_runtime.wake);
    return true;
}

/* The last state only. `told` is what the callback was told last. */
static bool tell_change(bool is_up, bool *told, void (*callback)(bool is_up))
{
    bool has_changed = *told != is_up;

    *told = is_up;
    device_runtime.events.is_busy = has_changed;
    port_mutex_unlock(&device_runtime.lock);
    if (has_changed && callback) {
        callback(is_up);
    }
    port_mutex_lock(&device_runtime.lock);
    device_runtime.events.is_busy = false;
    return has_changed;
}

static bool tell_network(void)
{
    port_mutex_lock(&device_runtime.lock);
    bool has_told = tell_change(device_runtime.events.is_network_up, &device_runtime.events.is_network_told,
                                device_runtime.config.network_changed);
    port_mutex_unlock(&device_runtime.lock);
    return has_told;
}

static bool tell_link(void)
{
    port_mutex_lock(&device_runtime.lock);
    bool has_told = tell_change(device_runtime.shown.link == RUNTIME_LINK_UP,
                                &device_runtime.events.is_link_told, device_runtime.config.link_changed);
    port_mutex_unlock(&device_runtime.lock);
    return has_told;
}

static bool deliver_from_prologue(void)
{
    const struct runtime_prologue *prologue = atomic_load(&device_runtime.prologue);
    return prologue && prologue->deliver();
}

static bool deliver_to_guest(void)
{
    const struct runtime_guest *guest = atomic_load(&device_runtime.guest);
    return guest && guest->deliver();
}

void runtime_event_task(void *ctx)
{
    (void)ctx;
    for (;;) {
        if (call_cancel() || tell_network() || deliver_from_prologue() || tell_link() || deliver_to_guest()) {
            continue; /* looks at all again: a cancel may have come while the application was in the other callback */
        }
        if (must_end(&device_runtime.life.is_event_alive)) {
            break;
        }
        port_signal_wait(&device_runtime.event, UINT32_MAX);
    }
    port_signal_set(&device_runtime.ended);
}
