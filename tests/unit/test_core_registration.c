/* SPDX-License-Identifier: MIT */
/* What a registration makes of a template: docs/protocol.md 7.2. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/provisioning/registration.h"
#include "cloud/core/provisioning/resources.h"
#include "cloud/core/provisioning/template_body.h"
#include "cloud/core/provisioning/templates.h"
#include "cloud/core/registry/billing_groups.h"
#include "cloud/core/registry/thing_types.h"
#include "fakes/provisioning.h"

#define POLICY                                                                                               \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"iot:Connect\","           \
    "\"Resource\":\"*\"}]}"
#define CERTIFICATE(more)                                                                                    \
    "\"certificate\":{\"Type\":\"AWS::IoT::Certificate\",\"Properties\":{\"CertificateId\":"                 \
    "{\"Ref\":\"AWS::IoT::Certificate::Id\"}" more "}}"
#define THING(properties, overrides)                                                                         \
    "\"thing\":{\"Type\":\"AWS::IoT::Thing\",\"Properties\":{" properties                                    \
    "},\"OverrideSettings\":{" overrides "}}"
#define NAME "\"ThingName\":{\"Fn::Sub\":\"lamp-${SerialNumber}\"}"
#define BODY(resources)                                                                                      \
    "{\"Parameters\":{\"SerialNumber\":{\"Type\":\"String\"},\"Room\":{\"Type\":\"String\",\"Default\":"     \
    "\"hall\"}},\"Resources\":{" resources "},\"DeviceConfiguration\":{\"url\":{\"Fn::Sub\":"                \
    "\"https://example.com/${SerialNumber}\"}}}"
#define SEVEN "{\"SerialNumber\":\"7\"}"

static void make_template_with(struct fixture *fx, const char *body, const char *hook)
{
    struct template made;
    const struct template_create create = {.name = "t",
                                           .body = slice_from(body),
                                           .role_arn = "arn:aws:iam::123456789012:role/any",
                                           .is_enabled = true,
                                           .hook = {.url = hook}};
    FIXTURE_OK(fx, templates_create(fx->core, &create, &made, &fx->error));
    template_clear(&made);
}

static void make_template(struct fixture *fx, const char *body)
{
    make_template_with(fx, body, NULL);
}

/* "ok ANSWER", or "CODE SENTENCE". */
static const char *apply_with(struct fixture *fx, const char *token, const char *parameters,
                              const char *overrides)
{
    static char out[4096];
    json_t *given = parameters ? json_loads(parameters, 0, NULL) : NULL;
    json_t *over = overrides ? json_loads(overrides, 0, NULL) : NULL;
    json_t *answer = NULL;
    const struct registration registration = {
        .template_name = slice_from("t"), .token = slice_from(token), .parameters = given};
    int code = FIXTURE_RUN(fx, registration_apply(fx->core, &registration, over, &answer, &fx->error));
    char *text = code ? NULL : json_dumps(answer, JSON_COMPACT | JSON_SORT_KEYS);
    snprintf(out, sizeof out, "%d %s", code, code ? fx->error.message : text);
    free(text);
    json_decref(answer);
    json_decref(given);
    json_decref(over);
    return out;
}

static const char *apply(struct fixture *fx, const char *token, const char *parameters)
{
    return apply_with(fx, token, parameters, NULL);
}

static void expect_failure(struct fixture *fx, const char *got, enum core_code code, const char *sentence)
{
    (void)fx;
    if (atoi(got) != (int)code || !strstr(got, sentence)) {
        fail_msg("'%s' is not %d with '%s'", got, (int)code, sentence);
    }
}

/* "ATTRIBUTES type:TYPE bill:GROUP", or "none". */
static const char *thing_of(struct fixture *fx, const char *name)
{
    static char out[1024];
    struct thing got;
    int code = FIXTURE_RUN(fx, things_describe(fx->core, name, &got, &fx->error));
    snprintf(out, sizeof out, "%s type:%s bill:%s", code ? "none" : got.attributes, got.type,
             got.billing_group);
    thing_clear(&got);
    return code ? "none" : out;
}

static void add_name(void *ctx, const char *name, const char *type)
{
    sprintf((char *)ctx + strlen(ctx), "%s/%s ", name, type);
}

static const char *things_of(struct fixture *fx)
{
    static char out[1024];
    char next[CORE_KEY_CAP];
    const struct core_page page = {NULL, 10, true};
    out[0] = '\0';
    FIXTURE_OK(fx, principals_things(fx->core, ARN, NULL, &page, add_name, out, next, &fx->error));
    return out;
}

