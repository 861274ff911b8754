/* SPDX-License-Identifier: MIT */
/* A mosquitto plugin for the port suite: SUBSCRIBE to one filter is answered with 0x80, which access lists alone do not do. */
#include <string.h>

#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>

static mosquitto_plugin_id_t *plugin;

static int on_acl_check(int event, void *event_data, void *userdata)
{
    const struct mosquitto_evt_acl_check *check = event_data;
    (void)event, (void)userdata;
    return check->access == MOSQ_ACL_SUBSCRIBE && strcmp(check->topic, "suite/forbidden") == 0
               ? MOSQ_ERR_ACL_DENIED
               : MOSQ_ERR_SUCCESS;
}

int mosquitto_plugin_version(int count, const int *versions)
{
    for (int i = 0; i < count; i++) {
        if (versions[i] == 5) {
            return 5;
        }
    }
    return -1;
}

int mosquitto_plugin_init(mosquitto_plugin_id_t *identifier, void **userdata, struct mosquitto_opt *options,
                          int count)
{
    (void)userdata, (void)options, (void)count;
    plugin = identifier;
    return mosquitto_callback_register(plugin, MOSQ_EVT_ACL_CHECK, on_acl_check, NULL, NULL);
}

int mosquitto_plugin_cleanup(void *userdata, struct mosquitto_opt *options, int count)
{
    (void)userdata, (void)options, (void)count;
    return mosquitto_callback_unregister(plugin, MOSQ_EVT_ACL_CHECK, on_acl_check, NULL);
}
