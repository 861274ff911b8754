/* SPDX-License-Identifier: MIT */
/* Handlers for documents without `action`: they serve the documents that have their member.. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/leaving_run.h"

static const struct jobs_action steps = {
    .name = "steps", .is_member = true, .max_attempts = 1, .has_cancel = true};
static const struct jobs_action ota = {.name = "afr_ota", .is_member = true, .max_attempts = 1};
static const struct jobs_action blink = {.name = "blink", .max_attempts = 1};

static struct fake_engine *ready(void)
{
    struct fake_engine *f = fake_new();
    fake_boot(f);
    fake_register_action(f, &blink);
    fake_register_action(f, &steps);
    fake_register_action(f, &ota);
    fake_pass(f, CONFIG_DEVICE_JOBS_GRACE_MS);
    fake_connect(f);
    fake_expect_publish_to(f, "$next/get");
    return f;
}

static void test_served_by_member(void **state)
{
    static const char *const documents[] = {
        "{\"steps\":[{\"action\":{\"name\":\"x\"}}],\"version\":\"1.0\"}", /* AWS's own */
        "{\"version\":\"1.0\",\"steps\":[]}",
        "{\"steps\":{}}",
        "{\"steps\":0}",
        "{\"steps\":\"\"}",
        "{\"steps\":false}",
        "{\"\\u0073teps\":1}",
        "{\"afr_ota\":{\"files\":[]}}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        struct fake_engine *f = ready();
        fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", documents[i]));
        fake_expect_publish_to(f, "j1/update");
        fake_accept(f, "j1/update", "");
        fake_expect(f, FAKE_START, "j1");
        assert_string_equal(f->run_document, documents[i]);
        fake_return(f, JOBS_STATUS_SUCCEEDED);
        assert_memory_equal(fake_expect_publish_to(f, "j1/update"), "{\"status\":\"SUCCEEDED\"", 21);
        fake_free(f);
    }
}

/* A document with an action is for the handler of that action, and for no other; only members of the top object count. */
static void test_not_served_by_member(void **state)
{
    static const struct {
        const char *document, *reason;
    } cases[] = {
        {"{\"action\":\"ota\",\"steps\":[]}", "UNKNOWN_ACTION"},
        {"{\"action\":\"steps\"}", "UNKNOWN_ACTION"},
        {"{\"action\":7,\"steps\":[]}", "NO_ACTION"},
        {"{\"action\":\"\",\"steps\":[]}", "NO_ACTION"},
        {"{\"x\":{\"steps\":[]}}", "NO_ACTION"},
        {"{\"blink\":1}", "NO_ACTION"},
        {"{\"Steps\":1,\"step\":1,\"stepss\":1}", "NO_ACTION"},
        {"[\"steps\"]", "INVALID_DOCUMENT"},
        {"{\"steps\":1,\"steps\":2}", "AMBIGUOUS_KEY"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fake_engine *f = ready();
        fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", cases[i].document));
        const char *update = fake_expect_publish_to(f, "j1/update");
        assert_memory_equal(update, "{\"status\":\"REJECTED\"", 20);
        assert_non_null(strstr(update, cases[i].reason));
        assert_int_equal(f->starts, 0);
        fake_free(f);
    }
    struct fake_engine *f = ready();
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", "{\"steps\":[],\"action\":\"blink\"}"));
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    end_in_service(f, DELETED);
    assert_int_equal(fake_count(f, FAKE_CANCEL, NULL), 0); /* blink has no callback, steps has one */
    fake_free(f);
}

/* It has the members of two: the handler that was registered first. */
static void test_first_registered_wins(void **state)
{
    struct fake_engine *f = ready();
    (void)state;
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", "{\"afr_ota\":{},\"steps\":[]}"));
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    end_in_service(f, DELETED);
    fake_expect(f, FAKE_CANCEL, "");
    fake_free(f);
}

/* Registered late, within the grace: served at once. */
static void test_registered_within_the_grace(void **state)
{
    struct fake_engine *f = fake_new();
    (void)state;
    fake_boot(f);
    fake_register_action(f, &blink);
    fake_connect(f);
    for (int i = 0; i < 2; i++) {
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", "{\"steps\":[]}"));
    }
    fake_pass(f, CONFIG_DEVICE_JOBS_GRACE_MS / 2);
    fake_expect_quiet(f);
    fake_register_action(f, &steps);
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", "{\"steps\":[]}"));
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    fake_free(f);
}

/* The name of a member and the name of an action are two things; each may be taken once. */
static void test_names(void **state)
{
    struct fake_engine *f = fake_new();
    struct jobs_action same = steps;
    (void)state;
    fake_boot(f);
    fake_register_action(f, &steps);
    assert_int_equal(jobs_engine_register(&f->engine, &steps, f->now_ms), ERR_EXISTS);
    same.is_member = false;
    fake_register_action(f, &same);
    assert_int_equal(jobs_engine_register(&f->engine, &same, f->now_ms), ERR_EXISTS);
    fake_check(f);
    fake_free(f);
}

/* With the fast way, and when the answer to the claim has a document for another handler. */
static void test_claims(void **state)
{
    static const char news[] = "{\"timestamp\":1700000000,\"execution\":{\"jobId\":\"j1\",\"status\":"
                               "\"QUEUED\",\"queuedAt\":1699999990,"
                               "\"versionNumber\":1,\"executionNumber\":1,\"jobDocument\":{\"steps\":[1]}}}";
    static const char *const answers[] = {"\"jobDocument\":{\"steps\":[2]}",
                                          "\"jobDocument\":{\"afr_ota\":{}}",
                                          "\"jobDocument\":{\"action\":\"blink\",\"steps\":[1]}"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct fake_engine *f = ready();
        fake_accept(f, "$next/get", "");
        fake_expect_publish_to(f, "$next/get");
        fake_accept(f, "$next/get", "");
        fake_message(f, "notify-next", news);
        fake_expect_publish_to(f, "j1/update");
        fake_accept(f, "j1/update", answers[i]);
        assert_int_equal(f->starts, i == 0);
        if (i > 0) {
            fake_expect_publish_to(f, "$next/get");
        }
        fake_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_served_by_member),
        cmocka_unit_test(test_not_served_by_member),
        cmocka_unit_test(test_first_registered_wins),
        cmocka_unit_test(test_registered_within_the_grace),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
