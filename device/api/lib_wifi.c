/* SPDX-License-Identifier: MIT */
/* The network as the port sees it now, in the words of lib_wifi.h. */
#include "lib_wifi.h"
#include "device/api/api.h"
#include "device/api/line.h"
#include "device/api/once.h"
#include "device/port/port_network.h"

#include <string.h>

#define RSSI_BEST  (-50)
#define RSSI_WORST (-100)

/* A connection to the service is a network, whatever the port can tell of its interfaces. */
bool WIFI_isConnected(void)
{
    struct port_network_state state;
    port_network_look(&state);
    return state.is_up || runtime_link_state() == RUNTIME_LINK_UP;
}

/* The buffer is written only when the address is another one: whoever reads it meanwhile reads the same bytes. */
char *WIFI_getIpAddress(void)
{
    static char address[PORT_NETWORK_ADDRESS_CAP];
    struct port_network_state state;
    if (port_network_look(&state)) {
        ONCE_ERROR("this platform does not tell its address");
    }
    line_lock();
    if (strcmp(address, state.address) != 0) {
        strcpy(address, state.address);
    }
    line_unlock();
    return address;
}

int8_t WIFI_getRssi(void)
{
    struct port_network_state state;
    if (port_network_look(&state) || (state.is_up && state.rssi_dbm == 0)) {
        ONCE_ERROR("the network has no radio that this platform tells of");
    }
    return state.rssi_dbm;
}

uint8_t WIFI_getSignalStrength(void)
{
    const int8_t rssi = WIFI_getRssi();
    if (rssi == 0 || rssi <= RSSI_WORST) {
        return 0;
    }
    return rssi >= RSSI_BEST ? 100 : (uint8_t)(2 * (rssi - RSSI_WORST));
}

const char *WIFI_getStateString(void)
{
    if (api_mode() == SYSTEM_MODE_IDLE) {
        return "IDLE";
    }
    return WIFI_isConnected() ? "CONNECTED" : "DISCONNECTED";
}
