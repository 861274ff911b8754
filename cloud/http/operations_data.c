/* SPDX-License-Identifier: MIT */
/* The data planes of jobs and messages over HTTP (docs/protocol.md 6), and iot-local itself on the Unix socket. */
#include "cloud/http/operations.h"
#include "cloud/http/route.h"

/* clang-format off */
static const struct route rows[] = {
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
    {"POST", "/topics/{topic}", FAMILY_IOT_DATA, "Publish",
     .handler = api_publish, .takes_bytes = true, .query = "qos retain",
     .unmodelled = "contentType responseTopic messageExpiry"},
    {"GET", "/retainedMessage/{topic}", FAMILY_IOT_DATA, "GetRetainedMessage",
     .handler = api_get_retained_message},
    {"GET", "/retainedMessage", FAMILY_IOT_DATA, "ListRetainedMessages",
     .handler = api_list_retained_messages, .query = PAGING},

    {"GET", "/iot-local/status", FAMILY_LOCAL, "Status",
     .handler = api_local_status},
    {"GET", "/iot-local/clock", FAMILY_LOCAL, "Clock", .handler = api_local_clock},
    {"POST", "/iot-local/clock", FAMILY_LOCAL, "AdvanceClock",
     .handler = api_local_advance_clock, .members = "advanceMilliseconds"},
    {"GET", "/_iot-local/health", FAMILY_OPEN, "Health", .handler = api_local_health},
};
/* clang-format on */

const struct route_table routes_data = {rows, sizeof rows / sizeof rows[0]};
