/* SPDX-License-Identifier: MIT */
/* Fleet provisioning step by step, over the real domain and the real authority: docs/protocol.md 7. */
// LINK: cloud_provisioning_plane cloud_pki jansson crypto
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/provisioning/templates.h"
#include "cloud/mqtt/cbor.h"
#include "cloud/mqtt/provisioning_plane.h"
#include "fakes/core_fixture.h"
#include "fakes/x509_maker.h"

#define CLAIM "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define FLEET "$aws/provisioning-templates/fleet/provision/json"
#define HOUR  (60 * 60 * 1000)
#define BODY                                                                                                 \
    "{\"Parameters\":{\"SerialNumber\":{\"Type\":\"String\"},\"Room\":{\"Type\":\"String\",\"Default\":"     \
    "\"cellar\"},"                                                                                           \
    "\"AWS::IoT::Certificate::Id\":{\"Type\":\"String\"}},\"Resources\":{"                                   \
    "\"thing\":{\"Type\":\"AWS::IoT::Thing\",\"Properties\":{\"ThingName\":{\"Ref\":\"SerialNumber\"},"      \
    "\"AttributePayload\":{\"room\":{\"Ref\":\"Room\"}}}},"                                                  \
    "\"certificate\":{\"Type\":\"AWS::IoT::Certificate\",\"Properties\":{"                                   \
    "\"CertificateId\":{\"Ref\":\"AWS::IoT::Certificate::Id\"},\"Status\":\"Active\"}}},"                    \
    "\"DeviceConfiguration\":{\"site\":\"north\"}}"

static struct pki *pki;
static char folder[32];

/* --- World --- */

static int open_authority(void **state)
{
    static const char *const names[] = {"localhost"};
    char why[200] = "";
    (void)state;
    strcpy(folder, "/tmp/plane_pki_XXXXXX");
    assert_non_null(mkdtemp(folder));
    pki = pki_open(folder, names, 1, why, sizeof why);
    return pki ? 0 : -1;
}

