/* SPDX-License-Identifier: MIT */
#include "cloud/http/api_error.h"

static const struct {
    const char *name;
    unsigned status;
} codes[API_CODE_COUNT] = {
#define X(code, name, status) [code] = {name, status},
    API_ERROR_LIST(X)
#undef X
};

/* Columns: control plane things, control plane jobs, iot-jobs-data. VERSION_MISMATCH has no name of its own on
 * iot-jobs-data (docs/protocol.md 9, U33); jobs know ServiceUnavailable where things know InternalFailure. */
static const struct {
    enum api_code registry, jobs, data;
} core_codes[] = {
    [CORE_OK] = {API_INTERNAL, API_UNAVAILABLE, API_UNAVAILABLE},
    [CORE_INVALID_REQUEST] = {API_INVALID_REQUEST, API_INVALID_REQUEST, API_INVALID_REQUEST},
    [CORE_NOT_FOUND] = {API_NOT_FOUND, API_NOT_FOUND, API_NOT_FOUND},
    [CORE_ALREADY_EXISTS] = {API_ALREADY_EXISTS, API_ALREADY_EXISTS, API_INVALID_REQUEST},
    [CORE_INVALID_STATE_TRANSITION] = {API_INVALID_REQUEST, API_INVALID_STATE, API_INVALID_STATE},
    [CORE_VERSION_MISMATCH] = {API_VERSION_CONFLICT, API_VERSION_CONFLICT, API_INVALID_STATE},
    [CORE_TERMINAL_STATE] = {API_INVALID_REQUEST, API_INVALID_STATE, API_TERMINAL_STATE},
    [CORE_LIMIT_EXCEEDED] = {API_LIMIT_EXCEEDED, API_LIMIT_EXCEEDED, API_INVALID_REQUEST},
    [CORE_CONFLICT] = {API_CONFLICT, API_CONFLICT, API_INVALID_REQUEST},
    [CORE_DELETE_CONFLICT] = {API_DELETE_CONFLICT, API_DELETE_CONFLICT, API_INVALID_REQUEST},
    [CORE_CERTIFICATE_STATE] = {API_CERTIFICATE_STATE, API_CERTIFICATE_STATE, API_INVALID_REQUEST},
    [CORE_CERTIFICATE_INVALID] = {API_CERTIFICATE_VALIDATION, API_CERTIFICATE_VALIDATION,
                                  API_CERTIFICATE_VALIDATION},
    [CORE_MALFORMED_POLICY] = {API_MALFORMED_POLICY, API_MALFORMED_POLICY, API_INVALID_REQUEST},
    [CORE_THROTTLED] = {API_THROTTLING, API_THROTTLING, API_THROTTLING_DATA},
    [CORE_INTERNAL] = {API_INTERNAL, API_UNAVAILABLE, API_UNAVAILABLE},
};

const char *api_code_name(enum api_code code)
{
    return codes[code].name;
}

unsigned api_code_status(enum api_code code)
{
    return codes[code].status;
}

enum api_code api_code_from_core(enum core_code code, enum api_family family)
{
    size_t at = (size_t)code < sizeof core_codes / sizeof core_codes[0] ? (size_t)code : CORE_INTERNAL;
    switch (family) {
    case FAMILY_JOBS:
        return core_codes[at].jobs;
    case FAMILY_JOBS_DATA:
    case FAMILY_IOT_DATA:
        return core_codes[at].data;
    default:
        return core_codes[at].registry;
    }
}
