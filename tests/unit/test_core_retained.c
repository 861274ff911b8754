/* SPDX-License-Identifier: MIT */
/* Retained messages: what the operator sees, and what a broker is told again after its death (docs/protocol.md 6.1). */
// LINK: cloud_core
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/messages/retained.h"
#include "fakes/core_fixture.h"

static void put(struct fixture *fx, const char *topic, const char *payload)
{
    assert_true(core_begin(fx->core));
    assert_true(retained_put(fx->core, slice_from(topic), 1, slice_from(payload)));
    assert_true(core_commit(fx->core));
}

static char told[1000];

static void tell(void *ctx, const struct retained *retained)
{
    size_t len = strlen(told);
    (void)ctx;
    snprintf(told + len, sizeof told - len, "%s=%.*s ", retained->topic, (int)retained->payload_len,
             retained->payload ? (const char *)retained->payload : "");
}

static const char *unsaved(struct fixture *fx)
{
    told[0] = '\0';
    assert_true(retained_each_unsaved(fx->core, tell, NULL));
    return told;
}

static const char *listed(struct fixture *fx)
{
    char next[CORE_KEY_CAP];
    told[0] = '\0';
    assert_int_equal(retained_list(fx->core, "", 10, tell, NULL, next, &fx->error), CORE_OK);
    assert_string_equal(next, "");
    return told;
}

static void what_is_not_saved_is_told_in_the_order_of_the_changes(void **state)
{
    struct fixture *fx = *state;
    put(fx, "a", "1");
    fx->now_ms += 3600000; /* an hour later, or a virtual clock that was put forward */
    put(fx, "b", "2");
    put(fx, "a", "3");
    assert_string_equal(unsaved(fx), "b=2 a=3 ");
    int64_t number = retained_newest_unsaved(fx->core);
    put(fx, "c", "4");
    assert_true(retained_saved_up_to(fx->core, number));
    assert_string_equal(unsaved(fx), "c=4 ");
    assert_true(retained_saved_up_to(fx->core, retained_newest_unsaved(fx->core)));
    assert_string_equal(unsaved(fx), "");
    assert_int_equal(retained_newest_unsaved(fx->core), 0);
    put(fx, "b", "5"); /* saved once, and changed since */
    assert_string_equal(unsaved(fx), "b=5 ");
}

/* Else a broker that had saved the message and not its removal would bring it back. */
static void a_removal_is_told_until_it_is_saved(void **state)
{
    struct fixture *fx = *state;
    struct retained gone;
    put(fx, "a", "1");
    assert_true(retained_saved_up_to(fx->core, retained_newest_unsaved(fx->core)));
    put(fx, "a", "");
    assert_string_equal(listed(fx), "");
    assert_int_equal(retained_get(fx->core, "a", &gone, &fx->error), CORE_NOT_FOUND);
    assert_string_equal(unsaved(fx), "a= ");
    assert_true(retained_saved_up_to(fx->core, retained_newest_unsaved(fx->core)));
    assert_string_equal(unsaved(fx), "");
    put(fx, "a", "2");
    assert_string_equal(unsaved(fx), "a=2 ");
    put(fx, "a", "");
    put(fx, "a", "3");
    assert_string_equal(unsaved(fx), "a=3 ");
}

static void pages_hold_each_topic_once(void **state)
{
    struct fixture *fx = *state;
    char first[CORE_KEY_CAP], next[CORE_KEY_CAP];
    put(fx, "a", "1");
    put(fx, "b", "2");
    put(fx, "c", "3");
    told[0] = '\0';
    assert_int_equal(retained_list(fx->core, "", 2, tell, NULL, first, &fx->error), CORE_OK);
    put(fx, "c", "4"); /* keeps its place */
    assert_int_equal(retained_list(fx->core, first, 2, tell, NULL, next, &fx->error), CORE_OK);
    assert_string_equal(told, "c= b= a= "); /* lists have no payloads */
    assert_string_equal(next, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_saved_is_told_in_the_order_of_the_changes),
        TEST(a_removal_is_told_until_it_is_saved),
        TEST(pages_hold_each_topic_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
