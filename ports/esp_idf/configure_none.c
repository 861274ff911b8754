/* SPDX-License-Identifier: MIT */
/* No way to configure a device on the spot: its firmware gives it everything. */
#include "sdkconfig.h"

#if CONFIG_DEVICE_JOBS_CONFIGURE_NONE || CONFIG_IDF_TARGET_LINUX
#include "device/port/port_configure.h"

char *port_configure_room(size_t bytes)
{
    (void)bytes;
    return NULL;
}

enum err port_configure_start(const struct port_configure *way)
{
    (void)way;
    return ERR_UNSUPPORTED;
}

void port_configure_stop(void)
{
}

bool port_configure_ends_by_restart(void)
{
    return false;
}
#endif
