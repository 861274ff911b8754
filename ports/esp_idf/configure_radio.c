/* SPDX-License-Identifier: MIT */
/* A device is configured over Bluetooth or an access point of its own, by Espressif's provisioning manager: its phone apps bring the Wi-Fi's name
 * and password, which the manager tries before anybody hears of them; the rest comes over the endpoint "device-config", in pieces
 * (configure_pieces.h). Security 2: who has not the password gets no session, and the firmware has a verifier of the password and not the
 * password. When nothing is missing any more the device restarts, which gives back the memory of the radio. */
#include "sdkconfig.h"

#if CONFIG_DEVICE_JOBS_CONFIGURE_BLE || CONFIG_DEVICE_JOBS_CONFIGURE_SOFTAP
#include "device/port/port_board.h"
#include "device/port/port_configure.h"
#include "device/port/port_store.h"
#include "device/port/port_sync.h"
#include "ports/esp_idf/configure_manager.h"
#include "ports/esp_idf/configure_pieces.h"
#include "ports/esp_idf/log_line.h"
#include "ports/esp_idf/netif.h"

#include "esp_event.h"
#include "esp_netif.h"
#include "esp_wifi.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef CONFIG_DEVICE_JOBS_CONFIGURE_AP_PASSWORD /* Bluetooth has no use for one */
#define CONFIG_DEVICE_JOBS_CONFIGURE_AP_PASSWORD ""
#endif

#define ENDPOINT     "device-config"
#define STACK_BYTES  6144
#define CLEANUP_MS   5000 /* the phone asks once more how it went */
#define SALT_CAP     32
#define VERIFIER_CAP 384 /* SRP-6a over 3072 bits */
#define NAME_CAP     16
#define SSID_CAP     33
#define PASSWORD_CAP 65

enum work {
    WORK_TEXT, /* a whole text stands there */
    WORK_WIFI, /* name and password are good */
    WORK_END,  /* the manager has ended */
};

static struct {
    struct port_configure way;
    struct port_signal
        gate; /* who takes it may ask the task, and gives it back: the radio's task or the event loop's */
    struct port_signal asked;    /* `work` is the task's */
    struct port_signal answered; /* it is done */
    enum work work;
    size_t text_len; /* of WORK_TEXT */
    char *answer;    /* of WORK_TEXT: room for PORT_CONFIGURE_ANSWER_CAP bytes */
    struct configure_pieces pieces;
    bool is_configured;                          /* nothing is missing any more; with the gate */
    char ssid[SSID_CAP], password[PASSWORD_CAP]; /* received, and not known to be good; the event loop's */
    char salt[SALT_CAP], verifier[VERIFIER_CAP];
    char name[NAME_CAP];
    MANAGER(security2_params_t) security; /* must stay while the manager runs */
} * own;                                  /* from the heap, for good */

static atomic_bool is_running; /* the task is there */
static struct port_signal ended;

char *port_configure_room(size_t bytes)
{
    static char *room;
    room = room ? room : calloc(1, bytes);
    return room;
}

bool port_configure_ends_by_restart(void)
{
    return true;
}

static bool failed(const char *what, esp_err_t result)
{
    return log_line_failed("configuration", what, result);
}

/* ---- the password's salt and verifier: of this device (in its storage, put there by the factory), else of the firmware */

static int hex_digit(char c)
{
    char lower = (char)(c | 0x20);
    return c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The bytes; 0: it is no such text, or has too many. */
static size_t read_hex(const char *text, char *out, size_t cap)
{
    size_t len = strlen(text) / 2;

    if (strlen(text) % 2 || len > cap) {
        return 0;
    }
    for (size_t i = 0; i < len; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return 0;
        }
        out[i] = (char)(high << 4 | low);
    }
    return len;
}

static uint16_t read_secret(const char *key, const char *of_firmware, char *out, size_t cap)
{
    size_t len = 0;
    if (port_store_get(key, out, cap, &len)) {
        len = read_hex(of_firmware, out, cap);
    }
    return (uint16_t)len;
}

