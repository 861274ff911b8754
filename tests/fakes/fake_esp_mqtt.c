/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "fakes/fake_esp_mqtt.h"
#include "esp_idf_decls/sdkconfig.h"
#include "esp_idf_decls/types.h"

#include "esp_idf_decls/functions.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SENT_MAX 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct mqtt_script script;
static struct mqtt_seen seen;
static bool is_released, is_hanging;
static struct {
    char what[200];
    int message_id;
} sent[SENT_MAX];
static unsigned sent_count, sent_taken;
static int next_id, server_socket = -1, mark_qos;
static bool mark_retained;

enum order { NOTHING, SUBACK, UNSUBACK, PUBACK, MESSAGE, DROP, DROP_TWICE, SILENCE };
static struct {
    enum order order;
    int message_id, len, total;
    unsigned char code;
    const char *topic, *payload;
} order;

static void wait_for(bool (*is_so)(void), const char *what)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 20;
    pthread_mutex_lock(&lock);
    int result = 0;
    while (!is_so() && result == 0) {
        result = pthread_cond_timedwait(&changed, &lock, &end);
    }
    pthread_mutex_unlock(&lock);
    if (result != 0) {
        fail_msg("waited in vain for %s", what);
    }
}

void mqtt_reset(void)
{
    pthread_mutex_lock(&lock);
    script = (struct mqtt_script){0};
    seen = (struct mqtt_seen){0};
    is_released = is_hanging = false;
    sent_count = sent_taken = 0;
    next_id = 100;
    mark_qos = 0;
    mark_retained = false;
    pthread_mutex_unlock(&lock);
}

void mqtt_set_script(const struct mqtt_script *next)
{
    pthread_mutex_lock(&lock);
    script = *next;
    pthread_mutex_unlock(&lock);
}

void mqtt_release(void)
{
    pthread_mutex_lock(&lock);
    is_released = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

struct mqtt_seen mqtt_get_seen(void)
{
    pthread_mutex_lock(&lock);
    struct mqtt_seen result = seen;
    pthread_mutex_unlock(&lock);
    return result;
}

int eventfd(unsigned int value, int flags);

/* ---- tcp_transport */

struct esp_transport_item_t {
    void *data;
    connect_func connect;
    io_read_func read;
    io_func write;
    trans_func close, destroy;
    poll_func poll_read, poll_write;
};

esp_transport_handle_t esp_transport_init(void)
{
    return calloc(1, sizeof(struct esp_transport_item_t));
}

esp_err_t esp_transport_destroy(esp_transport_handle_t t)
{
    t->destroy(t);
    free(t);
    return ESP_OK;
}

void *esp_transport_get_context_data(esp_transport_handle_t t)
{
    return t->data;
}

esp_err_t esp_transport_set_context_data(esp_transport_handle_t t, void *data)
{
    t->data = data;
    return ESP_OK;
}

esp_err_t esp_transport_set_func(esp_transport_handle_t t, connect_func connect, io_read_func read,
                                 io_func write, trans_func close, poll_func poll_read, poll_func poll_write,
                                 trans_func destroy)
{
    *t = (struct esp_transport_item_t){t->data, connect, read, write, close, destroy, poll_read, poll_write};
    return ESP_OK;
}

/* ---- esp-tls */

struct esp_tls {
    int sockets[2];
};

esp_tls_t *esp_tls_init(void)
{
    esp_tls_t *tls = calloc(1, sizeof(*tls));
    tls->sockets[0] = tls->sockets[1] = -1;
    return tls;
}

/* With `lock` held. */
static void hang_until_released(void)
{
    while (!is_released) {
        is_hanging = true;
        pthread_cond_broadcast(&changed);
        pthread_cond_wait(&changed, &lock);
    }
}

int esp_tls_conn_new_sync(const char *host, int len, int port, const esp_tls_cfg_t *config, esp_tls_t *tls)
{
    pthread_mutex_lock(&lock);
    if (script.hangs) {
        hang_until_released();
    }
    snprintf(seen.host, sizeof(seen.host), "%.*s", len, host);
    seen.port = (uint32_t)port;
    seen.has_alpn = config->alpn_protos && strcmp(config->alpn_protos[0], "x-amzn-mqtt-ca") == 0 &&
                    !config->alpn_protos[1];
    seen.verifies =
        config->cacert_buf && config->cacert_bytes == strlen((const char *)config->cacert_buf) + 1;
    const char *key = (const char *)config->clientkey_buf;
    seen.key = key && config->clientkey_bytes == strlen(key) + 1 ? key : NULL;
    seen.ds_data = config->ds_data;
    seen.uses_secure_element = config->use_secure_element;
    bool is_good = !script.tls_error;
    if (is_good) {
        is_good = socketpair(AF_UNIX, SOCK_STREAM, 0, tls->sockets) == 0;
        server_socket = tls->sockets[1];
    }
    pthread_mutex_unlock(&lock);
    return is_good ? 1 : -1;
}

int esp_tls_conn_destroy(esp_tls_t *tls)
{
    pthread_mutex_lock(&lock);
    for (int i = 0; i < 2; i++) {
        if (tls->sockets[i] >= 0) {
            close(tls->sockets[i]);
        }
    }
    server_socket = server_socket == tls->sockets[1] ? -1 : server_socket;
    pthread_mutex_unlock(&lock);
    free(tls);
    return 0;
}

ssize_t esp_tls_get_bytes_avail(esp_tls_t *tls)
{
    (void)tls;
    return 0;
}

esp_err_t esp_tls_get_conn_sockfd(esp_tls_t *tls, int *socket)
{
    *socket = tls->sockets[0];
    return ESP_OK;
}

esp_err_t esp_tls_get_error_handle(esp_tls_t *tls, esp_tls_error_handle_t *out)
{
    *out = (esp_tls_error_handle_t)(void *)tls;
    return ESP_OK;
}

esp_err_t esp_tls_get_and_clear_error_type(esp_tls_error_handle_t errors, esp_tls_error_type_t type,
                                           int *code)
{
    (void)errors, (void)type;
    *code = script.native_error;
    return ESP_OK;
}

esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t errors, int *code, int *flags)
{
    (void)errors, (void)flags;
    *code = script.tls_code;
    return script.tls_error;
}

