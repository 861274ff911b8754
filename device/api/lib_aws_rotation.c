/* SPDX-License-Identifier: MIT */
/* The change of the device's certificate as a job: reads the order's document and hands it to the runtime, which reports how it has ended. */
#include "common/json.h"
#include "device/api/api.h"
#include "device/api/line.h"
#include "device/port/port_board.h"
#include "device/runtime/rotation.h"
#include "lib_aws.h"
#include "lib_jobs.h"
#include "lib_system.h"

#include <string.h>

static const char *default_template;

static bool is_template_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const size_t len = strlen(name);
    return len > 0 && len < DEVICE_TEMPLATE_NAME_CAP && strspn(name, allowed) == len;
}

/* NULL: *why says what is wrong with the document. */
static const char *find_template(const char *document, char name[DEVICE_TEMPLATE_NAME_CAP], const char **why)
{
    struct json_field field = {.key = "template", .parent = JSON_TOP};
    if (json_read(slice_from(document), &field, 1, NULL)) {
        *why = "the document cannot be read";
        return NULL;
    }
    if (field.type == JSON_ABSENT) {
        *why = "the document names no template, and this device knows none";
        return default_template;
    }
    *why = "the document's template is no name: 1 to 36 of [0-9A-Za-z_-]";
    if (field.type != JSON_STRING || json_decode(field.text, name, DEVICE_TEMPLATE_NAME_CAP, NULL) ||
        !is_template_name(name)) {
        return NULL;
    }
    return name;
}

static jobsStatus_et fail(const job_st *job, jobsStatus_et status, const char *why)
{
    const jobDetail_st message = {"message", why};
    JOBS_report(job->runId_u32, status, &message, 1);
    return status;
}

static jobsStatus_et begin(const job_st *job, bool is_resumed)
{
    char name[DEVICE_TEMPLATE_NAME_CAP];
    const char *why = NULL;
    const char *template_name = find_template(job->documentStr, name, &why);
    const struct runtime_rotation_job order = {.run_id = job->runId_u32,
                                               .job_id = job->idStr,
                                               .execution_number = job->executionNumber_s64,
                                               .is_resumed = is_resumed};
    if (!template_name) {
        return fail(job, JOB_STATUS_REJECTED, why);
    }
    if (runtime_rotation_begin(&order, template_name)) {
        return fail(job, JOB_STATUS_FAILED, "another change of the certificate is under way");
    }
    return JOB_STATUS_IN_PROGRESS; /* the runtime reports how it has ended */
}

static jobsStatus_et rotate(job_st *ps_job, void *pContext)
{
    (void)pContext;
    return begin(ps_job, false);
}

static jobsStatus_et go_on(job_st *ps_job, void *pContext)
{
    (void)pContext;
    return begin(ps_job, true);
}

static void cancel(uint32_t runId_u32, void *pContext)
{
    (void)pContext;
    runtime_rotation_cancel(runId_u32);
}

/* The board's own number, as it stands at the end of the device's name, which may get another prefix later. */
static const char *serial_number(void)
{
    static char number[LENGTH_DEVICE_NAME];
    return port_board_device_id(number, sizeof(number)) ? NULL : number;
}

bool AWS_registerCertificateRotation(const char *pTemplateStr)
{
    const jobHandler_st handler = {.pActionStr = "rotate-certificate",
                                   .pHandler = rotate,
                                   .pCancelHandler = cancel,
                                   .onInterrupted_e = JOB_INTERRUPTED_WAIT,
                                   .pResumeHandler = go_on};
    if (!api_is_ready(__func__)) {
        return false;
    }
    if (runtime_is_started()) {
        line_error(__func__, "is called too late: before SYSTEM_start");
        return false;
    }
    if (pTemplateStr && !is_template_name(pTemplateStr)) {
        line_error(__func__, "this is no template's name: 1 to 36 of [0-9A-Za-z_-]");
        return false;
    }
    if (!JOBS_registerHandler(&handler)) {
        return false;
    }
    default_template = pTemplateStr;
    runtime_rotation_init(serial_number());
    return true;
}
