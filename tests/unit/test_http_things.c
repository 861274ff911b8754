/* SPDX-License-Identifier: MIT */
/* Things, their types, billing groups, tags and UpdateJob over HTTP: docs/protocol.md 5.1, 5.2, 5.3, 5.7, 5.9. */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/http_fixture.h"

#define ARN "arn:aws:iot:us-east-1:123456789012:"
#define POLICY                                                                                               \
    "{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\",\\\"Action\\\":"   \
    "\\\"iot:Connect\\\",\\\"Resource\\\":\\\"*\\\"}]}"

static void ok(struct http_fixture *fx, const char *method, const char *path, const char *body)
{
    http_expect(fx, 200, http_ask(fx, "iot", method, path, body));
}

static void invalid(struct http_fixture *fx, const char *method, const char *path, const char *body,
                    const char *part)
{
    http_expect_error(fx, http_ask(fx, "iot", method, path, body), 400, "InvalidRequestException", part);
}

/* --- Things --- */

static void things_change_and_go(void **state)
{
    struct http_fixture *fx = *state;
    ok(fx, "POST", "/things/t", "{\"attributePayload\":{\"attributes\":{\"a\":\"1\"}}}");
    ok(fx, "PATCH", "/things/t",
       "{\"attributePayload\":{\"attributes\":{\"b\":\"2\"},\"merge\":true},\"expectedVersion\":1}");
    assert_string_equal(fx->call.answer.body, "{}");
    ok(fx, "PATCH", "/things/t", "{\"attributePayload\":{\"attributes\":{\"a\":\"\"},\"merge\":\"true\"}}");
    ok(fx, "PATCH", "/things/t", "{\"attributePayload\":{}}"); /* no attributes spoken of */
    ok(fx, "GET", "/things/t", NULL);
    assert_string_equal(http_text(fx, "attributes.b"), "2");
    assert_null(http_find(fx, "attributes.a"));
    assert_int_equal(json_integer_value(http_find(fx, "version")), 4);
    assert_null(http_find(fx, "thingTypeName"));
    assert_null(http_find(fx, "billingGroupName"));

    http_expect_error(fx, http_ask(fx, "iot", "PATCH", "/things/t", "{\"expectedVersion\":\"1\"}"), 409,
                      "VersionConflictException", "version 4, not 1");
    http_expect_error(fx, http_ask(fx, "iot", "DELETE", "/things/t?expectedVersion=0", NULL), 409,
                      "VersionConflictException", "version 4, not 0");
    http_expect_error(fx, http_ask(fx, "iot", "DELETE", "/things/t?expectedVersion=9007199254740993", NULL),
                      409, "VersionConflictException", "9007199254740993");
    invalid(fx, "DELETE", "/things/t?expectedVersion=9223372036854775808", NULL, "expectedVersion");
    invalid(fx, "DELETE", "/things/t?expectedVersion=-1", NULL, "expectedVersion");
    invalid(fx, "DELETE", "/things/t?expectedVersion=1.0", NULL, "expectedVersion");
    invalid(fx, "DELETE", "/things/t?expectedVersion=", NULL, "expectedVersion");
    invalid(fx, "PATCH", "/things/t", "{\"expectedVersion\":9223372036854775808}", "not valid JSON");
    invalid(fx, "PATCH", "/things/t", "{\"expectedVersion\":1.5}", "expectedVersion");
    invalid(fx, "PATCH", "/things/t", "{\"removeThingType\":1}", "removeThingType");
    invalid(fx, "PATCH", "/things/t", "{\"billingGroupName\":\"b\"}", "billingGroupName");
    http_expect_error(fx, http_ask(fx, "iot", "PATCH", "/things/none", "{}"), 404,
                      "ResourceNotFoundException", "none");
    ok(fx, "DELETE", "/things/t?expectedVersion=4", NULL);
    assert_string_equal(fx->call.answer.body, "{}");
    ok(fx, "DELETE", "/things/t", NULL);
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/things/t", NULL), 404, "ResourceNotFoundException",
                      "t");
}

