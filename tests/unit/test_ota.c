/* SPDX-License-Identifier: MIT */
/* device/core/ota: who may begin, cancel and judge an update, what is fetched, and what is told of its progress. The way itself, under every fault, is played by tests/ota. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/ota_device.h"

static void answer(const char *range, const char *etag, size_t len)
{
    static const char bytes[512];

    ota_answer_status(&d.machine, 206, d.now_ms);
    ota_answer_header(&d.machine, slice_from("Content-Range"), slice_from(range), d.now_ms);
    ota_answer_header(&d.machine, slice_from("ETag"), slice_from(etag), d.now_ms);
    ota_answer_headers_end(&d.machine, d.now_ms);
    (void)ota_answer_bytes(&d.machine, bytes, len, d.now_ms);
    ota_check(&d.machine);
}

static void download(void)
{
    answer("bytes 0-127/256", "e", 128);
    ota_answer_end(&d.machine, d.now_ms);
    answer("bytes 128-255/256", "e", 128);
    ota_answer_end(&d.machine, d.now_ms);
}

/* ---- who may begin, cancel, judge */

static void test_one_job_at_a_time(void **state)
{
    (void)state;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    assert_string_equal(ota_job_id(&d.machine), "job-1");
    assert_int_equal(ota_begin(&d.machine, OTA_KIND_UPDATE, "job-2", slice_from(UPDATE), d.now_ms), ERR_BUSY);
    assert_int_equal(
        begin_with("{\"url\":\"https://c/d\",\"size\":256,\"sha256\":\"" DIGEST1 "\",\"version\":\"1.5\"}"),
        ERR_EXISTS);
    assert_int_equal(d.requests, 1);
    answer("bytes 0-127/256", "e", 128);
    ota_answer_end(&d.machine, d.now_ms);
    assert_string_equal(d.asked,
                        "https://c/d 128-255"); /* the job's document, handed in again, has a fresh link */
}

static void test_cancel(void **state)
{
    (void)state;
    assert_false(ota_cancel(&d.machine, d.now_ms));
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    answer("bytes 0-127/256", "e", 100);
    assert_true(ota_cancel(&d.machine, d.now_ms));
    assert_int_equal(d.drops, 1);
    assert_int_equal(d.reports, 0);
    assert_false(ota_is_active(&d.machine));
    assert_string_equal(ota_job_id(&d.machine), "");
    assert_false(ota_answer_bytes(&d.machine, "x", 1, d.now_ms));
    assert_int_equal(ota_wake_at_ms(&d.machine), OTA_NEVER);
    d.hash = 0; /* a later job of the same image goes on */
    assert_int_equal(ota_begin(&d.machine, OTA_KIND_UPDATE, "job-2", slice_from(UPDATE), d.now_ms), ERR_OK);
    settle();
    assert_string_equal(d.asked, "https://a/b 64-191");
}

static void test_too_late_to_cancel(void **state)
{
    (void)state;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    d.hash = 1; /* from now on it is the image */
    download();
    settle();
    assert_int_equal(d.restarts, 1);
    assert_false(ota_cancel(&d.machine, d.now_ms));
    assert_int_equal(begin_with(UPDATE), ERR_EXISTS);
    d.now_ms += OTA_RESTART_MS;
    settle();
    assert_int_equal(d.restarts, 2);
}

static void test_health_counts_while_it_is_asked(void **state)
{
    (void)state;
    ota_health(&d.machine, false, "x", d.now_ms);
    assert_false(ota_is_active(&d.machine));
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    d.hash = 1;
    download();
    settle();
    d.slots.running_slot = 1;
    d.slots.running = OTA_RUNNING_TRIAL;
    boot();
    assert_false(ota_is_testing(&d.machine));
    settle();
    assert_true(ota_is_testing(&d.machine));
    assert_string_equal(ota_job_id(&d.machine), "job-1");
    assert_int_equal(ota_wake_at_ms(&d.machine), d.now_ms + OTA_HEALTH_MS);
    ota_health(&d.machine, true, NULL, d.now_ms);
    assert_int_equal(d.reports, 1);
    assert_true(d.outcome.is_good);
    assert_string_equal(d.outcome.version, "1.5");
    assert_string_equal(d.message, "the new image runs");
    assert_int_equal(d.record_len, 0);
}

