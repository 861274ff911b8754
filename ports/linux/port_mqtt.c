/* SPDX-License-Identifier: MIT */
/* One connection at a time: a network thread owns the socket, the engine task opens, publishes and closes. Nothing in the thread waits
 * without a bound, so that closing can wait for its end. */
#include "device/port/port_mqtt.h"
#include "device/port/port_board.h"
#include "ports/linux/mqtt_session.h"
#include "ports/linux/resolver.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ports/linux/tasks.h"

#define CLIENT_ID_CAP 130

struct connection {
    struct session session;
    pthread_t thread;
    char host[RESOLVER_HOST_CAP];
    char client_id[CLIENT_ID_CAP];
    port_mqtt_event_fn on_event;
    void *ctx;
    atomic_bool is_closed;   /* no event any more */
    atomic_bool is_finished; /* the thread has emitted its last event */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct connection *active; /* the engine task's */

static void destroy(struct connection *connection)
{
    session_deinit(&connection->session);
    free(connection);
}

/* Hands an event on, unless the connection was closed. */
static void emit(void *ctx, const struct port_mqtt_event *event)
{
    struct connection *connection = ctx;
    if (!atomic_load(&connection->is_closed)) {
        connection->on_event(connection->ctx, event);
    }
}

static void *run(void *ctx)
{
    struct connection *connection = ctx;
    session_run(&connection->session);
    atomic_store(&connection->is_finished, true);
    return NULL;
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
    if (strlen(config->host) >= RESOLVER_HOST_CAP || strlen(config->client_id) >= CLIENT_ID_CAP) {
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
    pthread_once(&once, session_init_library);
    if (active && !atomic_load(&active->is_finished)) {
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
    err = tasks_start_thread(&connection->thread, run, connection);
    if (err) {
        destroy(connection);
        return err;
    }
    active = connection;
    return ERR_OK;
}

void port_mqtt_close(void)
{
    struct connection *connection = active;
    active = NULL;
    if (!connection) {
        return;
    }
    atomic_store(&connection->is_closed, true);
    session_stop(&connection->session);
    pthread_join(connection->thread, NULL);
    destroy(connection);
}

/* `active` is set and cleared by the engine task alone, and that is the caller. */
enum err port_mqtt_subscribe(const char *filter, uint8_t qos, int *message_id)
{
    return active ? session_subscribe(&active->session, filter, qos, message_id) : ERR_OFFLINE;
}

enum err port_mqtt_unsubscribe(const char *filter)
{
    return active ? session_unsubscribe(&active->session, filter) : ERR_OFFLINE;
}

enum err port_mqtt_publish(const struct port_mqtt_message *message, int *message_id)
{
    return active ? session_publish(&active->session, message, message_id) : ERR_OFFLINE;
}

struct port_mqtt_outgoing port_mqtt_outgoing(void)
{
    return active ? session_outgoing(&active->session) : (struct port_mqtt_outgoing){0};
}
