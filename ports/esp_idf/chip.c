/* SPDX-License-Identifier: MIT */
/* The board of a chip: device id, MAC, restart and its cause, and the descriptors that only a chip has to ask for (board.h, and
 * three functions of port_board.h). What is the same on IDF's linux target is left to port_board.c, which stands above this file;
 * pins to chip_gpio.c. */
#include "device/port/port_board.h"
#include "ports/esp_idf/board.h"
#include "ports/esp_idf/log_line.h"

#include "esp_mac.h"
#include "esp_system.h"
#include "esp_vfs_eventfd.h"

#include <stdio.h>
#include <string.h>

/* The MAC that the factory has written: chips for IEEE 802.15.4 give eight bytes. */
enum err port_board_mac(uint8_t out[PORT_BOARD_MAC_LEN])
{
    uint8_t mac[8] = {0};
    if (esp_efuse_mac_get_default(mac) != ESP_OK) {
        return ERR_NOT_FOUND;
    }
    memcpy(out, mac, PORT_BOARD_MAC_LEN);
    return ERR_OK;
}

/* In hex digits. */
enum err port_board_device_id(char *out, size_t cap)
{
    uint8_t mac[PORT_BOARD_MAC_LEN];
    if (port_board_mac(mac)) {
        return ERR_NOT_FOUND;
    }
    char id[13];
    if (cap < sizeof(id)) {
        return ERR_TOO_LONG;
    }
    snprintf(out, cap, "%02x%02x%02x%02x%02x%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    return ERR_OK;
}

enum port_board_reset port_board_reset_cause(void)
{
    switch (esp_reset_reason()) {
    case ESP_RST_POWERON:
        return PORT_BOARD_RESET_POWER_ON;
    case ESP_RST_EXT:
        return PORT_BOARD_RESET_EXTERNAL;
    case ESP_RST_SW:
        return PORT_BOARD_RESET_SOFTWARE;
    case ESP_RST_PANIC:
        return PORT_BOARD_RESET_CRASH;
    case ESP_RST_INT_WDT:
    case ESP_RST_TASK_WDT:
    case ESP_RST_WDT:
        return PORT_BOARD_RESET_WATCHDOG;
    case ESP_RST_DEEPSLEEP:
        return PORT_BOARD_RESET_DEEP_SLEEP;
    case ESP_RST_BROWNOUT:
        return PORT_BOARD_RESET_BROWN_OUT;
    default:
        return PORT_BOARD_RESET_UNKNOWN;
    }
}

void board_on_restart(void (*handler)(void))
{
    if (esp_register_shutdown_handler(handler) != ESP_OK) {
        log_line(LOG_LEVEL_ERROR, "no place for a shutdown handler: esp_restart() does not wait for jobs");
    }
}

void board_restart(void)
{
    esp_restart();
}

void board_keep_storage(void)
{
}

int board_select(int count, fd_set *reads, fd_set *writes, uint32_t wait_ms)
{
    struct timeval timeout = {.tv_sec = wait_ms / 1000, .tv_usec = (suseconds_t)(wait_ms % 1000 * 1000)};
    return select(count, reads, writes, NULL, &timeout);
}

int board_new_eventfd(void)
{
    const esp_vfs_eventfd_config_t config = ESP_VFS_EVENTD_CONFIG_DEFAULT();
    esp_vfs_eventfd_register(&config); /* fails when the application has registered it before: good as well */
    return eventfd(0, 0);
}