/* Somebody has booted the old image by hand, after the new one was found good: that is no success, and nothing is activated again. */
static void test_gone_back_by_hand(void **state)
{
    const struct ota_record record = {.stage = OTA_STAGE_PASSED,
                                      .from_slot = 0,
                                      .trials = 1,
                                      .has_digest = true,
                                      .size = 256,
                                      .job_id = "job-1"};
    (void)state;
    d.record_len =
        record_seal(RECORD_OTA, d.record, ota_record_write(&record, d.record + RECORD_HEADER_BYTES));
    d.slots.other = OTA_OTHER_USABLE;
    boot();
    settle();
    assert_int_equal(d.reports, 1);
    assert_string_equal(d.outcome.reason, "ROLLED_BACK");
    assert_string_equal(d.message, "somebody has gone back to the image before");
    assert_int_equal(d.activations, 0);
    assert_int_equal(d.record_len, 0);
}

/* What was found of one image does not count for the next one. */
static void test_each_update_is_verified_anew(void **state)
{
    (void)state;
    d.config.public_key_pem = "key";
    boot();
    d.activate_err = ERR_CORRUPT;
    assert_int_equal(begin_with(SIGNED), ERR_OK);
    settle();
    d.hash = 1;
    download();
    settle();
    assert_string_equal(d.outcome.reason, "IMAGE_REFUSED");
    assert_int_equal(d.activations, 1);
    assert_false(ota_is_active(&d.machine));
    d.hash = 0;
    assert_int_equal(begin_with(SIGNED), ERR_OK);
    settle();
    d.hash = 1;
    d.is_forged = true;
    download();
    settle();
    assert_string_equal(d.outcome.reason, "WRONG_SIGNATURE");
    assert_int_equal(d.activations, 1);
}

/* ---- download */

/* A job that fails for the server's sake leaves its blocks to the next one; a wrong image leaves none. */
static void test_what_stays_for_the_next_job(void **state)
{
    (void)state;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    download();
    settle();
    assert_string_equal(d.outcome.reason, "WRONG_DIGEST");
    assert_int_equal(d.record_len, 0);
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    assert_string_equal(d.asked, "https://a/b 0-127");
    answer("bytes 0-127/256", "e", 128);
    ota_answer_end(&d.machine, d.now_ms);
    ota_answer_status(&d.machine, 404, d.now_ms);
    ota_answer_headers_end(&d.machine, d.now_ms);
    assert_string_equal(d.outcome.reason, "DOWNLOAD");
    assert_false(ota_is_active(&d.machine));
    assert_true(d.record_len > 0);
    assert_int_equal(begin_with("{\"url\":\"https://a/b\",\"size\":255,\"sha256\":\"" DIGEST1 "\"}"), ERR_OK);
    settle();
    assert_string_equal(d.asked, "https://a/b 0-127"); /* of another size it is not the same */
}

static void test_stall(void **state)
{
    (void)state;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    assert_int_equal(ota_wake_at_ms(&d.machine), d.now_ms + OTA_STALL_MS);
    d.now_ms += 20000;
    answer("bytes 0-127/256", "e", 10);
    assert_int_equal(ota_wake_at_ms(&d.machine), d.now_ms + OTA_STALL_MS);
    d.now_ms += OTA_STALL_MS;
    ota_tick(&d.machine, d.now_ms);
    assert_int_equal(d.drops, 1);
    assert_non_null(strstr(d.lines, "the server gives no word; again in 1 s"));
    d.now_ms = ota_wake_at_ms(&d.machine);
    settle();
    assert_int_equal(d.requests, 2);
    assert_string_equal(d.asked, "https://a/b 0-127"); /* no block was whole */
}

static void fail_with(unsigned status)
{
    ota_answer_status(&d.machine, status, d.now_ms);
    ota_answer_headers_end(&d.machine, d.now_ms);
    d.now_ms = ota_wake_at_ms(&d.machine) != OTA_NEVER ? ota_wake_at_ms(&d.machine) : d.now_ms;
    settle();
}

