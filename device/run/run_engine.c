/* SPDX-License-Identifier: MIT */
/* The engine task: the only one that touches engine, link and storage. Nothing here waits for the network. */
#include "device/port/port_board.h"
#include "device/port/port_mqtt.h"
#include "device/port/port_store.h"
#include "device/run/run_state.h"

#include <string.h>

#define MESSAGES_A_TURN  16
#define RESTART_GRACE_MS 2000 /* `SYSTEM_restart(0); return JOB_STATUS_SUCCESSED;` is a natural handler */

/* ---- effects of the engine */

static enum err publish(void *ctx, const char *topic, const char *payload, size_t len)
{
    (void)ctx;
    run_message_settle_document(); /* before the answer can come */
    return port_mqtt_publish(topic, payload, len);
}

static void reconnect(void *ctx, const char *why)
{
    (void)ctx, (void)why; /* the engine has logged it */
    device_runner.must_drop = true;
}

static enum err save(void *ctx, const void *record, size_t len)
{
    (void)ctx;
    return port_store_put(RUN_JOURNAL_KEY, record, len);
}

static void restart(void *ctx, const char *why)
{
    (void)ctx;
    run_log(LOG_LEVEL_ERROR, "the device restarts: %s", why);
    device_runner.must_restart = true;
}

static uint32_t random_bits(void *ctx)
{
    (void)ctx;
    return port_board_random();
}

static void log_line(void *ctx, enum log_level level, const char *text)
{
    (void)ctx;
    port_board_log(level, text);
}

void run_engine_init(struct slice record)
{
    const struct jobs_engine_config config = {
        .thing_name = device_runner.config.thing_name,
        .io =
            {
                .subscribe = run_link_subscribe,
                .publish = publish,
                .reconnect = reconnect,
                .save = save,
                .start_handler = run_worker_start_handler,
                .cancel_handler = run_worker_cancel_handler,
                .refreshed = run_refresh_ended,
                .restart = restart,
                .random = random_bits,
                .log = log_line,
            },
    };
    jobs_engine_init(&device_runner.engine, &config, record, run_now_ms());
    link_init(&device_runner.link);
    device_runner.must_drop = device_runner.must_restart = device_runner.is_clock_told = false;
    device_runner.is_refresh_known = false;
    device_runner.clock_again_ms = RUN_NEVER;
}

/* ---- the turns of the task */

static void serve_inbox(void)
{
    for (int i = 0; i < MESSAGES_A_TURN; i++) {
        struct inbox_item item;
        if (!run_message_peek(&item)) {
            return;
        }
        run_link_event(&item, run_now_ms());
        run_message_pop();
    }
}

static void serve_dropped_messages(uint64_t now_ms)
{
    port_mutex_lock(&device_runner.lock);
    bool wants_resync = device_runner.wants_resync;
    device_runner.wants_resync = false;
    port_mutex_unlock(&device_runner.lock);
    if (wants_resync) {
        jobs_engine_resync(&device_runner.engine, now_ms);
    }
}

/* When the restart that somebody asked for is due; a handler that runs holds it up for a while. */
static uint64_t restart_due_at(void)
{
    port_mutex_lock(&device_runner.lock);
    uint64_t due_ms = device_runner.restart_at_ms;
    if (due_ms != RUN_NEVER && (device_runner.is_handler_busy || device_runner.has_returned)) {
        due_ms += RESTART_GRACE_MS;
    }
    port_mutex_unlock(&device_runner.lock);
    return device_runner.must_restart ? 0 : due_ms;
}

static void serve_restart(uint64_t now_ms)
{
    if (now_ms >= restart_due_at()) {
        run_link_close();
        port_board_log(LOG_LEVEL_INFO, "restart");
        port_board_restart();
    }
}

/* What other tasks may see of the engine. */
static void publish_state(void)
{
    struct jobs_run run;
    bool has_waiting = jobs_engine_waiting(&device_runner.engine, &run);

    port_mutex_lock(&device_runner.lock);
    device_runner.counters = *jobs_engine_counters(&device_runner.engine);
    device_runner.has_waiting = has_waiting && device_runner.document_state == RUN_DOCUMENT_IN_HAND;
    if (device_runner.has_waiting) {
        device_runner.waiting = run;
        strcpy(device_runner.waiting_job_id, run.job_id);
    }
    port_mutex_unlock(&device_runner.lock);
}

/* Reports before handler's returns: a final status that came before the handler's IN_PROGRESS wins. Both before a callback's
 * return, because a report inside the callback counts. */
static void turn(void)
{
    serve_inbox();
    serve_dropped_messages(run_now_ms());
    run_mailbox_serve(run_now_ms());
    run_worker_serve_return(run_now_ms());
    run_worker_serve_cancel(run_now_ms());
    run_refresh_serve(run_now_ms());
    jobs_engine_tick(&device_runner.engine, run_now_ms());
    run_link_serve(run_now_ms());
    publish_state();
    serve_restart(run_now_ms());
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint32_t wait_ms(void)
{
    port_mutex_lock(&device_runner.lock);
    bool has_more = device_runner.inbox.whole > 0;
    port_mutex_unlock(&device_runner.lock);
    if (has_more) {
        return 0;
    }
    uint64_t due_ms = min_u64(jobs_engine_wake_at_ms(&device_runner.engine), run_link_wake_at_ms());
    due_ms = min_u64(due_ms, restart_due_at());
    uint64_t now_ms = run_now_ms();
    if (due_ms == RUN_NEVER) {
        return UINT32_MAX;
    }
    return due_ms > now_ms ? (uint32_t)min_u64(due_ms - now_ms, UINT32_MAX - 1) : 0;
}

static bool is_stopping(void)
{
    port_mutex_lock(&device_runner.lock);
    bool result = device_runner.is_stopping;
    port_mutex_unlock(&device_runner.lock);
    return result;
}

void run_engine_task(void *ctx)
{
    (void)ctx;
    jobs_engine_started(&device_runner.engine, run_now_ms());
    link_start(&device_runner.link, run_now_ms());
    while (!is_stopping()) {
        turn();
        port_signal_wait(&device_runner.wake, wait_ms());
    }
    run_link_close();
    run_refresh_fail_all();
    port_mutex_lock(&device_runner.lock);
    device_runner.is_started = device_runner.is_ready = false;
    device_runner.link_state = RUN_LINK_IDLE;
    run_mailbox_fail_all();
    port_mutex_unlock(&device_runner.lock);
    port_signal_set(&device_runner.ended);
}
