/* SPDX-License-Identifier: MIT */
/* AWS IoT policies: docs/protocol.md 8 (policy variables, wildcards, the minimal policy of a Jobs device), R-56. */
// LINK: cloud_policy
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/access/policy.h"

#include <stdio.h>
#include <string.h>

#define ARN "arn:aws:iot:us-east-1:123456789012:"

static const struct policy_context lamp = {
    .client_id = "lamp",
    .thing_name = "lamp",
    .is_attached = true,
    .source_ip = "127.0.0.1",
    .certificate_cn = "AWS IoT Certificate",
};
static const struct policy_context stranger = {.client_id = "lamp", .source_ip = "10.0.0.7"};

static const char minimal_policy[] =
    "{\"Version\":\"2012-10-17\",\"Statement\":["
    "{\"Effect\":\"Allow\",\"Action\":\"iot:Connect\",\"Resource\":\"" ARN
    "client/${iot:Connection.Thing.ThingName}\","
    "\"Condition\":{\"Bool\":{\"iot:Connection.Thing.IsAttached\":[\"true\"]}}},"
    "{\"Effect\":\"Allow\",\"Action\":\"iot:Publish\",\"Resource\":["
    "\"" ARN "topic/$aws/things/${iot:Connection.Thing.ThingName}/jobs/get\","
    "\"" ARN "topic/$aws/things/${iot:Connection.Thing.ThingName}/jobs/start-next\","
    "\"" ARN "topic/$aws/things/${iot:Connection.Thing.ThingName}/jobs/*/get\","
    "\"" ARN "topic/$aws/things/${iot:Connection.Thing.ThingName}/jobs/*/update\"]},"
    "{\"Effect\":\"Allow\",\"Action\":\"iot:Subscribe\","
    "\"Resource\":\"" ARN "topicfilter/$aws/things/${iot:Connection.Thing.ThingName}/jobs/*\"},"
    "{\"Effect\":\"Allow\",\"Action\":\"iot:Receive\","
    "\"Resource\":\"" ARN "topic/$aws/things/${iot:Connection.Thing.ThingName}/jobs/*\"}]}";

/* A document of one statement. */
static struct slice statement(const char *members)
{
    static char text[4096];
    int len = snprintf(text, sizeof(text), "{\"Version\":\"2012-10-17\",\"Statement\":[{%s}]}", members);
    assert_in_range(len, 1, sizeof(text) - 1);
    return slice_from(text);
}

static struct slice allow(const char *action, const char *resource)
{
    static char members[2048];
    snprintf(members, sizeof(members), "\"Effect\":\"Allow\",\"Action\":\"%s\",\"Resource\":\"%s\"", action,
             resource);
    return statement(members);
}

static enum policy_decision decide(struct slice document, const struct policy_context *context,
                                   const char *action, const char *resource)
{
    char why[200] = "";
    enum err err = policy_check(document, why, sizeof(why));
    if (err != ERR_OK) {
        fail_msg("policy_check: %s", why);
    }
    return policy_evaluate(document, context, action, resource, NULL, 0);
}

#define assert_allowed(document, context, action, resource)                                                  \
    assert_int_equal(decide(document, context, action, resource), POLICY_ALLOW)
#define assert_not_allowed(document, context, action, resource)                                              \
    assert_int_equal(decide(document, context, action, resource), POLICY_IMPLICIT_DENY)

static void minimal_jobs_policy_lets_a_device_do_its_job(void **state)
{
    (void)state;
    static const char *const publish[] = {"get", "start-next", "$next/get", "job-1/get", "job-1/update"};
    struct slice policy = slice_from(minimal_policy);

    assert_allowed(policy, &lamp, "iot:Connect", ARN "client/lamp");
    for (size_t i = 0; i < sizeof(publish) / sizeof(publish[0]); i++) {
        char resource[200];
        snprintf(resource, sizeof(resource), ARN "topic/$aws/things/lamp/jobs/%s", publish[i]);
        assert_allowed(policy, &lamp, "iot:Publish", resource);
    }
    assert_allowed(policy, &lamp, "iot:Subscribe", ARN "topicfilter/$aws/things/lamp/jobs/+/get/+");
    assert_allowed(policy, &lamp, "iot:Receive", ARN "topic/$aws/things/lamp/jobs/notify-next");
}

