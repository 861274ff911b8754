/* SPDX-License-Identifier: MIT */
/* Local configuration: see local_config.h. The text becomes the record where it stands (config_record.h), so the room is all the memory. */
#include "device/runtime/local_config.h"

#include "common/json_write.h"
#include "device/port/port_mqtt.h"
#include "device/port/port_store.h"
#include "device/runtime/records.h"
#include "device/runtime/state.h"

#include <assert.h>
#include <string.h>

#define FINDING_SPARE 48 /* bytes of a finding beside its two texts, and what closes the answer */
#define FIELD_CAP     40
_Static_assert(CONFIG_RECORD_MAX == 6144, "a sentence below names it");

#ifdef CONFIG_DEVICE_JOBS_NO_PROVISIONING
static const bool has_provisioning = false;
#else
static const bool has_provisioning = true;
#endif

/* ---- the answer */

struct report {
    struct json_writer writer;
    void (*tell)(const char *field, const char *what);
    unsigned left_out;
};

/* A member's name comes from outside: what no name of ours has is not repeated. */
static void clean_field(struct slice field, char out[FIELD_CAP])
{
    size_t len = field.len < FIELD_CAP - 1 ? field.len : FIELD_CAP - 1;

    for (size_t i = 0; i < len; i++) {
        char lower = (char)(field.ptr[i] | 0x20);
        out[i] = '?';
        if ((lower >= 'a' && lower <= 'z') || (field.ptr[i] >= '0' && field.ptr[i] <= '9')) {
            out[i] = field.ptr[i];
        }
    }
    out[len] = '\0';
}

static void complain(void *ctx, struct slice field, const char *what)
{
    struct report *report = ctx;
    struct json_writer *w = &report->writer;
    char name[FIELD_CAP];

    clean_field(field, name);
    if (report->tell) {
        report->tell(name, what);
    }
    if (w->cap - w->len < strlen(name) + strlen(what) + FINDING_SPARE) {
        report->left_out++;
        return;
    }
    json_write_object(w);
    json_write_key(w, "field");
    json_write_string(w, name);
    json_write_key(w, "what");
    json_write_string(w, what);
    json_write_object_end(w);
}

static void begin_refusal(struct report *report, char *answer, size_t cap)
{
    json_write_begin(&report->writer, answer, cap);
    json_write_object(&report->writer);
    json_write_key(&report->writer, "result");
    json_write_string(&report->writer, "refused");
    json_write_key(&report->writer, "findings");
    json_write_array(&report->writer);
}

static void end_refusal(struct report *report)
{
    size_t len;

    json_write_array_end(&report->writer);
    if (report->left_out > 0) {
        json_write_key(&report->writer, "more");
        json_write_i64(&report->writer, report->left_out);
    }
    json_write_object_end(&report->writer);
    if (json_write_finish(&report->writer, &len)) {
        report->writer.buf[0] = '\0';
    }
}

static void write_ok(char *answer, size_t cap)
{
    struct json_writer w;
    size_t len;

    json_write_begin(&w, answer, cap);
    json_write_object(&w);
    json_write_key(&w, "result");
    json_write_string(&w, "ok");
    json_write_object_end(&w);
    if (json_write_finish(&w, &len)) {
        answer[0] = '\0';
    }
}

/* ---- what it says */

/* Whether the TLS library can read the texts, and whether the key belongs to the certificate. */
static bool check_credentials(const struct config_texts *texts, enum config_way way, struct report *report)
{
    bool is_claim = way == CONFIG_WAY_CLAIM;
    const enum config_field fields[] = {
        [PORT_MQTT_ROOT_CA] = CONFIG_ROOT_CA,
        [PORT_MQTT_CERT] = is_claim ? CONFIG_CLAIM_CERTIFICATE : CONFIG_CERTIFICATE,
        [PORT_MQTT_KEY] = is_claim ? CONFIG_CLAIM_PRIVATE_KEY : CONFIG_PRIVATE_KEY,
    };
    const struct port_mqtt_config config = {
        .root_ca_pem = texts->of[fields[PORT_MQTT_ROOT_CA]],
        .cert_pem = texts->of[fields[PORT_MQTT_CERT]],
        .key_pem = texts->of[fields[PORT_MQTT_KEY]],
    };
    enum port_mqtt_credential bad = PORT_MQTT_ROOT_CA;
    const char *why = NULL;

    if (way == CONFIG_WAY_WIFI || !port_mqtt_check(&config, &bad, &why)) {
        return true;
    }
    complain(report, slice_from(config_field_name(fields[bad])), why ? why : "cannot be used");
    return false;
}

static struct slice payload_of(const struct local_config *config)
{
    return (struct slice){config->room + LOCAL_CONFIG_TEXT, config->len};
}

/* Of a payload that was made a moment ago. */
static void read_texts(struct local_config *config)
{
    bool is_record = config_record_read(payload_of(config), &config->texts);

    assert(is_record);
    (void)is_record;
}

