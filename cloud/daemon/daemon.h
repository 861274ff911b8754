/* SPDX-License-Identifier: MIT */
/* `iot-local up` and `iot-local run`: everything in one process and one thread, and mosquitto as its child. */
#ifndef CLOUD_DAEMON_H
#define CLOUD_DAEMON_H

#include "cloud/cli/args.h"

/* argv: what stands behind the command's name. Both return the exit code of the program. */
extern const struct arg_command syntax_up, syntax_run;
int daemon_up(int argc, char **argv);  /* until SIGINT or SIGTERM; with --detach until it is ready */
int daemon_run(int argc, char **argv); /* as long as a command of somebody else lasts */

#endif
