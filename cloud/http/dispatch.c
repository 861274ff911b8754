/* SPDX-License-Identifier: MIT */
#include "cloud/http/dispatch.h"

#include "cloud/http/caller.h"
#include "cloud/http/route.h"
#include "cloud/http/s3/s3.h"

#include <stdlib.h>
#include <string.h>

void dispatch_open(struct call *call, const char *method, const char *target)
{
    call->body_max = DISPATCH_BODY_MAX;
    if (request_parse(&call->request, method, target) != ERR_OK) {
        static const char why[] = "the request target is not a path in valid percent-encoded UTF-8";
        if (call->service->only_objects) {
            s3_fail(call, S3_INVALID_REQUEST, "%s", why);
        } else {
            call_refuse(call, "%s", why);
        }
        return;
    }
    if (!caller_check(call)) {
        return;
    }
    if (strcmp(call->signature.service, "s3") == 0) {
        s3_find(call);
    } else if (call->service->only_objects) {
        s3_fail(call, S3_ACCESS_DENIED, "this port serves objects by links that are signed for s3");
    } else {
        route_find(call, call->signature.service);
    }
}

static bool read_members(struct call *call)
{
    json_error_t error;
    const struct request *request = &call->request;
    if (request->body_len == 0) {
        return true;
    }
    call->members = json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, &error);
    if (!call->members) {
        call_refuse(call, "the body is not valid JSON: %s (line %d, column %d)", error.text, error.line,
                    error.column);
        return false;
    }
    if (!json_is_object(call->members)) {
        call_refuse(call, "the body must be a JSON object");
        return false;
    }
    return true;
}

static void run_in_batch(struct call *call, call_fn handler)
{
    if (!core_begin(call->service->core)) {
        call_fail_storage(call);
        return;
    }
    handler(call);
    if (!core_commit(call->service->core)) {
        call_fail_storage(call);
    }
}

static call_fn work_of(const struct call *call)
{
    return call->s3 ? call->s3->work : call->route->work;
}

void dispatch_check(struct call *call)
{
    bool checks_later = call->s3 && work_of(call); /* an object may be large: its digest is work */
    if (call_is_answered(call) || (!checks_later && !caller_check_body(call)) || call->s3) {
        return;
    }
    if (call->route->family != FAMILY_JOBS_DATA ||
        call_ok(call, core_admit(call->service->core, &call->error))) {
        (void)((call->route->takes_bytes || read_members(call)) && route_check_names(call));
    }
}

bool dispatch_has_preparation(const struct call *call)
{
    return !call_is_answered(call) && call->s3 && call->s3->prepare;
}

void dispatch_prepare(struct call *call)
{
    call->s3->prepare(call);
}

bool dispatch_has_work(const struct call *call)
{
    return !call_is_answered(call) && work_of(call);
}

void dispatch_work(struct call *call)
{
    if (!call->s3 || caller_check_body(call)) {
        work_of(call)(call);
    }
}

bool dispatch_writes(const struct call *call)
{
    return !request_is(&call->request, "GET") && !request_is(&call->request, "HEAD") &&
           !(call->route && call->route->only_reads);
}

void dispatch_serve(struct call *call)
{
    if (call->s3) {
        s3_run(call);
    } else {
        call->route->handler(call);
    }
}

/* A retained message is in the database, as one that the broker has not saved: the broker gets it when it is back. */
void dispatch_kept(struct call *call)
{
    const struct message *message = &call->message;
    const struct http_service *service = call->service;
    if (message->topic && service->publish && !service->publish(service->daemon, message) &&
        !message->is_retained) {
        answer_clear(&call->answer);
        call_fail_internal(call, "the broker is not there now: try again");
    }
}

void dispatch_run(struct call *call)
{
    dispatch_check(call);
    if (dispatch_has_preparation(call)) {
        run_in_batch(call, dispatch_prepare);
    }
    if (dispatch_has_work(call)) {
        dispatch_work(call);
    }
    if (!call_is_answered(call)) {
        run_in_batch(call, dispatch_serve);
        dispatch_kept(call);
    }
}

static void read_once(struct call *call)
{
    if (!core_begin_read(call->service->core)) {
        call_fail_storage(call);
        return;
    }
    dispatch_serve(call);
    if (!core_commit(call->service->core)) {
        call_fail_storage(call);
    }
}

/* The object may be replaced between its row and its file, because others write meanwhile: then the row has become another one. */
void dispatch_read(struct call *call)
{
    dispatch_check(call);
    if (call_is_answered(call)) {
        return;
    }
    read_once(call);
    if (call->answer.status == 500) {
        answer_clear(&call->answer);
        call->s3_error = NULL;
        read_once(call);
    }
}

void dispatch_too_large(struct call *call)
{
    if (call->s3) {
        s3_fail_too_large(call);
    } else {
        call_fail(call, API_TOO_LARGE, "the body is larger than %zu bytes", call->body_max);
    }
}

void dispatch_overloaded(struct call *call)
{
    if (call->s3) {
        s3_fail(call, S3_SLOW_DOWN, "too many uploads at once, try again");
    } else {
        call_fail(call, API_OVERLOADED, "too many uploads at once, try again");
    }
}

void dispatch_clear(struct call *call)
{
    request_clear(&call->request);
    answer_clear(&call->answer);
    core_error_clear(&call->error);
    json_decref(call->members);
    free(call->s3_key);
    if (call->made) {
        call->free_made(call->made);
    }
    *call = (struct call){0};
}