void *esp_tls_get_ssl_context(esp_tls_t *tls)
{
    return tls;
}

ssize_t esp_tls_conn_read(esp_tls_t *tls, void *data, size_t len)
{
    return recv(tls->sockets[0], data, len, 0);
}

ssize_t esp_tls_conn_write(esp_tls_t *tls, const void *data, size_t len)
{
    return send(tls->sockets[0], data, len, MSG_NOSIGNAL);
}

uint32_t mbedtls_ssl_get_verify_result(const mbedtls_ssl_context *ssl)
{
    (void)ssl;
    return script.verify_flags;
}

/* ---- esp-mqtt */

struct esp_mqtt_client {
    esp_mqtt_client_config_t config;
    esp_event_handler_t handler;
    void *arg;
    pthread_t thread;
    atomic_bool must_run, must_disconnect;
    bool is_started, is_connected;
};

/* On the client's task, where cmocka's own asserts do not work. */
static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void tell(esp_mqtt_client_handle_t client, esp_mqtt_event_id_t id, esp_mqtt_event_t *event)
{
    client->handler(client->arg, "MQTT_EVENTS", id, event);
}

static void abort_connection(esp_mqtt_client_handle_t client, unsigned times)
{
    esp_mqtt_event_t event = {0};
    client->config.network.transport->close(client->config.network.transport);
    client->is_connected = false;
    for (unsigned i = 0; i < times; i++) {
        tell(client, MQTT_EVENT_DISCONNECTED, &event);
    }
}

static void connect_client(esp_mqtt_client_handle_t client)
{
    esp_transport_handle_t t = client->config.network.transport;
    esp_mqtt_error_codes_t errors = {0};
    esp_mqtt_event_t event = {.error_handle = &errors};
    bool is_up = t->connect(t, client->config.broker.address.hostname,
                            (int)client->config.broker.address.port, client->config.network.timeout_ms) == 0;
    pthread_mutex_lock(&lock);
    errors.connect_return_code = script.connack;
    pthread_mutex_unlock(&lock);
    if (!is_up || errors.connect_return_code) {
        errors.error_type = is_up ? MQTT_ERROR_TYPE_CONNECTION_REFUSED : 1;
        tell(client, MQTT_EVENT_ERROR, &event);
        abort_connection(client, 1);
        return;
    }
    client->is_connected = true;
    tell(client, MQTT_EVENT_CONNECTED, &event);
}

