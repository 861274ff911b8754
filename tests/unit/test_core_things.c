/* SPDX-License-Identifier: MIT */
/* Things that change and go: docs/protocol.md 5.7, 2.2 (REMOVED), 1.9; filters of ListThings. */
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

static void make_thing(struct fixture *fx, const char *name, const char *attributes, const char *type)
{
    struct thing_create create = {.name = name, .attributes = slice_from(attributes), .type = type};
    struct thing thing;
    FIXTURE_OK(fx, things_create(fx->core, &create, &thing, &fx->error));
    thing_clear(&thing);
}

static void make_type(struct fixture *fx, const char *name)
{
    struct thing_type_properties none = {0};
    struct thing_type type;
    FIXTURE_OK(fx, thing_types_create(fx->core, name, &none, NULL, &type, &fx->error));
    thing_type_clear(&type);
}

static int change(struct fixture *fx, struct thing_update update)
{
    return FIXTURE_RUN(fx, things_update(fx->core, &update, &fx->error));
}

static int delete_thing(struct fixture *fx, const char *name)
{
    return FIXTURE_RUN(fx, things_delete(fx->core, name, any_version, &fx->error));
}

/* "{...} vVERSION TYPE", or "none" */
static const char *shape(struct fixture *fx, const char *name)
{
    struct thing thing;
    if (FIXTURE_RUN(fx, things_describe(fx->core, name, &thing, &fx->error))) {
        return "none";
    }
    snprintf(fx->brief, sizeof fx->brief, "%s v%lld %s", thing.attributes, (long long)thing.version,
             thing.type);
    thing_clear(&thing);
    return fx->brief;
}

/* --- UpdateThing --- */

static void attributes_are_merged_or_replaced(void **state)
{
    struct fixture *fx = *state;
    static const struct {
        const char *given; /* NULL: no attributes in the update */
        bool is_merged;
        const char *wanted;
    } rows[] = {
        {"{\"b\":\"2\"}", true, "{\"a\":\"1\",\"b\":\"2\"} v2 "},
        {"{\"a\":\"\"}", true, "{\"b\":\"2\"} v3 "},
        {"{\"never\":\"\",\"c\":\"3\"}", true, "{\"b\":\"2\",\"c\":\"3\"} v4 "},
        {NULL, false, "{\"b\":\"2\",\"c\":\"3\"} v5 "},
        {"{\"d\":\"4\",\"e\":\"\"}", false, "{\"d\":\"4\"} v6 "},
        {"{}", true, "{\"d\":\"4\"} v7 "},
        {"{}", false, "{} v8 "},
    };
    make_thing(fx, "lamp", "{\"a\":\"1\"}", NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct thing_update update = {.name = "lamp", .is_merged = rows[i].is_merged};
        update.attributes = rows[i].given ? slice_from(rows[i].given) : (struct slice){0};
        assert_int_equal(change(fx, update), CORE_OK);
        assert_string_equal(shape(fx, "lamp"), rows[i].wanted);
    }
}

/* An attribute that was made with an empty value stays when others are not spoken of. */
static void update_of_the_type_leaves_attributes(void **state)
{
    struct fixture *fx = *state;
    make_type(fx, "bulb");
    make_thing(fx, "lamp", "{\"a\":\"\"}", NULL);
    assert_int_equal(change(fx, (struct thing_update){.name = "lamp", .type = "bulb"}), CORE_OK);
    assert_string_equal(shape(fx, "lamp"), "{\"a\":\"\"} v2 bulb");
}

