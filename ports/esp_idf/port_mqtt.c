/* SPDX-License-Identifier: MIT */
/* One connection at a time. One that cannot be ended in time, because the resolver holds it up, ends on its own. */
#include "device/port/port_mqtt.h"
#include "device/port/port_board.h"
#include "ports/esp_idf/mqtt_session.h"
#include "ports/esp_idf/netif.h"
#include "ports/esp_idf/tls_check.h"

#include <stdio.h>

#define CLOSE_MS     4500
#define REAPER_STACK 3072

static struct session *active; /* the engine task's */

/* Texts that were good stay good: looking at a key takes a small chip a while and much stack, and connections come and go. */
static struct {
    const char *root_ca, *cert, *key;
} good;

enum err port_mqtt_check(const struct port_mqtt_config *config, enum port_mqtt_credential *bad,
                         const char **why)
{
    enum err err = tls_check(config, bad, why);
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
        char line[120];
        snprintf(line, sizeof(line), "TLS: the %s %s", names[bad], why);
        port_board_log(LOG_LEVEL_ERROR, line);
    }
    return err;
}

static bool has_ended(struct session *session)
{
    if (!port_signal_wait(&session->ended, 0)) {
        return false;
    }
    port_signal_set(&session->ended); /* for whoever closes it */
    return true;
}

enum err port_mqtt_open(const struct port_mqtt_config *config, port_mqtt_event_fn on_event, void *ctx)
{
    if (active && !has_ended(active)) {
        return ERR_BUSY;
    }
    port_mqtt_close(); /* what is left of the one before */
    if (!netif_is_ready()) {
        return ERR_OFFLINE;
    }
    enum err err = check_once(config);
    return err ? err : session_new(config, on_event, ctx, &active);
}

static void reap(void *ctx)
{
    struct session *session = ctx;
    port_signal_wait(&session->ended, UINT32_MAX);
    session_free(session);
}

void port_mqtt_close(void)
{
    struct session *session = active;
    if (!session) {
        return;
    }
    active = NULL;
    session_stop(session);
    bool is_over = port_signal_wait(&session->ended, CLOSE_MS);
    if (!is_over && port_task_start("dj_reaper", REAPER_STACK, 1, reap, session)) {
        port_signal_wait(&session->ended, UINT32_MAX); /* no memory for that task: wait here */
        is_over = true;
    }
    if (is_over) {
        session_free(session);
    }
}

enum err port_mqtt_subscribe(const char *filter, int *message_id)
{
    return active ? session_subscribe(active, filter, message_id) : ERR_OFFLINE;
}

enum err port_mqtt_publish(const char *topic, const void *payload, size_t len)
{
    return active ? session_publish(active, topic, payload, len) : ERR_OFFLINE;
}
