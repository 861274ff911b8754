/* SPDX-License-Identifier: MIT */
/* How long patterns of policies take, in comparisons, and several resources in one reading (docs/protocol.md 8). */
// LINK: cloud_policy
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/access/policy_pattern.h"

#include <stdio.h>
#include <string.h>

static char aaa[513]; /* 512 times an a */
static char client[129];

static int make_texts(void **state)
{
    (void)state;
    memset(aaa, 'a', sizeof(aaa) - 1);
    memset(client, 'a', sizeof(client) - 1);
    return 0;
}

/* `piece` so many times, then `end`. */
static const char *repeat(const char *piece, int times, const char *end)
{
    static char text[4000];
    text[0] = '\0';
    for (int i = 0; i < times; i++) {
        strcat(text, piece);
    }
    return strcat(text, end);
}

static bool matches(const char *pattern, const char *text, size_t *steps)
{
    size_t left = *steps;
    const struct policy_context context = {.client_id = client, .certificate_cn = "", .steps_left = &left};
    const struct policy_pattern whole = {.text = pattern, .has_wildcards = true, .has_variables = true};
    bool is_match = policy_pattern_matches(&whole, text, &context, NULL);
    *steps -= left;
    return is_match;
}

/* The places of the pattern, one for its end, times those of the text: whatever stars, variables and ends there are. */
static void no_pattern_takes_longer_than_its_length_times_the_texts(void **state)
{
    (void)state;
    const struct {
        const char *piece, *end;
        size_t length; /* of the piece, with values; a variable itself counts, too */
        int times;
    } rows[] = {
        {"*", "b", 1, 500},
        {"a*", "b", 2, 500},
        {"*a", "b", 2, 500},
        {"*?", "b", 2, 500},
        {"*aaaaaaaaaaaaaaaa", "b", 17, 100},
        {"*aaaaaaaaaaaaaaab", "", 17, 100},
        {"*${iot:ClientId}", "b", 130, 100},
        {"*${iot:ClientId}${iot:ClientId}", "b", 259, 50},
        {"${iot:ClientId}*", "b", 130, 100},
        {"*${iot:Certificate.Subject.CommonName}", "b", 2, 50},
        {"*a*${iot:Certificate.Subject.CommonName}${iot:Certificate.Subject.CommonName}b", "", 6, 50},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t pattern_length = rows[i].length * (size_t)rows[i].times + strlen(rows[i].end);
        size_t most = (pattern_length + 1) * sizeof(aaa);
        size_t steps = most + 1;
        assert_false(matches(repeat(rows[i].piece, rows[i].times, rows[i].end), aaa, &steps));
        assert_in_range(steps, 1, most);
    }
}

static void without_steps_nothing_matches(void **state)
{
    (void)state;
    static const char *const patterns[] = {"aa", "a?", "*", "*a", "${iot:ClientId}"};
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        const char *text = i < 4 ? "aa" : client;
        size_t needed = SIZE_MAX;
        assert_true(matches(patterns[i], text, &needed));
        for (size_t steps = 0; steps < needed; steps++) {
            size_t given = steps;
            assert_false(matches(patterns[i], text, &given));
            assert_int_equal(given, steps); /* all of them */
        }
        size_t given = needed;
        assert_true(matches(patterns[i], text, &given));
    }
}

#define ALLOW(resource) "{\"Effect\":\"Allow\",\"Action\":\"iot:Publish\",\"Resource\":" resource "}"
#define ONLY_FOR_X                                                                                           \
    "{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\","                                             \
    "\"Condition\":{\"StringEquals\":{\"iot:ClientId\":\"x\"}}}"
#define DENY(resource) "{\"Effect\":\"Deny\",\"Action\":\"iot:Publish\",\"Resource\":" resource "}"

/* As if each was asked about alone. */
static void each_resource_is_decided_by_itself(void **state)
{
    (void)state;
    static const char *const documents[] = {
        ALLOW("[\"arn:a\",\"arn:b*\"]") "," DENY("\"arn:bad\""),
        DENY("\"arn:bad\"") "," ALLOW("\"arn:b*\"") "," ALLOW("\"arn:a\""),
        DENY("\"*\"") "," ALLOW("\"*\""),
        ALLOW("\"*\"") ",{}",
        "{\"Effect\":\"Allow\",\"Action\":\"iot:Receive\",\"Resource\":\"*\"}",
        ONLY_FOR_X,
    };
    static const enum policy_decision expected[][4] = {
        {POLICY_ALLOW, POLICY_EXPLICIT_DENY, POLICY_ALLOW, POLICY_IMPLICIT_DENY},
        {POLICY_ALLOW, POLICY_EXPLICIT_DENY, POLICY_ALLOW, POLICY_IMPLICIT_DENY},
        {POLICY_EXPLICIT_DENY, POLICY_EXPLICIT_DENY, POLICY_EXPLICIT_DENY, POLICY_EXPLICIT_DENY},
        {POLICY_EXPLICIT_DENY, POLICY_EXPLICIT_DENY, POLICY_EXPLICIT_DENY, POLICY_EXPLICIT_DENY},
        {POLICY_IMPLICIT_DENY, POLICY_IMPLICIT_DENY, POLICY_IMPLICIT_DENY, POLICY_IMPLICIT_DENY},
        {POLICY_IMPLICIT_DENY, POLICY_IMPLICIT_DENY, POLICY_IMPLICIT_DENY, POLICY_IMPLICIT_DENY},
    };
    static const char *const resources[] = {"arn:a", "arn:bad", "arn:b", "arn:c"};
    const struct policy_context context = {.client_id = "lamp"};
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        char text[600];
        enum policy_decision decisions[4];
        snprintf(text, sizeof(text), "{\"Version\":\"2012-10-17\",\"Statement\":[%s]}", documents[i]);
        policy_evaluate_each(slice_from(text), &context, "iot:Publish", resources, 4, decisions);
        for (size_t r = 0; r < 4; r++) {
            assert_int_equal(decisions[r], expected[i][r]);
            assert_int_equal(
                policy_evaluate(slice_from(text), &context, "iot:Publish", resources[r], NULL, 0),
                expected[i][r]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_pattern_takes_longer_than_its_length_times_the_texts),
        cmocka_unit_test(without_steps_nothing_matches),
        cmocka_unit_test(each_resource_is_decided_by_itself),
    };
    return cmocka_run_group_tests(tests, make_texts, NULL);
}