static void updates_that_are_refused(void **state)
{
    struct fixture *fx = *state;
    make_type(fx, "bulb");
    make_thing(fx, "lamp", "{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"}", NULL);
    const struct {
        struct thing_update update;
        int code;
    } rows[] = {
        {{.name = "nobody"}, CORE_NOT_FOUND},
        {{.name = "bad name"}, CORE_INVALID_REQUEST},
        {{.name = "lamp", .type = "nothing"}, CORE_NOT_FOUND},
        {{.name = "lamp", .type = ""}, CORE_INVALID_REQUEST},
        {{.name = "lamp", .type = "bulb", .removes_type = true}, CORE_INVALID_REQUEST},
        {{.name = "lamp", .attributes = slice_from("{\"d\":\"4\"}"), .is_merged = true},
         CORE_INVALID_REQUEST},
        {{.name = "lamp", .attributes = slice_from("{\"d d\":\"4\"}")}, CORE_INVALID_REQUEST},
        {{.name = "lamp", .attributes = slice_from("{\"d\":4}")}, CORE_INVALID_REQUEST},
        {{.name = "lamp", .attributes = slice_from("[]")}, CORE_INVALID_REQUEST},
        {{.name = "lamp", .expected = {true, 0}}, CORE_VERSION_MISMATCH},
        {{.name = "lamp", .expected = {true, 2}}, CORE_VERSION_MISMATCH},
        {{.name = "lamp", .expected = {true, INT64_MAX}}, CORE_VERSION_MISMATCH},
        {{.name = "lamp", .expected = {true, ((int64_t)1 << 53) + 1}}, CORE_VERSION_MISMATCH},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int code = change(fx, rows[i].update);
        if (code != rows[i].code) {
            fail_msg("row %zu: %d %s", i, code, fx->error.message);
        }
        assert_string_equal(shape(fx, "lamp"), "{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"} v1 ");
    }
    assert_int_equal(change(fx, (struct thing_update){.name = "lamp", .expected = {true, 1}}), CORE_OK);
}

/* docs/protocol.md 4: 3 attributes without a type, 50 with. */
static void a_type_gives_room_for_attributes(void **state)
{
    struct fixture *fx = *state;
    char fifty_one[1024] = "{", fifty[1024] = "{";
    for (int i = 0; i <= 50; i++) {
        char pair[20];
        snprintf(pair, sizeof pair, "%s\"a%02d\":\"v\"", i ? "," : "", i);
        strcat(fifty_one, pair);
        strcat(fifty, i < 50 ? pair : "");
    }
    strcat(fifty, "}");
    strcat(fifty_one, "}");
    make_type(fx, "bulb");
    struct thing_create create = {.name = "lamp", .attributes = slice_from(fifty)};
    struct thing thing;
    assert_int_equal(FIXTURE_RUN(fx, things_create(fx->core, &create, &thing, &fx->error)),
                     CORE_INVALID_REQUEST);
    make_thing(fx, "lamp", fifty, "bulb");
    struct thing_update update = {.name = "lamp", .attributes = slice_from(fifty_one)};
    assert_int_equal(change(fx, update), CORE_INVALID_REQUEST);
    assert_int_equal(change(fx, (struct thing_update){.name = "lamp", .removes_type = true}),
                     CORE_INVALID_REQUEST);
    update = (struct thing_update){
        .name = "lamp", .removes_type = true, .attributes = slice_from("{\"a\":\"1\"}")};
    assert_int_equal(change(fx, update), CORE_OK);
    assert_string_equal(shape(fx, "lamp"), "{\"a\":\"1\"} v2 ");
}

static void type_and_billing_group_of_a_new_thing(void **state)
{
    struct fixture *fx = *state;
    struct billing_group group;
    struct thing thing;
    make_type(fx, "bulb");
    FIXTURE_OK(fx, billing_groups_create(fx->core, "north", NULL, NULL, &group, &fx->error));
    billing_group_clear(&group);
    const struct {
        struct thing_create create;
        int code;
    } rows[] = {
        {{.name = "lamp", .type = "nothing"}, CORE_NOT_FOUND},
        {{.name = "lamp", .billing_group = "nothing"}, CORE_NOT_FOUND},
        {{.name = "lamp", .type = "b b"}, CORE_INVALID_REQUEST},
        {{.name = "lamp", .type = "bulb", .billing_group = "north"}, CORE_OK},
        {{.name = "lamp", .type = "bulb", .billing_group = "north"}, CORE_OK},
        {{.name = "lamp", .type = "bulb"}, CORE_ALREADY_EXISTS},
        {{.name = "lamp", .billing_group = "north"}, CORE_ALREADY_EXISTS},
        {{.name = "lamp", .type = "other", .billing_group = "north"}, CORE_ALREADY_EXISTS},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int code = FIXTURE_RUN(fx, things_create(fx->core, &rows[i].create, &thing, &fx->error));
        if (code != rows[i].code) {
            fail_msg("row %zu: %d %s", i, code, fx->error.message);
        }
        thing_clear(&thing);
    }
    FIXTURE_OK(fx, things_describe(fx->core, "lamp", &thing, &fx->error));
    assert_string_equal(thing.type, "bulb");
    assert_string_equal(thing.billing_group, "north");
    thing_clear(&thing);
}

