/* SPDX-License-Identifier: MIT */
/* lib_flash.h: 256 bytes of the application, who the device is, before and after SYSTEM_init, and SYSTEM_factoryReset of a library that was
 * not started, with the power cut between any two operations of the storage. */
// LINK: device_api device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/store/identity.h"
#include "device/core/store/record.h"
#include "fakes/fake_ports.h"
#include "fakes/in_child.h"
#include "lib_flash.h"
#include "lib_system.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

#define CERT "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY  "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"

static char bytes[LENGTH_FLASH_APP_DATA + 1], found[LENGTH_FLASH_APP_DATA + 1];

static int setup(void **state)
{
    (void)state;
    fake_reset();
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i + 1);
    }
    memset(found, 'x', sizeof(found));
    return 0;
}

/* ---- the application's data */

static void test_all_of_the_data(void **state)
{
    (void)state;
    assert_false(FLASH_appDataRead(found, LENGTH_FLASH_APP_DATA)); /* nothing is stored */
    assert_int_equal(found[0], 'x');
    assert_string_equal(fake_log(), "");
    assert_true(FLASH_appDataWrite(bytes, LENGTH_FLASH_APP_DATA));
    assert_false(FLASH_updatePending());
    assert_true(FLASH_appDataRead(found, LENGTH_FLASH_APP_DATA));
    assert_memory_equal(found, bytes, LENGTH_FLASH_APP_DATA);
    assert_int_equal(found[LENGTH_FLASH_APP_DATA], 'x');
    assert_true(FLASH_appDataEraseAll());
    assert_false(FLASH_appDataRead(found, 1));
    assert_true(FLASH_appDataEraseAll());
}

/* Firmware grows: a struct that was stored by an older one is read with zeroes behind. */
static void test_more_is_read_than_was_written(void **state)
{
    (void)state;
    assert_true(FLASH_appDataWrite(bytes, 2));
    assert_true(FLASH_appDataRead(found, 4));
    assert_memory_equal(found, "\1\2\0\0x", 5);
    assert_true(FLASH_appDataRead(found, 1));
}

static void test_sizes(void **state)
{
    (void)state;
    assert_false(FLASH_appDataWrite(bytes, 0));
    assert_false(FLASH_appDataWrite(bytes, LENGTH_FLASH_APP_DATA + 1));
    assert_false(FLASH_appDataWrite(NULL, 1));
    assert_true(fake_log_has("FLASH_appDataWrite: the size is out of range (1 to 256 bytes)"));
    assert_true(fake_log_has("FLASH_appDataWrite: no data were given"));
    assert_int_equal(fake_put_count(), 0);
    assert_true(FLASH_appDataWrite(bytes, 1));
    assert_false(FLASH_appDataRead(found, 0));
    assert_false(FLASH_appDataRead(found, LENGTH_FLASH_APP_DATA + 1));
    assert_false(FLASH_appDataRead(NULL, 1));
    assert_int_equal(found[0], 'x');
}

static void test_storage_that_fails(void **state)
{
    (void)state;
    assert_true(FLASH_appDataWrite(bytes, 1));
    fake_store_fail(ERR_STORAGE);
    assert_false(FLASH_appDataWrite(bytes + 1, 1));
    assert_false(FLASH_appDataEraseAll());
    fake_store_fail(ERR_OK);
    assert_true(FLASH_appDataRead(found, 1));
    assert_int_equal(found[0], bytes[0]);
    assert_true(fake_log_has("FLASH_appDataWrite: the storage does not take the data"));
}

/* Torn, changed, or another record under this key: absent, told once, and written anew. */
static void bad_record_is_absent(void)
{
    fake_reset();
    memset(found, 'x', sizeof(found));
    char record[RECORD_BYTES(4)] = {0};
    record_seal(RECORD_CONFIG, record, 4);
    EXPECT(port_store_put("app", record, sizeof(record)) == ERR_OK);
    EXPECT(!(FLASH_appDataRead(found, 4)));
    EXPECT(port_store_put("app", "JDCR", 4) == ERR_OK);
    EXPECT(!(FLASH_appDataRead(found, 4)));
    const char *line = strstr(fake_log(), "the record 'app' is of another kind, and counts as absent");
    EXPECT(line);
    EXPECT(!(strstr(line, "torn")));
    EXPECT(found[0] == 'x');
    EXPECT(FLASH_appDataWrite(bytes, 4));
    EXPECT(FLASH_appDataRead(found, 4));
}

