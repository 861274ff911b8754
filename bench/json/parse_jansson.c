/* SPDX-License-Identifier: MIT */
#include "bench/json/bench_json.h"

#include <jansson.h>
#include <string.h>

static bool copy_string(const json_t *item, char *out, size_t cap)
{
    if (!json_is_string(item) || json_string_length(item) >= cap) {
        return false;
    }
    strcpy(out, json_string_value(item));
    return true;
}

bool parse_jansson(const char *text, size_t len, struct execution *out)
{
    json_t *root = json_loadb(text, len, 0, NULL);
    const json_t *execution = json_object_get(root, "execution");
    const json_t *version = json_object_get(execution, "versionNumber");
    const json_t *document = json_object_get(execution, "jobDocument");

    bool is_good = json_is_integer(version) &&
                   copy_string(json_object_get(execution, "jobId"), out->job_id, sizeof(out->job_id)) &&
                   copy_string(json_object_get(execution, "status"), out->status, sizeof(out->status)) &&
                   copy_string(json_object_get(document, "action"), out->action, sizeof(out->action));
    if (is_good) {
        out->version = (uint32_t)json_integer_value(version);
    }
    out->has_document = json_is_object(document);
    json_decref(root);
    return is_good;
}
