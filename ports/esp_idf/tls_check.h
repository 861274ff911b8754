/* SPDX-License-Identifier: MIT */
/* Whether certificates and key can be used, before a connection is tried with them: esp-tls itself would say no more than that
 * TLS failed. Looking once and not for each connection is left to port_mqtt.c. */
#ifndef PORTS_ESP_IDF_TLS_CHECK_H
#define PORTS_ESP_IDF_TLS_CHECK_H

#include "device/port/port_mqtt.h"

/* As port_mqtt_check. */
enum err tls_check(const struct port_mqtt_config *config, enum port_mqtt_credential *bad, const char **why);

#endif
