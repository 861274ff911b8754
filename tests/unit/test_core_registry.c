/* SPDX-License-Identifier: MIT */
/* Things, certificates and policies: docs/protocol.md 5.7 and 5.8, limits of section 4. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/core_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ID_A         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B         "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define POLICY                                                                                               \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"iot:Connect\","           \
    "\"Resource\":\"*\"}]}"

/* --- Things --- */

static int create_thing(struct fixture *fx, const char *name, const char *attributes, struct thing *thing)
{
    struct thing_create create = {.name = name, .attributes = slice_from(attributes)};
    return FIXTURE_RUN(fx, things_create(fx->core, &create, thing, &fx->error));
}

static void new_thing(void **state)
{
    struct fixture *fx = *state;
    struct thing thing;
    struct thing again;
    assert_int_equal(create_thing(fx, "lamp:1_a-B", NULL, &thing), CORE_OK);
    assert_string_equal(thing.name, "lamp:1_a-B");
    assert_string_equal(thing.arn, FIXTURE_ARN("thing", "lamp:1_a-B"));
    assert_string_equal(thing.attributes, "{}");
    assert_int_equal(thing.version, 1);
    assert_int_equal(strlen(thing.id), 36);
    assert_int_equal(thing.id[14], '4'); /* a random UUID says so */
    FIXTURE_OK(fx, things_describe(fx->core, "lamp:1_a-B", &again, &fx->error));
    assert_string_equal(again.id, thing.id);
    assert_string_equal(again.attributes, "{}");
    thing_clear(&again);
    assert_int_equal(create_thing(fx, "other", NULL, &again), CORE_OK);
    assert_string_not_equal(again.id, thing.id);
    thing_clear(&again);
    thing_clear(&thing);
}

static void same_thing_again(void **state)
{
    struct fixture *fx = *state;
    struct thing thing;
    struct thing again;
    assert_int_equal(create_thing(fx, "lamp", "{\"a\":\"1\",\"b\":\"\"}", &thing), CORE_OK);
    assert_int_equal(create_thing(fx, "lamp", " {\"b\" : \"\" , \"a\":\"\\u0031\"}", &again), CORE_OK);
    assert_string_equal(again.id, thing.id);
    assert_string_equal(again.attributes, "{\"a\":\"1\",\"b\":\"\"}");
    thing_clear(&again);
    const char *others[] = {NULL, "{}", "{\"a\":\"1\"}", "{\"a\":\"2\",\"b\":\"\"}",
                            "{\"a\":\"1\",\"c\":\"\"}"};
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_int_equal(create_thing(fx, "lamp", others[i], &again), CORE_ALREADY_EXISTS);
        assert_string_equal(fx->error.resource, FIXTURE_ARN("thing", "lamp"));
        assert_null(again.attributes);
    }
    FIXTURE_OK(fx, things_describe(fx->core, "lamp", &again, &fx->error));
    assert_string_equal(again.attributes, "{\"a\":\"1\",\"b\":\"\"}");
    thing_clear(&again);
    thing_clear(&thing);
}

static void thing_names(void **state)
{
    struct fixture *fx = *state;
    char name_128[129];
    char name_129[130];
    memset(name_128, 'n', 128);
    name_128[128] = '\0';
    memset(name_129, 'n', 129);
    name_129[129] = '\0';
    const struct {
        const char *name;
        int code;
    } rows[] = {{"a", CORE_OK},
                {"jobs", CORE_OK},
                {name_128, CORE_OK},
                {name_129, CORE_INVALID_REQUEST},
                {"", CORE_INVALID_REQUEST},
                {"a.b", CORE_INVALID_REQUEST},
                {"a/b", CORE_INVALID_REQUEST},
                {"a+", CORE_INVALID_REQUEST},
                {"#", CORE_INVALID_REQUEST},
                {"$aws", CORE_INVALID_REQUEST},
                {"a b", CORE_INVALID_REQUEST},
                {"\xc3\xa4", CORE_INVALID_REQUEST}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct thing thing;
        assert_int_equal(create_thing(fx, rows[i].name, NULL, &thing), rows[i].code);
        thing_clear(&thing);
        int described = FIXTURE_RUN(fx, things_describe(fx->core, rows[i].name, &thing, &fx->error));
        assert_int_equal(described, rows[i].code);
        thing_clear(&thing);
    }
    struct thing thing;
    assert_int_equal(FIXTURE_RUN(fx, things_describe(fx->core, "nobody", &thing, &fx->error)),
                     CORE_NOT_FOUND);
    /* the ARN of the longest name fits where it is told */
    assert_int_equal(create_thing(fx, name_128, "{\"a\":\"b\"}", &thing), CORE_ALREADY_EXISTS);
    assert_int_equal(strlen(fx->error.resource), strlen(FIXTURE_ARN("thing", "")) + 128);
}

