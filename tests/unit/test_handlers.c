/* SPDX-License-Identifier: MIT */
/* The table of handlers: who serves a document, and why nobody ever can.. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/jobs/handlers.h"

#include <stdio.h>
#include <string.h>

static enum jobs_reason find(const struct jobs_handlers *h, const char *document, const char **found,
                             char *name)
{
    char copy[300]; /* of exact size, without a NUL */
    size_t len = document != NULL ? strlen(document) : 0;
    const struct jobs_action *action = NULL;

    memset(copy, '"', sizeof copy);
    memcpy(copy, document != NULL ? document : "", len);
    enum jobs_reason reason = jobs_handlers_find(h, (struct slice){copy, len}, &action, name);
    *found = action != NULL ? action->name : NULL;
    return reason;
}

/* The table must not move: names point into it. */
static const struct jobs_handlers *make_handlers(void)
{
    static struct jobs_handlers h;
    jobs_handlers_init(&h);
    assert_int_equal(jobs_handlers_add(&h, &(struct jobs_action){.name = "blink", .max_attempts = 1}),
                     ERR_OK);
    assert_int_equal(
        jobs_handlers_add(&h, &(struct jobs_action){.name = "steps", .is_member = true, .max_attempts = 1}),
        ERR_OK);
    assert_int_equal(
        jobs_handlers_add(&h, &(struct jobs_action){.name = "action", .is_member = true, .max_attempts = 1}),
        ERR_OK); /* serves nothing: a document with it has an action */
    return &h;
}

static void test_find(void **state)
{
    static const struct {
        const char *document;
        enum jobs_reason reason;
        const char *found, *name;
    } cases[] = {
        {"{\"action\":\"blink\"}", JOBS_REASON_NONE, "blink", NULL},
        {"{\"x\":1,\"action\":\"\\u0062link\"}", JOBS_REASON_NONE, "blink", NULL},
        {"{\"action\":\"Blink\"}", JOBS_REASON_NONE, NULL, "Blink"},
        {"{\"action\":\"steps\"}", JOBS_REASON_NONE, NULL, "steps"},
        {"{\"action\":\"a-name-of-31-characters-or-less\"}", JOBS_REASON_NONE, NULL,
         "a-name-of-31-characters-or-less"},
        {"{\"action\":\"a-name-of-32-characters-or-less!\"}", JOBS_REASON_NONE, NULL, ""},
        {"{\"steps\":null}", JOBS_REASON_NONE, "steps", NULL},
        {"{\"steps\":[],\"action\":\"blink\"}", JOBS_REASON_NONE, "blink", NULL},
        {"{\"steps\":[],\"action\":\"x\"}", JOBS_REASON_NONE, NULL, "x"},
        {"{\"action\":7}", JOBS_REASON_NO_ACTION, NULL, ""},
        {"{\"action\":\"\"}", JOBS_REASON_NO_ACTION, NULL, ""},
        {"{\"action\":\"a\\u0000b\"}", JOBS_REASON_NO_ACTION, NULL, NULL},
        {"{}", JOBS_REASON_NO_ACTION, NULL, ""},
        {"{\"blink\":1}", JOBS_REASON_NO_ACTION, NULL, ""},
        {"{\"action\":\"blink\",\"action\":\"blink\"}", JOBS_REASON_AMBIGUOUS_KEY, NULL, ""},
        {"{\"action\":\"blink\"", JOBS_REASON_INVALID_DOCUMENT, NULL, ""},
        {"[]", JOBS_REASON_INVALID_DOCUMENT, NULL, ""},
        {"", JOBS_REASON_INVALID_DOCUMENT, NULL, ""},
        {NULL, JOBS_REASON_INVALID_DOCUMENT, NULL, ""},
    };
    const struct jobs_handlers *h = make_handlers();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[DEVICE_ACTION_CAP];
        const char *found;
        assert_int_equal(find(h, cases[i].document, &found, name), cases[i].reason);
        if (cases[i].found != NULL) {
            assert_non_null(found);
            assert_string_equal(found, cases[i].found);
            continue;
        }
        assert_null(found);
        if (cases[i].name != NULL) {
            assert_string_equal(name, cases[i].name); /* for the message */
        }
    }
}

/* A full table of handlers by member: all of them are looked for. */
static void test_full_table(void **state)
{
    struct jobs_handlers h;
    char name[DEVICE_ACTION_CAP];
    const char *found;
    (void)state;
    jobs_handlers_init(&h);
    for (int i = 0; i < CONFIG_DEVICE_JOBS_MAX_ACTIONS; i++) {
        char member[16];
        snprintf(member, sizeof member, "m%d", i);
        assert_int_equal(jobs_handlers_add(
                             &h, &(struct jobs_action){.name = member, .is_member = true, .max_attempts = 1}),
                         ERR_OK); /* the name is copied */
    }
    assert_int_equal(jobs_handlers_add(&h, &(struct jobs_action){.name = "m", .max_attempts = 1}), ERR_FULL);
    for (int i = 0; i < CONFIG_DEVICE_JOBS_MAX_ACTIONS; i++) {
        char document[32];
        char member[16];
        snprintf(member, sizeof member, "m%d", i);
        snprintf(document, sizeof document, "{\"x\":0,\"%s\":1}", member);
        assert_int_equal(find(&h, document, &found, name), JOBS_REASON_NONE);
        assert_string_equal(found, member);
    }
}

static void test_grace(void **state)
{
    struct jobs_handlers h;
    (void)state;
    jobs_handlers_init(&h);
    assert_true(jobs_handlers_is_open(&h, UINT64_MAX - 1)); /* not started: for ever */
    h.grace_at_ms = 5000;
    assert_true(jobs_handlers_is_open(&h, 4999));
    assert_false(jobs_handlers_is_open(&h, 5000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_full_table),
        cmocka_unit_test(test_grace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
