/* SPDX-License-Identifier: MIT */
/* The seams but for MQTT (peer.c). Reading a clock, drawing a number and writing a line are no points: nobody else can tell when they
 * happened. */
#include "interleave/world.h"

#include "device/port/port_board.h"
#include "device/port/port_configure.h"
#include "device/port/port_gpio.h"
#include "device/port/port_network.h"
#include "device/port/port_store.h"
#include "device/port/port_sync.h"
#include "device/port/port_time.h"
#include "device/runtime/state.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define RECORD_CAP 4096
#define LOG_CAP    6000
#define WALL_S     1800000000

#define RECORDS 4

static struct {
    char key[16]; /* empty: none */
    char record[RECORD_CAP];
    size_t len;
} store[RECORDS];

static char log_text[LOG_CAP];
static size_t log_len;
static bool wants_boot;
static bool is_clock_set;
static int64_t begun_at_s; /* while it is not set */
static uint32_t put_ms;
static unsigned tasks_to_fail; /* the last of them fails */

void ports_reset(void)
{
    for (unsigned i = 0; i < RECORDS; i++) {
        store[i].key[0] = '\0';
    }
    log_len = 0;
    log_text[0] = '\0';
    wants_boot = false;
    is_clock_set = true;
    begun_at_s = 0;
    put_ms = 0;
    tasks_to_fail = 0;
}

/* ---- board */

void port_board_log(enum log_level level, const char *text)
{
    size_t len = strlen(text);
    scheduler_mix(text, len + 1);
    if (log_len + len + 2 > LOG_CAP) {
        log_len = 0; /* the last lines are the ones that tell */
    }
    memcpy(log_text + log_len, text, len);
    log_len += len;
    log_text[log_len++] = '\n';
    log_text[log_len] = '\0';
    if (scheduler_is_told()) {
        printf("%9.3f              %s%s\n", (double)scheduler_now_ms() / 1000,
               level == LOG_LEVEL_ERROR ? "error: " : "", text);
    }
}

const char *ports_log(void)
{
    return log_text;
}

void port_board_print(enum log_level level, const char *who, const char *format, va_list args)
{
    (void)level, (void)who, (void)format, (void)args;
}

/* No pins here. What follows is for a build of all files of the device (tools/mutate). */
enum err port_gpio_mode(uint8_t pin, enum port_gpio_mode mode, enum port_gpio_pull pull)
{
    (void)pin, (void)mode, (void)pull;
    return ERR_UNSUPPORTED;
}

enum err port_gpio_watch(uint8_t pin, enum port_gpio_edges edges, port_gpio_edge_fn on_edge)
{
    (void)pin, (void)edges, (void)on_edge;
    return ERR_UNSUPPORTED;
}

void port_gpio_signal(struct port_signal *signal)
{
    port_signal_set(signal);
}

void port_gpio_wait(struct port_signal *signal)
{
    port_signal_wait(signal, UINT32_MAX);
}

uint32_t port_board_random(void)
{
    return scheduler_random();
}

enum err port_board_device_id(char *out, size_t cap)
{
    snprintf(out, cap, "1");
    return ERR_OK;
}

void port_board_on_shutdown(void (*on_shutdown)(void))
{
    (void)on_shutdown;
}

_Noreturn void port_board_restart(void)
{
    scheduler_check_no_lock("restarts the device");
    scheduler_point("restarts the device");
    wants_boot = true;
    peer_power_cut();
    scheduler_end_device();
    __builtin_unreachable();
}

bool ports_is_off(void)
{
    return wants_boot;
}

bool ports_wants_boot(void)
{
    bool result = wants_boot;
    wants_boot = false;
    return result;
}

/* ---- network */

bool port_network_needs_ssid(void)
{
    return false;
}

char *port_configure_room(size_t bytes)
{
    (void)bytes;
    return NULL;
}

enum err port_configure_start(const struct port_configure *way)
{
    (void)way;
    return ERR_UNSUPPORTED;
}

void port_configure_stop(void)
{
}

bool port_configure_ends_by_restart(void)
{
    return false;
}

enum err port_network_start(const char *ssid, const char *password, void (*changed)(bool is_up))
{
    (void)ssid, (void)password, (void)changed;
    return ERR_OK;
}

