/* SPDX-License-Identifier: MIT */
/* Jobs, the operator's side (docs/protocol.md 5.3 to 5.6). */
#include "cloud/http/operations.h"
#include "cloud/http/route.h"

/* clang-format off */
static const struct route rows[] = {
    {"PUT", "/jobs/{jobId}", FAMILY_JOBS, "CreateJob",
     .handler = api_create_job,
     .members = "targets document documentSource description targetSelection timeoutConfig "
                "jobExecutionsRetryConfig presignedUrlConfig tags",
     .unmodelled = "jobExecutionsRolloutConfig abortConfig namespaceId "
                   "jobTemplateArn documentParameters schedulingConfig destinationPackageVersions"},
    {"GET", "/jobs/{jobId}", FAMILY_JOBS, "DescribeJob",
     .handler = api_describe_job, .query = "beforeSubstitution"},
    {"GET", "/jobs", FAMILY_JOBS, "ListJobs",
     .handler = api_list_jobs, .query = "status targetSelection " PAGING,
     .unmodelled = "thingGroupName thingGroupId namespaceId"},
    {"PATCH", "/jobs/{jobId}", FAMILY_JOBS, "UpdateJob",
     .handler = api_update_job, .members = "description timeoutConfig jobExecutionsRetryConfig presignedUrlConfig",
     .unmodelled = "jobExecutionsRolloutConfig abortConfig namespaceId"},
    {"PUT", "/jobs/{jobId}/cancel", FAMILY_JOBS, "CancelJob",
     .handler = api_cancel_job, .query = "force", .members = "reasonCode comment"},
    {"DELETE", "/jobs/{jobId}", FAMILY_JOBS, "DeleteJob",
     .handler = api_delete_job, .query = "force", .unmodelled = "namespaceId"},
    {"GET", "/jobs/{jobId}/job-document", FAMILY_JOBS, "GetJobDocument",
     .handler = api_get_job_document, .query = "beforeSubstitution"},
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
};
/* clang-format on */

const struct route_table routes_jobs = {rows, sizeof rows / sizeof rows[0]};
