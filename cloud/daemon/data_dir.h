/* SPDX-License-Identifier: MIT */
/* The daemon's data directory: one daemon at a time, and what the others may know of it. */
#ifndef CLOUD_DATA_DIR_H
#define CLOUD_DATA_DIR_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct data_dir {
    char path[PATH_MAX]; /* absolute */
    int lock;
};

/* Makes it, or closes an existing one to others (mode 0700), and takes it: false when another daemon has it, `why` names its
 * process, or when it is not ours. */
bool data_dir_open(struct data_dir *dir, const char *path, char *why, size_t why_cap);
void data_dir_close(struct data_dir *dir); /* removes status.json, too */

/* false: the path does not fit, `why` says so. */
bool data_dir_file(const struct data_dir *dir, const char *name, char path[PATH_MAX], char *why,
                   size_t why_cap);

/* A path that a Unix socket can have (107 bytes). */
bool data_dir_socket(const struct data_dir *dir, const char *name, char path[PATH_MAX], char *why,
                     size_t why_cap);

/* status.json appears at once with its whole content: it means that the daemon is ready. */
struct data_dir_status {
    uint16_t http_port;
    uint16_t mqtt_port;
    uint16_t https_port;
    const char *endpoint; /* a host name */
};
bool data_dir_write_status(const struct data_dir *dir, const struct data_dir_status *status, char *why,
                           size_t why_cap);

#endif
