/* SPDX-License-Identifier: MIT */
#include "cloud/mqtt/provisioning_answer.h"

#include "cloud/base/memory.h"
#include "cloud/core/error_name.h"
#include "cloud/mqtt/cbor.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void provisioning_refuse(struct provisioning_refusal *refusal, const struct core_error *error)
{
    struct error_name name = error_name_of(error->code, EDGE_PROVISIONING, NULL);
    refusal->status = name.http_status;
    refusal->code = name.name;
    snprintf(refusal->message, sizeof refusal->message, "%s", error->message);
}

static char *join(const char *topic, const char *suffix)
{
    size_t cap = strlen(topic) + strlen(suffix) + 1;
    char *text = memory_resize(NULL, cap);
    snprintf(text, cap, "%s%s", topic, suffix);
    return text;
}

static void write(struct device_answer *answer, char *topic, bool is_cbor, const json_t *members)
{
    *answer = (struct device_answer){.topic = topic};
    if (is_cbor) {
        answer->payload = cbor_write(members, &answer->payload_len);
    } else {
        answer->payload = json_dumps(members, JSON_COMPACT);
        answer->payload_len = answer->payload ? strlen(answer->payload) : 0;
    }
    if (!answer->payload) { /* what we have made ourselves is no deeper than CBOR_DEPTH_MAX */
        memory_out();
    }
}

void provisioning_answer_accept(struct device_answer *answer, const char *topic, bool is_cbor,
                                const json_t *members)
{
    write(answer, join(topic, "/accepted"), is_cbor, members);
}

void provisioning_answer_reject(struct device_answer *answer, const char *topic, bool is_cbor,
                                const struct provisioning_refusal *refusal)
{
    assert(refusal->code != NULL);
    json_t *members = json_object();
    json_object_set_new(members, "statusCode", json_integer(refusal->status));
    json_object_set_new(members, "errorCode", json_string(refusal->code));
    json_object_set_new(members, "errorMessage", json_string(refusal->message));
    write(answer, join(topic, "/rejected"), is_cbor, members);
    json_decref(members);
}

void provisioning_answer_clear(struct device_answer *answer)
{
    if (answer->payload) {
        explicit_bzero(answer->payload, answer->payload_len);
    }
    device_answer_clear(answer);
}
