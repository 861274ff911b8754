/* SPDX-License-Identifier: MIT */
/* device/core/store/ota_record: what a device holds of an update is read as it was written, and nothing else is read as that. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/store/ota_record.h"
#include "device/core/store/record.h"

#include <string.h>

static char payload[OTA_RECORD_BYTES];

static struct ota_record sample(void)
{
    struct ota_record record = {.stage = OTA_STAGE_TRIAL,
                                .from_slot = 1,
                                .restarts = 2,
                                .trials = 1,
                                .has_digest = true,
                                .size = 123456,
                                .etag_crc = 0xABCDEF01,
                                .etag_len = 34,
                                .job_id = "job-1",
                                .version = "1.2.0",
                                .problem = "no light"};
    for (size_t i = 0; i < sizeof(record.digest); i++) {
        record.digest[i] = (uint8_t)(i * 3);
    }
    return record;
}

static bool is_read(struct ota_record record)
{
    struct ota_record found;
    ota_record_write(&record, payload);
    return ota_record_read((struct slice){payload, sizeof(payload)}, &found);
}

static void test_comes_back(void **state)
{
    const struct ota_record record = sample();
    struct ota_record found = {.stage = 0};
    (void)state;
    assert_int_equal(ota_record_write(&record, payload), OTA_RECORD_BYTES);
    assert_true(ota_record_read((struct slice){payload, sizeof(payload)}, &found));
    assert_int_equal(found.stage, record.stage);
    assert_int_equal(found.from_slot, record.from_slot);
    assert_int_equal(found.restarts, record.restarts);
    assert_int_equal(found.trials, record.trials);
    assert_true(found.has_digest);
    assert_memory_equal(found.digest, record.digest, sizeof(record.digest));
    assert_int_equal(found.size, record.size);
    assert_int_equal(found.etag_crc, record.etag_crc);
    assert_int_equal(found.etag_len, record.etag_len);
    assert_string_equal(found.job_id, "job-1");
    assert_string_equal(found.version, "1.2.0");
    assert_string_equal(found.problem, "no light");
    assert_string_equal(record_key(RECORD_OTA), "ota");
}

static void test_what_is_none(void **state)
{
    struct ota_record record = sample();
    struct ota_record found = {.stage = 77};
    (void)state;
    ota_record_write(&record, payload);
    assert_false(ota_record_read((struct slice){payload, sizeof(payload) - 1}, &found));
    assert_false(ota_record_read(SLICE_EMPTY, &found));
    record.stage = 0;
    assert_false(is_read(record));
    record.stage = OTA_STAGE_FAILED + 1;
    assert_false(is_read(record));
    record = sample();
    record.from_slot = 2;
    assert_false(is_read(record));
    record = sample();
    record.size = 0;
    assert_false(is_read(record));
    record = sample();
    record.has_digest = false;
    assert_false(is_read(record)); /* on trial it has one */
    record.stage = OTA_STAGE_LOADING;
    assert_true(is_read(record));
    record.job_id[0] = '\0';
    assert_false(is_read(record));
    record = sample();
    memset(record.job_id, 'j', sizeof(record.job_id));
    assert_false(is_read(record));
    record = sample();
    memset(record.version, 'v', sizeof(record.version));
    assert_false(is_read(record));
    record = sample();
    memset(record.problem, 'p', sizeof(record.problem));
    assert_false(is_read(record));
    assert_int_equal(found.stage, 77); /* as it was */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comes_back),
        cmocka_unit_test(test_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
