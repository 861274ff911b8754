/* SPDX-License-Identifier: MIT */
/* device/core/ota: what an update asks of its document and of the device before it begins, who may begin, cancel and judge, and what is told
 * of its progress. The way itself, under every fault, is played by tests/ota. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/ota/ota.h"

#include <stdio.h>
#include <string.h>

#define BLOCK   64
#define DIGEST1 "0100000000000000000000000000000000000000000000000000000000000000"
#define UPDATE  "{\"url\":\"https://a/b\",\"size\":256,\"sha256\":\"" DIGEST1 "\",\"version\":\"1.5\"}"

static struct device {
    struct ota machine;
    struct ota_workspace workspace;
    uint8_t block[BLOCK];
    char url[80];
    struct ota_slots slots;
    struct ota_config config;
    bool written[64];
    enum err begin_err, describe_err;
    char asked[120]; /* the last request */
    unsigned requests, drops, reports, restarts;
    struct ota_outcome outcome;
    char message[200];
    struct ota_progress progress;
    unsigned progresses;
    enum ota_permission permission;
    uint32_t again_ms;
    uint8_t hash; /* first byte of the digest that comes out */
    char record[RECORD_BYTES(OTA_RECORD_BYTES)];
    size_t record_len;
    char lines[2000];
    uint64_t now_ms;
} d;

static enum err describe(void *ctx, struct ota_slots *slots)
{
    (void)ctx;
    *slots = d.slots;
    return d.describe_err;
}

static enum err begin(void *ctx, uint32_t image_bytes)
{
    (void)ctx;
    (void)image_bytes;
    memset(d.written, 0, sizeof(d.written));
    return d.begin_err;
}

static enum err write_block(void *ctx, uint32_t index, const void *bytes, size_t len)
{
    (void)ctx;
    (void)bytes;
    assert_true(len > 0 && index < 64);
    d.written[index] = true;
    return ERR_OK;
}

static bool is_written(void *ctx, uint32_t index)
{
    (void)ctx;
    return d.written[index];
}

static enum err read_slot(void *ctx, bool of_running, uint32_t offset, void *bytes, size_t len)
{
    (void)ctx;
    (void)of_running;
    (void)offset;
    memset(bytes, 1, len);
    return ERR_OK;
}

static enum err good(void *ctx)
{
    (void)ctx;
    return ERR_OK;
}

static void hash_begin(void *ctx)
{
    (void)ctx;
}

static void hash_add(void *ctx, const void *bytes, size_t len)
{
    (void)ctx;
    (void)bytes;
    (void)len;
}

static void hash_end(void *ctx, uint8_t digest[OTA_DIGEST_BYTES])
{
    (void)ctx;
    memset(digest, 0, OTA_DIGEST_BYTES);
    digest[0] = d.hash;
}

static bool is_signed(void *ctx, const uint8_t digest[OTA_DIGEST_BYTES], const uint8_t *signature, size_t len)
{
    (void)ctx;
    (void)digest;
    (void)signature;
    return len == 8;
}

static enum err request(void *ctx, const char *url, uint32_t first, uint32_t last)
{
    (void)ctx;
    snprintf(d.asked, sizeof(d.asked), "%s %u-%u", url, (unsigned)first, (unsigned)last);
    d.requests++;
    return ERR_OK;
}

static void drop(void *ctx)
{
    (void)ctx;
    d.drops++;
}

static enum err put(void *ctx, char *record, size_t payload_len)
{
    (void)ctx;
    d.record_len = record_seal(RECORD_OTA, record, payload_len);
    memcpy(d.record, record, d.record_len);
    return ERR_OK;
}

static enum err erase(void *ctx)
{
    (void)ctx;
    d.record_len = 0;
    return ERR_OK;
}

static enum ota_permission ask(void *ctx, const struct ota_document *update, uint32_t *again_ms)
{
    (void)ctx;
    (void)update;
    *again_ms = d.again_ms;
    return d.permission;
}

static void restart(void *ctx)
{
    (void)ctx;
    d.restarts++;
}

static enum err report(void *ctx, const struct ota_outcome *outcome)
{
    (void)ctx;
    d.outcome = *outcome;
    snprintf(d.message, sizeof(d.message), "%s", outcome->message);
    d.reports++;
    return ERR_OK;
}

