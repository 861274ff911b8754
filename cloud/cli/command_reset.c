/* SPDX-License-Identifier: MIT */
/* iot-local reset: an empty AWS IoT again. */
#include "cloud/base/clock.h"
#include "cloud/base/lock_file.h"
#include "cloud/base/text.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/cli_data_dir.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/data_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LEFTOVER_MS 5000 /* the broker of a daemon that was killed saves its queues, and ends */

struct reset_options {
    const char *data;
    bool is_sure, keeps_ca;
};

static const struct arg_option options[] = {
    {"--yes", NULL, "do not ask", ARG_FLAG, offsetof(struct reset_options, is_sure)},
    {"--keep-ca", NULL, "keep the certificate authority, so that devices go on trusting this iot-local",
     ARG_FLAG, offsetof(struct reset_options, keeps_ca)},
    OPTION_DATA(struct reset_options),
};

const struct arg_command syntax_reset = {
    .name = "reset",
    .operands = "",
    .summary = "removes all that iot-local keeps: things, certificates, jobs, objects, keys",
    .details =
        "Only while none runs, and only files that are iot-local's: what else lies in the directory stays.\n"
        "The certificates of devices are unknown afterwards, also with --keep-ca.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static bool is_wanted(const char *data, const struct reset_options *given)
{
    char line[16];
    if (given->is_sure) {
        return true;
    }
    if (!isatty(STDIN_FILENO)) {
        fprintf(stderr, "iot-local reset: nobody can be asked here: --yes removes what %s holds\n", data);
        return false;
    }
    fprintf(stderr, "Remove all that iot-local keeps in %s%s? [y/N] ", data,
            given->keeps_ca ? ", but its certificate authority" : "");
    bool is_yes = fgets(line, sizeof line, stdin) && (strcmp(line, "y\n") == 0 || strcmp(line, "yes\n") == 0);
    if (!is_yes) {
        fputs("iot-local reset: nothing is removed\n", stderr);
    }
    return is_yes;
}

/* The lock `name` in the directory; waits so long for who holds it. -1: said on standard error. */
static int take(const char *data, const char *name, int patience_ms)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    int64_t ends_ms = clock_monotonic_ms(&clock_real) + patience_ms;
    char *path = text_format("%s/%s", data, name);
    int lock;
    while ((lock = lock_file_take(path)) < 0 && errno == EWOULDBLOCK &&
           clock_monotonic_ms(&clock_real) < ends_ms) {
        nanosleep(&pause, NULL);
    }
    if (lock < 0 && errno == EWOULDBLOCK) {
        fprintf(stderr, "iot-local reset: process %ld runs on %s: end it with 'iot-local down' first\n",
                (long)lock_file_noted(path), data);
    } else if (lock < 0) {
        fprintf(stderr, "iot-local reset: %s: %s\n", path, strerror(errno));
    }
    free(path);
    return lock;
}

static int reset(const char *data, const struct reset_options *given)
{
    unsigned foreign = 0;
    int lock = take(data, "lock", 0);
    int broker_lock = lock >= 0 ? take(data, "broker.lock", LEFTOVER_MS) : -1;
    bool is_good = broker_lock >= 0 && data_files_remove(data, given->keeps_ca, &foreign);
    if (is_good) {
        printf("iot-local reset: %s holds nothing of iot-local any more%s\n", data,
               given->keeps_ca ? ", but ca.pem and ca.key" : "");
    }
    if (is_good && foreign > 0) {
        printf("iot-local reset: %u other file%s or folder%s stay%s\n", foreign, foreign == 1 ? "" : "s",
               foreign == 1 ? "" : "s", foreign == 1 ? "s" : "");
    }
    if (broker_lock >= 0) {
        close(broker_lock);
    }
    if (lock >= 0) {
        close(lock);
    }
    return is_good ? CLI_OK : CLI_FAILED;
}

int command_reset(int argc, char **argv)
{
    struct reset_options given = {0};
    const char *operands[ARGS_OPERANDS_MAX];
    enum args_outcome outcome = args_parse(&syntax_reset, argc, argv, &given, operands);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    char *data = cli_data_dir(given.data);
    int exit_code = CLI_FAILED;
    if (!data) {
        fputs("iot-local: no home directory: say where the data is with --data DIR\n", stderr);
    } else if (data_files_are_none(data)) {
        printf("iot-local reset: %s holds nothing\n", data);
        exit_code = CLI_OK;
    } else if (!data_files_are_there(data)) {
        fprintf(stderr,
                "iot-local reset: %s is no data directory of iot-local (no lock and ca.pem or iot.db, no "
                "ca.key and "
                "ca.pem of yours in a directory with mode 0700): nothing is removed\n",
                data);
    } else if (is_wanted(data, &given)) {
        exit_code = reset(data, &given);
    }
    free(data);
    return exit_code;
}
