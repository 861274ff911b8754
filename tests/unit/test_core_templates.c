/* SPDX-License-Identifier: MIT */
/* Provisioning templates, their versions and their claims: docs/protocol.md 5.9. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/provisioning/claims.h"
#include "cloud/core/provisioning/templates.h"
#include "cloud/core/registry/tags.h"
#include "fakes/core_fixture.h"

#define BODY                                                                                                 \
    "{\"Resources\":{\"c\":{\"Type\":\"AWS::IoT::Certificate\",\"Properties\":{\"CertificateId\":"           \
    "{\"Ref\":\"AWS::IoT::Certificate::Id\"}}}}}"
#define OTHER_BODY BODY " "
#define ROLE       "arn:aws:iam::123456789012:role/any"
#define ID         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER_ID   "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static int try_create(struct fixture *fx, struct template_create create)
{
    struct template made;
    create.name = create.name ? create.name : "t";
    create.role_arn = create.role_arn ? create.role_arn : ROLE;
    create.body = create.body.ptr ? create.body : slice_from(BODY);
    int code = FIXTURE_RUN(fx, templates_create(fx->core, &create, &made, &fx->error));
    assert_true(code || (made.default_version == 1 && made.body));
    template_clear(&made);
    return code;
}

static void create(struct fixture *fx, const char *name)
{
    assert_int_equal(try_create(fx, (struct template_create){.name = name, .is_enabled = true}), CORE_OK);
}

static void expect_refused(struct fixture *fx, struct template_create create, const char *sentence)
{
    assert_int_equal(try_create(fx, create), CORE_INVALID_REQUEST);
    if (!strstr(fx->error.message, sentence)) {
        fail_msg("'%s' has no '%s'", fx->error.message, sentence);
    }
}

static void describe(struct fixture *fx, const char *name, struct template *out)
{
    FIXTURE_OK(fx, templates_describe(fx->core, name, out, &fx->error));
}

/* --- Templates --- */

static void created_and_described(void **state)
{
    struct fixture *fx = *state;
    struct template got;
    const struct tag_list tags = {.items = {{"team", "a"}}, .count = 1};
    assert_int_equal(try_create(fx, (struct template_create){.description = "lamps",
                                                             .is_enabled = true,
                                                             .hook = {.url = "http://127.0.0.1:9/h"},
                                                             .tags = &tags}),
                     CORE_OK);
    describe(fx, "t", &got);
    assert_string_equal(got.name, "t");
    assert_string_equal(got.arn, FIXTURE_ARN("provisioningtemplate", "t"));
    assert_string_equal(got.description, "lamps");
    assert_string_equal(got.role_arn, ROLE);
    assert_string_equal(got.body, BODY);
    assert_string_equal(got.hook_url, "http://127.0.0.1:9/h");
    assert_string_equal(got.hook_version, "2020-04-01");
    assert_true(got.is_enabled);
    assert_int_equal(got.default_version, 1);
    assert_int_equal(got.created_at_ms, FIXTURE_START_MS);
    assert_int_equal(got.last_modified_at_ms, FIXTURE_START_MS);
    template_clear(&got);
    assert_int_equal(try_create(fx, (struct template_create){0}), CORE_ALREADY_EXISTS);
    assert_string_equal(fx->error.resource, FIXTURE_ARN("provisioningtemplate", "t"));
    assert_int_equal(FIXTURE_RUN(fx, templates_describe(fx->core, "u", &got, &fx->error)), CORE_NOT_FOUND);
    assert_int_equal(FIXTURE_RUN(fx, templates_describe(fx->core, "a b", &got, &fx->error)),
                     CORE_INVALID_REQUEST);
}

