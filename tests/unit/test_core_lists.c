/* SPDX-License-Identifier: MIT */
/* Lists of jobs and executions, page by page (docs/protocol.md 5.3). */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/core_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct fixture *with_lamp(void **state)
{
    struct fixture *fx = *state;
    fixture_thing(fx, "lamp");
    return fx;
}

struct list {
    char text[1024];
};

static void add_job(void *ctx, const struct job *job)
{
    struct list *list = ctx;
    strcat(strcat(list->text, job->job_id), job->status == JOB_IN_PROGRESS ? "+ " : " ");
    assert_non_null(job->config);
}

/* The page behind the first `skip` entries. */
static void expect_jobs(struct fixture *fx, const char *status, int64_t skip, int64_t limit,
                        const char *wanted, bool wanted_more)
{
    struct list skipped = {""}, list = {""};
    char after[CORE_KEY_CAP] = "", next[CORE_KEY_CAP] = "x";
    if (skip) {
        FIXTURE_OK(fx, jobs_list(fx->core, status, NULL, skip, add_job, &skipped, after, &fx->error));
        assert_string_not_equal(after, "");
    }
    FIXTURE_OK(fx, jobs_list(fx->core, status, after, limit, add_job, &list, next, &fx->error));
    assert_string_equal(list.text, wanted);
    assert_int_equal(*next != '\0', wanted_more);
}

static void list_of_jobs(void **state)
{
    struct fixture *fx = with_lamp(state);
    expect_jobs(fx, NULL, 0, 250, "", false);
    for (const char *id = "abcde"; *id; id++) {
        fixture_job(fx, (char[]){*id, '\0'}, "lamp");
    }
    fixture_update(fx, "lamp", "b", "SUCCEEDED");
    expect_jobs(fx, NULL, 0, 250, "e+ d+ c+ b a+ ", false);
    expect_jobs(fx, NULL, 0, 5, "e+ d+ c+ b a+ ", false);
    expect_jobs(fx, NULL, 0, 4, "e+ d+ c+ b ", true);
    expect_jobs(fx, NULL, 2, 2, "c+ b ", true);
    expect_jobs(fx, NULL, 4, 2, "a+ ", false);
    expect_jobs(fx, "IN_PROGRESS", 0, 3, "e+ d+ c+ ", true);
    expect_jobs(fx, "COMPLETED", 0, 3, "b ", false);
    expect_jobs(fx, "DELETION_IN_PROGRESS", 0, 3, "", false);
}

static void add_execution(void *ctx, const struct execution *execution)
{
    struct list *list = ctx;
    char text[256];
    snprintf(text, sizeof text, "%s/%s#%d ", execution->thing_name, execution->job_id,
             (int)execution->number);
    strcat(list->text, text);
    assert_null(execution->document);
}

static void list_page(struct fixture *fx, const char *thing, const char *job_id, const char *status,
                      const char *after, int64_t limit, struct list *list, char next[CORE_KEY_CAP])
{
    FIXTURE_OK(fx, thing ? executions_list_for_thing(fx->core, thing, job_id, status, after, limit,
                                                     add_execution, list, next, &fx->error)
                         : executions_list_for_job(fx->core, job_id, status, after, limit, add_execution,
                                                   list, next, &fx->error));
}

static void expect_executions(struct fixture *fx, const char *thing, const char *job_id, const char *status,
                              int64_t skip, int64_t limit, const char *wanted, bool wanted_more)
{
    struct list skipped = {""}, list = {""};
    char after[CORE_KEY_CAP] = "", next[CORE_KEY_CAP] = "x";
    if (skip) {
        list_page(fx, thing, job_id, status, NULL, skip, &skipped, after);
        assert_string_not_equal(after, "");
    }
    list_page(fx, thing, job_id, status, after, limit, &list, next);
    assert_string_equal(list.text, wanted);
    assert_int_equal(*next != '\0', wanted_more);
}

static void list_of_executions(void **state)
{
    struct fixture *fx = with_lamp(state);
    fixture_thing(fx, "door");
    const char *both[] = {FIXTURE_ARN("thing", "lamp"), FIXTURE_ARN("thing", "door")};
    struct job_create create = {
        .targets = both, .target_count = 2, .retries = {{"FAILED", 1}}, .retry_count = 1};
    assert_int_equal(fixture_try_job(fx, "a", "", create), CORE_OK);
    fixture_job(fx, "b", "lamp");
    fixture_update(fx, "lamp", "a", "FAILED");
    expect_executions(fx, NULL, "a", NULL, 0, 10, "lamp/a#2 door/a#1 lamp/a#1 ", false);
    expect_executions(fx, NULL, "a", NULL, 1, 1, "door/a#1 ", true);
    expect_executions(fx, NULL, "a", "QUEUED", 0, 10, "lamp/a#2 door/a#1 ", false);
    expect_executions(fx, NULL, "a", "FAILED", 0, 1, "lamp/a#1 ", false);
    expect_executions(fx, "lamp", NULL, NULL, 0, 10, "lamp/a#2 lamp/b#1 lamp/a#1 ", false);
    expect_executions(fx, "lamp", NULL, NULL, 0, 2, "lamp/a#2 lamp/b#1 ", true);
    expect_executions(fx, "lamp", "a", NULL, 0, 10, "lamp/a#2 lamp/a#1 ", false);
    expect_executions(fx, "lamp", "a", "FAILED", 0, 10, "lamp/a#1 ", false);
    expect_executions(fx, "door", "b", NULL, 0, 10, "", false);
}

static void lists_refuse(void **state)
{
    struct fixture *fx = with_lamp(state);
    struct list list = {""};
    char more[CORE_KEY_CAP];
    const struct {
        const char *status;
        const char *after;
        int64_t limit;
    } rows[] = {{"LOST", NULL, 1}, {"", NULL, 1},   {NULL, "-1", 1},
                {NULL, "x", 1},    {NULL, "0", 1},  {NULL, "99999999999999999999", 1},
                {NULL, NULL, 0},   {NULL, "", 251}, {NULL, NULL, INT64_MAX}};
    fixture_job(fx, "j", "lamp");
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(FIXTURE_RUN(fx, jobs_list(fx->core, rows[i].status, rows[i].after, rows[i].limit,
                                                   add_job, &list, more, &fx->error)),
                         CORE_INVALID_REQUEST);
        assert_int_equal(
            FIXTURE_RUN(fx, executions_list_for_job(fx->core, "j", rows[i].status, rows[i].after,
                                                    rows[i].limit, add_execution, &list, more, &fx->error)),
            CORE_INVALID_REQUEST);
        assert_int_equal(
            FIXTURE_RUN(fx, executions_list_for_thing(fx->core, "lamp", NULL, rows[i].status, rows[i].after,
                                                      rows[i].limit, add_execution, &list, more, &fx->error)),
            CORE_INVALID_REQUEST);
    }
    assert_int_equal(FIXTURE_RUN(fx, executions_list_for_job(fx->core, "none", NULL, NULL, 1, add_execution,
                                                             &list, more, &fx->error)),
                     CORE_NOT_FOUND);
    assert_int_equal(FIXTURE_RUN(fx, executions_list_for_thing(fx->core, "none", NULL, NULL, NULL, 1,
                                                               add_execution, &list, more, &fx->error)),
                     CORE_NOT_FOUND);
    assert_string_equal(list.text, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(list_of_jobs),
        TEST(list_of_executions),
        TEST(lists_refuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
