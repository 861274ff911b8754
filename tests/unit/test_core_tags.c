/* SPDX-License-Identifier: MIT */
/* Tags: docs/protocol.md 5.9, limits of section 4. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/registry/billing_groups.h"
#include "cloud/core/registry/thing_types.h"
#include "fakes/core_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define POLICY                                                                                               \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"iot:Connect\","           \
    "\"Resource\":\"*\"}]}"

#define CA_ID "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const struct expected_version any_version;

static struct tag_list one_tag(const char *key, const char *value)
{
    return (struct tag_list){.items = {{key, value}}, .count = 1};
}

static int add(struct fixture *fx, const char *arn, const struct tag_list *tags)
{
    return FIXTURE_RUN(fx, tags_add(fx->core, arn, tags, &fx->error));
}

static int remove_one(struct fixture *fx, const char *arn, const char *key)
{
    struct tag_list tags = one_tag(key, NULL);
    return FIXTURE_RUN(fx, tags_remove(fx->core, arn, &tags, &fx->error));
}

static void add_text(void *ctx, const struct tag *tag)
{
    struct fixture *fx = ctx;
    fixture_add(fx, tag->key);
    fixture_add(fx, "=");
    fixture_add(fx, tag->value);
    fixture_add(fx, "; ");
}

static const char *tags_of(struct fixture *fx, const char *arn)
{
    fx->brief[0] = '\0';
    if (FIXTURE_RUN(fx, tags_list(fx->core, arn, add_text, fx, &fx->error))) {
        return "none";
    }
    return fx->brief;
}

static void make_job(struct fixture *fx, const char *id, const struct tag_list *tags)
{
    assert_int_equal(fixture_try_job(fx, id, "lamp", (struct job_create){.tags = tags}), CORE_OK);
}

#define JOB FIXTURE_ARN("job", "j")

static void life_of_tags(void **state)
{
    struct fixture *fx = *state;
    struct tag_list two = {.items = {{"stage", "test"}, {"Stage", NULL}}, .count = 2};
    fixture_thing(fx, "lamp");
    make_job(fx, "j", &two);
    assert_string_equal(tags_of(fx, JOB), "Stage=; stage=test; "); /* case counts */
    struct tag_list again = {.items = {{"stage", "live"}, {"owner", "me \xc3\xa4"}}, .count = 2};
    assert_int_equal(add(fx, JOB, &again), CORE_OK);
    assert_string_equal(tags_of(fx, JOB), "Stage=; owner=me \xc3\xa4; stage=live; ");
    assert_int_equal(remove_one(fx, JOB, "Stage"), CORE_OK);
    assert_int_equal(remove_one(fx, JOB, "nothing"), CORE_OK);
    assert_string_equal(tags_of(fx, JOB), "owner=me \xc3\xa4; stage=live; ");
    struct tag_list none = {.count = 0};
    assert_int_equal(add(fx, JOB, &none), CORE_OK);
}

