/* SPDX-License-Identifier: MIT */
/* every operation of AWS that we know of is done or named; the published table and the program agree. */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/http/route.h"
#include "fakes/http_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *service_of(enum api_family family)
{
    return family == FAMILY_JOBS_DATA ? "iot-jobs-data" : family == FAMILY_IOT_DATA ? "iotdata" : "iot";
}

/* "/things/{thingName}" with a name in place of each label. */
static void fill_path(const char *pattern, char *out, size_t cap)
{
    size_t used = 0;
    while (*pattern) {
        assert_true(used + 4 < cap);
        if (*pattern == '{') {
            out[used++] = 'x';
            pattern = strchr(pattern, '}') + 1;
        } else {
            out[used++] = *pattern++;
        }
    }
    out[used] = '\0';
}

static void every_route_is_reached_by_its_own_request(void **state)
{
    struct http_fixture *fx = *state;
    char path[256];
    const struct route *route;
    for (size_t i = 0; (route = route_at(i)) != NULL; i++) {
        fill_path(route->path, path, sizeof path);
        fx->source = route->family == FAMILY_LOCAL ? FROM_UNIX_SOCKET : FROM_LOOPBACK;
        http_ask(fx, service_of(route->family), route->method, path, NULL);
        if (fx->call.route != route) {
            fail_msg("%s %s went to %s", route->method, path,
                     fx->call.route ? fx->call.route->operation : "nothing");
        }
    }
}

static void what_is_not_modelled_says_its_name(void **state)
{
    struct http_fixture *fx = *state;
    char path[256], message[128];
    size_t count = 0;
    const struct route *route;
    for (size_t i = 0; (route = route_at(i)) != NULL; i++) {
        if (!route->handler) {
            fill_path(route->path, path, sizeof path);
            int status = http_ask(fx, service_of(route->family), route->method, path, "{\"any\":1}");
            snprintf(message, sizeof message, "iot-local does not model %s", route->operation);
            http_expect_error(fx, status, 501, "NotImplementedException", message);
            count++;
        }
    }
    assert_true(count > 50);
}

static void the_signature_tells_the_planes_apart(void **state)
{
    struct http_fixture *fx = *state;
    static const struct {
        const char *service, *method, *path, *operation;
    } cases[] = {
        {"iot", "GET", "/things/t/jobs", "ListJobExecutionsForThing"},
        {"execute-api", "GET", "/things/t/jobs", "ListJobExecutionsForThing"},
        {"iot-jobs-data", "GET", "/things/t/jobs", "GetPendingJobExecutions"},
        {"iot", "GET", "/things/t/jobs/j", "DescribeJobExecution"},
        {"iot-jobs-data", "PUT", "/things/t/jobs/%24next", "StartNextPendingJobExecution"},
        {"iot-jobs-data", "PUT", "/things/t/jobs/$next", "StartNextPendingJobExecution"},
        {"iot", "GET", "/things/jobs", "DescribeThing"},
        {"iot", "PUT", "/thing-groups/addThingToThingGroup", "AddThingToThingGroup"},
        {"iot", "GET", "/thing-groups/addThingToThingGroup", "DescribeThingGroup"},
        {"iotdata", "POST", "/topics/a%2Fb", "Publish"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        http_ask(fx, cases[i].service, cases[i].method, cases[i].path, NULL);
        assert_non_null(fx->call.route);
        assert_string_equal(fx->call.route->operation, cases[i].operation);
    }
    http_ask(fx, "iot", "GET", "/things/t/jobs/j", NULL);
    const struct route *control = fx->call.route;
    http_ask(fx, "iot-jobs-data", "GET", "/things/t/jobs/j", NULL);
    assert_ptr_not_equal(fx->call.route, control);
}

static void unknown_routes_name_method_and_path(void **state)
{
    struct http_fixture *fx = *state;
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/no-such/thing", NULL), 404,
                      "UnknownOperationException", "GET /no-such/thing is no operation");
    http_expect_error(fx, http_ask(fx, "iot", "TRACE", "/jobs", NULL), 404, "UnknownOperationException",
                      "TRACE /jobs");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/things/", NULL), 404, "UnknownOperationException",
                      "/things/");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/a/b/c/d/e/f/g/h/i/j", NULL), 404,
                      "UnknownOperationException", "/a/b/c");
    http_expect_error(fx, http_ask(fx, "dynamodb", "GET", "/x", NULL), 404, "UnknownOperationException",
                      "'dynamodb'");
    http_expect_error(fx, http_ask(fx, "iot", "PUT", "/things/t/jobs/$next", NULL), 404,
                      "UnknownOperationException",
                      "StartNextPendingJobExecution, but the request is signed for the service 'iot'");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/iot-local/status", NULL), 404,
                      "UnknownOperationException", "/iot-local/status");
}

