/* SPDX-License-Identifier: MIT */
#include "ports/esp_idf/clock.h"
#include "device/port/port_board.h"

#include "esp_timer.h"
#include "sdkconfig.h"

#include <stdbool.h>
#include <sys/time.h>

#if CONFIG_DEVICE_JOBS_SNTP
#include "esp_netif_sntp.h"
#endif

/* component.cmake says when it was built; SOURCE_DATE_EPOCH, if set, has the last word. */
#ifndef DEVICE_JOBS_BUILT_AT_S
#error "DEVICE_JOBS_BUILT_AT_S is missing: this file is built by ports/esp_idf/component.cmake"
#endif
#define US_PER_S 1000000

/* Nobody but the system sets a host's clock. */
static bool may_set_clock(void)
{
#if CONFIG_IDF_TARGET_LINUX
    return false;
#else
    return esp_timer_get_time() >= (int64_t)CONFIG_DEVICE_JOBS_CLOCK_WAIT_S * US_PER_S;
#endif
}

int64_t clock_wall_s(void)
{
    struct timeval now = {0};
    gettimeofday(&now, NULL);
    if ((int64_t)now.tv_sec >= DEVICE_JOBS_BUILT_AT_S) {
        return now.tv_sec;
    }
    if (!may_set_clock()) {
        return 0;
    }
    port_board_log(LOG_LEVEL_INFO,
                   "no network time: the clock starts at the day on which this firmware was built");
    now = (struct timeval){.tv_sec = DEVICE_JOBS_BUILT_AT_S};
    settimeofday(&now, NULL);
    return DEVICE_JOBS_BUILT_AT_S;
}

void clock_start_network_time(void)
{
#if CONFIG_DEVICE_JOBS_SNTP
    static bool is_started;
    if (!is_started) {
        is_started = true;
        const esp_sntp_config_t config = ESP_NETIF_SNTP_DEFAULT_CONFIG(CONFIG_DEVICE_JOBS_SNTP_SERVER);
        if (esp_netif_sntp_init(&config) != ESP_OK) { /* the application has its own */
            port_board_log(LOG_LEVEL_DEBUG, "network time: started elsewhere");
        }
    }
#endif
}