/* ---- storage: atomic */

void ports_set_storage(uint32_t ms)
{
    put_ms = ms;
}

enum err port_store_open(void)
{
    return ERR_OK;
}

/* RECORDS: there is none. */
static unsigned find_record(const char *key)
{
    unsigned at = 0;
    while (at < RECORDS && strcmp(store[at].key, key) != 0) {
        at++;
    }
    return at;
}

enum err port_store_put(const char *key, const void *record, size_t len)
{
    if (strcmp(key, "clock") == 0) { /* nothing of a job hangs on it, and no point is spent on it */
        return ERR_OK;
    }
    scheduler_check_no_lock("writes to the storage");
    scheduler_point("puts a record");
    const unsigned found = find_record(key), at = found < RECORDS ? found : find_record("");
    if (len > RECORD_CAP || at == RECORDS) {
        scheduler_find("a record of %zu bytes", len);
    }
    scheduler_mix(record, len);
    strcpy(store[at].key, key);
    memcpy(store[at].record, record, len);
    store[at].len = len;
    if (put_ms > 0) {
        scheduler_sleep(put_ms);
    }
    scheduler_point("has put a record");
    return ERR_OK;
}

enum err port_store_get(const char *key, void *record, size_t cap, size_t *len)
{
    const unsigned at = find_record(key);
    if (at == RECORDS) {
        return ERR_NOT_FOUND;
    }
    if (store[at].len > cap) {
        return ERR_TOO_LONG;
    }
    memcpy(record, store[at].record, store[at].len);
    *len = store[at].len;
    return ERR_OK;
}

enum err port_store_erase(const char *key)
{
    const unsigned at = find_record(key);
    scheduler_check_no_lock("writes to the storage");
    if (at < RECORDS) {
        scheduler_point("erases a record");
        store[at].key[0] = '\0';
        scheduler_point("has erased a record");
    }
    return ERR_OK;
}

/* ---- time */

uint64_t port_time_monotonic_ms(void)
{
    return scheduler_now_ms();
}

void ports_set_clock(bool is_set)
{
    is_clock_set = is_set;
}

int64_t port_time_wall_s(void)
{
    return (is_clock_set ? WALL_S : begun_at_s) + (int64_t)(scheduler_now_ms() / 1000);
}

enum err port_time_begin_wall(int64_t wall_s)
{
    begun_at_s = wall_s - (int64_t)(scheduler_now_ms() / 1000);
    return ERR_OK;
}

int64_t port_time_built_s(void)
{
    return WALL_S - 1;
}

void port_time_sleep_ms(uint32_t ms)
{
    scheduler_sleep(ms);
}

/* ---- tasks */

void port_mutex_init(struct port_mutex *mutex)
{
    mutex->owner = NULL;
}

void port_mutex_lock(struct port_mutex *mutex)
{
    scheduler_lock(mutex);
}

void port_mutex_unlock(struct port_mutex *mutex)
{
    scheduler_unlock(mutex);
    if (mutex == &device_runtime.lock) {
        runtime_check(); /* nobody else runs before the next point */
    }
}

#ifndef NDEBUG
/* The C library's, behind assert: an invariant of the device is a finding with a plan like any other. */
_Noreturn void __assert_fail(const char *assertion, const char *file, unsigned line, const char *function)
{
    scheduler_find("%s:%u %s: %s", file, line, function, assertion);
}
#endif

void port_signal_init(struct port_signal *signal)
{
    signal->is_set = false;
}

void port_signal_set(struct port_signal *signal)
{
    scheduler_set(signal);
}

bool port_signal_wait(struct port_signal *signal, uint32_t timeout_ms)
{
    return scheduler_wait(signal, timeout_ms, "waits for a signal");
}

void ports_fail_task(unsigned count)
{
    tasks_to_fail = count + 1;
}

enum err port_task_start(const char *name, uint32_t stack_bytes, unsigned priority, void (*entry)(void *ctx),
                         void *ctx)
{
    (void)stack_bytes;
    if (tasks_to_fail > 0 && --tasks_to_fail == 0) {
        return ERR_FULL;
    }
    scheduler_start(name, priority, true, entry, ctx);
    return ERR_OK;
}