/* --- ListThings --- */

static void add_name(void *ctx, const struct thing *thing)
{
    strcat(strcat(ctx, thing->name), " ");
}

static const char *list(struct fixture *fx, struct thing_filter filter)
{
    char next[CORE_KEY_CAP];
    char text[256] = "";
    FIXTURE_OK(fx, things_list(fx->core, &filter, NULL, 250, add_name, text, next, &fx->error));
    assert_string_equal(next, "");
    snprintf(fx->brief, sizeof fx->brief, "%s", text);
    return fx->brief;
}

static void filters(void **state)
{
    struct fixture *fx = *state;
    make_type(fx, "bulb");
    make_type(fx, "Bulb");
    make_thing(fx, "a", "{\"color\":\"red\"}", "bulb");
    make_thing(fx, "b", "{\"color\":\"reddish\",\"old\":\"red\"}", NULL);
    make_thing(fx, "c", "{\"color\":\"blue\",\"c:1_-.,@/#\":\"=[]\"}", "Bulb");
    make_thing(fx, "d", NULL, "bulb");
    const struct {
        struct thing_filter filter;
        const char *wanted;
    } rows[] = {
        {{0}, "a b c d "},
        {{.type = "bulb"}, "a d "},
        {{.type = "bul"}, ""},
        {{.type = "nothing"}, ""},
        {{.attribute = "color"}, "a b c "},
        {{.attribute = "Color"}, ""},
        {{.attribute = "c:1_-.,@/#"}, "c "},
        {{.attribute = "color", .attribute_value = "red"}, "a "},
        {{.attribute = "color", .attribute_value = "red", .is_prefix = true}, "a b "},
        {{.attribute = "old", .attribute_value = "r", .is_prefix = true}, "b "},
        {{.attribute_value = "red"}, "a b "},
        {{.attribute_value = "=[", .is_prefix = true}, "c "},
        {{.attribute_value = "re_", .is_prefix = true}, ""},
        {{.attribute = "color", .is_prefix = true}, "a b c "},
        {{.attribute = "color", .attribute_value = "r", .is_prefix = true, .type = "bulb"}, "a "},
        {{.attribute_value = "r", .is_prefix = true, .type = "Bulb"}, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = list(fx, rows[i].filter);
        if (strcmp(got, rows[i].wanted) != 0) {
            fail_msg("row %zu: '%s'", i, got);
        }
    }
    const struct thing_filter bad[] = {
        {.attribute = "a b"}, {.attribute = ""}, {.attribute_value = "a b"}, {.type = "%"}, {.type = ""}};
    char next[CORE_KEY_CAP], text[8] = "";
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(
            FIXTURE_RUN(fx, things_list(fx->core, &bad[i], NULL, 9, add_name, text, next, &fx->error)),
            CORE_INVALID_REQUEST);
    }
}

/* Keyset paging: what goes meanwhile makes nothing else appear twice or not at all. */
static void pages_of_a_filter_while_things_go(void **state)
{
    struct fixture *fx = *state;
    make_type(fx, "bulb");
    for (int i = 0; i < 20; i++) {
        char name[24];
        snprintf(name, sizeof name, "t%02d", i);
        make_thing(fx, name, i % 2 ? "{\"odd\":\"y\"}" : NULL, i % 4 == 1 ? "bulb" : NULL);
    }
    for (int typed = 1; typed >= 0; typed--) {
        struct thing_filter filter = {.attribute = "odd", .type = typed ? "bulb" : NULL};
        char seen[256] = "", key[CORE_KEY_CAP] = "", next[CORE_KEY_CAP];
        do {
            FIXTURE_OK(fx, things_list(fx->core, &filter, key, 2, add_name, seen, next, &fx->error));
            if (*next) {
                assert_int_equal(delete_thing(fx, next), CORE_OK); /* the page's last one */
            }
            memcpy(key, next, sizeof key);
        } while (*key);
        assert_string_equal(seen, typed ? "t01 t05 t09 t13 t17 " : "t01 t03 t07 t09 t11 t15 t17 t19 ");
    }
}

/* --- DeleteThing --- */

