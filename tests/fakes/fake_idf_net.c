/* SPDX-License-Identifier: MIT */
#include "fakes/fake_idf_net.h"
#include "esp_idf_decls/sdkconfig.h"
#include "esp_idf_decls/types.h"

#include "esp_idf_decls/functions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERFACES 4
#define HANDLERS   8

/* Where ESP-IDF would end the program, whatever the test expects. */
static void must(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "ESP-IDF ends the program: %s\n", what);
        abort();
    }
}

/* ---- interfaces */

struct esp_netif_obj {
    struct net_interface as;
};

static struct esp_netif_obj interfaces[INTERFACES];
static unsigned interface_count;
static bool is_prepared;

unsigned net_add(struct net_interface interface)
{
    must(interface_count < INTERFACES, "too many interfaces");
    interfaces[interface_count].as = interface;
    return interface_count++;
}

void net_set(unsigned index, struct net_interface interface)
{
    interfaces[index].as = interface;
}

esp_err_t esp_netif_init(void)
{
    is_prepared = true;
    return ESP_OK;
}

esp_netif_t *esp_netif_find_if(esp_netif_find_predicate_t fn, void *ctx)
{
    must(is_prepared, "the stack is not there yet");
    for (unsigned i = 0; i < interface_count; i++) {
        if (fn(&interfaces[i], ctx)) {
            return &interfaces[i];
        }
    }
    return NULL;
}

esp_netif_t *esp_netif_get_handle_from_ifkey(const char *key)
{
    for (unsigned i = 0; i < interface_count; i++) {
        if (strcmp(interfaces[i].as.key, key) == 0) {
            return &interfaces[i];
        }
    }
    return NULL;
}

esp_netif_flags_t esp_netif_get_flags(esp_netif_t *netif)
{
    return netif->as.gives_addresses ? ESP_NETIF_DHCP_SERVER : ESP_NETIF_DHCP_CLIENT;
}

bool esp_netif_is_netif_up(esp_netif_t *netif)
{
    return netif->as.is_up;
}

/* An interface that is down answers with the address that it was given for later. */
esp_err_t esp_netif_get_ip_info(esp_netif_t *netif, esp_netif_ip_info_t *out)
{
    *out = (esp_netif_ip_info_t){.ip.addr = netif->as.ip4};
    return ESP_OK;
}

int esp_netif_get_all_ip6(esp_netif_t *netif, esp_ip6_addr_t out[])
{
    if (!netif->as.is_up || !netif->as.ip6) {
        return 0;
    }
    out[0] = (esp_ip6_addr_t){.addr = {NET_IP6_LINK_LOCAL}};
    out[1] = (esp_ip6_addr_t){.addr = {netif->as.ip6}};
    return 2;
}

esp_ip6_addr_type_t esp_netif_ip6_get_addr_type(esp_ip6_addr_t *address)
{
    return address->addr[0] == NET_IP6_LINK_LOCAL ? ESP_IP6_ADDR_IS_LINK_LOCAL : ESP_IP6_ADDR_IS_GLOBAL;
}

esp_err_t esp_netif_tcpip_exec(esp_netif_callback_fn fn, void *ctx)
{
    must(is_prepared, "the stack is not there yet");
    return fn(ctx);
}

/* ---- the event loop */

esp_event_base_t const IP_EVENT = "IP_EVENT", WIFI_EVENT = "WIFI_EVENT", ETH_EVENT = "ETH_EVENT";

static struct {
    esp_event_base_t base;
    int32_t id;
    esp_event_handler_t function;
    void *arg;
} handlers[HANDLERS];
static unsigned handler_count;

esp_err_t esp_event_loop_create_default(void)
{
    return ESP_OK;
}

esp_err_t esp_event_handler_instance_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler,
                                              void *arg, esp_event_handler_instance_t *out)
{
    (void)out;
    must(handler_count < HANDLERS, "too many handlers");
    handlers[handler_count].base = base;
    handlers[handler_count].id = id;
    handlers[handler_count].function = handler;
    handlers[handler_count++].arg = arg;
    return ESP_OK;
}

static void tell(esp_event_base_t base, int32_t id, void *data)
{
    for (unsigned i = 0; i < handler_count; i++) {
        if (handlers[i].base == base && (handlers[i].id == id || handlers[i].id == ESP_EVENT_ANY_ID)) {
            handlers[i].function(handlers[i].arg, base, id, data);
        }
    }
}

void net_ip_event(int32_t id)
{
    tell(IP_EVENT, id, NULL);
}

void net_ip6_event(uint32_t ip6)
{
    ip_event_got_ip6_t event = {.ip6_info.ip.addr = {ip6}};
    tell(IP_EVENT, IP_EVENT_GOT_IP6, &event);
}

/* ---- SNTP */

static bool is_sntp_running, is_sntp_known_to_esp_netif, takes_servers_of_dhcp;
static struct {
    ip_addr_t address;
    const char *name;
} sntp_places[CONFIG_LWIP_SNTP_MAX_SERVERS];

