/* SPDX-License-Identifier: MIT */
/* Whose turn it is, and the one buffer. */
#include "device/api/line.h"
#include "device/core/text.h"
#include "device/port/port_time.h"

#include <stdatomic.h>
#include <string.h>

static atomic_flag is_taken = ATOMIC_FLAG_INIT;
static size_t text_at; /* where the words behind "who: " start */
static char line[200];

void line_lock(void)
{
    while (atomic_flag_test_and_set_explicit(&is_taken, memory_order_acquire)) {
        port_time_sleep_ms(1);
    }
}

void line_unlock(void)
{
    atomic_flag_clear_explicit(&is_taken, memory_order_release);
}

void line_open(const char *who)
{
    line_lock();
    line[0] = '\0';
    text_append(line, sizeof(line), who);
    text_append(line, sizeof(line), ": ");
    text_at = strlen(line);
}

void line_add(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text_append_format(line, sizeof(line), format, args);
    va_end(args);
}

void line_add_list(const char *format, va_list args)
{
    text_append_format(line, sizeof(line), format, args);
}

const char *line_text(void)
{
    return line + text_at;
}

void line_log(enum log_level level)
{
    port_board_log(level, line);
    line_unlock();
}

void line_write(const char *who, enum log_level level, const char *format, ...)
{
    va_list args;
    line_open(who);
    va_start(args, format);
    text_append_format(line, sizeof(line), format, args);
    va_end(args);
    line_log(level);
}

void line_error(const char *who, const char *text)
{
    line_write(who, LOG_LEVEL_ERROR, "%s", text);
}