static void add_policy(void *ctx, const struct policy *policy)
{
    sprintf((char *)ctx + strlen(ctx), "%s ", policy->name);
}

static const char *policies_of(struct fixture *fx)
{
    static char out[1024];
    out[0] = '\0';
    FIXTURE_OK(fx, policies_effective(fx->core, ARN, NULL, add_policy, out, &fx->error));
    return out;
}

/* --- Registration --- */

static void a_device_becomes_a_thing(void **state)
{
    struct fixture *fx = *state;
    char token[OWNERSHIP_TOKEN_CAP];
    struct policy policy;
    provisioning_pending(fx, token);
    FIXTURE_OK(fx, policies_create(fx->core, "p", slice_from(POLICY), NULL, &policy, &fx->error));
    policy_clear(&policy);
    make_template(
        fx, BODY(CERTIFICATE(",\"Status\":\"Active\"") "," THING(
                NAME ",\"AttributePayload\":{\"room\":{\"Ref\":\"Room\"}},\"ThingGroups\":[]",
                "") ",\"policy\":{\"Type\":\"AWS::IoT::Policy\",\"Properties\":{\"PolicyName\":\"p\"}}"));
    assert_string_equal(
        apply(fx, token, SEVEN),
        "0 {\"deviceConfiguration\":{\"url\":\"https://example.com/7\"},\"thingName\":\"lamp-7\"}");
    assert_string_equal(provisioning_status(fx, ID), "ACTIVE");
    assert_string_equal(thing_of(fx, "lamp-7"), "{\"room\":\"hall\"} type: bill:");
    assert_string_equal(things_of(fx), "lamp-7/NON_EXCLUSIVE_THING ");
    assert_string_equal(policies_of(fx), "p ");
    /* the token is used up, and the certificate stays after its hour */
    assert_int_equal(fixture_next_due(fx), INT64_MAX);
    expect_failure(fx, apply(fx, token, SEVEN), CORE_OWNERSHIP_TOKEN, "not valid");
    fx->now_ms += 60 * 60 * 1000;
    fixture_run_due(fx);
    assert_string_equal(provisioning_status(fx, ID), "ACTIVE");
    assert_int_equal(fixture_next_due(fx), INT64_MAX);
}

/* AWS names it by a hash with the digits of a SHA-1; the same document again is the same policy. */
static void a_policy_document(void **state)
{
    struct fixture *fx = *state;
    char token[OWNERSHIP_TOKEN_CAP];
    provisioning_pending(fx, token);
    make_template(
        fx, BODY(CERTIFICATE(
                "") ",\"a\":{\"Type\":\"AWS::IoT::Policy\",\"Properties\":{\"PolicyDocument\":" POLICY
                    "}},\"b\":{\"Type\":\"AWS::IoT::Policy\",\"Properties\":{\"PolicyDocument\":"
                    "\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\","
                    "\\\"Action\\\":\\\"iot:Connect\\\",\\\"Resource\\\":\\\"*\\\"}]}\"}}"));
    assert_string_equal(apply(fx, token, SEVEN),
                        "0 {\"deviceConfiguration\":{\"url\":\"https://example.com/7\"}}");
    assert_string_equal(policies_of(fx), "B4BE407C9270AC32DC09BB152A8CF90D898DB466 ");
    assert_string_equal(provisioning_status(fx, ID), "ACTIVE"); /* the default */
}

static void what_cannot_be_registered(void **state)
{
    struct fixture *fx = *state;
    char token[OWNERSHIP_TOKEN_CAP];
    provisioning_pending(fx, token);
    expect_failure(fx, apply(fx, token, SEVEN), CORE_NOT_FOUND, "template 't' does not exist");
    make_template(fx, BODY(CERTIFICATE("") "," THING(NAME, "")));
    expect_failure(fx, apply(fx, "", SEVEN), CORE_OWNERSHIP_TOKEN, "cannot be empty");
    expect_failure(fx, apply(fx, "0123", SEVEN), CORE_OWNERSHIP_TOKEN, "not valid");
    expect_failure(fx, apply(fx, token, NULL), CORE_INVALID_REQUEST, "parameter 'SerialNumber' has no value");
    expect_failure(fx, apply(fx, token, "{\"SerialNumber\":7}"), CORE_INVALID_REQUEST, "must be a text");
    expect_failure(fx, apply(fx, token, "{\"SerialNumber\":\"a b\"}"), CORE_INVALID_REQUEST, "lamp-a b");
    const struct template_update off = {.has_enabled = true};
    FIXTURE_OK(fx, templates_update(fx->core, "t", &off, &fx->error));
    expect_failure(fx, apply(fx, token, SEVEN), CORE_INVALID_REQUEST, "is not enabled");
    const struct template_update on = {.has_enabled = true, .is_enabled = true};
    FIXTURE_OK(fx, templates_update(fx->core, "t", &on, &fx->error));
    assert_string_equal(provisioning_status(fx, ID), "PENDING_ACTIVATION");
    assert_int_equal(atoi(apply(fx, token, SEVEN)), CORE_OK); /* the token was not used up by what failed */
}

