/* SPDX-License-Identifier: MIT */
/* The port's own log lines, straight to ESP-IDF's log: see log_line.h. */
#include "ports/esp_idf/log_line.h"

#include "esp_log.h"

#include <stdio.h>

#define LIBRARY  "device_jobs"
#define LINE_CAP 120

void log_line_as(enum log_level level, const char *who, const char *text)
{
    switch (level) {
    case LOG_LEVEL_ERROR:
        ESP_LOGE(who, "%s", text);
        break;
    case LOG_LEVEL_INFO:
        ESP_LOGI(who, "%s", text);
        break;
    case LOG_LEVEL_DEBUG:
        ESP_LOGD(who, "%s", text);
        break;
    }
}

void log_line(enum log_level level, const char *text)
{
    log_line_as(level, LIBRARY, text);
}

bool log_line_failed(const char *area, const char *what, esp_err_t result)
{
    if (result == ESP_OK) {
        return false;
    }
    char line[LINE_CAP];
    snprintf(line, sizeof(line), "%s: %s: %s", area, what, esp_err_to_name(result));
    log_line(LOG_LEVEL_ERROR, line);
    return true;
}
