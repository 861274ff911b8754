/* SPDX-License-Identifier: MIT */
/* Every operation that AWS IoT has for things, certificates, policies, jobs and provisioning (docs/protocol.md 5.3 to 5.9
 * and 6). The first match counts: fixed paths stand before those with {labels}. */
#include "cloud/http/operations.h"

#include "cloud/http/route.h"

#define PAGING       "maxResults nextToken"
#define NOT_MODELLED .handler = NULL

/* clang-format off */
const struct route route_table[] = {
    /* --- jobs, control plane --- */
    {"PUT", "/jobs/{jobId}", FAMILY_JOBS, "CreateJob",
     .handler = api_create_job,
     .members = "targets document documentSource description targetSelection timeoutConfig "
                "jobExecutionsRetryConfig",
     .unmodelled = "presignedUrlConfig jobExecutionsRolloutConfig abortConfig tags namespaceId "
                   "jobTemplateArn documentParameters schedulingConfig destinationPackageVersions"},
    {"GET", "/jobs/{jobId}", FAMILY_JOBS, "DescribeJob",
     .handler = api_describe_job, .query = "beforeSubstitution"},
    {"GET", "/jobs", FAMILY_JOBS, "ListJobs",
     .handler = api_list_jobs, .query = "status targetSelection " PAGING,
     .unmodelled = "thingGroupName thingGroupId namespaceId"},
    {"PATCH", "/jobs/{jobId}", FAMILY_JOBS, "UpdateJob", NOT_MODELLED},
    {"PUT", "/jobs/{jobId}/cancel", FAMILY_JOBS, "CancelJob",
     .handler = api_cancel_job, .query = "force", .members = "reasonCode comment"},
    {"DELETE", "/jobs/{jobId}", FAMILY_JOBS, "DeleteJob",
     .handler = api_delete_job, .query = "force", .unmodelled = "namespaceId"},
    {"GET", "/jobs/{jobId}/job-document", FAMILY_JOBS, "GetJobDocument",
     .handler = api_get_job_document, .query = "beforeSubstitution"},
    {"POST", "/jobs/{jobId}/targets", FAMILY_JOBS, "AssociateTargetsWithJob", NOT_MODELLED},
    {"GET", "/jobs/{jobId}/things", FAMILY_JOBS, "ListJobExecutionsForJob",
     .handler = api_list_job_executions_for_job, .query = "status " PAGING},
    {"GET", "/things/{thingName}/jobs", FAMILY_JOBS, "ListJobExecutionsForThing",
     .handler = api_list_job_executions_for_thing, .query = "status jobId " PAGING, .unmodelled = "namespaceId"},
    {"GET", "/things/{thingName}/jobs/{jobId}", FAMILY_JOBS, "DescribeJobExecution",
     .handler = api_describe_job_execution, .query = "executionNumber"},
    {"PUT", "/things/{thingName}/jobs/{jobId}/cancel", FAMILY_JOBS, "CancelJobExecution",
     .handler = api_cancel_job_execution, .query = "force", .members = "expectedVersion statusDetails"},
    {"DELETE", "/things/{thingName}/jobs/{jobId}/executionNumber/{executionNumber}", FAMILY_JOBS, "DeleteJobExecution",
     .handler = api_delete_job_execution, .query = "force", .unmodelled = "namespaceId"},

    {"PUT", "/job-templates/{jobTemplateId}", FAMILY_JOBS, "CreateJobTemplate", NOT_MODELLED},
    {"GET", "/job-templates/{jobTemplateId}", FAMILY_JOBS, "DescribeJobTemplate", NOT_MODELLED},
    {"GET", "/job-templates", FAMILY_JOBS, "ListJobTemplates", NOT_MODELLED},
    {"DELETE", "/job-templates/{jobTemplateId}", FAMILY_JOBS, "DeleteJobTemplate", NOT_MODELLED},
    {"GET", "/managed-job-templates/{templateName}", FAMILY_JOBS, "DescribeManagedJobTemplate", NOT_MODELLED},
    {"GET", "/managed-job-templates", FAMILY_JOBS, "ListManagedJobTemplates", NOT_MODELLED},

    /* --- things and groups --- */
    {"POST", "/things/{thingName}", FAMILY_REGISTRY, "CreateThing",
     .handler = api_create_thing, .members = "attributePayload",
     .unmodelled = "thingTypeName billingGroupName"},
    {"GET", "/things/{thingName}", FAMILY_REGISTRY, "DescribeThing",
     .handler = api_describe_thing},
    {"GET", "/things", FAMILY_REGISTRY, "ListThings",
     .handler = api_list_things, .query = PAGING,
     .unmodelled = "attributeName attributeValue thingTypeName usePrefixAttributeValue"},
    {"PATCH", "/things/{thingName}", FAMILY_REGISTRY, "UpdateThing", NOT_MODELLED},
    {"DELETE", "/things/{thingName}", FAMILY_REGISTRY, "DeleteThing", NOT_MODELLED},
    {"POST", "/things", FAMILY_REGISTRY, "RegisterThing", NOT_MODELLED},
    {"PUT", "/thing-groups/addThingToThingGroup", FAMILY_REGISTRY, "AddThingToThingGroup", NOT_MODELLED},
    {"PUT", "/thing-groups/removeThingFromThingGroup", FAMILY_REGISTRY, "RemoveThingFromThingGroup",
     NOT_MODELLED},
    {"PUT", "/thing-groups/updateThingGroupsForThing", FAMILY_REGISTRY, "UpdateThingGroupsForThing",
     NOT_MODELLED},
    {"POST", "/thing-groups/{thingGroupName}", FAMILY_REGISTRY, "CreateThingGroup", NOT_MODELLED},
    {"GET", "/thing-groups/{thingGroupName}", FAMILY_REGISTRY, "DescribeThingGroup", NOT_MODELLED},
    {"PATCH", "/thing-groups/{thingGroupName}", FAMILY_REGISTRY, "UpdateThingGroup", NOT_MODELLED},
    {"DELETE", "/thing-groups/{thingGroupName}", FAMILY_REGISTRY, "DeleteThingGroup", NOT_MODELLED},
    {"GET", "/thing-groups", FAMILY_REGISTRY, "ListThingGroups", NOT_MODELLED},
    {"GET", "/thing-groups/{thingGroupName}/things", FAMILY_REGISTRY, "ListThingsInThingGroup", NOT_MODELLED},
    {"GET", "/things/{thingName}/thing-groups", FAMILY_REGISTRY, "ListThingGroupsForThing", NOT_MODELLED},
    {"POST", "/dynamic-thing-groups/{thingGroupName}", FAMILY_REGISTRY, "CreateDynamicThingGroup",
     NOT_MODELLED},
    {"POST", "/thing-types/{thingTypeName}", FAMILY_REGISTRY, "CreateThingType", NOT_MODELLED},
    {"GET", "/thing-types/{thingTypeName}", FAMILY_REGISTRY, "DescribeThingType", NOT_MODELLED},
    {"GET", "/thing-types", FAMILY_REGISTRY, "ListThingTypes", NOT_MODELLED},
    {"POST", "/billing-groups/{billingGroupName}", FAMILY_REGISTRY, "CreateBillingGroup", NOT_MODELLED},

    /* --- certificates, policies, endpoint --- */
    {"POST", "/keys-and-certificate", FAMILY_REGISTRY, "CreateKeysAndCertificate",
     .handler = api_create_keys_and_certificate, .work = api_make_keys_and_certificate, .query = "setAsActive"},
    {"POST", "/certificates", FAMILY_REGISTRY, "CreateCertificateFromCsr", NOT_MODELLED},
    {"POST", "/certificate/register-no-ca", FAMILY_REGISTRY, "RegisterCertificateWithoutCA", NOT_MODELLED},
    {"POST", "/certificate/register", FAMILY_REGISTRY, "RegisterCertificate", NOT_MODELLED},
    {"PUT", "/certificates/{certificateId}", FAMILY_REGISTRY, "UpdateCertificate",
     .handler = api_update_certificate, .query = "newStatus"},
    {"GET", "/certificates/{certificateId}", FAMILY_REGISTRY, "DescribeCertificate",
     .handler = api_describe_certificate},
    {"GET", "/certificates", FAMILY_REGISTRY, "ListCertificates", NOT_MODELLED},
    {"DELETE", "/certificates/{certificateId}", FAMILY_REGISTRY, "DeleteCertificate", NOT_MODELLED},
    {"PUT", "/things/{thingName}/principals", FAMILY_REGISTRY, "AttachThingPrincipal",
     .handler = api_attach_thing_principal, .unmodelled = "thingPrincipalType"},
    {"DELETE", "/things/{thingName}/principals", FAMILY_REGISTRY, "DetachThingPrincipal", NOT_MODELLED},
    {"GET", "/things/{thingName}/principals", FAMILY_REGISTRY, "ListThingPrincipals", NOT_MODELLED},
    {"GET", "/things/{thingName}/principals-v2", FAMILY_REGISTRY, "ListThingPrincipalsV2", NOT_MODELLED},
    {"GET", "/principals/things", FAMILY_REGISTRY, "ListPrincipalThings", NOT_MODELLED},
    {"GET", "/principals/things-v2", FAMILY_REGISTRY, "ListPrincipalThingsV2", NOT_MODELLED},
    {"POST", "/policies/{policyName}", FAMILY_REGISTRY, "CreatePolicy",
     .handler = api_create_policy, .members = "policyDocument", .unmodelled = "tags"},
    {"GET", "/policies/{policyName}", FAMILY_REGISTRY, "GetPolicy",
     .handler = api_get_policy},
    {"GET", "/policies", FAMILY_REGISTRY, "ListPolicies", NOT_MODELLED},
    {"POST", "/policies/{policyName}/version", FAMILY_REGISTRY, "CreatePolicyVersion", NOT_MODELLED},
    {"DELETE", "/policies/{policyName}", FAMILY_REGISTRY, "DeletePolicy", NOT_MODELLED},
    {"PUT", "/target-policies/{policyName}", FAMILY_REGISTRY, "AttachPolicy",
     .handler = api_attach_policy, .members = "target"},
    {"POST", "/target-policies/{policyName}", FAMILY_REGISTRY, "DetachPolicy", NOT_MODELLED},
    {"POST", "/attached-policies/{target}", FAMILY_REGISTRY, "ListAttachedPolicies", NOT_MODELLED},
    {"POST", "/policy-targets/{policyName}", FAMILY_REGISTRY, "ListTargetsForPolicy", NOT_MODELLED},
    {"PUT", "/principal-policies/{policyName}", FAMILY_REGISTRY, "AttachPrincipalPolicy", NOT_MODELLED},
    {"GET", "/endpoint", FAMILY_REGISTRY, "DescribeEndpoint",
     .handler = api_describe_endpoint, .query = "endpointType"},

    /* --- provisioning, tags, events --- */
    {"POST", "/provisioning-templates", FAMILY_REGISTRY, "CreateProvisioningTemplate", NOT_MODELLED},
    {"GET", "/provisioning-templates/{templateName}", FAMILY_REGISTRY, "DescribeProvisioningTemplate",
     NOT_MODELLED},
    {"GET", "/provisioning-templates", FAMILY_REGISTRY, "ListProvisioningTemplates", NOT_MODELLED},
    {"PATCH", "/provisioning-templates/{templateName}", FAMILY_REGISTRY, "UpdateProvisioningTemplate",
     NOT_MODELLED},
    {"DELETE", "/provisioning-templates/{templateName}", FAMILY_REGISTRY, "DeleteProvisioningTemplate",
     NOT_MODELLED},
    {"POST", "/provisioning-templates/{templateName}/versions", FAMILY_REGISTRY, "CreateProvisioningTemplateVersion",
     NOT_MODELLED},
    {"POST", "/provisioning-templates/{templateName}/provisioning-claim", FAMILY_REGISTRY, "CreateProvisioningClaim",
     NOT_MODELLED},
    {"POST", "/tags", FAMILY_REGISTRY, "TagResource", NOT_MODELLED},
    {"POST", "/untag", FAMILY_REGISTRY, "UntagResource", NOT_MODELLED},
    {"GET", "/tags", FAMILY_REGISTRY, "ListTagsForResource", NOT_MODELLED},
    {"GET", "/event-configurations", FAMILY_REGISTRY, "DescribeEventConfigurations", NOT_MODELLED},
    {"PATCH", "/event-configurations", FAMILY_REGISTRY, "UpdateEventConfigurations", NOT_MODELLED},

    /* --- data plane of jobs --- */
    {"GET", "/things/{thingName}/jobs", FAMILY_JOBS_DATA, "GetPendingJobExecutions",
     .handler = api_get_pending_job_executions},
    {"PUT", "/things/{thingName}/jobs/$next", FAMILY_JOBS_DATA, "StartNextPendingJobExecution",
     .handler = api_start_next_pending_job_execution, .members = "statusDetails stepTimeoutInMinutes"},
    {"GET", "/things/{thingName}/jobs/{jobId}", FAMILY_JOBS_DATA, "DescribeJobExecution",
     .handler = api_data_describe_job_execution, .query = "includeJobDocument executionNumber"},
    {"POST", "/things/{thingName}/jobs/{jobId}", FAMILY_JOBS_DATA, "UpdateJobExecution",
     .handler = api_data_update_job_execution,
     .members = "status statusDetails expectedVersion includeJobExecutionState includeJobDocument "
                "stepTimeoutInMinutes executionNumber"},
    {"POST", "/command-executions", FAMILY_JOBS_DATA, "StartCommandExecution", NOT_MODELLED},

    /* --- data plane of messages and shadows --- */
    {"POST", "/topics/{topic}", FAMILY_IOT_DATA, "Publish", NOT_MODELLED},
    {"GET", "/things/{thingName}/shadow", FAMILY_IOT_DATA, "GetThingShadow", NOT_MODELLED},
    {"POST", "/things/{thingName}/shadow", FAMILY_IOT_DATA, "UpdateThingShadow", NOT_MODELLED},
    {"DELETE", "/things/{thingName}/shadow", FAMILY_IOT_DATA, "DeleteThingShadow", NOT_MODELLED},
    {"GET", "/api/things/shadow/ListNamedShadowsForThing/{thingName}", FAMILY_IOT_DATA, "ListNamedShadowsForThing",
     NOT_MODELLED},
    {"GET", "/retainedMessage/{topic}", FAMILY_IOT_DATA, "GetRetainedMessage", NOT_MODELLED},
    {"GET", "/retainedMessage", FAMILY_IOT_DATA, "ListRetainedMessages", NOT_MODELLED},

    /* --- iot-local itself, on the Unix socket --- */
    {"GET", "/iot-local/status", FAMILY_LOCAL, "Status",
     .handler = api_local_status},
};
/* clang-format on */

const size_t route_table_count = sizeof route_table / sizeof route_table[0];
