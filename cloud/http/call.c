/* SPDX-License-Identifier: MIT */
#include "cloud/http/call.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/base/utf8.h"
#include "cloud/http/s3/s3_error.h"
#include "common/number.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define STORAGE_REFUSED "the database refused, nothing was changed: the log of iot-local says why"

bool call_is_answered(const struct call *call)
{
    return call->answer.status != 0;
}

int64_t call_machine_ms(const struct call *call)
{
    const struct http_service *service = call->service;
    return core_now_ms(service->core) - (service->shift ? service->shift->by_ms : 0);
}

void call_work_done(struct call *call, void *made, void (*free_made)(void *made))
{
    call->made = made;
    call->free_made = free_made;
}

static void answer_error(struct call *call, struct error_name error, json_t *body)
{
    answer_json(&call->answer, body);
    call->answer.status = error.http_status;
    answer_header(&call->answer, "x-amzn-ErrorType", error.name);
}

static struct error_name name_of(const struct call *call, enum core_code code)
{
    return call->route ? error_name_of(code, api_edge(call->route->family), call->route->own_errors)
                       : error_name_of(code, EDGE_REGISTRY, NULL);
}

__attribute__((format(printf, 3, 0))) static void answer_message(struct call *call, struct error_name error,
                                                                 const char *format, va_list args)
{
    char *message = NULL;
    if (vasprintf(&message, format, args) < 0) {
        memory_out();
    }
    utf8_clean(message); /* it may quote what a stranger has sent, and ends on a terminal */
    json_t *body = json_object();
    json_object_set_new(body, "message", answer_text(message));
    free(message);
    answer_error(call, error, body);
}

void call_fail(struct call *call, enum api_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    answer_message(call, api_code_name(code), format, args);
    va_end(args);
}

void call_refuse(struct call *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    answer_message(call, name_of(call, CORE_INVALID_REQUEST), format, args);
    va_end(args);
}

void call_fail_internal(struct call *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    answer_message(call, name_of(call, CORE_INTERNAL), format, args);
    va_end(args);
}

/* AWS names what exists already: the ARN, and the last level of it. */
static void put_resource(json_t *body, const char *arn)
{
    const char *last = strrchr(arn, '/');
    json_object_set_new(body, "resourceArn", answer_text(arn));
    json_object_set_new(body, "resourceId", answer_text(last ? last + 1 : arn));
}

static void put_state(json_t *body, const struct core_error *error)
{
    json_t *state = json_object();
    json_t *details = error->details ? json_loads(error->details, 0, NULL) : NULL;
    json_object_set_new(state, "status", answer_text(execution_status_text(error->status)));
    json_object_set_new(state, "versionNumber", json_integer(error->version));
    if (details) {
        json_object_set_new(state, "statusDetails", details);
    }
    json_object_set_new(body, "executionState", state);
}

bool call_ok(struct call *call, enum core_code code)
{
    const struct core_error *error = &call->error;
    if (code == CORE_OK) {
        return true;
    }
    json_t *body = json_object();
    json_object_set_new(body, "message", answer_text(error->message));
    if (error->code == CORE_ALREADY_EXISTS && error->resource[0]) {
        put_resource(body, error->resource);
    }
    if (error->has_state && call->route && call->route->family == FAMILY_JOBS_DATA) {
        put_state(body, error);
    }
    answer_error(call, name_of(call, code), body);
    return false;
}

void call_fail_storage(struct call *call)
{
    core_error_clear(&call->error);
    answer_clear(&call->answer);
    if (call->s3) {
        s3_fail(call, S3_INTERNAL_ERROR, STORAGE_REFUSED);
        return;
    }
    call_fail_internal(call, STORAGE_REFUSED);
}

bool call_query_text(struct call *call, const char *name, const char **value)
{
    const char *text = request_query(&call->request, name);
    if (text && !*text) {
        call_refuse(call, "query parameter '%s' is empty", name);
        return false;
    }
    *value = text ? text : *value;
    return true;
}

bool call_header(struct call *call, const char *name, const char **value)
{
    *value = request_header(&call->request, name);
    if (!*value) {
        call_refuse(call, "the header %s is missing", name);
    }
    return *value != NULL;
}

