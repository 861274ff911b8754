/* SPDX-License-Identifier: MIT */
/* What lib_system.h asks the board: who it is, why it started, and that it starts again. */
#include "device/api/api.h"
#include "device/api/line.h"
#include "device/api/once.h"
#include "lib_system.h"

#include <stdatomic.h>
#include <string.h>

static atomic_bool is_restarting; /* SYSTEM_restart or SYSTEM_abort was called */

void SYSTEM_restart(uint32_t delayMs_u32)
{
    atomic_store(&is_restarting, true);
    runtime_restart(delayMs_u32);
}

bool SYSTEM_isWaitingForRestart(void)
{
    return atomic_load(&is_restarting) || runtime_is_restarting();
}

void SYSTEM_abort(const char *pMsgStr, const char *pFunNameStr, uint32_t errorCode_u32)
{
    line_write(pFunNameStr ? pFunNameStr : __func__, LOG_LEVEL_ERROR, "%s (error %lu): the device restarts",
               pMsgStr ? pMsgStr : "aborted", (unsigned long)errorCode_u32);
    api_set_mode(SYSTEM_MODE_ABORT);
    SYSTEM_restart(0);
}

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
