/* SPDX-License-Identifier: MIT */
/* Policies, their versions, their attachments, and what they would allow: docs/protocol.md 5.8 and 8. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/registry/authorization.h"
#include "fakes/core_fixture.h"

#define ID  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ARN FIXTURE_ARN("cert", ID)
#define STATEMENT(effect, action, resource)                                                                  \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"" effect "\",\"Action\":\"" action             \
    "\",\"Resource\":\"" resource "\"}]}"
#define CONNECT STATEMENT("Allow", "iot:Connect", "*")
#define TOPIC   "arn:aws:iot:us-east-1:123456789012:topic/"

static void create(struct fixture *fx, const char *name, const char *document)
{
    struct policy policy;
    FIXTURE_OK(fx, policies_create(fx->core, name, slice_from(document), NULL, &policy, &fx->error));
    policy_clear(&policy);
}

static void add_certificate(struct fixture *fx)
{
    char pem[] = "PEM";
    const struct certificate new = {.id = ID, .status = "ACTIVE", .pem = pem};
    FIXTURE_OK(fx, certificates_add(fx->core, &new, &fx->error));
}

/* --- Versions --- */

static int add_version(struct fixture *fx, const char *document, bool is_default, int64_t *number)
{
    struct policy_version version;
    int code = FIXTURE_RUN(
        fx, policy_versions_create(fx->core, "p", slice_from(document), is_default, &version, &fx->error));
    if (number) {
        *number = version.number;
    }
    assert_true(code || version.is_default == is_default);
    assert_true(code || strcmp(version.document, document) == 0);
    policy_version_clear(&version);
    return code;
}

static int set_default(struct fixture *fx, const char *version)
{
    return FIXTURE_RUN(fx, policy_versions_set_default(fx->core, "p", version, &fx->error));
}

static int drop(struct fixture *fx, const char *version)
{
    return FIXTURE_RUN(fx, policy_versions_delete(fx->core, "p", version, &fx->error));
}

static void see_version(void *ctx, const struct policy_version *version)
{
    char *text = ctx;
    sprintf(text + strlen(text), "%lld%s ", (long long)version->number, version->is_default ? "*" : "");
}

static void expect_versions(struct fixture *fx, const char *wanted, const char *document)
{
    char text[200] = "";
    struct policy policy;
    FIXTURE_OK(fx, policy_versions_list(fx->core, "p", see_version, text, &fx->error));
    assert_string_equal(text, wanted);
    FIXTURE_OK(fx, policies_get(fx->core, "p", &policy, &fx->error));
    assert_string_equal(policy.document, document); /* what the broker plugin reads */
    policy_clear(&policy);
}

