/* SPDX-License-Identifier: MIT */
/* The life of the tasks: made, started, ended; and what other tasks wish of the engine task or want to see of it. */
#include "device/runtime/runtime.h"
#include "device/port/port_board.h"
#include "device/port/port_store.h"
#include "device/port/port_time.h"
#include "device/runtime/state.h"

#include <string.h>

/* The journal is read into the message queue, which is not in use before runtime_start. */
_Static_assert(INBOX_CAP >= DEVICE_MESSAGE_CAP + DEVICE_TOPIC_CAP + INBOX_RESERVE + 16,
               "the largest message does not fit: CONFIG_DEVICE_JOBS_INBOX_SPARE is too small");
_Static_assert(INBOX_CAP <= UINT16_MAX,
               "CONFIG_DEVICE_JOBS_INBOX_SPARE is too large"); /* head_len, details_at */
_Static_assert(INBOX_RESERVE >= RUNTIME_REASON_CAP + 6 * 16, "the end of a connection might not be heard");
_Static_assert(INBOX_CAP >= JOURNAL_RECORD_MAX, "the journal does not fit into the message queue");

static void make_objects(void)
{
    if (atomic_load(&device_runtime.are_objects_made)) {
        return;
    }
    port_mutex_init(&device_runtime.lock);
    inbox_init(&device_runtime.incoming.inbox, device_runtime.incoming.bytes, INBOX_CAP);
    struct port_signal *signals[] = {
        &device_runtime.wake,  &device_runtime.gate,  &device_runtime.replied,  &device_runtime.work_given,
        &device_runtime.event, &device_runtime.ended, &device_runtime.refreshed};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        port_signal_init(signals[i]);
    }
    atomic_store(&device_runtime.are_objects_made, true);
}

/* With `lock` held. */
static bool is_any_task_alive(void)
{
    const struct runtime_life *life = &device_runtime.life;
    return life->is_started || life->is_worker_alive || life->is_event_alive;
}

/* Everything as before the first start. ERR_BUSY: a task, or the caller of one, still uses it. */
static enum err reset(const struct runtime_config *config)
{
    port_mutex_lock(&device_runtime.lock);
    bool is_busy = is_any_task_alive() || device_runtime.mailbox.command.state != RUNTIME_COMMAND_FREE;
    if (!is_busy) {
        device_runtime.config = *config;
        device_runtime.life = (struct runtime_life){0};
        device_runtime.wishes = (struct runtime_wishes){.restart_at_ms = RUNTIME_NEVER};
        inbox_clear(&device_runtime.incoming.inbox);
        device_runtime.incoming.document = RUNTIME_DOCUMENT_FREE;
        device_runtime.incoming.queued_documents = 0;
        device_runtime.incoming.is_message_lost = device_runtime.incoming.is_event_lost = false;
        device_runtime.mailbox.is_report_answered = false;
        device_runtime.refresh.state = RUNTIME_REFRESH_NONE;
        device_runtime.shown.link = RUNTIME_LINK_IDLE;
        device_runtime.shown.thing_name = config->thing_name;
        device_runtime.shown.provisioning = RUNTIME_PROVISIONING_NOT;
        atomic_store(&device_runtime.prologue, NULL);
        device_runtime.shown.has_waiting = false;
        device_runtime.worker = (struct runtime_worker){0};
        device_runtime.events.cancel.state = RUNTIME_CANCEL_NONE;
        device_runtime.events.is_link_told = false;
    }
    port_mutex_unlock(&device_runtime.lock);
    return is_busy ? ERR_BUSY : ERR_OK;
}

static enum err load_journal(struct slice *record)
{
    enum err err = port_store_open();
    if (err) {
        return err;
    }
    size_t len = 0;
    err = port_store_get(RUNTIME_JOURNAL_KEY, device_runtime.incoming.inbox.bytes, INBOX_CAP, &len);
    *record = (struct slice){device_runtime.incoming.inbox.bytes, err ? 0 : len};
    if (err == ERR_TOO_LONG) {
        *record = (struct slice){NULL, INBOX_CAP + 1};
    }
    return err == ERR_NOT_FOUND || err == ERR_TOO_LONG ? ERR_OK : err;
}

enum err runtime_init(const struct runtime_config *config)
{
    make_objects();
    enum err err = reset(config);
    if (err) {
        return err;
    }
    struct slice record;
    err = load_journal(&record);
    if (err) {
        return err;
    }
    runtime_engine_init(record);
    port_mutex_lock(&device_runtime.lock);
    device_runtime.life.is_ready = true;
    port_mutex_unlock(&device_runtime.lock);
    return ERR_OK;
}

const struct runtime_config *runtime_given(void)
{
    static const struct runtime_config none;
    if (!atomic_load(&device_runtime.are_objects_made)) {
        return &none;
    }
    port_mutex_lock(&device_runtime.lock);
    bool is_ready = device_runtime.life.is_ready;
    port_mutex_unlock(&device_runtime.lock);
    return is_ready ? &device_runtime.config : &none;
}

