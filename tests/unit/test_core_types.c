/* SPDX-License-Identifier: MIT */
/* Types of things and billing groups: docs/protocol.md 5.7, limits of section 4. */
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

static const struct expected_version any_version;

/* --- Types of things --- */

static int create_type(struct fixture *fx, const char *name, const char *description, const char *searchable)
{
    struct thing_type_properties properties = {.description = description,
                                               .searchable = slice_from(searchable)};
    struct thing_type type;
    int code = FIXTURE_RUN(fx, thing_types_create(fx->core, name, &properties, NULL, &type, &fx->error));
    thing_type_clear(&type);
    return code;
}

static int deprecate(struct fixture *fx, const char *name, bool is_undone)
{
    return FIXTURE_RUN(fx, thing_types_deprecate(fx->core, name, is_undone, &fx->error));
}

static int delete_type(struct fixture *fx, const char *name)
{
    return FIXTURE_RUN(fx, thing_types_delete(fx->core, name, &fx->error));
}

static int create_of_type(struct fixture *fx, const char *name, const char *type)
{
    struct thing thing;
    struct thing_create create = {.name = name, .type = type};
    int code = FIXTURE_RUN(fx, things_create(fx->core, &create, &thing, &fx->error));
    thing_clear(&thing);
    return code;
}

static void new_type(void **state)
{
    struct fixture *fx = *state;
    struct thing_type type;
    assert_int_equal(create_type(fx, "bulb:1_-", "a lamp", "[\"watt\",\"base\"]"), CORE_OK);
    FIXTURE_OK(fx, thing_types_describe(fx->core, "bulb:1_-", &type, &fx->error));
    assert_string_equal(type.arn, FIXTURE_ARN("thingtype", "bulb:1_-"));
    assert_int_equal(strlen(type.id), 36);
    assert_string_equal(type.description, "a lamp");
    assert_string_equal(type.searchable, "[\"watt\",\"base\"]");
    assert_int_equal(type.created_at_ms, FIXTURE_START_MS);
    assert_int_equal(type.deprecated_at_ms, 0);
    thing_type_clear(&type);
    assert_int_equal(create_type(fx, "bulb:1_-", "a lamp", "[\"base\",\"watt\"]"), CORE_OK); /* the same */
    const char *others[][2] = {{"another lamp", "[\"base\",\"watt\"]"},
                               {NULL, "[\"base\",\"watt\"]"},
                               {"a lamp", NULL},
                               {"a lamp", "[\"base\"]"}};
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_int_equal(create_type(fx, "bulb:1_-", others[i][0], others[i][1]), CORE_ALREADY_EXISTS);
        assert_string_equal(fx->error.resource, FIXTURE_ARN("thingtype", "bulb:1_-"));
    }
}

static void limits_of_a_type(void **state)
{
    struct fixture *fx = *state;
    char text_2028[2029], text_2029[2030], name_128[140], name_129[140];
    memset(text_2029, '~', 2029);
    text_2029[2029] = '\0';
    snprintf(text_2028, sizeof text_2028, "%.2028s", text_2029);
    snprintf(name_128, sizeof name_128, "[\"%0128d\"]", 0);
    snprintf(name_129, sizeof name_129, "[\"%0129d\"]", 0);
    const struct {
        const char *description, *searchable;
        int code;
    } rows[] = {
        {text_2028, NULL, CORE_OK},
        {text_2029, NULL, CORE_INVALID_REQUEST},
        {"", NULL, CORE_OK},
        {"a\tb", NULL, CORE_INVALID_REQUEST},
        {"\xc3\xa4", NULL, CORE_INVALID_REQUEST},
        {NULL, "[]", CORE_OK},
        {NULL, "[\"a\",\"b\",\"c\"]", CORE_OK},
        {NULL, "[\"a\",\"b\",\"c\",\"d\"]", CORE_INVALID_REQUEST},
        {NULL, "[\"a\",\"a\"]", CORE_INVALID_REQUEST},
        {NULL, "[\"a\",\"A\"]", CORE_OK},
        {NULL, name_128, CORE_OK},
        {NULL, name_129, CORE_INVALID_REQUEST},
        {NULL, "[\"\"]", CORE_INVALID_REQUEST},
        {NULL, "[\"a b\"]", CORE_INVALID_REQUEST},
        {NULL, "[1]", CORE_INVALID_REQUEST},
        {NULL, "{}", CORE_INVALID_REQUEST},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char name[16];
        snprintf(name, sizeof name, "t%zu", i);
        int code = create_type(fx, name, rows[i].description, rows[i].searchable);
        if (code != rows[i].code) {
            fail_msg("row %zu: %d %s", i, code, fx->error.message);
        }
    }
    assert_int_equal(create_type(fx, "a b", NULL, NULL), CORE_INVALID_REQUEST);
    assert_non_null(strstr(fx->error.message, "thing type name"));
}