/* The policy is the last step: what was made before it must not stay. */
static void all_or_nothing(void **state)
{
    struct fixture *fx = *state;
    char token[OWNERSHIP_TOKEN_CAP];
    provisioning_pending(fx, token);
    make_template(fx, BODY(CERTIFICATE("") "," THING(
                          NAME, "") ",\"a\":{\"Type\":\"AWS::IoT::Policy\",\"Properties\":"
                                    "{\"PolicyDocument\":" POLICY
                                    "}},\"policy\":{\"Type\":\"AWS::IoT::Policy\",\"Properties\":"
                                    "{\"PolicyName\":\"p\"}}"));
    expect_failure(fx, apply(fx, token, SEVEN), CORE_NOT_FOUND, "policy 'p' does not exist");
    assert_string_equal(thing_of(fx, "lamp-7"), "none");
    assert_string_equal(provisioning_status(fx, ID), "PENDING_ACTIVATION");
    assert_string_equal(policies_of(fx), "");
    struct policy policy;
    FIXTURE_OK(fx, policies_create(fx->core, "p", slice_from(POLICY), NULL, &policy, &fx->error));
    policy_clear(&policy);
    assert_int_equal(atoi(apply(fx, token, SEVEN)), CORE_OK);
}

static void odd_templates(void **state)
{
    struct fixture *fx = *state;
    char token[OWNERSHIP_TOKEN_CAP];
    static const struct {
        const char *body;
        enum core_code code;
        const char *sentence;
    } cases[] = {
        {BODY(CERTIFICATE(",\"Status\":\"REVOKED\"")), CORE_INVALID_REQUEST, "must be ACTIVE or INACTIVE"},
        {BODY(CERTIFICATE(",\"Status\":\"A very long status\"")), CORE_INVALID_REQUEST,
         "must be ACTIVE or INACTIVE"},
        {BODY(
             CERTIFICATE("") ",\"a\":{\"Type\":\"AWS::IoT::Policy\",\"Properties\":{\"PolicyDocument\":{}}}"),
         CORE_MALFORMED_POLICY, ""},
        {BODY(CERTIFICATE("") "," THING("\"ThingName\":{\"Fn::Split\":[\",\",\"a,b\"]}", "")),
         CORE_INVALID_REQUEST, "ThingName of 'thing' must be a text"},
        {BODY(CERTIFICATE("") "," THING(NAME ",\"ThingTypeName\":\"none\"", "")), CORE_NOT_FOUND,
         "thing type 'none'"},
        {BODY(CERTIFICATE("") "," THING(NAME ",\"AttributePayload\":{\"a b\":\"c\"}", "")),
         CORE_INVALID_REQUEST, ""},
        {BODY(CERTIFICATE(",\"ThingPrincipalType\":\"SOME\"") "," THING(NAME, "")), CORE_INVALID_REQUEST, ""},
        {"{\"Resources\":{\"c\":{\"Type\":\"AWS::IoT::Certificate\",\"Properties\":{\"CertificateId\":"
         "\"" OTHER_ID "\"}}}}",
         CORE_INVALID_REQUEST, "not the certificate that is registered"},
        {"{\"Resources\":{" CERTIFICATE(
             "") "},\"DeviceConfiguration\":{\"a\":{\"Fn::Split\":[\",\",\"a,b\"]}}}",
         CORE_INVALID_REQUEST, "DeviceConfiguration: 'a' must be a text"},
    };
    provisioning_pending(fx, token);
    provisioning_certificate(fx, OTHER_ID, "ACTIVE");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_template(fx, cases[i].body);
        expect_failure(fx, apply(fx, token, SEVEN), cases[i].code, cases[i].sentence);
        FIXTURE_OK(fx, templates_delete(fx->core, "t", &fx->error));
    }
    assert_string_equal(provisioning_status(fx, ID), "PENDING_ACTIVATION");
    make_template(
        fx,
        "{\"Resources\":{" CERTIFICATE(
            ",\"Status\":\"INACTIVE\",\"ThingPrincipalType\":\"EXCLUSIVE_THING\"") "," THING("", "") "}}");
    assert_string_equal(apply(fx, token, NULL), "0 {\"deviceConfiguration\":{},\"thingName\":\"" ID "\"}");
    assert_string_equal(things_of(fx), ID "/EXCLUSIVE_THING ");
    assert_string_equal(provisioning_status(fx, ID), "INACTIVE");
}