/* What nobody but the application, or the restart itself, can end; NULL: nothing of that kind. With `lock` held. */
static const char *waits_for(void)
{
    const struct runtime_events *events = &device_runtime.events;
    const enum runtime_cancel_state cancel = events->cancel.state;
    if (device_runtime.life.is_started && device_runtime.shown.link != RUNTIME_LINK_SUSPENDED) {
        return NULL; /* the connection must be closed before anybody is told to wait */
    }
    if (device_runtime.worker.is_busy) {
        return "a handler has not returned";
    }
    if (events->is_busy || cancel == RUNTIME_CANCEL_WANTED || cancel == RUNTIME_CANCEL_OUT) {
        return "a callback has not returned";
    }
    return device_runtime.life.is_started && device_runtime.wishes.restart_at_ms != RUNTIME_NEVER
               ? "the device is about to restart"
               : NULL;
}

/* ERR_BUSY: not all of them can end yet, or somebody has started them again. */
static enum err look_for_ends(void)
{
    struct runtime_life *life = &device_runtime.life;
    port_mutex_lock(&device_runtime.lock);
    enum err result = is_any_task_alive() ? ERR_TIMEOUT : ERR_OK;
    const char *why = result ? waits_for() : NULL;
    bool is_told = life->is_wait_told;
    life->is_wait_told = is_told || why;
    if (why || (result && !life->is_stopping)) {
        result = ERR_BUSY;
    }
    port_mutex_unlock(&device_runtime.lock);
    if (why && !is_told) {
        runtime_log(LOG_LEVEL_INFO, "the library stops when it can: %s", why);
    }
    return result;
}

/* The engine task ends first, the others after it. */
static enum err stop_all(void)
{
    port_mutex_lock(&device_runtime.lock);
    device_runtime.life.is_stopping = true;
    port_mutex_unlock(&device_runtime.lock);
    for (bool has_waited_in_vain = false;;) {
        port_signal_set(&device_runtime.wake);
        port_signal_set(&device_runtime.work_given);
        port_signal_set(&device_runtime.event);
        enum err err = look_for_ends();
        if (err != ERR_TIMEOUT || has_waited_in_vain) {
            return err;
        }
        has_waited_in_vain = !port_signal_wait(&device_runtime.ended, RUNTIME_STOP_MS);
    }
}

enum err runtime_stop(void)
{
    if (!atomic_load(&device_runtime.are_objects_made)) {
        return ERR_OK;
    }
    port_mutex_lock(&device_runtime.lock);
    bool is_alive = is_any_task_alive();
    port_mutex_unlock(&device_runtime.lock);
    return is_alive ? stop_all() : ERR_OK;
}

static void stop_on_shutdown(void)
{
    runtime_stop();
}

/* A task that is still there from before a stop goes on. */
static enum err start_task(const char *name, uint32_t stack_bytes, unsigned priority,
                           void (*entry)(void *ctx), bool *is_alive)
{
    port_mutex_lock(&device_runtime.lock);
    bool is_there = *is_alive;
    *is_alive = true;
    port_mutex_unlock(&device_runtime.lock);
    enum err err = is_there ? ERR_OK : port_task_start(name, stack_bytes, priority, entry, NULL);
    if (err) {
        port_mutex_lock(&device_runtime.lock);
        *is_alive = false;
        port_mutex_unlock(&device_runtime.lock);
    }
    return err;
}

static enum err start_tasks(void)
{
    enum err err = start_task("dj_event", CONFIG_DEVICE_JOBS_EVENT_STACK, 3, runtime_event_task,
                              &device_runtime.life.is_event_alive);
    if (!err) {
        err = start_task("dj_worker", CONFIG_DEVICE_JOBS_WORKER_STACK, 3, runtime_worker_task,
                         &device_runtime.life.is_worker_alive);
    }
    if (!err) {
        const struct runtime_prologue *prologue = atomic_load(&device_runtime.prologue);
        err =
            start_task("dj_engine", CONFIG_DEVICE_JOBS_ENGINE_STACK + (prologue ? prologue->stack_bytes : 0),
                       5, prologue ? prologue->task : runtime_engine_task, &device_runtime.life.is_started);
    }
    return err;
}

/* true: there is something to start. */
static bool begin_start(void)
{
    struct runtime_life *life = &device_runtime.life;
    port_mutex_lock(&device_runtime.lock);
    bool is_good = life->is_ready && (!life->is_started || life->is_stopping);
    if (is_good && !life->is_started) {
        device_runtime.shown.link = RUNTIME_LINK_STARTING;
        device_runtime.shown.is_at_rest = false;
        port_signal_set(&device_runtime.gate);
    }
    if (is_good) {
        life->is_stopping = life->is_wait_told = false;
    }
    port_mutex_unlock(&device_runtime.lock);
    return is_good;
}