static void update_of_a_type(void **state)
{
    struct fixture *fx = *state;
    const struct {
        struct thing_type_properties change;
        int code;
        const char *description, *searchable;
    } rows[] = {
        {{.description = "new"}, CORE_OK, "new", "[\"a\"]"},
        {{.searchable = slice_from("[\"b\"]")}, CORE_OK, "new", "[\"b\"]"},
        {{.searchable = slice_from("[\"b b\"]"), .description = "x"}, CORE_INVALID_REQUEST, "new", "[\"b\"]"},
        {{.description = "\n", .searchable = slice_from("[]")}, CORE_INVALID_REQUEST, "new", "[\"b\"]"},
        {{0}, CORE_OK, "new", "[\"b\"]"},
        {{.description = "", .searchable = slice_from("[]")}, CORE_OK, "", "[]"},
    };
    assert_int_equal(create_type(fx, "t", "old", "[\"a\"]"), CORE_OK);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct thing_type type;
        assert_int_equal(FIXTURE_RUN(fx, thing_types_update(fx->core, "t", &rows[i].change, &fx->error)),
                         rows[i].code);
        FIXTURE_OK(fx, thing_types_describe(fx->core, "t", &type, &fx->error));
        assert_string_equal(type.description, rows[i].description);
        assert_string_equal(type.searchable, rows[i].searchable);
        thing_type_clear(&type);
    }
    struct thing_type_properties none = {0};
    assert_int_equal(FIXTURE_RUN(fx, thing_types_update(fx->core, "nothing", &none, &fx->error)),
                     CORE_NOT_FOUND);
}

static void end_of_a_type(void **state)
{
    struct fixture *fx = *state;
    struct thing_type type;
    assert_int_equal(create_type(fx, "bulb", NULL, NULL), CORE_OK);
    assert_int_equal(create_of_type(fx, "lamp", "bulb"), CORE_OK);
    assert_int_equal(delete_type(fx, "bulb"), CORE_INVALID_REQUEST);
    assert_non_null(strstr(fx->error.message, "DeprecateThingType"));

    fx->now_ms += 5;
    assert_int_equal(deprecate(fx, "bulb", false), CORE_OK);
    fx->now_ms += 5;
    assert_int_equal(deprecate(fx, "bulb", false), CORE_OK);
    FIXTURE_OK(fx, thing_types_describe(fx->core, "bulb", &type, &fx->error));
    assert_int_equal(type.deprecated_at_ms, FIXTURE_START_MS + 5); /* the first time */
    thing_type_clear(&type);

    assert_int_equal(create_of_type(fx, "other", "bulb"), CORE_INVALID_REQUEST);
    assert_non_null(strstr(fx->error.message, "deprecated"));
    assert_int_equal(create_of_type(fx, "lamp", "bulb"), CORE_OK); /* it has the type already */
    struct thing_update same = {.name = "lamp", .type = "bulb"};
    assert_int_equal(FIXTURE_RUN(fx, things_update(fx->core, &same, &fx->error)), CORE_OK);
    fixture_thing(fx, "plain");
    struct thing_update give = {.name = "plain", .type = "bulb"};
    assert_int_equal(FIXTURE_RUN(fx, things_update(fx->core, &give, &fx->error)), CORE_INVALID_REQUEST);

    assert_int_equal(deprecate(fx, "bulb", true), CORE_OK);
    assert_int_equal(FIXTURE_RUN(fx, things_update(fx->core, &give, &fx->error)), CORE_OK);
    assert_int_equal(deprecate(fx, "bulb", false), CORE_OK);
    assert_int_equal(delete_type(fx, "bulb"), CORE_INVALID_REQUEST); /* in use */
    assert_non_null(strstr(fx->error.message, "UpdateThing"));
    struct thing_update take = {.name = "plain", .removes_type = true};
    FIXTURE_OK(fx, things_update(fx->core, &take, &fx->error));
    FIXTURE_OK(fx, things_delete(fx->core, "lamp", any_version, &fx->error));
    assert_int_equal(delete_type(fx, "bulb"), CORE_OK);
    assert_int_equal(delete_type(fx, "bulb"), CORE_NOT_FOUND);
    assert_int_equal(deprecate(fx, "bulb", false), CORE_NOT_FOUND);
    assert_int_equal(create_type(fx, "bulb", NULL, NULL), CORE_OK);
    assert_int_equal(create_of_type(fx, "lamp", "bulb"), CORE_OK);
}

