/* SPDX-License-Identifier: MIT */
/* Is a signature right? AWS Signature Version 4, header or presigned query, computed anew as AWS documents it and compared.
 * Two steps, because S3 tells the digest of the body beforehand and the other APIs do not. */
#ifndef CLOUD_HTTP_SIGV4_VERIFY_H
#define CLOUD_HTTP_SIGV4_VERIFY_H

#include "cloud/http/credentials.h"
#include "cloud/http/sigv4.h"

/* When the headers are there; `signature` is what signature_read has found GOOD. It stays so, or its state and `why` say
 * what is wrong. */
void signature_verify(const struct request *request, const struct credentials *credentials, int64_t now_s,
                      struct signature *signature);

/* When the whole body is there, too (request->body as it was sent, with the framing of aws-chunked). */
void signature_verify_body(const struct request *request, const struct credentials *credentials,
                           struct signature *signature);

#endif