static void minimal_jobs_policy_keeps_devices_apart(void **state)
{
    (void)state;
    struct slice policy = slice_from(minimal_policy);

    assert_not_allowed(policy, &lamp, "iot:Connect", ARN "client/pump");
    assert_not_allowed(policy, &lamp, "iot:Publish", ARN "topic/$aws/things/pump/jobs/get");
    assert_not_allowed(policy, &lamp, "iot:Publish", ARN "topic/$aws/things/lamp/jobs/notify");
    assert_not_allowed(policy, &lamp, "iot:Publish", ARN "topic/$aws/things/lamp/jobs/job-1/get/accepted");
    assert_not_allowed(policy, &lamp, "iot:Subscribe", ARN "topicfilter/#");
    assert_not_allowed(policy, &lamp, "iot:Subscribe", ARN "topicfilter/$aws/things/+/jobs/#");
    assert_not_allowed(policy, &lamp, "iot:Receive", ARN "topic/$aws/things/pump/jobs/notify");
    assert_not_allowed(policy, &stranger, "iot:Connect", ARN "client/lamp");
    assert_not_allowed(policy, &stranger, "iot:Publish", ARN "topic/$aws/things//jobs/get");
}

static void wildcards_match_any_text_and_one_character(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *topic;
        bool is_match;
    } rows[] = {
        {"a/*", "a/b/c", true},      {"a/*", "a/", true},
        {"a/*", "a", false},         {"*", "", true},
        {"a*c", "abcbc", true},      {"a*c", "abcb", false},
        {"*a*b*", "xxaxxbxx", true}, {"*a*b*", "xxbxxaxx", false},
        {"a?c", "abc", true},        {"a?c", "ac", false},
        {"a?c", "abbc", false},      {"a?", "a\xc3\xa4", true},
        {"???", "ab", false},        {"**", "x", true},
        {"*x", "xyx", true},         {"a*b?d", "aXbcbcd", true},
        {"*?", "", false},           {"*?", "q", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char pattern[100], resource[100];
        snprintf(pattern, sizeof(pattern), ARN "topic/%s", rows[i].pattern);
        snprintf(resource, sizeof(resource), ARN "topic/%s", rows[i].topic);
        bool is_match = decide(allow("iot:Publish", pattern), &lamp, "iot:Publish", resource) == POLICY_ALLOW;
        if (is_match != rows[i].is_match) {
            fail_msg("pattern %s, topic %s", rows[i].pattern, rows[i].topic);
        }
    }
}

static void mqtt_wildcards_are_plain_characters(void **state)
{
    (void)state;
    assert_allowed(allow("iot:Subscribe", ARN "topicfilter/a/+/#"), &lamp, "iot:Subscribe",
                   ARN "topicfilter/a/+/#");
    assert_not_allowed(allow("iot:Subscribe", ARN "topicfilter/a/#"), &lamp, "iot:Subscribe",
                       ARN "topicfilter/a/b");
    assert_not_allowed(allow("iot:Publish", ARN "topic/+"), &lamp, "iot:Publish", ARN "topic/a");
}

static void star_alone_matches_every_resource(void **state)
{
    (void)state;
    assert_allowed(allow("*", "*"), &lamp, "iot:Publish", ARN "topic/a");
    assert_allowed(allow("iot:*", "*"), &lamp, "iot:Receive", ARN "topic/a");
    assert_not_allowed(allow("iot:Pub*", "*"), &lamp, "iot:Receive", ARN "topic/a");
}

