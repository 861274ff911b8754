/* SPDX-License-Identifier: MIT */
#include "cloud/http/exchange.h"

#include "cloud/base/log.h"
#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/base/uuid.h"
#include "cloud/http/dispatch.h"
#include "cloud/http/s3/s3.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define UPLOADS_MAX (256UL * 1024 * 1024)               /* bytes held for all bodies together */
#define DISCARD_MAX (S3_OBJECT_MAX + S3_OBJECT_MAX / 4) /* of a refused body, before we hang up */
#define BODY_FIRST  4096

struct exchange {
    struct exchange_server *server;
    struct MHD_Connection *connection;
    struct call call;
    char *target;
    size_t body_cap;
    size_t discarded;
    bool is_open;
    int64_t began_ms;
    struct worker_job job;       /* while something is made for the call */
    struct turn_request request; /* while the call waits for its turn */
};

void *exchange_json_alloc(size_t size)
{
    return memory_resize(NULL, size ? size : 1);
}

void *exchange_on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct exchange *exchange = memory_zeroed(sizeof *exchange);
    exchange->server = cls;
    exchange->connection = connection;
    exchange->target = text_copy(target);
    return exchange;
}

void exchange_on_completed(void *cls, struct MHD_Connection *connection, void **state,
                           enum MHD_RequestTerminationCode why)
{
    (void)cls;
    (void)why;
    struct exchange *exchange = *state;
    if (!exchange) {
        return;
    }
    crowd_ends_service(&exchange->server->crowd, connection);
    *exchange->server->upload_bytes -= exchange->body_cap;
    dispatch_clear(&exchange->call);
    free(exchange->target);
    free(exchange);
    *state = NULL;
}

static const char *get_header(void *ctx, const char *name)
{
    return MHD_lookup_connection_value(ctx, MHD_HEADER_KIND, name);
}

struct prefix_search {
    const char *prefix;
    const char *found;
};

static enum MHD_Result match_prefix(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct prefix_search *search = ctx;
    (void)kind;
    (void)value;
    if (strncasecmp(name, search->prefix, strlen(search->prefix)) != 0) {
        return MHD_YES;
    }
    search->found = name;
    return MHD_NO;
}

static const char *find_header_prefix(void *ctx, const char *prefix)
{
    struct prefix_search search = {prefix, NULL};
    MHD_get_connection_values(ctx, MHD_HEADER_KIND, match_prefix, &search);
    return search.found;
}

struct header_visit {
    request_header_fn fn;
    void *arg;
};

static enum MHD_Result visit_header(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
    const struct header_visit *visit = ctx;
    (void)kind;
    visit->fn(visit->arg, name, value ? value : "");
    return MHD_YES;
}

static void each_header(void *ctx, request_header_fn fn, void *arg)
{
    struct header_visit visit = {fn, arg};
    MHD_get_connection_values(ctx, MHD_HEADER_KIND, visit_header, &visit);
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address && address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
        return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    if (address && address->sa_family == AF_INET6) {
        const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        return IN6_IS_ADDR_LOOPBACK(v6) || (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == IN_LOOPBACKNET);
    }
    return false;
}

