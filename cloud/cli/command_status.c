/* SPDX-License-Identifier: MIT */
/* iot-local status. The process is known by its lock, the rest is what the daemon says about itself. */
#include "cloud/base/text.h"
#include "cloud/cli/ask.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/instance.h"
#include "cloud/cli/print.h"

#include <stdio.h>
#include <stdlib.h>

#define PATIENCE_MS 5000

const struct arg_command syntax_status = {
    .name = "status",
    .operands = "",
    .summary = "tells whether iot-local runs, since when, and where",
    .details =
        "The exit code is 0 when it runs, 3 when it does not, 4 when there is a process that starts, or "
        "does not answer.",
    .options = ask_read_options,
    .option_count = ASK_READ_OPTION_COUNT,
};

static long long number(const json_t *status, const char *name)
{
    return json_integer_value(json_object_get(status, name));
}

static void print_text(const struct instance *instance, const json_t *status)
{
    char *api = client_http_base(status);
    const char *keys = client_text(status, "credentials");
    printf("iot-local %s runs: process %ld, ready since ", client_text(status, "version"),
           (long)instance->pid);
    print_time(instance->ready_since);
    printf("\n  data:     %s\n", client_text(status, "data"));
    printf("  devices:  mqtts://%s:%lld   (CA certificate: %s/ca.pem)\n", client_text(status, "endpoint"),
           number(status, "mqtt_port"), client_text(status, "data"));
    printf("  objects:  https://%s:%lld   (for devices, by signed links)\n", client_text(status, "endpoint"),
           number(status, "https_port"));
    printf("  AWS API:  %s   (keys: %s)\n", api, *keys ? keys : "any will do");
    printf("  region:   %s, account %s\n", client_text(status, "region"), client_text(status, "account"));
    printf("  there is: things: %lld, jobs: %lld\n", number(status, "things"), number(status, "jobs"));
    free(api);
}

/* What the daemon says, and what can be seen from outside. status: NULL, it says nothing. */
static void print_json(const struct instance *instance, const char *state, json_t *status)
{
    json_t *out = status ? json_copy(status) : json_object();
    json_object_set_new(out, "state", json_string(state));
    if (instance->pid > 0) {
        json_object_set_new(out, "pid", json_integer(instance->pid));
    }
    if (status) {
        char *api = client_http_base(status);
        char *ca_file = text_format("%s/ca.pem", client_text(status, "data"));
        json_object_set_new(out, "ready_since", json_real(instance->ready_since));
        json_object_set_new(out, "endpoint_url", json_string(api));
        json_object_set_new(out, "ca_file", json_string(ca_file));
        json_object_del(out, "root_ca"); /* the text of that file */
        free(ca_file);
        free(api);
    } else {
        json_object_set_new(out, "data", json_string(instance->data));
    }
    ask_print_json(out);
    json_decref(out);
}

static int tell(const struct instance *instance, const struct ask_options *given)
{
    json_t *status = NULL;
    struct client *client = NULL;
    const char *state = "not running";
    int exit_code = CLI_NOT_RUNNING;
    if (instance->process >= 0) {
        state = instance->is_ready ? "not answering" : "starting";
        exit_code = CLI_NOT_READY;
        client = instance->is_ready ? client_open(given->data) : NULL;
    }
    if (client) {
        client_set_patience(client, PATIENCE_MS);
        if (client_status(client, &status)) {
            state = "running";
            exit_code = CLI_OK;
        }
    }
    client_close(client);
    if (given->is_json) {
        print_json(instance, state, status);
    } else if (status) {
        print_text(instance, status);
    } else if (instance->process >= 0) {
        printf("iot-local (process %ld) on %s: %s\n", (long)instance->pid, instance->data, state);
    } else {
        char *data = text_shell_quote(instance->data);
        printf("no iot-local runs on %s: start one with 'iot-local up --data %s'\n", instance->data, data);
        free(data);
    }
    json_decref(status);
    return exit_code;
}

int command_status(int argc, char **argv)
{
    struct ask_options given = {0};
    struct instance instance;
    const char *operands[ARGS_OPERANDS_MAX];
    enum args_outcome outcome = args_parse(&syntax_status, argc, argv, &given, operands);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    int exit_code = instance_find(given.data, &instance) ? tell(&instance, &given) : CLI_FAILED;
    instance_close(&instance);
    return exit_code;
}
