/* SPDX-License-Identifier: MIT */
/* Between port_network.c and the one file that brings the network up: network_wifi.c, network_openeth.c, network_none.c. */
#ifndef PORTS_ESP_IDF_NETWORK_H
#define PORTS_ESP_IDF_NETWORK_H

#include "common/err.h"
#include "ports/esp_idf/clock.h"

#include "esp_err.h"
#include "esp_event.h"

#include <stdbool.h>
#include <stdio.h>

enum err network_start(const char *ssid, const char *password);

/* There is an address, or no longer one. */
void network_tell(bool is_up);

/* true, and a log line, unless `result` is ESP_OK. */
bool network_failed(const char *what, esp_err_t result);

#endif
