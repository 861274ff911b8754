/* SPDX-License-Identifier: MIT */
/* The sentences about a configuration's values. Lengths are AWS IoT's, IEEE 802.11's, and those of include/lib_config.h. */
#include "device/core/store/config_check.h"

#include "common/number.h"
#include "common/pem.h"

#include <string.h>

#define HOST_MAX       253 /* a DNS name */
#define THING_NAME_MAX 128
#define TEMPLATE_MAX   36 /* CreateProvisioningTemplate */
#define SSID_MAX       32
#define PASSWORD_MAX   64
#define PREFIX_MAX     15
#define PORT_USUAL     8883
#define WORD_CHARS     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static bool is_given(const char *text)
{
    return text && text[0];
}

/* ---- values */

/* A literal IPv6 address has colons as well; only its characters are checked here, the resolver judges the rest. */
static bool is_ipv6(const char *host)
{
    return strspn(host, "0123456789abcdefABCDEF:.") == strlen(host) && strchr(strchr(host, ':') + 1, ':');
}

const char *config_check_host(const char *host)
{
    if (!is_given(host)) {
        return "is empty; it is what `aws iot describe-endpoint --endpoint-type iot:Data-ATS` prints";
    }
    if (strlen(host) > HOST_MAX) {
        return "is too long, or has no NUL (up to 253 characters)";
    }
    if (strstr(host, "://")) {
        return "has a scheme; give the name alone, without 'https://' or 'mqtts://'";
    }
    if (strchr(host, '/')) {
        return "has a path; give the name alone";
    }
    if (strchr(host, ':') && !is_ipv6(host)) {
        return "has a port; that has a field of its own (port, port_u16)";
    }
    return strspn(host, WORD_CHARS "-_.:") == strlen(host) ? NULL : "has a character that no host name has";
}

const char *config_check_thing_name(const char *name)
{
    if (!is_given(name)) {
        return "is missing";
    }
    if (strlen(name) > THING_NAME_MAX) {
        return "is too long (AWS IoT: up to 128 characters)";
    }
    return strspn(name, WORD_CHARS ":_-") == strlen(name)
               ? NULL
               : "has a character that AWS IoT does not take (a-z A-Z 0-9 : _ -)";
}

const char *config_check_template(const char *name)
{
    if (!is_given(name)) {
        return "is missing; it is the name of a provisioning template";
    }
    if (strlen(name) > TEMPLATE_MAX) {
        return "is too long (AWS IoT: up to 36 characters)";
    }
    return strspn(name, WORD_CHARS "_-") == strlen(name)
               ? NULL
               : "has a character that AWS IoT does not take (a-z A-Z 0-9 _ -)";
}

const char *config_check_pem(const char *text, const char *kind)
{
    struct pem_block block;

    if (!is_given(text)) {
        return "is missing";
    }
    return pem_find(text, kind, &block)
               ? NULL
               : "is not PEM text of that kind; is it a file's name, or another file's content?";
}

const char *config_check_pem_or_reference(const char *text, const char *kind)
{
    return text && pem_is_reference(text) ? NULL : config_check_pem(text, kind);
}

static const char *check_length(const char *text, size_t max, const char *what)
{
    return text && strlen(text) > max ? what : NULL;
}

const char *config_check_prefix(const char *prefix)
{
    const char *what = check_length(prefix, PREFIX_MAX, "is too long (up to 15 characters)");

    return !what && prefix && strspn(prefix, WORD_CHARS "_-") != strlen(prefix)
               ? "has a character that is not a letter, a digit, _ or -"
               : what;
}

const char *config_check_wifi_ssid(const char *ssid)
{
    return check_length(ssid, SSID_MAX, "is too long (up to 32 bytes)");
}

const char *config_check_wifi_password(const char *password)
{
    return check_length(password, PASSWORD_MAX, "is too long (up to 64 characters)");
}

uint16_t config_port_of(const char *text)
{
    uint32_t port = 0;

    if (!text) {
        return PORT_USUAL;
    }
    return number_to_u32(slice_from(text), &port) || port > UINT16_MAX ? 0 : (uint16_t)port;
}

