/* SPDX-License-Identifier: MIT */
#include "cloud/cli/cli.h"
#include "cloud/daemon/daemon.h"

#include <fcntl.h>

/* Who starts us with a closed standard input, output or error would else have a database or a socket in its place. */
static void fill_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            (void)!open("/dev/null", O_RDWR); /* it gets the lowest number that is free: this one */
        }
    }
}

int main(int argc, char **argv)
{
    static const struct cli_command commands[] = {{&syntax_up, daemon_up}, {&syntax_run, daemon_run}};
    fill_standard_descriptors();
    return cli_run(argc, argv, commands, sizeof commands / sizeof commands[0]);
}
