/* SPDX-License-Identifier: MIT */
/* x-amz-copy-source: an object that is there already, as the source of another one or of a part. */
#ifndef CLOUD_HTTP_S3_COPY_H
#define CLOUD_HTTP_S3_COPY_H

#include "cloud/http/call.h"
#include "cloud/http/s3/s3_file.h"

/* Starts as {0}. */
struct s3_source {
    char *bucket, *key; /* key lies behind bucket in one block */
    struct object object;
    bool is_open;
    int fd; /* stays readable when the object is replaced or gone */
};
void s3_source_close(struct s3_source *source);

/* In a turn. Refuses an object that is not there, or that its conditions do not want. false: answered. */
bool s3_source_open(struct call *call, struct s3_source *source);

#endif
