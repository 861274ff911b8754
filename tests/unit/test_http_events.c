/* SPDX-License-Identifier: MIT */
/* DescribeEventConfigurations and UpdateEventConfigurations over HTTP (docs/protocol.md 1.12). */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/http_fixture.h"

static const char *const kinds[] = {"CA_CERTIFICATE",
                                    "CERTIFICATE",
                                    "JOB",
                                    "JOB_EXECUTION",
                                    "POLICY",
                                    "THING",
                                    "THING_GROUP",
                                    "THING_GROUP_HIERARCHY",
                                    "THING_GROUP_MEMBERSHIP",
                                    "THING_TYPE",
                                    "THING_TYPE_ASSOCIATION"};

static void describe(struct http_fixture *fx)
{
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/event-configurations", NULL));
}

static int update(struct http_fixture *fx, const char *kinds_json)
{
    char body[300];
    snprintf(body, sizeof body, "{\"eventConfigurations\":%s}", kinds_json);
    return http_ask(fx, "iot", "PATCH", "/event-configurations", body);
}

static bool is_enabled(struct http_fixture *fx, const char *kind)
{
    char name[80];
    snprintf(name, sizeof name, "eventConfigurations.%s.Enabled", kind);
    json_t *value = http_find(fx, name);
    assert_true(json_is_boolean(value));
    return json_is_true(value);
}

static void all_are_off_at_first(void **state)
{
    struct http_fixture *fx = *state;
    describe(fx);
    assert_int_equal(json_object_size(http_find(fx, "eventConfigurations")), 11);
    for (size_t i = 0; i < 11; i++) {
        assert_false(is_enabled(fx, kinds[i]));
    }
    assert_null(http_find(fx, "creationDate"));
}

static void update_changes_what_it_names(void **state)
{
    struct http_fixture *fx = *state;
    http_expect(fx, 200, update(fx, "{\"JOB\":{\"Enabled\":true},\"THING\":{\"Enabled\":false}}"));
    http_expect(fx, 200, update(fx, "{\"JOB_EXECUTION\":{\"Enabled\":\"true\"}}"));
    describe(fx);
    for (size_t i = 0; i < 11; i++) {
        assert_int_equal(is_enabled(fx, kinds[i]), i == 2 || i == 3);
    }
    assert_true(json_is_number(http_find(fx, "creationDate")));
    assert_true(json_is_number(http_find(fx, "lastModifiedDate")));
    http_expect(fx, 200, update(fx, "{\"JOB\":{}}")); /* not enabled */
    http_expect(fx, 200, update(fx, "{}"));
    http_expect(fx, 200, http_ask(fx, "iot", "PATCH", "/event-configurations", "{}"));
    describe(fx);
    assert_false(is_enabled(fx, "JOB"));
    assert_true(is_enabled(fx, "JOB_EXECUTION"));
}

static void what_is_wrong_is_named(void **state)
{
    struct http_fixture *fx = *state;
    static const struct {
        const char *kinds, *part;
    } cases[] = {
        {"{\"LAMP\":{\"Enabled\":true}}", "'LAMP' is no kind of event"},
        {"{\"THING\":{\"Enabled\":true}}", "no events of kind THING"},
        {"{\"CERTIFICATE\":{\"Enabled\":true}}", "no events of kind CERTIFICATE"},
        {"{\"JOB\":true}", "'JOB' must be a JSON object"},
        {"{\"JOB\":{\"Enabled\":1}}", "'Enabled' must be true or false"},
        {"{\"JOB\":{\"enabled\":true}}", "enabled"},
        {"[]", "'eventConfigurations' must be a JSON object"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        http_expect_error(fx, update(fx, cases[i].kinds), 400, "InvalidRequestException", cases[i].part);
    }
    http_expect_error(fx, update(fx, "{\"JOB\":{\"Enabled\":true},\"POLICY\":{\"Enabled\":true}}"), 400,
                      "InvalidRequestException", "POLICY");
    describe(fx);
    assert_false(is_enabled(fx, "JOB")); /* none of it happened */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, http_setup, http_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_are_off_at_first),
        TEST(update_changes_what_it_names),
        TEST(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
