/* SPDX-License-Identifier: MIT */
#include "cloud/mqtt/device_answer.h"
#include "cloud/base/memory.h"

#include "cloud/core/error_name.h"
#include "cloud/core/jobs/execution_json.h"

#include <stdlib.h>
#include <string.h>

#define ENVELOPE_CAP 512 /* bytes beside token, members, message and details */

void device_answer_clear(struct device_answer *answer)
{
    free(answer->topic);
    free(answer->payload);
    *answer = (struct device_answer){0};
}

const char *device_answer_code(enum core_code code)
{
    return error_name_of(code, EDGE_MQTT, NULL).name;
}

static char *join(struct slice topic, const char *suffix)
{
    char *text = memory_resize(NULL, topic.len + strlen(suffix) + 1);
    memcpy(text, topic.ptr, topic.len);
    strcpy(text + topic.len, suffix);
    return text;
}

static void begin(struct device_answer *answer, struct json_writer *w, struct slice topic, const char *suffix,
                  size_t cap)
{
    *answer = (struct device_answer){.topic = join(topic, suffix), .payload = memory_resize(NULL, cap)};
    json_write_begin(w, answer->payload, cap);
    json_write_object(w);
}

static void end(struct device_answer *answer, struct json_writer *w)
{
    json_write_object_end(w);
    if (json_write_finish(w, &answer->payload_len)) {
        device_answer_clear(answer);
    }
}

static void write_token(struct json_writer *w, struct slice token)
{
    if (token.ptr) {
        json_write_key(w, "clientToken");
        json_write_raw(w, token);
    }
}

static void write_timestamp(struct json_writer *w, int64_t now_s)
{
    json_write_key(w, "timestamp");
    json_write_i64(w, now_s);
}

void device_answer_accept(struct device_answer *answer, struct slice topic, int64_t now_s, struct slice token,
                          const char *members)
{
    struct json_writer w;
    size_t cap = ENVELOPE_CAP + token.len + (members ? strlen(members) : 0);
    begin(answer, &w, topic, "/accepted", cap);
    write_timestamp(&w, now_s);
    write_token(&w, token);
    if (members && *members) {
        json_write_raw(&w, slice_from(members));
    }
    end(answer, &w);
}

void device_answer_reject(struct device_answer *answer, struct slice topic, int64_t now_s, struct slice token,
                          const char *code, const struct core_error *error)
{
    struct json_writer w;
    size_t cap =
        ENVELOPE_CAP + token.len + 2 * sizeof error->message + (error->details ? strlen(error->details) : 0);
    begin(answer, &w, topic, "/rejected", cap);
    json_write_key(&w, "code");
    json_write_string(&w, code);
    json_write_key(&w, "message");
    json_write_string(&w, error->message);
    write_token(&w, token);
    write_timestamp(&w, now_s);
    if (error->has_state) {
        json_write_key(&w, "executionState");
        execution_json_write_state(&w, error->status, error->details, error->version);
    }
    end(answer, &w);
}
