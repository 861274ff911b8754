/* SPDX-License-Identifier: MIT */
/* What lib_system.h asks the board: who it is, and why it started. */
#include "device/api/line.h"
#include "device/api/once.h"
#include "lib_system.h"

#include <string.h>

const char *SYSTEM_getMacAddr(void)
{
    static const char digits[] = "0123456789abcdef";
    static char text[2 * PORT_BOARD_MAC_LEN + 1];
    char now[sizeof(text)] = "";
    uint8_t mac[PORT_BOARD_MAC_LEN];
    if (port_board_mac(mac)) {
        ONCE_ERROR("this device has no MAC address");
        return "";
    }
    for (size_t i = 0; i < sizeof(mac); i++) {
        now[2 * i] = digits[mac[i] >> 4];
        now[2 * i + 1] = digits[mac[i] & 15];
    }
    line_lock();
    if (strcmp(text, now) != 0) {
        strcpy(text, now);
    }
    line_unlock();
    return text;
}

const char *SYSTEM_getResetCause(void)
{
    switch (port_board_reset_cause()) {
    case PORT_BOARD_RESET_POWER_ON:
        return "POWERON_RESET";
    case PORT_BOARD_RESET_EXTERNAL:
        return "EXT_CPU_RESET";
    case PORT_BOARD_RESET_SOFTWARE:
        return "SW_CPU_RESET";
    case PORT_BOARD_RESET_CRASH:
        return "PANIC_RESET";
    case PORT_BOARD_RESET_WATCHDOG:
        return "RTCWDT_RTC_RESET";
    case PORT_BOARD_RESET_DEEP_SLEEP:
        return "DEEPSLEEP_RESET";
    case PORT_BOARD_RESET_BROWN_OUT:
        return "RTCWDT_BROWN_OUT_RESET";
    case PORT_BOARD_RESET_UNKNOWN:
        break;
    }
    return "NO_MEAN";
}
