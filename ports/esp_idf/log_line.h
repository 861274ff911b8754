/* SPDX-License-Identifier: MIT */
/* Log lines of the port itself. The bottom of the port: every other file may call this one, and it calls nothing but ESP-IDF's
 * log, so that the files below the lock and the clock can log as well. Cleaning texts that came from the network, and putting
 * lines together for tasks with a small stack, is left to port_board.c. */
#ifndef PORTS_ESP_IDF_LOG_LINE_H
#define PORTS_ESP_IDF_LOG_LINE_H

#include "common/log_level.h"

#include "esp_err.h"

#include <stdbool.h>

/* One line of the library, without its newline. It holds no text from outside the device. Any task. */
void log_line(enum log_level level, const char *text);

/* The same under another name than the library's. */
void log_line_as(enum log_level level, const char *who, const char *text);

/* true, and the error line "AREA: WHAT: the name of `result`", unless `result` is ESP_OK. `area` and `what` are short. */
bool log_line_failed(const char *area, const char *what, esp_err_t result);

#endif