/* --- OverrideSettings --- */

static void make_type(struct fixture *fx, const char *name)
{
    struct thing_type type;
    struct thing_type_properties none = {0};
    FIXTURE_OK(fx, thing_types_create(fx->core, name, &none, NULL, &type, &fx->error));
    thing_type_clear(&type);
}

static void make_billing_group(struct fixture *fx, const char *name)
{
    struct billing_group group;
    FIXTURE_OK(fx, billing_groups_create(fx->core, name, NULL, NULL, &group, &fx->error));
    billing_group_clear(&group);
}

static void what_happens_to_a_thing_that_exists(void **state)
{
    struct fixture *fx = *state;
#define NEW NAME ",\"AttributePayload\":{\"room\":\"new\"},\"ThingTypeName\":\"new\",\"BillingGroup\":\"new\""
    static const struct {
        const char *overrides, *thing, *sentence;
    } cases[] = {
        {"", "{\"kept\":\"x\",\"room\":\"old\"} type:old bill:old", NULL},
        {"\"AttributePayload\":\"DO_NOTHING\",\"ThingTypeName\":\"DO_NOTHING\",\"BillingGroup\":\"DO_"
         "NOTHING\"",
         "{\"kept\":\"x\",\"room\":\"old\"} type:old bill:old", NULL},
        {"\"AttributePayload\":\"REPLACE\"", "{\"room\":\"new\"} type:old bill:old", NULL},
        {"\"AttributePayload\":\"MERGE\"", "{\"kept\":\"x\",\"room\":\"new\"} type:old bill:old", NULL},
        {"\"ThingTypeName\":\"REPLACE\"", "{\"kept\":\"x\",\"room\":\"old\"} type:new bill:old", NULL},
        {"\"BillingGroup\":\"REPLACE\"", "{\"kept\":\"x\",\"room\":\"old\"} type:old bill:new", NULL},
        {"\"AttributePayload\":\"FAIL\"", "{\"kept\":\"x\",\"room\":\"old\"} type:old bill:old",
         "another AttributePayload"},
        {"\"ThingTypeName\":\"FAIL\",\"AttributePayload\":\"REPLACE\"",
         "{\"kept\":\"x\",\"room\":\"old\"} type:old bill:old", "another ThingTypeName"},
        {"\"BillingGroup\":\"FAIL\",\"AttributePayload\":\"REPLACE\"",
         "{\"kept\":\"x\",\"room\":\"old\"} type:old bill:old", "another BillingGroup"},
    };
    char token[OWNERSHIP_TOKEN_CAP], body[4096];
    provisioning_pending(fx, token);
    make_type(fx, "old");
    make_type(fx, "new");
    make_billing_group(fx, "old");
    make_billing_group(fx, "new");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct thing thing;
        const struct thing_create old = {.name = "lamp-7",
                                         .attributes = slice_from("{\"room\":\"old\",\"kept\":\"x\"}"),
                                         .type = "old",
                                         .billing_group = "old"};
        FIXTURE_OK(fx, things_create(fx->core, &old, &thing, &fx->error));
        thing_clear(&thing);
        snprintf(body, sizeof body, BODY(CERTIFICATE("") "," THING(NEW, "%s")), cases[i].overrides);
        make_template(fx, body);
        provisioning_issue(fx, ID, token);
        const char *got = apply(fx, token, SEVEN);
        expect_failure(fx, got, cases[i].sentence ? CORE_CONFLICT : CORE_OK,
                       cases[i].sentence ? cases[i].sentence : "lamp-7");
        if (strcmp(thing_of(fx, "lamp-7"), cases[i].thing) != 0) {
            fail_msg("%s: %s", cases[i].overrides, thing_of(fx, "lamp-7"));
        }
        FIXTURE_OK(fx, principals_detach(fx->core, "lamp-7", ARN, &fx->error));
        FIXTURE_OK(fx, things_delete(fx->core, "lamp-7", (struct expected_version){0}, &fx->error));
        FIXTURE_OK(fx, templates_delete(fx->core, "t", &fx->error));
    }
}

