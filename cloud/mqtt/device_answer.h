/* SPDX-License-Identifier: MIT */
/* The envelopes of docs/protocol.md 1.4 to 1.8. */
#ifndef CLOUD_MQTT_DEVICE_ANSWER_H
#define CLOUD_MQTT_DEVICE_ANSWER_H

#include "cloud/mqtt/device_plane.h"

/* TOPIC/accepted with timestamp, token and `members` (JSON without braces, or NULL). */
void device_answer_accept(struct device_answer *answer, struct slice topic, int64_t now_s, struct slice token,
                          const char *members);
/* TOPIC/rejected. */
void device_answer_reject(struct device_answer *answer, struct slice topic, int64_t now_s, struct slice token,
                          const char *code, const struct core_error *error);

/* The wire name of a code of the domain. */
const char *device_answer_code(enum core_code code);

#endif