/* Wrong answers end the update, when no block comes in between; a server that cannot just now is waited for. */
static void test_wrong_answers(void **state)
{
    (void)state;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    for (int i = 0; i < 20; i++) {
        fail_with(503);
    }
    for (int i = 0; i < OTA_BAD_MAX - 1; i++) {
        fail_with(200);
    }
    answer("bytes 0-63/256", "e", 64);
    ota_answer_end(&d.machine, d.now_ms);
    for (int i = 0; i < OTA_BAD_MAX - 1; i++) {
        fail_with(200);
    }
    assert_int_equal(d.reports, 0);
    for (unsigned i = 0; i <= OTA_HEADERS_MAX; i++) {
        ota_answer_header(&d.machine, slice_from("X"), slice_from("y"), d.now_ms);
    }
    assert_int_equal(d.reports, 1);
    assert_string_equal(d.message, "an answer with too many headers");
}

static void test_failed_answers(void **state)
{
    (void)state;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    ota_answer_failed(&d.machine, ERR_TLS, d.now_ms);
    assert_non_null(strstr(d.lines, "the download was interrupted: TLS failed; again in 1 s"));
    assert_true(ota_wake_at_ms(&d.machine) <= d.now_ms + OTA_RETRY_BASE_MS);
    d.now_ms = ota_wake_at_ms(&d.machine);
    settle();
    assert_int_equal(d.requests, 2);
    ota_answer_end(&d.machine, d.now_ms);
    assert_string_equal(ota_problem(&d.machine), "an answer without headers");
    d.now_ms = ota_wake_at_ms(&d.machine);
    settle();
    answer("bytes 0-127/256", "e", 50);
    d.now_ms += OTA_STALL_MS - 1;
    (void)ota_answer_bytes(&d.machine, "", 0, d.now_ms); /* is no sign of life */
    assert_int_equal(ota_wake_at_ms(&d.machine), d.now_ms + 1);
    ota_answer_end(&d.machine, d.now_ms);
    assert_string_equal(ota_problem(&d.machine), "the answer ended too early");
}

/* An object that changes again and again is given up. */
static void test_object_that_changes(void **state)
{
    static const char *const etags[] = {"a", "b", "c", "d", "e", "f", "g"};
    size_t i = 0;
    (void)state;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    for (; i < sizeof(etags) / sizeof(etags[0]) && ota_is_active(&d.machine); i++) {
        answer("bytes 0-127/256", etags[i], 128);
        ota_answer_end(&d.machine, d.now_ms);
        answer("bytes 128-255/256", "z", 0);
        settle();
    }
    assert_int_equal(i, OTA_RESTARTS_MAX + 1);
    assert_int_equal(d.reports, 1);
    assert_string_equal(d.message, "the object has changed while it was downloaded");
}

/* A block that the storage does not take is fetched once more. */
static void test_storage_that_fails(void **state)
{
    (void)state;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    d.write_err = ERR_STORAGE;
    answer("bytes 0-127/256", "e", 64);
    assert_int_equal(d.drops, 1);
    assert_non_null(strstr(d.lines, "the slot does not take a block: storage failed; again in 1 s"));
    d.write_err = ERR_OK;
    d.now_ms = ota_wake_at_ms(&d.machine);
    settle();
    assert_string_equal(d.asked, "https://a/b 0-127");
}

static void test_image_that_is_ill(void **state)
{
    (void)state;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    d.hash = 1;
    download();
    settle();
    d.slots.running_slot = 1;
    d.slots.running = OTA_RUNNING_TRIAL;
    boot();
    settle();
    ota_health(&d.machine, false, "the lamp is dark", d.now_ms);
    assert_int_equal(d.reports, 0); /* by the old image */
    d.slots.running_slot = 0;
    d.slots.running = OTA_RUNNING_CONFIRMED;
    d.slots.other = OTA_OTHER_TRIED;
    boot();
    settle();
    assert_int_equal(d.reports, 1);
    assert_string_equal(d.outcome.reason, "ROLLED_BACK");
    assert_string_equal(d.message, "the new image is not healthy: the lamp is dark");
    assert_int_equal(d.activations, 1);
}

