/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "fakes/fake_ports.h"
#include "device/port/port_network.h"
#include "device/port/port_time.h"
#include "fakes/wait_until.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOG_CAP 65536

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

#define KEYS 8

struct stored {
    char key[16]; /* empty: none */
    char bytes[8192];
    size_t len;
};

static struct {
    struct stored records[KEYS];
    unsigned puts, clock_puts, operations, operations_left;
    bool is_counted;
    enum err result;
    unsigned failing_gets;
    bool must_hold, is_held;
} store;

static struct {
    char log[LOG_CAP];
    size_t log_len;
    unsigned restarts;
    unsigned puts_at_restart;
    int64_t wall_s, begun_s;
    bool is_clock_fixed;
    unsigned clock_reads;
    uint64_t advanced_ms;
    unsigned haste;
    const char *held;
    void (*on_shutdown)(void);
    const char *ssid, *password;
    void (*network_changed)(bool is_up);
} board;

static unsigned read_unsigned(const unsigned *value)
{
    pthread_mutex_lock(&lock);
    unsigned copy = *value;
    pthread_mutex_unlock(&lock);
    return copy;
}

void fake_reset(void)
{
    fake_mqtt_reset();
    fake_gpio_reset();
    fake_configure_reset();
    pthread_mutex_lock(&lock);
    memset(&store, 0, sizeof(store));
    memset(&board, 0, sizeof(board));
    board.wall_s = 1800000000;
    board.haste = 1;
    pthread_mutex_unlock(&lock);
}

/* ---- storage */

/* With `lock` held, here and in the next two. */
static struct stored *find_record(const char *key)
{
    for (int i = 0; i < KEYS; i++) {
        if (strcmp(store.records[i].key, key) == 0) {
            return &store.records[i];
        }
    }
    return NULL;
}

/* The power goes before the operation that fake_store_cut has named: it and all after it do nothing. */
static bool is_cut(void)
{
    store.operations++;
    if (!store.is_counted || store.operations_left > 0) {
        store.operations_left -= store.is_counted;
        return false;
    }
    return true;
}

static void keep(const char *key, const void *record, size_t len)
{
    struct stored *place = find_record(key);
    place = place ? place : find_record("");
    assert_non_null(place);
    assert_true(len <= sizeof(place->bytes) && strlen(key) < sizeof(place->key));
    strcpy(place->key, key);
    memcpy(place->bytes, record, len);
    place->len = len;
    if (strcmp(key, "clock") == 0) {
        store.clock_puts++;
    } else {
        store.puts++;
    }
}

enum err port_store_open(void)
{
    pthread_mutex_lock(&lock);
    enum err err = store.result;
    pthread_mutex_unlock(&lock);
    return err;
}

enum err port_store_put(const char *key, const void *record, size_t len)
{
    pthread_mutex_lock(&lock);
    if (store.must_hold) {
        store.is_held = true;
        pthread_cond_broadcast(&changed);
        while (store.must_hold) {
            pthread_cond_wait(&changed, &lock);
        }
        store.is_held = false;
    }
    enum err err = is_cut() ? ERR_STORAGE : store.result;
    if (!err) {
        keep(key, record, len);
    }
    pthread_mutex_unlock(&lock);
    return err;
}

enum err port_store_get(const char *key, void *record, size_t cap, size_t *len)
{
    pthread_mutex_lock(&lock);
    const struct stored *found = find_record(key);
    enum err err = !found ? ERR_NOT_FOUND : found->len > cap ? ERR_TOO_LONG : ERR_OK;
    err = store.failing_gets > 0 ? ERR_STORAGE : err;
    store.failing_gets -= store.failing_gets > 0;
    if (!err) {
        memcpy(record, found->bytes, found->len);
        *len = found->len;
    }
    pthread_mutex_unlock(&lock);
    return err;
}

enum err port_store_erase(const char *key)
{
    pthread_mutex_lock(&lock);
    struct stored *found = find_record(key);
    enum err err = is_cut() ? ERR_STORAGE : store.result;
    if (found && !err) {
        found->key[0] = '\0';
    }
    pthread_mutex_unlock(&lock);
    return err;
}

void fake_store_cut(unsigned operations)
{
    pthread_mutex_lock(&lock);
    store.operations = 0;
    store.operations_left = operations;
    store.is_counted = operations < UINT_MAX;
    pthread_mutex_unlock(&lock);
}

