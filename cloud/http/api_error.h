/* SPDX-License-Identifier: MIT */
/* The errors of the AWS APIs: names and HTTP status codes, and what the core's errors are called on each plane.
 * docs/protocol.md 5.2 and 6. One table; everything else asks it. */
#ifndef CLOUD_HTTP_API_ERROR_H
#define CLOUD_HTTP_API_ERROR_H

#include "cloud/core/core.h"

#define API_ERROR_LIST(X)                                                                                    \
    X(API_INVALID_REQUEST, "InvalidRequestException", 400)                                                   \
    X(API_CERTIFICATE_VALIDATION, "CertificateValidationException", 400)                                     \
    X(API_MALFORMED_POLICY, "MalformedPolicyException", 400)                                                 \
    X(API_INCOMPLETE_SIGNATURE, "IncompleteSignature", 400)                                                  \
    X(API_THROTTLING, "ThrottlingException", 400)                                                            \
    X(API_THROTTLING_DATA, "ThrottlingException", 429)                                                       \
    X(API_ACCESS_DENIED, "AccessDeniedException", 403)                                                       \
    X(API_MISSING_TOKEN, "MissingAuthenticationTokenException", 403)                                         \
    X(API_NOT_FOUND, "ResourceNotFoundException", 404)                                                       \
    X(API_UNKNOWN_OPERATION, "UnknownOperationException", 404)                                               \
    X(API_CERTIFICATE_STATE, "CertificateStateException", 406)                                               \
    X(API_ALREADY_EXISTS, "ResourceAlreadyExistsException", 409)                                             \
    X(API_INVALID_STATE, "InvalidStateTransitionException", 409)                                             \
    X(API_VERSION_CONFLICT, "VersionConflictException", 409)                                                 \
    X(API_CONFLICT, "ConflictException", 409)                                                                \
    X(API_DELETE_CONFLICT, "DeleteConflictException", 409)                                                   \
    X(API_LIMIT_EXCEEDED, "LimitExceededException", 410)                                                     \
    X(API_TERMINAL_STATE, "TerminalStateException", 410)                                                     \
    X(API_TOO_LARGE, "RequestEntityTooLargeException", 413)                                                  \
    X(API_INTERNAL, "InternalFailureException", 500)                                                         \
    X(API_NOT_MODELLED, "NotImplementedException", 501)                                                      \
    X(API_UNAVAILABLE, "ServiceUnavailableException", 503)

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
};

const char *api_code_name(enum api_code code);
unsigned api_code_status(enum api_code code);
enum api_code api_code_from_core(enum core_code code, enum api_family family);

#endif
