/* SPDX-License-Identifier: MIT */
/* What all of device/run uses: its state, its clock, its log lines. Calls none of the others. */
#include "device/run/run_state.h"

#include "device/port/port_board.h"
#include "device/port/port_time.h"

#include <stdarg.h>
#include <stdio.h>

struct runner device_runner;

uint64_t run_now_ms(void)
{
    return port_time_monotonic_ms();
}

void run_log(enum log_level level, const char *format, ...)
{
    char line[RUN_LINE_CAP];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    port_board_log(level, line);
}

bool run_is_started(void)
{
    if (!atomic_load(&device_runner.are_objects_made)) {
        return false;
    }
    port_mutex_lock(&device_runner.lock);
    bool is_started = device_runner.is_started;
    port_mutex_unlock(&device_runner.lock);
    return is_started;
}
