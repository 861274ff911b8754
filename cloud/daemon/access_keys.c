/* SPDX-License-Identifier: MIT */
#include "cloud/daemon/access_keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "credentials"

bool access_keys_open(struct access_keys *keys, const struct daemon_options *options,
                      const struct data_dir *dir, char *why, size_t why_cap)
{
    const char *given = options->credentials;
    if (given == NULL && options->is_loopback) {
        return true;
    }
    if (given == NULL) {
        if (!data_dir_file(dir, FILE_NAME, keys->path, why, why_cap)) {
            return false;
        }
        keys->is_new = access(keys->path, F_OK) != 0;
        if (keys->is_new && !credentials_make_file(keys->path, why, why_cap)) {
            return false;
        }
    } else if (realpath(given, keys->path) == NULL) {
        snprintf(why, why_cap, "--credentials %s: %s", given, strerror(errno));
        return false;
    }
    keys->credentials = credentials_read(keys->path, why, why_cap);
    return keys->credentials != NULL;
}

void access_keys_close(struct access_keys *keys)
{
    credentials_free(keys->credentials);
    keys->credentials = NULL;
}

void access_keys_print(const struct access_keys *keys, const char *region)
{
    if (keys->credentials == NULL) {
        printf("  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=%s\n", region);
    } else if (keys->is_new) {
        const char *id = credentials_first_id(keys->credentials);
        printf("  export AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_DEFAULT_REGION=%s\n", id,
               credentials_secret(keys->credentials, id), region);
    } else {
        printf("  export AWS_SHARED_CREDENTIALS_FILE=%s AWS_DEFAULT_REGION=%s\n", keys->path, region);
    }
}
