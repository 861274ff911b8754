/* SPDX-License-Identifier: MIT */
/* The answers of fleet provisioning (docs/protocol.md 7), in the format of the request. They may hold a private key: whoever
 * has one ends it with provisioning_answer_clear, and no log shows an accepted one. */
#ifndef CLOUD_MQTT_PROVISIONING_ANSWER_H
#define CLOUD_MQTT_PROVISIONING_ANSWER_H

#include "cloud/mqtt/device_plane.h"

#include <jansson.h>

/* A refusal as the wire has it. */
struct provisioning_refusal {
    unsigned status;  /* statusCode, of HTTP's numbers */
    const char *code; /* errorCode; NULL: nothing is refused */
    char message[CORE_MESSAGE_CAP];
};

/* error_name.h has the codes: what AWS publishes, and what is ours. */
void provisioning_refuse(struct provisioning_refusal *refusal, const struct core_error *error);

/* TOPIC/accepted with these members. */
void provisioning_answer_accept(struct device_answer *answer, const char *topic, bool is_cbor,
                                const json_t *members);
/* TOPIC/rejected. */
void provisioning_answer_reject(struct device_answer *answer, const char *topic, bool is_cbor,
                                const struct provisioning_refusal *refusal);
void provisioning_answer_clear(struct device_answer *answer);

#endif
