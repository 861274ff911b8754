/* SPDX-License-Identifier: MIT */
/* mosquitto's side of the broker plugin (plugin API 5): start, end, and every turn of the broker's loop. What the plugin
 * answers is in plugin_connect.c, plugin_acl.c and plugin_message.c. */
#include "cloud/broker/plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MS 100 /* how late a change of rights may be noticed */

static void log_line(const char *line)
{
    mosquitto_log_printf(MOSQ_LOG_NOTICE, "%s", line);
}

/* --- Every turn of the broker's loop --- */

static void kick(void *ctx, const char *certificate)
{
    struct plugin *plugin = ctx;
    if (!connection_has_certificate(plugin->guard.connections, certificate)) {
        return;
    }
    mosquitto_log_printf(MOSQ_LOG_NOTICE,
                         "closed the connections of certificate %.8s: it is not ACTIVE any more",
                         certificate);
    mosquitto_kick_client_by_username(certificate, false);
}

static bool is_time_to_poll(struct plugin *plugin)
{
    int64_t now_ms = clock_monotonic_ms(plugin->guard.clock);
    if (now_ms - plugin->polled_at_ms < POLL_MS) {
        return false;
    }
    plugin->polled_at_ms = now_ms;
    return true;
}

static void poll_rights(struct plugin *plugin)
{
    if (authority_has_changed(plugin->guard.authority)) {
        connection_mark_all_stale(plugin->guard.connections);
        plugin->must_kick = true;
    }
    if (plugin->must_kick) {
        plugin->is_kicking = true;
        plugin->must_kick = !authority_inactive(plugin->guard.authority, kick, plugin);
        plugin->is_kicking = false;
    }
}

static int on_tick(int kind, void *event_data, void *ctx)
{
    (void)kind, (void)event_data;
    struct plugin *plugin = ctx;
    plugin->retained.client = NULL;
    plugin_tell_end(plugin, NULL, NULL);
    plugin_presence_settle(plugin);
    plugin_send_outbox(plugin);
    if (is_time_to_poll(plugin)) {
        poll_rights(plugin);
    }
    return MOSQ_ERR_SUCCESS;
}

/* --- Start and end --- */

static const char *option(const struct mosquitto_opt *options, int count, const char *key)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(options[i].key, key) == 0) {
            return options[i].value;
        }
    }
    return "";
}

static int register_callbacks(struct plugin *plugin)
{
    static const struct {
        int event;
        MOSQ_FUNC_generic_callback callback;
    } all[] = {
        {MOSQ_EVT_BASIC_AUTH, plugin_on_basic_auth},
        {MOSQ_EVT_ACL_CHECK, plugin_on_acl_check},
        {MOSQ_EVT_MESSAGE, plugin_on_message},
        {MOSQ_EVT_DISCONNECT, plugin_on_disconnect},
        {MOSQ_EVT_TICK, on_tick},
    };
    int code = MOSQ_ERR_SUCCESS;
    for (size_t i = 0; code == MOSQ_ERR_SUCCESS && i < sizeof(all) / sizeof(all[0]); i++) {
        code = mosquitto_callback_register(plugin->id, all[i].event, all[i].callback, NULL, plugin);
    }
    return code;
}

int mosquitto_plugin_version(int count, const int *versions)
{
    for (int i = 0; i < count; i++) {
        if (versions[i] == MOSQ_PLUGIN_VERSION) {
            return MOSQ_PLUGIN_VERSION;
        }
    }
    return -1;
}

int mosquitto_plugin_cleanup(void *ctx, struct mosquitto_opt *options, int option_count)
{
    (void)options, (void)option_count; /* mosquitto itself forgets the callbacks */
    struct plugin *plugin = ctx;
    plugin_drop_outbox(plugin);
    plugin_presence_close(plugin);
    connection_table_destroy(plugin->guard.connections);
    authority_close(plugin->guard.authority);
    session_memory_destroy(plugin->sessions);
    free(plugin);
    return MOSQ_ERR_SUCCESS;
}

int mosquitto_plugin_init(mosquitto_plugin_id_t *id, void **ctx, struct mosquitto_opt *options,
                          int option_count)
{
    const struct authority_config config = {
        .database = option(options, option_count, "database"),
        .region = option(options, option_count, "region"),
        .account = option(options, option_count, "account"),
    };
    char why[300] = "out of memory";
    struct plugin *plugin = calloc(1, sizeof(*plugin));
    if (plugin == NULL) {
        return MOSQ_ERR_NOMEM;
    }
    plugin->id = id;
    plugin->outbox.answers_end = &plugin->outbox.answers;
    plugin->guard.log = log_line;
    plugin->guard.clock = &clock_real;
    plugin->sessions = session_memory_create();
    snprintf(plugin->secret, sizeof(plugin->secret), "%s", option(options, option_count, "secret"));
    if (plugin->sessions != NULL) {
        plugin->guard.authority = authority_open(&config, why, sizeof(why));
    }
    if (plugin->guard.authority != NULL) {
        snprintf(why, sizeof(why), "out of memory");
        plugin->guard.connections = connection_table_create(plugin->guard.authority);
    }
    if (plugin->guard.connections != NULL && register_callbacks(plugin) == MOSQ_ERR_SUCCESS &&
        plugin_presence_open(plugin)) {
        *ctx = plugin;
        return MOSQ_ERR_SUCCESS;
    }
    mosquitto_log_printf(MOSQ_LOG_ERR, "iot-local plugin: %s", why);
    mosquitto_plugin_cleanup(plugin, NULL, 0);
    return MOSQ_ERR_UNKNOWN;
}