enum err runtime_start(void)
{
    if (!atomic_load(&device_runtime.are_objects_made) || !begin_start()) {
        return ERR_BUSY;
    }
    port_board_on_shutdown(stop_on_shutdown);
    enum err err = start_tasks();
    if (err) {
        stop_all();
    }
    port_signal_set(&device_runtime.wake); /* an engine task that was about to end connects again */
    return err;
}

/* With `lock` held. The engine is nobody's while its task does not run. */
static bool is_at_rest(void)
{
    const struct inbox *inbox = &device_runtime.incoming.inbox;
    const struct runtime_guest *guest = atomic_load(&device_runtime.guest);
    const struct runtime_prologue *prologue = atomic_load(&device_runtime.prologue);
    if ((guest && !guest->is_idle()) || (prologue && !prologue->is_idle())) {
        return false;
    }
    bool is_heard = inbox->whole == 0 && !inbox_is_open(inbox) && !runtime_is_application_out() &&
                    device_runtime.mailbox.command.state == RUNTIME_COMMAND_FREE;
    return is_heard && (device_runtime.life.is_started ? device_runtime.shown.is_at_rest
                                                       : jobs_engine_is_at_rest(&device_runtime.own.engine));
}

bool runtime_is_at_rest(void)
{
    if (!atomic_load(&device_runtime.are_objects_made)) {
        return true;
    }
    port_mutex_lock(&device_runtime.lock);
    bool result = !device_runtime.life.is_ready || is_at_rest();
    port_mutex_unlock(&device_runtime.lock);
    return result;
}

void runtime_suspend(bool is_suspended)
{
    if (!atomic_load(&device_runtime.are_objects_made)) {
        return;
    }
    port_mutex_lock(&device_runtime.lock);
    device_runtime.wishes.suspend = is_suspended;
    port_mutex_unlock(&device_runtime.lock);
    port_signal_set(&device_runtime.wake);
}

void runtime_reconnect(void)
{
    if (!atomic_load(&device_runtime.are_objects_made)) {
        return;
    }
    port_mutex_lock(&device_runtime.lock);
    device_runtime.wishes.reconnect = true;
    device_runtime.wishes.suspend = false;
    port_mutex_unlock(&device_runtime.lock);
    port_signal_set(&device_runtime.wake);
}

static void restart(uint32_t delay_ms, void (*before)(void))
{
    if (!runtime_is_started()) {
        port_time_sleep_ms(delay_ms);
        if (before) {
            before();
        }
        port_board_restart();
    }
    port_mutex_lock(&device_runtime.lock);
    device_runtime.wishes.restart_at_ms = runtime_now_ms() + delay_ms;
    device_runtime.wishes.before_restart = before ? before : device_runtime.wishes.before_restart;
    port_mutex_unlock(&device_runtime.lock);
    port_signal_set(&device_runtime.wake);
}

void runtime_restart(uint32_t delay_ms)
{
    restart(delay_ms, NULL);
}

void runtime_restart_after(void (*before)(void))
{
    restart(0, before);
}

enum runtime_link runtime_link_state(void)
{
    if (!atomic_load(&device_runtime.are_objects_made)) {
        return RUNTIME_LINK_IDLE;
    }
    port_mutex_lock(&device_runtime.lock);
    enum runtime_link state = device_runtime.shown.link;
    port_mutex_unlock(&device_runtime.lock);
    return state;
}

void runtime_set_prologue(const struct runtime_prologue *prologue)
{
    atomic_store(&device_runtime.prologue, prologue);
}

void runtime_get_counters(struct jobs_counters *counters)
{
    *counters = (struct jobs_counters){0};
    if (!atomic_load(&device_runtime.are_objects_made)) {
        return;
    }
    port_mutex_lock(&device_runtime.lock);
    *counters = device_runtime.shown.counters;
    port_mutex_unlock(&device_runtime.lock);
}

bool runtime_get_waiting(struct jobs_run *run, char job_id[DEVICE_JOB_ID_CAP], char *document, size_t cap)
{
    if (!atomic_load(&device_runtime.are_objects_made)) {
        return false;
    }
    port_mutex_lock(&device_runtime.lock);
    const enum runtime_document state = device_runtime.incoming.document;
    bool is_whole =
        state == RUNTIME_DOCUMENT_IN_HAND || state == RUNTIME_DOCUMENT_LENT; /* lent, not written */
    bool is_there = device_runtime.life.is_started && device_runtime.shown.has_waiting && is_whole;
    size_t len =
        is_there ? strlen(device_runtime.config.document) : cap; /* before runtime_init there is none */
    is_there = len < cap;
    if (is_there) {
        *run = device_runtime.shown.waiting;
        strcpy(job_id, device_runtime.shown.waiting_job_id);
        run->job_id = job_id;
        run->document_len = len;
        memcpy(document, device_runtime.config.document, len + 1);
    }
    port_mutex_unlock(&device_runtime.lock);
    return is_there;
}
