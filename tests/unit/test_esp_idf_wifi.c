/* SPDX-License-Identifier: MIT */
/* The ESP-IDF port's Wi-Fi station: it tries for ever, with pauses, whatever the driver answers (port_network.h). */
// LINK: -Wl,-u,__wrap_xTaskCreatePinnedToCore port_esp_idf_chip fake_idf -Wl,--wrap=gettimeofday,--wrap=settimeofday common pthread
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_network.h"
#include "esp_event.h"
#include "fakes/fake_idf.h"
#include "fakes/fake_idf_net.h"

#include <string.h>

#include "fakes/in_child.h"
#include "ports/esp_idf/network_wifi.c" /* of the ways to the network, this one */

#define WIFI_CONN 0x3007 /* ESP_ERR_WIFI_CONN */
#define WIFI_SSID 0x300a /* ESP_ERR_WIFI_SSID */

static unsigned ups, downs;

static void on_change(bool is_up)
{
    ups += is_up;
    downs += !is_up;
}

static void start(void)
{
    EXPECT(port_network_start("net", "password", on_change) == ERR_OK);
    net_wifi_event(WIFI_EVENT_STA_START, 0);
    EXPECT(net_wifi_tries() == 1);
}

/* No event follows a wish that the driver has refused. */
static void test_refused_wish_is_repeated_with_pauses(void)
{
    net_wifi_refuse(WIFI_CONN);
    start();
    unsigned longest_ms = 0;
    for (unsigned tries = 2; tries < 20; tries++) {
        EXPECT(net_timer_ms() >= 500 && net_timer_ms() >= longest_ms && net_timer_ms() <= 30000);
        longest_ms = net_timer_ms();
        net_timer_run();
        EXPECT(net_wifi_tries() == tries);
    }
    EXPECT(longest_ms == 30000);
    EXPECT(idf_log_count("Wi-Fi: ") == 1 && idf_log_has("ESP_ERR_WIFI_CONN"));
    net_wifi_refuse(ESP_OK);
    net_timer_run();
    EXPECT(net_timer_ms() == 0); /* an event follows */
}

static void test_each_cause_is_told_once(void)
{
    net_wifi_refuse(WIFI_CONN);
    start();
    net_timer_run();
    EXPECT(idf_log_count("Wi-Fi: ") == 1);
    net_wifi_refuse(WIFI_SSID);
    net_timer_run();
    net_timer_run();
    EXPECT(idf_log_count("Wi-Fi: ") == 2 && idf_log_has("ESP_ERR_WIFI_SSID"));
    net_wifi_refuse(ESP_OK);
    net_timer_run();
    for (int i = 0; i < 3; i++) {
        net_wifi_event(WIFI_EVENT_STA_DISCONNECTED, 201);
        net_timer_run();
    }
    EXPECT(idf_log_count("Wi-Fi: ") == 3 && idf_log_count("reason 201") == 1);
}

static void test_address_ends_the_pauses(void)
{
    start();
    for (int i = 0; i < 5; i++) {
        net_wifi_event(WIFI_EVENT_STA_DISCONNECTED, 201);
        net_timer_run();
    }
    net_wifi_event(WIFI_EVENT_STA_CONNECTED, 0);
    net_ip_event(IP_EVENT_STA_GOT_IP);
    EXPECT(ups == 1 && downs == 0 && net_sntp_starts() == 1);
    net_wifi_event(WIFI_EVENT_STA_DISCONNECTED, 201);
    EXPECT(downs == 1 && net_timer_ms() == 500);
    EXPECT(idf_log_count("reason 201") == 2);
    net_wifi_event(WIFI_EVENT_STA_DISCONNECTED, 201);
    EXPECT(downs == 1);
}

/* A try that was arranged before the station was taken would disturb it. */
static void test_no_try_while_the_station_is_taken(void)
{
    net_wifi_refuse(WIFI_CONN); /* it is connecting already */
    start();
    net_wifi_event(WIFI_EVENT_STA_CONNECTED, 0);
    net_timer_run();
    EXPECT(net_wifi_tries() == 1 && net_timer_ms() == 0);
    net_wifi_event(WIFI_EVENT_STA_DISCONNECTED, 8);
    net_timer_run();
    EXPECT(net_wifi_tries() == 2);
}

/* ESP-IDF ends a program that makes a second station; the fake does, too. */
static void test_station_of_the_application_is_left_alone(void)
{
    net_add((struct net_interface){.key = "WIFI_STA_DEF", .is_up = true, .ip4 = 0x0201a8c0});
    EXPECT(port_network_start(NULL, NULL, on_change) == ERR_OK);
    EXPECT(net_stations() == 0 && ups == 1 && net_sntp_starts() == 1);
    EXPECT(idf_log_has("CONFIG_DEVICE_JOBS_NETWORK_NONE"));
}

static void test_network_of_the_application_beside_wifi(void)
{
    net_add((struct net_interface){.key = "ETH_DEF", .is_up = true, .ip4 = 0x0201a8c0});
    start();
    EXPECT(ups == 1 && net_sntp_starts() == 1);
    net_ip_event(IP_EVENT_STA_GOT_IP);
    net_wifi_event(WIFI_EVENT_STA_DISCONNECTED, 201);
    EXPECT(downs == 0); /* the other one is still there */
}

static void test_signal_of_the_access_point(void)
{
    struct port_network_state seen;
    start();
    net_wifi_rssi(-61);
    net_add((struct net_interface){.key = "ETH_DEF", .is_up = true, .ip4 = 0x0201a8c0});
    EXPECT(port_network_look(&seen) == ERR_OK && seen.is_up &&
           seen.rssi_dbm == 0); /* the station is not connected */
    net_wifi_event(WIFI_EVENT_STA_CONNECTED, 0);
    EXPECT(port_network_look(&seen) == ERR_OK && seen.rssi_dbm == -61);
    net_wifi_rssi(2); /* next to the access point */
    EXPECT(port_network_look(&seen) == ERR_OK && seen.rssi_dbm == -1);
    net_wifi_rssi(0);
    EXPECT(port_network_look(&seen) == ERR_OK && seen.rssi_dbm == 0);
    net_wifi_rssi(-61);
    net_wifi_event(WIFI_EVENT_STA_DISCONNECTED, 201);
    EXPECT(port_network_look(&seen) == ERR_OK && seen.rssi_dbm == 0);
}

static void test_name_of_the_network_is_needed(void)
{
    EXPECT(port_network_start("", NULL, on_change) == ERR_ARG);
    EXPECT(idf_log_has("pWifiSsidStr"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CHILD(test_refused_wish_is_repeated_with_pauses),
        IN_CHILD(test_each_cause_is_told_once),
        IN_CHILD(test_address_ends_the_pauses),
        IN_CHILD(test_no_try_while_the_station_is_taken),
        IN_CHILD(test_station_of_the_application_is_left_alone),
        IN_CHILD(test_network_of_the_application_beside_wifi),
        IN_CHILD(test_signal_of_the_access_point),
        IN_CHILD(test_name_of_the_network_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