static void too_large_record_is_absent(void)
{
    fake_reset();
    memset(found, 'x', sizeof(found));
    static char large[1000];
    EXPECT(port_store_put("app", large, sizeof(large)) == ERR_OK);
    EXPECT(!(FLASH_appDataRead(found, 4)));
    EXPECT(fake_log_has("the record 'app' is too large, and counts as absent"));
}

static void *write_often(void *ctx)
{
    char mine[LENGTH_FLASH_APP_DATA];
    memset(mine, *(const char *)ctx, sizeof(mine));
    for (int i = 0; i < 200; i++) {
        assert_true(FLASH_appDataWrite(mine, sizeof(mine)));
    }
    return NULL;
}

/* From any task: what is read is of one of them. */
static void test_two_tasks_write(void **state)
{
    (void)state;
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_often, i == 0 ? "a" : "b"), 0);
    }
    for (int i = 0; i < 200; i++) {
        if (FLASH_appDataRead(found, LENGTH_FLASH_APP_DATA)) {
            for (size_t at = 1; at < LENGTH_FLASH_APP_DATA; at++) {
                assert_int_equal(found[at], found[0]);
            }
        }
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
}

/* ---- who the device is; in a child, because it is read once */

static void store_identity(void)
{
    static const struct identity stored = {
        .thing_name = "stored-lamp", .cert_pem = CERT "stored", .key_pem = KEY "stored"};
    char record[RECORD_BYTES(400)];
    size_t len = identity_write(&stored, record + RECORD_HEADER_BYTES, 400);
    EXPECT(len > 0);
    EXPECT(port_store_put("identity", record, record_seal(RECORD_IDENTITY, record, len)) == ERR_OK);
}

static void device_that_nobody_has_registered(void)
{
    fake_reset();
    EXPECT(!(FLASH_isDeviceRegistered()));
    EXPECT(strcmp(FLASH_getThingName(), "") == 0);
    EXPECT(!(FLASH_getCertificate(FLASH_CERT_CERTIFICATE_PEM)));
    EXPECT(!(FLASH_getCertificate(FLASH_CERT_PRIVATE_KEY)));
    FLASH_printConfig();
    EXPECT(fake_log_has("FLASH: thing '' (not registered)"));
}

static void stored_identity(void)
{
    fake_reset();
    store_identity();
    EXPECT(FLASH_isDeviceRegistered()); /* before SYSTEM_init */
    EXPECT(strcmp(FLASH_getThingName(), "stored-lamp") == 0);
    EXPECT(strcmp(FLASH_getCertificate(FLASH_CERT_CERTIFICATE_PEM), CERT "stored") == 0);
    EXPECT(strcmp(FLASH_getCertificate(FLASH_CERT_PRIVATE_KEY), KEY "stored") == 0);
    EXPECT(!(FLASH_getCertificate(FLAH_CERT_MAX)));
    EXPECT(fake_log_has("FLASH_getCertificate: there is no such type of certificate"));
    FLASH_printConfig();
    EXPECT(fake_log_has("FLASH: thing 'stored-lamp' (stored)"));
    EXPECT(!(fake_log_has("PRIVATE KEY")));
}

static void stored_identity_that_is_none(void)
{
    fake_reset();
    char record[RECORD_BYTES(4)];
    memcpy(record + RECORD_HEADER_BYTES, "a\0b", 4);
    EXPECT(port_store_put("identity", record, record_seal(RECORD_IDENTITY, record, 4)) == ERR_OK);
    EXPECT(!(FLASH_isDeviceRegistered()));
    EXPECT(!(FLASH_isDeviceRegistered()));
    const char *line = strstr(fake_log(), "the stored identity cannot be used");
    EXPECT(line);
    EXPECT(!(strstr(line + 1, "the stored identity cannot be used")));
}

static void *ask_once(void *ctx)
{
    (void)ctx;
    EXPECT(FLASH_isDeviceRegistered());
    EXPECT(strcmp(FLASH_getThingName(), "stored-lamp") == 0);
    return NULL;
}

