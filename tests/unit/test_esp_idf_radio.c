/* SPDX-License-Identifier: MIT */
/* The ESP-IDF port's way to configure a device over Bluetooth (device/port/port_configure.h), with Espressif's provisioning manager played here: what
 * the manager is told, what the phone and the endpoint bring in any order, and that nobody gets in without a password. */
// LINK: -Wl,-u,__wrap_xTaskCreatePinnedToCore port_esp_idf_chip fake_idf -Wl,--wrap=gettimeofday,--wrap=settimeofday common pthread
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_idf.h"
#include "fakes/fake_idf_net.h"

#include "fakes/in_child.h"

#include <sched.h>

#include "ports/esp_idf/configure_radio.c" /* of the ways, this one */

#define TEXT_CAP 40

static char text[TEXT_CAP];

static struct {
    wifi_prov_mgr_config_t config;
    bool is_running, is_endpoint_made;
    unsigned autos_off, stops, retries, restores, takes, wifis, dones;
    protocomm_req_handler_t handler;
    const protocomm_security2_params_t *security;
    char name[32];
    const char *key;
    char seen[TEXT_CAP + 1];
    size_t len;
    char ssid[40], password[70];
    bool is_good; /* what take and take_wifi answer */
    bool is_start_refused;
} world;

const wifi_prov_scheme_t wifi_prov_scheme_ble = {.wifi_mode = WIFI_MODE_STA};
const wifi_prov_scheme_t wifi_prov_scheme_softap = {0};

static void tell(wifi_prov_cb_event_t event, void *data)
{
    world.config.app_event_handler.event_cb(NULL, event, data);
}

esp_err_t wifi_prov_mgr_init(wifi_prov_mgr_config_t config)
{
    world.config = config;
    return ESP_OK;
}

void wifi_prov_mgr_deinit(void)
{
    if (world.is_running) {
        world.is_running = false;
        tell(WIFI_PROV_END, NULL);
    }
}

esp_err_t wifi_prov_mgr_disable_auto_stop(uint32_t cleanup_ms)
{
    EXPECT(cleanup_ms >= 1000 && !world.is_running);
    world.autos_off++;
    return ESP_OK;
}

esp_err_t wifi_prov_mgr_endpoint_create(const char *name)
{
    EXPECT(!world.is_running && strcmp(name, "device-config") == 0); /* Espressif: before the start */
    world.is_endpoint_made = true;
    return ESP_OK;
}

esp_err_t wifi_prov_mgr_start_provisioning(wifi_prov_security_t security, const void *params,
                                           const char *name, const char *key)
{
    EXPECT(security == WIFI_PROV_SECURITY_2 && world.autos_off == 1);
    if (world.is_start_refused) {
        return ESP_FAIL;
    }
    world.security = params;
    strcpy(world.name, name);
    world.key = key;
    world.is_running = true;
    return ESP_OK;
}

esp_err_t wifi_prov_mgr_endpoint_register(const char *name, protocomm_req_handler_t handler, void *ctx)
{
    EXPECT(world.is_running && world.is_endpoint_made && !ctx &&
           strcmp(name, "device-config") == 0); /* after it */
    world.handler = handler;
    return ESP_OK;
}

void wifi_prov_mgr_stop_provisioning(void)
{
    world.stops++;
}

esp_err_t wifi_prov_mgr_reset_sm_state_on_failure(void)
{
    world.retries++;
    return ESP_OK;
}

esp_err_t esp_wifi_restore(void)
{
    world.restores++;
    return ESP_OK;
}

esp_netif_t *esp_netif_create_default_wifi_ap(void)
{
    EXPECT(!"Bluetooth needs none");
    return NULL;
}