/* A storage that fails for good does not keep a bad image running; with no image to go back to, that is what is told. */
static void test_back_without_a_verdict(void **state)
{
    const struct ota_record record = {.stage = OTA_STAGE_TRIAL,
                                      .from_slot = 0,
                                      .trials = 1,
                                      .has_digest = true,
                                      .size = 256,
                                      .job_id = "job-1"};
    (void)state;
    d.record_len =
        record_seal(RECORD_OTA, d.record, ota_record_write(&record, d.record + RECORD_HEADER_BYTES));
    d.slots.running_slot = 1;
    d.slots.running = OTA_RUNNING_TRIAL;
    boot();
    settle();
    d.put_err = ERR_STORAGE;
    ota_health(&d.machine, false, "dark", d.now_ms);
    for (int i = 0; i < 50 && d.roll_backs == 0; i++) {
        d.now_ms = ota_wake_at_ms(&d.machine);
        ota_tick(&d.machine, d.now_ms);
    }
    assert_int_equal(d.roll_backs, 1);
    assert_int_equal(d.reports, 0);
    d.roll_back_err = ERR_NOT_FOUND;
    d.now_ms = ota_wake_at_ms(&d.machine);
    ota_tick(&d.machine, d.now_ms);
    assert_int_equal(d.reports, 1);
    assert_string_equal(d.outcome.reason, "NOT_ROLLED_BACK");
}

/* Blocks that are there are not fetched, also behind a hole. */
static void test_holes(void **state)
{
    (void)state;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    download();
    boot(); /* the digest was wrong: the record is of no use */
    setup(NULL);
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    answer("bytes 0-127/256", "e", 10);
    d.written[0] = false;
    d.written[1] = true;
    d.written[3] = true;
    boot();
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    assert_string_equal(d.asked, "https://a/b 0-63");
    answer("bytes 0-63/256", "e", 64);
    ota_answer_end(&d.machine, d.now_ms);
    assert_string_equal(d.asked, "https://a/b 128-191");
}

/* A large slot is looked at in pieces, so that a cancel need not wait for it. */
static void test_many_blocks(void **state)
{
    static const char large[] = "{\"url\":\"https://a/b\",\"size\":12801,\"sha256\":\"" DIGEST1 "\"}";
    struct ota_progress progress;
    (void)state;
    assert_int_equal(begin_with(large), ERR_OK);
    settle();
    answer("bytes 0-127/12801", "e", 64);
    memset(d.written, 1, 150);
    for (int round = 0; round < 2; round++) {
        boot();
        assert_int_equal(begin_with(large), ERR_OK);
        for (int i = 0; i < 1000 && d.machine.state != OTA_LOOKING; i++) {
            ota_tick(&d.machine, d.now_ms);
        }
        assert_int_equal(ota_wake_at_ms(&d.machine), d.now_ms);
        if (round == 0) {
            assert_true(ota_cancel(&d.machine, d.now_ms));
            assert_int_equal(ota_wake_at_ms(&d.machine), OTA_NEVER);
        }
    }
    settle();
    assert_string_equal(d.asked, "https://a/b 9600-9727");
    ota_progress(&d.machine, &progress);
    assert_int_equal(progress.bytes, 9600);
    assert_int_equal(progress.percent, 67);
}

static void test_link_that_expires(void **state)
{
    (void)state;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    fail_with(403); /* and asks for a document again after 30 s */
    assert_int_equal(d.refreshes, 2);
    assert_int_equal(d.requests, 1);
    assert_int_equal(ota_wake_at_ms(&d.machine), d.now_ms + OTA_FRESH_MS);
    for (int i = 0; i < OTA_DENIED_MAX; i++) {
        assert_int_equal(d.reports, 0);
        ota_refreshed(&d.machine, slice_from(UPDATE), d.now_ms);
        ota_answer_status(&d.machine, 403, d.now_ms);
        ota_answer_headers_end(&d.machine, d.now_ms);
    }
    assert_int_equal(d.reports, 1);
    assert_string_equal(d.message, "the server does not take the link (any more)");
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    fail_with(401);
    assert_true(ota_cancel(&d.machine, d.now_ms));
    assert_false(ota_is_active(&d.machine));
}