static void versions(void **state)
{
    struct fixture *fx = *state;
    const char *other = STATEMENT("Deny", "iot:Connect", "*");
    int64_t number = 0;
    assert_int_equal(add_version(fx, CONNECT, false, NULL), CORE_NOT_FOUND);
    create(fx, "p", CONNECT);
    expect_versions(fx, "1* ", CONNECT);
    assert_int_equal(add_version(fx, other, false, &number), CORE_OK);
    assert_int_equal(number, 2);
    expect_versions(fx, "2 1* ", CONNECT);
    assert_int_equal(add_version(fx, "{}", false, NULL), CORE_MALFORMED_POLICY);
    assert_int_equal(add_version(fx, other, true, &number), CORE_OK);
    expect_versions(fx, "3* 2 1 ", other);
    assert_int_equal(add_version(fx, other, false, NULL), CORE_OK);
    assert_int_equal(add_version(fx, other, false, NULL), CORE_OK);
    assert_int_equal(add_version(fx, other, true, NULL), CORE_LIMIT_EXCEEDED);
    expect_versions(fx, "5 4 3* 2 1 ", other);

    assert_int_equal(drop(fx, "3"), CORE_DELETE_CONFLICT);
    assert_int_equal(drop(fx, "9"), CORE_NOT_FOUND);
    assert_int_equal(drop(fx, "x"), CORE_INVALID_REQUEST);
    assert_int_equal(drop(fx, "-3"), CORE_INVALID_REQUEST);
    assert_int_equal(drop(fx, "99999999999999999999"), CORE_INVALID_REQUEST);
    assert_int_equal(drop(fx, "5"), CORE_OK);
    assert_int_equal(add_version(fx, other, false, &number), CORE_OK);
    assert_int_equal(number, 6); /* never used twice */
    assert_int_equal(set_default(fx, "1"), CORE_OK);
    expect_versions(fx, "6 4 3 2 1* ", CONNECT);
    assert_int_equal(set_default(fx, "5"), CORE_NOT_FOUND);
    assert_int_equal(set_default(fx, ""), CORE_INVALID_REQUEST);
    assert_int_equal(drop(fx, "1"), CORE_DELETE_CONFLICT);

    assert_int_equal(FIXTURE_RUN(fx, policies_delete(fx->core, "p", &fx->error)), CORE_DELETE_CONFLICT);
    assert_non_null(strstr(fx->error.message, "versions"));
    assert_true(!drop(fx, "2") && !drop(fx, "3") && !drop(fx, "4") && !drop(fx, "6"));
    FIXTURE_OK(fx, policies_delete(fx->core, "p", &fx->error));
    assert_int_equal(FIXTURE_RUN(fx, policies_delete(fx->core, "p", &fx->error)), CORE_NOT_FOUND);
    assert_int_equal(drop(fx, "1"), CORE_NOT_FOUND);
    create(fx, "p", other);
    expect_versions(fx, "1* ", other); /* a new one of the name begins anew */
}

static void one_version(void **state)
{
    struct fixture *fx = *state;
    struct policy_version version;
    create(fx, "p", CONNECT);
    fx->now_ms += 5000;
    assert_int_equal(add_version(fx, CONNECT, false, NULL), CORE_OK);
    FIXTURE_OK(fx, policy_versions_get(fx->core, "p", "2", &version, &fx->error));
    assert_int_equal(version.created_at_ms, FIXTURE_START_MS + 5000);
    assert_false(version.is_default);
    assert_int_equal(strlen(version.generation_id), 64);
    policy_version_clear(&version);
    assert_int_equal(FIXTURE_RUN(fx, policy_versions_get(fx->core, "p", "3", &version, &fx->error)),
                     CORE_NOT_FOUND);
    assert_null(version.document);
    assert_int_equal(FIXTURE_RUN(fx, policy_versions_get(fx->core, "q", "1", &version, &fx->error)),
                     CORE_NOT_FOUND);
    assert_int_equal(FIXTURE_RUN(fx, policy_versions_get(fx->core, "q q", "1", &version, &fx->error)),
                     CORE_INVALID_REQUEST);
}

/* --- Attachments --- */

static void see_policy(void *ctx, const struct policy *policy)
{
    char *text = ctx;
    sprintf(text + strlen(text), "%s%s ", policy->name, policy->document ? "+" : "");
}

static void see_target(void *ctx, const char *arn)
{
    char *text = ctx;
    strcat(strcat(text, arn), " ");
}