static void limits_of_tags(void **state)
{
    struct fixture *fx = *state;
    char key_128[129], key_129[130], value_256[257], value_257[258], umlauts_128[257];
    memset(key_129, 'k', 129);
    key_129[129] = '\0';
    snprintf(key_128, sizeof key_128, "%.128s", key_129);
    memset(value_257, 'v', 257);
    value_257[257] = '\0';
    snprintf(value_256, sizeof value_256, "%.256s", value_257);
    umlauts_128[0] = '\0';
    for (int i = 0; i < 128; i++) {
        strcat(umlauts_128, "\xc3\xa4");
    }
    const struct {
        struct tag_list tags;
        int code;
    } rows[] = {
        {one_tag(key_128, value_256), CORE_OK},
        {one_tag(umlauts_128, umlauts_128), CORE_OK},
        {one_tag("a Z0_.:/=+-@", "any \" % '; text"), CORE_OK},
        {one_tag("AW:x", "aw"), CORE_OK},
        {one_tag(key_129, "v"), CORE_INVALID_REQUEST},
        {one_tag("k", value_257), CORE_INVALID_REQUEST},
        {one_tag("", "v"), CORE_INVALID_REQUEST},
        {one_tag("a,b", "v"), CORE_INVALID_REQUEST},
        {one_tag("a\nb", "v"), CORE_INVALID_REQUEST},
        {one_tag("a\xe2\x80\x8f", "v"), CORE_INVALID_REQUEST}, /* U+200F, a format character */
        {one_tag("aws:k", "v"), CORE_INVALID_REQUEST},
        {one_tag("AWS:k", "v"), CORE_INVALID_REQUEST},
        {one_tag("k", "aws:v"), CORE_INVALID_REQUEST},
        {{.items = {{"k", "1"}, {"l", "1"}, {"k", "2"}}, .count = 3}, CORE_INVALID_REQUEST},
        {{.items = {{"k", "1"}}, .count = TAGS_MAX + 1}, CORE_LIMIT_EXCEEDED},
    };
    fixture_thing(fx, "lamp");
    make_job(fx, "j", NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int code = add(fx, JOB, &rows[i].tags);
        if (code != rows[i].code) {
            fail_msg("row %zu: %d %s", i, code, fx->error.message);
        }
        /* and in the same way at the creation, which then makes nothing */
        code = fixture_try_job(fx, "new", "lamp", (struct job_create){.tags = &rows[i].tags});
        assert_int_equal(code, rows[i].code);
        assert_string_equal(fixture_job_state(fx, "new"), code ? "none" : "IN_PROGRESS");
        FIXTURE_RUN(fx, jobs_delete(fx->core, "new", true, &fx->error));
    }
}

static void fifty_tags(void **state)
{
    struct fixture *fx = *state;
    struct tag_list fifty = {.count = TAGS_MAX};
    char keys[TAGS_MAX][24];
    for (size_t i = 0; i < TAGS_MAX; i++) {
        snprintf(keys[i], sizeof keys[i], "k%zu", i);
        fifty.items[i] = (struct tag){keys[i], "v"};
    }
    fixture_thing(fx, "lamp");
    make_job(fx, "j", &fifty);
    assert_int_equal(add(fx, JOB, &fifty), CORE_OK); /* the same ones */
    struct tag_list more = {.items = {{"k0", "changed"}, {"another", "v"}}, .count = 2};
    assert_int_equal(add(fx, JOB, &more), CORE_LIMIT_EXCEEDED);
    assert_null(strstr(tags_of(fx, JOB), "another"));
    assert_null(strstr(tags_of(fx, JOB), "changed")); /* nothing of a call that fails */
    assert_int_equal(remove_one(fx, JOB, "k7"), CORE_OK);
    assert_int_equal(add(fx, JOB, &more), CORE_OK);
}

static void resources(void **state)
{
    struct fixture *fx = *state;
    struct tag_list tags = one_tag("k", "v");
    struct thing_type_properties none = {0};
    struct thing_type type;
    struct billing_group group;
    struct policy policy;
    fixture_thing(fx, "r");
    fixture_thing(fx, "lamp");
    make_job(fx, "r", &tags);
    FIXTURE_OK(fx, thing_types_create(fx->core, "r", &none, &tags, &type, &fx->error));
    FIXTURE_OK(fx, billing_groups_create(fx->core, "r", NULL, &tags, &group, &fx->error));
    FIXTURE_OK(fx, policies_create(fx->core, "r", slice_from(POLICY), &tags, &policy, &fx->error));
    struct ca_certificate ca = {.status = "INACTIVE", .mode = "DEFAULT", .pem = (char *)"PEM", .tags = &tags};
    snprintf(ca.id, sizeof ca.id, "%s", CA_ID);
    FIXTURE_OK(fx, ca_certificates_add(fx->core, &ca, &fx->error));
    thing_type_clear(&type);
    billing_group_clear(&group);
    policy_clear(&policy);
    const char *taggable[] = {FIXTURE_ARN("job", "r"), FIXTURE_ARN("thingtype", "r"),
                              FIXTURE_ARN("billinggroup", "r"), FIXTURE_ARN("policy", "r"),
                              FIXTURE_ARN("cacert", CA_ID)};
    for (size_t i = 0; i < COUNT(taggable); i++) {
        struct tag_list own = one_tag("i", i % 2 ? "odd" : "even");
        assert_int_equal(add(fx, taggable[i], &own), CORE_OK);
        assert_string_equal(tags_of(fx, taggable[i]), i % 2 ? "i=odd; k=v; " : "i=even; k=v; ");
    }
    const struct {
        const char *arn;
        int code;
    } rows[] = {
        {FIXTURE_ARN("thing", "r"), CORE_INVALID_REQUEST},
        {FIXTURE_ARN("cert", "r"), CORE_INVALID_REQUEST},
        {FIXTURE_ARN("thinggroup", "r"), CORE_INVALID_REQUEST},
        {"arn:aws:iot:us-east-1:999999999999:job/r", CORE_INVALID_REQUEST},
        {"arn:aws:iot:eu-west-1:123456789012:job/r", CORE_INVALID_REQUEST},
        {"arn:aws-cn:iot:us-east-1:123456789012:job/r", CORE_INVALID_REQUEST},
        {"r", CORE_INVALID_REQUEST},
        {"", CORE_INVALID_REQUEST},
        {FIXTURE_ARN("job", "none"), CORE_NOT_FOUND},
        {FIXTURE_ARN("job", ""), CORE_NOT_FOUND},
        {FIXTURE_ARN("policy", "r/r"), CORE_NOT_FOUND},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(add(fx, rows[i].arn, &tags), rows[i].code);
        assert_int_equal(remove_one(fx, rows[i].arn, "k"), rows[i].code);
        assert_int_equal(FIXTURE_RUN(fx, tags_list(fx->core, rows[i].arn, add_text, fx, &fx->error)),
                         rows[i].code);
    }
}

