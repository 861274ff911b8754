/* SPDX-License-Identifier: MIT */
#include "device/port/port_configure.h"
#include "ports/template/missing.h"

char *port_configure_room(size_t bytes)
{
    (void)bytes;
    MISSING();
}

enum err port_configure_start(const struct port_configure *way)
{
    (void)way;
    MISSING();
}

void port_configure_stop(void)
{
    MISSING();
}

bool port_configure_ends_by_restart(void)
{
    MISSING();
}
