/* SPDX-License-Identifier: MIT */
/* A program that sets nothing about its storage: counts its runs in the application's data, and prints the count. Reset: with the variable
 * RESET it forgets all of it and restarts. */
#include "lib_flash.h"
#include "lib_system.h"

#include <stdio.h>
#include <stdlib.h>

void app_main(void);

void app_main(void)
{
    uint32_t runs = 0;
    if (getenv("RESET")) {
        SYSTEM_factoryReset(false, true);
    }
    FLASH_appDataRead(&runs, sizeof(runs));
    runs++;
    if (!FLASH_appDataWrite(&runs, sizeof(runs))) {
        exit(3);
    }
    printf("run %u, %s\n", (unsigned)runs, FLASH_isDeviceRegistered() ? "registered" : "not registered");
    exit(0);
}
