/* SPDX-License-Identifier: MIT */
/* Objects of the core as JSON of the AWS APIs. Control plane dates are seconds with a fraction, those of the device's
 * data plane integers (docs/protocol.md 5.1 and 6). */
#ifndef CLOUD_HTTP_RENDER_H
#define CLOUD_HTTP_RENDER_H

#include "cloud/core/jobs/jobs.h"
#include "cloud/core/registry/policies.h"

#include <jansson.h>

json_t *render_date(int64_t ms);
void render_put_text(json_t *object, const char *name, const char *text); /* NULL: left out */
/* "validity" of a certificate */
void render_put_validity(json_t *object, int64_t not_before_s, int64_t not_after_s);
json_t *render_parse(const char *json, json_t *otherwise); /* our own stored JSON text */

json_t *render_job(const struct job *job);
json_t *render_job_summary(const struct job *job);
/* jobArn, jobId, description: what CreateJob and CancelJob answer */
json_t *render_job_name(const struct job *job);

json_t *render_policy_name(const struct policy *policy);                   /* policyName, policyArn */
void render_add_policy(void *items, const struct policy *policy);          /* appends that to a JSON array */
void render_put_version(json_t *object, const char *name, int64_t number); /* a policy's version: text */

void render_put_thing_arn(json_t *object, const struct core *core, const char *thing); /* "thingArn" */
json_t *render_execution(const struct core *core, const struct execution *execution);
json_t *render_execution_summary(const struct execution *execution);

/* iot-jobs-data; the document is a JSON string there. */
json_t *render_device_execution(const struct core *core, const struct execution *execution);
json_t *render_device_summary(const struct execution *execution);
json_t *render_device_state(const struct execution *execution);

#endif