static void attachments(void **state)
{
    struct fixture *fx = *state;
    char text[600] = "", next[CORE_KEY_CAP] = "", after[CORE_KEY_CAP];
    struct core_page page = {NULL, 2, true};
    add_certificate(fx);
    create(fx, "b", CONNECT);
    create(fx, "a", CONNECT);
    create(fx, "c", CONNECT);
    FIXTURE_OK(fx, policies_list(fx->core, &page, see_policy, text, next, &fx->error));
    memcpy(after, next, sizeof after);
    page.after = after;
    FIXTURE_OK(fx, policies_list(fx->core, &page, see_policy, text, next, &fx->error));
    assert_string_equal(text, "b a c "); /* by creation */
    FIXTURE_OK(fx, policies_attach(fx->core, "c", ARN, &fx->error));
    FIXTURE_OK(fx, policies_attach(fx->core, "a", ARN, &fx->error));
    FIXTURE_OK(fx, policies_attach(fx->core, "b", ARN, &fx->error));

    page = (struct core_page){NULL, 2, true};
    text[0] = '\0';
    FIXTURE_OK(fx, policies_of_target(fx->core, ARN, &page, see_policy, text, next, &fx->error));
    memcpy(after, next, sizeof after);
    page.after = after;
    FIXTURE_OK(fx, policies_of_target(fx->core, ARN, &page, see_policy, text, next, &fx->error));
    assert_string_equal(text, "a b c ");
    page = (struct core_page){NULL, 9, false};
    text[0] = '\0';
    FIXTURE_OK(fx, policies_of_target(fx->core, ARN, &page, see_policy, text, next, &fx->error));
    assert_string_equal(text, "c b a ");
    text[0] = '\0';
    FIXTURE_OK(fx, policies_effective(fx->core, ARN, NULL, see_policy, text, &fx->error));
    assert_string_equal(text, "a+ b+ c+ ");
    assert_int_equal(FIXTURE_RUN(fx, policies_effective(fx->core, ARN, "none", see_policy, text, &fx->error)),
                     CORE_NOT_FOUND);
    text[0] = '\0';
    FIXTURE_OK(fx, policies_targets(fx->core, "a", &page, see_target, text, next, &fx->error));
    assert_string_equal(text, ARN " ");

    assert_int_equal(FIXTURE_RUN(fx, policies_delete(fx->core, "a", &fx->error)), CORE_DELETE_CONFLICT);
    assert_non_null(strstr(fx->error.message, "attached"));
    FIXTURE_OK(fx, policies_detach(fx->core, "a", ARN, &fx->error));
    FIXTURE_OK(fx, policies_detach(fx->core, "a", ARN, &fx->error)); /* what is not attached */
    FIXTURE_OK(fx, policies_delete(fx->core, "a", &fx->error));
    assert_int_equal(FIXTURE_RUN(fx, policies_detach(fx->core, "a", ARN, &fx->error)), CORE_NOT_FOUND);
}

static void targets_that_are_none(void **state)
{
    struct fixture *fx = *state;
    char text[64] = "", next[CORE_KEY_CAP];
    const struct core_page page = {NULL, 2, true};
    const struct {
        const char *target;
        int code;
    } rows[] = {
        {ARN, CORE_NOT_FOUND},
        {"arn:aws:iot:eu-west-1:123456789012:cert/" ID, CORE_INVALID_REQUEST},
        {"arn:aws:iot:us-east-1:210987654321:cert/" ID, CORE_INVALID_REQUEST},
        {FIXTURE_ARN("thinggroup", "all"), CORE_INVALID_REQUEST},
        {"us-east-1:0a1b", CORE_INVALID_REQUEST},
        {"", CORE_INVALID_REQUEST},
    };
    create(fx, "p", CONNECT);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *target = rows[i].target;
        assert_int_equal(FIXTURE_RUN(fx, policies_detach(fx->core, "p", target, &fx->error)), rows[i].code);
        assert_int_equal(
            FIXTURE_RUN(fx, policies_of_target(fx->core, target, &page, see_policy, text, next, &fx->error)),
            rows[i].code);
        assert_int_equal(
            FIXTURE_RUN(fx, policies_effective(fx->core, target, NULL, see_policy, text, &fx->error)),
            rows[i].code);
    }
    assert_int_equal(
        FIXTURE_RUN(fx, policies_targets(fx->core, "none", &page, see_target, text, next, &fx->error)),
        CORE_NOT_FOUND);
}

/* --- What they would say --- */

static enum policy_decision ask(struct fixture *fx, struct authorization_request request, const char *action,
                                const char *first, const char *second)
{
    struct authorization authorization;
    const char *const resources[] = {first, second};
    request.principal = ARN;
    FIXTURE_OK(fx, authorization_open(fx->core, &request, &authorization, &fx->error));
    assert_int_equal(authorization_ask(&authorization, action, resources, second ? 2 : 1, &fx->error),
                     CORE_OK);
    enum policy_decision decision = authorization_of_all(&authorization);
    authorization_clear(&authorization);
    return decision;
}

