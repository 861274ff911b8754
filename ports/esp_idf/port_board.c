/* SPDX-License-Identifier: MIT */
/* What is the same on every board, for port_board.h: the log, random bits, the restart. Lines go through ESP-IDF's log, so
 * that its levels and its redirection hold for them as well. The device id is left to the board's own file (chip.c,
 * linux/host.c). */
#include "device/port/port_board.h"
#include "device/port/port_sync.h"
#include "ports/esp_idf/board.h"
#include "ports/esp_idf/log_line.h"

#include "esp_random.h"

#include <stdatomic.h>
#include <stdio.h>

#define LINE_CAP 256

/* A line is put together here and not on the stack of the task that prints it: an application's task may have a small one. */
static char line[LINE_CAP];
static struct port_mutex line_lock; /* whoever holds it owns `line` */

/* The lock must exist before the first task prints, and which task that is nobody knows: so it is made before all tasks. */
__attribute__((constructor)) static void make_line_lock(void)
{
    port_mutex_init(&line_lock);
}

/* Lines of the library carry texts from the network (names in certificates, answers): one line stays one line. */
static void clean_line(void)
{
    for (char *c = line; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            *c = '?';
        }
    }
}

void port_board_log(enum log_level level, const char *text)
{
    port_mutex_lock(&line_lock);
    snprintf(line, sizeof(line), "%s", text);
    clean_line();
    log_line(level, line);
    port_mutex_unlock(&line_lock);
}

void port_board_print(enum log_level level, const char *who, const char *format, va_list args)
{
    port_mutex_lock(&line_lock);
    int len = vsnprintf(line, sizeof(line), format, args);
    len = len < (int)sizeof(line) ? len : (int)sizeof(line) - 1;
    while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r')) {
        line[--len] = '\0';
    }
    if (len >= 0) {
        log_line_as(level, who, line);
    }
    port_mutex_unlock(&line_lock);
}

uint32_t port_board_random(void)
{
    return esp_random();
}

static _Atomic(void (*)(
    void)) shutdown_hook; /* the function that was given last; NULL: none, or it has been called */

static void on_restart(void)
{
    void (*hook)(void) = atomic_exchange(&shutdown_hook, NULL);
    if (hook) {
        hook();
    }
}

/* When the application calls esp_restart, the library ends in good order first. */
void port_board_on_shutdown(void (*on_shutdown)(void))
{
    static atomic_bool is_registered;
    atomic_store(&shutdown_hook, on_shutdown);
    if (!atomic_exchange(&is_registered, true)) {
        board_on_restart(on_restart);
    }
}

/* The engine task calls this when the library has ended in good order. The hook is taken away first: it would wait for the engine
 * task, which is the one that calls it. */
void port_board_restart(void)
{
    atomic_store(&shutdown_hook, NULL);
    board_restart();
}