/* Puts a field, unless there is none to put. */
static bool set(struct local_config *config, enum config_field field, const char *text)
{
    size_t len =
        config_record_set(config->room + LOCAL_CONFIG_TEXT, config->len, CONFIG_RECORD_MAX, field, text);

    config->len = len > 0 ? len : config->len;
    return len > 0;
}

/* What a text does not say of the network stays as it was. */
static bool keep_wifi(struct local_config *config)
{
    const char *const *of = config->texts.of;

    if (of[CONFIG_WIFI_SSID]) {
        strcpy(config->ssid, of[CONFIG_WIFI_SSID]);
        strcpy(config->password, of[CONFIG_WIFI_PASSWORD] ? of[CONFIG_WIFI_PASSWORD] : "");
        return true;
    }
    if (!config->ssid[0]) {
        return true;
    }
    bool is_set =
        set(config, CONFIG_WIFI_SSID, config->ssid) && set(config, CONFIG_WIFI_PASSWORD, config->password);
    read_texts(config);
    return is_set;
}

static enum err store(struct local_config *config)
{
    enum err err = ERR_OK;

    if (config->way == CONFIG_WAY_CLAIM) {
        err = runtime_record_erase(RECORD_IDENTITY);
        err = err ? err : runtime_record_erase(RECORD_PENDING);
    }
    return err ? err : runtime_record_write(RECORD_CONFIG, config->room, config->len);
}

static bool judge(struct local_config *config, size_t text_len, struct report *report)
{
    const struct slice whole = SLICE_EMPTY;
    size_t len = 0;

    config->len = 0;
    if (text_len > CONFIG_RECORD_MAX) {
        complain(report, whole, "is too long (up to 6144 bytes)");
        return false;
    }
    if (!config_text_to_record(config->room + LOCAL_CONFIG_TEXT, text_len, &len, complain, report)) {
        return false;
    }
    config->len = len;
    read_texts(config);
    config->way = config_check(&config->texts, complain, report);
    if (config->way == CONFIG_WAY_CLAIM && !has_provisioning) {
        complain(report, slice_from(config_field_name(CONFIG_CLAIM_CERTIFICATE)),
                 "is of no use: fleet provisioning is left out of this program");
        return false;
    }
    if (config->way == CONFIG_WAY_BAD || !check_credentials(&config->texts, config->way, report)) {
        return false;
    }
    if (!keep_wifi(config)) {
        complain(report, whole, "is too long with the network's name and password");
        return false;
    }
    if (store(config)) {
        complain(report, whole, "cannot be stored: the device's storage does not take it");
        return false;
    }
    return true;
}

bool local_config_take(struct local_config *config, size_t text_len, char *answer, size_t answer_cap)
{
    struct report report = {.tell = config->tell};

    begin_refusal(&report, answer, answer_cap);
    if (!judge(config, text_len, &report)) {
        config->len = 0;
        memset(config->room, 0, LOCAL_CONFIG_ROOM); /* a key that was refused does not stay */
        end_refusal(&report);
        return false;
    }
    write_ok(answer, answer_cap);
    return true;
}

/* ---- the network, and what is stored */

bool local_config_take_wifi(struct local_config *config, const char *ssid, const char *password)
{
    if (config->len == 0) { /* nothing is held, or a text was refused: a record with the network alone */
        config->room[LOCAL_CONFIG_TEXT] = '\0';
        config->len = 1;
        config->way = CONFIG_WAY_WIFI;
    }
    strcpy(config->ssid, ssid);
    strcpy(config->password, password);
    bool is_set = set(config, CONFIG_WIFI_SSID, ssid) && set(config, CONFIG_WIFI_PASSWORD, password);
    read_texts(config); /* they have moved, also when only one of the two fits */
    return is_set && !runtime_record_write(RECORD_CONFIG, config->room, config->len);
}

static void ignore(void *ctx, struct slice field, const char *what)
{
    (void)ctx, (void)field, (void)what;
}

enum err local_config_load(struct local_config *config)
{
    struct slice payload;
    enum err err = runtime_record_read(RECORD_CONFIG, config->room, LOCAL_CONFIG_ROOM, &payload);

    config->len = 0;
    if (err) {
        return err;
    }
    config->len = payload.len;
    config->way = CONFIG_WAY_BAD;
    if (config_record_read(payload, &config->texts)) {
        config->way = config_check(&config->texts, ignore, NULL);
    }
    if (config->way == CONFIG_WAY_BAD) {
        config->len = 0;
        runtime_log(LOG_LEVEL_ERROR, "the stored configuration cannot be used, and counts as absent");
        return ERR_NOT_FOUND;
    }
    keep_wifi(config);
    return ERR_OK;
}

enum err local_config_erase(void)
{
    enum err err = runtime_record_erase(RECORD_IDENTITY);

    err = err ? err : runtime_record_erase(RECORD_PENDING);
    err = err ? err : runtime_record_erase(RECORD_CONFIG);
    err = err ? err : port_store_erase(RUNTIME_JOURNAL_KEY);
    err = err ? err : runtime_record_erase(RECORD_CLOCK);
    return err ? err : runtime_record_erase(RECORD_ROTATION);
}