static bool take(size_t len, char *answer, size_t cap)
{
    EXPECT(cap == PORT_CONFIGURE_ANSWER_CAP);
    memcpy(world.seen, text, len <= TEXT_CAP ? len : 0);
    world.seen[len <= TEXT_CAP ? len : 0] = '\0';
    world.len = len;
    world.takes++;
    strcpy(answer, world.is_good ? "good" : "bad");
    return world.is_good;
}

static bool take_network(const char *ssid, const char *password)
{
    strcpy(world.ssid, ssid);
    strcpy(world.password, password);
    world.wifis++;
    return world.is_good;
}

static void done(void)
{
    world.dones++;
}

static const struct port_configure way = {
    .text = text, .text_cap = TEXT_CAP, .take = take, .take_wifi = take_network, .done = done};

static void start_way(void)
{
    idf_reset();
    EXPECT(port_store_open() == ERR_OK);
    EXPECT(port_configure_start(&way) == ERR_OK);
}

static void expect_answer(const char *request, size_t len, const char *answer)
{
    uint8_t *out = NULL;
    ssize_t out_len = -1;
    EXPECT(world.handler(1, (const uint8_t *)request, (ssize_t)len, &out, &out_len, NULL) == ESP_OK);
    EXPECT(out_len == (ssize_t)strlen(answer) && memcmp(out, answer, strlen(answer)) == 0);
    free(out); /* as the manager does */
}

static void request(const char *bytes, const char *answer)
{
    expect_answer(bytes, strlen(bytes), answer);
}

static void phone(const char *ssid, const char *password, wifi_prov_cb_event_t how)
{
    wifi_sta_config_t received = {.ssid = {0}};
    memcpy(received.ssid, ssid, strlen(ssid));
    memcpy(received.password, password, strlen(password));
    tell(WIFI_PROV_CRED_RECV, &received);
    tell(how, NULL);
}

/* The manager has ended, and what follows from that is done. */
static void finished(void)
{
    tell(WIFI_PROV_END, NULL);
    while (atomic_load(&is_running)) {
        sched_yield();
    }
}

/* ---- */

static void starts_with_the_password_of_the_firmware(void)
{
    start_way();
    EXPECT(port_configure_start(&way) == ERR_BUSY);
    EXPECT(world.security->salt_len == 4 && memcmp(world.security->salt, "\x00\x11\x22\x33", 4) == 0);
    EXPECT(world.security->verifier_len == 3 && memcmp(world.security->verifier, "\xaa\xbb\xcc", 3) == 0);
    EXPECT(strncmp(world.name, "PROV_", 5) == 0 && strlen(world.name) == 11);
    EXPECT(!world.key);
    EXPECT(idf_log_has(world.name) && !idf_log_has("aabbcc"));
    EXPECT(port_configure_ends_by_restart());
}

static void starts_with_the_password_of_the_device(void)
{
    idf_reset();
    EXPECT(port_store_open() == ERR_OK);
    EXPECT(port_store_put("sec2_salt", "salt", 4) == ERR_OK);
    EXPECT(port_store_put("sec2_verifier", "verifier", 8) == ERR_OK);
    EXPECT(port_configure_start(&way) == ERR_OK);
    EXPECT(world.security->salt_len == 4 && memcmp(world.security->salt, "salt", 4) == 0);
    EXPECT(world.security->verifier_len == 8 && memcmp(world.security->verifier, "verifier", 8) == 0);
}

static void hex_that_is_none(void)
{
    char out[4];
    EXPECT(read_hex("", out, sizeof(out)) == 0);
    EXPECT(read_hex("abc", out, sizeof(out)) == 0);
    EXPECT(read_hex("ag", out, sizeof(out)) == 0);
    EXPECT(read_hex("0011223344", out, sizeof(out)) == 0);
    EXPECT(read_hex("09aFfA90", out, sizeof(out)) == 4 && memcmp(out, "\x09\xaf\xfa\x90", 4) == 0);
}