static void attributes(void **state)
{
    struct fixture *fx = *state;
    char value_800[820];
    char value_801[820];
    char name_128[160];
    char name_129[160];
    snprintf(value_800, sizeof value_800, "{\"a\":\"%0800d\"}", 0);
    snprintf(value_801, sizeof value_801, "{\"a\":\"%0801d\"}", 0);
    snprintf(name_128, sizeof name_128, "{\"%0128d\":\"v\"}", 0);
    snprintf(name_129, sizeof name_129, "{\"%0129d\":\"v\"}", 0);
    const struct {
        const char *text;
        int code;
    } rows[] = {
        {"{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"}", CORE_OK},
        {"{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\",\"d\":\"4\"}", CORE_INVALID_REQUEST},
        {"{\"aZ0_.,@/:#-\":\"aZ0_.,@/:#-\"}", CORE_OK},
        {value_800, CORE_OK},
        {value_801, CORE_INVALID_REQUEST},
        {name_128, CORE_OK},
        {name_129, CORE_INVALID_REQUEST},
        {"{\"\":\"1\"}", CORE_INVALID_REQUEST},
        {"{\"a b\":\"1\"}", CORE_INVALID_REQUEST},
        {"{\"a\":\"b c\"}", CORE_INVALID_REQUEST},
        {"{\"a\":\"\\u0000\"}", CORE_INVALID_REQUEST},
        {"{\"a\":1}", CORE_INVALID_REQUEST},
        {"{\"a\":null}", CORE_INVALID_REQUEST},
        {"{\"a\":\"1\",\"a\":\"1\"}", CORE_INVALID_REQUEST},
        {"[]", CORE_INVALID_REQUEST},
        {"{", CORE_INVALID_REQUEST},
        {"{}x", CORE_INVALID_REQUEST},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char name[16];
        struct thing thing;
        snprintf(name, sizeof name, "t%zu", i);
        int code = create_thing(fx, name, rows[i].text, &thing);
        if (code != rows[i].code) {
            fail_msg("%s: %d %s", rows[i].text, code, fx->error.message);
        }
        thing_clear(&thing);
    }
}

static void add_name(void *ctx, const struct thing *thing)
{
    strcat(strcat(ctx, thing->name), " ");
    assert_non_null(thing->attributes);
}

static void list_of_things(void **state)
{
    struct fixture *fx = *state;
    const char *names[] = {"c", "a", "b"};
    for (size_t i = 0; i < 3; i++) {
        fixture_thing(fx, names[i]);
    }
    const struct {
        const char *after;
        int64_t limit;
        const char *wanted, *next;
    } rows[] = {
        {NULL, 250, "a b c ", ""}, {"", 3, "a b c ", ""}, {"", 2, "a b ", "b"},
        {"b", 2, "c ", ""},        {"aa", 1, "b ", "b"}, /* its entry is gone: the place is still known */
        {"c", 1, "", ""}};
    char next[CORE_KEY_CAP] = "x";
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[64] = "";
        FIXTURE_OK(
            fx, things_list(fx->core, NULL, rows[i].after, rows[i].limit, add_name, text, next, &fx->error));
        assert_string_equal(text, rows[i].wanted);
        assert_string_equal(next, rows[i].next);
    }
    assert_int_equal(
        FIXTURE_RUN(fx, things_list(fx->core, NULL, NULL, 251, add_name, NULL, next, &fx->error)),
        CORE_INVALID_REQUEST);
}

/* --- Certificates --- */

