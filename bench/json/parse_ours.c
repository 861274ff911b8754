/* SPDX-License-Identifier: MIT */
#include "bench/json/bench_json.h"
#include "common/json.h"
#include "common/number.h"

bool parse_ours(const char *text, size_t len, struct execution *out)
{
    enum { EXECUTION, JOB_ID, STATUS, VERSION, DOCUMENT, ACTION, COUNT };
    struct json_field fields[COUNT] = {
        [EXECUTION] = {.key = "execution", .parent = JSON_TOP},
        [JOB_ID] = {.key = "jobId", .parent = EXECUTION},
        [STATUS] = {.key = "status", .parent = EXECUTION},
        [VERSION] = {.key = "versionNumber", .parent = EXECUTION},
        [DOCUMENT] = {.key = "jobDocument", .parent = EXECUTION},
        [ACTION] = {.key = "action", .parent = DOCUMENT},
    };

    if (json_read((struct slice){text, len}, fields, COUNT, NULL) != ERR_OK) {
        return false;
    }
    out->has_document = fields[DOCUMENT].type == JSON_OBJECT;
    return json_decode(fields[JOB_ID].text, out->job_id, sizeof(out->job_id), NULL) == ERR_OK &&
           json_decode(fields[STATUS].text, out->status, sizeof(out->status), NULL) == ERR_OK &&
           json_decode(fields[ACTION].text, out->action, sizeof(out->action), NULL) == ERR_OK &&
           number_to_u32(fields[VERSION].text, &out->version) == ERR_OK;
}
