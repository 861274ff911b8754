/* SPDX-License-Identifier: MIT */
/* No way of the library's own: the application brings the network up, before SYSTEM_start or after it. */
#include "sdkconfig.h"

#if CONFIG_DEVICE_JOBS_NETWORK_NONE
#include "ports/esp_idf/network.h"

enum err network_start(const char *ssid, const char *password, void (*on_lost)(void))
{
    (void)ssid, (void)password, (void)on_lost;
    return ERR_OK;
}

int8_t network_rssi(void)
{
    return 0;
}

bool network_needs_ssid(void)
{
    return false;
}
#endif
