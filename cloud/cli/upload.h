/* SPDX-License-Identifier: MIT */
/* Objects of the local S3, as the command line stores them. */
#ifndef CLOUD_CLI_UPLOAD_H
#define CLOUD_CLI_UPLOAD_H

#include "cloud/cli/client.h"

/* Makes the bucket when it is missing. false: said on standard error. */
bool upload_object(struct client *client, const char *bucket, const char *key, const char *bytes, size_t len);

/* "https://s3.REGION.amazonaws.com/BUCKET/KEY", what the object is called on AWS and in job documents, at the daemon that told this
 * status. malloc'd. */
char *upload_link(const json_t *status, const char *bucket, const char *key);

#endif
