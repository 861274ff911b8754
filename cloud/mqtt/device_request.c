/* SPDX-License-Identifier: MIT */
#include "cloud/mqtt/device_request.h"

#include "cloud/base/utf8.h"
#include "cloud/core/names.h"
#include "common/number.h"

#include <string.h>

#define PAYLOAD_MAX 131072 /* as the AWS broker allows */
#define TOKEN_MAX   64     /* characters */

/* --- Topics --- */

/* MQTT forbids wildcards in the topic of a PUBLISH, and AWS control characters. */
static bool is_topic(struct slice topic)
{
    if (!topic.len || topic.len > DEVICE_TOPIC_MAX || !name_is_free_text(topic, DEVICE_TOPIC_MAX)) {
        return false;
    }
    return !memchr(topic.ptr, '+', topic.len) && !memchr(topic.ptr, '#', topic.len);
}

/* first and second are the levels behind "jobs"; ptr NULL when there is none. `rest` is what follows. */
static enum device_operation operation_of(struct slice first, struct slice second, struct slice rest)
{
    if (rest.ptr) {
        return DEVICE_UNKNOWN;
    }
    if (!second.ptr) {
        return slice_is(first, "get")          ? DEVICE_GET_PENDING
               : slice_is(first, "start-next") ? DEVICE_START_NEXT
                                               : DEVICE_UNKNOWN;
    }
    return slice_is(second, "get")      ? DEVICE_DESCRIBE
           : slice_is(second, "update") ? DEVICE_UPDATE
                                        : DEVICE_UNKNOWN;
}

static bool is_of_service(struct slice below_jobs)
{
    struct slice rest = below_jobs;
    struct slice first = slice_cut(&rest, '/');
    if (!rest.ptr) {
        return slice_is(first, "notify") || slice_is(first, "notify-next");
    }
    struct slice last = SLICE_EMPTY;
    while (rest.ptr) {
        last = slice_cut(&rest, '/');
    }
    return slice_is(last, "accepted") || slice_is(last, "rejected");
}

bool device_topic_read(struct slice topic, struct device_topic *out)
{
    struct slice rest = topic;
    if (!is_topic(topic) || !slice_is(slice_cut(&rest, '/'), "$aws") ||
        !slice_is(slice_cut(&rest, '/'), "things")) {
        return false;
    }
    struct slice thing = slice_cut(&rest, '/');
    if (!slice_is(slice_cut(&rest, '/'), "jobs") || !rest.ptr) {
        return false;
    }
    *out = (struct device_topic){.thing = thing, .is_of_service = is_of_service(rest)};
    out->job = slice_cut(&rest, '/');
    struct slice verb = slice_cut(&rest, '/');
    out->operation = operation_of(out->job, verb, rest);
    return true;
}

/* --- Payloads --- */

/* How many characters a string of JSON has; an escape is one. */
static size_t count_characters(struct slice escaped)
{
    size_t count = 0;
    for (size_t at = 0; at < escaped.len; count++) {
        bool is_escape = escaped.ptr[at] == '\\';
        bool is_long = is_escape && at + 1 < escaped.len && escaped.ptr[at + 1] == 'u';
        size_t step = is_long ? 6 : is_escape ? 2 : utf8_step(escaped.ptr + at, escaped.len - at);
        at += step ? step : 1;
    }
    return count;
}

/* A token that is too long is not echoed either: an answer holds no more of a stranger's text than AWS's would. */
static void take_token(struct device_request *request, const struct json_field *field)
{
    if (field->type == JSON_STRING && count_characters(field->text) <= TOKEN_MAX) {
        request->token = (struct slice){.ptr = field->text.ptr - 1, .len = field->text.len + 2};
    }
}

void device_request_read_token(struct device_request *request)
{
    struct json_field token = {.key = "clientToken", .parent = JSON_TOP};
    if (request->payload.len <= PAYLOAD_MAX && !json_read(request->payload, &token, 1, NULL)) {
        take_token(request, &token);
    }
}

static bool refuse(struct device_request *request, const char *member, const char *wanted)
{
    core_fail(&request->error, CORE_INVALID_REQUEST, "%s must be %s", member, wanted);
    return false;
}

bool device_request_read(struct device_request *request, struct json_field fields[], size_t count)
{
    size_t at = 0;
    if (request->payload.len > PAYLOAD_MAX) {
        core_fail(&request->error, CORE_INVALID_REQUEST, "the payload has %zu bytes; at most %d are allowed",
                  request->payload.len, PAYLOAD_MAX);
        return false;
    }
    if (!request->payload.len) {
        request->payload = slice_from("{}");
    }
    enum err err = json_read(request->payload, fields, count, &at);
    if (err == ERR_JSON_AMBIGUOUS) {
        device_request_read_token(request);
        core_fail(&request->error, CORE_INVALID_REQUEST, "a member occurs twice, at byte %zu", at);
        return false;
    }
    if (err) {
        core_fail(&request->error, CORE_INVALID_REQUEST, "the payload is not usable at byte %zu: %s", at,
                  err_text(err));
        request->is_bad_json = true;
        return false;
    }
    take_token(request, &fields[0]);
    if (fields[0].type != JSON_ABSENT && fields[0].type != JSON_NULL && !request->token.ptr) {
        return refuse(request, "clientToken", "a string of at most 64 characters");
    }
    return true;
}

bool device_request_bool(struct device_request *request, const struct json_field *field, bool *value)
{
    switch (field->type) {
    case JSON_ABSENT:
    case JSON_NULL:
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        *value = field->type == JSON_TRUE;
        return true;
    case JSON_STRING: /* AWS's IoT Device SDK for C++ v1 sends "true" */
        if (slice_is(field->text, "true") || slice_is(field->text, "false")) {
            *value = slice_is(field->text, "true");
            return true;
        }
        return refuse(request, field->key, "true or false");
    default:
        return refuse(request, field->key, "true or false");
    }
}

bool device_request_integer(struct device_request *request, const struct json_field *field, bool *has,
                            int64_t *value)
{
    char text[32];
    int64_t number = 0;
    *has = field->type != JSON_ABSENT && field->type != JSON_NULL;
    if (!*has) {
        return true;
    }
    bool is_good = false;
    if (field->type == JSON_NUMBER) {
        is_good = !number_to_i64(field->text, &number);
    } else if (field->type == JSON_STRING) {
        is_good =
            !json_decode(field->text, text, sizeof text, NULL) && !number_to_i64(slice_from(text), &number);
    }
    if (!is_good) {
        return refuse(request, field->key, "an integer of at most 64 bits, as a number or in decimal digits");
    }
    *value = number;
    return true;
}

bool device_request_object(struct device_request *request, const struct json_field *field, struct slice *text)
{
    if (field->type == JSON_ABSENT || field->type == JSON_NULL) {
        return true;
    }
    if (field->type != JSON_OBJECT) {
        return refuse(request, field->key, "an object of strings");
    }
    *text = field->text;
    return true;
}
