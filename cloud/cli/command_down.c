/* SPDX-License-Identifier: MIT */
/* iot-local down: the counterpart of `up --detach`, and of any other `up`. */
#include "cloud/cli/cli.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/instance.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>

#define PATIENCE_MS                                                                                          \
    30000 /* mosquitto has 5 s to save its queues, and a worker may have a large object in hand */

struct down_options {
    const char *data;
};

static const struct arg_option options[] = {OPTION_DATA(struct down_options)};

const struct arg_command syntax_down = {
    .name = "down",
    .operands = "",
    .summary = "ends the iot-local of a data directory, and waits until it is gone",
    .details = "When none runs, that is fine, too.",
    .options = options,
    .option_count = 1,
};

static int end(const struct instance *instance)
{
    if (pidfd_send_signal(instance->process, SIGTERM, NULL, 0) != 0 && errno != ESRCH) {
        fprintf(stderr, "iot-local down: process %ld: %s\n", (long)instance->pid, strerror(errno));
        return CLI_FAILED;
    }
    if (!instance_wait_end(instance, PATIENCE_MS)) {
        fprintf(stderr,
                "iot-local down: process %ld has not ended within %d s; kill -9 %ld ends it, and nothing "
                "that it has acknowledged is lost\n",
                (long)instance->pid, PATIENCE_MS / 1000, (long)instance->pid);
        return CLI_FAILED;
    }
    printf("iot-local (process %ld) on %s has ended\n", (long)instance->pid, instance->data);
    return CLI_OK;
}

int command_down(int argc, char **argv)
{
    struct down_options given = {0};
    struct instance instance;
    const char *operands[ARGS_OPERANDS_MAX];
    enum args_outcome outcome = args_parse(&syntax_down, argc, argv, &given, operands);
    int exit_code = CLI_FAILED;
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    if (instance_find(given.data, &instance)) {
        if (instance.process >= 0) {
            exit_code = end(&instance);
        } else {
            printf("no iot-local runs on %s\n", instance.data);
            exit_code = CLI_OK;
        }
    }
    instance_close(&instance);
    return exit_code;
}
