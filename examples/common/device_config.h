/* SPDX-License-Identifier: MIT */
/* Who this device is, or with which claim it becomes somebody, from a folder: text files host, port, thing_name with one value each, and PEM files root_ca.pem,
 * certificate.pem, private_key.pem; for a key that is not read the last one holds a reference (docs/security.md). `iot-local thing NAME --out FOLDER` writes such a folder; one with the endpoint and the
 * certificate of an AWS account makes the same program a device of AWS IoT Core. For a claim (device_config_load_claim) the folder has claim_template,
 * claim_certificate.pem and claim_private_key.pem in place of the thing's three. A device with Wi-Fi also reads wifi_ssid and
 * wifi_password, when they are there.
 *
 * The folder is $DEVICE_DIR, which the command line sets, else ./device. Firmware carries the folder inside
 * (examples/common/embed_device.cmake), and there is nothing to open then. */
#ifndef EXAMPLES_COMMON_DEVICE_CONFIG_H
#define EXAMPLES_COMMON_DEVICE_CONFIG_H

#include "lib_system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline bool device_config_fail(const char *path, const char *what)
{
    fprintf(stderr, "error: device configuration: %s: %s\n", path, what);
    return false;
}

#ifdef DEVICE_CONFIG_EMBEDDED
#define DEVICE_CONFIG_FILE(name, symbol) extern const char device_config_##name[] __asm__(symbol)
DEVICE_CONFIG_FILE(host, "_binary_host_start");
DEVICE_CONFIG_FILE(port, "_binary_port_start");
#ifdef DEVICE_CONFIG_CLAIM
DEVICE_CONFIG_FILE(claim_template, "_binary_claim_template_start");
DEVICE_CONFIG_FILE(claim_certificate, "_binary_claim_certificate_pem_start");
DEVICE_CONFIG_FILE(claim_private_key, "_binary_claim_private_key_pem_start");
#else
DEVICE_CONFIG_FILE(thing_name, "_binary_thing_name_start");
DEVICE_CONFIG_FILE(certificate, "_binary_certificate_pem_start");
DEVICE_CONFIG_FILE(private_key, "_binary_private_key_pem_start");
#endif
DEVICE_CONFIG_FILE(root_ca, "_binary_root_ca_pem_start");
DEVICE_CONFIG_FILE(wifi_ssid, "_binary_wifi_ssid_start");
DEVICE_CONFIG_FILE(wifi_password, "_binary_wifi_password_start");

/* The content of a file as text that stays. */
static inline const char *device_config_read(const char *name, bool is_optional)
{
    const struct {
        const char *name, *text;
    } files[] = {
        {"host", device_config_host},
        {"port", device_config_port},
        {"root_ca.pem", device_config_root_ca},
#ifdef DEVICE_CONFIG_CLAIM
        {"claim_template", device_config_claim_template},
        {"claim_certificate.pem", device_config_claim_certificate},
        {"claim_private_key.pem", device_config_claim_private_key},
#else
        {"thing_name", device_config_thing_name},
        {"certificate.pem", device_config_certificate},
        {"private_key.pem", device_config_private_key},
#endif
        {"wifi_ssid", device_config_wifi_ssid},
        {"wifi_password", device_config_wifi_password},
    };
    (void)is_optional;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (!strcmp(files[i].name, name)) {
            return files[i].text;
        }
    }
    return NULL;
}

static inline void device_config_drop(const char *text)
{
    (void)text;
}
#else
#define DEVICE_CONFIG_FILE_MAX 65536 /* more than any certificate chain */

/* The content of a file as text that stays; NULL, and a line that says why. */
static inline const char *device_config_read(const char *name, bool is_optional)
{
    const char *folder = getenv("DEVICE_DIR");
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", folder && folder[0] ? folder : "device", name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        if (!is_optional) {
            device_config_fail(path, strerror(errno));
        }
        return NULL;
    }
    char *text = (char *)malloc(DEVICE_CONFIG_FILE_MAX);
    size_t len = text ? fread(text, 1, DEVICE_CONFIG_FILE_MAX, file) : 0;
    fclose(file);
    if (len == 0 || len == DEVICE_CONFIG_FILE_MAX) {
        device_config_fail(path, len == 0 ? "is empty" : "is too large");
        free(text);
        return NULL;
    }
    text[len] = '\0';
    char *fitting = (char *)realloc(text, len + 1);
    return fitting ? fitting : text;
}

