/* SPDX-License-Identifier: MIT */
/* The options of `iot-local up`, most of which `iot-local run` has, too. */
#ifndef CLOUD_DAEMON_OPTIONS_H
#define CLOUD_DAEMON_OPTIONS_H

#include "cloud/cli/args.h"

#include <limits.h>
#include <stdint.h>

#define DAEMON_NAMES_MAX (ARG_LIST_MAX + 6)

struct daemon_options {
    const char *data, *http_port_text, *mqtt_port_text, *https_port_text;
    const char *listen, *region, *account, *ready_file, *mosquitto, *plugin;
    const char *throttle_text, *credentials, *init;
    bool is_verbose, is_log_json, has_virtual_clock;
    const char *log;
    bool is_detached;
    struct arg_list extra_names;

    /* made from these: */
    uint32_t requests_per_s;             /* of devices; 0: no limit */
    uint16_t http_port, mqtt_port;       /* 0: choose a free one */
    uint16_t https_port;                 /* the same; without the option any other one will do, too */
    const char *names[DAEMON_NAMES_MAX]; /* of the server certificate */
    size_t name_count;
    const char *endpoint; /* the name that devices are told; the certificate carries it */
    bool is_loopback;     /* nobody but this machine can reach us */
    char host_name[HOST_NAME_MAX + 1];
};

/* For the command `up`, or for `run`, which takes free ports when none are given. ARGS_GOOD; else it has printed the help, or
 * said what is wrong on standard error. */
enum args_outcome daemon_options_parse(const struct arg_command *command, int argc, char **argv,
                                       struct daemon_options *options);

#endif
