/* SPDX-License-Identifier: MIT */
#include "cloud/core/error_name.h"

/* clang-format off */
#define MQTT_INVALID      {"InvalidRequest", 0}
#define MQTT_NOT_FOUND    {"ResourceNotFound", 0}
#define MQTT_STATE        {"InvalidStateTransition", 0}
#define MQTT_VERSION      {"VersionMismatch", 0}
#define MQTT_TERMINAL     {"TerminalStateReached", 0}
#define MQTT_THROTTLED    {"RequestThrottled", 0}
#define MQTT_INTERNAL     {"InternalError", 0}

/* AWS publishes InvalidCertificateOwnershipToken and AccessDenied; the rest is ours (docs/protocol.md 9, U57). */
#define PROV_INVALID      {"InvalidRequest", 400}
#define PROV_TOKEN        {"InvalidCertificateOwnershipToken", 400}
#define PROV_DENIED       {"AccessDenied", 403}
#define PROV_NOT_FOUND    {"ResourceNotFound", 404}
#define PROV_CONFLICT     {"ResourceConflicts", 409}
#define PROV_LIMIT        {"LimitExceeded", 410}
#define PROV_THROTTLED    {"RequestThrottled", 429}
#define PROV_INTERNAL     {"InternalError", 500}

#define INVALID           {"InvalidRequestException", 400}
#define DENIED            {"AccessDeniedException", 403}
#define CERTIFICATE       {"CertificateValidationException", 400}
#define REGISTRATION      {"RegistrationCodeValidationException", 400}
#define POLICY            {"MalformedPolicyException", 400}
#define THROTTLED         {"ThrottlingException", 400}
#define THROTTLED_DATA    {"ThrottlingException", 429}
#define NOT_FOUND         {"ResourceNotFoundException", 404}
#define CERTIFICATE_STATE {"CertificateStateException", 406}
#define ALREADY_EXISTS    {"ResourceAlreadyExistsException", 409}
#define STATE             {"InvalidStateTransitionException", 409}
#define VERSION           {"VersionConflictException", 409}
#define CONFLICT          {"ConflictException", 409}
#define DELETE_CONFLICT   {"DeleteConflictException", 409}
#define LIMIT             {"LimitExceededException", 410}
#define TERMINAL          {"TerminalStateException", 410}
#define INTERNAL          {"InternalFailureException", 500}
#define UNAVAILABLE       {"ServiceUnavailableException", 503}

#define S3_INVALID        {"InvalidRequest", 400}
#define S3_TOO_LARGE      {"EntityTooLarge", 400}
#define S3_POLICY         {"MalformedPolicy", 400}
#define S3_NOT_FOUND      {"NoSuchBucket", 404}
#define S3_EXISTS         {"BucketAlreadyOwnedByYou", 409}
#define S3_CONFLICT       {"OperationAborted", 409}
#define S3_NOT_EMPTY      {"BucketNotEmpty", 409}
#define S3_PRECONDITION   {"PreconditionFailed", 412}
#define S3_SLOW           {"SlowDown", 503}
#define S3_INTERNAL       {"InternalError", 500}

/* What a device's request cannot cause counts as our own fault. VERSION_MISMATCH has no name on iot-jobs-data
 * (docs/protocol.md 9, U33); jobs know ServiceUnavailable where the registry knows InternalFailure. S3 has NoSuchKey beside
 * NoSuchBucket: operations on objects name it themselves. */
static const struct error_name table[CORE_CODE_COUNT][EDGE_COUNT] = {
    /*                              MQTT, provisioning, registry, jobs, iot-jobs-data, iotdata, S3 */
    [CORE_OK] =                      {MQTT_INTERNAL, PROV_INTERNAL, INTERNAL, UNAVAILABLE, UNAVAILABLE, INTERNAL, S3_INTERNAL},
    [CORE_INVALID_REQUEST] =         {MQTT_INVALID, PROV_INVALID, INVALID, INVALID, INVALID, INVALID, S3_INVALID},
    [CORE_NOT_FOUND] =               {MQTT_NOT_FOUND, PROV_NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, S3_NOT_FOUND},
    [CORE_ALREADY_EXISTS] =          {MQTT_INTERNAL, PROV_CONFLICT, ALREADY_EXISTS, ALREADY_EXISTS, INVALID, CONFLICT, S3_EXISTS},
    [CORE_INVALID_STATE_TRANSITION] = {MQTT_STATE, PROV_INTERNAL, INVALID, STATE, STATE, CONFLICT, S3_INVALID},
    [CORE_VERSION_MISMATCH] =        {MQTT_VERSION, PROV_INTERNAL, VERSION, VERSION, STATE, CONFLICT, S3_PRECONDITION},
    [CORE_TERMINAL_STATE] =          {MQTT_TERMINAL, PROV_INTERNAL, INVALID, STATE, TERMINAL, CONFLICT, S3_INVALID},
    [CORE_LIMIT_EXCEEDED] =          {MQTT_INTERNAL, PROV_LIMIT, LIMIT, LIMIT, INVALID, INVALID, S3_TOO_LARGE},
    [CORE_CONFLICT] =                {MQTT_INTERNAL, PROV_CONFLICT, CONFLICT, CONFLICT, INVALID, CONFLICT, S3_CONFLICT},
    [CORE_DELETE_CONFLICT] =         {MQTT_INTERNAL, PROV_INTERNAL, DELETE_CONFLICT, DELETE_CONFLICT, INVALID, CONFLICT, S3_NOT_EMPTY},
    [CORE_CERTIFICATE_STATE] =       {MQTT_INTERNAL, PROV_INVALID, CERTIFICATE_STATE, CERTIFICATE_STATE, INVALID, INVALID, S3_INVALID},
    [CORE_CERTIFICATE_INVALID] =     {MQTT_INTERNAL, PROV_INVALID, CERTIFICATE, CERTIFICATE, CERTIFICATE, INVALID, S3_INVALID},
    [CORE_REGISTRATION_CODE] =       {MQTT_INTERNAL, PROV_INTERNAL, REGISTRATION, REGISTRATION, INVALID, INVALID, S3_INVALID},
    [CORE_MALFORMED_POLICY] =        {MQTT_INTERNAL, PROV_INVALID, POLICY, POLICY, INVALID, INVALID, S3_POLICY},
    [CORE_OWNERSHIP_TOKEN] =         {MQTT_INTERNAL, PROV_TOKEN, INVALID, INVALID, INVALID, INVALID, S3_INVALID},
    [CORE_ACCESS_DENIED] =           {MQTT_INTERNAL, PROV_DENIED, DENIED, DENIED, DENIED, DENIED, S3_INVALID},
    [CORE_THROTTLED] =               {MQTT_THROTTLED, PROV_THROTTLED, THROTTLED, THROTTLED, THROTTLED_DATA, THROTTLED_DATA, S3_SLOW},
    [CORE_INTERNAL] =                {MQTT_INTERNAL, PROV_INTERNAL, INTERNAL, UNAVAILABLE, UNAVAILABLE, INTERNAL, S3_INTERNAL},
};
/* clang-format on */

struct error_name error_name_of(enum core_code code, enum error_edge edge, const struct error_own own[])
{
    for (; own && own->code != CORE_OK; own++) {
        if (own->code == code) {
            return own->name;
        }
    }
    return table[(unsigned)code < CORE_CODE_COUNT ? code : CORE_INTERNAL][edge];
}