/* A message in pieces, as esp-mqtt tells it: the topic with the first alone. */
static void tell_message(esp_mqtt_client_handle_t client)
{
    esp_mqtt_event_t event = {.topic = (char *)(uintptr_t)order.topic, .topic_len = (int)strlen(order.topic)};
    char byte;
    event.total_data_len = abs(order.total);
    event.qos = mark_qos;
    event.retain = mark_retained;
    for (int at = 0; at < event.total_data_len || at == 0; at += order.len + (order.len == 0)) {
        event.data = order.len > 0 ? (char *)(uintptr_t)order.payload : NULL;
        event.data_len = event.total_data_len - at < order.len ? event.total_data_len - at : order.len;
        event.current_data_offset = at;
        tell(client, MQTT_EVENT_DATA, &event);
        event.topic = NULL;
        event.topic_len = 0;
        if (order.total < 0) { /* the rest does not come: esp-mqtt takes a timeout for the message's end */
            must(client->config.network.transport->read(client->config.network.transport, &byte, 1, 1) < 0);
            abort_connection(client, 1);
            return;
        }
    }
}

static void obey(esp_mqtt_client_handle_t client)
{
    esp_transport_handle_t t = client->config.network.transport;
    esp_mqtt_error_codes_t errors = {0};
    char byte;
    esp_mqtt_event_t event = {.msg_id = order.message_id, .error_handle = &errors};
    switch (order.order) {
    case SUBACK:
        event.data = (char *)&order.code;
        event.data_len = 1;
        tell(client, MQTT_EVENT_SUBSCRIBED, &event);
        break;
    case UNSUBACK:
        tell(client, MQTT_EVENT_UNSUBSCRIBED, &event);
        break;
    case PUBACK:
        tell(client, MQTT_EVENT_PUBLISHED, &event);
        break;
    case MESSAGE:
        tell_message(client);
        break;
    case DROP:
    case DROP_TWICE:
        shutdown(server_socket, SHUT_RDWR);
        must(t->read(t, &byte, 1, 0) < 0);
        abort_connection(client, order.order == DROP ? 1 : 2);
        break;
    case SILENCE:
        abort_connection(client, 1);
        break;
    case NOTHING:
        break;
    }
}

