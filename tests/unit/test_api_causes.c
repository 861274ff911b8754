/* SPDX-License-Identifier: MIT */
/* What the operator reads in statusDetails.message: the cause that the library is (a value that is there and cannot be used, a required key
 * that is missing), what the application says itself, and never a cause of something else (R-29, R-62; include/lib_json.h, lib_jobs.h). */
// LINK: device_api device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_service.h"
#include "lib_jobs.h"
#include "lib_json.h"
#include "lib_system.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define CERT    "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY     "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"
#define GENERAL "failed in the handler" /* of the reason HANDLER_FAILED */

static char job_name[LENGTH_JOB_ID];
static atomic_bool has_copy;
static job_st copy;
static struct fake_request end;

static jobsStatus_et keep_copy(job_st *ps_job)
{
    copy = *ps_job;
    atomic_store(&has_copy, true);
    return JOB_STATUS_IN_PROGRESS;
}

/* Everything in the handler: reports a message of its own, and then returns what the report has said already. */
static jobsStatus_et fail_in_words(job_st *ps_job)
{
    uint32_t count;
    const jobDetail_st details[] = {{"message", "the lamp is broken"}};
    JSON_getUint32(ps_job->documentStr, "count", &count);
    assert_true(JOBS_report(ps_job->runId_u32, JOB_STATUS_FAILED, details, 1));
    return JOB_STATUS_FAILED;
}

static jobsStatus_et fail_by_document(job_st *ps_job)
{
    uint32_t count;
    return JSON_getUint32(ps_job->documentStr, "count", &count) ? JOB_STATUS_SUCCEEDED : JOB_STATUS_REJECTED;
}

static int start_library(void **state)
{
    (void)state;
    fake_reset();
    systemInitConfig_st config = {.s_awsConfig = {.hostNameStr = "localhost",
                                                  .port_u16 = 8883,
                                                  .pRootCaStr = CERT,
                                                  .pThingCertStr = CERT,
                                                  .pThingPrivateKeyStr = KEY,
                                                  .pThingNameStr = FAKE_THING}};
    assert_true(SYSTEM_init(&config));
    SYSTEM_start();
    assert_true(JOBS_register("keep", 0, keep_copy));
    assert_true(JOBS_register("words", 0, fail_in_words));
    assert_true(JOBS_register("document", 0, fail_by_document));
    fake_wait_open(1);
    fake_connect();
    return 0;
}

/* The device asks for the next job: this one. */
static void offer(const char *document)
{
    static unsigned number;
    snprintf(job_name, sizeof(job_name), "job-%u", ++number);
    atomic_store(&has_copy, false);
    fake_answer_next(job_name, document);
    fake_accept_claim(job_name);
}

static void take(const char *document)
{
    offer(document);
    fake_wait_flag(&has_copy);
}

static void expect_message(const char *status, const char *message)
{
    char wanted[256];
    fake_accept_until(&end, job_name, status);
    snprintf(wanted, sizeof(wanted), "\"message\":\"%s\"", message);
    if (!strstr(end.payload, wanted)) {
        fail_msg("not %s: %s", wanted, end.payload);
    }
}

static void fail_with(const char *message)
{
    JOBS_updateStatus(copy.idStr, JOB_STATUS_FAILED);
    expect_message("FAILED", message);
}

/* ---- what is a cause */

static void test_an_optional_key_is_none(void **state)
{
    (void)state;
    uint32_t u = 1;
    int32_t i = 1;
    bool b = false;
    char text[8];
    take("{\"action\":\"keep\"}");
    assert_true(JSON_getUint32Or(copy.documentStr, "speed", 7, &u));
    assert_true(JSON_getInt32Or(copy.documentStr, "speed", -7, &i));
    assert_true(JSON_getBoolOr(copy.documentStr, "speed", true, &b));
    assert_true(JSON_getStringOr(copy.documentStr, "speed", "slow", text, sizeof(text)));
    assert_false(fake_log_has("speed"));
    fail_with(GENERAL);
    take("{\"action\":\"keep\"}");
    assert_false(JSON_getUint32(copy.documentStr, "speed",
                                &u)); /* the reader says no; whose fault is the handler's to say */
    assert_false(JSON_getInt32(copy.documentStr, "speed", &i));
    assert_false(JSON_getBool(copy.documentStr, "speed", &b));
    assert_false(JSON_getString(copy.documentStr, "speed", text, sizeof(text)));
    assert_true(fake_log_has("JSON_getUint32: key 'speed' is missing"));
    assert_false(fake_log_has("error: JSON_get"));
    fail_with(GENERAL);
}

