/* SPDX-License-Identifier: MIT */
/* Who this device is, from a folder: text files host, port, thing_name with one value each, and PEM files root_ca.pem,
 * certificate.pem, private_key.pem. `iot-local thing NAME --out FOLDER` writes such a folder; one with the endpoint and the
 * certificate of an AWS account makes the same program a device of AWS IoT Core. The folder is $DEVICE_DIR, which the
 * command line sets, else ./device. */
#ifndef EXAMPLES_COMMON_DEVICE_CONFIG_H
#define EXAMPLES_COMMON_DEVICE_CONFIG_H

#include "lib_system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICE_CONFIG_FILE_MAX 65536 /* more than any certificate chain */

static inline bool device_config_fail(const char *path, const char *what)
{
    fprintf(stderr, "error: device configuration: %s: %s\n", path, what);
    return false;
}

/* The content of a file as text that stays; NULL, and a line that says why. */
static inline char *device_config_read(const char *name)
{
    const char *folder = getenv("DEVICE_DIR");
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", folder && folder[0] ? folder : "device", name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        device_config_fail(path, "cannot be opened");
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

/* A single value into a buffer, without what surrounds it. */
static inline bool device_config_value(const char *name, char *out, size_t cap)
{
    char *text = device_config_read(name);
    if (!text) {
        return false;
    }
    size_t start = strspn(text, " \t\r\n");
    size_t len = strcspn(text + start, " \t\r\n");
    bool is_single = text[start + len + strspn(text + start + len, " \t\r\n")] == '\0';
    bool is_good = len > 0 && len < cap && is_single;
    if (is_good) {
        memcpy(out, text + start, len);
        out[len] = '\0';
    } else {
        device_config_fail(name, "must hold one value that fits");
    }
    free(text);
    return is_good;
}

/* Fills config->s_awsConfig. false: a line on standard error names the file and what is wrong with it. */
static inline bool device_config_load(systemInitConfig_st *config)
{
    static char thing_name[LENGTH_THING_NAME];
    awsConfig_st *aws = &config->s_awsConfig;
    char port_text[8];
    uint32_t port = 0;
    if (!device_config_value("host", aws->hostNameStr, sizeof(aws->hostNameStr)) ||
        !device_config_value("port", port_text, sizeof(port_text)) ||
        !device_config_value("thing_name", thing_name, sizeof(thing_name))) {
        return false;
    }
    if (!util_parseUint32(port_text, &port) || port == 0 || port > UINT16_MAX) {
        return device_config_fail("port", "is not a port number");
    }
    aws->port_u16 = (uint16_t)port;
    aws->pThingNameStr = thing_name;
    return (aws->pRootCaStr = device_config_read("root_ca.pem")) &&
           (aws->pThingCertStr = device_config_read("certificate.pem")) &&
           (aws->pThingPrivateKeyStr = device_config_read("private_key.pem"));
}

#endif