static int add_certificate(struct fixture *fx, const char *id, const char *status)
{
    struct certificate certificate = {.pem = (char *)"-----BEGIN CERTIFICATE-----\n",
                                      .not_before_s = 1600000000,
                                      .not_after_s = 2524607999};
    snprintf(certificate.id, sizeof certificate.id, "%s", id);
    snprintf(certificate.status, sizeof certificate.status, "%s", status);
    return FIXTURE_RUN(fx, certificates_add(fx->core, &certificate, &fx->error));
}

static void new_certificate(void **state)
{
    struct fixture *fx = *state;
    struct certificate certificate;
    assert_int_equal(add_certificate(fx, ID_A, "INACTIVE"), CORE_OK);
    FIXTURE_OK(fx, certificates_describe(fx->core, ID_A, &certificate, &fx->error));
    assert_string_equal(certificate.id, ID_A);
    assert_string_equal(certificate.arn, FIXTURE_ARN("cert", ID_A));
    assert_string_equal(certificate.status, "INACTIVE");
    assert_string_equal(certificate.pem, "-----BEGIN CERTIFICATE-----\n");
    assert_int_equal(certificate.created_at_ms, FIXTURE_START_MS);
    assert_int_equal(certificate.last_modified_at_ms, FIXTURE_START_MS);
    assert_int_equal(certificate.not_before_s, 1600000000);
    assert_int_equal(certificate.not_after_s, 2524607999);
    certificate_clear(&certificate);
    assert_int_equal(add_certificate(fx, ID_A, "ACTIVE"), CORE_ALREADY_EXISTS);
    assert_string_equal(fx->error.resource, FIXTURE_ARN("cert", ID_A));
    assert_int_equal(add_certificate(fx, "abc", "ACTIVE"), CORE_INVALID_REQUEST);
    assert_int_equal(add_certificate(fx, "A" ID_A, "ACTIVE"), CORE_INVALID_REQUEST);
    assert_int_equal(add_certificate(fx, ID_B, "NEW"), CORE_INVALID_REQUEST);
    assert_int_equal(FIXTURE_RUN(fx, certificates_describe(fx->core, ID_B, &certificate, &fx->error)),
                     CORE_NOT_FOUND);
    struct certificate empty = {.status = "ACTIVE"};
    memcpy(empty.id, ID_B, sizeof empty.id);
    assert_int_equal(FIXTURE_RUN(fx, certificates_add(fx->core, &empty, &fx->error)),
                     CORE_CERTIFICATE_INVALID);
}

static int set_status(struct fixture *fx, const char *id, const char *status)
{
    return FIXTURE_RUN(fx, certificates_update(fx->core, id, status, &fx->error));
}

static void status_of_a_certificate(void **state)
{
    struct fixture *fx = *state;
    struct certificate certificate;
    assert_int_equal(add_certificate(fx, ID_A, "PENDING_ACTIVATION"), CORE_OK);
    assert_int_equal(set_status(fx, ID_A, "PENDING_ACTIVATION"), CORE_INVALID_REQUEST);
    assert_int_equal(set_status(fx, ID_A, "active"), CORE_INVALID_REQUEST);
    assert_int_equal(set_status(fx, ID_B, "ACTIVE"), CORE_NOT_FOUND);
    assert_int_equal(set_status(fx, "x", "ACTIVE"), CORE_INVALID_REQUEST);
    assert_int_equal(set_status(fx, ID_A, "ACTIVE"), CORE_OK);
    assert_int_equal(set_status(fx, ID_A, "INACTIVE"), CORE_OK);
    assert_int_equal(set_status(fx, ID_A, "ACTIVE"), CORE_OK);
    fx->now_ms += 60000;
    assert_int_equal(set_status(fx, ID_A, "REVOKED"), CORE_OK);
    assert_int_equal(set_status(fx, ID_A, "REVOKED"), CORE_OK);
    assert_int_equal(set_status(fx, ID_A, "ACTIVE"), CORE_CERTIFICATE_STATE);
    assert_int_equal(set_status(fx, ID_A, "INACTIVE"), CORE_CERTIFICATE_STATE);
    FIXTURE_OK(fx, certificates_describe(fx->core, ID_A, &certificate, &fx->error));
    assert_string_equal(certificate.status, "REVOKED");
    assert_int_equal(certificate.created_at_ms, FIXTURE_START_MS);
    assert_int_equal(certificate.last_modified_at_ms, fx->now_ms);
    certificate_clear(&certificate);
}