static void authorization(void **state)
{
    struct fixture *fx = *state;
    struct authorization_request plain = {0};
    add_certificate(fx);
    fixture_thing(fx, "lamp");
    create(fx, "own", STATEMENT("Allow", "iot:Publish", TOPIC "${iot:Connection.Thing.ThingName}"));
    create(fx, "a", STATEMENT("Allow", "iot:Publish", TOPIC "a"));
    create(fx, "no", STATEMENT("Deny", "iot:Publish", TOPIC "b"));
    FIXTURE_OK(fx, policies_attach(fx->core, "own", ARN, &fx->error));
    FIXTURE_OK(fx, policies_attach(fx->core, "a", ARN, &fx->error));
    assert_int_equal(ask(fx, plain, "iot:Publish", TOPIC "a", NULL), POLICY_ALLOW);
    assert_int_equal(ask(fx, plain, "iot:Subscribe", TOPIC "a", NULL), POLICY_IMPLICIT_DENY);
    assert_int_equal(ask(fx, plain, "iot:Publish", TOPIC "a", TOPIC "b"), POLICY_IMPLICIT_DENY);
    assert_int_equal(ask(fx, plain, "iot:Publish", TOPIC "b", TOPIC "a"), POLICY_IMPLICIT_DENY);

    struct authorization_request request = {.add = {{"no"}, 1}};
    assert_int_equal(ask(fx, request, "iot:Publish", TOPIC "a", NULL), POLICY_ALLOW);
    assert_int_equal(ask(fx, request, "iot:Publish", TOPIC "b", TOPIC "c"), POLICY_EXPLICIT_DENY);
    assert_int_equal(ask(fx, request, "iot:Publish", TOPIC "c", TOPIC "b"), POLICY_EXPLICIT_DENY);
    request = (struct authorization_request){.skip = {{"a", "none"}, 2}};
    assert_int_equal(ask(fx, request, "iot:Publish", TOPIC "a", NULL), POLICY_IMPLICIT_DENY);

    request = (struct authorization_request){.client_id = "lamp"};
    assert_int_equal(ask(fx, request, "iot:Publish", TOPIC "lamp", NULL), POLICY_IMPLICIT_DENY);
    FIXTURE_OK(fx, principals_attach(fx->core, "lamp", ARN, NULL, &fx->error));
    assert_int_equal(ask(fx, request, "iot:Publish", TOPIC "lamp", NULL), POLICY_ALLOW);
    assert_int_equal(ask(fx, plain, "iot:Publish", TOPIC "lamp", NULL), POLICY_IMPLICIT_DENY);
    FIXTURE_OK(fx, principals_attach(fx->core, "lamp", ARN, "EXCLUSIVE_THING", &fx->error));
    assert_int_equal(ask(fx, plain, "iot:Publish", TOPIC "lamp", NULL), POLICY_ALLOW);
}

static void authorization_of_strangers(void **state)
{
    struct fixture *fx = *state;
    struct authorization opened;
    struct authorization_request request = {.principal = ARN};
    assert_int_equal(FIXTURE_RUN(fx, authorization_open(fx->core, &request, &opened, &fx->error)),
                     CORE_NOT_FOUND);
    add_certificate(fx);
    request.add = (struct authorization_names){{"none"}, 1};
    assert_int_equal(FIXTURE_RUN(fx, authorization_open(fx->core, &request, &opened, &fx->error)),
                     CORE_NOT_FOUND);
    request.add.names[0] = "a b";
    assert_int_equal(FIXTURE_RUN(fx, authorization_open(fx->core, &request, &opened, &fx->error)),
                     CORE_INVALID_REQUEST);
    request.principal = "somebody";
    assert_int_equal(FIXTURE_RUN(fx, authorization_open(fx->core, &request, &opened, &fx->error)),
                     CORE_INVALID_REQUEST);
    assert_null(opened.policies);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(versions),      TEST(one_version),
        TEST(attachments),   TEST(targets_that_are_none),
        TEST(authorization), TEST(authorization_of_strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