static void add_type(void *ctx, const struct thing_type *type)
{
    strcat(strcat(ctx, type->name), " ");
}

static void types_by_prefix(void **state)
{
    struct fixture *fx = *state;
    const char *names[] = {"a_b", "a:b", "aXb", "a_", "A_b", "b"};
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_int_equal(create_type(fx, names[i], NULL, NULL), CORE_OK);
    }
    const struct {
        const char *prefix, *after;
        int64_t limit;
        const char *wanted, *next;
    } rows[] = {{NULL, NULL, 250, "A_b a:b aXb a_ a_b b ", ""},
                {"a_", NULL, 250, "a_ a_b ", ""},
                {"a", NULL, 2, "a:b aXb ", "aXb"},
                {"a", "aXb", 2, "a_ a_b ", ""},
                {"a_b", NULL, 250, "a_b ", ""},
                {"a_bc", NULL, 250, "", ""}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[128] = "", next[CORE_KEY_CAP];
        FIXTURE_OK(fx, thing_types_list(fx->core, rows[i].prefix, rows[i].after, rows[i].limit, add_type,
                                        text, next, &fx->error));
        assert_string_equal(text, rows[i].wanted);
        assert_string_equal(next, rows[i].next);
    }
    char text[8] = "", next[CORE_KEY_CAP];
    assert_int_equal(
        FIXTURE_RUN(fx, thing_types_list(fx->core, "%", NULL, 9, add_type, text, next, &fx->error)),
        CORE_INVALID_REQUEST);
}

/* --- Billing groups --- */

static int create_group(struct fixture *fx, const char *name, const char *description)
{
    struct billing_group group;
    int code = FIXTURE_RUN(fx, billing_groups_create(fx->core, name, description, NULL, &group, &fx->error));
    billing_group_clear(&group);
    return code;
}

static void life_of_a_group(void **state)
{
    struct fixture *fx = *state;
    struct billing_group group;
    int64_t version = 0;
    assert_int_equal(create_group(fx, "north", "up"), CORE_OK);
    assert_int_equal(create_group(fx, "north", "up"), CORE_OK);
    assert_int_equal(create_group(fx, "north", NULL), CORE_ALREADY_EXISTS);
    assert_string_equal(fx->error.resource, FIXTURE_ARN("billinggroup", "north"));
    assert_int_equal(create_group(fx, "no rth", NULL), CORE_INVALID_REQUEST);
    assert_int_equal(create_group(fx, "n", "a\nb"), CORE_INVALID_REQUEST);

    const struct {
        struct expected_version expected;
        int code;
    } rows[] = {{{true, 0}, CORE_VERSION_MISMATCH},
                {{true, INT64_MAX}, CORE_VERSION_MISMATCH},
                {{true, 1}, CORE_OK},
                {{true, 1}, CORE_VERSION_MISMATCH},
                {{false, 77}, CORE_OK}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(FIXTURE_RUN(fx, billing_groups_update(fx->core, "north", "down", rows[i].expected,
                                                               &version, &fx->error)),
                         rows[i].code);
    }
    assert_int_equal(version, 3);
    FIXTURE_OK(fx, billing_groups_describe(fx->core, "north", &group, &fx->error));
    assert_string_equal(group.description, "down");
    assert_int_equal(group.version, 3);
    assert_int_equal(group.created_at_ms, FIXTURE_START_MS);
    billing_group_clear(&group);

    assert_int_equal(FIXTURE_RUN(fx, billing_groups_delete(fx->core, "north",
                                                           (struct expected_version){true, 2}, &fx->error)),
                     CORE_VERSION_MISMATCH);
    FIXTURE_OK(fx, billing_groups_delete(fx->core, "north", (struct expected_version){true, 3}, &fx->error));
    FIXTURE_OK(fx, billing_groups_delete(fx->core, "north", any_version, &fx->error)); /* gone already */
    assert_int_equal(FIXTURE_RUN(fx, billing_groups_describe(fx->core, "north", &group, &fx->error)),
                     CORE_NOT_FOUND);
    assert_int_equal(
        FIXTURE_RUN(fx, billing_groups_update(fx->core, "north", "x", any_version, &version, &fx->error)),
        CORE_NOT_FOUND);
}

static void add_thing_name(void *ctx, const char *thing)
{
    strcat(strcat(ctx, thing), " ");
}

static const char *members(struct fixture *fx, const char *group)
{
    char next[CORE_KEY_CAP];
    fx->brief[0] = '\0';
    FIXTURE_OK(fx, billing_groups_list_things(fx->core, group, NULL, 250, add_thing_name, fx->brief, next,
                                              &fx->error));
    return fx->brief;
}

