/* SPDX-License-Identifier: MIT */
/* The time of day: the chip's clock, SNTP, and the day of the build when nothing better comes. See clock.h. */
#include "ports/esp_idf/clock.h"
#include "ports/esp_idf/log_line.h"

#include "esp_timer.h"
#include "sdkconfig.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/time.h>

#if CONFIG_DEVICE_JOBS_SNTP
#include "esp_netif.h"
#include "esp_netif_sntp.h"
#include "esp_sntp.h"
#endif

/* component.cmake defines it: the second at which CMake ran, or SOURCE_DATE_EPOCH when that is set. */
#ifndef DEVICE_JOBS_BUILT_AT_S
#error "DEVICE_JOBS_BUILT_AT_S is missing: this file is built by ports/esp_idf/component.cmake"
#endif
#define US_PER_S 1000000

/* Whether the library may set the clock to the day of the build: not before the network time has had its chance, and never on
 * a host, whose system keeps the clock. */
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
    log_line(LOG_LEVEL_INFO, "no network time: the clock starts at the day on which this firmware was built");
    now = (struct timeval){.tv_sec = DEVICE_JOBS_BUILT_AT_S};
    settimeofday(&now, NULL);
    return DEVICE_JOBS_BUILT_AT_S;
}

#if CONFIG_DEVICE_JOBS_SNTP
/* On the stack's task, so that nobody starts SNTP between the look and the start. The look is needed: lwIP ends the program
 * when SNTP is set up while it runs, and esp_netif_sntp_init knows only of an SNTP that was started by itself, not of one by
 * esp_sntp_init. */
static esp_err_t start_unless_running(void *ctx)
{
    (void)ctx;
    if (esp_sntp_enabled()) {
        return ESP_ERR_INVALID_STATE;
    }
    const esp_sntp_config_t config = ESP_NETIF_SNTP_DEFAULT_CONFIG(CONFIG_DEVICE_JOBS_SNTP_SERVER);
    return esp_netif_sntp_init(&config);
}
#endif

void clock_start_network_time(void)
{
#if CONFIG_DEVICE_JOBS_SNTP
    static atomic_bool is_started; /* somebody asks for the time, or a call is just seeing to it */
    if (atomic_exchange(&is_started, true)) {
        return;
    }
    esp_err_t result = esp_netif_tcpip_exec(start_unless_running, NULL);
    if (result == ESP_ERR_INVALID_STATE) {
        log_line(LOG_LEVEL_DEBUG, "network time: the application asks for it");
    } else if (log_line_failed("network", "time", result)) {
        atomic_store(&is_started, false); /* the next address is the next chance */
    }
#endif
}
