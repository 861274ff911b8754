/* SPDX-License-Identifier: MIT */
/* CreateJob and its limits (docs/protocol.md 4, 5.3), documents byte for byte. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/objects/objects.h"
#include "fakes/core_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct fixture *with_lamp(void **state)
{
    struct fixture *fx = *state;
    fixture_thing(fx, "lamp");
    return fx;
}

static char *repeat(char c, size_t count)
{
    char *text = malloc(count + 1);
    assert_non_null(text);
    memset(text, c, count);
    text[count] = '\0';
    return text;
}

/* --- CreateJob --- */

static void new_job(void **state)
{
    struct fixture *fx = with_lamp(state);
    const char *targets[] = {FIXTURE_ARN("thing", "lamp")};
    struct job_create create = {.job_id = "j-1_A",
                                .targets = targets,
                                .target_count = 1,
                                .document = slice_from("{}"),
                                .description = "what \"it\" does",
                                .target_selection = "SNAPSHOT",
                                .in_progress_timeout_min = 7,
                                .retries = {{"TIMED_OUT", 4}, {"FAILED", 6}},
                                .retry_count = 2};
    struct job job;
    FIXTURE_OK(fx, jobs_create(fx->core, &create, &job, &fx->error));
    for (int i = 0; i < 2; i++) { /* what CreateJob gives and what DescribeJob gives are the same */
        assert_string_equal(job.job_id, "j-1_A");
        assert_string_equal(job.arn, FIXTURE_ARN("job", "j-1_A"));
        assert_int_equal(job.status, JOB_IN_PROGRESS);
        assert_false(job.is_force_canceled);
        assert_int_equal(job.created_at_ms, FIXTURE_START_MS);
        assert_int_equal(job.last_updated_at_ms, FIXTURE_START_MS);
        assert_int_equal(job.completed_at_ms, 0);
        assert_int_equal(job.in_progress_timeout_min, 7);
        assert_string_equal(job.description, "what \"it\" does");
        assert_null(job.comment);
        assert_null(job.reason_code);
        assert_null(job.document_source);
        assert_string_equal(job.targets, "[\"" FIXTURE_ARN("thing", "lamp") "\"]");
        assert_string_equal(
            job.config, "{\"timeoutConfig\":{\"inProgressTimeoutInMinutes\":7},\"jobExecutionsRetryConfig\":{"
                        "\"criteriaList\":[{\"failureType\":\"TIMED_OUT\",\"numberOfRetries\":4},"
                        "{\"failureType\":\"FAILED\",\"numberOfRetries\":6}]}}");
        assert_int_equal(job.counts[EXECUTION_QUEUED], 1);
        assert_int_equal(job.counts[EXECUTION_IN_PROGRESS], 0);
        job_clear(&job);
        FIXTURE_OK(fx, jobs_describe(fx->core, "j-1_A", &job, &fx->error));
    }
    job_clear(&job);
}

static void same_id_again(void **state)
{
    struct fixture *fx = with_lamp(state);
    fixture_job(fx, "j", "lamp");
    fixture_forget(fx);
    assert_int_equal(fixture_try_job(fx, "j", "lamp", (struct job_create){0}), CORE_ALREADY_EXISTS);
    assert_string_equal(fx->error.resource, FIXTURE_ARN("job", "j"));
    assert_string_equal(fixture_heard(fx), "");
    assert_string_equal(fixture_state(fx, "lamp", "j", 0), "QUEUED v1 #1");
}

static void id_can_be_used_again_after_deletion(void **state)
{
    struct fixture *fx = with_lamp(state);
    fixture_job(fx, "j", "lamp");
    assert_int_equal(fixture_update(fx, "lamp", "j", "SUCCEEDED"), CORE_OK);
    FIXTURE_OK(fx, jobs_delete(fx->core, "j", false, &fx->error));
    fx->now_ms += 5000;
    fixture_job(fx, "j", "lamp");
    assert_string_equal(fixture_state(fx, "lamp", "j", 0), "QUEUED v1 #1");
}

