/* SPDX-License-Identifier: MIT */
/* Who signed this request, for which AWS service, and in what form: AWS Signature Version 4 as header or query, Version 2 as
 * query of presigned S3 links. Read here are the form and the validity time of presigned links; whether the signature is right
 * is another question (sigv4_verify.h), which is asked only where keys are configured. On loopback any credentials are good:
 * what counts there is that a browser page of a foreign site cannot send such a header. */
#ifndef CLOUD_HTTP_SIGV4_H
#define CLOUD_HTTP_SIGV4_H

#include "cloud/http/credentials.h"
#include "cloud/http/request.h"
#include "common/slice.h"

#include <stdint.h>

#define SIGNATURE_SERVICE_CAP 32
#define SIGNATURE_SCOPE_CAP   160
#define SIGNATURE_DATE_CAP    17 /* 20260101T000000Z */
#define SIGNATURE_HEX_CAP     65

enum signature_state {
    SIGNATURE_NONE,
    SIGNATURE_GOOD,
    SIGNATURE_INCOMPLETE, /* why says what is missing */
    SIGNATURE_EXPIRED,    /* a presigned link after its time */
    /* found by signature_verify */
    SIGNATURE_OLD_VERSION, /* not Version 4 */
    SIGNATURE_UNKNOWN_KEY,
    SIGNATURE_SKEWED,   /* signed too long ago, or in the future */
    SIGNATURE_MISMATCH, /* another secret, or another request than the signed one */
    SIGNATURE_BODY_MISMATCH,
};

struct signature {
    enum signature_state state;
    char service[SIGNATURE_SERVICE_CAP]; /* from the credential scope: "iot", "s3", ...; GOOD only */
    char why[160];

    /* For signature_verify; texts without a cap are the request's own. */
    bool is_version_2;
    bool is_presigned;
    char key_id[CREDENTIALS_KEY_ID_CAP];
    char scope[SIGNATURE_SCOPE_CAP]; /* DATE/REGION/SERVICE/aws4_request */
    char date[SIGNATURE_DATE_CAP];   /* as signed; empty: none in the right form */
    char digits[SIGNATURE_HEX_CAP];  /* the signature */
    struct slice signed_headers;
    bool needs_body; /* the signature can be checked only with the body */
};

/* Seconds since 1970 of "20260101T000000Z"; false: another form. */
bool signature_date(const char *text, int64_t *seconds);

void signature_read(const struct request *request, int64_t now_s, struct signature *out);

#endif
