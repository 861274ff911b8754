/* SPDX-License-Identifier: MIT */
/* Where the daemon's data lies, for the command line and for the daemon itself. */
#ifndef CLOUD_CLI_CLI_DATA_DIR_H
#define CLOUD_CLI_CLI_DATA_DIR_H

/* What --data says, else $IOT_LOCAL_DATA, else ~/.local/share/iot-local. malloc'd; NULL when there is no home. */
char *cli_data_dir(const char *given);

#endif
