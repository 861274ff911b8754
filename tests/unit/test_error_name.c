/* SPDX-License-Identifier: MIT */
/* What each error of the domain is called at each edge (docs/protocol.md 1.8, 5.2, 6): the whole table. */
// LINK: cloud_http cloud_mqtt_plane
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/error_name.h"
#include "cloud/http/api_error.h"
#include "cloud/mqtt/device_answer.h"

#include <string.h>

static void every_error_has_a_name_at_every_edge(void **state)
{
    (void)state;
    for (int code = 0; code < CORE_CODE_COUNT; code++) {
        for (int edge = 0; edge < EDGE_COUNT; edge++) {
            struct error_name name = error_name_of((enum core_code)code, (enum error_edge)edge, NULL);
            if (!name.name || !*name.name ||
                (edge == EDGE_MQTT ? name.http_status != 0
                                   : name.http_status < 400 || name.http_status > 599)) {
                fail_msg("error %d, edge %d: '%s' %u", code, edge, name.name ? name.name : "",
                         name.http_status);
            }
        }
    }
}

/* The statuses of docs/protocol.md 5.2 and 6: a name has one status, but throttling, which is 400 on the control plane. */
static void a_name_has_one_status(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned status;
    } known[] = {
        {"InvalidRequestException", 400},
        {"CertificateValidationException", 400},
        {"RegistrationCodeValidationException", 400},
        {"MalformedPolicyException", 400},
        {"AccessDeniedException", 403},
        {"ResourceNotFoundException", 404},
        {"CertificateStateException", 406},
        {"ResourceAlreadyExistsException", 409},
        {"InvalidStateTransitionException", 409},
        {"VersionConflictException", 409},
        {"ConflictException", 409},
        {"DeleteConflictException", 409},
        {"LimitExceededException", 410},
        {"TerminalStateException", 410},
        {"InternalFailureException", 500},
        {"ServiceUnavailableException", 503},
        {"NoSuchBucket", 404},
        {"SlowDown", 503},
        {"InternalError", 500},
        {"InvalidRequest", 400},
        {"EntityTooLarge", 400},
        {"BucketAlreadyOwnedByYou", 409},
        {"OperationAborted", 409},
        {"BucketNotEmpty", 409},
        {"PreconditionFailed", 412},
        {"MalformedPolicy", 400},
    };
    for (int code = 0; code < CORE_CODE_COUNT; code++) {
        for (int edge = EDGE_REGISTRY; edge < EDGE_COUNT; edge++) {
            struct error_name got = error_name_of((enum core_code)code, (enum error_edge)edge, NULL);
            unsigned wanted = 0;
            for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
                wanted = strcmp(known[i].name, got.name) == 0 ? known[i].status : wanted;
            }
            if (strcmp(got.name, "ThrottlingException") == 0) {
                wanted = edge == EDGE_JOBS_DATA || edge == EDGE_IOT_DATA ? 429 : 400;
            }
            if (wanted != got.http_status) {
                fail_msg("%s at edge %d: %u", got.name, edge, got.http_status);
            }
        }
    }
}

