/* SPDX-License-Identifier: MIT */
#include "cloud/daemon/daemon_options.h"

#include "cloud/base/address.h"
#include "cloud/daemon/daemon.h"
#include "common/number.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_HTTP_PORT  8090
#define DEFAULT_MQTT_PORT  8883
#define DEFAULT_HTTPS_PORT 8443

#define PLACE(member) offsetof(struct daemon_options, member)

static const struct arg_option option_list[] = {
    {"--data", "DIR", "where everything is kept (default: $IOT_LOCAL_DATA, else ~/.local/share/iot-local)",
     ARG_TEXT, PLACE(data)},
    {"--http-port", "N", "port of the AWS API, 0 = any free one (default: 8090)", ARG_TEXT,
     PLACE(http_port_text)},
    {"--mqtt-port", "N", "port for devices, 0 = any free one (default: 8883)", ARG_TEXT,
     PLACE(mqtt_port_text)},
    {"--https-port", "N",
     "port from which devices download objects, 0 = any free one (default: 8443, or any free one when that "
     "is taken, or with "
     "--http-port 0)",
     ARG_TEXT, PLACE(https_port_text)},
    {"--listen", "ADDR", "address to listen on (default: 127.0.0.1)", ARG_TEXT, PLACE(listen)},
    {"--name", "NAME",
     "a further DNS name or address of this machine for the server certificate; may be repeated", ARG_LIST,
     PLACE(extra_names)},
    {"--region", "REGION", "region in ARNs (default: us-east-1)", ARG_TEXT, PLACE(region)},
    {"--account", "ID", "account in ARNs (default: 123456789012)", ARG_TEXT, PLACE(account)},
    {"--throttle", "N",
     "devices' requests per second, of all together, beyond which they are answered RequestThrottled (AWS: "
     "200; "
     "default: no limit)",
     ARG_TEXT, PLACE(throttle_text)},
    {"--credentials", "FILE",
     "the access keys that may call the AWS API, in the format of ~/.aws/credentials, mode 0600 (default: "
     "any "
     "credentials on loopback, else a key that is made in the data directory)",
     ARG_TEXT, PLACE(credentials)},
    {"--verbose", NULL, "log every request, and every device that connects or goes", ARG_FLAG,
     PLACE(is_verbose)},
    {"--log-json", NULL, "log lines as JSON", ARG_FLAG, PLACE(is_log_json)},
    {"--virtual-clock", NULL,
     "step timers, time-outs and dates run by a clock that `iot-local clock advance` puts forward", ARG_FLAG,
     PLACE(has_virtual_clock)},
    {"--init", "DIR",
     "things, policies, objects and jobs to make when they are not there (docs/iot-local.md)", ARG_TEXT,
     PLACE(init)},
    {"--log", "FILE",
     "where to write what it says once it is ready (default: standard error; behind --detach, and of run: "
     "iot-local.log in the data directory)",
     ARG_TEXT, PLACE(log)},
    {"--ready-file", "FILE", "a file to make when everything is ready", ARG_TEXT, PLACE(ready_file)},
    {"--mosquitto", "PATH", "the mosquitto to run (default: searched in PATH and /usr/sbin)", ARG_TEXT,
     PLACE(mosquitto)},
    {"--plugin", "PATH", "iot_local_plugin.so (default: beside iot-local, or in ../lib/iot-local)", ARG_TEXT,
     PLACE(plugin)},
    /* the last one: run does not have it */
    {"--detach", NULL, "return when everything is ready, and leave it running (iot-local down ends it)",
     ARG_FLAG, PLACE(is_detached)},
};
#define OPTION_COUNT (sizeof(option_list) / sizeof(option_list[0]))

const struct arg_command syntax_up = {
    .name = "up",
    .operands = "",
    .summary = "starts AWS IoT on this machine: MQTT broker for devices, AWS API for jobs, things and S3",
    .details =
        "It stays in the foreground, and Ctrl-C stops everything, unless --detach is given. Nothing but this "
        "machine can\nreach it unless --listen says otherwise.",
    .options = option_list,
    .option_count = OPTION_COUNT,
    .reads_environment = true,
};

const struct arg_command syntax_run = {
    .name = "run",
    .operands = "-- CMD [ARG]...",
    .summary = "starts an iot-local for one command, with its environment (iot-local env), and ends it",
    .details = "Free ports and a temporary data directory, unless options say otherwise. The exit code is "
               "that of CMD, "
               "128 + N\nwhen signal N has ended it, 127 when there is no such program; 1 when iot-local "
               "cannot start, or crashes. "
               "What CMD leaves\nrunning is ended, and the temporary directory removed. Not taken from the "
               "environment: --data, "
               "--http-port,\n--mqtt-port, --https-port, --ready-file and --log, which are those of another "
               "iot-local.",
    .options = option_list,
    .option_count = OPTION_COUNT - 1,
    .reads_environment = true,
};