static void job_ids(void **state)
{
    struct fixture *fx = with_lamp(state);
    char *longest = repeat('j', 64);
    char *too_long = repeat('j', 65);
    const struct {
        const char *id;
        int code;
    } rows[] = {{"a", CORE_OK},
                {"get", CORE_OK}, /* legal: topics are told apart by their levels */
                {"notify", CORE_OK},
                {"A-Z_09", CORE_OK},
                {longest, CORE_OK},
                {too_long, CORE_INVALID_REQUEST},
                {"", CORE_INVALID_REQUEST},
                {"$next", CORE_INVALID_REQUEST},
                {"a:b", CORE_INVALID_REQUEST},
                {"a.b", CORE_INVALID_REQUEST},
                {"a b", CORE_INVALID_REQUEST},
                {"a/b", CORE_INVALID_REQUEST},
                {"\xc3\xa4", CORE_INVALID_REQUEST},
                {"a\n", CORE_INVALID_REQUEST}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(fixture_try_job(fx, rows[i].id, "lamp", (struct job_create){0}), rows[i].code);
    }
    free(longest);
    free(too_long);
}

static void members_at_their_edges(void **state)
{
    struct fixture *fx = with_lamp(state);
    char *text_2028 = repeat('d', 2028);
    char *text_2029 = repeat('d', 2029);
    char *umlauts = malloc(2 * 2028 + 1); /* 2028 characters, 4056 bytes */
    assert_non_null(umlauts);
    for (size_t i = 0; i < 2028; i++) {
        memcpy(umlauts + 2 * i, "\xc3\xa4", 2);
    }
    umlauts[2 * 2028] = '\0';
    const struct {
        struct job_create create;
        int code;
    } rows[] = {
        {{.description = ""}, CORE_INVALID_REQUEST}, /* [^\\p{C}]+ */
        {{.description = "d"}, CORE_OK},
        {{.description = "a\xc2\xad"}, CORE_INVALID_REQUEST}, /* U+00AD, a format character */
        {{.description = "\xe2\x80\xae"
                         "a"},
         CORE_INVALID_REQUEST},                                  /* U+202E */
        {{.description = "\xef\xbf\xbe"}, CORE_INVALID_REQUEST}, /* U+FFFE, no character */
        {{.description = "\xf0\x9f\x9a\x80 \xe2\x80\xa8"},
         CORE_OK}, /* an emoji, and U+2028, which is a separator */
        {{.description = text_2028}, CORE_OK},
        {{.description = umlauts}, CORE_OK},
        {{.description = text_2029}, CORE_INVALID_REQUEST},
        {{.description = "a\nb"}, CORE_INVALID_REQUEST},
        {{.description = "a\x7f"}, CORE_INVALID_REQUEST},
        {{.description = "a\xc2\x85"}, CORE_INVALID_REQUEST}, /* U+0085, a control character of two bytes */
        {{.description = "\xff"}, CORE_INVALID_REQUEST},
        {{.target_selection = "SNAPSHOT"}, CORE_OK},
        {{.target_selection = "CONTINUOUS"}, CORE_INVALID_REQUEST},
        {{.target_selection = "snapshot"}, CORE_INVALID_REQUEST},
        {{.in_progress_timeout_min = 1}, CORE_OK},
        {{.in_progress_timeout_min = 10080}, CORE_OK},
        {{.in_progress_timeout_min = 10081}, CORE_INVALID_REQUEST},
        {{.in_progress_timeout_min = -1}, CORE_INVALID_REQUEST},
        {{.retries = {{"FAILED", 0}}, .retry_count = 1}, CORE_OK},
        {{.retries = {{"FAILED", 10}}, .retry_count = 1}, CORE_OK},
        {{.retries = {{"FAILED", 11}}, .retry_count = 1}, CORE_INVALID_REQUEST},
        {{.retries = {{"FAILED", -1}}, .retry_count = 1}, CORE_INVALID_REQUEST},
        {{.retries = {{"REJECTED", 1}}, .retry_count = 1}, CORE_INVALID_REQUEST},
        {{.retries = {{"FAILED", 4}, {"TIMED_OUT", 6}}, .retry_count = 2, .in_progress_timeout_min = 1},
         CORE_OK},
        {{.retries = {{"TIMED_OUT", 1}}, .retry_count = 1}, CORE_INVALID_REQUEST},
        {{.retries = {{"TIMED_OUT", 1}}, .retry_count = 1, .in_progress_timeout_min = 5}, CORE_OK},
        {{.retries = {{"TIMED_OUT", 0}}, .retry_count = 1}, CORE_OK},
        {{.retries = {{"ALL", 2}}, .retry_count = 1}, CORE_OK},
        {{.retries = {{"FAILED", 5}, {"TIMED_OUT", 6}}, .retry_count = 2, .in_progress_timeout_min = 1},
         CORE_INVALID_REQUEST},
        {{.retries = {{"FAILED", 1}, {"FAILED", 1}}, .retry_count = 2}, CORE_INVALID_REQUEST},
        {{.retries = {{"ALL", 1}, {"FAILED", 1}}, .retry_count = 2}, CORE_INVALID_REQUEST},
        {{.retry_count = 3}, CORE_INVALID_REQUEST},
        {{.document = {"{}", 2}, .document_source = "s3://docs/a"}, CORE_INVALID_REQUEST},
        {{.document_source = ""}, CORE_INVALID_REQUEST},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char id[16];
        snprintf(id, sizeof id, "j%zu", i);
        int code = fixture_try_job(fx, id, "lamp", rows[i].create);
        if (code != rows[i].code) {
            fail_msg("row %zu: %d %s", i, code, fx->error.message);
        }
        assert_string_equal(fixture_job_state(fx, id), code ? "none" : "IN_PROGRESS");
    }
    free(text_2028);
    free(text_2029);
    free(umlauts);
}

