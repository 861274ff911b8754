/* SPDX-License-Identifier: MIT */
/* What HTTP refuses before the domain is asked, by the names of the AWS APIs; the errors of the domain have theirs in
 * cloud/core/error_name.h. */
#ifndef CLOUD_HTTP_API_ERROR_H
#define CLOUD_HTTP_API_ERROR_H

#include "cloud/core/error_name.h"

#define API_ERROR_LIST(X)                                                                                    \
    X(API_INCOMPLETE_SIGNATURE, "IncompleteSignature", 400)                                                  \
    X(API_ACCESS_DENIED, "AccessDeniedException", 403)                                                       \
    X(API_INVALID_SIGNATURE, "InvalidSignatureException", 403)                                               \
    X(API_MISSING_TOKEN, "MissingAuthenticationTokenException", 403)                                         \
    X(API_UNKNOWN_CLIENT, "UnrecognizedClientException", 403)                                                \
    X(API_UNKNOWN_OPERATION, "UnknownOperationException", 404)                                               \
    X(API_TOO_LARGE, "RequestEntityTooLargeException", 413)                                                  \
    X(API_NOT_MODELLED, "NotImplementedException", 501)                                                      \
    X(API_OVERLOADED, NULL, 0) /* jobs' name for CORE_INTERNAL: all the APIs have it */

enum api_code {
#define X(code, name, status) code,
    API_ERROR_LIST(X)
#undef X
        API_CODE_COUNT,
};

/* Which API an operation belongs to. The control plane has two halves, because they differ in their errors. */
enum api_family {
    FAMILY_REGISTRY,  /* control plane: things, certificates, policies */
    FAMILY_JOBS,      /* control plane: jobs and executions */
    FAMILY_JOBS_DATA, /* iot-jobs-data */
    FAMILY_IOT_DATA,  /* iotdata */
    FAMILY_S3,
    FAMILY_LOCAL, /* iot-local's own, on the Unix socket */
    FAMILY_OPEN,  /* iot-local's own, for everybody, without a signature */
};

struct error_name api_code_name(enum api_code code);
/* Where the errors of a family's operations have their names. */
enum error_edge api_edge(enum api_family family);

#endif