void esp_sntp_servermode_dhcp(bool enable)
{
    takes_servers_of_dhcp = enable;
}

void esp_sntp_setservername(uint8_t place, const char *name)
{
    sntp_places[place].name = name;
}

const char *esp_sntp_getservername(uint8_t place)
{
    return sntp_places[place].name;
}

const ip_addr_t *esp_sntp_getserver(uint8_t place)
{
    return &sntp_places[place].address;
}

/* lwIP takes what a lease names for all there is. */
void net_lease_with_time_server(uint32_t address)
{
    if (takes_servers_of_dhcp && address) {
        memset(sntp_places, 0, sizeof(sntp_places));
        sntp_places[0].address.addr = address;
    }
}
static unsigned sntp_starts;
static int sntp_error;

bool esp_sntp_enabled(void)
{
    return is_sntp_running;
}

esp_err_t esp_netif_sntp_init(const esp_sntp_config_t *config)
{
    if (is_sntp_known_to_esp_netif) {
        return ESP_ERR_INVALID_STATE;
    }
    if (sntp_error) {
        return sntp_error;
    }
    must(!is_sntp_running, "Operating mode must not be set while SNTP client is running");
    for (size_t i = 0; i < config->num_of_servers; i++) {
        sntp_places[i].address.addr = 0;
        sntp_places[i].name = config->servers[i];
    }
    bool has_server = sntp_places[0].name || sntp_places[0].address.addr;
    must(has_server, "no server");
    is_sntp_running = is_sntp_known_to_esp_netif = true;
    sntp_starts++;
    return ESP_OK;
}

unsigned net_sntp_starts(void)
{
    return sntp_starts;
}

void net_sntp_fail(int error)
{
    sntp_error = error;
}

void net_sntp_start_by_application(bool with_esp_netif)
{
    is_sntp_running = true;
    is_sntp_known_to_esp_netif = with_esp_netif;
}

/* ---- the timer */

static esp_timer_create_args_t timer;
static uint64_t timer_us;

esp_err_t esp_timer_create(const esp_timer_create_args_t *args, esp_timer_handle_t *out)
{
    timer = *args;
    *out = (esp_timer_handle_t)(void *)&timer;
    return ESP_OK;
}

esp_err_t esp_timer_start_once(esp_timer_handle_t handle, uint64_t timeout_us)
{
    (void)handle;
    if (timer_us) {
        return ESP_ERR_INVALID_STATE;
    }
    timer_us = timeout_us;
    return ESP_OK;
}

unsigned net_timer_ms(void)
{
    return (unsigned)(timer_us / 1000);
}

void net_timer_run(void)
{
    must(timer_us > 0, "the timer does not run");
    timer_us = 0;
    timer.callback(timer.arg);
}

/* ---- Wi-Fi */

static int connect_error;
static unsigned tries, stations;

void net_wifi_refuse(int error)
{
    connect_error = error;
}

unsigned net_wifi_tries(void)
{
    return tries;
}

unsigned net_stations(void)
{
    return stations;
}

void net_wifi_event(int32_t id, uint8_t reason)
{
    wifi_event_sta_disconnected_t event = {.reason = reason};
    tell(WIFI_EVENT, id, &event);
}

esp_netif_t *esp_netif_create_default_wifi_sta(void)
{
    must(!esp_netif_get_handle_from_ifkey("WIFI_STA_DEF"), "a second station");
    stations++;
    return &interfaces[net_add((struct net_interface){.key = "WIFI_STA_DEF"})];
}

esp_err_t esp_wifi_init(const wifi_init_config_t *config)
{
    (void)config;
    return ESP_OK;
}

esp_err_t esp_wifi_set_storage(wifi_storage_t storage)
{
    return storage == WIFI_STORAGE_RAM ? ESP_OK : ESP_FAIL;
}

esp_err_t esp_wifi_set_mode(wifi_mode_t mode)
{
    return mode == WIFI_MODE_STA ? ESP_OK : ESP_FAIL;
}

esp_err_t esp_wifi_set_config(wifi_interface_t interface, wifi_config_t *config)
{
    return interface == WIFI_IF_STA && config->sta.ssid[0] ? ESP_OK : ESP_FAIL;
}

esp_err_t esp_wifi_start(void)
{
    return ESP_OK;
}

static int8_t rssi;

void net_wifi_rssi(int8_t dbm)
{
    rssi = dbm;
}

/* The driver's answer to a station that is not connected is an error. */
esp_err_t esp_wifi_sta_get_ap_info(wifi_ap_record_t *info)
{
    if (!rssi) {
        return ESP_FAIL;
    }
    *info = (wifi_ap_record_t){.rssi = rssi};
    return ESP_OK;
}

esp_err_t esp_wifi_connect(void)
{
    tries++;
    return connect_error;
}
