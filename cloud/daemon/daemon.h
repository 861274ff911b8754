/* SPDX-License-Identifier: MIT */
/* `iot-local up`: everything in one process and one thread, and mosquitto as its child. */
#ifndef CLOUD_DAEMON_H
#define CLOUD_DAEMON_H

/* argv[0] is the command's name. Runs until SIGINT or SIGTERM; returns the exit code of the program. */
int daemon_up(int argc, char **argv);

#endif