static void attach_to_a_thing(void **state)
{
    struct fixture *fx = *state;
    fixture_thing(fx, "lamp");
    assert_int_equal(add_certificate(fx, ID_A, "INACTIVE"), CORE_OK);
    const struct {
        const char *thing, *principal;
        int code;
    } rows[] = {
        {"lamp", FIXTURE_ARN("cert", ID_A), CORE_OK},
        {"lamp", FIXTURE_ARN("cert", ID_A), CORE_OK},
        {"nobody", FIXTURE_ARN("cert", ID_A), CORE_NOT_FOUND},
        {"a b", FIXTURE_ARN("cert", ID_A), CORE_INVALID_REQUEST},
        {"lamp", FIXTURE_ARN("cert", ID_B), CORE_NOT_FOUND},
        {"lamp", FIXTURE_ARN("cert", "abc"), CORE_INVALID_REQUEST},
        {"lamp", FIXTURE_ARN("thing", "lamp"), CORE_INVALID_REQUEST},
        {"lamp", "arn:aws:iot:us-east-1:210987654321:cert/" ID_A, CORE_INVALID_REQUEST},
        {"lamp", ID_A, CORE_INVALID_REQUEST},
        {"lamp", "", CORE_INVALID_REQUEST},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(
            FIXTURE_RUN(fx, principals_attach(fx->core, rows[i].thing, rows[i].principal, NULL, &fx->error)),
            rows[i].code);
    }
}

/* --- Policies --- */

static int create_policy(struct fixture *fx, const char *name, const char *document)
{
    struct policy policy;
    int code =
        FIXTURE_RUN(fx, policies_create(fx->core, name, slice_from(document), NULL, &policy, &fx->error));
    policy_clear(&policy);
    return code;
}

static void new_policy(void **state)
{
    struct fixture *fx = *state;
    struct policy policy;
    FIXTURE_OK(
        fx, policies_create(fx->core, "a_+=,.@-Z", slice_from(" " POLICY "\n"), NULL, &policy, &fx->error));
    assert_string_equal(policy.name, "a_+=,.@-Z");
    assert_string_equal(policy.arn, FIXTURE_ARN("policy", "a_+=,.@-Z"));
    assert_string_equal(policy.document, " " POLICY "\n");
    policy_clear(&policy);
    FIXTURE_OK(fx, policies_get(fx->core, "a_+=,.@-Z", &policy, &fx->error));
    assert_string_equal(policy.document, " " POLICY "\n");
    policy_clear(&policy);
    assert_int_equal(create_policy(fx, "a_+=,.@-Z", POLICY), CORE_ALREADY_EXISTS);
    assert_string_equal(fx->error.resource, FIXTURE_ARN("policy", "a_+=,.@-Z"));
    assert_int_equal(create_policy(fx, "p", "{}"), CORE_MALFORMED_POLICY);
    assert_true(strlen(fx->error.message) > 0);
    assert_int_equal(create_policy(fx, "p", "{"), CORE_MALFORMED_POLICY);
    assert_int_equal(create_policy(fx, "", POLICY), CORE_INVALID_REQUEST);
    assert_int_equal(create_policy(fx, "a b", POLICY), CORE_INVALID_REQUEST);
    assert_int_equal(create_policy(fx, "a:b", POLICY), CORE_INVALID_REQUEST);
    char name[130];
    memset(name, 'p', 129);
    name[129] = '\0';
    assert_int_equal(create_policy(fx, name, POLICY), CORE_INVALID_REQUEST);
    assert_int_equal(create_policy(fx, name + 1, POLICY), CORE_OK);
    assert_int_equal(FIXTURE_RUN(fx, policies_get(fx->core, "none", &policy, &fx->error)), CORE_NOT_FOUND);
    assert_int_equal(FIXTURE_RUN(fx, policies_get(fx->core, "n n", &policy, &fx->error)),
                     CORE_INVALID_REQUEST);
}

static int attach(struct fixture *fx, const char *policy, const char *target)
{
    return FIXTURE_RUN(fx, policies_attach(fx->core, policy, target, &fx->error));
}

