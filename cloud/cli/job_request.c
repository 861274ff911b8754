/* SPDX-License-Identifier: MIT */
#include "cloud/cli/job_request.h"

#include "cloud/cli/client.h"
#include "common/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

bool job_request_number(const char *command, const char *option, const char *text, uint32_t min, uint32_t max,
                        uint32_t *value)
{
    *value = 0;
    if (text && (number_to_u32(slice_from(text), value) != ERR_OK || *value < min || *value > max)) {
        fprintf(stderr, "iot-local %s: %s must be a whole number, %u..%u, not '%s'\n", command, option, min,
                max, text);
        return false;
    }
    return true;
}

bool job_request_has_things(const char *command, const struct arg_list *things)
{
    if (things->count == 0) {
        fprintf(stderr, "iot-local %s: --thing NAME is missing: who shall run the job?\n", command);
        return false;
    }
    return true;
}

void job_request_make_id(const char *prefix, char id[JOB_REQUEST_ID_CAP])
{
    unsigned long long number = 0;
    (void)!getrandom(&number, sizeof number, 0);
    snprintf(id, JOB_REQUEST_ID_CAP, "%.10s-%012llx", prefix, number & 0xffffffffffffULL);
}

json_t *job_request_targets(const struct arg_list *things, const json_t *status)
{
    json_t *targets = json_array();
    for (size_t i = 0; i < things->count; i++) {
        char *arn = client_thing_arn(status, things->texts[i]);
        json_array_append_new(targets, json_string(arn));
        free(arn);
    }
    return targets;
}

void job_request_put_timeout(json_t *body, uint32_t minutes)
{
    if (minutes > 0) {
        json_object_set_new(body, "timeoutConfig",
                            json_pack("{sI}", "inProgressTimeoutInMinutes", (json_int_t)minutes));
    }
}

void job_request_say_created(const char *job_id, const struct arg_list *things)
{
    printf("job %s created for %zu thing%s\n", job_id, things->count, things->count == 1 ? "" : "s");
    fflush(stdout);
}
