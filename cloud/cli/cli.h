/* SPDX-License-Identifier: MIT */
/* The command line of iot-local. Every command but `up` talks to the daemon over the Unix socket in its data
 * directory. */
#ifndef CLOUD_CLI_CLI_H
#define CLOUD_CLI_CLI_H

/* Exit codes */
#define CLI_OK     0
#define CLI_FAILED 1
#define CLI_USAGE  2

/* argc and argv as main has them, argv[0] being the command's name. */
typedef int (*cli_command_fn)(int argc, char **argv);

/* up: starts the daemon; called as up(argc - 1, argv + 1). Returns the exit code of the program. */
int cli_run(int argc, char **argv, cli_command_fn up);

#endif
