/* SPDX-License-Identifier: MIT */
/* The command line of iot-local. Every command but `up` and `run` talks to the daemon over the Unix socket in its data
 * directory, or to its process. */
#ifndef CLOUD_CLI_CLI_H
#define CLOUD_CLI_CLI_H

#include "cloud/cli/args.h"

/* Exit codes */
#define CLI_OK          0
#define CLI_FAILED      1
#define CLI_USAGE       2
#define CLI_NOT_RUNNING 3 /* status: no daemon */
#define CLI_NOT_READY   4 /* status: a daemon that starts, or does not answer */

/* argv: what stands behind the command's name. Returns the exit code of the program. */
typedef int (*cli_command_fn)(int argc, char **argv);

struct cli_command {
    const struct arg_command *syntax; /* its name, too: "job create" */
    cli_command_fn run;
};

/* argc and argv as main has them. `first`: the commands that the daemon's part of the program brings; the help names them
 * first. */
int cli_run(int argc, char **argv, const struct cli_command *first, size_t first_count);

#endif