static void what_is_gone(void **state)
{
    struct fixture *fx = *state;
    fixture_thing(fx, "lamp");
    assert_int_equal(
        FIXTURE_RUN(fx, things_delete(fx->core, "lamp", (struct expected_version){true, 2}, &fx->error)),
        CORE_VERSION_MISMATCH);
    assert_int_equal(
        FIXTURE_RUN(fx, things_delete(fx->core, "lamp", (struct expected_version){true, 0}, &fx->error)),
        CORE_VERSION_MISMATCH);
    assert_int_equal(
        FIXTURE_RUN(fx, things_delete(fx->core, "lamp", (struct expected_version){true, 1}, &fx->error)),
        CORE_OK);
    assert_string_equal(shape(fx, "lamp"), "none");
    assert_int_equal(delete_thing(fx, "lamp"), CORE_OK); /* U37 */
    assert_int_equal(delete_thing(fx, "bad name"), CORE_INVALID_REQUEST);
}

static void attached_thing_stays(void **state)
{
    struct fixture *fx = *state;
    struct certificate certificate = {
        .id = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        .status = "ACTIVE",
        .pem = (char *)"-----BEGIN CERTIFICATE-----\n",
    };
    fixture_thing(fx, "lamp");
    FIXTURE_OK(fx, certificates_add(fx->core, &certificate, &fx->error));
    FIXTURE_OK(fx,
               principals_attach(fx->core, "lamp",
                                 FIXTURE_ARN("cert", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                                     "aaaaaaaaaaa"),
                                 NULL, &fx->error));
    assert_int_equal(delete_thing(fx, "lamp"), CORE_INVALID_REQUEST);
    assert_non_null(strstr(fx->error.message, "Thing lamp is still attached to one or more principals"));
    assert_string_equal(shape(fx, "lamp"), "{} v1 ");
}

/* U20: pending executions become REMOVED without a retry, ended ones stay; the job is over when nothing is pending. */
static void executions_of_a_thing_that_goes(void **state)
{
    struct fixture *fx = *state;
    struct job_create retried = {.retries = {{"ALL", 3}}, .retry_count = 1, .in_progress_timeout_min = 5};
    fixture_thing(fx, "lamp");
    fixture_job(fx, "ended", "lamp");
    assert_int_equal(fixture_update(fx, "lamp", "ended", "SUCCEEDED"), CORE_OK);
    assert_int_equal(fixture_try_job(fx, "running", "lamp", retried), CORE_OK);
    assert_int_equal(fixture_update(fx, "lamp", "running", "IN_PROGRESS"), CORE_OK);
    fixture_job(fx, "queued", "lamp");
    fixture_forget(fx);

    assert_int_equal(delete_thing(fx, "lamp"), CORE_OK);
    assert_string_equal(fixture_heard(fx), "lamp/notify; lamp/notify-next; ");
    assert_string_equal(fixture_state(fx, "lamp", "ended", 0), "SUCCEEDED v2 #1");
    assert_string_equal(fixture_state(fx, "lamp", "running", 0), "REMOVED v3 #1");
    assert_string_equal(fixture_state(fx, "lamp", "queued", 0), "REMOVED v2 #1");
    assert_string_equal(fixture_job_state(fx, "running"), "COMPLETED");
    assert_string_equal(fixture_job_state(fx, "queued"), "COMPLETED");
    assert_int_equal(fixture_next_due(fx), INT64_MAX); /* its timer is gone */
    assert_int_equal(fixture_update(fx, "lamp", "running", "SUCCEEDED"), CORE_INVALID_STATE_TRANSITION);
    assert_int_equal(fx->error.status, EXECUTION_REMOVED);
    FIXTURE_OK(fx, jobs_delete(fx->core, "running", false, &fx->error));
    assert_string_equal(fixture_heard(fx), "");
}

/* The other things of a job go on with it. */
static void job_of_other_things_goes_on(void **state)
{
    struct fixture *fx = *state;
    const char *targets[] = {FIXTURE_ARN("thing", "lamp"), FIXTURE_ARN("thing", "door")};
    struct job job;
    fixture_thing(fx, "lamp");
    fixture_thing(fx, "door");
    assert_int_equal(
        fixture_try_job(fx, "j", "lamp", (struct job_create){.targets = targets, .target_count = 2}),
        CORE_OK);
    fixture_forget(fx);
    assert_int_equal(delete_thing(fx, "lamp"), CORE_OK);
    assert_string_equal(fixture_heard(fx), "lamp/notify; lamp/notify-next; ");
    FIXTURE_OK(fx, jobs_describe(fx->core, "j", &job, &fx->error));
    assert_int_equal(job.status, JOB_IN_PROGRESS);
    assert_int_equal(job.counts[EXECUTION_REMOVED], 1);
    assert_int_equal(job.counts[EXECUTION_QUEUED], 1);
    assert_non_null(strstr(job.targets, "thing/lamp"));
    job_clear(&job);
    assert_int_equal(fixture_update(fx, "door", "j", "SUCCEEDED"), CORE_OK);
    assert_string_equal(fixture_job_state(fx, "j"), "COMPLETED");
}