static void what_is_refused(void **state)
{
    struct fixture *fx = *state;
    char text[2100];
    memset(text, 'x', sizeof text);
    text[501] = '\0';
    expect_refused(fx, (struct template_create){.description = text}, "at most 500");
    expect_refused(fx, (struct template_create){.description = "a\nb"}, "control character");
    text[501] = 'x', text[2049] = '\0';
    expect_refused(fx, (struct template_create){.role_arn = text}, "20 to 2048");
    expect_refused(fx, (struct template_create){.role_arn = "arn"}, "20 to 2048");
    expect_refused(fx, (struct template_create){.name = ""}, "1 to 36");
    expect_refused(fx, (struct template_create){.name = "1234567890123456789012345678901234567"}, "1 to 36");
    expect_refused(fx, (struct template_create){.name = "a.b"}, "1 to 36");
    expect_refused(fx, (struct template_create){.body = slice_from("{}")}, "no AWS::IoT::Certificate");
    expect_refused(
        fx, (struct template_create){.hook = {.url = "http://localhost/", .payload_version = "2019-01-01"}},
        "payloadVersion is 2020-04-01");
    assert_int_equal(try_create(fx, (struct template_create){.name = "123456789012345678901234567890123456"}),
                     CORE_OK);
}

/* The service asks nobody but this machine. */
static void hooks_stay_on_this_machine(void **state)
{
    struct fixture *fx = *state;
    static const char *const bad[] = {
        "arn:aws:lambda:us-east-1:123456789012:function:hook",
        "https://127.0.0.1/",
        "http://example.com/",
        "http://192.168.1.2/",
        "http://localhost.example.com/",
        "http://127.0.0.1@example.com/",
        "http://127.0.0.1:80@example.com/",
        "http://example.com:80/?127.0.0.1",
        "http://[::1/",
        "http://[::1",
        "http://[",
        "http://[::2]/",
        "http://[127.0.0.1]/",
        "http://::1/",
        "http://127.0.0.1:/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:65536/",
        "http://127.0.0.1:123456/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nHost: x",
        "http://127.0.0.1?x",
        "http://",
        "http:/",
        "",
    };
    static const char *const good[] = {
        "http://127.0.0.1",          "http://127.0.0.1:65535", "http://127.1.2.3:1/hook?x=y",
        "http://localhost:8080/a/b", "http://[::1]:8080/",     "http://[::1]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (try_create(fx, (struct template_create){.hook = {.url = bad[i]}}) != CORE_INVALID_REQUEST ||
            !strstr(fx->error.message, "http://127.0.0.1:PORT/PATH")) {
            fail_msg("'%s': %s", bad[i], fx->error.message);
        }
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char name[20];
        snprintf(name, sizeof name, "t%zu", i);
        if (try_create(fx, (struct template_create){.name = name, .hook = {.url = good[i]}})) {
            fail_msg("'%s': %s", good[i], fx->error.message);
        }
    }
}

static void add_name(void *ctx, const struct template *template)
{
    strcat(strcat(ctx, template->name), " ");
    assert_null(template->body);
}

static void listed_by_page(void **state)
{
    struct fixture *fx = *state;
    char names[100] = "", next[CORE_KEY_CAP];
    create(fx, "c");
    create(fx, "a");
    create(fx, "b");
    FIXTURE_OK(fx, templates_list(fx->core, NULL, 2, add_name, names, next, &fx->error));
    assert_string_equal(names, "a b ");
    assert_string_equal(next, "b");
    names[0] = '\0';
    FIXTURE_OK(fx, templates_list(fx->core, "b", 2, add_name, names, next, &fx->error));
    assert_string_equal(names, "c ");
    assert_string_equal(next, "");
    assert_int_equal(FIXTURE_RUN(fx, templates_list(fx->core, NULL, 0, add_name, names, next, &fx->error)),
                     CORE_INVALID_REQUEST);
}

static int update(struct fixture *fx, struct template_update update)
{
    return FIXTURE_RUN(fx, templates_update(fx->core, "t", &update, &fx->error));
}

