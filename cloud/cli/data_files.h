/* SPDX-License-Identifier: MIT */
/* Which files of a data directory are iot-local's (cloud/README.md, "The data directory"), and their removal. Whatever else
 * lies there is somebody's own. */
#ifndef CLOUD_CLI_DATA_FILES_H
#define CLOUD_CLI_DATA_FILES_H

#include <stdbool.h>

/* Nothing lies there, or there is no such directory. */
bool data_files_are_none(const char *data);

/* Is this the data directory of an iot-local? A private directory of ours with the lock and the authority or the database, or
 * with the authority and its key. */
bool data_files_are_there(const char *data);

enum data_file_kind {
    DATA_FILE_FOREIGN,
    DATA_FILE_OURS,
    DATA_FILE_CA, /* what devices trust */
};
enum data_file_kind data_file_kind(const char *name);

/* Removes what is ours, the lock last; with keeps_ca not the certificate authority. The caller holds the lock. Cut short, it
 * can be called again. *foreign: how many entries stay because they are somebody's own. false: said on standard error. */
bool data_files_remove(const char *data, bool keeps_ca, unsigned *foreign);

#endif
