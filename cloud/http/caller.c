/* SPDX-License-Identifier: MIT */
#include "cloud/http/caller.h"

#include "cloud/http/origin.h"
#include "cloud/http/route.h"
#include "cloud/http/s3/s3.h"
#include "cloud/http/sigv4_verify.h"

#include <stdio.h>
#include <string.h>

/* The command line has no signature that would name the service. */
#define SERVICE_HEADER "x-iot-local-service"

static bool is_our_host(struct call *call, const struct origin_names *names, const char *host)
{
    if (!host || origin_host_is_ours(names, host)) {
        return host;
    }
    call->is_s3_host = origin_host_is_bucket(host, call->host_bucket, sizeof call->host_bucket);
    return call->is_s3_host;
}

static bool refuse_host(struct call *call, const char *host)
{
    if (call->service->only_objects) {
        s3_fail(call, S3_ACCESS_DENIED, "the Host '%s' is not iot-local: start it with --name",
                host ? host : "");
        return false;
    }
    call_fail(call, API_ACCESS_DENIED,
              "the Host '%s' is not iot-local: use http://127.0.0.1:%u, or start it with --name "
              "(protection against DNS rebinding)",
              host ? host : "", call->service->http_port);
    return false;
}

static bool check_browser(struct call *call)
{
    const struct http_service *service = call->service;
    const struct origin_names names = {service->listen, service->endpoint, service->names,
                                       service->name_count, service->http_port};
    const char *host = request_header(&call->request, "Host");
    const char *origin = request_header(&call->request, "Origin");
    if (!is_our_host(call, &names, host)) {
        return refuse_host(call, host);
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
    bool has_key =
        *call->host_bucket ? request->path[1] : request->segment_count >= 2 && *request->segments[1];
    return call->source == FROM_LOOPBACK && has_key &&
           (request_is(request, "GET") || request_is(request, "HEAD"));
}

/* In the words of the API that was meant. false: the signature is good. */
static bool refuse_signature(struct call *call)
{
    static const struct {
        enum api_code api;
        enum s3_code s3;
    } names[] = {
        [SIGNATURE_INCOMPLETE] = {API_INCOMPLETE_SIGNATURE, S3_INVALID_REQUEST},
        [SIGNATURE_EXPIRED] = {API_INVALID_SIGNATURE, S3_ACCESS_DENIED},
        [SIGNATURE_OLD_VERSION] = {API_INCOMPLETE_SIGNATURE, S3_INVALID_REQUEST},
        [SIGNATURE_UNKNOWN_KEY] = {API_UNKNOWN_CLIENT, S3_INVALID_ACCESS_KEY_ID},
        [SIGNATURE_SKEWED] = {API_INVALID_SIGNATURE, S3_REQUEST_TIME_TOO_SKEWED},
        [SIGNATURE_MISMATCH] = {API_INVALID_SIGNATURE, S3_SIGNATURE_DOES_NOT_MATCH},
        [SIGNATURE_BODY_MISMATCH] = {API_INVALID_SIGNATURE, S3_CONTENT_SHA256_MISMATCH},
    };
    const struct signature *signature = &call->signature;
    if (signature->state == SIGNATURE_GOOD) {
        return false;
    }
    if (call->service->only_objects || strcmp(signature->service, "s3") == 0) {
        s3_fail(call, names[signature->state].s3, "%s", signature->why);
    } else {
        call_fail(call, names[signature->state].api, "%s", signature->why);
    }
    return true;
}

static bool check_command_line(struct call *call)
{
    const char *service = request_header(&call->request, SERVICE_HEADER);
    service = service ? service : "iot";
    if (strlen(service) >= sizeof call->signature.service) {
        call_refuse(call, "no such service");
        return false;
    }
    memcpy(call->signature.service, service, strlen(service) + 1);
    return true;
}

static bool check_unsigned(struct call *call)
{
    if (call->service->only_objects) {
        s3_fail(call, S3_ACCESS_DENIED, "Access Denied");
        return false;
    }
    if (route_is_open(&call->request)) {
        return true;
    }
    if (is_plain_link(call)) {
        call->is_plain_link = true;
        memcpy(call->signature.service, "s3", sizeof "s3");
        return true;
    }
    call_fail(call, API_MISSING_TOKEN,
              call->service->credentials
                  ? "the request has no AWS signature"
                  : "the request has no AWS signature: any credentials will do, for example "
                    "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test");
    return false;
}

/* Has the form of the links that the service signs. */
static bool reads_an_object(const struct call *call)
{
    const struct signature *signature = &call->signature;
    return signature->is_presigned && strcmp(signature->service, "s3") == 0 &&
           (request_is(&call->request, "GET") || request_is(&call->request, "HEAD"));
}

static bool names_own_key(const struct call *call)
{
    const struct credentials *keys = call->service->link_keys;
    return keys && credentials_secret(keys, call->signature.key_id);
}

/* The keys that the signature must be one of; NULL: any will do. A link that the service has signed is always looked at. */
static const struct credentials *keys_of(const struct call *call)
{
    return names_own_key(call) ? call->service->link_keys : call->service->credentials;
}

/* The key of links is good for nothing else: whoever gets hold of it may read, not give orders. */
static void check_own_key(struct call *call)
{
    struct signature *signature = &call->signature;
    if (signature->state == SIGNATURE_GOOD && names_own_key(call) && !reads_an_object(call)) {
        signature->state = SIGNATURE_UNKNOWN_KEY;
        snprintf(signature->why, sizeof signature->why,
                 "the key of this access key id signs links to objects and nothing else");
    }
}

bool caller_check(struct call *call)
{
    if (call->source == FROM_UNIX_SOCKET) {
        return check_command_line(call);
    }
    if (!check_browser(call)) {
        return false;
    }
    int64_t now_s = call_machine_ms(call) / 1000;
    signature_read(&call->request, now_s, &call->signature);
    if (call->signature.state == SIGNATURE_NONE) {
        return check_unsigned(call);
    }
    check_own_key(call);
    const struct credentials *keys = keys_of(call);
    if (call->signature.state == SIGNATURE_GOOD && keys) {
        signature_verify(&call->request, keys, now_s, &call->signature);
    }
    if (refuse_signature(call)) {
        return false;
    }
    return !call->is_s3_host || strcmp(call->signature.service, "s3") == 0 ||
           refuse_host(call, request_header(&call->request, "Host"));
}

bool caller_check_body(struct call *call)
{
    const struct credentials *keys = keys_of(call);
    if (call->source == FROM_UNIX_SOCKET || call->is_plain_link || !keys) {
        return true;
    }
    signature_verify_body(&call->request, keys, &call->signature);
    return !refuse_signature(call);
}