/* In one turn, without room for notices: nothing of the old thing reaches the new one. */
static void made_again_in_one_turn(void **state)
{
    struct fixture *fx = *state;
    struct thing thing;
    struct thing_create create = {.name = "lamp"};
    fixture_thing(fx, "lamp");
    fixture_job(fx, "old", "lamp");
    fixture_forget(fx);
    core_broker_started(fx->core);
    fx->room = 0;

    assert_true(core_begin(fx->core));
    core_subscribed(fx->core, slice_from("$aws/things/lamp/jobs/#"));
    assert_int_equal(things_delete(fx->core, "lamp", any_version, &fx->error), CORE_OK);
    core_collect(fx->core);
    assert_int_equal(things_create(fx->core, &create, &thing, &fx->error), CORE_OK);
    thing_clear(&thing);
    core_subscribed(fx->core, slice_from("$aws/things/lamp/jobs/notify"));
    fixture_finish(fx);
    assert_string_equal(fixture_heard(fx), "");

    fx->room = SIZE_MAX;
    assert_true(core_begin(fx->core));
    fixture_finish(fx);
    assert_string_equal(fixture_heard(fx),
                        "lamp/notify; lamp/notify-next; "); /* nothing to do, and it says so */
    fixture_job(fx, "new", "lamp");
    assert_string_equal(fixture_heard(fx), "lamp/notify QUEUED:new#1; lamp/notify-next new#1 QUEUED; ");
    assert_int_equal(delete_thing(fx, "lamp"), CORE_OK);
    assert_string_equal(fixture_heard(fx), "lamp/notify; lamp/notify-next; ");
    assert_int_equal(fixture_next_due(fx), INT64_MAX);
}

/* After a broker's start all that is pending is announced; a thing that went meanwhile is not. */
static void announcement_meets_a_thing_that_is_gone(void **state)
{
    struct fixture *fx = *state;
    fixture_thing(fx, "door");
    fixture_thing(fx, "lamp");
    fixture_job(fx, "j", "lamp");
    fixture_job(fx, "k", "door");
    core_broker_started(fx->core);
    core_sessions_restored(fx->core);
    assert_int_equal(delete_thing(fx, "lamp"), CORE_OK);
    fixture_forget(fx);
    fixture_run_due(fx);
    assert_string_equal(fixture_heard(fx), "door/notify QUEUED:k#1; door/notify-next k#1 QUEUED; ");
}

static void many_executions_are_one_notice(void **state)
{
    struct fixture *fx = *state;
    fixture_thing(fx, "lamp");
    for (int i = 0; i < 40; i++) {
        char id[24];
        snprintf(id, sizeof id, "j%d", i);
        fixture_job(fx, id, "lamp");
    }
    fixture_forget(fx);
    assert_int_equal(delete_thing(fx, "lamp"), CORE_OK);
    assert_string_equal(fixture_heard(fx), "lamp/notify; lamp/notify-next; "); /* once, not forty times */
    for (int i = 0; i < 40; i++) {
        char id[24];
        snprintf(id, sizeof id, "j%d", i);
        assert_string_equal(fixture_state(fx, "lamp", id, 0), "REMOVED v2 #1");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(attributes_are_merged_or_replaced),
        TEST(update_of_the_type_leaves_attributes),
        TEST(updates_that_are_refused),
        TEST(a_type_gives_room_for_attributes),
        TEST(type_and_billing_group_of_a_new_thing),
        TEST(filters),
        TEST(pages_of_a_filter_while_things_go),
        TEST(what_is_gone),
        TEST(attached_thing_stays),
        TEST(executions_of_a_thing_that_goes),
        TEST(job_of_other_things_goes_on),
        TEST(made_again_in_one_turn),
        TEST(announcement_meets_a_thing_that_is_gone),
        TEST(many_executions_are_one_notice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