static void the_rows_that_clients_rely_on(void **state)
{
    (void)state;
    static const struct {
        enum core_code code;
        enum error_edge edge;
        const char *name;
    } rows[] = {
        {CORE_INVALID_REQUEST, EDGE_MQTT, "InvalidRequest"},
        {CORE_NOT_FOUND, EDGE_MQTT, "ResourceNotFound"},
        {CORE_INVALID_STATE_TRANSITION, EDGE_MQTT, "InvalidStateTransition"},
        {CORE_VERSION_MISMATCH, EDGE_MQTT, "VersionMismatch"},
        {CORE_TERMINAL_STATE, EDGE_MQTT, "TerminalStateReached"},
        {CORE_THROTTLED, EDGE_MQTT, "RequestThrottled"},
        {CORE_INTERNAL, EDGE_MQTT, "InternalError"},
        {CORE_INVALID_REQUEST, EDGE_REGISTRY, "InvalidRequestException"},
        {CORE_NOT_FOUND, EDGE_REGISTRY, "ResourceNotFoundException"},
        {CORE_ALREADY_EXISTS, EDGE_REGISTRY, "ResourceAlreadyExistsException"},
        {CORE_LIMIT_EXCEEDED, EDGE_REGISTRY, "LimitExceededException"},
        {CORE_CONFLICT, EDGE_REGISTRY, "ConflictException"},
        {CORE_DELETE_CONFLICT, EDGE_REGISTRY, "DeleteConflictException"},
        {CORE_CERTIFICATE_STATE, EDGE_REGISTRY, "CertificateStateException"},
        {CORE_CERTIFICATE_INVALID, EDGE_REGISTRY, "CertificateValidationException"},
        {CORE_MALFORMED_POLICY, EDGE_REGISTRY, "MalformedPolicyException"},
        {CORE_INTERNAL, EDGE_REGISTRY, "InternalFailureException"},
        {CORE_INVALID_STATE_TRANSITION, EDGE_JOBS, "InvalidStateTransitionException"},
        {CORE_VERSION_MISMATCH, EDGE_JOBS, "VersionConflictException"},
        {CORE_LIMIT_EXCEEDED, EDGE_JOBS, "LimitExceededException"},
        {CORE_INTERNAL, EDGE_JOBS, "ServiceUnavailableException"},
        {CORE_INVALID_STATE_TRANSITION, EDGE_JOBS_DATA, "InvalidStateTransitionException"},
        {CORE_VERSION_MISMATCH, EDGE_JOBS_DATA, "InvalidStateTransitionException"}, /* U33 */
        {CORE_TERMINAL_STATE, EDGE_JOBS_DATA, "TerminalStateException"},
        {CORE_INTERNAL, EDGE_JOBS_DATA, "ServiceUnavailableException"},
        {CORE_INTERNAL, EDGE_IOT_DATA, "InternalFailureException"},
        {CORE_INTERNAL, EDGE_S3, "InternalError"},
        {CORE_THROTTLED, EDGE_S3, "SlowDown"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(error_name_of(rows[i].code, rows[i].edge, NULL).name, rows[i].name);
    }
    assert_string_equal(error_name_of((enum core_code)999, EDGE_REGISTRY, NULL).name,
                        "InternalFailureException");
    assert_string_equal(error_name_of((enum core_code) - 1, EDGE_S3, NULL).name, "InternalError");
    assert_string_equal(device_answer_code(CORE_VERSION_MISMATCH), "VersionMismatch");
}

static void an_operation_has_names_of_its_own(void **state)
{
    (void)state;
    static const struct error_own own[] = {
        {CORE_INVALID_STATE_TRANSITION, {"CertificateStateException", 406}},
        {CORE_NOT_FOUND, {"NoSuchKey", 404}},
        {CORE_OK, {NULL, 0}},
    };
    struct error_name name = error_name_of(CORE_INVALID_STATE_TRANSITION, EDGE_REGISTRY, own);
    assert_string_equal(name.name, "CertificateStateException");
    assert_int_equal(name.http_status, 406);
    assert_string_equal(error_name_of(CORE_NOT_FOUND, EDGE_S3, own).name, "NoSuchKey");
    assert_string_equal(error_name_of(CORE_INTERNAL, EDGE_S3, own).name, "InternalError");
}

static void every_family_has_its_edge(void **state)
{
    (void)state;
    assert_int_equal(api_edge(FAMILY_REGISTRY), EDGE_REGISTRY);
    assert_int_equal(api_edge(FAMILY_JOBS), EDGE_JOBS);
    assert_int_equal(api_edge(FAMILY_JOBS_DATA), EDGE_JOBS_DATA);
    assert_int_equal(api_edge(FAMILY_IOT_DATA), EDGE_IOT_DATA);
    assert_int_equal(api_edge(FAMILY_S3), EDGE_S3);
    assert_int_equal(api_edge(FAMILY_LOCAL), EDGE_REGISTRY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_a_name_at_every_edge),
        cmocka_unit_test(a_name_has_one_status),
        cmocka_unit_test(the_rows_that_clients_rely_on),
        cmocka_unit_test(an_operation_has_names_of_its_own),
        cmocka_unit_test(every_family_has_its_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
