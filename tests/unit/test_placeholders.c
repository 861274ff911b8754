/* SPDX-License-Identifier: MIT */
/* Placeholders for presigned links in job documents (docs/protocol.md 5.5, U30): wherever a document goes to a device it carries new
 * links; which placeholders are refused when the job is made. R-37. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/jobs/placeholders.h"
#include "fakes/core_fixture.h"

#define ROLE "arn:aws:iam::123456789012:role/ota"
#define V1   "${aws:iot:s3-presigned-url:https://s3.us-east-1.amazonaws.com/bucket/a/b.bin}"
#define V2   "${aws:iot:s3-presigned-url-v2:https://bucket.s3.eu-west-1.amazonaws.com/c%20d.bin}"

static struct job_create with(const char *document, int64_t expires_s)
{
    return (struct job_create){
        .document = slice_from(document),
        .presign = {.role_arn = ROLE, .expires_s = expires_s},
        .config = slice_from(expires_s == 77 ? "{\"presignedUrlConfig\":{\"expiresInSec\":77}}" : "{}"),
    };
}

static void make(struct fixture *fx, const char *document, int64_t expires_s)
{
    fixture_thing(fx, "lamp");
    if (fixture_try_job(fx, "j", "lamp", with(document, expires_s))) {
        fail_msg("%s: %s", document, fx->error.message);
    }
}

static const char *next_document(struct fixture *fx)
{
    static char text[CORE_DOCUMENT_MAX + 4096];
    struct execution execution;
    bool has_one = false;
    FIXTURE_OK(fx, executions_get(fx->core, "lamp", "$next", 0, true, &execution, &has_one, &fx->error));
    assert_true(has_one);
    snprintf(text, sizeof text, "%s", execution.document);
    execution_clear(&execution);
    return text;
}

static void each_delivery_has_links_of_its_own(void **state)
{
    struct fixture *fx = *state;
    struct execution execution;
    bool has_one = false;
    char *document = NULL;
    make(fx, "{\"u\":\"" V1 "\"}", 77);
    assert_non_null(strstr(fx->heard, "\"jobDocument\":{\"u\":\"https://links/bucket/a/b.bin?n=1&s=77\"}"));
    assert_string_equal(next_document(fx), "{\"u\":\"https://links/bucket/a/b.bin?n=2&s=77\"}");
    FIXTURE_OK(fx, executions_get(fx->core, "lamp", "j", 0, true, &execution, &has_one, &fx->error));
    assert_string_equal(execution.document, "{\"u\":\"https://links/bucket/a/b.bin?n=3&s=77\"}");
    execution_clear(&execution);
    FIXTURE_OK(fx, executions_get(fx->core, "lamp", "j", 0, false, &execution, &has_one, &fx->error));
    assert_null(execution.document);
    execution_clear(&execution);
    FIXTURE_OK(fx, executions_start_next(fx->core, "lamp", SLICE_EMPTY, 0, &execution, &has_one, &fx->error));
    assert_string_equal(execution.document, "{\"u\":\"https://links/bucket/a/b.bin?n=4&s=77\"}");
    execution_clear(&execution);
    struct execution_update update = {
        .thing = "lamp", .job_id = "j", .status = slice_from("IN_PROGRESS"), .with_document = true};
    FIXTURE_OK(fx, executions_update(fx->core, &update, &execution, &fx->error));
    assert_string_equal(execution.document, "{\"u\":\"https://links/bucket/a/b.bin?n=5&s=77\"}");
    execution_clear(&execution);
    FIXTURE_OK(fx, jobs_document(fx->core, "j", &document, &fx->error));
    assert_string_equal(document, "{\"u\":\"" V1 "\"}");
    free(document);
    assert_int_equal(fx->links_signed, 5);
}

static void what_stands_around_them_stays_byte_for_byte(void **state)
{
    struct fixture *fx = *state;
    make(fx, " {\"a\": \"x" V2 "y" V1 "\" ,\"${aws\":\"${aws:io}\",\"n\":1e400}\n", 0);
    assert_string_equal(next_document(fx),
                        " {\"a\": \"xhttps://links/bucket/c d.bin?n=3&s=3600y"
                        "https://links/bucket/a/b.bin?n=4&s=3600\" ,\"${aws\":\"${aws:io}\",\"n\":1e400}\n");
}

static void escapes_of_json_are_read(void **state)
{
    struct fixture *fx = *state;
    make(fx, "[\"${aws:iot:s3-presigned-url:https:\\/\\/s3.amazonaws.com\\/bucket\\/a\\u0062c}\"]", 0);
    assert_string_equal(next_document(fx), "[\"https://links/bucket/abc?n=2&s=3600\"]");
}

static void documents_without_placeholders_need_nothing(void **state)
{
    struct fixture *fx = *state;
    fixture_thing(fx, "lamp");
    assert_int_equal(
        fixture_try_job(fx, "j", "lamp", (struct job_create){.document = slice_from("{\"a\":\"${aws\"}")}),
        CORE_OK);
    assert_string_equal(next_document(fx), "{\"a\":\"${aws\"}");
    assert_int_equal(fx->links_signed, 0);
}

#define LINK(inside) "{\"u\":\"${aws:iot:" inside "}\"}"

static void what_cannot_be_signed_is_refused(void **state)
{
    struct fixture *fx = *state;
    static const char *const documents[] = {
        LINK("parameter:x"),
        LINK("package:p:version:1:attribute:s3-presigned-url"),
        LINK("s3-presigned-url"),
        LINK("s3-presigned-url:"),
        LINK("s3-presigned-url-v3:https://s3.us-east-1.amazonaws.com/bucket/k"),
        LINK("s3-presigned-url:s3://bucket/k"),
        LINK("s3-presigned-url:bucket/k"),
        LINK("s3-presigned-url:http://s3.us-east-1.amazonaws.com/bucket/k"),
        LINK("s3-presigned-url:https://example.com/bucket/k"),
        LINK("s3-presigned-url:https://s3.us-east-1.amazonaws.com/bucket"),
        LINK("s3-presigned-url:https://s3.us-east-1.amazonaws.com/bucket/k?versionId=1"),
        LINK("s3-presigned-url:https://s3.us-east-1.amazonaws.com/BUCKET/k"),
        "{\"u\":\"${aws:iot:s3-presigned-url:https://s3.us-east-1.amazonaws.com/bucket/k\"}",
        "{\"u\":\"${aws:iot:s3-presigned-url:https://s3.us-east-1.amazonaws.com/bucket/k\",\"v\":\"}\"}",
        "{\"u\":\"" V1 V2 "${aws:iot:\"}",
    };
    fixture_thing(fx, "lamp");
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        int code = fixture_try_job(fx, "j", "lamp", with(documents[i], 0));
        if (code != CORE_INVALID_REQUEST ||
            !strstr(fx->error.message, "does not model placeholders like ${aws:iot:")) {
            fail_msg("%s: code %d, %s", documents[i], code, fx->error.message);
        }
    }
    assert_int_equal(fx->links_signed, 0);
}

static void ten_of_them_and_a_role(void **state)
{
    struct fixture *fx = *state;
    static const char ten[] = "[\"" V1 V1 V1 V1 V1 V1 V1 V1 V1 V2 "\"]";
    static const char eleven[] = "[\"" V1 V1 V1 V1 V1 V1 V1 V1 V1 V1 V2 "\"]";
    fixture_thing(fx, "lamp");
    assert_int_equal(fixture_try_job(fx, "j", "lamp", with(eleven, 0)), CORE_INVALID_REQUEST);
    assert_non_null(strstr(fx->error.message, "more than 10"));
    assert_int_equal(fixture_try_job(fx, "j", "lamp", (struct job_create){.document = slice_from(ten)}),
                     CORE_INVALID_REQUEST);
    assert_non_null(strstr(fx->error.message, "roleArn"));
    assert_int_equal(fixture_try_job(fx, "j", "lamp", with(ten, 0)), CORE_OK);
}

static void limits_of_the_configuration(void **state)
{
    struct fixture *fx = *state;
    static const struct {
        int64_t expires_s;
        int code;
    } cases[] = {{59, CORE_INVALID_REQUEST}, {60, CORE_OK}, {3600, CORE_OK}, {3601, CORE_INVALID_REQUEST}};
    char id[2] = "a";
    fixture_thing(fx, "lamp");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++, id[0]++) {
        assert_int_equal(fixture_try_job(fx, id, "lamp", with("{}", cases[i].expires_s)), cases[i].code);
    }
    struct job_create create = with("{}", 0);
    create.presign.role_arn = "arn:aws:iam::1:role"; /* 19 characters */
    assert_int_equal(fixture_try_job(fx, "j", "lamp", create), CORE_INVALID_REQUEST);
    assert_non_null(strstr(fx->error.message, "20 to 2048"));
}

/* A database of a service that signed, opened by one that does not. */
static void without_a_signer(void **state)
{
    struct fixture *fx = *state;
    char why[256] = "";
    struct core_config config = {.database = ":memory:", .clock = &fx->clock};
    struct core *core = core_open(&config, why, sizeof why);
    assert_non_null(core);
    assert_int_equal(placeholders_check(core, slice_from("\"" V1 "\""), true, &fx->error),
                     CORE_INVALID_REQUEST);
    char *filled = placeholders_fill(core, strdup("\"" V1 "\""), 0);
    assert_string_equal(filled, "\"" V1 "\"");
    free(filled);
    core_close(core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_delivery_has_links_of_its_own, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(what_stands_around_them_stays_byte_for_byte, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(escapes_of_json_are_read, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(documents_without_placeholders_need_nothing, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_signed_is_refused, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(ten_of_them_and_a_role, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(limits_of_the_configuration, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(without_a_signer, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