static void attach_to_a_certificate(void **state)
{
    struct fixture *fx = *state;
    assert_int_equal(add_certificate(fx, ID_A, "ACTIVE"), CORE_OK);
    assert_int_equal(create_policy(fx, "p", POLICY), CORE_OK);
    const struct {
        const char *policy, *target;
        int code;
    } rows[] = {
        {"p", FIXTURE_ARN("cert", ID_A), CORE_OK},
        {"p", FIXTURE_ARN("cert", ID_A), CORE_OK},
        {"none", FIXTURE_ARN("cert", ID_A), CORE_NOT_FOUND},
        {"p", FIXTURE_ARN("cert", ID_B), CORE_NOT_FOUND},
        {"p p", FIXTURE_ARN("cert", ID_A), CORE_INVALID_REQUEST},
        {"p", FIXTURE_ARN("thing", "lamp"), CORE_INVALID_REQUEST},
        {"p", FIXTURE_ARN("thinggroup", "all"), CORE_INVALID_REQUEST},
        {"p", "", CORE_INVALID_REQUEST},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(attach(fx, rows[i].policy, rows[i].target), rows[i].code);
    }
    attach(fx, "p", FIXTURE_ARN("thinggroup", "all"));
    assert_non_null(strstr(fx->error.message, "thing groups are not available"));
}

static void ten_policies_per_certificate(void **state)
{
    struct fixture *fx = *state;
    assert_int_equal(add_certificate(fx, ID_A, "ACTIVE"), CORE_OK);
    for (int i = 0; i < 11; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        assert_int_equal(create_policy(fx, name, POLICY), CORE_OK);
        assert_int_equal(attach(fx, name, FIXTURE_ARN("cert", ID_A)), i < 10 ? CORE_OK : CORE_LIMIT_EXCEEDED);
    }
    assert_int_equal(attach(fx, "p9", FIXTURE_ARN("cert", ID_A)), CORE_OK); /* attached already */
}

/* --- The names that everything hangs on --- */

static void region_and_account(void **state)
{
    (void)state;
    const struct {
        const char *region, *account;
        bool is_good;
    } rows[] = {{"eu-west-3", "000000000001", true}, {"EU", "000000000001", false},
                {"", "000000000001", false},         {"eu", "1", false},
                {"eu", "0000000000012", false},      {"eu", "00000000000x", false},
                {"eu:x", "000000000001", false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char why[256] = "";
        struct fixture fx = {.now_ms = FIXTURE_START_MS};
        fx.clock = (struct clock){fixture_now, fixture_now, &fx};
        struct core_config config = {
            .database = ":memory:", .region = rows[i].region, .account = rows[i].account, .clock = &fx.clock};
        fx.core = core_open(&config, why, sizeof why);
        assert_int_equal(fx.core != NULL, rows[i].is_good);
        assert_int_equal(strlen(why) == 0, rows[i].is_good);
        if (fx.core) {
            struct thing thing;
            assert_string_equal(core_region(fx.core), "eu-west-3");
            assert_string_equal(core_account(fx.core), "000000000001");
            assert_int_equal(create_thing(&fx, "t", NULL, &thing), CORE_OK);
            assert_string_equal(thing.arn, "arn:aws:iot:eu-west-3:000000000001:thing/t");
            thing_clear(&thing);
        }
        core_close(fx.core);
    }
}

/* What strangers send comes back in messages; it must not carry control characters into logs and answers. */
static void messages_are_printable(void **state)
{
    struct fixture *fx = *state;
    struct thing thing;
    assert_int_equal(create_thing(fx, "a\x1b[31m\n\xff z", NULL, &thing), CORE_INVALID_REQUEST);
    assert_non_null(strstr(fx->error.message, "'a?[31m?? z'"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_thing),
        TEST(same_thing_again),
        TEST(thing_names),
        TEST(attributes),
        TEST(list_of_things),
        TEST(new_certificate),
        TEST(status_of_a_certificate),
        TEST(attach_to_a_thing),
        TEST(new_policy),
        TEST(attach_to_a_certificate),
        TEST(ten_policies_per_certificate),
        cmocka_unit_test(region_and_account),
        TEST(messages_are_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