static void what_is_not_given_stays(void **state)
{
    struct fixture *fx = *state;
    struct template got;
    struct template_version version;
    assert_int_equal(update(fx, (struct template_update){0}), CORE_NOT_FOUND);
    assert_int_equal(try_create(fx, (struct template_create){.description = "d", .is_enabled = true}),
                     CORE_OK);
    fx->now_ms += 5;
    assert_int_equal(update(fx, (struct template_update){.hook = {.url = "http://localhost/"}}), CORE_OK);
    describe(fx, "t", &got);
    assert_string_equal(got.description, "d");
    assert_string_equal(got.hook_url, "http://localhost/");
    assert_true(got.is_enabled);
    assert_int_equal(got.created_at_ms, FIXTURE_START_MS);
    assert_int_equal(got.last_modified_at_ms, FIXTURE_START_MS + 5);
    template_clear(&got);

    FIXTURE_OK(fx,
               template_versions_create(fx->core, "t", slice_from(OTHER_BODY), false, &version, &fx->error));
    assert_int_equal(version.number, 2);
    assert_false(version.is_default);
    template_version_clear(&version);
    assert_int_equal(update(fx, (struct template_update){.description = "e",
                                                         .role_arn = ROLE "2",
                                                         .has_enabled = true,
                                                         .default_version = 2,
                                                         .removes_hook = true}),
                     CORE_OK);
    describe(fx, "t", &got);
    assert_string_equal(got.description, "e");
    assert_string_equal(got.role_arn, ROLE "2");
    assert_string_equal(got.body, OTHER_BODY);
    assert_null(got.hook_url);
    assert_null(got.hook_version);
    assert_false(got.is_enabled);
    assert_int_equal(got.default_version, 2);
    template_clear(&got);

    assert_int_equal(update(fx, (struct template_update){.default_version = 3}), CORE_NOT_FOUND);
    assert_int_equal(update(fx, (struct template_update){.hook = {.url = "http://example.com"}}),
                     CORE_INVALID_REQUEST);
    assert_int_equal(
        update(fx, (struct template_update){.hook = {.url = "http://localhost"}, .removes_hook = true}),
        CORE_INVALID_REQUEST);
    assert_int_equal(update(fx, (struct template_update){.role_arn = ""}), CORE_INVALID_REQUEST);
}

/* --- Versions --- */

static void add_number(void *ctx, const struct template_version *version)
{
    char *text = ctx;
    sprintf(text + strlen(text), "%lld%s ", (long long)version->number, version->is_default ? "*" : "");
}

static void expect_versions(struct fixture *fx, const char *wanted)
{
    char text[100] = "";
    FIXTURE_OK(fx, template_versions_list(fx->core, "t", add_number, text, &fx->error));
    assert_string_equal(text, wanted);
}

static int add_version(struct fixture *fx, const char *body, bool is_default)
{
    struct template_version version;
    int code = FIXTURE_RUN(
        fx, template_versions_create(fx->core, "t", slice_from(body), is_default, &version, &fx->error));
    assert_true(code || (version.is_default == is_default && strcmp(version.body, body) == 0));
    template_version_clear(&version);
    return code;
}

static int drop(struct fixture *fx, const char *version)
{
    return FIXTURE_RUN(fx, template_versions_delete(fx->core, "t", version, &fx->error));
}