static void progressed(void *ctx, const struct ota_progress *progress)
{
    (void)ctx;
    d.progress = *progress;
    d.progresses++;
}

static uint32_t draw(void *ctx)
{
    (void)ctx;
    return 0;
}

static void say(void *ctx, enum log_level level, const char *text)
{
    (void)ctx;
    (void)level;
    strncat(d.lines, text, sizeof(d.lines) - strlen(d.lines) - 1);
}

static const struct ota_io io = {NULL, describe,   begin,    write_block, is_written, read_slot,  good, good,
                                 good, hash_begin, hash_add, hash_end,    is_signed,  request,    drop, good,
                                 put,  erase,      ask,      restart,     report,     progressed, draw, say};

static void boot(void)
{
    struct slice payload = SLICE_EMPTY;

    d.workspace.block = d.block;
    d.workspace.block_cap = sizeof(d.block);
    d.workspace.url = d.url;
    d.workspace.url_cap = sizeof(d.url);
    memcpy(d.workspace.record, d.record, d.record_len);
    (void)record_open(RECORD_OTA, (struct slice){d.workspace.record, d.record_len}, &payload);
    assert_int_equal(ota_start(&d.machine, &d.config, &io, &d.workspace, payload, d.now_ms), ERR_OK);
}

static int setup(void **state)
{
    (void)state;
    memset(&d, 0, sizeof(d));
    d.now_ms = 1000;
    d.slots = (struct ota_slots){.capacity_bytes = 1024, .block_bytes = BLOCK, .boots = 7};
    d.config = (struct ota_config){.version = "1.2.0", .range_blocks = 2};
    boot();
    return 0;
}

static enum err begin_with(const char *document)
{
    return ota_begin(&d.machine, OTA_KIND_UPDATE, "job-1", slice_from(document), d.now_ms);
}

/* Until the machine wants something from outside. */
static void settle(void)
{
    for (int i = 0; i < 100 && ota_wake_at_ms(&d.machine) <= d.now_ms; i++) {
        ota_tick(&d.machine, d.now_ms);
        ota_check(&d.machine);
    }
}

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
    refused("{\"url\":\"https://a\",\"size\":1025,\"sha256\":\"" DIGEST1 "\"}",
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
        "{\"url\":\"https://a\",\"size\":1024,\"sha256\":\"" DIGEST1 "\"}",
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

/* ---- who may begin, cancel, judge */

static void test_one_job_at_a_time(void **state)
{
    (void)state;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
    settle();
    assert_string_equal(ota_job_id(&d.machine), "job-1");
    assert_int_equal(ota_begin(&d.machine, OTA_KIND_UPDATE, "job-2", slice_from(UPDATE), d.now_ms), ERR_BUSY);
    assert_int_equal(begin_with(UPDATE), ERR_EXISTS);
    assert_int_equal(d.requests, 1);
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

/* ---- download */

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
    (void)state;
    assert_int_equal(begin_with(UPDATE), ERR_OK);
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
    d.hash = 1;
    answer("bytes 128-255/256", "e", 128);
    ota_answer_end(&d.machine, d.now_ms);
    assert_string_equal(d.progress.phase, "verifying"); /* a new phase is told at once */
    assert_int_equal(d.progress.percent, 91);
    assert_int_equal(d.progress.rate, 0);
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
        cmocka_unit_test_setup(test_a_block_has_to_fit, setup),
        cmocka_unit_test_setup(test_same_digest_runs_already, setup),
        cmocka_unit_test_setup(test_same_version, setup),
        cmocka_unit_test_setup(test_length_of_the_running_image, setup),
        cmocka_unit_test_setup(test_postponed_and_vetoed, setup),
        cmocka_unit_test_setup(test_one_job_at_a_time, setup),
        cmocka_unit_test_setup(test_cancel, setup),
        cmocka_unit_test_setup(test_too_late_to_cancel, setup),
        cmocka_unit_test_setup(test_health_counts_while_it_is_asked, setup),
        cmocka_unit_test_setup(test_stall, setup),
        cmocka_unit_test_setup(test_holes, setup),
        cmocka_unit_test_setup(test_other_slot_than_before, setup),
        cmocka_unit_test_setup(test_fresh_link_at_any_time, setup),
        cmocka_unit_test_setup(test_progress, setup),
        cmocka_unit_test_setup(test_rollback_needs_to_know_what, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