static int close_authority(void **state)
{
    static const char *const files[] = {"ca.pem", "ca.key", "server.pem", "server.key"};
    (void)state;
    pki_close(pki);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static void make_template(struct fixture *fx, const char *hook, bool is_enabled)
{
    struct template made;
    const struct template_create create = {
        .name = "fleet",
        .body = slice_from(BODY),
        .role_arn = "arn:aws:iam::123456789012:role/x",
        .is_enabled = is_enabled,
        .hook = {.url = hook},
    };
    assert_true(core_begin(fx->core));
    if (templates_create(fx->core, &create, &made, &fx->error) != CORE_OK) {
        fail_msg("templates_create: %s", fx->error.message);
    }
    template_clear(&made);
    fixture_finish(fx);
}

/* --- A request --- */

static struct provisioning_call *ask(struct fixture *fx, const char *topic, const char *payload)
{
    const struct provisioning_asker asker = {slice_from(topic), slice_from(payload), "claimant", CLAIM};
    struct provisioning_call *call = provisioning_call_open(fx->core, &asker);
    assert_non_null(call);
    return call;
}

static void serve(struct fixture *fx, struct provisioning_call *call)
{
    assert_int_equal(call->step, PROVISIONING_SERVE);
    assert_true(core_begin(fx->core));
    provisioning_serve(call);
    fixture_finish(fx);
}

/* The answer, and the end of the call: "accepted" or "rejected", with the members. */
static json_t *answer_of(struct provisioning_call *call, const char *kind)
{
    struct device_answer answer;
    char topic[200];
    assert_int_equal(call->step, PROVISIONING_ANSWER);
    provisioning_call_answer(call, &answer);
    snprintf(topic, sizeof topic, "%s/%s", call->topic, kind);
    if (strcmp(answer.topic, topic) != 0) {
        fail_msg("%s: %.*s", answer.topic, (int)answer.payload_len, answer.payload);
    }
    json_t *members = call->target.is_cbor
                          ? cbor_read(answer.payload, answer.payload_len, (char[200]){""}, 200)
                          : json_loadb(answer.payload, answer.payload_len, 0, NULL);
    assert_non_null(members);
    provisioning_answer_clear(&answer);
    provisioning_call_close(call);
    return members;
}

static void expect_rejection(struct provisioning_call *call, const char *wanted)
{
    json_t *members = answer_of(call, "rejected");
    char *text = json_dumps(members, JSON_COMPACT);
    if (strncmp(text, wanted, strlen(wanted)) != 0) {
        fail_msg("%s, not %s", text, wanted);
    }
    free(text);
    json_decref(members);
}

static const char *text_of(const json_t *members, const char *name)
{
    const char *text = json_string_value(json_object_get(members, name));
    return text ? text : "";
}

/* Members of an accepted certificate; the caller decrefs. */
static json_t *create(struct fixture *fx, const char *topic, const char *payload)
{
    struct provisioning_call *call = ask(fx, topic, payload);
    assert_int_equal(call->step, PROVISIONING_WORK);
    provisioning_work(call, pki);
    serve(fx, call);
    return answer_of(call, "accepted");
}

static void assert_status(struct fixture *fx, const char *id, const char *wanted)
{
    struct certificate certificate = {0};
    assert_true(core_begin_read(fx->core));
    enum core_code code = certificates_describe(fx->core, id, &certificate, &fx->error);
    assert_true(core_commit(fx->core));
    assert_string_equal(code == CORE_OK ? certificate.status : "none", wanted);
    certificate_clear(&certificate);
}

static struct provisioning_call *register_thing(struct fixture *fx, const char *token, const char *parameters)
{
    char payload[2000];
    snprintf(payload, sizeof payload, "{\"certificateOwnershipToken\":\"%s\",\"parameters\":%s}", token,
             parameters);
    struct provisioning_call *call = ask(fx, FLEET, payload);
    serve(fx, call);
    return call;
}

static bool has_thing(struct fixture *fx, const char *name)
{
    struct thing thing = {0};
    assert_true(core_begin_read(fx->core));
    enum core_code code = things_describe(fx->core, name, &thing, &fx->error);
    assert_true(core_commit(fx->core));
    thing_clear(&thing);
    return code == CORE_OK;
}

/* --- Certificates --- */

static void keys_come_with_certificate_and_token(void **state)
{
    struct fixture *fx = *state;
    json_t *made = create(fx, "$aws/certificates/create/json", "{}");
    assert_int_equal(json_object_size(made), 4);
    assert_int_equal(strlen(text_of(made, "certificateId")), 64);
    assert_int_equal(strncmp(text_of(made, "certificatePem"), "-----BEGIN CERTIFICATE-----\n", 28), 0);
    assert_int_equal(strncmp(text_of(made, "privateKey"), "-----BEGIN RSA PRIVATE KEY-----\n", 32), 0);
    assert_string_not_equal(text_of(made, "certificateOwnershipToken"), "");
    assert_status(fx, text_of(made, "certificateId"), "PENDING_ACTIVATION");
    json_decref(made);
}

static void csr_comes_back_as_certificate_without_a_key(void **state)
{
    struct fixture *fx = *state;
    struct maker maker = {0};
    maker_request(&maker, "lamp", false);
    json_t *asked = json_pack("{s:s}", "certificateSigningRequest", maker.pem);
    char *payload = json_dumps(asked, 0);
    json_t *made = create(fx, "$aws/certificates/create-from-csr/json", payload);
    assert_int_equal(json_object_size(made), 3);
    assert_string_equal(text_of(made, "privateKey"), "");
    assert_status(fx, text_of(made, "certificateId"), "PENDING_ACTIVATION");
    json_decref(made);
    free(payload);
    json_decref(asked);
    maker_clear(&maker);
}

static void the_answer_has_the_format_of_the_request(void **state)
{
    struct fixture *fx = *state;
    json_t *made = create(fx, "$aws/certificates/create/cbor", "");
    assert_int_equal(json_object_size(made), 4);
    json_decref(made);
    struct provisioning_call *call = ask(fx, "$aws/certificates/create/cbor", "x");
    expect_rejection(
        call, "{\"statusCode\":400,\"errorCode\":\"InvalidRequest\",\"errorMessage\":\"the payload is not "
              "usable as CBOR at byte ");
}

static void bad_csr_is_refused_with_words(void **state)
{
    struct fixture *fx = *state;
    struct provisioning_call *call =
        ask(fx, "$aws/certificates/create-from-csr/json", "{\"certificateSigningRequest\":\"hello\"}");
    assert_int_equal(call->step, PROVISIONING_WORK);
    provisioning_work(call, pki);
    expect_rejection(call, "{\"statusCode\":400,\"errorCode\":\"InvalidRequest\",\"errorMessage\":"
                           "\"certificateSigningRequest: ");
}

static void what_is_not_kept_is_not_accepted(void **state)
{
    struct fixture *fx = *state;
    struct provisioning_call *call = ask(fx, "$aws/certificates/create/json", "");
    provisioning_work(call, pki);
    serve(fx, call);
    provisioning_call_not_kept(call);
    expect_rejection(
        call, "{\"statusCode\":500,\"errorCode\":\"InternalError\",\"errorMessage\":\"the service could not "
              "store this request; try again\"}");
}

static void too_many_are_refused(void **state)
{
    struct fixture *fx = *state;
    struct provisioning_call *call = ask(fx, "$aws/certificates/create/json", "");
    provisioning_call_throttle(call);
    expect_rejection(call, "{\"statusCode\":429,\"errorCode\":\"RequestThrottled\",");
}

/* The rate of all devices together counts these requests, too. */
static void the_rate_limit_counts(void **state)
{
    (void)state;
    struct fixture fx = {.requests_per_s = 1};
    fixture_open(&fx, ":memory:");
    struct provisioning_call *first = ask(&fx, "$aws/certificates/create/json", "");
    assert_int_equal(first->step, PROVISIONING_WORK);
    provisioning_call_close(first);
    expect_rejection(ask(&fx, "$aws/certificates/create/json", ""),
                     "{\"statusCode\":429,\"errorCode\":\"RequestThrottled\",");
    fixture_close(&fx);
}

/* --- RegisterThing --- */

static void a_token_makes_a_thing_once(void **state)
{
    struct fixture *fx = *state;
    make_template(fx, NULL, true);
    json_t *made = create(fx, "$aws/certificates/create/json", "");
    const char *token = text_of(made, "certificateOwnershipToken");
    json_t *answer = answer_of(register_thing(fx, token, "{\"SerialNumber\":\"lamp\"}"), "accepted");
    json_t *wanted = json_pack("{s:{s:s},s:s}", "deviceConfiguration", "site", "north", "thingName", "lamp");
    assert_true(json_equal(answer, wanted));
    assert_status(fx, text_of(made, "certificateId"), "ACTIVE");
    assert_true(has_thing(fx, "lamp"));
    expect_rejection(register_thing(fx, token, "{\"SerialNumber\":\"pump\"}"),
                     "{\"statusCode\":400,\"errorCode\":\"InvalidCertificateOwnershipToken\",");
    assert_false(has_thing(fx, "pump"));
    json_decref(wanted);
    json_decref(answer);
    json_decref(made);
}

static void an_empty_token_is_refused_as_aws_does(void **state)
{
    struct fixture *fx = *state;
    static const char *const payloads[] = {"", "{}", "{\"certificateOwnershipToken\":\"\"}"};
    make_template(fx, NULL, true);
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        struct provisioning_call *call = ask(fx, FLEET, payloads[i]);
        serve(fx, call);
        expect_rejection(
            call, "{\"statusCode\":400,\"errorCode\":\"InvalidCertificateOwnershipToken\",\"errorMessage\":"
                  "\"Certificate ownership token cannot be empty.\"}");
    }
}

