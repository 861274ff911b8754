/* SPDX-License-Identifier: MIT */
/* The engine task: the only one that touches engine, link and storage. Nothing here waits for the network. */
#include "device/port/port_board.h"
#include "device/port/port_mqtt.h"
#include "device/port/port_store.h"
#include "device/runtime/state.h"

#include <string.h>

#define MESSAGES_A_TURN  16
#define RESTART_GRACE_MS 2000 /* `SYSTEM_restart(0); return JOB_STATUS_SUCCESSED;` is a natural handler */

/* ---- effects of the engine */

static enum err publish(void *ctx, const char *topic, const char *payload, size_t len)
{
    (void)ctx;
    const struct port_mqtt_message message = {.topic = topic, .payload = payload, .len = len, .qos = 1};
    runtime_document_settle(); /* before the answer can come */
    return port_mqtt_publish(&message, NULL);
}

static void reconnect(void *ctx, const char *why)
{
    (void)ctx, (void)why; /* the engine has logged it */
    device_runtime.own.must_drop = true;
}

static enum err save(void *ctx, const void *record, size_t len)
{
    (void)ctx;
    return port_store_put(RUNTIME_JOURNAL_KEY, record, len);
}

static void restart(void *ctx, const char *why)
{
    (void)ctx;
    runtime_log(LOG_LEVEL_ERROR, "the device restarts: %s", why);
    device_runtime.own.must_restart = true;
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

void runtime_engine_init(struct slice record)
{
    const struct jobs_engine_config config = {
        .thing_name = device_runtime.config.thing_name,
        .io =
            {
                .subscribe = runtime_connection_subscribe,
                .publish = publish,
                .reconnect = reconnect,
                .save = save,
                .start_handler = runtime_worker_start_handler,
                .cancel_handler = runtime_worker_cancel_handler,
                .refreshed = runtime_refresh_ended,
                .restart = restart,
                .random = random_bits,
                .log = log_line,
            },
    };
    jobs_engine_init(&device_runtime.own.engine, &config, record, runtime_now_ms());
    link_init(&device_runtime.own.link);
    runtime_connection_init();
    device_runtime.own.must_drop = device_runtime.own.must_restart = false;
    device_runtime.own.is_refresh_known = false;
}

/* ---- the turns of the task */

/* The oldest item of the queue. Its document is handed to the engine with it. */
static bool peek(struct inbox_item *item)
{
    port_mutex_lock(&device_runtime.lock);
    bool has_item = inbox_peek(&device_runtime.incoming.inbox, item);
    if (has_item && item->type == PORT_MQTT_MESSAGE && item->flag) {
        item->flag = runtime_document_hand_over();
    }
    port_mutex_unlock(&device_runtime.lock);
    return has_item;
}

static void pop(void)
{
    port_mutex_lock(&device_runtime.lock);
    inbox_pop(&device_runtime.incoming.inbox);
    port_mutex_unlock(&device_runtime.lock);
    runtime_document_settle();
}

static void serve_inbox(void)
{
    for (int i = 0; i < MESSAGES_A_TURN; i++) {
        struct inbox_item item;
        if (!peek(&item)) {
            return;
        }
        runtime_connection_event(&item, runtime_now_ms());
        pop();
    }
}

static void serve_dropped_messages(uint64_t now_ms)
{
    port_mutex_lock(&device_runtime.lock);
    bool wants_resync = device_runtime.incoming.is_message_lost;
    device_runtime.incoming.is_message_lost = false;
    port_mutex_unlock(&device_runtime.lock);
    if (wants_resync) {
        jobs_engine_resync(&device_runtime.own.engine, now_ms);
    }
}

/* When the restart that somebody asked for is due; a handler that runs holds it up for a while. */
static uint64_t restart_due_at(void)
{
    port_mutex_lock(&device_runtime.lock);
    uint64_t due_ms = device_runtime.wishes.restart_at_ms;
    if (due_ms != RUNTIME_NEVER && (device_runtime.worker.is_busy || device_runtime.worker.has_returned)) {
        due_ms += RESTART_GRACE_MS;
    }
    port_mutex_unlock(&device_runtime.lock);
    return device_runtime.own.must_restart ? 0 : due_ms;
}

static void serve_restart(uint64_t now_ms)
{
    if (now_ms < restart_due_at()) {
        return;
    }
    runtime_connection_close();
    port_mutex_lock(&device_runtime.lock);
    void (*before)(void) = device_runtime.wishes.before_restart;
    port_mutex_unlock(&device_runtime.lock);
    if (before) {
        before();
    }
    port_board_log(LOG_LEVEL_INFO, "restart");
    port_board_restart();
}

/* What other tasks may see of the engine. */
static void publish_state(void)
{
    struct jobs_run run;
    bool has_waiting = jobs_engine_waiting(&device_runtime.own.engine, &run);

    bool is_at_rest = jobs_engine_is_at_rest(&device_runtime.own.engine);

    port_mutex_lock(&device_runtime.lock);
    device_runtime.shown.is_at_rest = is_at_rest;
    device_runtime.shown.counters = *jobs_engine_counters(&device_runtime.own.engine);
    device_runtime.shown.has_waiting =
        has_waiting && device_runtime.incoming.document == RUNTIME_DOCUMENT_IN_HAND;
    if (device_runtime.shown.has_waiting) {
        device_runtime.shown.waiting = run;
        strcpy(device_runtime.shown.waiting_job_id, run.job_id);
    }
    port_mutex_unlock(&device_runtime.lock);
}

/* What follows may change it: nobody may take it for true before publish_state has looked. */
static void hide_rest(void)
{
    port_mutex_lock(&device_runtime.lock);
    device_runtime.shown.is_at_rest = false;
    port_mutex_unlock(&device_runtime.lock);
}

/* Behind what jobs had to send in this turn, and before the connection, which the guest may want to be a new one. */
static void serve_guest(uint64_t now_ms)
{
    const struct runtime_guest *guest = atomic_load(&device_runtime.guest);
    if (guest) {
        guest->serve(now_ms);
    }
}

/* Behind jobs, which have a connection only when it is done or idle. */
static void serve_prologue(uint64_t now_ms)
{
    const struct runtime_prologue *prologue = atomic_load(&device_runtime.prologue);
    if (prologue) {
        prologue->serve(now_ms);
    }
}

/* Reports before handler's returns: a final status that came before the handler's IN_PROGRESS wins. Both before a callback's
 * return, because a report inside the callback counts. */
static void turn(void)
{
    hide_rest();
    serve_inbox();
    serve_dropped_messages(runtime_now_ms());
    runtime_mailbox_serve(runtime_now_ms());
    runtime_worker_serve_return(runtime_now_ms());
    runtime_worker_serve_cancel(runtime_now_ms());
    runtime_refresh_serve(runtime_now_ms());
    jobs_engine_tick(&device_runtime.own.engine, runtime_now_ms());
    serve_guest(runtime_now_ms());
    serve_prologue(runtime_now_ms());
    runtime_connection_serve(runtime_now_ms());
    publish_state();
    serve_restart(runtime_now_ms());
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint32_t wait_ms(void)
{
    port_mutex_lock(&device_runtime.lock);
    bool has_more = device_runtime.incoming.inbox.whole > 0;
    port_mutex_unlock(&device_runtime.lock);
    if (has_more) {
        return 0;
    }
    uint64_t due_ms =
        min_u64(jobs_engine_wake_at_ms(&device_runtime.own.engine), runtime_connection_wake_at_ms());
    due_ms = min_u64(due_ms, restart_due_at());
    const struct runtime_guest *guest = atomic_load(&device_runtime.guest);
    if (guest) {
        due_ms = min_u64(due_ms, guest->wake_at_ms(runtime_now_ms()));
    }
    const struct runtime_prologue *prologue = atomic_load(&device_runtime.prologue);
    if (prologue) {
        due_ms = min_u64(due_ms, prologue->wake_at_ms());
    }
    uint64_t now_ms = runtime_now_ms();
    if (due_ms == RUNTIME_NEVER) {
        return UINT32_MAX;
    }
    return due_ms > now_ms ? (uint32_t)min_u64(due_ms - now_ms, UINT32_MAX - 1) : 0;
}

static bool is_stopping(void)
{
    port_mutex_lock(&device_runtime.lock);
    bool result = device_runtime.life.is_stopping;
    port_mutex_unlock(&device_runtime.lock);
    return result;
}

/* Nothing of the application is out, nothing of it is unheard, the connection is closed: what the engine knows is all there is to
 * know, and all of it is in storage that must be. Then the task is not alive any more. */
static bool has_ended(void)
{
    struct runtime_life *life = &device_runtime.life;

    port_mutex_lock(&device_runtime.lock);
    bool is_over = life->is_stopping && device_runtime.shown.link == RUNTIME_LINK_SUSPENDED &&
                   !runtime_is_application_out() &&
                   device_runtime.mailbox.command.state == RUNTIME_COMMAND_FREE &&
                   device_runtime.wishes.restart_at_ms == RUNTIME_NEVER;
    if (is_over) {
        life->is_started = false;
        device_runtime.shown.link = RUNTIME_LINK_IDLE;
        runtime_mailbox_let_go();
    }
    port_mutex_unlock(&device_runtime.lock);
    return is_over;
}

void runtime_engine_task(void *ctx)
{
    (void)ctx;
    jobs_engine_started(&device_runtime.own.engine, runtime_now_ms());
    runtime_connection_init();
    const struct runtime_prologue *prologue = atomic_load(&device_runtime.prologue);
    if (prologue) {
        prologue->started(runtime_now_ms());
    }
    link_start(&device_runtime.own.link, runtime_now_ms());
    for (;;) {
        turn();
        if (is_stopping()) {
            runtime_refresh_fail_all();
        }
        if (has_ended()) {
            break;
        }
        port_signal_wait(&device_runtime.wake, wait_ms());
    }
    port_signal_set(&device_runtime.work_given); /* the others end when they look */
    port_signal_set(&device_runtime.event);
    port_signal_set(&device_runtime.ended);
}
