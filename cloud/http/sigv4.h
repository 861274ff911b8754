/* SPDX-License-Identifier: MIT */
/* Who signed this request, and for which AWS service. Any credentials are good and the HMAC is not computed: iot-local
 * has no secrets to compare with. What is checked is the form (AWS Signature Version 4 header or query, Version 2
 * query of presigned S3 links) and the validity time of presigned links. A browser page of a foreign site cannot send
 * such a header. */
#ifndef CLOUD_HTTP_SIGV4_H
#define CLOUD_HTTP_SIGV4_H

#include "cloud/http/request.h"

#include <stdint.h>

#define SIGNATURE_SERVICE_CAP 32

enum signature_state {
    SIGNATURE_NONE,
    SIGNATURE_GOOD,
    SIGNATURE_INCOMPLETE, /* why says what is missing */
    SIGNATURE_EXPIRED,    /* a presigned link after its time */
};

struct signature {
    enum signature_state state;
    char service[SIGNATURE_SERVICE_CAP]; /* from the credential scope: "iot", "s3", ...; GOOD only */
    char why[160];
};

void signature_read(const struct request *request, int64_t now_s, struct signature *out);

#endif