static enum call_source find_source(const struct exchange *exchange)
{
    if (exchange->server->is_unix_socket) {
        return FROM_UNIX_SOCKET;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info && is_loopback(info->client_addr) ? FROM_LOOPBACK : FROM_NETWORK;
}

static ssize_t send_nothing(void *cls, uint64_t at, char *buffer, size_t cap)
{
    (void)cls, (void)at, (void)buffer, (void)cap;
    return MHD_CONTENT_READER_END_WITH_ERROR; /* never asked: HEAD has no body */
}

static struct MHD_Response *make_response(struct answer *answer)
{
    if (answer->has_file) {
        struct MHD_Response *file =
            MHD_create_response_from_fd_at_offset64(answer->body_len, answer->fd, answer->file_at);
        answer->has_file = !file; /* the response closes it */
        return file;
    }
    if (!answer->body && answer->body_len > 0) {
        return MHD_create_response_from_callback(answer->body_len, 1024, send_nothing, NULL, NULL);
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(answer->body_len, answer->body, MHD_RESPMEM_MUST_FREE);
    if (response) {
        answer->body = NULL;
    }
    return response;
}

static const char *operation_of(const struct call *call)
{
    return call->s3 ? call->s3->name : call->route ? call->route->operation : "no operation";
}

static const char *header_of(const struct answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        if (strcmp(answer->headers[i].name, name) == 0) {
            return answer->headers[i].value;
        }
    }
    return "";
}

/* Our own failures are told also without --verbose. Whoever asks how we are expects to hear that the broker is down. */
static enum log_level level_of(const struct call *call)
{
    bool is_health = call->route && call->route->family == FAMILY_OPEN;
    bool is_failure = call->answer.status >= 500 && call->answer.status != 501;
    return is_failure && !is_health ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG;
}

/* --verbose wants a line for each request; else a client that asks again and again does not fill the disk. */
static bool may_log(struct exchange_server *server, enum log_level level, int64_t now_ms)
{
    unsigned left_out = 0;
    if (!log_wants(level) || log_wants(LOG_LEVEL_DEBUG)) {
        return log_wants(level);
    }
    bool is_allowed = log_rate_allows(&server->rate, now_ms, &left_out);
    if (left_out > 0) {
        log_line(level, "%u more failed requests in the second before", left_out);
    }
    return is_allowed;
}

static void log_answer(struct exchange *exchange, const char *request_id)
{
    const struct call *call = &exchange->call;
    unsigned status = call->answer.status;
    enum log_level level = level_of(call);
    int64_t now_ms = clock_monotonic_ms(exchange->server->crowd.clock);
    if (!may_log(exchange->server, level, now_ms)) {
        return;
    }
    int64_t took_ms = now_ms - exchange->began_ms;
    const char *error = call->s3_error ? call->s3_error : header_of(&call->answer, "x-amzn-ErrorType");
    const struct log_field fields[] = {
        {"method", call->request.method, 0},
        {"path", call->request.path, 0},
        {"operation", operation_of(call), 0},
        {"status", NULL, status},
        {"error", error, 0},
        {"milliseconds", NULL, took_ms},
        {"requestId", request_id, 0},
    };
    log_event(level, fields, sizeof fields / sizeof fields[0], "%s %s (%s): %u%s%s, %lld ms",
              call->request.method, call->request.path, operation_of(call), status, *error ? " " : "", error,
              (long long)took_ms);
}

static enum MHD_Result send_answer(struct exchange *exchange)
{
    struct answer *answer = &exchange->call.answer;
    char request_id[UUID_CAP];
    uuid_make(request_id);
    log_answer(exchange, request_id);
    bool is_s3 = exchange->call.s3 || exchange->call.service->only_objects;
    answer_header(answer, is_s3 ? "x-amz-request-id" : "x-amzn-RequestId", request_id);
    struct MHD_Response *response = make_response(answer);
    if (!response) {
        return MHD_NO;
    }
    for (size_t i = 0; i < answer->header_count; i++) {
        MHD_add_response_header(response, answer->headers[i].name, answer->headers[i].value);
    }
    enum MHD_Result result = MHD_queue_response(exchange->connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static bool announces_too_much(const struct exchange *exchange)
{
    const char *length = get_header(exchange->connection, "Content-Length");
    return length && strtoull(length, NULL, 10) > exchange->call.body_max;
}

static enum MHD_Result open_exchange(struct exchange *exchange, const char *method)
{
    struct call *call = &exchange->call;
    exchange->is_open = true;
    exchange->began_ms = clock_monotonic_ms(exchange->server->crowd.clock);
    call->service = exchange->server->service;
    call->source = find_source(exchange);
    call->request.headers =
        (struct request_headers){get_header, find_header_prefix, each_header, exchange->connection};
    dispatch_open(call, method, exchange->target);
    if (!call_is_answered(call) && announces_too_much(exchange)) {
        dispatch_too_large(call);
    }
    /* Whoever waits for "100 Continue" gets the refusal instead of it; others send their body first, and it is
     * discarded, because closing on them would lose the answer. */
    if (call_is_answered(call) && get_header(exchange->connection, "Expect")) {
        return send_answer(exchange);
    }
    return MHD_YES;
}

/* Room for `more` bytes and a NUL; false: too many uploads. */
static bool reserve(struct exchange *exchange, size_t more)
{
    struct request *request = &exchange->call.request;
    size_t need = request->body_len + more + 1;
    size_t cap = exchange->body_cap ? exchange->body_cap : BODY_FIRST;
    while (cap < need) {
        cap *= 2;
    }
    size_t growth = cap - exchange->body_cap;
    if (growth > 0) {
        if (*exchange->server->upload_bytes + growth > UPLOADS_MAX) {
            return false;
        }
        request->body = memory_resize(request->body, cap);
        exchange->body_cap = cap;
        *exchange->server->upload_bytes += growth;
    }
    return true;
}

static enum MHD_Result take_body(struct exchange *exchange, const char *data, size_t len)
{
    struct call *call = &exchange->call;
    struct request *request = &call->request;
    if (!call_is_answered(call) && request->body_len + len > call->body_max) {
        dispatch_too_large(call);
    } else if (!call_is_answered(call) && !reserve(exchange, len)) {
        dispatch_overloaded(call);
    }
    if (call_is_answered(call)) {
        exchange->discarded += len;
        return exchange->discarded > DISCARD_MAX ? MHD_NO : MHD_YES;
    }
    memcpy(request->body + request->body_len, data, len);
    request->body_len += len;
    request->body[request->body_len] = '\0';
    return MHD_YES;
}

/* --- Waiting: libmicrohttpd leaves the connection alone, until the call is answered --- */

static struct exchange *exchange_of_job(struct worker_job *job)
{
    return (struct exchange *)((char *)job - offsetof(struct exchange, job));
}

static struct exchange *exchange_of_request(struct turn_request *request)
{
    return (struct exchange *)((char *)request - offsetof(struct exchange, request));
}

static void work(struct worker_job *job)
{
    dispatch_work(&exchange_of_job(job)->call);
}

static void wait_for_turn(struct exchange *exchange)
{
    turn_add(exchange->server->turn, &exchange->request);
}

static void resume(struct exchange *exchange)
{
    exchange->server->has_answers = true;
    MHD_resume_connection(exchange->connection);
}

static void work_is_done(struct worker_job *job)
{
    struct exchange *exchange = exchange_of_job(job);
    if (call_is_answered(&exchange->call)) {
        resume(exchange);
    } else {
        wait_for_turn(exchange);
    }
}

static void prepare(struct turn_request *request)
{
    dispatch_prepare(&exchange_of_request(request)->call);
}

static void serve(struct turn_request *request)
{
    dispatch_serve(&exchange_of_request(request)->call);
}

static void turn_is_over(struct turn_request *request, bool is_kept)
{
    struct exchange *exchange = exchange_of_request(request);
    if (is_kept) {
        dispatch_kept(&exchange->call);
    } else {
        call_fail_storage(&exchange->call);
    }
    resume(exchange);
}

static void wait_for_work(struct exchange *exchange)
{
    exchange->job = (struct worker_job){.work = work, .done = work_is_done};
    exchange->request = (struct turn_request){
        .writes = dispatch_writes(&exchange->call), .serve = serve, .done = turn_is_over};
    if (dispatch_has_work(&exchange->call)) {
        worker_add(exchange->server->worker, &exchange->job);
    } else {
        wait_for_turn(exchange);
    }
}

static void preparation_is_over(struct turn_request *request, bool is_kept)
{
    struct exchange *exchange = exchange_of_request(request);
    if (is_kept && !call_is_answered(&exchange->call)) {
        wait_for_work(exchange);
    } else {
        turn_is_over(request, is_kept);
    }
}

static enum MHD_Result wait_for_answer(struct exchange *exchange)
{
    MHD_suspend_connection(exchange->connection);
    if (dispatch_has_preparation(&exchange->call)) {
        exchange->request = (struct turn_request){.serve = prepare, .done = preparation_is_over};
        wait_for_turn(exchange);
    } else {
        wait_for_work(exchange);
    }
    return MHD_YES;
}

enum MHD_Result exchange_on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                    const char *method, const char *version, const char *data,
                                    size_t *data_len, void **state)
{
    struct exchange *exchange = *state;
    (void)cls, (void)url, (void)version;
    if (!exchange->is_open) {
        return open_exchange(exchange, method);
    }
    if (*data_len > 0) {
        size_t len = *data_len;
        *data_len = 0;
        return take_body(exchange, data, len);
    }
    crowd_begins_service(connection);
    if (!exchange->server->turn) {
        dispatch_read(&exchange->call);
        return send_answer(exchange);
    }
    if (!call_is_answered(&exchange->call)) {
        dispatch_check(&exchange->call);
    }
    if (call_is_answered(&exchange->call)) {
        return send_answer(exchange);
    }
    return exchange->server->is_closing ? MHD_NO : wait_for_answer(exchange);
}
