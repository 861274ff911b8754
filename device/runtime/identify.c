/* SPDX-License-Identifier: MIT */
/* Who the device is, when that is known after runtime_init: no task runs yet, so nobody else looks at it. */
#include "device/runtime/prologue.h"

#include "device/runtime/state.h"

void runtime_identify(const struct runtime_identity *identity)
{
    struct runtime_config *config = &device_runtime.config;
    port_mutex_lock(&device_runtime.lock);
    config->host = identity->host;
    config->port = identity->port;
    config->thing_name = identity->client_id;
    config->root_ca_pem = identity->root_ca_pem;
    config->cert_pem = identity->cert_pem;
    config->key_pem = identity->key_pem;
    device_runtime.shown.thing_name = identity->client_id;
    port_mutex_unlock(&device_runtime.lock);
    runtime_connection_init();
}