/* What the server has sent is in `order`; a byte on the socket says so. */
static void serve(esp_mqtt_client_handle_t client)
{
    char byte;
    esp_transport_handle_t t = client->config.network.transport;
    must(t->read(t, &byte, 1, 1000) == 1);
    obey(client);
    pthread_mutex_lock(&lock);
    order.order = NOTHING;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void *run_client(void *ctx)
{
    esp_mqtt_client_handle_t client = ctx;
    esp_transport_handle_t t = client->config.network.transport;
    connect_client(client);
    while (atomic_load(&client->must_run)) {
        if (!client->is_connected) {
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        } else if (atomic_exchange(&client->must_disconnect, false)) {
            abort_connection(client, 1);
        } else if (t->poll_read(t, 1000) > 0) {
            serve(client);
        }
    }
    return NULL;
}

esp_mqtt_client_handle_t esp_mqtt_client_init(const esp_mqtt_client_config_t *config)
{
    esp_mqtt_client_handle_t client = calloc(1, sizeof(*client));
    client->config = *config;
    pthread_mutex_lock(&lock);
    snprintf(seen.client_id, sizeof(seen.client_id), "%s", config->credentials.client_id);
    seen.keepalive_s = config->session.keepalive;
    seen.protocol = config->session.protocol_ver;
    seen.in_buffer = config->buffer.size;
    seen.out_buffer = config->buffer.out_size;
    seen.has_auto_reconnect = !config->network.disable_auto_reconnect;
    pthread_mutex_unlock(&lock);
    return client;
}

esp_err_t esp_mqtt_client_register_event(esp_mqtt_client_handle_t client, esp_mqtt_event_id_t event,
                                         esp_event_handler_t handler, void *arg)
{
    client->handler = handler;
    client->arg = arg;
    return event == MQTT_EVENT_ANY ? ESP_OK : ESP_FAIL;
}

esp_err_t esp_mqtt_client_start(esp_mqtt_client_handle_t client)
{
    pthread_mutex_lock(&lock);
    seen.starts++;
    pthread_mutex_unlock(&lock);
    atomic_store(&client->must_run, true);
    client->is_started = pthread_create(&client->thread, NULL, run_client, client) == 0;
    return client->is_started ? ESP_OK : ESP_FAIL;
}

esp_err_t esp_mqtt_client_disconnect(esp_mqtt_client_handle_t client)
{
    atomic_store(&client->must_disconnect, true);
    return ESP_OK;
}

esp_err_t esp_mqtt_client_destroy(esp_mqtt_client_handle_t client)
{
    atomic_store(&client->must_run, false);
    if (client->is_started) {
        pthread_join(client->thread, NULL);
    }
    esp_transport_destroy(client->config.network.transport);
    free(client);
    pthread_mutex_lock(&lock);
    seen.ends++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return ESP_OK;
}

static int note(const char *kind, const char *name, const char *data, int len)
{
    pthread_mutex_lock(&lock);
    int id = next_id++;
    if (sent_count < SENT_MAX) {
        snprintf(sent[sent_count].what, sizeof(sent[0].what), "%s %s%s%.*s", kind, name, data ? " " : "", len,
                 data ? data : "");
        sent[sent_count++].message_id = id;
    }
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return id;
}

int esp_mqtt_client_subscribe_single(esp_mqtt_client_handle_t client, const char *filter, int qos)
{
    must(qos == 0 || qos == 1);
    bool is_taken = client->is_connected && !script.refuses_subscribe;
    return is_taken ? note(qos ? "SUB" : "SUB0", filter, NULL, 0) : -1;
}

int esp_mqtt_client_unsubscribe(esp_mqtt_client_handle_t client, const char *filter)
{
    return client->is_connected ? note("UNSUB", filter, NULL, 0) : -1;
}

int esp_mqtt_client_publish(esp_mqtt_client_handle_t client, const char *topic, const char *data, int len,
                            int qos, int retain)
{
    static const char *const kinds[2][2] = {{"PUB0", "PUB0R"}, {"PUB", "PUBR"}};
    must((qos == 0 || qos == 1) && (retain == 0 || retain == 1));
    must(data ? len > 0 : len == 0); /* esp-mqtt would measure a text of no length */
    if (script.refuses_publish) {
        abort_connection(client, 1);
        return -1;
    }
    pthread_mutex_lock(&lock);
    if (script.hangs_in_publish) {
        hang_until_released();
    }
    pthread_mutex_unlock(&lock);
    int id = note(kinds[qos][retain], topic, data, len);
    return qos ? id : 0;
}

/* ---- the server's side */

static bool has_sent(void)
{
    return sent_taken < sent_count;
}

static bool hangs_now(void)
{
    return is_hanging;
}

void mqtt_wait_hanging(void)
{
    wait_for(hangs_now, "a connection that hangs");
}

static bool is_obeyed(void)
{
    return order.order == NOTHING;
}

int mqtt_wait_sent(char *what, size_t cap)
{
    wait_for(has_sent, "the client to send something");
    pthread_mutex_lock(&lock);
    snprintf(what, cap, "%s", sent[sent_taken].what);
    int id = sent[sent_taken++].message_id;
    pthread_mutex_unlock(&lock);
    return id;
}

unsigned mqtt_sent_count(void)
{
    pthread_mutex_lock(&lock);
    unsigned result = sent_count;
    pthread_mutex_unlock(&lock);
    return result;
}

static void give(enum order next)
{
    pthread_mutex_lock(&lock);
    order.order = next;
    assert_int_equal(send(server_socket, "!", 1, MSG_NOSIGNAL), 1);
    pthread_mutex_unlock(&lock);
    wait_for(is_obeyed, "the client's task");
}

void mqtt_suback(int message_id, unsigned char code)
{
    order.message_id = message_id;
    order.code = code;
    give(SUBACK);
}

void mqtt_unsuback(int message_id)
{
    order.message_id = message_id;
    give(UNSUBACK);
}

void mqtt_mark_messages(int qos, bool is_retained)
{
    pthread_mutex_lock(&lock);
    mark_qos = qos;
    mark_retained = is_retained;
    pthread_mutex_unlock(&lock);
}

void mqtt_puback(int message_id)
{
    order.message_id = message_id;
    give(PUBACK);
}

void mqtt_message(const char *topic, const char *payload, int len, int total)
{
    order.topic = topic;
    order.payload = payload;
    order.len = len;
    order.total = total;
    give(MESSAGE);
}

void mqtt_drop(void)
{
    give(DROP);
}

void mqtt_drop_twice(void)
{
    give(DROP_TWICE);
}

void mqtt_go_silent(void)
{
    give(SILENCE);
}