static void test_a_value_that_cannot_be_used_is_one(void **state)
{
    (void)state;
    uint32_t u;
    int32_t i;
    bool b;
    char text[4];
    static const char document[] = "{\"action\":\"keep\",\"n\":-1,\"t\":\"fast\",\"z\":null}";
    take(document);
    assert_false(JSON_getUint32Or(copy.documentStr, "n", 7, &u));
    fail_with("key 'n' is negative");
    take(document);
    assert_false(JSON_getInt32Or(copy.documentStr, "t", 7, &i));
    fail_with("key 't' is not an integer");
    take(document);
    assert_false(JSON_getBoolOr(copy.documentStr, "z", true, &b));
    fail_with("key 'z' is not true or false");
    take(document);
    assert_false(JSON_getStringOr(copy.documentStr, "t", "x", text, sizeof(text)));
    fail_with("key 't' needs 5 bytes, its buffer has 4");
    take(document);
    assert_false(JSON_getUint32(copy.documentStr, "t", &u));
    JOBS_updateStatus(copy.idStr, JOB_STATUS_REJECTED);
    expect_message("REJECTED", "key 't' is not an integer");
}

static void test_a_required_key_is_one(void **state)
{
    (void)state;
    char text[4];
    const tagStructure_st tags[] = {{"count", text}};
    const jsonTag_st sized[] = {JSON_TAG("other", text)};
    take("{\"action\":\"keep\"}");
    assert_false(JSON_processString(copy.documentStr, tags, 1));
    fail_with("key 'count' is missing");
    take("{\"action\":\"keep\"}");
    assert_false(JSON_getValues(copy.documentStr, sized, 1));
    fail_with("key 'other' is missing");
    take("{\"action\":\"keep\",\"count\":1,\"count\":2}");
    assert_false(JSON_processString(copy.documentStr, tags, 1));
    fail_with("a requested key occurs twice (at byte 27)");
}

/* The program's own mistakes are no cause for an operator. */
static void test_a_call_without_a_buffer_is_none(void **state)
{
    (void)state;
    take("{\"action\":\"keep\",\"count\":1}");
    assert_false(JSON_getUint32(copy.documentStr, "count", NULL));
    assert_false(JSON_processString(copy.documentStr, NULL, 1));
    fail_with(GENERAL);
}

/* ---- whose cause it is */

static void test_a_cause_that_was_overcome_is_not_told(void **state)
{
    (void)state;
    uint32_t u;
    char text[4], longer[8];
    const jsonTag_st tags[] = {JSON_TAG("speed", text)}, fitting[] = {JSON_TAG("speed", longer)};
    take("{\"action\":\"keep\",\"speed\":\"fast\",\"count\":1}");
    assert_false(JSON_getValues(copy.documentStr, tags, 1));
    assert_true(JSON_getValues(copy.documentStr, fitting, 1));
    fail_with(GENERAL);
    take("{\"action\":\"keep\",\"count\":1}");
    assert_false(
        JSON_getValues(copy.documentStr, tags, 1)); /* the new form of the document, then the old one */
    assert_true(JSON_getUint32(copy.documentStr, "count", &u));
    fail_with(GENERAL);
    take("{\"action\":\"keep\",\"count\":-1,\"on\":5}");
    assert_false(JSON_getUint32(copy.documentStr, "count", &u));
    assert_true(
        JSON_getUint32Or(copy.documentStr, "off", 7, &u)); /* was not there: nothing was read in its place */
    fail_with("key 'count' is negative");
}

static void test_a_handler_that_reads_two_documents(void **state)
{
    (void)state;
    uint32_t u;
    char text[8];
    const tagStructure_st tags[] = {{"limit", text}};
    take("{\"action\":\"keep\",\"count\":1}");
    assert_true(JSON_getUint32(copy.documentStr, "count", &u));
    assert_false(
        JSON_processString("{\"version\":1}", tags, 1)); /* its own file: not what the operator wrote */
    fail_with(GENERAL);
    take("{\"action\":\"keep\",\"count\":-1}");
    assert_false(JSON_getUint32(copy.documentStr, "count", &u));
    assert_true(JSON_processString("{\"limit\":10}", tags, 1));
    fail_with("key 'count' is negative");
}

