/* SPDX-License-Identifier: MIT */
/* The keys that may call the AWS API: those of --credentials; beyond loopback, without that option, one that the first start
 * makes in the data directory; on loopback none, which means that any credentials will do. */
#ifndef CLOUD_DAEMON_ACCESS_KEYS_H
#define CLOUD_DAEMON_ACCESS_KEYS_H

#include "cloud/daemon/daemon_options.h"
#include "cloud/daemon/data_dir.h"
#include "cloud/http/credentials.h"

struct access_keys {
    struct credentials *credentials; /* NULL: any will do */
    char path[PATH_MAX];
    bool is_new; /* made at this start */
};

/* false: `why`. Zero-initialised keys can be closed. */
bool access_keys_open(struct access_keys *keys, const struct daemon_options *options,
                      const struct data_dir *dir, char *why, size_t why_cap);
void access_keys_close(struct access_keys *keys);

/* The line that the AWS CLI needs, on standard output. A key is shown once, when it is made. */
void access_keys_print(const struct access_keys *keys, const char *region);

#endif