static void actions_do_not_care_about_case_but_resources_do(void **state)
{
    (void)state;
    assert_allowed(allow("IOT:publish", ARN "topic/A"), &lamp, "iot:Publish", ARN "topic/A");
    assert_not_allowed(allow("iot:Publish", ARN "topic/A"), &lamp, "iot:Publish", ARN "topic/a");
}

static void variables_stand_for_what_is_known_of_the_connection(void **state)
{
    (void)state;
    assert_allowed(allow("iot:Connect", ARN "client/${iot:ClientId}"), &stranger, "iot:Connect",
                   ARN "client/lamp");
    assert_allowed(allow("iot:Publish", ARN "topic/${aws:SourceIp}/x"), &lamp, "iot:Publish",
                   ARN "topic/127.0.0.1/x");
    assert_allowed(allow("iot:Publish", ARN "topic/${iot:Certificate.Subject.CommonName}"), &lamp,
                   "iot:Publish", ARN "topic/AWS IoT Certificate");
    assert_allowed(allow("iot:Publish", ARN "topic/${iot:ClientId}/${iot:ClientId}/*"), &lamp, "iot:Publish",
                   ARN "topic/lamp/lamp/x");
}

static void variable_without_value_matches_nothing(void **state)
{
    (void)state;
    struct slice policy = allow("iot:Publish", ARN "topic/*${iot:Connection.Thing.ThingName}*");
    assert_not_allowed(policy, &stranger, "iot:Publish", ARN "topic/");
    assert_not_allowed(policy, &stranger, "iot:Publish", ARN "topic/lamp");
    assert_not_allowed(policy, &stranger, "iot:Publish", ARN "topic/${iot:Connection.Thing.ThingName}");
}

static void values_of_variables_are_never_patterns(void **state)
{
    (void)state;
    struct policy_context star = {.client_id = "*"};
    struct policy_context question = {.client_id = "?"};
    struct policy_context nested = {.client_id = "${aws:SourceIp}", .source_ip = "1.2.3.4"};
    struct slice policy = allow("iot:Publish", ARN "topic/${iot:ClientId}/x");

    assert_allowed(policy, &star, "iot:Publish", ARN "topic/*/x");
    assert_not_allowed(policy, &star, "iot:Publish", ARN "topic/victim/x");
    assert_not_allowed(policy, &question, "iot:Publish", ARN "topic/a/x");
    assert_allowed(policy, &nested, "iot:Publish", ARN "topic/${aws:SourceIp}/x");
    assert_not_allowed(policy, &nested, "iot:Publish", ARN "topic/1.2.3.4/x");
}

static void escapes_are_the_characters_themselves(void **state)
{
    (void)state;
    assert_allowed(allow("iot:Publish", ARN "topic/${*}${?}${$}"), &lamp, "iot:Publish", ARN "topic/*?$");
    assert_not_allowed(allow("iot:Publish", ARN "topic/${*}"), &lamp, "iot:Publish", ARN "topic/a");
    assert_allowed(allow("iot:Publish", ARN "topic/${$}{iot:ClientId}"), &lamp, "iot:Publish",
                   ARN "topic/${iot:ClientId}");
    assert_allowed(allow("iot:Publish", ARN "topic/$aws/$"), &lamp, "iot:Publish", ARN "topic/$aws/$");
}

static void json_escapes_in_strings_are_decoded(void **state)
{
    (void)state;
    assert_allowed(allow("iot:Pub\\u006cish", ARN "topic\\/a"), &lamp, "iot:Publish", ARN "topic/a");
    assert_allowed(statement("\"\\u0045ffect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\""), &lamp,
                   "iot:Publish", ARN "topic/a");
}

