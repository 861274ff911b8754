/* SPDX-License-Identifier: MIT */
#include "bench/json/bench_json.h"

#include <cjson/cJSON.h>
#include <string.h>

static bool copy_string(const cJSON *item, char *out, size_t cap)
{
    if (!cJSON_IsString(item) || strlen(item->valuestring) >= cap) {
        return false;
    }
    strcpy(out, item->valuestring);
    return true;
}

bool parse_cjson(const char *text, size_t len, struct execution *out)
{
    cJSON *root = cJSON_ParseWithLength(text, len);
    const cJSON *execution = cJSON_GetObjectItemCaseSensitive(root, "execution");
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(execution, "versionNumber");
    const cJSON *document = cJSON_GetObjectItemCaseSensitive(execution, "jobDocument");

    bool is_good =
        cJSON_IsNumber(version) &&
        copy_string(cJSON_GetObjectItemCaseSensitive(execution, "jobId"), out->job_id, sizeof(out->job_id)) &&
        copy_string(cJSON_GetObjectItemCaseSensitive(execution, "status"), out->status,
                    sizeof(out->status)) &&
        copy_string(cJSON_GetObjectItemCaseSensitive(document, "action"), out->action, sizeof(out->action));
    if (is_good) {
        out->version = (uint32_t)version->valueint;
    }
    out->has_document = cJSON_IsObject(document);
    cJSON_Delete(root);
    return is_good;
}
