/* SPDX-License-Identifier: MIT */
#include "cloud/http/route.h"

#include "cloud/base/text.h"
#include "common/slice.h"

#include <string.h>

bool route_serves(enum api_family family, const char *service)
{
    switch (family) {
    case FAMILY_REGISTRY:
    case FAMILY_JOBS:
        return strcmp(service, "iot") == 0 || strcmp(service, "execute-api") == 0;
    case FAMILY_JOBS_DATA:
        return strcmp(service, "iot-jobs-data") == 0;
    case FAMILY_IOT_DATA:
        return strcmp(service, "iotdata") == 0 || strcmp(service, "iotdevicegateway") == 0;
    default:
        return false;
    }
}

const struct route *route_at(size_t i)
{
    static const struct route_table *const tables[] = {&routes_jobs,         &routes_things, &routes_security,
                                                       &routes_provisioning, &routes_data,   &routes_refused};
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        if (i < tables[t]->count) {
            return &tables[t]->rows[i];
        }
        i -= tables[t]->count;
    }
    return NULL;
}

/* How a request was understood. */
struct route_match {
    const struct route *route;
    const char *labels[CALL_LABELS_MAX]; /* what stands at the {names} */
    size_t label_count;
};

/* Compares a pattern with the decoded segments. A label {name+} stands for one segment and all behind it; whoever needs
 * the text of all takes it from the path. */
static bool path_matches(const char *pattern, const struct request *request, struct route_match *match)
{
    struct slice rest = slice_from(pattern + 1);
    size_t at = 0;
    while (rest.ptr) {
        struct slice level = slice_cut(&rest, '/');
        if (at >= request->segment_count || at >= REQUEST_SEGMENTS_MAX) {
            return false;
        }
        const char *segment = request->segments[at++];
        if (slice_starts_with(level, "{")) {
            if (!*segment || match->label_count >= CALL_LABELS_MAX) {
                return false;
            }
            match->labels[match->label_count++] = segment;
            if (level.ptr[level.len - 2] == '+') {
                return true;
            }
        } else if (!slice_is(level, segment)) {
            return false;
        }
    }
    return at == request->segment_count;
}

static bool is_served(enum api_family family, const char *service, bool is_local)
{
    if (family == FAMILY_LOCAL) {
        return is_local;
    }
    return family == FAMILY_OPEN || !service || route_serves(family, service);
}

/* Of the routes that match the one that says most: "/jobs/$next" before "/jobs/{jobId}". service NULL: of any service. */
static struct route_match find(const struct request *request, const char *service, bool is_local)
{
    struct route_match best = {.route = NULL};
    const struct route *route;
    for (size_t i = 0; (route = route_at(i)) != NULL; i++) {
        bool is_asked = is_served(route->family, service, is_local);
        struct route_match match = {.route = route};
        if (is_asked && request_is(request, route->method) && path_matches(route->path, request, &match) &&
            (!best.route || match.label_count < best.label_count)) {
            best = match;
        }
    }
    return best;
}

static void fail_unknown(struct call *call, const char *service)
{
    const struct request *request = &call->request;
    const struct route *other = find(request, NULL, false).route;
    if (other) {
        call_fail(call, API_UNKNOWN_OPERATION, "%s %s is %s, but the request is signed for the service '%s'",
                  request->method, request->path, other->operation, service);
    } else {
        call_fail(call, API_UNKNOWN_OPERATION,
                  "%s %s is no operation that iot-local knows in the service '%s'", request->method,
                  request->path, service);
    }
}

void route_find(struct call *call, const char *service)
{
    struct route_match match = find(&call->request, service, call->source == FROM_UNIX_SOCKET);
    if (!match.route) {
        fail_unknown(call, service);
        return;
    }
    call->route = match.route;
    memcpy(call->labels, match.labels, sizeof call->labels);
    if (!match.route->handler) {
        call_fail(call, API_NOT_MODELLED, "iot-local does not model %s", match.route->operation);
    }
}

bool route_is_open(const struct request *request)
{
    const struct route *route = find(request, NULL, false).route;
    return route && route->family == FAMILY_OPEN;
}

bool route_is_api_path(const struct request *request)
{
    return find(request, NULL, false).route != NULL;
}

static bool is_known(struct call *call, const char *what, const char *known, const char *name, bool is_empty)
{
    if (known && text_has_word(known, name)) {
        return true;
    }
    const char *operation = call->route->operation;
    if (call->route->unmodelled && text_has_word(call->route->unmodelled, name)) {
        if (is_empty) {
            return true; /* {} or []: asks for nothing */
        }
        call_refuse(call, "iot-local does not model %s '%s' of %s", what, name, operation);
    } else {
        call_refuse(call, "%s has no %s '%s'", operation, what, name);
    }
    return false;
}

bool route_check_names(struct call *call)
{
    const struct request *request = &call->request;
    for (size_t i = 0; i < request->query_count; i++) {
        const char *name = request->query[i].name;
        if (request_query(request, name) != request->query[i].value) {
            call_refuse(call, "query parameter '%s' is given twice", name);
            return false;
        }
        if (strncmp(name, "X-Amz-", 6) != 0 &&
            !is_known(call, "query parameter", call->route->query, name, false)) {
            return false;
        }
    }
    const char *name;
    json_t *value;
    json_object_foreach(call->members, name, value)
    {
        if (!is_known(call, "member", call->route->members, name, call_is_nothing(value))) {
            return false;
        }
    }
    return true;
}
