/* SPDX-License-Identifier: MIT */
#include "cloud/http/dispatch.h"

#include "cloud/http/origin.h"
#include "cloud/http/route.h"
#include "cloud/http/s3/s3.h"
#include "cloud/http/sigv4.h"

#include <stdlib.h>
#include <string.h>

/* The command line has no signature that would name the service. */
#define SERVICE_HEADER "x-iot-local-service"

static bool check_browser(struct call *call)
{
    const struct origin_names names = {call->service->listen, call->service->endpoint,
                                       call->service->http_port};
    const char *host = request_header(&call->request, "Host");
    const char *origin = request_header(&call->request, "Origin");
    if (!host || !origin_host_is_ours(&names, host)) {
        call_fail(
            call, API_ACCESS_DENIED,
            "the Host '%s' is not iot-local: use http://127.0.0.1:%u (protection against DNS rebinding)",
            host ? host : "", call->service->http_port);
        return false;
    }
    if (origin && !origin_is_ours(&names, origin)) {
        call_fail(call, API_ACCESS_DENIED, "a web page of '%s' may not call iot-local", origin);
        return false;
    }
    return true;
}

/* What a browser checks: an uploaded document opens by its plain link, on this machine. */
static bool is_plain_link(const struct call *call)
{
    const struct request *request = &call->request;
    return call->source == FROM_LOOPBACK && request->segment_count >= 2 && *request->segments[1] &&
           (request_is(request, "GET") || request_is(request, "HEAD"));
}

static bool find_service(struct call *call, struct signature *signature)
{
    if (call->source == FROM_UNIX_SOCKET) {
        const char *service = request_header(&call->request, SERVICE_HEADER);
        service = service ? service : "iot";
        if (strlen(service) >= sizeof signature->service) {
            call_refuse(call, "no such service");
            return false;
        }
        memcpy(signature->service, service, strlen(service) + 1);
        return true;
    }
    signature_read(&call->request, core_now_ms(call->service->core) / 1000, signature);
    switch (signature->state) {
    case SIGNATURE_GOOD:
        return true;
    case SIGNATURE_INCOMPLETE:
        call_fail(call, API_INCOMPLETE_SIGNATURE, "%s", signature->why);
        return false;
    case SIGNATURE_EXPIRED:
        s3_fail(call, S3_ACCESS_DENIED, "%s", signature->why);
        return false;
    default:
        break;
    }
    if (!is_plain_link(call)) {
        call_fail(
            call, API_MISSING_TOKEN,
            "the request has no AWS signature: any credentials will do, for example AWS_ACCESS_KEY_ID=test "
            "AWS_SECRET_ACCESS_KEY=test");
        return false;
    }
    call->is_plain_link = true;
    memcpy(signature->service, "s3", sizeof "s3");
    return true;
}

void dispatch_open(struct call *call, const char *method, const char *target)
{
    struct signature signature = {0};
    call->body_max = DISPATCH_BODY_MAX;
    if (request_parse(&call->request, method, target) != ERR_OK) {
        call_refuse(call, "the request target is not a path in valid percent-encoded UTF-8");
        return;
    }
    if (call->source != FROM_UNIX_SOCKET && !check_browser(call)) {
        return;
    }
    if (!find_service(call, &signature)) {
        return;
    }
    if (strcmp(signature.service, "s3") == 0) {
        s3_find(call);
    } else {
        route_find(call, signature.service);
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

void dispatch_check(struct call *call)
{
    if (call_is_answered(call) || call->s3) {
        return;
    }
    if (call->route->family != FAMILY_JOBS_DATA ||
        call_ok(call, core_admit(call->service->core, &call->error))) {
        (void)(read_members(call) && route_check_names(call));
    }
}

static call_fn work_of(const struct call *call)
{
    return call->s3 ? call->s3->work : call->route->work;
}

bool dispatch_has_work(const struct call *call)
{
    return !call_is_answered(call) && work_of(call);
}

void dispatch_work(struct call *call)
{
    work_of(call)(call);
}

bool dispatch_writes(const struct call *call)
{
    return !request_is(&call->request, "GET") && !request_is(&call->request, "HEAD");
}

void dispatch_serve(struct call *call)
{
    if (call->s3) {
        s3_run(call);
    } else {
        call->route->handler(call);
    }
}

void dispatch_run(struct call *call)
{
    dispatch_check(call);
    if (dispatch_has_work(call)) {
        dispatch_work(call);
    }
    if (!call_is_answered(call)) {
        run_in_batch(call, dispatch_serve);
    }
}

void dispatch_too_large(struct call *call)
{
    if (call->s3) {
        s3_fail(call, S3_ENTITY_TOO_LARGE, "iot-local stores objects of up to %zu bytes", call->body_max);
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