static void things_are_filtered(void **state)
{
    struct http_fixture *fx = *state;
    ok(fx, "POST", "/thing-types/bulb", "{}");
    ok(fx, "POST", "/things/a",
       "{\"thingTypeName\":\"bulb\",\"attributePayload\":{\"attributes\":{\"c\":\"red=[1]\"}}}");
    ok(fx, "POST", "/things/b", "{\"attributePayload\":{\"attributes\":{\"c\":\"reddish\"}}}");
    ok(fx, "POST", "/things/c", "{\"thingTypeName\":\"bulb\"}");
    static const struct {
        const char *query;
        const char *names[3];
    } rows[] = {
        {"attributeName=c&attributeValue=red%3D%5B1%5D", {"a"}},
        {"attributeName=c&attributeValue=red&usePrefixAttributeValue=true", {"a", "b"}},
        {"attributeName=c&attributeValue=red&usePrefixAttributeValue=false", {NULL}},
        {"thingTypeName=bulb", {"a", "c"}},
        {"thingTypeName=bulb&attributeName=c", {"a"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[160];
        snprintf(path, sizeof path, "/things?%s", rows[i].query);
        ok(fx, "GET", path, NULL);
        size_t count = 0;
        for (; count < 3 && rows[i].names[count]; count++) {
            char member[40];
            snprintf(member, sizeof member, "things.%zu.thingName", count);
            assert_string_equal(http_text(fx, member), rows[i].names[count]);
        }
        assert_int_equal(json_array_size(http_find(fx, "things")), count);
    }
    ok(fx, "GET", "/things?thingTypeName=bulb&maxResults=1", NULL);
    assert_string_equal(http_text(fx, "things.0.thingTypeName"), "bulb");
    char token[64], path[300];
    snprintf(token, sizeof token, "%s", http_text(fx, "nextToken"));
    snprintf(path, sizeof path, "/things?thingTypeName=bulb&nextToken=%s", token);
    ok(fx, "GET", path, NULL);
    assert_string_equal(http_text(fx, "things.0.thingName"), "c");
    snprintf(path, sizeof path, "/things?nextToken=%s", token);
    invalid(fx, "GET", path, NULL, "nextToken"); /* it belongs to its filter */
    invalid(fx, "GET", "/things?usePrefixAttributeValue=yes", NULL, "usePrefixAttributeValue");
    invalid(fx, "GET", "/things?attributeName=a%20b", NULL, "attributeName");
}

/* --- Types --- */

static void life_of_a_type(void **state)
{
    struct http_fixture *fx = *state;
    ok(fx, "POST", "/thing-types/bulb",
       "{\"thingTypeProperties\":{\"thingTypeDescription\":\"d\",\"searchableAttributes\":[\"a\",\"b\"],"
       "\"mqtt5Configuration\":{}},\"tags\":[{\"Key\":\"k\",\"Value\":\"v\"}]}");
    assert_string_equal(http_text(fx, "thingTypeArn"), ARN "thingtype/bulb");
    assert_int_equal(strlen(http_text(fx, "thingTypeId")), 36);
    http_expect_error(fx, http_ask(fx, "iot", "POST", "/thing-types/bulb", "{}"), 409,
                      "ResourceAlreadyExistsException", "bulb");
    assert_string_equal(http_text(fx, "resourceArn"), ARN "thingtype/bulb");
    ok(fx, "GET", "/tags?resourceArn=" ARN "thingtype%2Fbulb", NULL);
    assert_string_equal(http_text(fx, "tags.0.Value"), "v");

    ok(fx, "GET", "/thing-types/bulb", NULL);
    assert_string_equal(http_text(fx, "thingTypeProperties.searchableAttributes.1"), "b");
    assert_true(json_is_false(http_find(fx, "thingTypeMetadata.deprecated")));
    assert_true(json_is_real(http_find(fx, "thingTypeMetadata.creationDate")));
    assert_null(http_find(fx, "thingTypeMetadata.deprecationDate"));
    ok(fx, "PATCH", "/thing-types/bulb", "{\"thingTypeProperties\":{\"thingTypeDescription\":\"e\"}}");
    ok(fx, "POST", "/thing-types/bulb/deprecate", "{}");
    ok(fx, "POST", "/thing-types/a", NULL);
    ok(fx, "GET", "/thing-types?thingTypeName=bu", NULL);
    assert_int_equal(json_array_size(http_find(fx, "thingTypes")), 1);
    assert_string_equal(http_text(fx, "thingTypes.0.thingTypeProperties.thingTypeDescription"), "e");
    assert_true(json_is_true(http_find(fx, "thingTypes.0.thingTypeMetadata.deprecated")));
    assert_true(json_is_real(http_find(fx, "thingTypes.0.thingTypeMetadata.deprecationDate")));
    invalid(fx, "POST", "/things/t", "{\"thingTypeName\":\"bulb\"}", "deprecated");
    ok(fx, "POST", "/thing-types/bulb/deprecate", "{\"undoDeprecate\":true}");
    ok(fx, "POST", "/things/t", "{\"thingTypeName\":\"bulb\"}");
    ok(fx, "POST", "/thing-types/bulb/deprecate", NULL);
    invalid(fx, "DELETE", "/thing-types/bulb", NULL, "Things have it");
    ok(fx, "PATCH", "/things/t", "{\"removeThingType\":true}");
    ok(fx, "DELETE", "/thing-types/bulb", NULL);
    http_expect_error(fx, http_ask(fx, "iot", "DELETE", "/thing-types/bulb", NULL), 404,
                      "ResourceNotFoundException", "bulb");

    invalid(fx, "POST", "/thing-types/x",
            "{\"thingTypeProperties\":{\"mqtt5Configuration\":{\"propagatingAttributes\":[]}}}",
            "mqtt5Configuration");
    invalid(fx, "POST", "/thing-types/x", "{\"thingTypeProperties\":{\"color\":1}}",
            "unknown member 'color'");
    invalid(fx, "POST", "/thing-types/x", "{\"thingTypeProperties\":{\"searchableAttributes\":\"a\"}}",
            "JSON array");
}

/* --- Billing groups --- */

static void life_of_a_billing_group(void **state)
{
    struct http_fixture *fx = *state;
    ok(fx, "POST", "/billing-groups/north",
       "{\"billingGroupProperties\":{\"billingGroupDescription\":\"d\"}}");
    assert_string_equal(http_text(fx, "billingGroupArn"), ARN "billinggroup/north");
    assert_int_equal(strlen(http_text(fx, "billingGroupId")), 36);
    ok(fx, "POST", "/things/t", "{\"billingGroupName\":\"north\"}");
    ok(fx, "GET", "/things/t", NULL);
    assert_string_equal(http_text(fx, "billingGroupName"), "north");
    ok(fx, "POST", "/things/u", NULL);
    ok(fx, "PUT", "/billing-groups/addThingToBillingGroup",
       "{\"billingGroupArn\":\"" ARN "billinggroup/north\",\"thingName\":\"u\"}");
    ok(fx, "GET", "/billing-groups/north/things?maxResults=1", NULL);
    assert_string_equal(http_text(fx, "things.0"), "t");
    assert_non_null(http_find(fx, "nextToken"));
    ok(fx, "PUT", "/billing-groups/removeThingFromBillingGroup",
       "{\"billingGroupName\":\"north\",\"thingArn\":\"" ARN "thing/t\"}");
    ok(fx, "GET", "/billing-groups/north/things", NULL);
    assert_string_equal(http_text(fx, "things.0"), "u");

    invalid(fx, "PATCH", "/billing-groups/north", "{}", "billingGroupProperties");
    http_expect_error(fx,
                      http_ask(fx, "iot", "PATCH", "/billing-groups/north",
                               "{\"billingGroupProperties\":{},\"expectedVersion\":2}"),
                      409, "VersionConflictException", "version 1");
    ok(fx, "PATCH", "/billing-groups/north",
       "{\"billingGroupProperties\":{\"billingGroupDescription\":\"e\"},\"expectedVersion\":1}");
    assert_int_equal(json_integer_value(http_find(fx, "version")), 2);
    ok(fx, "GET", "/billing-groups/north", NULL);
    assert_string_equal(http_text(fx, "billingGroupProperties.billingGroupDescription"), "e");
    assert_true(json_is_real(http_find(fx, "billingGroupMetadata.creationDate")));
    ok(fx, "GET", "/billing-groups?namePrefixFilter=no", NULL);
    assert_string_equal(http_text(fx, "billingGroups.0.groupName"), "north");
    assert_string_equal(http_text(fx, "billingGroups.0.groupArn"), ARN "billinggroup/north");
    invalid(fx, "GET", "/billing-groups?namePrefixFilter=no%25", NULL, "no%");
    http_expect_error(fx, http_ask(fx, "iot", "DELETE", "/billing-groups/north?expectedVersion=1", NULL), 409,
                      "VersionConflictException", "version 2");
    ok(fx, "DELETE", "/billing-groups/north?expectedVersion=2", NULL);
    ok(fx, "DELETE", "/billing-groups/north", NULL);
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/billing-groups/north", NULL), 404,
                      "ResourceNotFoundException", "north");
}

/* --- Tags --- */

static void many_tags(char *body, size_t cap, const char *head, int count)
{
    size_t len = (size_t)snprintf(body, cap, "%s\"tags\":[", head);
    for (int i = 0; i < count; i++) {
        len += (size_t)snprintf(body + len, cap - len, "%s{\"Key\":\"k%d\"}", i ? "," : "", i);
    }
    snprintf(body + len, cap - len, "]}");
}

static void tags_of_resources(void **state)
{
    struct http_fixture *fx = *state;
    char body[2048];
    ok(fx, "POST", "/things/t", NULL);
    ok(fx, "PUT", "/jobs/j",
       "{\"targets\":[\"" ARN
       "thing/t\"],\"document\":\"{}\",\"tags\":[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"A\"}]}");
    ok(fx, "GET", "/tags?resourceArn=" ARN "job%2Fj", NULL);
    assert_string_equal(http_text(fx, "tags.0.Key"), "A");
    assert_string_equal(http_text(fx, "tags.0.Value"), "");
    assert_string_equal(http_text(fx, "tags.1.Value"), "1");
    assert_null(http_find(fx, "nextToken"));
    ok(fx, "POST", "/tags", "{\"resourceArn\":\"" ARN "job/j\",\"tags\":[{\"Key\":\"a\",\"Value\":\"2\"}]}");
    ok(fx, "POST", "/untag", "{\"resourceArn\":\"" ARN "job/j\",\"tagKeys\":[\"A\"]}");
    ok(fx, "GET", "/tags?resourceArn=" ARN "job%2Fj", NULL);
    assert_int_equal(json_array_size(http_find(fx, "tags")), 1);
    assert_string_equal(http_text(fx, "tags.0.Value"), "2");

    ok(fx, "POST", "/policies/p",
       "{\"policyDocument\":\"" POLICY "\",\"tags\":[{\"Key\":\"a\",\"Value\":\"1\"}]}");
    ok(fx, "GET", "/tags?resourceArn=" ARN "policy%2Fp", NULL);
    assert_string_equal(http_text(fx, "tags.0.Value"), "1");
    many_tags(body, sizeof body, "{\"policyDocument\":\"" POLICY "\",", 51);
    invalid(fx, "POST", "/policies/q", body, "50");

    many_tags(body, sizeof body, "{\"resourceArn\":\"" ARN "job/j\",", 51);
    http_expect_error(fx, http_ask(fx, "iot", "POST", "/tags", body), 410, "LimitExceededException", "50");
    many_tags(body, sizeof body, "{", 51); /* the error's name is one that the operation has */
    invalid(fx, "POST", "/thing-types/x", body, "50");
    invalid(fx, "POST", "/billing-groups/x", body, "50");
    many_tags(body, sizeof body, "{\"targets\":[\"" ARN "thing/t\"],\"document\":\"{}\",", 51);
    http_expect_error(fx, http_ask(fx, "iot", "PUT", "/jobs/k", body), 410, "LimitExceededException", "50");

    invalid(fx, "POST", "/tags", "{\"resourceArn\":\"" ARN "job/j\"}", "'tags'");
    invalid(fx, "POST", "/tags", "{\"tags\":[]}", "'resourceArn'");
    invalid(fx, "POST", "/tags", "{\"resourceArn\":\"" ARN "job/j\",\"tags\":[{\"Value\":\"1\"}]}", "Key");
    invalid(fx, "POST", "/tags", "{\"resourceArn\":\"" ARN "job/j\",\"tags\":[\"a\"]}", "objects");
    invalid(fx, "POST", "/tags", "{\"resourceArn\":\"" ARN "job/j\",\"tags\":[{\"key\":\"1\"}]}",
            "unknown member 'key'");
    invalid(fx, "POST", "/untag", "{\"resourceArn\":\"" ARN "job/j\",\"tagKeys\":[1]}", "strings");
    invalid(fx, "POST", "/untag", "{\"resourceArn\":\"" ARN "job/j\"}", "'tagKeys'");
    invalid(fx, "GET", "/tags", NULL, "resourceArn");
    invalid(fx, "GET", "/tags?resourceArn=" ARN "thing%2Ft", NULL, "thing/t");
    invalid(fx, "GET", "/tags?resourceArn=" ARN "job%2Fj&nextToken=0011", NULL, "nextToken");
    http_expect_error(fx, http_ask(fx, "iot", "GET", "/tags?resourceArn=" ARN "job%2Fnone", NULL), 404,
                      "ResourceNotFoundException", "none");
}

/* --- UpdateJob --- */

static void jobs_change(void **state)
{
    struct http_fixture *fx = *state;
    ok(fx, "POST", "/things/t", NULL);
    ok(fx, "PUT", "/jobs/j",
       "{\"targets\":[\"" ARN
       "thing/t\"],\"document\":\"{}\",\"timeoutConfig\":{\"inProgressTimeoutInMinutes\":5},"
       "\"jobExecutionsRetryConfig\":{\"criteriaList\":[{\"failureType\":\"ALL\",\"numberOfRetries\":2}]}}");
    ok(fx, "PATCH", "/jobs/j",
       "{\"description\":\"new\",\"timeoutConfig\":{\"inProgressTimeoutInMinutes\":7},"
       "\"jobExecutionsRetryConfig\":{\"criteriaList\":[{\"failureType\":\"ALL\",\"numberOfRetries\":0}]},"
       "\"abortConfig\":{}}");
    assert_string_equal(fx->call.answer.body, "{}");
    ok(fx, "GET", "/jobs/j", NULL);
    assert_string_equal(http_text(fx, "job.description"), "new");
    assert_int_equal(json_integer_value(http_find(fx, "job.timeoutConfig.inProgressTimeoutInMinutes")), 7);
    assert_int_equal(
        json_integer_value(http_find(fx, "job.jobExecutionsRetryConfig.criteriaList.0.numberOfRetries")), 0);

    invalid(fx, "PATCH", "/jobs/j", "{\"timeoutConfig\":{}}", "inProgressTimeoutInMinutes");
    invalid(fx, "PATCH", "/jobs/j", "{\"timeoutConfig\":{\"inProgressTimeoutInMinutes\":0}}", "at least 1");
    ok(fx, "PATCH", "/jobs/j", "{\"presignedUrlConfig\":{\"expiresInSec\":60}}");
    ok(fx, "GET", "/jobs/j", NULL);
    assert_int_equal(json_integer_value(http_find(fx, "job.presignedUrlConfig.expiresInSec")), 60);
    invalid(fx, "PATCH", "/jobs/j", "{\"presignedUrlConfig\":{\"expiresInSec\":59}}", "60 to 3600");
    invalid(fx, "PATCH", "/jobs/j?namespaceId=x", "{}", "namespaceId");
    http_expect(fx, 200, http_ask(fx, "iot-jobs-data", "PUT", "/things/t/jobs/$next", "{}"));
    invalid(fx, "PATCH", "/jobs/j", "{\"timeoutConfig\":{\"inProgressTimeoutInMinutes\":8}}", "started");
    http_expect_error(fx, http_ask(fx, "iot", "PATCH", "/jobs/none", "{}"), 404, "ResourceNotFoundException",
                      "none");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, http_setup, http_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(things_change_and_go),    TEST(things_are_filtered), TEST(life_of_a_type),
        TEST(life_of_a_billing_group), TEST(tags_of_resources),   TEST(jobs_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
