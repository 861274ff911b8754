/* SPDX-License-Identifier: MIT */
/* What each value of a configuration may be: one sentence for each mistake, whoever gave the configuration (SYSTEM_init's struct, device-config,
 * a console). Whether certificates and keys can be read and belong together says the port (port_mqtt_check). */
#ifndef DEVICE_CORE_STORE_CONFIG_CHECK_H
#define DEVICE_CORE_STORE_CONFIG_CHECK_H

#include "device/core/store/config_record.h"

#include <stdint.h>

/* Each: NULL when it is good, else a sentence without subject ("is missing"). Static. Text may be NULL. */
const char *config_check_host(const char *host);
const char *config_check_thing_name(const char *name);
const char *config_check_template(const char *name);
const char *config_check_pem(const char *text, const char *kind); /* "CERTIFICATE", "PRIVATE KEY" */
const char *config_check_pem_or_reference(const char *text, const char *kind);
const char *config_check_prefix(const char *prefix); /* of the device's name; NULL is good */
const char *config_check_wifi_ssid(const char *ssid);
const char *config_check_wifi_password(const char *password);

/* 1..65535; 0: it is none. NULL: 8883, which is AWS IoT's. */
uint16_t config_port_of(const char *text);

/* What a configuration makes of the device. */
enum config_way {
    CONFIG_WAY_BAD,  /* `complain` has heard everything */
    CONFIG_WAY_WIFI, /* only the network's name and password (and a name prefix): the rest is still to come */
    CONFIG_WAY_THING, /* a thing certificate */
    CONFIG_WAY_CLAIM, /* a claim certificate and a template */
};

/* Checks all fields. */
enum config_way config_check(const struct config_texts *texts, config_complain_fn complain, void *ctx);

#endif