static void stored_identity_for_several_tasks(void)
{
    fake_reset();
    pthread_t threads[8];
    store_identity();
    for (int i = 0; i < 8; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, ask_once, NULL), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void given_identity_comes_before_the_stored_one(void)
{
    fake_reset();
    store_identity();
    systemInitConfig_st config = {
        .s_awsConfig = {.hostNameStr = "localhost",
                        .port_u16 = 8883,
                        .pRootCaStr = CERT,
                        .pThingCertStr = CERT,
                        .pThingPrivateKeyStr = KEY,
                        .pThingNameStr = "given-lamp"},
    };
    EXPECT(SYSTEM_init(&config));
    EXPECT(FLASH_isDeviceRegistered());
    EXPECT(strcmp(FLASH_getThingName(), "given-lamp") == 0);
    EXPECT(strcmp(FLASH_getCertificate(FLASH_CERT_CERTIFICATE_PEM), CERT) == 0);
    EXPECT(strcmp(FLASH_getCertificate(FLASH_CERT_PRIVATE_KEY), KEY) == 0);
    FLASH_printConfig();
    EXPECT(fake_log_has("thing 'given-lamp' (given to SYSTEM_init), endpoint 'localhost'"));
}

/* ---- SYSTEM_factoryReset */

static bool has(const char *key)
{
    static char record[8192];
    size_t len = 0;
    return port_store_get(key, record, sizeof(record), &len) == ERR_OK;
}

static void fill_storage(void)
{
    fake_reset();
    store_identity();
    assert_int_equal(port_store_put("pending", "p", 1), ERR_OK); /* a key, of a device on its way */
    assert_int_equal(port_store_put("config", "c", 1), ERR_OK);
    assert_int_equal(port_store_put("jobs", "j", 1), ERR_OK);
    assert_true(FLASH_appDataWrite(bytes, 4));
}

static void *reset_all(void *ctx)
{
    (void)ctx;
    SYSTEM_factoryReset(false, true);
    fail_msg("it has returned");
    return NULL;
}

static void *reset_device(void *ctx)
{
    (void)ctx;
    SYSTEM_factoryReset(true, false);
    fail_msg("it has returned");
    return NULL;
}

static void reset_on_thread(void *(*reset)(void *ctx))
{
    pthread_t thread; /* the restart of the fake board ends it */
    unsigned before = fake_restart_count();
    assert_int_equal(pthread_create(&thread, NULL, reset, NULL), 0);
    pthread_join(thread, NULL);
    assert_int_equal(fake_restart_count(), before + 1);
}

static void test_reset_keeps_the_application_data(void **state)
{
    (void)state;
    fill_storage();
    reset_on_thread(reset_device);
    assert_false(has("identity") || has("pending") || has("config") || has("jobs"));
    assert_true(FLASH_appDataRead(found, 4));
    assert_true(fake_log_has("this version keeps the image that runs"));
}

static void test_reset_of_everything(void **state)
{
    (void)state;
    fill_storage();
    reset_on_thread(reset_all);
    assert_false(has("identity") || has("pending") || has("config") || has("jobs") || has("app"));
}

/* The old state, or less of it, the identity first; a second reset finishes. */
static void test_power_cut_inside_the_reset(void **state)
{
    (void)state;
    unsigned operations = UINT_MAX;
    for (unsigned cut = 0; cut <= operations; cut++) {
        fill_storage();
        fake_store_cut(cut);
        reset_on_thread(reset_all);
        if (cut == 0) {
            operations = fake_store_operations();
            assert_true(operations >= 5);
        }
        bool is_old = has("identity") && has("pending") && has("config") && has("jobs") && has("app");
        assert_int_equal(is_old, cut == 0);
        assert_true(is_old || !has("identity"));
        assert_true(cut < 2 || !has("pending"));
        assert_int_equal(fake_log_has("reset once more"), cut < operations);
        fake_store_cut(UINT_MAX);
        reset_on_thread(reset_all);
        assert_false(has("identity") || has("pending") || has("config") || has("jobs") || has("app"));
    }
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_of_the_data),
        TEST(test_more_is_read_than_was_written),
        TEST(test_sizes),
        TEST(test_storage_that_fails),
        IN_CHILD(bad_record_is_absent),
        IN_CHILD(too_large_record_is_absent),
        TEST(test_two_tasks_write),
        IN_CHILD(device_that_nobody_has_registered),
        IN_CHILD(stored_identity),
        IN_CHILD(stored_identity_that_is_none),
        IN_CHILD(stored_identity_for_several_tasks),
        IN_CHILD(given_identity_comes_before_the_stored_one),
        TEST(test_reset_keeps_the_application_data),
        TEST(test_reset_of_everything),
        TEST(test_power_cut_inside_the_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
