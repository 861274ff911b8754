/* SPDX-License-Identifier: MIT */
#include "device/api/line.h"
#include "common/number.h"
#include "device/port/port_time.h"

#include <stdatomic.h>
#include <string.h>

static atomic_flag is_taken = ATOMIC_FLAG_INIT;
static size_t len;
static size_t text_at;
static char line[200];

static void add_bytes(const char *text, size_t count)
{
    if (count > sizeof(line) - 1 - len) {
        count = sizeof(line) - 1 - len;
    }
    memcpy(line + len, text, count);
    len += count;
    line[len] = '\0';
}

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
    len = 0;
    line_add(who);
    line_add(": ");
    text_at = len;
}

void line_add(const char *text)
{
    add_bytes(text, strlen(text));
}

void line_add_name(const char *name, size_t max)
{
    size_t count = 0;
    while (count < max && name[count]) {
        count++;
    }
    add_bytes("'", 1);
    add_bytes(name, count);
    add_bytes("'", 1);
}

void line_add_number(int64_t number)
{
    char text[NUMBER_TEXT_CAP];
    add_bytes(text, number_from_i64(number, text));
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

void line_error(const char *who, const char *text)
{
    line_open(who);
    line_add(text);
    line_log(LOG_LEVEL_ERROR);
}
