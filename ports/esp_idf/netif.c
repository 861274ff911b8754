/* SPDX-License-Identifier: MIT */
#include "ports/esp_idf/netif.h"

#include "esp_netif.h"

#include <stdatomic.h>

static atomic_bool is_ready;

esp_err_t netif_prepare(void)
{
    esp_err_t result = esp_netif_init();
    atomic_store(&is_ready, result == ESP_OK);
    return result;
}

bool netif_is_ready(void)
{
    return atomic_load(&is_ready);
}
