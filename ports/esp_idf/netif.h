/* SPDX-License-Identifier: MIT */
/* The TCP/IP stack of a chip ends the program when it is used before it is there, and the engine, which runs above the task that
 * starts it, may be the first to ask: after a restart the clock is right at once, and nothing else holds it back. */
#ifndef PORTS_ESP_IDF_NETIF_H
#define PORTS_ESP_IDF_NETIF_H

#include "esp_err.h"

#include <stdbool.h>

/* The application may have done it before. */
esp_err_t netif_prepare(void);

/* Whether sockets can be opened. From any task. */
bool netif_is_ready(void);

#endif