/* ---- the whole */

struct check {
    const struct config_texts *texts;
    config_complain_fn complain;
    void *ctx;
    bool is_bad;
};

static void note(struct check *check, enum config_field field, const char *what)
{
    if (what) {
        check->complain(check->ctx, slice_from(config_field_name(field)), what);
        check->is_bad = true;
    }
}

static bool has_any(const struct config_texts *texts, enum config_field first, enum config_field last)
{
    for (unsigned field = first; field <= (unsigned)last; field++) {
        if (texts->of[field]) {
            return true;
        }
    }
    return false;
}

static void check_thing(struct check *check)
{
    const char *const *of = check->texts->of;

    note(check, CONFIG_THING_NAME, config_check_thing_name(of[CONFIG_THING_NAME]));
    note(check, CONFIG_CERTIFICATE, config_check_pem_or_reference(of[CONFIG_CERTIFICATE], "CERTIFICATE"));
    note(check, CONFIG_PRIVATE_KEY, config_check_pem_or_reference(of[CONFIG_PRIVATE_KEY], "PRIVATE KEY"));
}

static void check_claim(struct check *check)
{
    const char *const *of = check->texts->of;

    note(check, CONFIG_CLAIM_CERTIFICATE,
         config_check_pem_or_reference(of[CONFIG_CLAIM_CERTIFICATE], "CERTIFICATE"));
    note(check, CONFIG_CLAIM_PRIVATE_KEY,
         config_check_pem_or_reference(of[CONFIG_CLAIM_PRIVATE_KEY], "PRIVATE KEY"));
    note(check, CONFIG_TEMPLATE, config_check_template(of[CONFIG_TEMPLATE]));
}

static void check_rest(struct check *check)
{
    const char *const *of = check->texts->of;

    note(check, CONFIG_WIFI_SSID, config_check_wifi_ssid(of[CONFIG_WIFI_SSID]));
    note(check, CONFIG_WIFI_PASSWORD, config_check_wifi_password(of[CONFIG_WIFI_PASSWORD]));
    if (of[CONFIG_WIFI_PASSWORD] && !of[CONFIG_WIFI_SSID]) {
        note(check, CONFIG_WIFI_SSID, "is missing, but there is a password");
    }
    note(check, CONFIG_NAME_PREFIX, config_check_prefix(of[CONFIG_NAME_PREFIX]));
}

/* Both ways at once would leave open which of them counts. */
static enum config_way check_way(struct check *check)
{
    const struct config_texts *texts = check->texts;
    bool has_thing = has_any(texts, CONFIG_THING_NAME, CONFIG_PRIVATE_KEY);
    bool has_claim = has_any(texts, CONFIG_CLAIM_CERTIFICATE, CONFIG_TEMPLATE);

    note(check, CONFIG_ENDPOINT, config_check_host(texts->of[CONFIG_ENDPOINT]));
    if (config_port_of(texts->of[CONFIG_PORT]) == 0) {
        note(check, CONFIG_PORT, "is not 1 to 65535; AWS IoT takes MQTT at 8883, or at 443");
    }
    note(check, CONFIG_ROOT_CA, config_check_pem(texts->of[CONFIG_ROOT_CA], "CERTIFICATE"));
    if (has_thing && has_claim) {
        note(check, CONFIG_CLAIM_CERTIFICATE,
             "comes with a thing's certificate, key or name; give the one or the other");
    } else if (has_claim) {
        check_claim(check);
        return CONFIG_WAY_CLAIM;
    } else {
        check_thing(check);
    }
    return CONFIG_WAY_THING;
}

enum config_way config_check(const struct config_texts *texts, config_complain_fn complain, void *ctx)
{
    struct check check = {.texts = texts, .complain = complain, .ctx = ctx};
    bool is_wifi_alone = texts->of[CONFIG_WIFI_SSID] && !has_any(texts, CONFIG_ENDPOINT, CONFIG_TEMPLATE);

    check_rest(&check);
    enum config_way way = is_wifi_alone ? CONFIG_WAY_WIFI : check_way(&check);
    return check.is_bad ? CONFIG_WAY_BAD : way;
}