/* Who has flashed the device by hand has changed what the slots mean. */
static void test_other_slot_than_before(void **state)
{
    (void)state;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    answer("bytes 0-127/256", "e", 128);
    d.slots.running_slot = 1;
    boot();
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    assert_string_equal(d.asked, "https://a/b 0-127");
}

static void test_fresh_link_at_any_time(void **state)
{
    (void)state;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    ota_refreshed(
        &d.machine,
        slice_from("{\"url\":\"https://c/d\",\"size\":256,\"sha256\":\"" DIGEST1 "\",\"version\":\"1.5\"}"),
        d.now_ms);
    answer("bytes 0-127/256", "e", 128);
    ota_answer_end(&d.machine, d.now_ms);
    assert_string_equal(d.asked, "https://c/d 128-255");
    ota_refreshed(&d.machine, slice_from("{}"), d.now_ms);
    assert_int_equal(d.reports, 1);
    assert_string_equal(d.outcome.reason, "BAD_DOCUMENT");
}

/* ---- progress */

static void test_progress(void **state)
{
    static const char zeros[128];
    (void)state;
    d.now_ms = 100000;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    assert_string_equal(d.progress.phase, "comparing");
    settle();
    assert_string_equal(d.progress.phase, "downloading");
    const unsigned before = d.progresses;
    d.now_ms += 100;
    answer("bytes 0-127/256", "e", 128);
    assert_int_equal(d.progresses, before); /* not for each block */
    d.now_ms += CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS;
    ota_answer_end(&d.machine, d.now_ms);
    assert_int_equal(d.progresses, before + 1);
    assert_int_equal(d.progress.percent, 45);
    assert_int_equal(d.progress.bytes, 128);
    assert_int_equal(d.progress.rate, 128 * 1000 / (CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS + 100));
    d.now_ms += CONFIG_DEVICE_JOBS_PROGRESS_INTERVAL_MS;
    answer("bytes 128-255/256", "e", 0);
    assert_int_equal(d.progress.rate, 0); /* nothing has come */
    d.hash = 1;
    (void)ota_answer_bytes(&d.machine, zeros, 128, d.now_ms);
    ota_answer_end(&d.machine, d.now_ms);
    assert_string_equal(d.progress.phase, "verifying"); /* a new phase is told at once */
    assert_int_equal(d.progress.percent, 91);
    assert_int_equal(d.progress.rate, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_one_job_at_a_time, setup),
        cmocka_unit_test_setup(test_cancel, setup),
        cmocka_unit_test_setup(test_too_late_to_cancel, setup),
        cmocka_unit_test_setup(test_health_counts_while_it_is_asked, setup),
        cmocka_unit_test_setup(test_gone_back_by_hand, setup),
        cmocka_unit_test_setup(test_each_update_is_verified_anew, setup),
        cmocka_unit_test_setup(test_what_stays_for_the_next_job, setup),
        cmocka_unit_test_setup(test_stall, setup),
        cmocka_unit_test_setup(test_wrong_answers, setup),
        cmocka_unit_test_setup(test_failed_answers, setup),
        cmocka_unit_test_setup(test_object_that_changes, setup),
        cmocka_unit_test_setup(test_storage_that_fails, setup),
        cmocka_unit_test_setup(test_image_that_is_ill, setup),
        cmocka_unit_test_setup(test_many_blocks, setup),
        cmocka_unit_test_setup(test_link_that_expires, setup),
        cmocka_unit_test_setup(test_back_without_a_verdict, setup),
        cmocka_unit_test_setup(test_holes, setup),
        cmocka_unit_test_setup(test_other_slot_than_before, setup),
        cmocka_unit_test_setup(test_fresh_link_at_any_time, setup),
        cmocka_unit_test_setup(test_progress, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
