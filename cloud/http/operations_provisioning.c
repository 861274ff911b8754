/* SPDX-License-Identifier: MIT */
/* Provisioning templates, and what registers by them (docs/protocol.md 5.9). */
#include "cloud/http/api/api_tags.h"
#include "cloud/http/operations.h"
#include "cloud/http/route.h"

/* clang-format off */
#define REGISTRATION_FAILED {"ResourceRegistrationFailureException", 400}
#define CONFLICTING_UPDATE  {"ConflictingResourceUpdateException", 409}

/* Operations whose list of errors, in the service model, has another name for one of ours, or none. */
static const struct error_own too_many_versions[] = {
    {CORE_LIMIT_EXCEEDED, {"VersionsLimitExceededException", 409}}, {CORE_OK, {0}}};
static const struct error_own registration[] = {
    {CORE_NOT_FOUND, REGISTRATION_FAILED}, {CORE_ALREADY_EXISTS, REGISTRATION_FAILED},
    {CORE_LIMIT_EXCEEDED, REGISTRATION_FAILED}, {CORE_MALFORMED_POLICY, REGISTRATION_FAILED},
    {CORE_CERTIFICATE_STATE, REGISTRATION_FAILED}, {CORE_CERTIFICATE_INVALID, REGISTRATION_FAILED},
    {CORE_VERSION_MISMATCH, REGISTRATION_FAILED}, {CORE_CONFLICT, CONFLICTING_UPDATE}, {CORE_OK, {0}}};

static const struct route rows[] = {
    {"POST", "/provisioning-templates", FAMILY_REGISTRY, "CreateProvisioningTemplate",
     .handler = api_create_provisioning_template,
     .members = "templateName templateBody provisioningRoleArn description enabled preProvisioningHook tags type"},
    {"GET", "/provisioning-templates", FAMILY_REGISTRY, "ListProvisioningTemplates",
     .handler = api_list_provisioning_templates, .query = PAGING},
    {"GET", "/provisioning-templates/{templateName}", FAMILY_REGISTRY, "DescribeProvisioningTemplate",
     .handler = api_describe_provisioning_template},
    {"PATCH", "/provisioning-templates/{templateName}", FAMILY_REGISTRY, "UpdateProvisioningTemplate",
     .handler = api_update_provisioning_template,
     .members = "description enabled defaultVersionId provisioningRoleArn preProvisioningHook removePreProvisioningHook"},
    {"DELETE", "/provisioning-templates/{templateName}", FAMILY_REGISTRY, "DeleteProvisioningTemplate",
     .handler = api_delete_provisioning_template},
    {"POST", "/provisioning-templates/{templateName}/versions", FAMILY_REGISTRY, "CreateProvisioningTemplateVersion",
     .handler = api_create_provisioning_template_version, .query = "setAsDefault", .members = "templateBody",
     .own_errors = too_many_versions},
    {"GET", "/provisioning-templates/{templateName}/versions", FAMILY_REGISTRY, "ListProvisioningTemplateVersions",
     .handler = api_list_provisioning_template_versions, .query = PAGING},
    {"GET", "/provisioning-templates/{templateName}/versions/{versionId}", FAMILY_REGISTRY, "DescribeProvisioningTemplateVersion",
     .handler = api_describe_provisioning_template_version},
    {"DELETE", "/provisioning-templates/{templateName}/versions/{versionId}", FAMILY_REGISTRY, "DeleteProvisioningTemplateVersion",
     .handler = api_delete_provisioning_template_version},
    {"POST", "/provisioning-templates/{templateName}/provisioning-claim", FAMILY_REGISTRY, "CreateProvisioningClaim",
     .handler = api_create_provisioning_claim, .work = api_make_provisioning_claim},
    {"POST", "/things", FAMILY_REGISTRY, "RegisterThing",
     .handler = api_register_thing, .work = api_prepare_register_thing, .members = "templateBody parameters",
     .own_errors = registration},
};
/* clang-format on */

const struct route_table routes_provisioning = {rows, sizeof rows / sizeof rows[0]};
