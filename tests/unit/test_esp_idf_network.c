/* SPDX-License-Identifier: MIT */
/* The ESP-IDF port where the application brings the network up: when the library notices, and when it asks for the time (port_network.h,
 * */
// LINK: -Wl,-u,__wrap_xTaskCreatePinnedToCore port_esp_idf_chip fake_idf -Wl,--wrap=gettimeofday,--wrap=settimeofday common pthread
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_network.h"
#include "esp_event.h"
#include "esp_sntp.h"
#include "fakes/fake_idf.h"
#include "fakes/fake_idf_net.h"

#include <arpa/inet.h>
#include <string.h>

#include "fakes/in_child.h"
#include "ports/esp_idf/network_none.c" /* of the ways to the network, this one */

static unsigned ups, downs;

static void on_change(bool is_up)
{
    ups += is_up;
    downs += !is_up;
}

static void start(void)
{
    EXPECT(port_network_start(NULL, NULL, on_change) == ERR_OK);
}

static const struct net_interface ethernet = {.key = "ETH_DEF", .is_up = true, .ip4 = 0x0201a8c0};

static void test_network_that_is_up_before_the_start(void)
{
    net_add(ethernet);
    start();
    EXPECT(net_sntp_starts() == 1);
    EXPECT(ups == 1);
    EXPECT(port_network_start(NULL, NULL, on_change) == ERR_BUSY);
    EXPECT(ups == 1);
}

static void test_network_that_comes_after_the_start(void)
{
    net_add((struct net_interface){.key = "ETH_DEF"});
    start();
    EXPECT(net_sntp_starts() == 0 && ups == 0);
    net_ip_event(IP_EVENT_ETH_GOT_IP);
    EXPECT(net_sntp_starts() == 1 && ups == 1);
    net_ip_event(IP_EVENT_STA_GOT_IP);
    net_ip_event(IP_EVENT_PPP_GOT_IP);
    EXPECT(net_sntp_starts() == 1 && ups == 3);
}

/* A link-local address leads nowhere, and lwIP asks again only after a pause. */
static void test_ipv6_alone(void)
{
    unsigned at = net_add((struct net_interface){.key = "ETH_DEF", .is_up = true, .ip6 = NET_IP6_LINK_LOCAL});
    start();
    net_ip6_event(NET_IP6_LINK_LOCAL);
    EXPECT(net_sntp_starts() == 0 && ups == 0);
    net_set(at, (struct net_interface){.key = "ETH_DEF", .is_up = true, .ip6 = NET_IP6_GLOBAL});
    net_ip6_event(NET_IP6_GLOBAL);
    EXPECT(net_sntp_starts() == 1 && ups == 1);
}

static void test_ipv6_alone_before_the_start(void)
{
    net_add((struct net_interface){.key = "ETH_DEF", .is_up = true, .ip6 = NET_IP6_GLOBAL});
    start();
    EXPECT(net_sntp_starts() == 1 && ups == 1);
}

/* An access point of this device has an address at once, and a cable that is not plugged in may be promised one. */
static void test_interfaces_that_lead_nowhere(void)
{
    net_add((struct net_interface){
        .key = "WIFI_AP_DEF", .is_up = true, .gives_addresses = true, .ip4 = 0x0104a8c0});
    net_add((struct net_interface){.key = "ETH_DEF", .ip4 = 0x0201a8c0});
    start();
    EXPECT(net_sntp_starts() == 0 && ups == 0);
}

/* lwIP ends the program when SNTP is set up while it runs; the fake does, too. */
static void test_time_servers_by_name(void)
{
    net_add(ethernet);
    start();
    EXPECT(strcmp(esp_sntp_getservername(0), CONFIG_DEVICE_JOBS_SNTP_SERVER) == 0);
    EXPECT(strcmp(esp_sntp_getservername(1), CONFIG_DEVICE_JOBS_SNTP_SERVER_2) == 0);
    net_ip_event(IP_EVENT_ETH_GOT_IP);
    EXPECT(strcmp(esp_sntp_getservername(0), CONFIG_DEVICE_JOBS_SNTP_SERVER) == 0);
}

/* A network that lets nothing out but to its own server names it in the lease (DHCP, option 42): before the address is told, and the names come
 * behind it, again after each lease, which takes them away. */
static void test_time_server_that_the_network_names(void)
{
    unsigned at = net_add((struct net_interface){.key = "ETH_DEF"});
    start();
    for (int i = 0; i < 2; i++) {
        net_lease_with_time_server(0x0101a8c0);
        net_set(at, ethernet);
        net_ip_event(IP_EVENT_ETH_GOT_IP);
        EXPECT(net_sntp_starts() == 1);
        EXPECT(esp_sntp_getserver(0)->addr == 0x0101a8c0 && !esp_sntp_getservername(0));
        EXPECT(strcmp(esp_sntp_getservername(1), CONFIG_DEVICE_JOBS_SNTP_SERVER) == 0);
    }
}