static void unknown_names_are_refused(void **state)
{
    struct http_fixture *fx = *state;
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/jobs?colour=red", NULL), 400,
                      "InvalidRequestException", "ListJobs has no query parameter 'colour'");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/jobs?status=QUEUED&status=FAILED", NULL), 400,
                      "InvalidRequestException", "'status' is given twice");
    http_expect_error(fx, http_ask(fx, "iot", "POST", "/things/t", "{\"colour\":1}"), 400,
                      "InvalidRequestException", "CreateThing has no member 'colour'");
    http_expect_error(fx, http_ask(fx, "iot", "PUT", "/jobs/j?force=true", "{}"), 400,
                      "InvalidRequestException", "'force'");
    http_expect_error(fx, http_ask(fx, "iot", "PUT", "/jobs/j/cancel", "{\"force\":true}"), 400,
                      "InvalidRequestException", "CancelJob has no member 'force'");
    http_expect_error(fx, http_ask(fx, "iot", "POST", "/things/t", "{\"attributePayload\":{\"x\":1}}"), 400,
                      "InvalidRequestException", "unknown member 'x' in 'attributePayload'");
}

/* What AWS has and we do not model is refused, unless it asks for nothing. */
static void unmodelled_names_are_named(void **state)
{
    struct http_fixture *fx = *state;
    char body[256], path[256], message[128];
    size_t count = 0;
    const struct route *route;
    for (size_t i = 0; (route = route_at(i)) != NULL; i++) {
        const char *words = route->unmodelled;
        while (words && *words) {
            char word[64];
            size_t len = strcspn(words, " ");
            snprintf(word, sizeof word, "%.*s", (int)len, words);
            words += len + (words[len] == ' ');
            fill_path(route->path, path, sizeof path);
            bool in_body = route->members != NULL;
            snprintf(body, sizeof body, "{\"%s\":\"v\"}", word);
            snprintf(message, sizeof message, "iot-local does not model %s '%s' of %s",
                     in_body ? "member" : "query parameter", word, route->operation);
            if (!in_body) {
                snprintf(path + strlen(path), sizeof path - strlen(path), "?%s=v", word);
            }
            http_expect_error(
                fx, http_ask(fx, service_of(route->family), route->method, path, in_body ? body : NULL), 400,
                "InvalidRequestException", message);
            count++;
        }
    }
    assert_true(count > 10);
    fixture_thing(&fx->base, "t");
    http_expect(
        fx, 200,
        http_ask(fx, "iot", "PUT", "/jobs/j",
                 "{\"targets\":[\"arn:aws:iot:us-east-1:123456789012:thing/t\"],\"document\":\"{}\","
                 "\"abortConfig\":null,\"presignedUrlConfig\":{},\"destinationPackageVersions\":[]}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_route_is_reached_by_its_own_request, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(what_is_not_modelled_says_its_name, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(the_signature_tells_the_planes_apart, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(unknown_routes_name_method_and_path, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(unknown_names_are_refused, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(unmodelled_names_are_named, http_setup, http_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
