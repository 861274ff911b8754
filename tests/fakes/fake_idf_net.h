/* SPDX-License-Identifier: MIT */
/* ESP-IDF's network played on a host: interfaces and their addresses, the event loop, SNTP, the Wi-Fi driver, one timer. Goes together
 * with fake_idf; all on the test's own task. */
#ifndef TESTS_FAKES_FAKE_IDF_NET_H
#define TESTS_FAKES_FAKE_IDF_NET_H

#include <stdbool.h>
#include <stdint.h>

/* An interface as the application has made it. 0: no address of that kind. */
struct net_interface {
    const char *key;
    bool is_up, gives_addresses;
    uint32_t ip4, ip6; /* ip6: the first four bytes, as they are written */
};
#define NET_IP6_GLOBAL     0x20010db8u
#define NET_IP6_LINK_LOCAL 0xfe800000u

unsigned net_add(struct net_interface interface);
void net_set(unsigned index, struct net_interface interface);

/* What the driver or the stack tells: the handlers for it run. */
void net_ip_event(int32_t id);
void net_ip6_event(uint32_t ip6);
void net_wifi_event(int32_t id, uint8_t reason);

/* How often the library has started SNTP. `error`: what esp_netif_sntp_init answers from now on; 0: it is good. */
unsigned net_sntp_starts(void);
void net_sntp_fail(int error);
/* The network gives a lease that names this time server; 0: none. */
void net_lease_with_time_server(uint32_t address);
/* The application starts it: by lwIP's own function, or by esp_netif's. */
void net_sntp_start_by_application(bool with_esp_netif);

/* The Wi-Fi driver. `error`: what esp_wifi_connect answers from now on. */
void net_wifi_refuse(int error);
unsigned net_wifi_tries(void);
unsigned net_stations(void);
void net_wifi_rssi(int8_t dbm); /* of the access point; 0: the driver has none */

/* The timer: ms until it calls, 0: it does not run. net_timer_run lets that time pass. */
unsigned net_timer_ms(void);
void net_timer_run(void);

#endif