/* A resource that is made again under its name begins without tags. */
static void tags_go_with_their_resource(void **state)
{
    struct fixture *fx = *state;
    struct tag_list tags = one_tag("k", "v");
    struct thing_type_properties none = {0};
    struct thing_type type;
    struct billing_group group;
    fixture_thing(fx, "lamp");
    make_job(fx, "j", &tags);
    FIXTURE_OK(fx, jobs_delete(fx->core, "j", true, &fx->error));
    assert_string_equal(tags_of(fx, JOB), "none");
    make_job(fx, "j", NULL);
    assert_string_equal(tags_of(fx, JOB), "");
    for (int i = 0; i < 2; i++) {
        FIXTURE_OK(fx, thing_types_create(fx->core, "t", &none, i ? NULL : &tags, &type, &fx->error));
        FIXTURE_OK(fx, billing_groups_create(fx->core, "b", NULL, i ? NULL : &tags, &group, &fx->error));
        thing_type_clear(&type);
        billing_group_clear(&group);
        assert_string_equal(tags_of(fx, FIXTURE_ARN("thingtype", "t")), i ? "" : "k=v; ");
        assert_string_equal(tags_of(fx, FIXTURE_ARN("billinggroup", "b")), i ? "" : "k=v; ");
        struct ca_certificate ca = {
            .status = "INACTIVE", .mode = "DEFAULT", .pem = (char *)"PEM", .tags = i ? NULL : &tags};
        struct policy policy;
        snprintf(ca.id, sizeof ca.id, "%s", CA_ID);
        FIXTURE_OK(fx, ca_certificates_add(fx->core, &ca, &fx->error));
        FIXTURE_OK(fx, policies_create(fx->core, "p", slice_from(POLICY), ca.tags, &policy, &fx->error));
        policy_clear(&policy);
        assert_string_equal(tags_of(fx, FIXTURE_ARN("cacert", CA_ID)), i ? "" : "k=v; ");
        assert_string_equal(tags_of(fx, FIXTURE_ARN("policy", "p")), i ? "" : "k=v; ");
        FIXTURE_OK(fx, ca_certificates_delete(fx->core, CA_ID, &fx->error));
        FIXTURE_OK(fx, policies_delete(fx->core, "p", &fx->error));
        FIXTURE_OK(fx, thing_types_deprecate(fx->core, "t", false, &fx->error));
        FIXTURE_OK(fx, thing_types_delete(fx->core, "t", &fx->error));
        FIXTURE_OK(fx, billing_groups_delete(fx->core, "b", any_version, &fx->error));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(life_of_tags),
        TEST(limits_of_tags),
        TEST(fifty_tags),
        TEST(resources),
        TEST(tags_go_with_their_resource),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
