/* SPDX-License-Identifier: MIT */
#include "device/port/port_mqtt.h"
#include "ports/template/missing.h"

enum err port_mqtt_check(const struct port_mqtt_config *config, enum port_mqtt_credential *bad,
                         const char **why)
{
    (void)config, (void)bad, (void)why;
    MISSING();
}

enum err port_mqtt_open(const struct port_mqtt_config *config, port_mqtt_event_fn on_event, void *ctx)
{
    (void)config, (void)on_event, (void)ctx;
    MISSING();
}

void port_mqtt_close(void)
{
    MISSING();
}

enum err port_mqtt_subscribe(const char *filter, uint8_t qos, int *message_id)
{
    (void)filter, (void)qos, (void)message_id;
    MISSING();
}

enum err port_mqtt_unsubscribe(const char *filter)
{
    (void)filter;
    MISSING();
}

struct port_mqtt_outgoing port_mqtt_outgoing(void)
{
    MISSING();
}

enum err port_mqtt_publish(const struct port_mqtt_message *message, int *message_id)
{
    (void)message, (void)message_id;
    MISSING();
}
