/* SPDX-License-Identifier: MIT */
/* The one connection of port_mqtt.h, and its credentials. A connection that cannot be ended in time, because the resolver
 * holds it up, is handed to a task that waits for its end. All that happens on a connection is left to mqtt_session.c. */
#include "device/port/port_mqtt.h"
#include "device/port/port_sync.h"
#include "ports/esp_idf/log_line.h"
#include "ports/esp_idf/mqtt_session.h"
#include "ports/esp_idf/netif.h"
#include "ports/esp_idf/tls_check.h"

#include <stdio.h>

#define CLOSE_MS     4500
#define REAPER_STACK 3072

static struct mqtt_session
    *active; /* the connection that was opened last and not closed; NULL: none. The engine task alone */

/* The texts that port_mqtt_check was given last and found good; NULL: none yet. port_mqtt_open does not look at them again for
 * each connection: reading a key takes a small chip up to a second and much stack. */
static struct {
    const char *root_ca, *cert, *key;
} good;

enum err port_mqtt_check(const struct port_mqtt_config *config, enum port_mqtt_credential *bad,
                         const char **why)
{
    enum err err = tls_check(config, bad, why);
    good.key = NULL; /* what it referred to may be forgotten now */
    if (!err) {
        good.root_ca = config->root_ca_pem;
        good.cert = config->cert_pem;
        good.key = config->key_pem;
    }
    return err;
}

static enum err check_once(const struct port_mqtt_config *config)
{
    static const char *const names[] = {"root CA", "certificate", "private key"};
    if (good.root_ca == config->root_ca_pem && good.cert == config->cert_pem && good.key == config->key_pem) {
        return ERR_OK;
    }
    enum port_mqtt_credential bad = PORT_MQTT_ROOT_CA;
    const char *why = "cannot be used";
    enum err err = port_mqtt_check(config, &bad, &why);
    if (err) {
        char line[150];
        snprintf(line, sizeof(line), "TLS: the %s %s", names[bad], why);
        log_line(LOG_LEVEL_ERROR, line);
    }
    return err;
}

enum err port_mqtt_open(const struct port_mqtt_config *config, port_mqtt_event_fn on_event, void *ctx)
{
    if (active && !mqtt_session_wait_ended(active, 0)) {
        return ERR_BUSY;
    }
    port_mqtt_close(); /* the connection before has ended, and is still to be freed */
    if (!netif_is_ready()) {
        return ERR_OFFLINE;
    }
    enum err err = check_once(config);
    return err ? err : mqtt_session_new(config, on_event, ctx, &active);
}

static void reap(void *ctx)
{
    struct mqtt_session *session = ctx;
    mqtt_session_wait_ended(session, UINT32_MAX);
    mqtt_session_free(session);
}

void port_mqtt_close(void)
{
    struct mqtt_session *session = active;
    if (!session) {
        return;
    }
    active = NULL;
    mqtt_session_stop(session);
    bool is_over = mqtt_session_wait_ended(session, CLOSE_MS);
    if (!is_over && port_task_start("dj_reaper", REAPER_STACK, 1, reap, session)) {
        mqtt_session_wait_ended(session, UINT32_MAX); /* no memory for that task: wait here */
        is_over = true;
    }
    if (is_over) {
        mqtt_session_free(session);
    }
}

enum err port_mqtt_subscribe(const char *filter, uint8_t qos, int *message_id)
{
    return active ? mqtt_session_subscribe(active, filter, qos, message_id) : ERR_OFFLINE;
}

enum err port_mqtt_unsubscribe(const char *filter)
{
    return active ? mqtt_session_unsubscribe(active, filter) : ERR_OFFLINE;
}

enum err port_mqtt_publish(const struct port_mqtt_message *message, int *message_id)
{
    return active ? mqtt_session_publish(active, message, message_id) : ERR_OFFLINE;
}

struct port_mqtt_outgoing port_mqtt_outgoing(void)
{
    return active ? mqtt_session_outgoing(active) : (struct port_mqtt_outgoing){0};
}
