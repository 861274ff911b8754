/* SPDX-License-Identifier: MIT */
#include "cloud/cli/upload.h"

#include "cloud/base/partition.h"
#include "cloud/base/text.h"

#include <stdlib.h>
#include <string.h>

#define S3_HEADER "x-iot-local-service: s3"

bool upload_object(struct client *client, const char *bucket, const char *key, const char *bytes, size_t len)
{
    long status = 0;
    return client_send(client,
                       (struct client_request){.method = "PUT",
                                               .path = client_path("/%s", bucket),
                                               .header = S3_HEADER,
                                               .tolerated = 409}, /* it is there */
                       &status, NULL) &&
           client_send(client,
                       (struct client_request){.method = "PUT",
                                               .path = client_path("/%s/%p", bucket, key),
                                               .header = S3_HEADER,
                                               .bytes = bytes,
                                               .bytes_len = len},
                       &status, NULL);
}

char *upload_link(const json_t *status, const char *bucket, const char *key)
{
    char *path = client_path("/%s/%p", bucket, key);
    const char *region = client_text(status, "region");
    bool is_china = strcmp(partition_of_region(region), "aws-cn") == 0;
    char *link = text_format("https://s3.%s.amazonaws.com%s%s", region, is_china ? ".cn" : "", path);
    free(path);
    return link;
}