/* An array of the document, and each of its objects, however many there may be. */
static void test_objects_of_an_array_of_the_document(void **state)
{
    (void)state;
    static jsonArray_st array;
    static const char steps[] =
        "[{\"t\":\"x\"},{\"t\":1},{\"t\":2},{\"t\":3},{\"t\":4},{\"t\":5},{\"t\":6},{\"t\":7},"
        "{\"t\":8},{\"t\":-1}]";
    static const char *const messages[] = {"key 't' is not an integer", "key 't' is negative"};
    char document[300], text[200];
    const jsonTag_st tags[] = {JSON_TAG("steps", text)};
    uint32_t value;
    for (int i = 0; i < 2; i++) {
        snprintf(document, sizeof(document), "{\"action\":\"keep\",\"steps\":%s}", steps);
        take(document);
        assert_true(JSON_getValues(copy.documentStr, tags, 1));
        assert_true(JSON_processArrayObjs(text, &array));
        assert_int_equal(array.numOfJosnObjs_u8, 10);
        assert_false(JSON_getUint32(array.jsonObjs[i * 9], "t", &value)); /* the first, the last */
        fail_with(messages[i]);
    }

    take("{\"action\":\"keep\",\"steps\":[{},7]}");
    assert_true(JSON_getValues(copy.documentStr, tags, 1));
    assert_false(JSON_processArrayObjs(text, &array));
    fail_with("element 2 of the array is no object");

    take("{\"action\":\"keep\"}");
    assert_false(JSON_processArrayObjs("[7]", &array)); /* not of this document */
    fail_with(GENERAL);
}

/* An object of the document, read as a document. */
static void test_a_part_of_the_document(void **state)
{
    (void)state;
    uint32_t u;
    char outer[64], inner[32];
    static const char document[] = "{\"action\":\"keep\",\"a\":{\"b\":{\"speed\":\"fast\"}}}";
    const jsonTag_st tags[] = {JSON_TAG("a", outer)}, inner_tags[] = {JSON_TAG("b", inner)};
    take(document);
    assert_true(JSON_getValues(copy.documentStr, tags, 1));
    assert_true(JSON_getValues(outer, inner_tags, 1));
    assert_false(JSON_getUint32(inner, "speed", &u));
    fail_with("key 'speed' is not an integer");
}

static void *read_badly(void *ctx)
{
    (void)ctx;
    uint32_t value;
    assert_false(JSON_getUint32(copy.documentStr, "count", &value));
    return NULL;
}

static void test_a_cause_of_another_task(void **state)
{
    (void)state;
    pthread_t thread;
    take("{\"action\":\"keep\",\"count\":-1}");
    pthread_create(&thread, NULL, read_badly, NULL);
    pthread_join(thread, NULL);
    fail_with(GENERAL);
}

static void test_a_cause_of_an_earlier_job(void **state)
{
    (void)state;
    static char first[LENGTH_JOB_DOCUMENT];
    uint32_t u;
    take("{\"action\":\"keep\",\"count\":-1}");
    strcpy(first, copy.documentStr);
    assert_false(JSON_getUint32(first, "count", &u));
    JOBS_updateStatus(copy.idStr, JOB_STATUS_SUCCEEDED); /* it could do without */
    fake_accept_until(&end, job_name, "SUCCEEDED");
    assert_null(strstr(end.payload, "message"));
    take("{\"action\":\"keep\",\"count\":1}");
    assert_false(JSON_getUint32(first, "count", &u)); /* still looks at the copy of before */
    fail_with(GENERAL);
}

/* Told once: of two reports about one cause, the second has nothing to tell; one that was refused has told nothing. */
static void test_a_report_that_is_refused_keeps_the_cause(void **state)
{
    (void)state;
    uint32_t u;
    take("{\"action\":\"keep\",\"count\":-1}");
    assert_false(JSON_getUint32(copy.documentStr, "count", &u));
    assert_false(JOBS_report(copy.runId_u32 + 77, JOB_STATUS_FAILED, NULL, 0));
    fail_with("key 'count' is negative");
}

static void test_a_returned_failure_tells_its_cause(void **state)
{
    (void)state;
    offer("{\"action\":\"document\",\"count\":\"many\"}");
    expect_message("REJECTED", "key 'count' is not an integer");
    offer("{\"action\":\"document\",\"count\":1}");
    fake_accept_until(&end, job_name, "SUCCEEDED");
    assert_null(strstr(end.payload, "message"));
    offer("{\"action\":\"document\"}");
    fake_accept_until(&end, job_name, "REJECTED");
    assert_null(strstr(end.payload, "count"));
}