bool call_query_bool(struct call *call, const char *name, bool *value)
{
    const char *text = request_query(&call->request, name);
    if (text && strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
        call_refuse(call, "query parameter '%s' must be true or false", name);
        return false;
    }
    *value = text ? strcmp(text, "true") == 0 : *value;
    return true;
}

bool call_query_i64(struct call *call, const char *name, int64_t min, int64_t *value)
{
    const char *text = request_query(&call->request, name);
    if (!text) {
        return true;
    }
    int64_t number;
    if (number_to_i64(slice_from(text), &number) != ERR_OK || number < min) {
        call_refuse(call, "query parameter '%s' must be an integer of at least %lld", name, (long long)min);
        return false;
    }
    *value = number;
    return true;
}

static const json_t *member(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_null(value) ? NULL : value;
}

static bool wrong_type(struct call *call, const char *name, const char *what)
{
    call_refuse(call, "'%s' must be %s", name, what);
    return false;
}

bool call_text(struct call *call, const json_t *object, const char *name, const char **value)
{
    const json_t *found = member(object, name);
    if (found && !json_is_string(found)) {
        return wrong_type(call, name, "a string");
    }
    *value = found ? json_string_value(found) : *value;
    return true;
}

bool call_needed_text(struct call *call, const char *name, const char **value)
{
    *value = NULL;
    if (!call_text(call, call->members, name, value)) {
        return false;
    }
    if (!*value) {
        call_refuse(call, "'%s' is missing", name);
    }
    return *value != NULL;
}

bool call_bool(struct call *call, const json_t *object, const char *name, bool *value)
{
    const json_t *found = member(object, name);
    const char *word = json_string_value(found); /* some SDKs send "true" */
    bool is_word = word && (strcmp(word, "true") == 0 || strcmp(word, "false") == 0);
    if (found && !json_is_boolean(found) && !is_word) {
        return wrong_type(call, name, "true or false");
    }
    if (found) {
        *value = is_word ? strcmp(word, "true") == 0 : json_is_true(found);
    }
    return true;
}

bool call_i64(struct call *call, const json_t *object, const char *name, int64_t min, int64_t *value,
              bool *is_given)
{
    const json_t *found = member(object, name);
    if (!found) {
        return true;
    }
    int64_t number = json_integer_value(found);
    bool is_number =
        json_is_integer(found) ||
        (json_is_string(found) && number_to_i64(slice_from(json_string_value(found)), &number) == ERR_OK);
    if (!is_number || number < min) {
        call_refuse(call, "'%s' must be an integer of at least %lld", name, (long long)min);
        return false;
    }
    *value = number;
    if (is_given) {
        *is_given = true;
    }
    return true;
}

bool call_known_members(struct call *call, const json_t *object, const char *name, const char *known)
{
    void *at = json_object_iter((json_t *)(uintptr_t)object);
    for (; at; at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
        if (!text_has_word(known, json_object_iter_key(at))) {
            call_refuse(call, "unknown member '%s' in '%s'", json_object_iter_key(at), name);
            return false;
        }
    }
    return true;
}

bool call_object(struct call *call, const json_t *object, const char *name, const char *known,
                 const json_t **value)
{
    const json_t *found = member(object, name);
    if (found && !json_is_object(found)) {
        return wrong_type(call, name, "a JSON object");
    }
    if (known && !call_known_members(call, found, name, known)) {
        return false;
    }
    *value = found ? found : *value;
    return true;
}

bool call_array(struct call *call, const json_t *object, const char *name, const json_t **value)
{
    const json_t *found = member(object, name);
    if (found && !json_is_array(found)) {
        return wrong_type(call, name, "a JSON array");
    }
    *value = found ? found : *value;
    return true;
}

bool call_is_nothing(const json_t *value)
{
    return !value || json_is_null(value) || (json_is_object(value) && json_object_size(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

bool call_unmodelled(struct call *call, const json_t *object, const char *name)
{
    if (!call_is_nothing(json_object_get(object, name))) {
        call_refuse(call, "iot-local does not model '%s' of %s", name, call->route->operation);
        return false;
    }
    return true;
}

bool call_object_text(struct call *call, const json_t *object, const char *name, char **value)
{
    const json_t *found = NULL;
    if (!call_object(call, object, name, NULL, &found)) {
        return false;
    }
    *value = found ? json_dumps(found, JSON_COMPACT) : NULL;
    return true;
}
