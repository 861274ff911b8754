/* SPDX-License-Identifier: MIT */
/* The access keys that may call iot-local, from a file in the format of ~/.aws/credentials: [profile] sections, each with
 * aws_access_key_id and aws_secret_access_key. Other entries are passed over. */
#ifndef CLOUD_HTTP_CREDENTIALS_H
#define CLOUD_HTTP_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>

#define CREDENTIALS_KEY_ID_CAP 129 /* AWS: 16 to 128 characters */
#define CREDENTIALS_SECRET_CAP 129

struct credentials;

/* NULL and one line in `why`: no such file, not ours, readable for others (mode 0600 is demanded), or no key in it. */
struct credentials *credentials_read(const char *path, char *why, size_t why_cap);

/* Makes such a file with one new random key, mode 0600. false: `why`. */
bool credentials_make_file(const char *path, char *why, size_t why_cap);

void credentials_free(struct credentials *credentials); /* wipes the secrets */

/* The secret of this key id; NULL: nobody has it. */
const char *credentials_secret(const struct credentials *credentials, const char *key_id);

/* The id of the first key of the file. */
const char *credentials_first_id(const struct credentials *credentials);

#endif