static void explicit_deny_wins_in_any_order(void **state)
{
    (void)state;
    static const char deny_last[] = "{\"Version\":\"2012-10-17\",\"Statement\":["
                                    "{\"Effect\":\"Allow\",\"Action\":\"iot:Publish\",\"Resource\":\"*\"},"
                                    "{\"Sid\":\"NoSecrets\",\"Effect\":\"Deny\",\"Action\":\"iot:Publish\","
                                    "\"Resource\":\"" ARN "topic/secret/*\"}]}";
    static const char deny_first[] = "{\"Version\":\"2012-10-17\",\"Statement\":["
                                     "{\"Effect\":\"Deny\",\"Action\":\"iot:Publish\","
                                     "\"Resource\":\"" ARN "topic/secret/*\"},"
                                     "{\"Effect\":\"Allow\",\"Action\":\"iot:Publish\",\"Resource\":\"*\"}]}";
    char sid[20] = "?";

    assert_int_equal(
        policy_evaluate(slice_from(deny_last), &lamp, "iot:Publish", ARN "topic/secret/a", sid, sizeof(sid)),
        POLICY_EXPLICIT_DENY);
    assert_string_equal(sid, "NoSecrets");
    assert_int_equal(
        policy_evaluate(slice_from(deny_first), &lamp, "iot:Publish", ARN "topic/secret/a", sid, sizeof(sid)),
        POLICY_EXPLICIT_DENY);
    assert_string_equal(sid, "1");
    assert_int_equal(
        policy_evaluate(slice_from(deny_first), &lamp, "iot:Publish", ARN "topic/open", sid, sizeof(sid)),
        POLICY_ALLOW);
    assert_string_equal(sid, "2");
}

static void decisions_of_documents_combine(void **state)
{
    (void)state;
    static const enum policy_decision all[] = {POLICY_IMPLICIT_DENY, POLICY_ALLOW, POLICY_EXPLICIT_DENY};
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            enum policy_decision stronger = all[i > k ? i : k];
            assert_int_equal(policy_combine(all[i], all[k]), stronger);
        }
    }
}

static void one_statement_needs_no_array(void **state)
{
    (void)state;
    struct slice policy = slice_from("{\"Version\":\"2012-10-17\",\"Statement\":"
                                     "{\"Effect\":\"Allow\",\"Action\":[\"iot:Receive\",\"iot:Publish\"],"
                                     "\"Resource\":[\"" ARN "topic/a\",\"" ARN "topic/b\"]}}");
    assert_allowed(policy, &lamp, "iot:Publish", ARN "topic/b");
    assert_not_allowed(policy, &lamp, "iot:Publish", ARN "topic/c");
}