static bool find_password(void)
{
    own->security.salt = own->salt;
    own->security.salt_len =
        read_secret("sec2_salt", CONFIG_DEVICE_JOBS_CONFIGURE_SALT, own->salt, sizeof(own->salt));
    own->security.verifier = own->verifier;
    own->security.verifier_len = read_secret("sec2_verifier", CONFIG_DEVICE_JOBS_CONFIGURE_VERIFIER,
                                             own->verifier, sizeof(own->verifier));
    if (own->security.salt_len == 0 || own->security.verifier_len == 0) {
        log_line(LOG_LEVEL_ERROR,
                 "configuration: there is no salt and verifier, and without a password nobody may "
                 "configure this device; esp_prov.py --sec_ver 2 --sec2_gen_cred makes them "
                 "(docs/provisioning-local.md)");
        return false;
    }
    return true;
}

/* ---- the task: storage and the check of certificates need more of a stack than the radio's task and the event loop's have */

/* The manager ends some seconds after it was told to. */
static void work(void)
{
    bool is_configured = own->work == WORK_TEXT
                             ? own->way.take(own->text_len, own->answer, PORT_CONFIGURE_ANSWER_CAP)
                             : own->way.take_wifi(own->ssid, own->password);
    if (is_configured) {
        own->is_configured = true;
        MANAGER(mgr_stop_provisioning)();
    }
}

/* The manager has told the driver to keep name and password in a place of its own; here they stand in the record, and factory reset knows that. */
static void finish(void)
{
    if (own->is_configured) {
        failed("Wi-Fi's own storage", esp_wifi_restore());
        own->way.done();
    }
}

static void run(void *ctx)
{
    (void)ctx;
    for (;;) {
        port_signal_wait(&own->asked, UINT32_MAX);
        if (own->work == WORK_END) {
            break;
        }
        work();
        port_signal_set(&own->answered);
    }
    finish();
    atomic_store(&is_running, false);
    port_signal_set(&ended);
}

/* With the gate. */
static void ask(enum work what)
{
    own->work = what;
    port_signal_set(&own->asked);
    if (what != WORK_END) {
        port_signal_wait(&own->answered, UINT32_MAX);
    }
}

/* ---- what comes */

static void take_piece(const char *piece, size_t len, char *answer)
{
    size_t text_len = 0;

    if (len > 0) {
        configure_pieces_open(&own->pieces, piece[0]);
        configure_pieces_add(&own->pieces, piece + 1, len - 1);
    }
    enum configure_piece what = configure_pieces_close(&own->pieces, &text_len);
    if (what == CONFIGURE_PIECE_WHOLE) {
        own->text_len = text_len;
        own->answer = answer;
        ask(WORK_TEXT);
    } else {
        configure_pieces_answer(what, text_len, answer, PORT_CONFIGURE_ANSWER_CAP);
    }
}

/* On the radio's task. The manager frees the answer. */
static esp_err_t on_request(uint32_t session_id, const uint8_t *in, ssize_t in_len, uint8_t **out,
                            ssize_t *out_len, void *ctx)
{
    (void)session_id, (void)ctx;
    char *answer = calloc(1, PORT_CONFIGURE_ANSWER_CAP);
    if (!answer) {
        return ESP_ERR_NO_MEM;
    }
    port_signal_wait(&own->gate, UINT32_MAX);
    if (own->is_configured) {
        strcpy(answer, "{\"result\":\"ok\"}");
    } else {
        take_piece((const char *)in, in_len > 0 ? (size_t)in_len : 0, answer);
    }
    port_signal_set(&own->gate);
    *out = (uint8_t *)answer;
    *out_len = (ssize_t)strlen(answer);
    return ESP_OK;
}

/* Neither needs a NUL to end in the driver's struct. */
static void keep_wifi(const wifi_sta_config_t *received)
{
    memset(own->ssid, 0, sizeof(own->ssid));
    memset(own->password, 0, sizeof(own->password));
    memcpy(own->ssid, received->ssid, strnlen((const char *)received->ssid, sizeof(received->ssid)));
    memcpy(own->password, received->password,
           strnlen((const char *)received->password, sizeof(received->password)));
}

static void take_wifi(void)
{
    port_signal_wait(&own->gate, UINT32_MAX);
    if (!own->is_configured && own->ssid[0]) {
        ask(WORK_WIFI);
    }
    memset(own->password, 0, sizeof(own->password));
    port_signal_set(&own->gate);
}

static void end(void)
{
    port_signal_wait(&own->gate, UINT32_MAX);
    ask(WORK_END);
    port_signal_set(&own->gate);
}

