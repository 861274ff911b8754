/* SPDX-License-Identifier: MIT */
/* The configuration of our mosquitto, as text. mosquitto runs in the data directory, so that all names in it are relative and
 * may contain anything; only the plugin's path is absolute. */
#ifndef CLOUD_BROKER_MOSQUITTO_CONF_H
#define CLOUD_BROKER_MOSQUITTO_CONF_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOSQUITTO_CONF_NAME       "mosquitto.conf"
#define MOSQUITTO_CONF_AUTOSAVE_S 30          /* how often mosquitto saves queues and retained messages */
#define MOSQUITTO_CONF_SOCKET     "mqtt.sock" /* in the data directory: the daemon's way in */

struct mosquitto_conf {
    const char *plugin;   /* absolute path of iot_local_plugin.so */
    const char *database; /* name in the data directory */
    const char *region;
    const char *account;
    const char *secret; /* the daemon's password */
    const char *listen; /* address of the TLS listener */
    uint16_t port;
    bool is_root; /* stay root: else the 0600 files of the data directory are out of reach */
};

/* ERR_ARG: a value that does not fit on a line of its own. ERR_TOO_LONG: `out` is too small. */
enum err mosquitto_conf_write(const struct mosquitto_conf *conf, char *out, size_t cap);

/* The value behind a name that begins a line of such a text; region: MOSQUITTO_CONF_REGION. false: the text has no such
 * line, or its value does not fit. */
#define MOSQUITTO_CONF_REGION  "plugin_opt_region"
#define MOSQUITTO_CONF_ACCOUNT "plugin_opt_account"
bool mosquitto_conf_read(const char *text, const char *name, char *out, size_t cap);

#endif