#define CONDITION(text)                                                                                      \
    statement("\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":" text)

static void condition_bool_asks_whether_the_thing_is_attached(void **state)
{
    (void)state;
    static const char *const texts[] = {"true", "\"true\"", "[\"true\"]", "[true]"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char members[200];
        snprintf(members, sizeof(members),
                 "\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\","
                 "\"Condition\":{\"Bool\":{\"iot:Connection.Thing.IsAttached\":%s}}",
                 texts[i]);
        assert_allowed(statement(members), &lamp, "iot:Publish", ARN "topic/a");
        assert_not_allowed(statement(members), &stranger, "iot:Publish", ARN "topic/a");
    }
    struct slice detached = CONDITION("{\"Bool\":{\"iot:Connection.Thing.IsAttached\":\"false\"}}");
    assert_allowed(detached, &stranger, "iot:Publish", ARN "topic/a");
    assert_not_allowed(detached, &lamp, "iot:Publish", ARN "topic/a");
}

static void condition_strings_compare_with_known_keys(void **state)
{
    (void)state;
    static const struct {
        const char *condition;
        bool lamp, stranger;
    } rows[] = {
        {"{\"StringEquals\":{\"aws:SourceIp\":\"127.0.0.1\"}}", true, false},
        {"{\"StringEquals\":{\"aws:SourceIp\":[\"1.1.1.1\",\"10.0.0.7\"]}}", false, true},
        {"{\"StringEquals\":{\"aws:SourceIp\":\"127.*\"}}", false, false},
        {"{\"StringLike\":{\"aws:SourceIp\":\"127.*\"}}", true, false},
        {"{\"StringNotEquals\":{\"aws:SourceIp\":\"127.0.0.1\"}}", false, true},
        {"{\"StringNotLike\":{\"aws:SourceIp\":[\"127.*\",\"10.*\"]}}", false, false},
        {"{\"StringEquals\":{\"iot:ClientId\":\"${iot:Connection.Thing.ThingName}\"}}", true, false},
        {"{\"StringLike\":{\"iot:Connection.Thing.ThingName\":\"*\"}}", true, false},
        {"{\"StringNotEquals\":{\"iot:Connection.Thing.ThingName\":\"pump\"}}", true, true},
        {"{\"StringEquals\":{\"aws:SourceIp\":\"127.0.0.1\",\"iot:ClientId\":\"lamp\"}}", true, false},
        {"{\"StringEquals\":{\"iot:ClientId\":\"lamp\"},"
         "\"Bool\":{\"iot:Connection.Thing.IsAttached\":\"false\"}}",
         false, true},
        {"{}", true, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char members[300];
        snprintf(members, sizeof(members),
                 "\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":%s",
                 rows[i].condition);
        bool is_lamp = decide(statement(members), &lamp, "iot:Publish", ARN "topic/a") == POLICY_ALLOW;
        bool is_stranger =
            decide(statement(members), &stranger, "iot:Publish", ARN "topic/a") == POLICY_ALLOW;
        if (is_lamp != rows[i].lamp || is_stranger != rows[i].stranger) {
            fail_msg("%s: %d %d", rows[i].condition, is_lamp, is_stranger);
        }
    }
}

/* What cannot be understood is refused when it is stored, says why, and never allows. */
static void what_is_not_understood_is_refused_and_never_allows(void **state)
{
    (void)state;
#define GOOD              "\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\""
#define DOCUMENT(members) "{\"Version\":\"2012-10-17\",\"Statement\":[{" members "}]}"
    static const struct {
        const char *document, *word; /* that the reason must contain */
    } rows[] = {
        {"", "JSON"},
        {"[]", "Version"},
        {"{\"Version\":\"2012-10-17\"", "ends too early"},
        {"{\"Statement\":[{" GOOD "}]}", "Version"},
        {"{\"Version\":\"2008-10-17\",\"Statement\":[{" GOOD "}]}", "2012-10-17"},
        {"{\"Version\":\"2012-10-17\"}", "Statement"},
        {"{\"Version\":\"2012-10-17\",\"Statement\":[]}", "no statement"},
        {"{\"Version\":\"2012-10-17\",\"Statement\":[\"x\"]}", "Statement 1"},
        {"{\"Version\":\"2012-10-17\",\"Statement\":[{" GOOD "},7]}", "Statement 2"},
        {"{\"Version\":\"2012-10-17\",\"Statement\":[{" GOOD "}],\"Comment\":\"x\"}", "Comment"},
        {"{\"Version\":\"2012-10-17\",\"Version\":\"2012-10-17\",\"Statement\":[{" GOOD "}]}", "twice"},
        {DOCUMENT("\"Action\":\"*\",\"Resource\":\"*\""), "Effect"},
        {DOCUMENT("\"Effect\":\"allow\",\"Action\":\"*\",\"Resource\":\"*\""), "Effect"},
        {DOCUMENT("\"Effect\":\"Allow\",\"Resource\":\"*\""), "Action"},
        {DOCUMENT("\"Effect\":\"Allow\",\"Action\":[],\"Resource\":\"*\""), "Action"},
        {DOCUMENT("\"Effect\":\"Allow\",\"Action\":7,\"Resource\":\"*\""), "Action"},
        {DOCUMENT("\"Effect\":\"Allow\",\"Action\":[\"*\",7],\"Resource\":\"*\""), "Action"},
        {DOCUMENT("\"Effect\":\"Allow\",\"Action\":\"Publish\",\"Resource\":\"*\""), "Publish"},
        {DOCUMENT("\"Effect\":\"Allow\",\"Action\":\"*\",\"Action\":\"*\",\"Resource\":\"*\""), "twice"},
        {DOCUMENT("\"Effect\":\"Allow\",\"Action\":\"*\""), "Resource"},
        {DOCUMENT("\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"topic/a\""), "ARN"},
        {DOCUMENT("\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"\\u0000\""), "Resource"},
        {DOCUMENT("\"Effect\":\"Allow\",\"NotAction\":\"*\",\"Resource\":\"*\""), "NotAction"},
        {DOCUMENT("\"Effect\":\"Allow\",\"Action\":\"*\",\"NotResource\":\"*\""), "NotResource"},
        {DOCUMENT(GOOD ",\"Principal\":\"*\""), "Principal"},
        {DOCUMENT(GOOD ",\"Sid\":5"), "Sid"},
        {DOCUMENT("\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"arn:${iot:Connection.Thing."
                  "Attributes[a]}\""),
         "Attributes[a]"},
        {DOCUMENT("\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"arn:${iot:ClientId\""),
         "${iot:ClientId"},
        {DOCUMENT("\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"arn:${}\""), "${}"},
        {DOCUMENT(GOOD ",\"Condition\":\"x\""), "Condition"},
        {DOCUMENT(GOOD ",\"Condition\":{\"DateGreaterThan\":{\"aws:CurrentTime\":\"x\"}}"),
         "DateGreaterThan"},
        {DOCUMENT(GOOD ",\"Condition\":{\"BoolIfExists\":{\"iot:Connection.Thing.IsAttached\":\"true\"}}"),
         "BoolIfExists"},
        {DOCUMENT(GOOD ",\"Condition\":{\"Bool\":[]}"), "Bool"},
        {DOCUMENT(GOOD ",\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"true\"}}"),
         "aws:SecureTransport"},
        {DOCUMENT(GOOD ",\"Condition\":{\"Bool\":{\"iot:Connection.Thing.IsAttached\":\"maybe\"}}"), "Bool"},
        {DOCUMENT(GOOD ",\"Condition\":{\"Bool\":{\"iot:Connection.Thing.IsAttached\":[]}}"), "no value"},
        {DOCUMENT(GOOD ",\"Condition\":{\"StringEquals\":{\"iot:Mood\":\"good\"}}"), "iot:Mood"},
        {DOCUMENT(GOOD ",\"Condition\":{\"StringEquals\":{\"iot:ClientId\":[]}}"), "no value"},
        {DOCUMENT(GOOD ",\"Condition\":{\"StringEquals\":{\"iot:ClientId\":7}}"), "iot:ClientId"},
        {DOCUMENT(GOOD ",\"Condition\":{\"StringEquals\":{\"iot:ClientId\":\"${x}\"}}"), "${x}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct slice document = slice_from(rows[i].document);
        char why[200] = "";
        if (policy_check(document, why, sizeof(why)) == ERR_OK || strstr(why, rows[i].word) == NULL) {
            fail_msg("%s: %s", rows[i].document, why);
        }
        if (policy_evaluate(document, &lamp, "iot:Publish", ARN "topic/a", NULL, 0) != POLICY_EXPLICIT_DENY) {
            fail_msg("%s allows", rows[i].document);
        }
    }
}

/* A document may hold a Deny that we cannot read: nothing that stands beside it may allow. */
static void one_bad_statement_spoils_the_document(void **state)
{
    (void)state;
    struct slice document =
        slice_from("{\"Version\":\"2012-10-17\",\"Statement\":[{" GOOD "},"
                   "{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":"
                   "{\"IpAddress\":{\"aws:SourceIp\":\"127.0.0.1\"}}}]}");
    assert_int_not_equal(policy_check(document, NULL, 0), ERR_OK);
    assert_int_equal(policy_evaluate(document, &lamp, "iot:Publish", ARN "topic/a", NULL, 0),
                     POLICY_EXPLICIT_DENY);
}

/* docs/protocol.md 4: 2048 characters without white space. */
static void size_counts_characters_without_white_space(void **state)
{
    (void)state;
    static char text[20000];
    static const char head[] = "{\"Version\":\"2012-10-17\",\"Statement\":[{" GOOD ",\"Sid\":\"";
    static const char tail[] = "\"}]}";
    size_t room = POLICY_SIZE_MAX - strlen(head) - strlen(tail);

    char *at = stpcpy(text, head);
    for (size_t i = 0; i < room; i++) {
        at = stpcpy(at, "\xc3\xa4"); /* one character of two bytes */
    }
    at = stpcpy(at, tail);
    memset(at, ' ', 5000);
    at[5000] = '\0';
    assert_int_equal(policy_check(slice_from(text), NULL, 0), ERR_OK);

    at = stpcpy(text, head);
    for (size_t i = 0; i < room + 1; i++) {
        at = stpcpy(at, "a");
    }
    stpcpy(at, tail);
    char why[200];
    assert_int_equal(policy_check(slice_from(text), why, sizeof(why)), ERR_TOO_LONG);
    assert_non_null(strstr(why, "2049"));
}

/* A pattern that would keep a backtracking matcher busy for longer than the universe exists. */
static void many_stars_do_not_blow_up(void **state)
{
    (void)state;
    char pattern[600] = ARN "topic/";
    char resource[400] = ARN "topic/";
    for (int i = 0; i < 200; i++) {
        strcat(pattern, "a*");
        strcat(resource, "a");
    }
    strcat(pattern, "b");
    assert_not_allowed(allow("iot:Publish", pattern), &lamp, "iot:Publish", resource);
}

/* R-56: a refusal names the statement that comes nearest. */
static void nearest_statement_is_named(void **state)
{
    (void)state;
    char text[300] = "";
    struct slice policy = slice_from(minimal_policy);

    assert_in_range(policy_nearest(policy, &lamp, "iot:Publish", ARN "topic/$aws/things/lamp/jobs/start",
                                   text, sizeof(text)),
                    1, 1000);
    assert_string_equal(text, "statement 2 allows it on " ARN
                              "topic/$aws/things/${iot:Connection.Thing.ThingName}/jobs/start-next");
    assert_in_range(policy_nearest(policy, &lamp, "iot:Connect", ARN "client/pump", text, sizeof(text)), 1,
                    1000);
    assert_string_equal(text, "statement 1 allows it on " ARN "client/${iot:Connection.Thing.ThingName}");

    struct slice condition =
        CONDITION("{\"Bool\":{\"iot:Connection.Thing.IsAttached\":\"true\"}},\"Sid\":\"Own\"");
    size_t near = policy_nearest(condition, &stranger, "iot:Connect", ARN "client/lamp", text, sizeof(text));
    assert_string_equal(text, "statement Own would allow it, but its Condition does not hold");
    assert_true(near >
                policy_nearest(policy, &stranger, "iot:Connect", ARN "client/lamp", text, sizeof(text)));

    strcpy(text, "unchanged");
    assert_int_equal(policy_nearest(policy, &lamp, "iot:RetainPublish", ARN "topic/a", text, sizeof(text)),
                     0);
    assert_string_equal(text, "unchanged");
}

/* Every document cut short anywhere, and with any byte replaced, is answered without a fault, and a cut one never
 * allows. */
static void broken_documents_are_safe(void **state)
{
    (void)state;
    char text[sizeof(minimal_policy)];
    for (size_t len = 0; len < strlen(minimal_policy); len++) {
        memcpy(text, minimal_policy, len);
        struct slice cut = {text, len};
        assert_int_not_equal(policy_check(cut, NULL, 0), ERR_OK);
        assert_int_equal(policy_evaluate(cut, &lamp, "iot:Connect", ARN "client/lamp", NULL, 0),
                         POLICY_EXPLICIT_DENY);
    }
    static const char bytes[] = {'"', '\\', '{', '}', '[', ',', '*', '$', '\0', '\x80'};
    for (size_t at = 0; at < strlen(minimal_policy); at++) {
        for (size_t i = 0; i < sizeof(bytes); i++) {
            memcpy(text, minimal_policy, sizeof(text));
            text[at] = bytes[i];
            struct slice changed = {text, strlen(minimal_policy)};
            char why[64];
            enum err err = policy_check(changed, why, sizeof(why));
            enum policy_decision decision =
                policy_evaluate(changed, &lamp, "iot:Connect", ARN "client/lamp", why, sizeof(why));
            assert_true(err == ERR_OK || decision == POLICY_EXPLICIT_DENY);
        }
    }
}

static void keep_missing(void *ctx, const char *name)
{
    strcat(strcat(ctx, name), " ");
}

/* For TestAuthorization's missingContextValues: of this action's statements only, also in keys and values of Conditions. */
static void missing_values_are_named(void **state)
{
    (void)state;
    const char *document =
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"iot:Publish\","
        "\"Resource\":"
        "\"arn:x:${iot:ClientId}/${*}${aws:SourceIp}\",\"Condition\":{\"StringLike\":"
        "{\"iot:Certificate.Subject.CommonName\":[\"a\",\"${iot:Connection.Thing.ThingName}*\"]},"
        "\"Bool\":{\"iot:Connection.Thing.IsAttached\":true}}},"
        "{\"Effect\":\"Deny\",\"Action\":\"iot:Receive\",\"Resource\":\"arn:x:${iot:ClientId}\"}]}";
    const struct policy_context some = {.client_id = "c", .certificate_cn = "cn"};
    const struct policy_context nobody = {0};
    char names[300] = "";
    policy_missing(slice_from(document), &some, "iot:Publish", keep_missing, names);
    assert_string_equal(names, "aws:SourceIp iot:Connection.Thing.ThingName ");
    names[0] = '\0';
    policy_missing(slice_from(document), &nobody, "iot:Publish", keep_missing, names);
    assert_string_equal(names, "iot:ClientId aws:SourceIp iot:Certificate.Subject.CommonName "
                               "iot:Connection.Thing.ThingName ");
    names[0] = '\0';
    policy_missing(slice_from(document), &nobody, "iot:Connect", keep_missing, names);
    policy_missing(slice_from("{"), &nobody, "iot:Publish", keep_missing, names);
    assert_string_equal(names, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minimal_jobs_policy_lets_a_device_do_its_job),
        cmocka_unit_test(minimal_jobs_policy_keeps_devices_apart),
        cmocka_unit_test(wildcards_match_any_text_and_one_character),
        cmocka_unit_test(mqtt_wildcards_are_plain_characters),
        cmocka_unit_test(star_alone_matches_every_resource),
        cmocka_unit_test(actions_do_not_care_about_case_but_resources_do),
        cmocka_unit_test(variables_stand_for_what_is_known_of_the_connection),
        cmocka_unit_test(variable_without_value_matches_nothing),
        cmocka_unit_test(values_of_variables_are_never_patterns),
        cmocka_unit_test(escapes_are_the_characters_themselves),
        cmocka_unit_test(json_escapes_in_strings_are_decoded),
        cmocka_unit_test(explicit_deny_wins_in_any_order),
        cmocka_unit_test(decisions_of_documents_combine),
        cmocka_unit_test(one_statement_needs_no_array),
        cmocka_unit_test(condition_bool_asks_whether_the_thing_is_attached),
        cmocka_unit_test(condition_strings_compare_with_known_keys),
        cmocka_unit_test(what_is_not_understood_is_refused_and_never_allows),
        cmocka_unit_test(one_bad_statement_spoils_the_document),
        cmocka_unit_test(size_counts_characters_without_white_space),
        cmocka_unit_test(many_stars_do_not_blow_up),
        cmocka_unit_test(nearest_statement_is_named),
        cmocka_unit_test(missing_values_are_named),
        cmocka_unit_test(broken_documents_are_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
