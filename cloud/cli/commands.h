/* SPDX-License-Identifier: MIT */
/* The commands: how each is written, and what does it. */
#ifndef CLOUD_CLI_COMMANDS_H
#define CLOUD_CLI_COMMANDS_H

#include "cloud/cli/args.h"
#include "cloud/cli/client.h"

#define OPTION_DATA(type)                                                                                    \
    {                                                                                                        \
        "--data", "DIR", "the daemon's data (default: $IOT_LOCAL_DATA, else ~/.local/share/iot-local)",      \
            ARG_TEXT, offsetof(type, data)                                                                   \
    }
#define OPTION_JSON(type)                                                                                    \
    {                                                                                                        \
        "--json", NULL, "one JSON document instead of text", ARG_FLAG, offsetof(type, is_json)               \
    }

#define COMMAND(name)                                                                                        \
    extern const struct arg_command syntax_##name;                                                           \
    int command_##name(int argc, char **argv)

COMMAND(status);
COMMAND(down);
COMMAND(reset);
COMMAND(env);
COMMAND(thing);
COMMAND(thing_list);
COMMAND(thing_show);
COMMAND(thing_delete);
COMMAND(job_create);
COMMAND(job_run);
COMMAND(job_watch);
COMMAND(job_list);
COMMAND(job_show);
COMMAND(job_cancel);
COMMAND(ota_create);
COMMAND(init);
COMMAND(doctor);
COMMAND(clock);
COMMAND(clock_advance);
COMMAND(s3_put);

#undef COMMAND

#endif