/* What the thing does not have cannot be in the way. */
static void a_thing_without_anything_is_filled(void **state)
{
    struct fixture *fx = *state;
    char token[OWNERSHIP_TOKEN_CAP];
    provisioning_pending(fx, token);
    make_type(fx, "new");
    make_billing_group(fx, "new");
    fixture_thing(fx, "lamp-7");
    make_template(fx, BODY(CERTIFICATE("") "," THING(
                          NEW, "\"AttributePayload\":\"MERGE\",\"ThingTypeName\":\"REPLACE\","
                               "\"BillingGroup\":\"REPLACE\"")));
    assert_int_equal(atoi(apply(fx, token, SEVEN)), CORE_OK);
    assert_string_equal(thing_of(fx, "lamp-7"), "{\"room\":\"new\"} type:new bill:new");
}

/* FAIL lets through what is there already as the template has it: a device that registers again after a power cut. */
static void the_same_thing_again_is_no_conflict(void **state)
{
    struct fixture *fx = *state;
    char token[OWNERSHIP_TOKEN_CAP];
    make_template(fx, BODY(CERTIFICATE("") "," THING(NAME ",\"AttributePayload\":{\"room\":\"a\"}",
                                                     "\"AttributePayload\":\"FAIL\"")));
    provisioning_pending(fx, token);
    assert_int_equal(atoi(apply(fx, token, SEVEN)), CORE_OK);
    provisioning_certificate(fx, OTHER_ID, "PENDING_ACTIVATION");
    provisioning_issue(fx, OTHER_ID, token);
    assert_int_equal(atoi(apply(fx, token, SEVEN)), CORE_OK);
}

/* A certificate that waits takes the template's status, whatever is said; another one only by REPLACE. */
static void status_of_a_certificate_that_exists(void **state)
{
    struct fixture *fx = *state;
    static const struct {
        const char *before, *override, *after;
        enum core_code code;
    } cases[] = {
        {"PENDING_ACTIVATION", "DO_NOTHING", "ACTIVE", CORE_OK},
        {"PENDING_ACTIVATION", "FAIL", "ACTIVE", CORE_OK},
        {"INACTIVE", "DO_NOTHING", "INACTIVE", CORE_OK},
        {"INACTIVE", "REPLACE", "ACTIVE", CORE_OK},
        {"INACTIVE", "FAIL", "INACTIVE", CORE_CONFLICT},
        {"ACTIVE", "FAIL", "ACTIVE", CORE_OK},
        {"REVOKED", "REPLACE", "REVOKED", CORE_CERTIFICATE_STATE},
    };
    char token[OWNERSHIP_TOKEN_CAP], body[1000];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        provisioning_certificate(fx, ID, cases[i].before);
        provisioning_issue(fx, ID, token);
        snprintf(body, sizeof body,
                 "{\"Resources\":{\"c\":{\"Type\":\"AWS::IoT::Certificate\",\"Properties\":{"
                 "\"CertificateId\":{\"Ref\":"
                 "\"AWS::IoT::Certificate::Id\"}},\"OverrideSettings\":{\"Status\":\"%s\"}}}}",
                 cases[i].override);
        make_template(fx, body);
        assert_int_equal(atoi(apply(fx, token, SEVEN)), cases[i].code);
        assert_string_equal(provisioning_status(fx, ID), cases[i].after);
        if (strcmp(cases[i].after, "ACTIVE") == 0) {
            FIXTURE_OK(fx, certificates_update(fx->core, ID, "INACTIVE", &fx->error));
        }
        FIXTURE_OK(fx, certificates_delete(fx->core, ID, true, &fx->error));
        FIXTURE_OK(fx, templates_delete(fx->core, "t", &fx->error));
    }
}

/* --- Hooks --- */

