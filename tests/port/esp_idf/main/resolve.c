/* SPDX-License-Identifier: MIT */
/* The world is called "localhost". In the emulator that is the machine around it, not the guest. */
#include "sdkconfig.h"

#if CONFIG_LWIP_HOOK_NETCONN_EXT_RESOLVE_CUSTOM
#include "lwip/err.h"
#include "lwip/ip_addr.h"
#include "lwip_default_hooks.h"

#include <string.h>

int lwip_hook_netconn_external_resolve(const char *name, ip_addr_t *addr, u8_t addrtype, err_t *err)
{
    (void)addrtype;
    if (strcmp(name, "localhost") != 0) {
        return 0;
    }
    IP_ADDR4(addr, 10, 0, 2, 2);
    *err = ERR_OK;
    return 1;
}
#endif