static void test_application_s_time_servers_are_left_alone(void)
{
    net_sntp_start_by_application(false);
    esp_sntp_setservername(0, "application.example");
    net_add(ethernet);
    start();
    net_lease_with_time_server(0x0101a8c0);
    net_ip_event(IP_EVENT_ETH_GOT_IP);
    EXPECT(strcmp(esp_sntp_getservername(0), "application.example") == 0);
    EXPECT(!esp_sntp_getservername(1));
}

static void test_application_that_has_started_sntp_itself(void)
{
    net_sntp_start_by_application(false);
    net_add(ethernet);
    start();
    net_ip_event(IP_EVENT_ETH_GOT_IP);
    EXPECT(net_sntp_starts() == 0);
    EXPECT(ups == 2);
    EXPECT(!idf_log_has("network: time"));
}

static void test_application_that_has_started_sntp_by_esp_netif(void)
{
    net_sntp_start_by_application(true);
    net_add(ethernet);
    start();
    EXPECT(net_sntp_starts() == 0);
    EXPECT(!idf_log_has("network: time"));
}

static void test_start_of_sntp_that_fails_is_told_and_tried_again(void)
{
    net_sntp_fail(ESP_FAIL);
    net_add(ethernet);
    start();
    EXPECT(net_sntp_starts() == 0);
    EXPECT(idf_log_has("network: time: ESP_FAIL"));
    net_sntp_fail(0);
    net_ip_event(IP_EVENT_ETH_GOT_IP);
    EXPECT(net_sntp_starts() == 1);
}

static void test_loss_is_told_when_no_interface_is_left(void)
{
    unsigned at = net_add(ethernet);
    unsigned other = net_add((struct net_interface){.key = "PPP_DEF", .is_up = true, .ip4 = 0x0100000a});
    start();
    net_set(other, (struct net_interface){.key = "PPP_DEF"});
    net_ip_event(IP_EVENT_PPP_LOST_IP);
    EXPECT(downs == 0);
    net_set(at, (struct net_interface){.key = "ETH_DEF"});
    net_ip_event(IP_EVENT_ETH_LOST_IP);
    EXPECT(downs == 1);
}

/* lib_wifi.h asks for it at any time, also before the stack is there, which ends the program when it is asked then. */
static void test_what_the_network_is_like(void)
{
    struct port_network_state seen;
    unsigned at = net_add(ethernet);
    EXPECT(port_network_look(&seen) == ERR_OK && !seen.is_up && seen.address[0] == '\0');
    start();
    EXPECT(port_network_look(&seen) == ERR_OK && seen.is_up && seen.rssi_dbm == 0);
    EXPECT(strcmp(seen.address, "192.168.1.2") == 0);
    net_set(at, (struct net_interface){.key = "ETH_DEF", .is_up = true, .ip6 = htonl(NET_IP6_GLOBAL)});
    EXPECT(port_network_look(&seen) == ERR_OK && seen.is_up);
    EXPECT(strcmp(seen.address, "2001:db8:0:0:0:0:0:0") == 0);
    net_set(at, (struct net_interface){.key = "ETH_DEF", .ip4 = 0x0201a8c0});
    EXPECT(port_network_look(&seen) == ERR_OK && !seen.is_up && seen.address[0] == '\0');
}

static void test_address_of_an_access_point_of_this_device_is_not_told(void)
{
    struct port_network_state seen;
    net_add((struct net_interface){
        .key = "WIFI_AP_DEF", .is_up = true, .gives_addresses = true, .ip4 = 0x0104a8c0});
    net_add(ethernet);
    start();
    EXPECT(port_network_look(&seen) == ERR_OK && strcmp(seen.address, "192.168.1.2") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CHILD(test_network_that_is_up_before_the_start),
        IN_CHILD(test_network_that_comes_after_the_start),
        IN_CHILD(test_ipv6_alone),
        IN_CHILD(test_ipv6_alone_before_the_start),
        IN_CHILD(test_interfaces_that_lead_nowhere),
        IN_CHILD(test_time_servers_by_name),
        IN_CHILD(test_time_server_that_the_network_names),
        IN_CHILD(test_application_s_time_servers_are_left_alone),
        IN_CHILD(test_application_that_has_started_sntp_itself),
        IN_CHILD(test_application_that_has_started_sntp_by_esp_netif),
        IN_CHILD(test_start_of_sntp_that_fails_is_told_and_tried_again),
        IN_CHILD(test_loss_is_told_when_no_interface_is_left),
        IN_CHILD(test_what_the_network_is_like),
        IN_CHILD(test_address_of_an_access_point_of_this_device_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
