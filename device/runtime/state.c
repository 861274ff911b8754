/* SPDX-License-Identifier: MIT */
/* What all of device/runtime uses: its state, its clock, its log lines. Calls none of the others. */
#include "device/runtime/state.h"

#include "device/core/text.h"
#include "device/port/port_board.h"
#include "device/port/port_time.h"

#include <stdarg.h>

struct runtime device_runtime;

uint64_t runtime_now_ms(void)
{
    return port_time_monotonic_ms();
}

void runtime_log(enum log_level level, const char *format, ...)
{
    char line[RUNTIME_LINE_CAP];
    va_list args;
    line[0] = '\0';
    va_start(args, format);
    text_append_format(line, sizeof(line), format, args);
    va_end(args);
    port_board_log(level, line);
}

bool runtime_is_application_out(void)
{
    return device_runtime.worker.is_busy || device_runtime.worker.has_returned ||
           device_runtime.events.cancel.state != RUNTIME_CANCEL_NONE;
}

bool runtime_is_started(void)
{
    if (!atomic_load(&device_runtime.are_objects_made)) {
        return false;
    }
    port_mutex_lock(&device_runtime.lock);
    bool is_started = device_runtime.life.is_started;
    port_mutex_unlock(&device_runtime.lock);
    return is_started;
}

void runtime_show_thing(const char *thing_name)
{
    port_mutex_lock(&device_runtime.lock);
    device_runtime.shown.thing_name = thing_name;
    port_mutex_unlock(&device_runtime.lock);
}

const char *runtime_thing_name(void)
{
    if (!atomic_load(&device_runtime.are_objects_made)) {
        return "";
    }
    port_mutex_lock(&device_runtime.lock);
    const char *name = device_runtime.life.is_ready ? device_runtime.shown.thing_name : NULL;
    port_mutex_unlock(&device_runtime.lock);
    return name ? name : "";
}

void runtime_set_provisioning(enum runtime_provisioning state)
{
    port_mutex_lock(&device_runtime.lock);
    device_runtime.shown.provisioning = state;
    port_mutex_unlock(&device_runtime.lock);
}

enum runtime_provisioning runtime_provisioning_state(void)
{
    if (!atomic_load(&device_runtime.are_objects_made)) {
        return RUNTIME_PROVISIONING_NOT;
    }
    port_mutex_lock(&device_runtime.lock);
    enum runtime_provisioning state = device_runtime.shown.provisioning;
    port_mutex_unlock(&device_runtime.lock);
    return state;
}
