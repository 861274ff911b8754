/* SPDX-License-Identifier: MIT */
/* One entry per command; each parses what stands behind its name and returns an exit code. */
#ifndef CLOUD_CLI_COMMANDS_H
#define CLOUD_CLI_COMMANDS_H

#include "cloud/cli/args.h"
#include "cloud/cli/client.h"

#define OPTION_DATA(type)                                                                                    \
    {                                                                                                        \
        "--data", "DIR", "the daemon's data (default: $IOT_LOCAL_DATA, else ~/.local/share/iot-local)",      \
            ARG_TEXT, offsetof(type, data)                                                                   \
    }

int command_thing(int argc, char **argv);
int command_job_create(int argc, char **argv);
int command_job_run(int argc, char **argv);
int command_job_watch(int argc, char **argv);
int command_job_list(int argc, char **argv);
int command_job_show(int argc, char **argv);
int command_job_cancel(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_clock(int argc, char **argv);
int command_clock_advance(int argc, char **argv);
int command_s3_put(int argc, char **argv);

#endif
