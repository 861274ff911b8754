/* SPDX-License-Identifier: MIT */
/* Looks at PEM texts before they are used. */
#ifndef PORTS_ESP_IDF_TLS_CHECK_H
#define PORTS_ESP_IDF_TLS_CHECK_H

#include "device/port/port_mqtt.h"

/* As port_mqtt_check. */
enum err tls_check(const struct port_mqtt_config *config, enum port_mqtt_credential *bad, const char **why);

#endif
