/* SPDX-License-Identifier: MIT */
/* What is the same on every chip: the log, random bits, the end. Lines go through esp_log, so that its levels and its redirection
 * hold for them as well. */
#include "device/port/port_board.h"
#include "device/port/port_sync.h"
#include "ports/esp_idf/board.h"

#include "esp_log.h"
#include "esp_random.h"

#include <stdatomic.h>
#include <stdio.h>

#define TAG      "device_jobs"
#define LINE_CAP 256

/* The application's line is put together here: its task may have a small stack. */
static char line[LINE_CAP];
static struct port_mutex line_lock;

/* Before any task: which of them prints first, nobody knows. */
__attribute__((constructor)) static void make_line_lock(void)
{
    port_mutex_init(&line_lock);
}

static void put_line(enum log_level level, const char *tag, const char *text)
{
    switch (level) {
    case LOG_LEVEL_ERROR:
        ESP_LOGE(tag, "%s", text);
        break;
    case LOG_LEVEL_INFO:
        ESP_LOGI(tag, "%s", text);
        break;
    case LOG_LEVEL_DEBUG:
        ESP_LOGD(tag, "%s", text);
        break;
    }
}

/* Log lines carry texts from the network (names in certificates, answers): one line stays one line. */
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
    put_line(level, TAG, line);
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
        put_line(level, who, line);
    }
    port_mutex_unlock(&line_lock);
}

uint32_t port_board_random(void)
{
    return esp_random();
}

static _Atomic(void (*)(void)) shutdown_hook;

static void on_restart(void)
{
    void (*hook)(void) = atomic_exchange(&shutdown_hook, NULL);
    if (hook) {
        hook();
    }
}

/* Whoever calls esp_restart ends the program in good order. */
void port_board_on_shutdown(void (*on_shutdown)(void))
{
    static atomic_bool is_registered;
    atomic_store(&shutdown_hook, on_shutdown);
    if (!atomic_exchange(&is_registered, true)) {
        board_on_restart(on_restart);
    }
}

/* From the engine task, which has put everything in order: the hook would wait for that task. */
void port_board_restart(void)
{
    atomic_store(&shutdown_hook, NULL);
    board_restart();
}