static void neither_document_nor_source(void **state)
{
    struct fixture *fx = with_lamp(state);
    const char *targets[] = {FIXTURE_ARN("thing", "lamp")};
    struct job_create create = {.job_id = "j", .targets = targets, .target_count = 1};
    struct job job;
    assert_int_equal(FIXTURE_RUN(fx, jobs_create(fx->core, &create, &job, &fx->error)), CORE_INVALID_REQUEST);
}

/* --- Targets --- */

static int create_for(struct fixture *fx, const char *job_id, const char *const targets[], size_t count)
{
    return fixture_try_job(fx, job_id, "", (struct job_create){.targets = targets, .target_count = count});
}

static void wrong_targets(void **state)
{
    struct fixture *fx = with_lamp(state);
    const struct {
        const char *arn;
        int code;
        const char *says;
    } rows[] = {
        {FIXTURE_ARN("thing", "nobody"), CORE_NOT_FOUND, "'nobody'"},
        {FIXTURE_ARN("thinggroup", "all"), CORE_INVALID_REQUEST,
         "thing groups are not available in iot-local"},
        {"arn:aws:iot:eu-west-1:123456789012:thing/lamp", CORE_INVALID_REQUEST,
         "arn:aws:iot:us-east-1:123456789012:thing/NAME"},
        {"arn:aws:iot:us-east-1:210987654321:thing/lamp", CORE_INVALID_REQUEST, "thing/NAME"},
        {"arn:aws:iot:us-east-1:123456789012:job/lamp", CORE_INVALID_REQUEST, "thing/NAME"},
        {"arn:aws:iot:us-east-1:123456789012:thing/", CORE_INVALID_REQUEST, "thing/NAME"},
        {"arn:aws:iot:us-east-1:123456789012:thing/a b", CORE_INVALID_REQUEST, "thing/NAME"},
        {"lamp", CORE_INVALID_REQUEST, "thing/NAME"},
        {"", CORE_INVALID_REQUEST, "thing/NAME"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *targets[] = {FIXTURE_ARN("thing", "lamp"), rows[i].arn};
        assert_int_equal(create_for(fx, "j", targets, 2), rows[i].code);
        assert_non_null(strstr(fx->error.message, rows[i].says));
        assert_string_equal(fixture_job_state(fx, "j"), "none");
        assert_string_equal(fixture_heard(fx), "");
    }
    assert_int_equal(create_for(fx, "j", (const char *[]){""}, 0), CORE_INVALID_REQUEST);
}

static void same_target_twice(void **state)
{
    struct fixture *fx = with_lamp(state);
    fixture_thing(fx, "door");
    const char *targets[] = {FIXTURE_ARN("thing", "lamp"), FIXTURE_ARN("thing", "door"),
                             FIXTURE_ARN("thing", "lamp")};
    struct job job;
    assert_int_equal(create_for(fx, "j", targets, 3), CORE_OK);
    assert_string_equal(fixture_heard(fx), "lamp/notify QUEUED:j#1; lamp/notify-next j#1 QUEUED; "
                                           "door/notify QUEUED:j#1; door/notify-next j#1 QUEUED; ");
    FIXTURE_OK(fx, jobs_describe(fx->core, "j", &job, &fx->error));
    assert_int_equal(job.counts[EXECUTION_QUEUED], 2);
    assert_string_equal(job.targets,
                        "[\"" FIXTURE_ARN("thing", "lamp") "\",\"" FIXTURE_ARN("thing", "door") "\"]");
    job_clear(&job);
}

/* 100 targets are fine, 101 are not; the longest names, too. */
static void number_of_targets(void **state)
{
    struct fixture *fx = *state;
    char arns[101][256];
    const char *targets[101];
    for (size_t i = 0; i < COUNT(arns); i++) {
        char name[129];
        snprintf(name, sizeof name, "%0128zu", i);
        fixture_thing(fx, name);
        snprintf(arns[i], sizeof arns[i], FIXTURE_ARN("thing", "%s"), name);
        targets[i] = arns[i];
    }
    assert_int_equal(create_for(fx, "too-many", targets, 101), CORE_INVALID_REQUEST);
    assert_int_equal(create_for(fx, "full", targets, 100), CORE_OK);
    struct job job;
    FIXTURE_OK(fx, jobs_describe(fx->core, "full", &job, &fx->error));
    assert_int_equal(job.counts[EXECUTION_QUEUED], 100);
    job_clear(&job);
}

/* --- Documents --- */

static char *document_of(struct fixture *fx, const char *job_id)
{
    char *document = NULL;
    FIXTURE_OK(fx, jobs_document(fx->core, job_id, &document, &fx->error));
    return document;
}

/* Nothing is rewritten: not big integers, not long reals, not escapes, not blanks; and any JSON value is a document. */
static void documents_byte_for_byte(void **state)
{
    struct fixture *fx = with_lamp(state);
    const char *documents[] = {
        "{\"action\":\"blink\",\"count\":3}",
        " {\n  \"a\" : 1 ,\r\n\t\"a\":2 }\n",
        "{\"big\":123456789012345678901234567890,\"neg\":-9223372036854775809}",
        "{\"real\":0.10000000000000000555111512312578270211815834045410156250,\"e\":1E+400,\"z\":-0.0}",
        "{\"esc\":\"\\u0041\\/\\\"\\\\\\b\\f\\n\\r\\t\\ud83d\\ude00\\ud800\\u0000\"}",
        "{\"utf8\":\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"}",
        "[1,[2,[3]]]",
        "\"just text\"",
        "17",
        "null",
        "true",
    };
    for (size_t i = 0; i < COUNT(documents); i++) {
        char id[16];
        snprintf(id, sizeof id, "j%zu", i);
        fixture_forget(fx);
        struct job_create create = {.document = slice_from(documents[i])};
        assert_int_equal(fixture_try_job(fx, id, "lamp", create), CORE_OK);
        char *document = document_of(fx, id);
        assert_string_equal(document, documents[i]);
        free(document);
        /* the same bytes in front of the device */
        struct execution e;
        bool has_one;
        FIXTURE_OK(fx, executions_get(fx->core, "lamp", id, 0, true, &e, &has_one, &fx->error));
        assert_string_equal(e.document, documents[i]);
        execution_clear(&e);
        char wanted[512];
        snprintf(wanted, sizeof wanted, "\"jobDocument\":%s}}", documents[i]);
        assert_true(i > 0 || strstr(fx->heard, wanted)); /* notify-next of the first */
    }
}

