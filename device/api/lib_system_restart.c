/* SPDX-License-Identifier: MIT */
/* The restarts of lib_system.h: asked for, and after an error that a program cannot go on with. */
#include "device/api/api.h"
#include "device/api/line.h"

#include <stdatomic.h>

/* Somebody has asked for a restart: the application, or a job (lib_jobs_handlers.c). */
static atomic_bool is_restarting;

void api_note_restart(void)
{
    atomic_store(&is_restarting, true);
}

void SYSTEM_restart(uint32_t delayMs_u32)
{
    api_note_restart();
    runtime_restart(delayMs_u32);
}

bool SYSTEM_isWaitingForRestart(void)
{
    return atomic_load(&is_restarting);
}

void SYSTEM_abort(const char *pMsgStr, const char *pFunNameStr, uint32_t errorCode_u32)
{
    line_write(pFunNameStr ? pFunNameStr : __func__, LOG_LEVEL_ERROR, "%s (error %lu): the device restarts",
               pMsgStr ? pMsgStr : "aborted", (unsigned long)errorCode_u32);
    api_set_mode(SYSTEM_MODE_ABORT);
    SYSTEM_restart(0);
}