static void a_token_lives_an_hour(void **state)
{
    struct fixture *fx = *state;
    make_template(fx, NULL, true);
    json_t *made = create(fx, "$aws/certificates/create/json", "");
    fx->now_ms += HOUR;
    expect_rejection(
        register_thing(fx, text_of(made, "certificateOwnershipToken"), "{\"SerialNumber\":\"lamp\"}"),
        "{\"statusCode\":400,\"errorCode\":\"InvalidCertificateOwnershipToken\",");
    core_run_due(fx->core);
    assert_status(fx, text_of(made, "certificateId"), "none");
    json_decref(made);
}

static void templates_that_are_not_there_or_not_enabled(void **state)
{
    struct fixture *fx = *state;
    json_t *made = create(fx, "$aws/certificates/create/json", "");
    const char *token = text_of(made, "certificateOwnershipToken");
    expect_rejection(register_thing(fx, token, "{}"),
                     "{\"statusCode\":404,\"errorCode\":\"ResourceNotFound\",");
    make_template(fx, NULL, false);
    expect_rejection(register_thing(fx, token, "{\"SerialNumber\":\"lamp\"}"),
                     "{\"statusCode\":400,\"errorCode\":\"InvalidRequest\",");
    assert_false(has_thing(fx, "lamp"));
    assert_status(fx, text_of(made, "certificateId"), "PENDING_ACTIVATION");
    json_decref(made);
}