unsigned fake_store_operations(void)
{
    return read_unsigned(&store.operations);
}

unsigned fake_put_count(void)
{
    return read_unsigned(&store.puts);
}

unsigned fake_clock_put_count(void)
{
    return read_unsigned(&store.clock_puts);
}

void fake_store_fail_gets(unsigned count)
{
    pthread_mutex_lock(&lock);
    store.failing_gets = count;
    pthread_mutex_unlock(&lock);
}

void fake_store_fail(enum err err)
{
    pthread_mutex_lock(&lock);
    store.result = err;
    pthread_mutex_unlock(&lock);
}

void fake_store_hold(void)
{
    pthread_mutex_lock(&lock);
    store.must_hold = true;
    pthread_mutex_unlock(&lock);
}

void fake_wait_held(void)
{
    WAIT_UNTIL(&lock, &changed, store.is_held, "a put");
}

void fake_store_release(void)
{
    pthread_mutex_lock(&lock);
    store.must_hold = false;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

size_t fake_stored(char *out, size_t cap)
{
    pthread_mutex_lock(&lock);
    const struct stored *found = find_record("jobs");
    size_t len = found && found->len <= cap ? found->len : 0;
    if (len > 0) {
        memcpy(out, found->bytes, len);
    }
    pthread_mutex_unlock(&lock);
    return len;
}

/* ---- board */

void fake_log_hold(const char *text)
{
    pthread_mutex_lock(&lock);
    board.held = text;
    pthread_mutex_unlock(&lock);
}

void fake_log_release(void)
{
    pthread_mutex_lock(&lock);
    board.held = NULL;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void note(const char *mark, const char *text)
{
    pthread_mutex_lock(&lock);
    int len = snprintf(board.log + board.log_len, LOG_CAP - board.log_len, "%s%s\n", mark, text);
    board.log_len += len > 0 && (size_t)len < LOG_CAP - board.log_len ? (size_t)len : 0;
    pthread_cond_broadcast(&changed);
    while (board.held && strstr(text, board.held)) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

void port_board_log(enum log_level level, const char *text)
{
    note(level == LOG_LEVEL_ERROR ? "error: " : "", text);
}

void port_board_print(enum log_level level, const char *who, const char *format, va_list args)
{
    char text[1024];
    (void)level;
    int len = snprintf(text, sizeof(text), "%s: ", who);
    vsnprintf(text + len, sizeof(text) - (size_t)len, format, args);
    note("print: ", text);
}

/* No jitter to speak of: backoffs are short, tokens still differ. */
uint32_t port_board_random(void)
{
    static _Atomic uint32_t next = 1;
    return next++;
}

enum err port_board_device_id(char *out, size_t cap)
{
    snprintf(out, cap, "table1");
    return ERR_OK;
}

/* ---- what lib_wifi.h and lib_system.h ask for; of the test's own task */

static struct port_network_state network;
static enum err network_err, mac_err;
static enum port_board_reset reset_cause;

void fake_network_set(const struct port_network_state *state, enum err err)
{
    network = *state;
    network_err = err;
}

enum err port_network_look(struct port_network_state *out)
{
    *out = network;
    return network_err;
}

void fake_board_set(enum err of_mac, enum port_board_reset cause)
{
    mac_err = of_mac;
    reset_cause = cause;
}

enum err port_board_mac(uint8_t out[PORT_BOARD_MAC_LEN])
{
    static const uint8_t mac[PORT_BOARD_MAC_LEN] = {0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0xff};
    if (!mac_err) {
        memcpy(out, mac, sizeof(mac));
    }
    return mac_err;
}

enum port_board_reset port_board_reset_cause(void)
{
    return reset_cause;
}

void port_board_on_shutdown(void (*on_shutdown)(void))
{
    pthread_mutex_lock(&lock);
    board.on_shutdown = on_shutdown;
    pthread_mutex_unlock(&lock);
}

static const char *guarded(const char **text)
{
    pthread_mutex_lock(&lock);
    const char *result = *text;
    pthread_mutex_unlock(&lock);
    return result;
}

const char *fake_network_ssid(void)
{
    return guarded(&board.ssid);
}

const char *fake_network_password(void)
{
    return guarded(&board.password);
}

enum err port_network_start(const char *ssid, const char *password, void (*on_change)(bool is_up))
{
    pthread_mutex_lock(&lock);
    board.ssid = ssid;
    board.password = password;
    board.network_changed = on_change;
    pthread_mutex_unlock(&lock);
    return ERR_OK;
}

void fake_network_change(bool is_up)
{
    pthread_mutex_lock(&lock);
    void (*on_change)(bool) = board.network_changed;
    pthread_mutex_unlock(&lock);
    on_change(is_up);
}

void fake_shut_down(void)
{
    pthread_mutex_lock(&lock);
    void (*on_shutdown)(void) = board.on_shutdown;
    pthread_mutex_unlock(&lock);
    assert_non_null(on_shutdown);
    on_shutdown();
}

void port_board_restart(void)
{
    pthread_mutex_lock(&lock);
    board.restarts++;
    board.puts_at_restart = store.puts;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    pthread_exit(NULL);
}

const char *fake_log(void)
{
    return board.log;
}

bool fake_log_has(const char *text)
{
    pthread_mutex_lock(&lock);
    bool result = strstr(board.log, text) != NULL;
    pthread_mutex_unlock(&lock);
    return result;
}

unsigned fake_log_count(const char *text)
{
    unsigned count = 0;
    pthread_mutex_lock(&lock);
    for (const char *at = board.log; (at = strstr(at, text)); at++) {
        count++;
    }
    pthread_mutex_unlock(&lock);
    return count;
}

void fake_wait_log(const char *text)
{
    WAIT_UNTIL(&lock, &changed, strstr(board.log, text), text);
}

void fake_wait_restart(void)
{
    WAIT_UNTIL(&lock, &changed, board.restarts > 0, "a restart");
}

unsigned fake_restart_count(void)
{
    return read_unsigned(&board.restarts);
}

unsigned fake_puts_at_restart(void)
{
    return read_unsigned(&board.puts_at_restart);
}

void fake_set_wall_s(int64_t wall_s)
{
    pthread_mutex_lock(&lock);
    board.wall_s = wall_s;
    pthread_mutex_unlock(&lock);
}

/* ---- time: the wall clock is the test's */

uint64_t port_time_monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    pthread_mutex_lock(&lock);
    uint64_t advanced_ms = board.advanced_ms;
    board.clock_reads++;
    pthread_mutex_unlock(&lock);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u + advanced_ms;
}

void fake_advance_ms(uint64_t ms)
{
    pthread_mutex_lock(&lock);
    board.advanced_ms += ms;
    pthread_mutex_unlock(&lock);
}

unsigned fake_clock_reads(void)
{
    return read_unsigned(&board.clock_reads);
}

void fake_hurry(unsigned factor)
{
    pthread_mutex_lock(&lock);
    board.haste = factor;
    pthread_mutex_unlock(&lock);
}

uint64_t port_time_monotonic_us(void)
{
    return port_time_monotonic_ms() * 1000u + 7;
}

int64_t port_time_wall_s(void)
{
    pthread_mutex_lock(&lock);
    int64_t wall_s = board.wall_s;
    pthread_mutex_unlock(&lock);
    return wall_s;
}

enum err port_time_begin_wall(int64_t wall_s)
{
    pthread_mutex_lock(&lock);
    enum err err = board.is_clock_fixed ? ERR_UNSUPPORTED : ERR_OK;
    if (!err) {
        board.wall_s = board.begun_s = wall_s;
    }
    pthread_mutex_unlock(&lock);
    return err;
}

int64_t port_time_built_s(void)
{
    return FAKE_BUILT_S;
}

int64_t fake_clock_begun_s(void)
{
    pthread_mutex_lock(&lock);
    int64_t begun_s = board.begun_s;
    pthread_mutex_unlock(&lock);
    return begun_s;
}

void fake_fix_clock(void)
{
    pthread_mutex_lock(&lock);
    board.is_clock_fixed = true;
    pthread_mutex_unlock(&lock);
}

void port_time_sleep_ms(uint32_t ms)
{
    uint64_t us = (uint64_t)ms * 1000 / read_unsigned(&board.haste);
    struct timespec pause = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
    nanosleep(&pause, NULL);
}
