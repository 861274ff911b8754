/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "fakes/fake_ports.h"
#include "device/port/port_network.h"
#include "device/port/port_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PUBLISHES_MAX 512
#define LOG_CAP       65536
#define PATIENCE_S    20
#define SUBSCRIBES    4

struct publish {
    char topic[256];
    char payload[2048];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static struct {
    bool is_open;
    bool is_connected;
    port_mqtt_event_fn on_event;
    void *ctx;
    unsigned opens, closes;
    int last_id;
    enum err open_result;
    bool is_credential_bad;
    enum port_mqtt_credential bad;
    const char *why;
    unsigned subscribes, subscribes_before; /* before: when this connection was opened */
    const char *refused;
    enum fake_refusal refusal;
    unsigned published, taken; /* the last ones of them stand in the ring */
    struct publish publishes[PUBLISHES_MAX];
} mqtt;

static struct {
    char record[8192];
    size_t len;
    bool has_record;
    unsigned puts;
    enum err result;
    bool must_hold, is_held;
} store;

static struct {
    char log[LOG_CAP];
    size_t log_len;
    unsigned restarts;
    unsigned puts_at_restart;
    int64_t wall_s;
    uint64_t advanced_ms;
    unsigned haste;
    const char *held;
    void (*on_shutdown)(void);
    const char *ssid, *password;
    void (*network_changed)(bool is_up);
    bool pins[16];
    unsigned changes[16];
} board;

static struct timespec patience(void)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += PATIENCE_S;
    return deadline;
}

#define WAIT_UNTIL(condition, what)                                                                          \
    do {                                                                                                     \
        struct timespec deadline_ = patience();                                                              \
        bool in_time_ = true;                                                                                \
        pthread_mutex_lock(&lock);                                                                           \
        while (!(condition) && in_time_) {                                                                   \
            in_time_ = pthread_cond_timedwait(&changed, &lock, &deadline_) == 0;                             \
        }                                                                                                    \
        pthread_mutex_unlock(&lock);                                                                         \
        if (!in_time_) {                                                                                     \
            fail_msg("waited in vain for %s; the log:\n%s", (what), board.log);                              \
        }                                                                                                    \
    } while (0)

static unsigned read_unsigned(const unsigned *value)
{
    pthread_mutex_lock(&lock);
    unsigned copy = *value;
    pthread_mutex_unlock(&lock);
    return copy;
}

void fake_reset(void)
{
    pthread_mutex_lock(&lock);
    memset(&mqtt, 0, sizeof(mqtt));
    memset(&store, 0, sizeof(store));
    memset(&board, 0, sizeof(board));
    board.wall_s = 1800000000;
    board.haste = 1;
    pthread_mutex_unlock(&lock);
}

/* ---- MQTT */

static void send_event(const struct port_mqtt_event *event)
{
    pthread_mutex_lock(&lock);
    port_mqtt_event_fn on_event = mqtt.is_open ? mqtt.on_event : NULL;
    void *ctx = mqtt.ctx;
    pthread_mutex_unlock(&lock);
    if (on_event) {
        on_event(ctx, event);
    }
}

enum err port_mqtt_check(const struct port_mqtt_config *config, enum port_mqtt_credential *bad,
                         const char **why)
{
    (void)config;
    pthread_mutex_lock(&lock);
    bool is_bad = mqtt.is_credential_bad;
    if (is_bad) {
        *bad = mqtt.bad;
        *why = mqtt.why;
    }
    pthread_mutex_unlock(&lock);
    return is_bad ? ERR_TLS : ERR_OK;
}

void fake_mqtt_refuse_credential(enum port_mqtt_credential bad, const char *why)
{
    pthread_mutex_lock(&lock);
    mqtt.is_credential_bad = why != NULL;
    mqtt.bad = bad;
    mqtt.why = why;
    pthread_mutex_unlock(&lock);
}

void fake_mqtt_fail_open(enum err err)
{
    pthread_mutex_lock(&lock);
    mqtt.open_result = err;
    pthread_mutex_unlock(&lock);
}

enum err port_mqtt_open(const struct port_mqtt_config *config, port_mqtt_event_fn on_event, void *ctx)
{
    (void)config;
    pthread_mutex_lock(&lock);
    enum err err = mqtt.is_open ? ERR_BUSY : mqtt.open_result;
    mqtt.opens++;
    if (!err) {
        mqtt.is_open = true;
        mqtt.is_connected = false;
        mqtt.subscribes_before = mqtt.subscribes;
        mqtt.on_event = on_event;
        mqtt.ctx = ctx;
    }
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return err;
}