/* --- Hooks --- */

#define HOOK "http://127.0.0.1:9/hook"

static void hear(struct provisioning_call *call, const char *body)
{
    const struct hook_answer answer = {.status = 200, .body = body, .len = strlen(body)};
    provisioning_hook_answered(call, &answer);
}

static void a_hook_is_asked_before_anything_is_made(void **state)
{
    struct fixture *fx = *state;
    make_template(fx, HOOK, true);
    json_t *made = create(fx, "$aws/certificates/create/json", "");
    struct provisioning_call *call =
        register_thing(fx, text_of(made, "certificateOwnershipToken"), "{\"SerialNumber\":\"lamp\"}");
    assert_int_equal(call->step, PROVISIONING_HOOK);
    assert_string_equal(call->hook_url, HOOK);
    json_t *asked = json_loads(call->hook_request, 0, NULL);
    assert_int_equal(json_object_size(asked), 6);
    assert_string_equal(text_of(asked, "claimCertificateId"), CLAIM);
    assert_string_equal(text_of(asked, "certificateId"), text_of(made, "certificateId"));
    assert_string_equal(text_of(asked, "certificatePem"), text_of(made, "certificatePem"));
    assert_string_equal(text_of(asked, "templateArn"),
                        "arn:aws:iot:us-east-1:123456789012:provisioningtemplate/fleet");
    assert_string_equal(text_of(asked, "clientId"), "claimant");
    assert_string_equal(text_of(json_object_get(asked, "parameters"), "SerialNumber"), "lamp");
    assert_false(has_thing(fx, "lamp"));
    hear(call, "{\"allowProvisioning\":true,\"parameterOverrides\":{\"SerialNumber\":\"pump\"}}");
    serve(fx, call);
    json_t *answer = answer_of(call, "accepted");
    assert_string_equal(text_of(answer, "thingName"), "pump");
    assert_true(has_thing(fx, "pump"));
    assert_false(has_thing(fx, "lamp"));
    json_decref(answer);
    json_decref(asked);
    json_decref(made);
}

static void a_hook_that_says_no_ends_it(void **state)
{
    struct fixture *fx = *state;
    make_template(fx, HOOK, true);
    json_t *made = create(fx, "$aws/certificates/create/json", "");
    struct provisioning_call *call =
        register_thing(fx, text_of(made, "certificateOwnershipToken"), "{\"SerialNumber\":\"lamp\"}");
    assert_int_equal(call->step, PROVISIONING_HOOK);
    hear(call, "{\"allowProvisioning\":false}");
    expect_rejection(call,
                     "{\"statusCode\":403,\"errorCode\":\"AccessDenied\",\"errorMessage\":\"Access Denied: ");
    assert_false(has_thing(fx, "lamp"));
    json_decref(made);
}