static void on_event(void *ctx, MANAGER(cb_event_t) event, void *data)
{
    (void)ctx;
    if (event == MANAGER_EVENT_RECEIVED) {
        keep_wifi(data);
    } else if (event == MANAGER_EVENT_CONNECTED) {
        take_wifi();
    } else if (event == MANAGER_EVENT_FAILED) {
        log_line(LOG_LEVEL_ERROR, "configuration: the Wi-Fi does not take this name or password");
        failed("another try", MANAGER_RETRY());
    } else if (event == MANAGER_EVENT_ENDED) {
        end();
    }
}

/* ---- begin and end */

/* Espressif's apps look for names that begin so. */
static void make_name(void)
{
    char id[24] = "device";
    port_board_device_id(id, sizeof(id));
    size_t len = strlen(id);
    snprintf(own->name, sizeof(own->name), "PROV_%s", id + (len > 6 ? len - 6 : 0));
}

static bool prepare_wifi(void)
{
    static bool is_done; /* the driver stays up when the way is stopped */
    const wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
    esp_err_t result = esp_event_loop_create_default();

    if (is_done) {
        return true;
    }
    if ((result != ESP_ERR_INVALID_STATE && failed("event loop", result)) ||
        failed("network interfaces", netif_prepare())) {
        return false;
    }
    if (!esp_netif_get_handle_from_ifkey("WIFI_STA_DEF") && !esp_netif_create_default_wifi_sta()) {
        return false;
    }
#if !CONFIG_DEVICE_JOBS_CONFIGURE_BLE
    if (!esp_netif_get_handle_from_ifkey("WIFI_AP_DEF") && !esp_netif_create_default_wifi_ap()) {
        return false;
    }
#endif
    is_done = !failed("Wi-Fi driver", esp_wifi_init(&init));
    return is_done;
}

static bool start_manager(void)
{
    const MANAGER(mgr_config_t)
        config = {.scheme = MANAGER_SCHEME, .app_event_handler = {.event_cb = on_event}};
    const char *key =
        CONFIG_DEVICE_JOBS_CONFIGURE_AP_PASSWORD[0] ? CONFIG_DEVICE_JOBS_CONFIGURE_AP_PASSWORD : NULL;

    return !failed("provisioning manager", MANAGER(mgr_init)(config)) &&
           !failed("provisioning manager", MANAGER(mgr_disable_auto_stop)(CLEANUP_MS)) &&
           !failed("endpoint", MANAGER(mgr_endpoint_create)(ENDPOINT)) &&
           !failed("provisioning",
                   MANAGER(mgr_start_provisioning)(MANAGER_SECURITY, &own->security, own->name, key)) &&
           !failed("endpoint", MANAGER(mgr_endpoint_register)(ENDPOINT, on_request, NULL));
}

/* A manager that has not started tells no end. */
static void give_up(void)
{
    MANAGER(mgr_deinit)();
    end();
    port_signal_wait(&ended, UINT32_MAX);
}

static enum err begin(const struct port_configure *way)
{
    char line[80];

    own = own ? own : calloc(1, sizeof(*own));
    if (!own) {
        log_line(LOG_LEVEL_ERROR, "configuration: no memory");
        return ERR_FULL;
    }
    memset(own, 0, sizeof(*own));
    own->way = *way;
    port_signal_init(&own->gate);
    port_signal_init(&own->asked);
    port_signal_init(&own->answered);
    port_signal_init(&ended);
    port_signal_set(&own->gate);
    configure_pieces_begin(&own->pieces, way->text, way->text_cap);
    make_name();
    if (!find_password() || !prepare_wifi()) {
        return ERR_FULL;
    }
    if (port_task_start("dj_configure", STACK_BYTES, 3, run, NULL)) {
        return ERR_FULL;
    }
    if (!start_manager()) {
        give_up();
        return ERR_FULL;
    }
    snprintf(line, sizeof(line), "configuration: waits as '%s' for Espressif's app or esp_prov.py",
             own->name);
    log_line(LOG_LEVEL_INFO, line);
    return ERR_OK;
}

enum err port_configure_start(const struct port_configure *way)
{
    if (atomic_exchange(&is_running, true)) {
        return ERR_BUSY;
    }
    enum err err = begin(way);
    if (err) {
        atomic_store(&is_running, false);
    }
    return err;
}

/* The event that the manager has ended comes within its function. */
void port_configure_stop(void)
{
    if (atomic_load(&is_running)) {
        MANAGER(mgr_deinit)();
        port_signal_wait(&ended, UINT32_MAX);
    }
}
#endif