static void a_text_in_pieces(void)
{
    start_way();
    request("{\"a\":1}", "bad");
    EXPECT(strcmp(world.seen, "{\"a\":1}") == 0);
    request("+{\"b\"", "{\"result\":\"more\",\"bytes\":4}");
    world.is_good = true;
    EXPECT(world.stops == 0);
    request("=:2}", "good");
    EXPECT(strcmp(world.seen, "{\"b\":2}") == 0);
    EXPECT(world.stops == 1 && world.dones == 0); /* the answer first */
    request("{\"c\":3}", "{\"result\":\"ok\"}");  /* the phone has missed it, and asks again */
    EXPECT(world.takes == 2);
    finished();
    EXPECT(world.dones == 1 && world.restores == 1);
}

static void hostile_requests(void)
{
    static char much[5000];
    start_way();
    memset(much, 'x', sizeof(much));
    expect_answer(
        NULL, 0,
        "{\"result\":\"refused\",\"findings\":[{\"field\":\"\",\"what\":\"begins with none of { + = !\"}]}");
    expect_answer(
        much, sizeof(much),
        "{\"result\":\"refused\",\"findings\":[{\"field\":\"\",\"what\":\"begins with none of { + = !\"}]}");
    much[0] = '{';
    expect_answer(much, sizeof(much), "bad");
    EXPECT(world.len == TEXT_CAP + 1);
    uint8_t *out = NULL;
    ssize_t out_len = 0;
    EXPECT(world.handler(1, (const uint8_t *)much, -1, &out, &out_len, NULL) == ESP_OK);
    free(out);
    EXPECT(world.dones == 0);
}

static void the_network_by_phone(void)
{
    char ssid[33], password[65];
    start_way();
    phone("home", "wrong", WIFI_PROV_CRED_FAIL);
    EXPECT(world.retries == 1 && world.wifis == 0);
    EXPECT(idf_log_has("does not take this name or password") && !idf_log_has("wrong"));
    memset(ssid, 's', 32), ssid[32] = '\0';
    memset(password, 'p', 64), password[64] = '\0';
    phone(ssid, password, WIFI_PROV_CRED_SUCCESS); /* without room for a NUL in the driver's struct */
    EXPECT(world.wifis == 1 && strcmp(world.ssid, ssid) == 0 && strcmp(world.password, password) == 0);
    EXPECT(world.stops == 0);
    world.is_good = true;
    phone("other", "", WIFI_PROV_CRED_SUCCESS);
    EXPECT(world.wifis == 2 && strcmp(world.ssid, "other") == 0 && world.password[0] == '\0');
    EXPECT(world.stops == 1);
    tell(WIFI_PROV_CRED_SUCCESS, NULL);
    EXPECT(world.wifis == 2);
    finished();
    EXPECT(world.dones == 1);
}

static void stop_and_start_again(void)
{
    start_way();
    port_configure_stop();
    EXPECT(world.dones == 0 && world.restores == 0 && !world.is_running);
    port_configure_stop();
    world.autos_off = 0;
    EXPECT(port_configure_start(&way) == ERR_OK);
    EXPECT(net_stations() == 1);
    world.is_good = true;
    request("{}", "good");
}

static void a_manager_that_does_not_start(void)
{
    idf_reset();
    EXPECT(port_store_open() == ERR_OK);
    world.is_start_refused = true;
    EXPECT(port_configure_start(&way) == ERR_FULL);
    EXPECT(idf_log_has("configuration: provisioning"));
    world.is_start_refused = false, world.autos_off = 0;
    EXPECT(port_configure_start(&way) == ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CHILD(starts_with_the_password_of_the_firmware),
        IN_CHILD(starts_with_the_password_of_the_device),
        IN_CHILD(hex_that_is_none),
        IN_CHILD(a_text_in_pieces),
        IN_CHILD(hostile_requests),
        IN_CHILD(the_network_by_phone),
        IN_CHILD(stop_and_start_again),
        IN_CHILD(a_manager_that_does_not_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