static void bad_documents(void **state)
{
    struct fixture *fx = with_lamp(state);
    const char *documents[] = {"",
                               " ",
                               "{",
                               "{\"a\":1",
                               "{'a':1}",
                               "{\"a\":01}",
                               "{\"a\":1}x",
                               "{\"a\":\"\xff\"}",
                               "{\"a\":\"\x01\"}",
                               "nul",
                               "\xef\xbb\xbf{}"};
    for (size_t i = 0; i < COUNT(documents); i++) {
        struct job_create create = {.document = slice_from(documents[i])};
        assert_int_equal(fixture_try_job(fx, "j", "lamp", create), CORE_INVALID_REQUEST);
        assert_non_null(strstr(fx->error.message, "document"));
    }
    assert_string_equal(fixture_job_state(fx, "j"), "none");
}

static void size_of_the_document(void **state)
{
    struct fixture *fx = with_lamp(state);
    char *text = repeat('x', 32769);
    text[0] = '"';
    text[32767] = '"';
    struct job_create create = {.document = {text, 32768}};
    assert_int_equal(fixture_try_job(fx, "fits", "lamp", create), CORE_OK);
    char *document = document_of(fx, "fits");
    assert_int_equal(strlen(document), 32768);
    assert_memory_equal(document, text, 32768);
    free(document);
    text[32767] = 'x';
    text[32768] = '"';
    create.document.len = 32769;
    assert_int_equal(fixture_try_job(fx, "too-long", "lamp", create), CORE_INVALID_REQUEST);
    assert_non_null(strstr(fx->error.message, "32769"));
    free(text);
}

