/* SPDX-License-Identifier: MIT */
/* device/core/ota: what an update or a rollback asks of its document, of the device and of the application before it begins. The way itself, under every fault, is played by tests/ota. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/ota_device.h"

/* ---- what may not begin */

static void refused(const char *document, const char *problem)
{
    assert_int_equal(begin_with(document), ERR_ARG);
    assert_string_equal(ota_problem(&d.machine), problem);
    assert_false(ota_is_active(&d.machine));
    assert_int_equal(d.requests, 0);
}

static void test_refuses_what_does_not_go_with_the_device(void **state)
{
    (void)state;
    refused("{\"url\":\"http://a\"}", "url: not an https link");
    refused("{\"url\":\"https://a\"}", "sha256: is missing");
    refused("{\"url\":\"https://a\",\"size\":16385,\"sha256\":\"" DIGEST1 "\"}",
            "size: the image does not fit into the slot");
    refused("{\"url\":\"https://a\",\"sha256\":\"" DIGEST1 "\",\"minVersion\":\"1.2.1\"}",
            "minVersion: the running image is older: 1.2.0");
    refused("{\"url\":\"https://a\",\"sha256\":\"" DIGEST1 "\",\"minVersion\":\"1.2.1\",\"force\":true}",
            "minVersion: the running image is older: 1.2.0");
    refused("{\"url\":\"https://a\",\"sha256\":\"" DIGEST1 "\",\"version\":\"1.1.9\"}",
            "version: older than the running image, and force is not true: 1.2.0");
    d.config.version = "main";
    boot();
    refused("{\"url\":\"https://a\",\"sha256\":\"" DIGEST1 "\",\"minVersion\":\"1.0\"}",
            "minVersion: the running image is older: main");
    d.config.version = "1.2.0";
    d.config.public_key_pem = "key";
    boot();
    refused(UPDATE, "signature: is missing, and this device has a key for it");
    d.describe_err = ERR_UNSUPPORTED;
    assert_int_equal(begin_with(UPDATE), ERR_UNSUPPORTED);
}

static void test_takes_what_does(void **state)
{
    static const char *const documents[] = {
        UPDATE,
        "{\"url\":\"https://a\",\"size\":16384,\"sha256\":\"" DIGEST1 "\"}",
        "{\"url\":\"https://a\",\"sha256\":\"" DIGEST1 "\",\"version\":\"1.2.0\"}",
        "{\"url\":\"https://a\",\"sha256\":\"" DIGEST1 "\",\"version\":\"main\"}",
        "{\"url\":\"https://a\",\"sha256\":\"" DIGEST1 "\",\"version\":\"1.1\",\"force\":true}",
        "{\"url\":\"https://a\",\"sha256\":\"" DIGEST1 "\",\"minVersion\":\"1.2\"}",
        "{\"url\":\"https://a\",\"sha256\":\"" DIGEST1 "\",\"minVersion\":\"1.1\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        setup(NULL);
        assert_int_equal(begin_with(documents[i]), ERR_OK);
        settle();
        assert_int_equal(d.requests, 1);
    }
    setup(NULL);
    d.config.accepts_undigested = true;
    boot();
    assert_int_equal(begin_with("{\"url\":\"https://a\"}"), ERR_OK);
    assert_string_equal(d.asked, "https://a 0-127");
}

static void test_slot_that_is_smaller_than_it_says(void **state)
{
    (void)state;
    d.begin_err = ERR_TOO_LONG;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    assert_string_equal(d.outcome.reason, "NO_SPACE");
    assert_false(ota_is_active(&d.machine));
}

static void test_a_block_has_to_fit(void **state)
{
    (void)state;
    d.slots.block_bytes = BLOCK + 1;
    assert_int_equal(ota_start(&d.machine, &d.config, &io, &d.workspace, SLICE_EMPTY, 0), ERR_TOO_LONG);
    d.slots.block_bytes = 0;
    assert_int_equal(ota_start(&d.machine, &d.config, &io, &d.workspace, SLICE_EMPTY, 0), ERR_TOO_LONG);
    d.describe_err = ERR_UNSUPPORTED;
    assert_int_equal(ota_start(&d.machine, &d.config, &io, &d.workspace, SLICE_EMPTY, 0), ERR_UNSUPPORTED);
}

/* ---- what runs already */

static void test_same_digest_runs_already(void **state)
{
    (void)state;
    d.hash = 1;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    assert_int_equal(d.requests, 0);
    assert_int_equal(d.reports, 1);
    assert_true(d.outcome.is_good);
    assert_string_equal(d.message, "it runs already");
    assert_int_equal(d.outcome.digest[0], 1);
    assert_int_equal(d.outcome.boots, 7);
    assert_false(ota_is_active(&d.machine));
}

