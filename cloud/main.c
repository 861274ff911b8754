/* SPDX-License-Identifier: MIT */
#include "cloud/cli/cli.h"
#include "cloud/daemon/daemon.h"

int main(int argc, char **argv)
{
    return cli_run(argc, argv, daemon_up);
}