static void versions(void **state)
{
    struct fixture *fx = *state;
    struct template_version got;
    assert_int_equal(add_version(fx, BODY, false), CORE_NOT_FOUND);
    create(fx, "t");
    assert_int_equal(add_version(fx, "{}", false), CORE_INVALID_REQUEST);
    assert_int_equal(add_version(fx, OTHER_BODY, true), CORE_OK);
    expect_versions(fx, "2* 1 ");
    assert_int_equal(add_version(fx, BODY, false), CORE_OK);
    assert_int_equal(add_version(fx, BODY, false), CORE_OK);
    assert_int_equal(add_version(fx, BODY, false), CORE_OK);
    assert_int_equal(add_version(fx, BODY, true), CORE_LIMIT_EXCEEDED);
    expect_versions(fx, "5 4 3 2* 1 ");
    assert_int_equal(drop(fx, "2"), CORE_DELETE_CONFLICT);
    assert_int_equal(drop(fx, "9"), CORE_NOT_FOUND);
    assert_int_equal(drop(fx, "0"), CORE_INVALID_REQUEST);
    assert_int_equal(drop(fx, "x"), CORE_INVALID_REQUEST);
    assert_int_equal(drop(fx, "5"), CORE_OK);
    assert_int_equal(add_version(fx, BODY, false), CORE_OK);
    expect_versions(fx, "6 4 3 2* 1 "); /* a number is never used twice */
    FIXTURE_OK(fx, template_versions_describe(fx->core, "t", "2", &got, &fx->error));
    assert_string_equal(got.body, OTHER_BODY);
    assert_true(got.is_default);
    assert_int_equal(got.created_at_ms, FIXTURE_START_MS);
    template_version_clear(&got);
    assert_int_equal(FIXTURE_RUN(fx, template_versions_describe(fx->core, "u", "2", &got, &fx->error)),
                     CORE_NOT_FOUND);
    FIXTURE_OK(fx, templates_delete(fx->core, "t", &fx->error));
    assert_int_equal(FIXTURE_RUN(fx, templates_delete(fx->core, "t", &fx->error)), CORE_NOT_FOUND);
    create(fx, "t");
    expect_versions(fx, "1* ");
}

static void add_tag(void *ctx, const struct tag *tag)
{
    strcat(strcat(ctx, tag->key), " ");
}

static void tags(void **state)
{
    struct fixture *fx = *state;
    const char *arn = FIXTURE_ARN("provisioningtemplate", "t");
    const struct tag_list two = {.items = {{"a", "1"}, {"b", "2"}}, .count = 2};
    char keys[100] = "";
    assert_int_equal(FIXTURE_RUN(fx, tags_add(fx->core, arn, &two, &fx->error)), CORE_NOT_FOUND);
    assert_int_equal(try_create(fx, (struct template_create){.tags = &two}), CORE_OK);
    FIXTURE_OK(fx, tags_list(fx->core, arn, add_tag, keys, &fx->error));
    assert_string_equal(keys, "a b ");
    FIXTURE_OK(fx, templates_delete(fx->core, "t", &fx->error));
    create(fx, "t");
    keys[0] = '\0';
    FIXTURE_OK(fx, tags_list(fx->core, arn, add_tag, keys, &fx->error));
    assert_string_equal(keys, ""); /* they went with the template */
}

/* --- Claims --- */

static int add_claim(struct fixture *fx, const char *template, const char *id, int64_t *expires_at_ms)
{
    char pem[] = "PEM";
    struct certificate new = {.pem = pem, .status = "INACTIVE"};
    snprintf(new.id, sizeof new.id, "%s", id);
    return FIXTURE_RUN(fx, claims_add(fx->core, template, &new, expires_at_ms, &fx->error));
}

static bool has_certificate(struct fixture *fx, const char *id)
{
    struct certificate got;
    int code = FIXTURE_RUN(fx, certificates_describe(fx->core, id, &got, &fx->error));
    assert_true(code == CORE_NOT_FOUND || (code == CORE_OK && strcmp(got.status, "ACTIVE") == 0));
    certificate_clear(&got);
    return code == CORE_OK;
}

static void add_id(void *ctx, const struct certificate *certificate)
{
    strncat(ctx, certificate->id, 1);
}

static void add_policy(void *ctx, const struct policy *policy)
{
    struct policy *kept = ctx;
    assert_false(kept->name[0]);
    snprintf(kept->name, sizeof kept->name, "%s", policy->name);
    kept->document = policy->document ? strdup(policy->document) : NULL;
}