static void members_of_a_group(void **state)
{
    struct fixture *fx = *state;
    assert_int_equal(create_group(fx, "north", NULL), CORE_OK);
    assert_int_equal(create_group(fx, "south", NULL), CORE_OK);
    fixture_thing(fx, "b");
    fixture_thing(fx, "a");
    const struct {
        struct billing_member member;
        int code;
    } rows[] = {
        {{.group = "north", .thing = "a"}, CORE_OK},
        {{.group = "north", .thing = "a"}, CORE_OK},
        {{.group = "south", .thing = "a"}, CORE_INVALID_REQUEST},
        {{.group_arn = FIXTURE_ARN("billinggroup", "north"), .thing_arn = FIXTURE_ARN("thing", "b")},
         CORE_OK},
        {{.group = "north", .group_arn = FIXTURE_ARN("billinggroup", "north"), .thing = "b"}, CORE_OK},
        {{.group = "south", .group_arn = FIXTURE_ARN("billinggroup", "north"), .thing = "b"},
         CORE_INVALID_REQUEST},
        {{.group_arn = "arn:aws:iot:us-east-1:999999999999:billinggroup/north", .thing = "b"},
         CORE_INVALID_REQUEST},
        {{.group_arn = FIXTURE_ARN("thinggroup", "north"), .thing = "b"}, CORE_INVALID_REQUEST},
        {{.group = "north"}, CORE_INVALID_REQUEST},
        {{.thing = "b"}, CORE_INVALID_REQUEST},
        {{.group = "west", .thing = "b"}, CORE_NOT_FOUND},
        {{.group = "north", .thing = "c"}, CORE_NOT_FOUND},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int code = FIXTURE_RUN(fx, billing_groups_add_thing(fx->core, &rows[i].member, &fx->error));
        if (code != rows[i].code) {
            fail_msg("row %zu: %d %s", i, code, fx->error.message);
        }
    }
    assert_string_equal(members(fx, "north"), "a b ");
    FIXTURE_OK(fx,
               billing_groups_remove_thing(fx->core, &(struct billing_member){.group = "south", .thing = "a"},
                                           &fx->error)); /* it is not in there */
    assert_string_equal(members(fx, "north"), "a b ");
    FIXTURE_OK(fx, billing_groups_remove_thing(
                       fx->core, &(struct billing_member){.group = "north", .thing = "a"}, &fx->error));
    assert_string_equal(members(fx, "north"), "b ");
    FIXTURE_OK(fx, things_delete(fx->core, "b", any_version, &fx->error));
    assert_string_equal(members(fx, "north"), "");
    char next[CORE_KEY_CAP];
    assert_int_equal(FIXTURE_RUN(fx, billing_groups_list_things(fx->core, "west", NULL, 9, add_thing_name,
                                                                fx->brief, next, &fx->error)),
                     CORE_NOT_FOUND);
}

/* A group that goes leaves its things behind. */
static void group_with_things_goes(void **state)
{
    struct fixture *fx = *state;
    struct thing thing;
    assert_int_equal(create_group(fx, "north", NULL), CORE_OK);
    struct thing_create create = {.name = "a", .billing_group = "north"};
    FIXTURE_OK(fx, things_create(fx->core, &create, &thing, &fx->error));
    thing_clear(&thing);
    FIXTURE_OK(fx, billing_groups_delete(fx->core, "north", any_version, &fx->error));
    FIXTURE_OK(fx, things_describe(fx->core, "a", &thing, &fx->error));
    assert_string_equal(thing.billing_group, "");
    thing_clear(&thing);
    assert_int_equal(create_group(fx, "north", NULL), CORE_OK);
    assert_string_equal(members(fx, "north"), "");
}

static void add_group(void *ctx, const struct billing_group *group)
{
    strcat(strcat(ctx, group->name), " ");
}

static void groups_by_prefix(void **state)
{
    struct fixture *fx = *state;
    const char *names[] = {"a_b", "aXb", "b"};
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_int_equal(create_group(fx, names[i], NULL), CORE_OK);
    }
    const char *rows[][2] = {{NULL, "aXb a_b b "}, {"a_", "a_b "}, {"a", "aXb a_b "}, {"ab", ""}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[64] = "", next[CORE_KEY_CAP];
        FIXTURE_OK(fx,
                   billing_groups_list(fx->core, rows[i][0], NULL, 250, add_group, text, next, &fx->error));
        assert_string_equal(text, rows[i][1]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_type),           TEST(limits_of_a_type),       TEST(update_of_a_type),
        TEST(end_of_a_type),      TEST(types_by_prefix),        TEST(life_of_a_group),
        TEST(members_of_a_group), TEST(group_with_things_goes), TEST(groups_by_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
