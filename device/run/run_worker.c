/* SPDX-License-Identifier: MIT */
/* The tasks that run the application's code: handlers on the worker task, other callbacks on the event task, so that neither a
 * handler that hangs nor a callback that hangs keeps the engine from restarting the device. */
#include "device/run/run_state.h"

/* ---- the engine task's side */

void run_worker_start_handler(void *ctx, const struct jobs_run *work)
{
    (void)ctx;
    port_mutex_lock(&device_runner.lock);
    device_runner.work = *work;
    device_runner.has_work = device_runner.is_handler_busy = true;
    port_mutex_unlock(&device_runner.lock);
    port_signal_set(&device_runner.work_given);
}

void run_worker_cancel_handler(void *ctx, uint32_t run_id)
{
    (void)ctx;
    port_mutex_lock(&device_runner.lock);
    device_runner.has_cancel = true;
    device_runner.cancel_run_id = run_id;
    port_mutex_unlock(&device_runner.lock);
    port_signal_set(&device_runner.event);
}

void run_worker_serve_return(uint64_t now_ms)
{
    port_mutex_lock(&device_runner.lock);
    bool has_returned = device_runner.has_returned;
    uint32_t run_id = device_runner.work.run_id;
    enum jobs_status status = device_runner.returned_status;
    device_runner.has_returned = false;
    port_mutex_unlock(&device_runner.lock);
    if (has_returned) {
        jobs_engine_handler_returned(&device_runner.engine, run_id, status, now_ms);
    }
}

/* ---- the network task's side */

void run_network_changed(bool is_up)
{
    if (!atomic_load(&device_runner.are_objects_made)) {
        return;
    }
    port_mutex_lock(&device_runner.lock);
    device_runner.is_network_up = is_up;
    device_runner.has_network_come |= is_up;
    port_mutex_unlock(&device_runner.lock);
    port_signal_set(&device_runner.event);
    port_signal_set(&device_runner.wake);
}

/* ---- the worker task */

static bool take_work(void)
{
    port_mutex_lock(&device_runner.lock);
    bool has_work = device_runner.has_work;
    device_runner.has_work = false;
    port_mutex_unlock(&device_runner.lock);
    return has_work;
}

/* `work` is not written again before the handler has returned. */
static void do_work(void)
{
    enum jobs_status status = device_runner.config.run_handler(&device_runner.work);
    port_mutex_lock(&device_runner.lock);
    device_runner.returned_status = status;
    device_runner.has_returned = true;
    device_runner.is_handler_busy = false;
    port_mutex_unlock(&device_runner.lock);
    port_signal_set(&device_runner.wake);
}

/* The last look of a task at the state: it is not alive any more when the answer is yes. */
static bool must_end(bool *is_alive)
{
    port_mutex_lock(&device_runner.lock);
    bool result = device_runner.is_stopping;
    *is_alive = !result;
    port_mutex_unlock(&device_runner.lock);
    return result;
}

void run_worker_task(void *ctx)
{
    (void)ctx;
    while (!must_end(&device_runner.is_worker_alive)) {
        if (take_work()) {
            do_work();
        } else {
            port_signal_wait(&device_runner.work_given, UINT32_MAX);
        }
    }
    port_signal_set(&device_runner.ended);
}

/* ---- the event task */

struct news {
    bool has_cancel;
    uint32_t run_id;
    void *user;
    bool has_link;
    bool is_up;
    bool has_network;
    bool is_network_up;
};

static bool take_news(struct news *news)
{
    port_mutex_lock(&device_runner.lock);
    bool is_up = device_runner.link_state == RUN_LINK_UP;
    bool is_of_this_boot = device_runner.cancel_run_id == device_runner.work.run_id;
    *news = (struct news){
        .has_cancel = device_runner.has_cancel,
        .run_id = device_runner.cancel_run_id,
        .user = is_of_this_boot ? device_runner.work.user : NULL,
        .has_link = is_up != device_runner.is_link_told,
        .is_up = is_up,
        .has_network = device_runner.is_network_up != device_runner.is_network_told,
        .is_network_up = device_runner.is_network_up,
    };
    device_runner.has_cancel = false;
    device_runner.is_link_told = is_up;
    device_runner.is_network_told = device_runner.is_network_up;
    device_runner.is_callback_busy = news->has_cancel || news->has_link || news->has_network;
    bool result = device_runner.is_callback_busy;
    port_mutex_unlock(&device_runner.lock);
    return result;
}

static void tell_news(const struct news *news)
{
    if (news->has_cancel) {
        device_runner.config.cancel_handler(news->run_id, news->user);
    }
    if (news->has_network && device_runner.config.network_changed) {
        device_runner.config.network_changed(news->is_network_up);
    }
    if (news->has_link) {
        device_runner.config.link_changed(news->is_up);
    }
    port_mutex_lock(&device_runner.lock);
    device_runner.is_callback_busy = false;
    port_mutex_unlock(&device_runner.lock);
}

void run_event_task(void *ctx)
{
    (void)ctx;
    struct news news;
    for (;;) {
        if (take_news(&news)) {
            tell_news(&news);
        } else if (must_end(&device_runner.is_event_alive)) {
            break;
        } else {
            port_signal_wait(&device_runner.event, UINT32_MAX);
        }
    }
    port_signal_set(&device_runner.ended);
}
