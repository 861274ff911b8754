/* SPDX-License-Identifier: MIT */
/* UpdateJob: docs/protocol.md 5.3 and 5.4. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/core_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TIMEOUT      "{\"timeoutConfig\":{\"inProgressTimeoutInMinutes\":9}}"
#define NO_RETRIES                                                                                           \
    "{\"jobExecutionsRetryConfig\":{\"criteriaList\":[{\"failureType\":\"FAILED\",\"numberOfRetries\":0}]}}"

static int change(struct fixture *fx, struct job_update update)
{
    return FIXTURE_RUN(fx, jobs_update(fx->core, &update, &fx->error));
}

static int set_timeout(struct fixture *fx, int64_t minutes)
{
    return change(fx, (struct job_update){
                          .job_id = "j", .in_progress_timeout_min = minutes, .config = slice_from(TIMEOUT)});
}

/* Lamp and door with a job that has a time-out of 5 minutes and two retries of each kind. */
static struct fixture *with_job(void **state)
{
    struct fixture *fx = *state;
    const char *targets[] = {FIXTURE_ARN("thing", "lamp"), FIXTURE_ARN("thing", "door")};
    fixture_thing(fx, "lamp");
    fixture_thing(fx, "door");
    struct job_create create = {.targets = targets,
                                .target_count = 2,
                                .description = "old",
                                .in_progress_timeout_min = 5,
                                .retries = {{"FAILED", 2}, {"TIMED_OUT", 2}},
                                .retry_count = 2};
    assert_int_equal(fixture_try_job(fx, "j", "lamp", create), CORE_OK);
    return fx;
}

static void description(void **state)
{
    struct fixture *fx = with_job(state);
    struct job job;
    fx->now_ms += 1000;
    assert_int_equal(change(fx, (struct job_update){.job_id = "j", .description = "new"}), CORE_OK);
    FIXTURE_OK(fx, jobs_describe(fx->core, "j", &job, &fx->error));
    assert_string_equal(job.description, "new");
    assert_int_equal(job.last_updated_at_ms, FIXTURE_START_MS + 1000);
    assert_int_equal(job.in_progress_timeout_min, 5);
    assert_string_equal(
        job.config, "{\"timeoutConfig\":{\"inProgressTimeoutInMinutes\":5},\"jobExecutionsRetryConfig\":{"
                    "\"criteriaList\":[{\"failureType\":\"FAILED\",\"numberOfRetries\":2},{\"failureType\":"
                    "\"TIMED_OUT\",\"numberOfRetries\":2}]}}");
    job_clear(&job);
    assert_int_equal(change(fx, (struct job_update){.job_id = "j"}), CORE_OK);
    FIXTURE_OK(fx, jobs_describe(fx->core, "j", &job, &fx->error));
    assert_string_equal(job.description, "new");
    job_clear(&job);
}

/* Numbers and text stay in step: what DescribeJob shows is what happens. */
static void timeout_before_the_start(void **state)
{
    struct fixture *fx = with_job(state);
    struct job job;
    assert_int_equal(set_timeout(fx, 9), CORE_OK);
    FIXTURE_OK(fx, jobs_describe(fx->core, "j", &job, &fx->error));
    assert_int_equal(job.in_progress_timeout_min, 9);
    assert_non_null(strstr(job.config, "\"inProgressTimeoutInMinutes\":9"));
    assert_non_null(strstr(job.config, "TIMED_OUT"));
    job_clear(&job);
    assert_int_equal(fixture_update(fx, "lamp", "j", "IN_PROGRESS"), CORE_OK);
    assert_int_equal(fixture_next_due(fx), FIXTURE_START_MS + 9 * 60000);
    assert_int_equal(set_timeout(fx, 3), CORE_INVALID_REQUEST);
    assert_non_null(strstr(fx->error.message, "has started"));
    assert_int_equal(fixture_next_due(fx), FIXTURE_START_MS + 9 * 60000);
    assert_int_equal(fixture_update(fx, "lamp", "j", "SUCCEEDED"), CORE_OK);
    assert_int_equal(set_timeout(fx, 3), CORE_INVALID_REQUEST); /* it had started */
}

