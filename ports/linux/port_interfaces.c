/* SPDX-License-Identifier: MIT */
/* What of the seams the kernel knows about this machine's interfaces, in a file of its own: a program that does not ask links none of
 * it. */
#include "device/port/port_board.h"
#include "device/port/port_network.h"
#include "ports/linux/interfaces.h"

#include <string.h>

enum err port_board_mac(uint8_t out[PORT_BOARD_MAC_LEN])
{
    struct interfaces_found found;
    if (interfaces_find(&found) == ERR_OK && interfaces_mac(found.name, out) == ERR_OK) {
        return ERR_OK;
    }
    return interfaces_mac(NULL, out);
}

enum err port_network_look(struct port_network_state *out)
{
    struct interfaces_found found;
    *out = (struct port_network_state){0};
    if (interfaces_find(&found) == ERR_OK) {
        out->is_up = true;
        memcpy(out->address, found.address, sizeof(out->address));
        out->rssi_dbm = interfaces_rssi("/proc/net/wireless", found.name);
    }
    return ERR_OK;
}