void port_mqtt_close(void)
{
    pthread_mutex_lock(&lock);
    if (mqtt.is_open) {
        mqtt.closes++;
    }
    mqtt.is_open = mqtt.is_connected = false;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static bool ends_with(const char *text, const char *ending)
{
    size_t len = strlen(text), end = strlen(ending);
    return end <= len && strcmp(text + len - end, ending) == 0;
}

/* Behind its answer: an event in the middle of a message, which no port sends, would end that. */
static void count_subscribe(void)
{
    pthread_mutex_lock(&lock);
    mqtt.subscribes++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

enum err port_mqtt_subscribe(const char *filter, int *message_id)
{
    pthread_mutex_lock(&lock);
    bool is_connected = mqtt.is_connected;
    int id = ++mqtt.last_id;
    bool is_refused = mqtt.refused && ends_with(filter, mqtt.refused);
    enum fake_refusal refusal = mqtt.refusal;
    pthread_mutex_unlock(&lock);
    if (!is_connected) {
        return ERR_OFFLINE;
    }
    *message_id = id;
    if (is_refused && refusal == FAKE_CLOSED) {
        fake_disconnect("closed by the peer");
    } else if (!is_refused || refusal == FAKE_REFUSED) {
        send_event(&(struct port_mqtt_event){
            .type = PORT_MQTT_SUBSCRIBED, .message_id = id, .is_granted = !is_refused});
    }
    count_subscribe();
    return ERR_OK;
}

void fake_refuse_subscribe(const char *ending, enum fake_refusal how)
{
    pthread_mutex_lock(&lock);
    mqtt.refused = ending;
    mqtt.refusal = how;
    pthread_mutex_unlock(&lock);
}

unsigned fake_subscribe_count(void)
{
    return read_unsigned(&mqtt.subscribes);
}

enum err port_mqtt_publish(const char *topic, const void *payload, size_t len)
{
    pthread_mutex_lock(&lock);
    bool is_good = mqtt.is_connected && mqtt.published - mqtt.taken < PUBLISHES_MAX;
    if (is_good) {
        struct publish *slot = &mqtt.publishes[mqtt.published++ % PUBLISHES_MAX];
        size_t prefix = strncmp(topic, FAKE_PREFIX, strlen(FAKE_PREFIX)) == 0 ? strlen(FAKE_PREFIX) : 0;
        snprintf(slot->topic, sizeof(slot->topic), "%s", topic + prefix);
        snprintf(slot->payload, sizeof(slot->payload), "%.*s", (int)len, (const char *)payload);
    }
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return is_good ? ERR_OK : ERR_OFFLINE;
}

void fake_wait_open(unsigned count)
{
    WAIT_UNTIL(mqtt.opens >= count, "a connection to be opened");
}

unsigned fake_open_count(void)
{
    return read_unsigned(&mqtt.opens);
}

unsigned fake_close_count(void)
{
    return read_unsigned(&mqtt.closes);
}

void fake_connect(void)
{
    fake_connect_only();
    WAIT_UNTIL(mqtt.subscribes - mqtt.subscribes_before >= SUBSCRIBES || !mqtt.is_connected,
               "all SUBSCRIBEs");
}

void fake_connect_only(void)
{
    pthread_mutex_lock(&lock);
    mqtt.is_connected = mqtt.is_open;
    pthread_mutex_unlock(&lock);
    send_event(&(struct port_mqtt_event){.type = PORT_MQTT_CONNECTED});
}

void fake_disconnect(const char *text)
{
    pthread_mutex_lock(&lock);
    mqtt.is_connected = false;
    pthread_mutex_unlock(&lock);
    send_event(
        &(struct port_mqtt_event){.type = PORT_MQTT_DISCONNECTED, .reason = ERR_OFFLINE, .text = text});
}

void fake_answer_subscribe(int message_id)
{
    send_event(&(struct port_mqtt_event){
        .type = PORT_MQTT_SUBSCRIBED, .message_id = message_id, .is_granted = true});
}

void fake_wait_publish(char *topic, size_t topic_cap, char *payload, size_t payload_cap)
{
    WAIT_UNTIL(mqtt.published > mqtt.taken, "a publish");
    pthread_mutex_lock(&lock);
    const struct publish *slot = &mqtt.publishes[mqtt.taken++ % PUBLISHES_MAX];
    snprintf(topic, topic_cap, "%s", slot->topic);
    snprintf(payload, payload_cap, "%s", slot->payload);
    pthread_mutex_unlock(&lock);
}

unsigned fake_publish_count(void)
{
    return read_unsigned(&mqtt.published);
}

static bool is_there_a_connection(void)
{
    pthread_mutex_lock(&lock);
    bool result = mqtt.is_connected;
    pthread_mutex_unlock(&lock);
    return result;
}

bool fake_deliver(const char *topic, const char *payload)
{
    return fake_deliver_pieces(topic, payload, strlen(payload) + 1);
}

void fake_deliver_piece(const char *topic, const char *payload, size_t offset, size_t len)
{
    char whole[512];
    snprintf(whole, sizeof(whole), FAKE_PREFIX "%s", topic);
    send_event(&(struct port_mqtt_event){.type = PORT_MQTT_MESSAGE,
                                         .topic = offset == 0 ? slice_from(whole) : SLICE_EMPTY,
                                         .payload = {payload + offset, len},
                                         .offset = offset,
                                         .total = strlen(payload)});
}

bool fake_deliver_pieces(const char *topic, const char *payload, size_t piece)
{
    const size_t total = strlen(payload);
    const bool result = is_there_a_connection();
    for (size_t at = 0; at == 0 || at < total; at += piece) {
        fake_deliver_piece(topic, payload, at, total - at < piece ? total - at : piece);
    }
    return result;
}

/* ---- storage */

enum err port_store_open(void)
{
    pthread_mutex_lock(&lock);
    enum err err = store.result;
    pthread_mutex_unlock(&lock);
    return err;
}

enum err port_store_put(const char *key, const void *record, size_t len)
{
    (void)key;
    pthread_mutex_lock(&lock);
    if (store.must_hold) {
        store.is_held = true;
        pthread_cond_broadcast(&changed);
        while (store.must_hold) {
            pthread_cond_wait(&changed, &lock);
        }
        store.is_held = false;
    }
    enum err err = store.result;
    if (!err && len <= sizeof(store.record)) {
        memcpy(store.record, record, len);
        store.len = len;
        store.has_record = true;
        store.puts++;
    }
    pthread_mutex_unlock(&lock);
    return err;
}

enum err port_store_get(const char *key, void *record, size_t cap, size_t *len)
{
    (void)key;
    pthread_mutex_lock(&lock);
    enum err err = !store.has_record ? ERR_NOT_FOUND : store.len > cap ? ERR_TOO_LONG : ERR_OK;
    if (!err) {
        memcpy(record, store.record, store.len);
        *len = store.len;
    }
    pthread_mutex_unlock(&lock);
    return err;
}

enum err port_store_erase(const char *key)
{
    (void)key;
    pthread_mutex_lock(&lock);
    store.has_record = false;
    pthread_mutex_unlock(&lock);
    return ERR_OK;
}

unsigned fake_put_count(void)
{
    return read_unsigned(&store.puts);
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
    WAIT_UNTIL(store.is_held, "a put");
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
    size_t len = store.has_record && store.len <= cap ? store.len : 0;
    memcpy(out, store.record, len);
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

enum err port_board_gpio_mode(uint8_t pin, bool is_output)
{
    (void)is_output;
    return pin < 16 ? ERR_OK : ERR_RANGE;
}

enum err port_board_gpio_write(uint8_t pin, bool level)
{
    if (pin >= 16) {
        return ERR_RANGE;
    }
    pthread_mutex_lock(&lock);
    board.changes[pin] += board.pins[pin] != level;
    board.pins[pin] = level;
    pthread_mutex_unlock(&lock);
    return ERR_OK;
}

enum err port_board_gpio_read(uint8_t pin, bool *level)
{
    if (pin >= 16) {
        return ERR_RANGE;
    }
    pthread_mutex_lock(&lock);
    *level = board.pins[pin];
    pthread_mutex_unlock(&lock);
    return ERR_OK;
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

void fake_wait_log(const char *text)
{
    WAIT_UNTIL(strstr(board.log, text), text);
}

void fake_wait_restart(void)
{
    WAIT_UNTIL(board.restarts > 0, "a restart");
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

unsigned fake_gpio_changes(uint8_t pin)
{
    return read_unsigned(&board.changes[pin]);
}

/* ---- time: the wall clock is the test's */

uint64_t port_time_monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    pthread_mutex_lock(&lock);
    uint64_t advanced_ms = board.advanced_ms;
    pthread_mutex_unlock(&lock);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u + advanced_ms;
}

void fake_advance_ms(uint64_t ms)
{
    pthread_mutex_lock(&lock);
    board.advanced_ms += ms;
    pthread_mutex_unlock(&lock);
}

void fake_hurry(unsigned factor)
{
    pthread_mutex_lock(&lock);
    board.haste = factor;
    pthread_mutex_unlock(&lock);
}

int64_t port_time_wall_s(void)
{
    pthread_mutex_lock(&lock);
    int64_t wall_s = board.wall_s;
    pthread_mutex_unlock(&lock);
    return wall_s;
}

void port_time_sleep_ms(uint32_t ms)
{
    uint64_t us = (uint64_t)ms * 1000 / read_unsigned(&board.haste);
    struct timespec pause = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
    nanosleep(&pause, NULL);
}