/* AWS: five minutes, and ListCertificates does not show it. */
static void a_claim_lasts_five_minutes(void **state)
{
    struct fixture *fx = *state;
    int64_t expires_at_ms = 0;
    char ids[10] = "", next[CORE_KEY_CAP];
    assert_int_equal(add_claim(fx, "t", ID, &expires_at_ms), CORE_NOT_FOUND);
    create(fx, "t");
    assert_int_equal(add_claim(fx, "t", ID, &expires_at_ms), CORE_OK);
    assert_int_equal(expires_at_ms, FIXTURE_START_MS + 5 * 60 * 1000);
    assert_int_equal(fixture_next_due(fx), expires_at_ms);
    for (int is_ascending = 0; is_ascending < 2; is_ascending++) {
        const struct core_page page = {NULL, 10, is_ascending};
        FIXTURE_OK(fx, certificates_list(fx->core, NULL, &page, add_id, ids, next, &fx->error));
        assert_string_equal(ids, "");
    }
    fx->now_ms = expires_at_ms - 1;
    fixture_run_due(fx);
    assert_true(has_certificate(fx, ID));
    fx->now_ms++;
    fixture_run_due(fx);
    assert_false(has_certificate(fx, ID));
    assert_int_equal(fixture_next_due(fx), INT64_MAX);
}

/* The rights of a claim: what registering needs, and no policy that anybody could see, change or take. */
static void rights_of_a_claim(void **state)
{
    struct fixture *fx = *state;
    struct policy got = {0};
    int64_t at;
    char next[CORE_KEY_CAP];
    const char *arn = FIXTURE_ARN("cert", ID);
    const struct core_page page = {NULL, 10, true}, down = {NULL, 10, false};
    create(fx, "t");
    assert_int_equal(add_claim(fx, "t", ID, &at), CORE_OK);
    assert_int_equal(add_claim(fx, "t", OTHER_ID, &at), CORE_OK);
    FIXTURE_OK(fx, policies_list(fx->core, &page, add_policy, &got, next, &fx->error));
    FIXTURE_OK(fx, policies_list(fx->core, &down, add_policy, &got, next, &fx->error));
    FIXTURE_OK(fx, policies_of_target(fx->core, arn, &page, add_policy, &got, next, &fx->error));
    FIXTURE_OK(fx, policies_of_target(fx->core, arn, &down, add_policy, &got, next, &fx->error));
    FIXTURE_OK(fx, policies_effective(fx->core, arn, NULL, add_policy, &got, &fx->error));
    static const char *const wanted[] = {
        "arn:aws:iot:us-east-1:123456789012:topic/$aws/certificates/create/*",
        "arn:aws:iot:us-east-1:123456789012:topic/$aws/certificates/create-from-csr/*",
        "arn:aws:iot:us-east-1:123456789012:topic/$aws/provisioning-templates/t/provision/*",
        "arn:aws:iot:us-east-1:123456789012:topicfilter/$aws/provisioning-templates/t/provision/*",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_non_null(strstr(got.document, wanted[i]));
    }
    assert_int_equal(FIXTURE_RUN(fx, policies_delete(fx->core, got.name, &fx->error)), CORE_INVALID_REQUEST);
    assert_int_equal(FIXTURE_RUN(fx, policies_attach(fx->core, got.name, arn, &fx->error)),
                     CORE_INVALID_REQUEST);
    policy_clear(&got);
    struct policy again;
    assert_int_equal(FIXTURE_RUN(fx, policies_get(fx->core, "$claim/t", &again, &fx->error)),
                     CORE_INVALID_REQUEST);
}

/* Nobody registers by a template that is gone. */
static void claims_go_with_their_template(void **state)
{
    struct fixture *fx = *state;
    int64_t at;
    create(fx, "t");
    create(fx, "u");
    assert_int_equal(add_claim(fx, "t", ID, &at), CORE_OK);
    assert_int_equal(add_claim(fx, "u", OTHER_ID, &at), CORE_OK);
    FIXTURE_OK(fx, templates_delete(fx->core, "t", &fx->error));
    assert_false(has_certificate(fx, ID));
    assert_true(has_certificate(fx, OTHER_ID));
    assert_int_equal(fixture_next_due(fx), at);
    create(fx, "t");
    assert_int_equal(add_claim(fx, "t", ID, &at), CORE_OK); /* again, with its policy */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(created_and_described, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(what_is_refused, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(hooks_stay_on_this_machine, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(listed_by_page, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(what_is_not_given_stays, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(versions, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(tags, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_claim_lasts_five_minutes, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(rights_of_a_claim, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(claims_go_with_their_template, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