/* While the hook thought, the token was used, or the template went. */
static void what_has_changed_behind_the_hook_counts(void **state)
{
    struct fixture *fx = *state;
    make_template(fx, HOOK, true);
    json_t *made = create(fx, "$aws/certificates/create/json", "");
    const char *token = text_of(made, "certificateOwnershipToken");
    struct provisioning_call *first = register_thing(fx, token, "{\"SerialNumber\":\"one\"}");
    struct provisioning_call *second = register_thing(fx, token, "{\"SerialNumber\":\"two\"}");
    hear(first, "{\"allowProvisioning\":true}");
    hear(second, "{\"allowProvisioning\":true}");
    serve(fx, first);
    serve(fx, second);
    json_decref(answer_of(first, "accepted"));
    expect_rejection(second, "{\"statusCode\":400,\"errorCode\":\"InvalidCertificateOwnershipToken\",");
    assert_false(has_thing(fx, "two"));
    json_decref(made);

    made = create(fx, "$aws/certificates/create/json", "");
    struct provisioning_call *third =
        register_thing(fx, text_of(made, "certificateOwnershipToken"), "{\"SerialNumber\":\"three\"}");
    hear(third, "{\"allowProvisioning\":true}");
    assert_true(core_begin(fx->core));
    assert_int_equal(templates_delete(fx->core, "fleet", &fx->error), CORE_OK);
    fixture_finish(fx);
    serve(fx, third);
    expect_rejection(third, "{\"statusCode\":404,\"errorCode\":\"ResourceNotFound\",");
    assert_false(has_thing(fx, "three"));
    json_decref(made);
}

/* Whoever gives a template a stricter hook is obeyed from then on, also by those whom the old one has just let in. */
static void another_hook_is_asked_as_well(void **state)
{
    struct fixture *fx = *state;
    make_template(fx, HOOK, true);
    json_t *made = create(fx, "$aws/certificates/create/json", "");
    struct provisioning_call *call =
        register_thing(fx, text_of(made, "certificateOwnershipToken"), "{\"SerialNumber\":\"lamp\"}");
    hear(call, "{\"allowProvisioning\":true,\"parameterOverrides\":{\"SerialNumber\":\"pump\"}}");
    const struct template_update update = {.hook = {.url = HOOK "/strict"}};
    assert_true(core_begin(fx->core));
    assert_int_equal(templates_update(fx->core, "fleet", &update, &fx->error), CORE_OK);
    fixture_finish(fx);
    serve(fx, call);
    assert_int_equal(call->step, PROVISIONING_HOOK);
    assert_string_equal(call->hook_url, HOOK "/strict");
    assert_false(has_thing(fx, "pump"));
    hear(call, "{\"allowProvisioning\":true}");
    serve(fx, call);
    json_t *answer = answer_of(call, "accepted");
    assert_string_equal(text_of(answer, "thingName"), "lamp");
    assert_false(has_thing(fx, "pump"));
    json_decref(answer);
    json_decref(made);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(keys_come_with_certificate_and_token),
        TEST(csr_comes_back_as_certificate_without_a_key),
        TEST(the_answer_has_the_format_of_the_request),
        TEST(bad_csr_is_refused_with_words),
        TEST(what_is_not_kept_is_not_accepted),
        TEST(too_many_are_refused),
        cmocka_unit_test(the_rate_limit_counts),
        TEST(a_token_makes_a_thing_once),
        TEST(an_empty_token_is_refused_as_aws_does),
        TEST(a_token_lives_an_hour),
        TEST(templates_that_are_not_there_or_not_enabled),
        TEST(a_hook_is_asked_before_anything_is_made),
        TEST(a_hook_that_says_no_ends_it),
        TEST(what_has_changed_behind_the_hook_counts),
        TEST(another_hook_is_asked_as_well),
    };
    return cmocka_run_group_tests(tests, open_authority, close_authority);
}
