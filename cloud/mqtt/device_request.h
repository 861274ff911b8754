/* SPDX-License-Identifier: MIT */
/* What a device asks for: which topic means what, and typed members of the payload (docs/protocol.md 1.1, 1.2). */
#ifndef CLOUD_MQTT_DEVICE_REQUEST_H
#define CLOUD_MQTT_DEVICE_REQUEST_H

#include "cloud/core/core.h"
#include "common/json.h"

#define DEVICE_TOPIC_MAX 256 /* bytes, as the AWS broker allows; so every level fits, too */

enum device_operation {
    DEVICE_UNKNOWN, /* inside the Jobs name space, but no operation */
    DEVICE_GET_PENDING,
    DEVICE_START_NEXT,
    DEVICE_DESCRIBE,
    DEVICE_UPDATE,
};

struct device_topic {
    enum device_operation operation;
    bool
        is_of_service; /* notify, notify-next, .../accepted, .../rejected: only the service publishes there */
    struct slice thing;
    struct slice job; /* describe and update */
};

/* false: not below $aws/things/THING/jobs/, or no text that can stand in a topic. */
bool device_topic_read(struct slice topic, struct device_topic *out);

struct device_request {
    struct slice payload;
    struct slice token; /* with its quotes, as sent; ptr NULL: none */
    bool is_bad_json;
    struct core_error error;
};

/* Reads the members that an operation knows; fields[0] is clientToken. false: the request says what is wrong. */
bool device_request_read(struct device_request *request, struct json_field fields[], size_t count);
/* Only the token, and no judgement. */
void device_request_read_token(struct device_request *request);

/* One member each; absent and null are the same. Numbers and booleans may come as text ("2", "true"): old SDKs of AWS send
 * them so. Values stay untouched when absent. false: the request says what is
 * wrong with it. */
bool device_request_bool(struct device_request *request, const struct json_field *field, bool *value);
bool device_request_integer(struct device_request *request, const struct json_field *field, bool *has,
                            int64_t *value);
bool device_request_object(struct device_request *request, const struct json_field *field,
                           struct slice *text);

#endif
