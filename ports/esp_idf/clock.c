/* SPDX-License-Identifier: MIT */
/* The time of day: the chip's clock, and SNTP, which sets it. See clock.h. */
#include "ports/esp_idf/clock.h"
#include "ports/esp_idf/log_line.h"

#include "sdkconfig.h"

#include <stdatomic.h>
#include <sys/time.h>

#if CONFIG_DEVICE_JOBS_SNTP
#include "esp_netif.h"
#include "esp_netif_sntp.h"
#include "esp_sntp.h"
#endif

/* component.cmake defines it. */
#ifndef DEVICE_JOBS_BUILT_AT_S
#error "DEVICE_JOBS_BUILT_AT_S is missing: this file is built by ports/esp_idf/component.cmake"
#endif

int64_t clock_wall_s(void)
{
    struct timeval now = {0};
    gettimeofday(&now, NULL);
    return now.tv_sec;
}

/* On a host the system keeps the clock. */
enum err clock_begin_wall(int64_t wall_s)
{
#if CONFIG_IDF_TARGET_LINUX
    (void)wall_s;
    return ERR_UNSUPPORTED;
#else
    const struct timeval begin = {.tv_sec = (time_t)wall_s};
    return settimeofday(&begin, NULL) == 0 ? ERR_OK : ERR_UNSUPPORTED;
#endif
}

int64_t clock_built_s(void)
{
    return DEVICE_JOBS_BUILT_AT_S;
}

#if CONFIG_DEVICE_JOBS_SNTP
/* Servers that DHCP has named stand in the first places, as addresses. Ours come behind them, as names, as far as there are places
 * (CONFIG_LWIP_SNTP_MAX_SERVERS); a lease that names servers takes them away again, so that each address is a cause to look. */
static void name_servers(void)
{
    static const char *const names[] = {CONFIG_DEVICE_JOBS_SNTP_SERVER, CONFIG_DEVICE_JOBS_SNTP_SERVER_2};
    const size_t count = sizeof(names) / sizeof(names[0]);
    size_t next = 0;
    for (uint8_t place = 0; place < CONFIG_LWIP_SNTP_MAX_SERVERS && next < count; place++) {
        if (esp_sntp_getservername(place)) {
            next++; /* ours already */
        } else if (names[next][0] && ip_addr_isany(esp_sntp_getserver(place))) {
            esp_sntp_setservername(place, names[next++]);
        }
    }
}

/* On the stack's task, so that nobody starts SNTP between the look and the start. The look is needed: lwIP ends the program
 * when SNTP is set up while it runs, and esp_netif_sntp_init knows only of an SNTP that was started by itself, not of one by
 * esp_sntp_init. */
static esp_err_t start_unless_running(void *ctx)
{
    (void)ctx;
    if (esp_sntp_enabled()) {
        return ESP_ERR_INVALID_STATE;
    }
    esp_sntp_config_t config = ESP_NETIF_SNTP_DEFAULT_CONFIG(CONFIG_DEVICE_JOBS_SNTP_SERVER);
    config.num_of_servers = 0; /* which would take DHCP's places */
    name_servers();
    return esp_netif_sntp_init(&config);
}

#if CONFIG_DEVICE_JOBS_SNTP_DHCP
static esp_err_t name_again(void *ctx)
{
    (void)ctx;
    name_servers();
    return ESP_OK;
}

static esp_err_t take_servers_of_dhcp(void *ctx)
{
    (void)ctx;
    if (!esp_sntp_enabled()) {
        esp_sntp_servermode_dhcp(true);
    }
    return ESP_OK;
}
#endif
#endif

void clock_prepare_network_time(void)
{
#if CONFIG_DEVICE_JOBS_SNTP && CONFIG_DEVICE_JOBS_SNTP_DHCP
    esp_netif_tcpip_exec(take_servers_of_dhcp, NULL);
#endif
}

void clock_start_network_time(void)
{
#if CONFIG_DEVICE_JOBS_SNTP
    static atomic_bool is_started; /* somebody asks for the time, or a call is just seeing to it */
    static atomic_bool is_ours;
    if (atomic_exchange(&is_started, true)) {
#if CONFIG_DEVICE_JOBS_SNTP_DHCP
        if (atomic_load(&is_ours)) {
            esp_netif_tcpip_exec(name_again, NULL);
        }
#endif
        return;
    }
    esp_err_t result = esp_netif_tcpip_exec(start_unless_running, NULL);
    if (result == ESP_ERR_INVALID_STATE) {
        log_line(LOG_LEVEL_DEBUG, "network time: the application asks for it");
    } else if (log_line_failed("network", "time", result)) {
        atomic_store(&is_started, false); /* the next address is the next chance */
    } else {
        atomic_store(&is_ours, true);
    }
#endif
}