/* ---- the application's own words */

static void test_own_message(void **state)
{
    (void)state;
    uint32_t u;
    const jobDetail_st details[] = {
        {"a", "1"}, {"b", "2"}, {"message", "no \"water\""}, {"c", "3"}, {"d", "4"}, {"e", "5"}, {"f", "6"}};
    take("{\"action\":\"keep\",\"count\":-1}");
    assert_false(JSON_getUint32(copy.documentStr, "count", &u));
    JOBS_updateStatusDetails(copy.idStr, JOB_STATUS_FAILED, details, 7); /* six and the message */
    expect_message("FAILED", "no 'water'");
    assert_non_null(strstr(end.payload, "\"f\":\"6\""));
    assert_non_null(strstr(end.payload, "\"reason\":\"HANDLER_FAILED\""));
    assert_false(fake_log_has("are left out"));
    take("{\"action\":\"keep\"}");
    assert_true(JOBS_report(copy.runId_u32, JOB_STATUS_REJECTED, details + 2, 1));
    expect_message("REJECTED", "no 'water'");
    assert_non_null(strstr(end.payload, "\"reason\":\"REJECTED_BY_HANDLER\""));
}

static void test_own_message_from_inside_the_handler(void **state)
{
    (void)state;
    offer("{\"action\":\"words\",\"count\":-1}");
    expect_message("FAILED", "the lamp is broken");
}

static void test_own_message_goes_with_a_failure_only(void **state)
{
    (void)state;
    const jobDetail_st details[] = {{"message", "all is well"}, {"a", "1"}};
    take("{\"action\":\"keep\"}");
    assert_true(JOBS_report(copy.runId_u32, JOB_STATUS_IN_PROGRESS, details, 2));
    assert_true(fake_log_has("1 of the details are left out"));
    JOBS_updateStatusDetails(copy.idStr, JOB_STATUS_SUCCEEDED, details, 2);
    fake_accept_until(&end, job_name, "SUCCEEDED");
    assert_null(strstr(end.payload, "message"));
    assert_null(strstr(end.payload, "well"));
    assert_non_null(strstr(end.payload, "\"a\":\"1\""));
}

static void test_bad_own_messages(void **state)
{
    (void)state;
    char longest[300] = "", wanted[300] = "";
    const jobDetail_st details[] = {
        {"message", ""}, {"message", NULL}, {"message", "first"}, {"message", "second"}};
    take("{\"action\":\"keep\"}");
    JOBS_updateStatusDetails(copy.idStr, JOB_STATUS_FAILED, details, 4);
    assert_true(fake_log_has("3 of the details are left out"));
    expect_message("FAILED", "first");
    for (int i = 0; i < 70; i++) {
        strcat(longest, "\xc3\xa4"); /* 140 bytes; 127 is no end of a character */
    }
    memcpy(wanted, longest, 126);
    const jobDetail_st one[] = {{"message", longest}};
    take("{\"action\":\"keep\"}");
    JOBS_updateStatusDetails(copy.idStr, JOB_STATUS_FAILED, one, 1);
    expect_message("FAILED", wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_optional_key_is_none),
        cmocka_unit_test(test_a_value_that_cannot_be_used_is_one),
        cmocka_unit_test(test_a_required_key_is_one),
        cmocka_unit_test(test_a_call_without_a_buffer_is_none),
        cmocka_unit_test(test_a_cause_that_was_overcome_is_not_told),
        cmocka_unit_test(test_a_handler_that_reads_two_documents),
        cmocka_unit_test(test_a_part_of_the_document),
        cmocka_unit_test(test_objects_of_an_array_of_the_document),
        cmocka_unit_test(test_a_cause_of_another_task),
        cmocka_unit_test(test_a_cause_of_an_earlier_job),
        cmocka_unit_test(test_a_report_that_is_refused_keeps_the_cause),
        cmocka_unit_test(test_a_returned_failure_tells_its_cause),
        cmocka_unit_test(test_own_message),
        cmocka_unit_test(test_own_message_from_inside_the_handler),
        cmocka_unit_test(test_own_message_goes_with_a_failure_only),
        cmocka_unit_test(test_bad_own_messages),
    };
    return cmocka_run_group_tests(tests, start_library, NULL);
}
