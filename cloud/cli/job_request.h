/* SPDX-License-Identifier: MIT */
/* What the commands have in common that create a job. */
#ifndef CLOUD_CLI_JOB_REQUEST_H
#define CLOUD_CLI_JOB_REQUEST_H

#include "cloud/cli/args.h"

#include <jansson.h>
#include <stdint.h>

#define JOB_REQUEST_ID_CAP          24
#define JOB_REQUEST_TIMEOUT_MAX_MIN 10080 /* AWS's in-progress timeout */

/* The number behind an option; text NULL: *value is 0. false: said on standard error. */
bool job_request_number(const char *command, const char *option, const char *text, uint32_t min, uint32_t max,
                        uint32_t *value);
/* Is one --thing given? false: said on standard error. */
bool job_request_has_things(const char *command, const struct arg_list *things);

/* "PREFIX-" and random digits; a prefix has at most 10 characters. */
void job_request_make_id(const char *prefix, char id[JOB_REQUEST_ID_CAP]);

/* Members of CreateJob. status: what the daemon says of itself. */
json_t *job_request_targets(const struct arg_list *things, const json_t *status);
void job_request_put_timeout(json_t *body, uint32_t minutes); /* 0: none */

void job_request_say_created(const char *job_id, const struct arg_list *things);

#endif
