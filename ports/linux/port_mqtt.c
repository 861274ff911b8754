/* SPDX-License-Identifier: MIT */
/* One connection at a time: a network thread owns the socket, the engine task opens, publishes and closes. What the thread needs it
 * copies, so that it may outlive port_mqtt_close while the system's resolver blocks it. */
#include "device/port/port_mqtt.h"
#include "device/port/port_board.h"
#include "ports/linux/mqtt_session.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "ports/linux/tasks.h"

#define CLOSE_MS      5000
#define STACK_BYTES   (512u * 1024u)
#define HOST_CAP      256
#define CLIENT_ID_CAP 130

struct connection {
    struct session session;
    pthread_t thread;
    char host[HOST_CAP];
    char client_id[CLIENT_ID_CAP];
    port_mqtt_event_fn on_event;
    void *ctx;
    /* below: guarded by `lock` */
    bool is_closed;      /* no event any more */
    bool is_in_callback; /* of on_event */
    bool is_finished;    /* the thread does not touch it any more */
    bool is_abandoned;   /* the thread frees it */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_cond_t changed;
static struct connection *active; /* the engine task's; guarded by `lock` */

static void init_once(void)
{
    tasks_cond_init(&changed);
    session_init_library();
}

static void destroy(struct connection *connection)
{
    session_deinit(&connection->session);
    free(connection);
}

/* Hands an event on, unless the connection was closed. */
static void emit(void *ctx, const struct port_mqtt_event *event)
{
    struct connection *connection = ctx;
    pthread_mutex_lock(&lock);
    bool is_wanted = !connection->is_closed;
    connection->is_in_callback = is_wanted;
    pthread_mutex_unlock(&lock);
    if (!is_wanted) {
        return;
    }
    connection->on_event(connection->ctx, event);
    pthread_mutex_lock(&lock);
    connection->is_in_callback = false;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void *run(void *ctx)
{
    struct connection *connection = ctx;
    session_run(&connection->session);
    pthread_mutex_lock(&lock);
    connection->is_finished = true;
    bool is_abandoned = connection->is_abandoned;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    if (is_abandoned) {
        destroy(connection);
    }
    return NULL;
}

static enum err start_thread(struct connection *connection)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = pthread_create(&connection->thread, &attributes, run, connection);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failed ? ERR_FULL : ERR_OK;
}

enum err port_mqtt_check(const struct port_mqtt_config *config, enum port_mqtt_credential *bad,
                         const char **why)
{
    struct tls_verdict verdict;
    SSL_CTX *ctx = tls_context_new(config, &verdict, bad, why);
    if (!ctx) {
        return ERR_TLS;
    }
    SSL_CTX_free(ctx);
    return ERR_OK;
}

static void log_bad_credential(enum port_mqtt_credential bad, const char *why)
{
    static const char *const names[] = {"root CA", "certificate", "private key"};
    char line[200];
    snprintf(line, sizeof(line), "TLS: the %s %s", names[bad], why ? why : "cannot be used");
    port_board_log(LOG_LEVEL_ERROR, line);
}

static enum err connection_new(const struct port_mqtt_config *config, struct connection **out)
{
    if (strlen(config->host) >= HOST_CAP || strlen(config->client_id) >= CLIENT_ID_CAP) {
        return ERR_TOO_LONG;
    }
    struct connection *connection = calloc(1, sizeof(*connection));
    if (!connection) {
        return ERR_FULL;
    }
    strcpy(connection->host, config->host);
    strcpy(connection->client_id, config->client_id);
    enum port_mqtt_credential bad = PORT_MQTT_ROOT_CA;
    const char *why = NULL;
    enum err err =
        session_init(&connection->session, config, connection->host, connection->client_id, &bad, &why);
    if (err) {
        if (err == ERR_TLS) {
            log_bad_credential(bad, why);
        }
        free(connection);
        return err;
    }
    *out = connection;
    return ERR_OK;
}

enum err port_mqtt_open(const struct port_mqtt_config *config, port_mqtt_event_fn on_event, void *ctx)
{
    pthread_once(&once, init_once);
    pthread_mutex_lock(&lock);
    bool is_busy = active && !active->is_finished;
    pthread_mutex_unlock(&lock);
    if (is_busy) {
        return ERR_BUSY;
    }
    port_mqtt_close(); /* what is left of the one before */
    struct connection *connection = NULL;
    enum err err = connection_new(config, &connection);
    if (err) {
        return err;
    }
    connection->on_event = on_event;
    connection->ctx = ctx;
    connection->session.emit = emit;
    connection->session.emit_ctx = connection;
    err = start_thread(connection);
    if (err) {
        destroy(connection);
        return err;
    }
    pthread_mutex_lock(&lock);
    active = connection;
    pthread_mutex_unlock(&lock);
    return ERR_OK;
}

void port_mqtt_close(void)
{
    pthread_once(&once, init_once);
    struct timespec deadline;
    tasks_deadline(CLOSE_MS, &deadline);
    pthread_mutex_lock(&lock);
    struct connection *connection = active;
    active = NULL;
    if (!connection) {
        pthread_mutex_unlock(&lock);
        return;
    }
    connection->is_closed = true;
    session_stop(&connection->session);
    int result = 0;
    while (result == 0 && !connection->is_finished &&
           (connection->is_in_callback || !session_is_resolving(&connection->session))) {
        result = pthread_cond_timedwait(&changed, &lock, &deadline);
    }
    bool is_finished = connection->is_finished;
    connection->is_abandoned = !is_finished;
    pthread_t thread = connection->thread;
    pthread_mutex_unlock(&lock);
    if (is_finished) {
        pthread_join(thread, NULL);
        destroy(connection);
    } else {
        pthread_detach(thread);
    }
}

/* `active` is set and cleared by the engine task alone, and that is the caller. */
enum err port_mqtt_subscribe(const char *filter, int *message_id)
{
    return active ? session_subscribe(&active->session, filter, message_id) : ERR_OFFLINE;
}

enum err port_mqtt_publish(const char *topic, const void *payload, size_t len)
{
    return active ? session_publish(&active->session, topic, payload, len) : ERR_OFFLINE;
}

struct port_mqtt_outgoing port_mqtt_outgoing(void)
{
    return active ? session_outgoing(&active->session) : (struct port_mqtt_outgoing){0};
}