/* It does not have to stay. */
static inline void device_config_drop(const char *text)
{
    free((void *)text);
}
#endif

/* A single line into a buffer, without what surrounds it. */
static inline bool device_config_cut(const char *text, char *out, size_t cap)
{
    size_t start = strspn(text, " \t\r\n");
    size_t len = strcspn(text + start, "\r\n");
    while (len > 0 && (text[start + len - 1] == ' ' || text[start + len - 1] == '\t')) {
        len--;
    }
    size_t end = start + len;
    bool is_single = text[end + strspn(text + end, " \t\r\n")] == '\0';
    if (len >= cap || !is_single) {
        return false;
    }
    memcpy(out, text + start, len);
    out[len] = '\0';
    return true;
}

static inline bool device_config_line(const char *name, bool is_optional, char *out, size_t cap)
{
    const char *text = device_config_read(name, is_optional);
    if (!text) {
        return is_optional;
    }
    bool is_good = device_config_cut(text, out, cap);
    device_config_drop(text);
    return is_good || device_config_fail(name, "must hold one value that fits");
}

static inline bool device_config_value(const char *name, char *out, size_t cap)
{
    if (!device_config_line(name, false, out, cap)) {
        return false;
    }
    return (out[0] && !strpbrk(out, " \t")) || device_config_fail(name, "must hold one value that fits");
}

/* A name or password may have blanks inside. */
static inline bool device_config_wifi(systemInitConfig_st *config)
{
    static char ssid[LENGTH_WIFI_CRED_SSID], password[LENGTH_WIFI_CRED_PASSWORD];
    config->pWifiSsidStr = ssid;
    config->pWifiPwdStr = password;
    return device_config_line("wifi_ssid", true, ssid, sizeof(ssid)) &&
           device_config_line("wifi_password", true, password, sizeof(password));
}

/* Where to connect, and the Wi-Fi's name and password. */
static inline bool device_config_endpoint(systemInitConfig_st *config)
{
    awsConfig_st *aws = &config->s_awsConfig;
    char port_text[8];
    uint32_t port = 0;
    if (!device_config_value("host", aws->hostNameStr, sizeof(aws->hostNameStr)) ||
        !device_config_value("port", port_text, sizeof(port_text)) || !device_config_wifi(config)) {
        return false;
    }
    if (!util_parseUint32(port_text, &port) || port == 0 || port > UINT16_MAX) {
        return device_config_fail("port", "is not a port number");
    }
    aws->port_u16 = (uint16_t)port;
    return (aws->pRootCaStr = device_config_read("root_ca.pem", false));
}

/* Fills config->s_awsConfig and the Wi-Fi's name and password. false: a line on standard error names the file and what is wrong
 * with it. */
static inline bool device_config_load(systemInitConfig_st *config)
{
    static char thing_name[LENGTH_THING_NAME];
    awsConfig_st *aws = &config->s_awsConfig;
    aws->pThingNameStr = thing_name;
    return device_config_endpoint(config) &&
           device_config_value("thing_name", thing_name, sizeof(thing_name)) &&
           (aws->pThingCertStr = device_config_read("certificate.pem", false)) &&
           (aws->pThingPrivateKeyStr = device_config_read("private_key.pem", false));
}

/* The same for a device that is provisioned by a claim. */
static inline bool device_config_load_claim(systemInitConfig_st *config)
{
    static char template_name[64];
    awsConfig_st *aws = &config->s_awsConfig;
    aws->pClaimTemplateStr = template_name;
    return device_config_endpoint(config) &&
           device_config_value("claim_template", template_name, sizeof(template_name)) &&
           (aws->pClaimCertStr = device_config_read("claim_certificate.pem", false)) &&
           (aws->pClaimPrivateKeyStr = device_config_read("claim_private_key.pem", false));
}

#endif
