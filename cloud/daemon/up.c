/* SPDX-License-Identifier: MIT */
/* `iot-local up`: the daemon in this process, or in one that stays when this one has ended. */
#include "cloud/cli/cli.h"
#include "cloud/daemon/daemon.h"
#include "cloud/daemon/daemon_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int detach(const struct daemon_options *options)
{
    struct background background;
    struct background_caller caller;
    pid_t pid = background_fork(&caller, &background, false);
    if (pid == 0) {
        return daemon_live(options, &background);
    }
    if (pid < 0) {
        fprintf(stderr, "iot-local: cannot make a process: %s\n", strerror(errno));
        return CLI_FAILED;
    }
    return background_wait_ready(&caller);
}

int daemon_up(int argc, char **argv)
{
    struct daemon_options options;
    struct background foreground = BACKGROUND_NONE;
    enum args_outcome outcome = daemon_options_parse(&syntax_up, argc, argv, &options);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    return options.is_detached ? detach(&options) : daemon_live(&options, &foreground);
}