static bool parse_port(const char *option, const char *text, uint16_t *port)
{
    uint32_t number;
    if (text == NULL) {
        return true;
    }
    if (number_to_u32(slice_from(text), &number) != ERR_OK || number > UINT16_MAX) {
        fprintf(stderr, "iot-local: %s %s: a port is a number from 0 to 65535\n", option, text);
        return false;
    }
    *port = (uint16_t)number;
    return true;
}

static bool parse_throttle(const char *text, uint32_t *requests_per_s)
{
    if (text == NULL) {
        return true;
    }
    if (number_to_u32(slice_from(text), requests_per_s) != ERR_OK || *requests_per_s > 1000000) {
        fprintf(stderr, "iot-local: --throttle %s: a number of requests from 1 to 1000000, 0 = no limit\n",
                text);
        return false;
    }
    return true;
}

/* Letters, digits and `extra`: what can stand in an ARN, a certificate and a configuration line without quotes. */
static bool is_plain(const char *text, const char *extra, size_t len_max)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_letter && strchr(extra, c) == NULL) {
            return false;
        }
    }
    return len > 0 && len <= len_max;
}

static bool check(bool is_good, const char *option, const char *text, const char *rule)
{
    if (!is_good) {
        fprintf(stderr, "iot-local: %s %s: %s\n", option, text, rule);
    }
    return is_good;
}

/* As the core takes it: us-east-1, cn-north-1, us-gov-west-1. */
static bool is_region(const char *text)
{
    size_t len = strlen(text);
    return len >= 1 && len <= 32 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static bool is_account(const char *text)
{
    return strlen(text) == 12 && strspn(text, "0123456789") == 12;
}

/* "localhost" is 127.0.0.1 for everybody; on another loopback address nobody would find us by it. */
static const char *endpoint_of(const char *listen)
{
    return strcmp(listen, "127.0.0.1") == 0 ? "localhost" : listen;
}

/* Devices reach us by the first name that was given, else by the address; on all addresses by the host's name. */
static void collect_names(struct daemon_options *options)
{
    static const char *const always[] = {"localhost", "127.0.0.1", "::1"};

    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
        options->names[options->name_count++] = always[i];
    }
    options->is_loopback = address_is_loopback(options->listen);
    options->endpoint = endpoint_of(options->listen);
    if (address_is_any(options->listen)) {
        bool has_name = gethostname(options->host_name, sizeof(options->host_name) - 1) == 0 &&
                        is_plain(options->host_name, ".-", HOST_NAME_MAX);
        options->endpoint = has_name ? options->host_name : "localhost";
    }
    options->names[options->name_count++] = options->endpoint;
    if (strcmp(options->listen, options->endpoint) != 0 && !address_is_any(options->listen)) {
        options->names[options->name_count++] = options->listen;
    }
    for (size_t i = 0; i < options->extra_names.count; i++) {
        options->names[options->name_count++] = options->extra_names.texts[i];
    }
    if (options->extra_names.count > 0) {
        options->endpoint = options->extra_names.texts[0];
    }
}

enum args_outcome daemon_options_parse(const struct arg_command *command, int argc, char **argv,
                                       struct daemon_options *options)
{
    const char *operands[ARGS_OPERANDS_MAX];
    *options = (struct daemon_options){.http_port = DEFAULT_HTTP_PORT, .mqtt_port = DEFAULT_MQTT_PORT};
    if (command == &syntax_run) {
        options->http_port = options->mqtt_port = 0;
    }
    enum args_outcome outcome = args_parse(command, argc, argv, options, operands);
    if (outcome != ARGS_GOOD) {
        return outcome;
    }

    if (options->listen == NULL) {
        options->listen = "127.0.0.1";
    }
    if (options->region == NULL) {
        options->region = "us-east-1";
    }
    if (options->account == NULL) {
        options->account = "123456789012";
    }
    bool is_good =
        parse_port("--http-port", options->http_port_text, &options->http_port) &&
        parse_port("--mqtt-port", options->mqtt_port_text, &options->mqtt_port) &&
        parse_port("--https-port", options->https_port_text, &options->https_port) &&
        parse_throttle(options->throttle_text, &options->requests_per_s) &&
        check(address_is_one(options->listen), "--listen", options->listen, "not an IPv4 or IPv6 address") &&
        check(is_region(options->region), "--region", options->region, "not a region like us-east-1") &&
        check(is_account(options->account), "--account", options->account,
              "not an account like 123456789012");
    for (size_t i = 0; is_good && i < options->extra_names.count; i++) {
        const char *name = options->extra_names.texts[i];
        is_good = check(address_is_one(name) || is_plain(name, ".-", 253), "--name", name,
                        "not a DNS name or an address");
    }
    if (is_good && options->https_port_text == NULL) {
        options->https_port = options->http_port == 0 ? 0 : DEFAULT_HTTPS_PORT;
    }
    if (is_good) {
        collect_names(options);
    }
    return is_good ? ARGS_GOOD : ARGS_BAD;
}