/* Of a document with a digest, the digest decides: the same version can be built twice. */
static void test_same_version(void **state)
{
    (void)state;
    d.config.version = "1.5";
    d.config.accepts_undigested = true;
    boot();
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    assert_int_equal(d.requests, 1);
    assert_true(ota_cancel(&d.machine, d.now_ms));
    assert_int_equal(begin_with("{\"url\":\"https://a\",\"version\":\"1.5\"}"), ERR_OK);
    assert_int_equal(d.requests, 1);
    assert_true(d.outcome.is_good);
    assert_null(d.outcome.digest);
}

/* An image of another length is another one: nothing is read. Of unknown length nobody can tell. */
static void test_length_of_the_running_image(void **state)
{
    (void)state;
    d.hash = 1;
    d.slots.running_bytes = 255;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    assert_int_equal(d.requests, 1);
    setup(NULL);
    d.hash = 1;
    assert_int_equal(begin_with("{\"url\":\"https://a\",\"sha256\":\"" DIGEST1 "\"}"), ERR_OK);
    assert_int_equal(d.requests, 1);
    setup(NULL);
    d.hash = 1;
    d.slots.running_bytes = 255;
    assert_int_equal(begin_with("{\"url\":\"https://a\",\"sha256\":\"" DIGEST1 "\"}"), ERR_OK);
    settle();
    assert_true(d.outcome.is_good);
}

/* ---- permission */

static void test_postponed_and_vetoed(void **state)
{
    struct ota_progress progress;
    (void)state;
    d.permission = OTA_NOT_YET;
    d.again_ms = 60000;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    assert_int_equal(ota_wake_at_ms(&d.machine), 61000);
    ota_progress(&d.machine, &progress);
    assert_string_equal(progress.phase, "waiting for permission");
    d.again_ms = 0; /* not at once */
    d.now_ms = 61000;
    settle();
    assert_int_equal(ota_wake_at_ms(&d.machine), 62000);
    d.permission = OTA_MAY_NOT;
    d.now_ms = 62000;
    settle();
    assert_int_equal(d.reports, 1);
    assert_string_equal(d.outcome.reason, "VETOED");
}

/* ---- rollback */

static void test_rollback_needs_to_know_what(void **state)
{
    (void)state;
    assert_int_equal(ota_begin(&d.machine, OTA_KIND_ROLLBACK, "job-1", slice_from("{}"), d.now_ms), ERR_ARG);
    assert_string_equal(ota_problem(&d.machine), "sha256: is missing");
    assert_int_equal(ota_begin(&d.machine, OTA_KIND_ROLLBACK, "job-1",
                               slice_from("{\"sha256\":\"" DIGEST1 "\"}"), d.now_ms),
                     ERR_ARG);
    assert_string_equal(ota_problem(&d.machine),
                        "sha256 or size: is missing, and this device does not know it");
    d.slots.other_bytes = 100;
    assert_int_equal(ota_begin(&d.machine, OTA_KIND_ROLLBACK, "job-1",
                               slice_from("{\"sha256\":\"" DIGEST1 "\"}"), d.now_ms),
                     ERR_OK);
    settle();
    assert_int_equal(d.requests, 0);
    assert_string_equal(d.outcome.reason, "WRONG_DIGEST"); /* the other slot has another image */
    d.config.public_key_pem = "key";
    boot();
    assert_int_equal(ota_begin(&d.machine, OTA_KIND_ROLLBACK, "job-1",
                               slice_from("{\"signature\":\"MAYCAQECAQE=\"}"), d.now_ms),
                     ERR_ARG);
    /* With a key, an unsigned image does not come in by this door either. */
    d.config.public_key_pem = "key";
    boot();
    assert_int_equal(ota_begin(&d.machine, OTA_KIND_ROLLBACK, "job-1",
                               slice_from("{\"sha256\":\"" DIGEST1 "\"}"), d.now_ms),
                     ERR_ARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_refuses_what_does_not_go_with_the_device, setup),
        cmocka_unit_test_setup(test_takes_what_does, setup),
        cmocka_unit_test_setup(test_slot_that_is_smaller_than_it_says, setup),
        cmocka_unit_test_setup(test_a_block_has_to_fit, setup),
        cmocka_unit_test_setup(test_same_digest_runs_already, setup),
        cmocka_unit_test_setup(test_same_version, setup),
        cmocka_unit_test_setup(test_length_of_the_running_image, setup),
        cmocka_unit_test_setup(test_postponed_and_vetoed, setup),
        cmocka_unit_test_setup(test_rollback_needs_to_know_what, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