/* common/json reads 32 levels, so a document has no more. */
static void depth_of_the_document(void **state)
{
    struct fixture *fx = with_lamp(state);
    for (size_t depth = 32; depth <= 33; depth++) {
        char text[80];
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        text[2 * depth] = '\0';
        struct job_create create = {.document = slice_from(text)};
        assert_int_equal(fixture_try_job(fx, depth == 32 ? "deep" : "too-deep", "lamp", create),
                         depth == 32 ? CORE_OK : CORE_INVALID_REQUEST);
    }
    assert_non_null(strstr(fx->error.message, "nested too deeply"));
}

static void put_object(struct fixture *fx, const char *key, const char *text)
{
    fixture_object(fx, "docs", key, text);
}

/* The object is read once, when the job is created. */
static void document_from_an_object(void **state)
{
    struct fixture *fx = with_lamp(state);
    FIXTURE_OK(fx, buckets_create(fx->core, "docs", &fx->error));
    put_object(fx, "blink.txt", "{\n\"action\": \"blink\"\n}\n");
    put_object(fx, "bad.txt", "{\"action\": ");
    const char *link = "https://s3.us-east-1.amazonaws.com/docs/blink.txt";
    assert_int_equal(fixture_try_job(fx, "j", "lamp", (struct job_create){.document_source = link}), CORE_OK);
    put_object(fx, "blink.txt", "{\"action\": \"other\"}");
    char *document = document_of(fx, "j");
    assert_string_equal(document, "{\n\"action\": \"blink\"\n}\n");
    free(document);
    struct job job;
    FIXTURE_OK(fx, jobs_describe(fx->core, "j", &job, &fx->error));
    assert_string_equal(job.document_source, link);
    job_clear(&job);

    const struct {
        const char *link;
        int code;
        const char *says;
    } rows[] = {{"s3://docs/bad.txt", CORE_INVALID_REQUEST, "not usable at byte 11"},
                {"s3://docs/none.txt", CORE_NOT_FOUND, "none.txt"},
                {"s3://other/blink.txt", CORE_NOT_FOUND, "other"},
                {"https://example.com/docs/blink.txt", CORE_INVALID_REQUEST, "s3://BUCKET/KEY"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(
            fixture_try_job(fx, "k", "lamp", (struct job_create){.document_source = rows[i].link}),
            rows[i].code);
        assert_non_null(strstr(fx->error.message, rows[i].says));
    }
}

static void length_of_the_source(void **state)
{
    struct fixture *fx = with_lamp(state);
    FIXTURE_OK(fx, buckets_create(fx->core, "docs", &fx->error));
    char link[1352];
    memset(link, 'k', sizeof link);
    memcpy(link, "s3://docs/", 10);
    link[1351] = '\0';
    assert_int_equal(fixture_try_job(fx, "j", "lamp", (struct job_create){.document_source = link}),
                     CORE_INVALID_REQUEST);
    assert_non_null(strstr(fx->error.message, "1350"));
    link[1350] = '\0'; /* allowed, but no key is that long */
    assert_int_equal(fixture_try_job(fx, "j", "lamp", (struct job_create){.document_source = link}),
                     CORE_INVALID_REQUEST);
    assert_null(strstr(fx->error.message, "1350"));
}

static void document_of_an_unknown_job(void **state)
{
    struct fixture *fx = *state;
    char *document = NULL;
    struct job job;
    assert_int_equal(FIXTURE_RUN(fx, jobs_document(fx->core, "j", &document, &fx->error)), CORE_NOT_FOUND);
    assert_null(document);
    assert_int_equal(FIXTURE_RUN(fx, jobs_document(fx->core, "j.", &document, &fx->error)),
                     CORE_INVALID_REQUEST);
    assert_int_equal(FIXTURE_RUN(fx, jobs_describe(fx->core, "j", &job, &fx->error)), CORE_NOT_FOUND);
    assert_int_equal(FIXTURE_RUN(fx, jobs_describe(fx->core, "j.", &job, &fx->error)), CORE_INVALID_REQUEST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_job),
        TEST(same_id_again),
        TEST(id_can_be_used_again_after_deletion),
        TEST(job_ids),
        TEST(members_at_their_edges),
        TEST(neither_document_nor_source),
        TEST(wrong_targets),
        TEST(same_target_twice),
        TEST(number_of_targets),
        TEST(documents_byte_for_byte),
        TEST(bad_documents),
        TEST(size_of_the_document),
        TEST(depth_of_the_document),
        TEST(document_from_an_object),
        TEST(length_of_the_source),
        TEST(document_of_an_unknown_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