static void timeout_of_a_job_without_one(void **state)
{
    struct fixture *fx = *state;
    fixture_thing(fx, "lamp");
    fixture_job(fx, "j", "lamp");
    assert_int_equal(set_timeout(fx, 1), CORE_OK);
    assert_int_equal(fixture_update(fx, "lamp", "j", "IN_PROGRESS"), CORE_OK);
    fx->now_ms += 60000;
    fixture_run_due(fx);
    assert_string_equal(fixture_state(fx, "lamp", "j", 0), "TIMED_OUT v3 #1");
}

static void retries_only_end(void **state)
{
    struct fixture *fx = with_job(state);
    struct job_update none = {
        .job_id = "j", .retries = {{"FAILED", 0}}, .retry_count = 1, .config = slice_from(NO_RETRIES)};
    struct job_update fewer = {.job_id = "j", .retries = {{"FAILED", 1}}, .retry_count = 1};
    struct job job;
    assert_int_equal(fixture_update(fx, "lamp", "j", "FAILED"), CORE_OK);
    assert_string_equal(fixture_state(fx, "lamp", "j", 0), "QUEUED v1 #2");
    assert_int_equal(change(fx, fewer), CORE_INVALID_REQUEST);
    assert_non_null(strstr(fx->error.message, "only become 0"));
    assert_int_equal(change(fx, none), CORE_OK);
    FIXTURE_OK(fx, jobs_describe(fx->core, "j", &job, &fx->error));
    assert_null(strstr(job.config, "TIMED_OUT")); /* the member is replaced as a whole */
    assert_non_null(strstr(job.config, "\"numberOfRetries\":0"));
    assert_non_null(strstr(job.config, "timeoutConfig"));
    job_clear(&job);
    assert_int_equal(fixture_update(fx, "lamp", "j", "FAILED"), CORE_OK);
    assert_string_equal(fixture_state(fx, "lamp", "j", 0), "FAILED v2 #2");
    assert_int_equal(fixture_update(fx, "door", "j", "IN_PROGRESS"), CORE_OK);
    fx->now_ms += 5 * 60000;
    fixture_run_due(fx);
    assert_string_equal(fixture_state(fx, "door", "j", 0), "TIMED_OUT v3 #1");
    assert_string_equal(fixture_job_state(fx, "j"), "COMPLETED");
}

static void refused_updates(void **state)
{
    struct fixture *fx = with_job(state);
    const struct {
        struct job_update update;
        int code;
    } rows[] = {
        {{.job_id = "none"}, CORE_NOT_FOUND},
        {{.job_id = "a b"}, CORE_INVALID_REQUEST},
        {{.job_id = "j", .description = ""}, CORE_INVALID_REQUEST},
        {{.job_id = "j", .description = "a\nb"}, CORE_INVALID_REQUEST},
        {{.job_id = "j", .in_progress_timeout_min = 10081}, CORE_INVALID_REQUEST},
        {{.job_id = "j", .in_progress_timeout_min = -1}, CORE_INVALID_REQUEST},
        {{.job_id = "j", .retries = {{"REJECTED", 0}}, .retry_count = 1}, CORE_INVALID_REQUEST},
        {{.job_id = "j", .retries = {{"ALL", 0}, {"FAILED", 0}}, .retry_count = 2}, CORE_INVALID_REQUEST},
        {{.job_id = "j", .retries = {{"ALL", 11}}, .retry_count = 1}, CORE_INVALID_REQUEST},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int code = change(fx, rows[i].update);
        if (code != rows[i].code) {
            fail_msg("row %zu: %d %s", i, code, fx->error.message);
        }
    }
}

static void jobs_that_are_over(void **state)
{
    struct fixture *fx = with_job(state);
    struct job job;
    struct job_cancel cancel = {.job_id = "j"};
    FIXTURE_OK(fx, jobs_cancel(fx->core, &cancel, &job, &fx->error));
    job_clear(&job);
    assert_int_equal(change(fx, (struct job_update){.job_id = "j", .description = "new"}),
                     CORE_INVALID_REQUEST);
    assert_non_null(strstr(fx->error.message, "CANCELED"));
    fixture_job(fx, "k", "lamp");
    assert_int_equal(fixture_update(fx, "lamp", "k", "SUCCEEDED"), CORE_OK);
    assert_int_equal(change(fx, (struct job_update){.job_id = "k", .description = "new"}),
                     CORE_INVALID_REQUEST);
    assert_non_null(strstr(fx->error.message, "COMPLETED"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(description),      TEST(timeout_before_the_start), TEST(timeout_of_a_job_without_one),
        TEST(retries_only_end), TEST(refused_updates),          TEST(jobs_that_are_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