static void what_a_hook_is_asked(void **state)
{
    struct fixture *fx = *state;
    char token[OWNERSHIP_TOKEN_CAP];
    char *url, *request;
    json_t *parameters = json_loads(SEVEN, 0, NULL);
    struct registration registration = {.template_name = slice_from("t"),
                                        .parameters = parameters,
                                        .client_id = "device-1",
                                        .claim_certificate_id = OTHER_ID};
    provisioning_pending(fx, token);
    registration.token = slice_from(token);
    make_template_with(fx, BODY(CERTIFICATE("") "," THING(NAME, "")), "http://127.0.0.1:9/hook");
    FIXTURE_OK(fx, registration_check(fx->core, &registration, &url, &request, &fx->error));
    assert_string_equal(url, "http://127.0.0.1:9/hook");
    assert_string_equal(request,
                        "{\"claimCertificateId\":\"" OTHER_ID "\",\"certificateId\":\"" ID
                        "\",\"certificatePem\":\"PEM\",\"templateArn\":\"" FIXTURE_ARN(
                            "provisioningtemplate",
                            "t") "\",\"clientId\":\"device-1\",\"parameters\":{\"SerialNumber\":\"7\"}}");
    free(url);
    free(request);
    registration.token = slice_from("wrong");
    assert_int_equal(FIXTURE_RUN(fx, registration_check(fx->core, &registration, &url, &request, &fx->error)),
                     CORE_OWNERSHIP_TOKEN);
    assert_true(!url && !request);
    const struct template_update none = {.removes_hook = true};
    FIXTURE_OK(fx, templates_update(fx->core, "t", &none, &fx->error));
    registration.token = slice_from(token);
    FIXTURE_OK(fx, registration_check(fx->core, &registration, &url, &request, &fx->error));
    assert_true(!url && !request);
    assert_string_equal(provisioning_status(fx, ID), "PENDING_ACTIVATION"); /* a check changes nothing */
    json_decref(parameters);
}

static void a_hook_overrides_parameters(void **state)
{
    struct fixture *fx = *state;
    char token[OWNERSHIP_TOKEN_CAP];
    provisioning_pending(fx, token);
    make_template(fx, BODY(CERTIFICATE("") "," THING(NAME, "")));
    expect_failure(fx, apply_with(fx, token, SEVEN, "{\"SerialNumber\":8}"), CORE_INVALID_REQUEST,
                   "parameterOverrides");
    assert_string_equal(
        apply_with(fx, token, NULL, "{\"SerialNumber\":\"8\"}"),
        "0 {\"deviceConfiguration\":{\"url\":\"https://example.com/8\"},\"thingName\":\"lamp-8\"}");
}

/* --- RegisterThing over HTTP --- */

static void registered_from_a_body(void **state)
{
    struct fixture *fx = *state;
    struct resources made;
    char pem[] = "PEM";
    struct certificate issued = {.pem = pem, .id = ID, .status = "PENDING_ACTIVATION"};
    json_t *body = template_body_read(
        slice_from(
            "{\"Resources\":{\"c\":{\"Type\":\"AWS::IoT::Certificate\",\"Properties\":"
            "{\"CertificateSigningRequest\":\"CSR\"}},\"thing\":{\"Type\":\"AWS::IoT::Thing\",\"Properties\":"
            "{\"ThingName\":\"lamp\"}},\"p\":{\"Type\":\"AWS::IoT::Policy\",\"Properties\":{\"PolicyName\":"
            "\"p\"}}}}"),
        TEMPLATE_OF_REGISTER_THING, &fx->error);
    json_t *evaluated = template_body_evaluate(body, NULL, NULL, &fx->error);
    assert_string_equal(resources_signing_request(evaluated), "CSR");
    assert_int_equal(FIXTURE_RUN(fx, resources_register(fx->core, evaluated, &issued, &made, &fx->error)),
                     CORE_NOT_FOUND);
    assert_string_equal(provisioning_status(fx, ID), "none"); /* the certificate, too, is part of it */
    struct policy policy;
    FIXTURE_OK(fx, policies_create(fx->core, "p", slice_from(POLICY), NULL, &policy, &fx->error));
    policy_clear(&policy);
    FIXTURE_OK(fx, resources_register(fx->core, evaluated, &issued, &made, &fx->error));
    char *arns = json_dumps(made.arns, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(arns, "{\"c\":\"" ARN "\",\"p\":\"" FIXTURE_ARN(
                                  "policy", "p") "\",\"thing\":\"" FIXTURE_ARN("thing", "lamp") "\"}");
    assert_string_equal(made.certificate_id, ID);
    assert_string_equal(provisioning_status(fx, ID), "ACTIVE");
    free(arns);
    resources_clear(&made);
    json_decref(evaluated);
    json_decref(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_device_becomes_a_thing, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_policy_document, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_registered, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(all_or_nothing, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(odd_templates, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(what_happens_to_a_thing_that_exists, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_thing_without_anything_is_filled, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(the_same_thing_again_is_no_conflict, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(status_of_a_certificate_that_exists, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(what_a_hook_is_asked, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_hook_overrides_parameters, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(registered_from_a_body, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
