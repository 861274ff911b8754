/* SPDX-License-Identifier: MIT */
/* Certificates, policies, and what they are attached to (docs/protocol.md 5.8). */
#include "cloud/http/api/api_tags.h"
#include "cloud/http/operations.h"
#include "cloud/http/route.h"

/* clang-format off */
/* Operations whose list of errors, in the service model, has another name for one of ours, or none. */
static const struct error_own not_found_is_invalid[] = {{CORE_NOT_FOUND, {"InvalidRequestException", 400}}, {CORE_OK, {0}}};
static const struct error_own too_many_versions[] = {
    {CORE_LIMIT_EXCEEDED, {"VersionsLimitExceededException", 409}}, {CORE_OK, {0}}};
static const struct error_own two_signers[] = {{CORE_CONFLICT, {"CertificateConflictException", 409}}, {CORE_OK, {0}}};

static const struct route rows[] = {
    {"POST", "/keys-and-certificate", FAMILY_REGISTRY, "CreateKeysAndCertificate",
     .handler = api_create_certificate, .work = api_make_keys_and_certificate, .query = "setAsActive"},
    {"POST", "/certificates", FAMILY_REGISTRY, "CreateCertificateFromCsr",
     .handler = api_create_certificate, .work = api_make_certificate_from_csr, .query = "setAsActive",
     .members = "certificateSigningRequest"},
    {"GET", "/certificates", FAMILY_REGISTRY, "ListCertificates",
     .handler = api_list_certificates, .query = MARKER},
    {"PUT", "/certificates/{certificateId}", FAMILY_REGISTRY, "UpdateCertificate",
     .handler = api_update_certificate, .query = "newStatus"},
    {"GET", "/certificates/{certificateId}", FAMILY_REGISTRY, "DescribeCertificate",
     .handler = api_describe_certificate},
    {"DELETE", "/certificates/{certificateId}", FAMILY_REGISTRY, "DeleteCertificate",
     .handler = api_delete_certificate, .query = "forceDelete"},

    {"POST", "/certificate/register", FAMILY_REGISTRY, "RegisterCertificate",
     .handler = api_register_certificate, .work = api_read_foreign_certificates, .query = "setAsActive",
     .members = "certificatePem caCertificatePem status", .own_errors = two_signers},
    {"POST", "/certificate/register-no-ca", FAMILY_REGISTRY, "RegisterCertificateWithoutCA",
     .handler = api_register_certificate_without_ca, .work = api_read_foreign_certificates,
     .members = "certificatePem status"},
    {"POST", "/cacertificate", FAMILY_REGISTRY, "RegisterCACertificate",
     .handler = api_register_ca_certificate, .work = api_read_foreign_certificates,
     .query = "setAsActive allowAutoRegistration", .members = "caCertificate verificationCertificate certificateMode tags",
     .unmodelled = "registrationConfig"},
    {"GET", "/cacertificates", FAMILY_REGISTRY, "ListCACertificates",
     .handler = api_list_ca_certificates, .query = MARKER, .unmodelled = "templateName"},
    {"GET", "/cacertificate/{caCertificateId}", FAMILY_REGISTRY, "DescribeCACertificate",
     .handler = api_describe_ca_certificate},
    {"PUT", "/cacertificate/{caCertificateId}", FAMILY_REGISTRY, "UpdateCACertificate",
     .handler = api_update_ca_certificate, .query = "newStatus newAutoRegistrationStatus",
     .members = "removeAutoRegistration", .unmodelled = "registrationConfig"},
    {"DELETE", "/cacertificate/{caCertificateId}", FAMILY_REGISTRY, "DeleteCACertificate",
     .handler = api_delete_ca_certificate},
    {"GET", "/certificates-by-ca/{caCertificateId}", FAMILY_REGISTRY, "ListCertificatesByCA",
     .handler = api_list_certificates_by_ca, .query = MARKER},
    {"GET", "/registrationcode", FAMILY_REGISTRY, "GetRegistrationCode",
     .handler = api_get_registration_code},
    {"DELETE", "/registrationcode", FAMILY_REGISTRY, "DeleteRegistrationCode",
     .handler = api_delete_registration_code},

    {"PUT", "/things/{thingName}/principals", FAMILY_REGISTRY, "AttachThingPrincipal",
     .handler = api_attach_thing_principal, .query = "thingPrincipalType"},
    {"DELETE", "/things/{thingName}/principals", FAMILY_REGISTRY, "DetachThingPrincipal",
     .handler = api_detach_thing_principal},
    {"GET", "/things/{thingName}/principals", FAMILY_REGISTRY, "ListThingPrincipals",
     .handler = api_list_thing_principals, .query = PAGING},
    {"GET", "/things/{thingName}/principals-v2", FAMILY_REGISTRY, "ListThingPrincipalsV2",
     .handler = api_list_thing_principals_v2, .query = PAGING " thingPrincipalType"},
    {"GET", "/principals/things", FAMILY_REGISTRY, "ListPrincipalThings",
     .handler = api_list_principal_things, .query = PAGING},
    {"GET", "/principals/things-v2", FAMILY_REGISTRY, "ListPrincipalThingsV2",
     .handler = api_list_principal_things_v2, .query = PAGING " thingPrincipalType"},

    {"POST", "/policies/{policyName}", FAMILY_REGISTRY, "CreatePolicy",
     .handler = api_create_policy, .members = "policyDocument tags", .own_errors = api_no_limit_error},
    {"GET", "/policies/{policyName}", FAMILY_REGISTRY, "GetPolicy",
     .handler = api_get_policy},
    {"GET", "/policies", FAMILY_REGISTRY, "ListPolicies",
     .handler = api_list_policies, .query = MARKER},
    {"DELETE", "/policies/{policyName}", FAMILY_REGISTRY, "DeletePolicy",
     .handler = api_delete_policy},
    {"POST", "/policies/{policyName}/version", FAMILY_REGISTRY, "CreatePolicyVersion",
     .handler = api_create_policy_version, .query = "setAsDefault", .members = "policyDocument",
     .own_errors = too_many_versions},
    {"GET", "/policies/{policyName}/version", FAMILY_REGISTRY, "ListPolicyVersions",
     .handler = api_list_policy_versions},
    {"GET", "/policies/{policyName}/version/{policyVersionId}", FAMILY_REGISTRY, "GetPolicyVersion",
     .handler = api_get_policy_version},
    {"PATCH", "/policies/{policyName}/version/{policyVersionId}", FAMILY_REGISTRY, "SetDefaultPolicyVersion",
     .handler = api_set_default_policy_version},
    {"DELETE", "/policies/{policyName}/version/{policyVersionId}", FAMILY_REGISTRY, "DeletePolicyVersion",
     .handler = api_delete_policy_version},

    {"PUT", "/target-policies/{policyName}", FAMILY_REGISTRY, "AttachPolicy",
     .handler = api_attach_policy, .members = "target"},
    {"POST", "/target-policies/{policyName}", FAMILY_REGISTRY, "DetachPolicy",
     .handler = api_detach_policy, .members = "target", .own_errors = not_found_is_invalid},
    {"POST", "/attached-policies/{target}", FAMILY_REGISTRY, "ListAttachedPolicies",
     .only_reads = true, .handler = api_list_attached_policies, .query = PLAIN_MARKER " recursive"},
    {"POST", "/policy-targets/{policyName}", FAMILY_REGISTRY, "ListTargetsForPolicy",
     .only_reads = true, .handler = api_list_targets_for_policy, .query = PLAIN_MARKER},
    {"PUT", "/principal-policies/{policyName}", FAMILY_REGISTRY, "AttachPrincipalPolicy",
     .handler = api_attach_principal_policy},
    {"DELETE", "/principal-policies/{policyName}", FAMILY_REGISTRY, "DetachPrincipalPolicy",
     .handler = api_detach_principal_policy},
    {"GET", "/principal-policies", FAMILY_REGISTRY, "ListPrincipalPolicies",
     .handler = api_list_principal_policies, .query = MARKER},
    {"GET", "/policy-principals", FAMILY_REGISTRY, "ListPolicyPrincipals",
     .handler = api_list_policy_principals, .query = MARKER},
    {"POST", "/effective-policies", FAMILY_REGISTRY, "GetEffectivePolicies",
     .only_reads = true, .handler = api_get_effective_policies, .query = "thingName", .members = "principal",
     .unmodelled = "cognitoIdentityPoolId"},
    {"POST", "/test-authorization", FAMILY_REGISTRY, "TestAuthorization",
     .only_reads = true, .handler = api_test_authorization, .query = "clientId",
     .members = "principal authInfos policyNamesToAdd policyNamesToSkip", .unmodelled = "cognitoIdentityPoolId"},
};
/* clang-format on */

const struct route_table routes_security = {rows, sizeof rows / sizeof rows[0]};
