/* SPDX-License-Identifier: MIT */
/* device/core/store: a record that is torn, changed in any bit, of another kind or format counts as absent; the identity is read as it
 * was written, and nothing else is read as one. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/crc32.h"
#include "device/core/jobs/journal.h"
#include "device/core/store/config_record.h"
#include "device/core/store/identity.h"
#include "device/core/store/pending.h"
#include "device/core/store/record.h"

#include "include/lib_flash.h"

#include <stdio.h>
#include <string.h>

#define PAYLOAD "what a device must not forget"
#define LEN     sizeof(PAYLOAD)

static char record[RECORD_BYTES(LEN)];

static int setup(void **state)
{
    (void)state;
    memcpy(record + RECORD_HEADER_BYTES, PAYLOAD, LEN);
    assert_int_equal(record_seal(RECORD_APP, record, LEN), sizeof(record));
    return 0;
}

static enum record_state open_as(enum record_kind kind, const char *bytes, size_t len, struct slice *payload)
{
    return record_open(kind, (struct slice){bytes, len}, payload);
}

static void test_good_record(void **state)
{
    (void)state;
    struct slice payload;
    assert_int_equal(open_as(RECORD_APP, record, sizeof(record), &payload), RECORD_GOOD);
    assert_ptr_equal(payload.ptr, record + RECORD_HEADER_BYTES);
    assert_int_equal(payload.len, LEN);
    char empty[RECORD_BYTES(0)];
    assert_int_equal(record_seal(RECORD_CONFIG, empty, 0), sizeof(empty));
    assert_int_equal(open_as(RECORD_CONFIG, empty, sizeof(empty), &payload), RECORD_GOOD);
    assert_int_equal(payload.len, 0);
}

/* As stored by every firmware since: 'JDCR', format 1, kind 1, length, payload, CRC-32. */
static void test_bytes_on_the_flash(void **state)
{
    (void)state;
    static const unsigned char known[] = {0x4A, 0x44, 0x43, 0x52, 1,   0,    1,    0,    2,
                                          0,    0,    0,    'h',  'i', 0x8D, 0x5C, 0xC4, 0xAF};
    struct slice payload;
    assert_int_equal(open_as(RECORD_APP, (const char *)known, sizeof(known), &payload), RECORD_GOOD);
    assert_int_equal(payload.len, 2);
    assert_int_equal(crc32_of("123456789", 9), 0xCBF43926); /* the check value of CRC-32/ISO-HDLC */
}

static void test_every_changed_bit_is_seen(void **state)
{
    (void)state;
    struct slice payload = {"untouched", 9};
    for (size_t bit = 0; bit < 8 * sizeof(record); bit++) {
        record[bit / 8] = (char)(record[bit / 8] ^ 1 << bit % 8);
        assert_int_not_equal(open_as(RECORD_APP, record, sizeof(record), &payload), RECORD_GOOD);
        record[bit / 8] = (char)(record[bit / 8] ^ 1 << bit % 8);
    }
    for (size_t at = 0; at < sizeof(record); at++) {
        char before = record[at];
        for (int value = 0; value < 256; value++) {
            record[at] = (char)value;
            assert_int_equal(open_as(RECORD_APP, record, sizeof(record), &payload) == RECORD_GOOD,
                             (char)value == before);
        }
        record[at] = before;
    }
}

static void test_torn_record(void **state)
{
    (void)state;
    struct slice payload = {"untouched", 9};
    for (size_t len = 0; len < sizeof(record); len++) {
        assert_int_equal(open_as(RECORD_APP, record, len, &payload), RECORD_TORN);
    }
    char longer[sizeof(record) + 1] = {0};
    memcpy(longer, record, sizeof(record));
    assert_int_equal(open_as(RECORD_APP, longer, sizeof(longer), &payload), RECORD_DAMAGED);
    assert_string_equal(payload.ptr, "untouched");
}

static void change(size_t at, char value)
{
    record[at] = value;
    uint32_t crc = crc32_of(record, sizeof(record) - RECORD_CHECK_BYTES);
    memcpy(record + sizeof(record) - RECORD_CHECK_BYTES, &crc, sizeof(crc));
}

static void test_whole_records_that_are_not_meant(void **state)
{
    (void)state;
    struct slice payload = {"untouched", 9};
    assert_int_equal(open_as(RECORD_IDENTITY, record, sizeof(record), &payload), RECORD_FOREIGN);
    change(4, 2);
    assert_int_equal(open_as(RECORD_APP, record, sizeof(record), &payload), RECORD_NEWER);
    change(4, 0);
    assert_int_equal(open_as(RECORD_APP, record, sizeof(record), &payload), RECORD_OLDER);
    assert_string_equal(payload.ptr, "untouched");
    for (int state_e = RECORD_TORN; state_e <= RECORD_NEWER; state_e++) {
        assert_true(strlen(record_state_text((enum record_state)state_e)) > 3);
    }
}

static void test_keys_are_what_a_storage_takes(void **state)
{
    (void)state;
    for (int kind = RECORD_APP; kind < RECORD_KINDS; kind++) {
        const char *key = record_key((enum record_kind)kind);
        assert_true(strlen(key) > 0 && strlen(key) <= 15);
        assert_string_not_equal(key, "jobs"); /* the journal */
    }
}

/* docs/storage.md, the map: a row for each key, with the largest record. */
static void test_the_map_in_the_docs(void **state)
{
    (void)state;
    static char text[20000];
    char row[200];
    FILE *file = fopen(TEST_SOURCE_DIR "/../docs/storage.md", "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    assert_non_null(strstr(text, "\n| `jobs` |"));
    assert_true(JOURNAL_RECORD_MAX <= 3072 && strstr(text, "| 3072 bytes |"));
    for (int kind = RECORD_APP; kind < RECORD_KINDS; kind++) {
        snprintf(row, sizeof(row), "\n| `%s` |", record_key((enum record_kind)kind));
        assert_non_null(strstr(text, row));
    }
    snprintf(row, sizeof(row), "| %d bytes |", RECORD_BYTES(IDENTITY_MAX));
    assert_non_null(strstr(text, row));
    snprintf(row, sizeof(row), "| %d bytes |", RECORD_BYTES(PENDING_MAX));
    assert_non_null(strstr(text, row));
    snprintf(row, sizeof(row), "| %d bytes |", RECORD_BYTES(CONFIG_RECORD_MAX));
    assert_non_null(strstr(text, row));
    snprintf(row, sizeof(row), "| %d bytes |", RECORD_BYTES(LENGTH_FLASH_APP_DATA));
    assert_non_null(strstr(text, row));
}

/* ---- identity */

static const struct identity lamp = {.thing_name = "lamp-1",
                                     .cert_pem = "-----BEGIN CERTIFICATE-----\n",
                                     .key_pem = "-----BEGIN PRIVATE KEY-----\n"};

static void test_identity(void **state)
{
    (void)state;
    char payload[200];
    struct identity found;
    size_t len = identity_write(&lamp, payload, sizeof(payload));
    assert_int_equal(len, strlen(lamp.thing_name) + strlen(lamp.cert_pem) + strlen(lamp.key_pem) + 3);
    assert_true(identity_read((struct slice){payload, len}, &found));
    assert_string_equal(found.thing_name, lamp.thing_name);
    assert_string_equal(found.cert_pem, lamp.cert_pem);
    assert_string_equal(found.key_pem, lamp.key_pem);
    for (size_t cap = 0; cap < len; cap++) {
        assert_int_equal(identity_write(&lamp, payload, cap), 0);
    }
    assert_int_equal(identity_write(&lamp, payload, len), len);
}

static void expect_no_identity(const char *payload, size_t len)
{
    struct identity found = {.thing_name = "before"};
    assert_false(identity_read((struct slice){payload, len}, &found));
    assert_string_equal(found.thing_name, "before");
}

static void test_what_is_no_identity(void **state)
{
    (void)state;
    char payload[300];
    struct identity bad = lamp;
    size_t len = identity_write(&lamp, payload, sizeof(payload));
    for (size_t shorter = 0; shorter < len; shorter++) {
        expect_no_identity(payload, shorter);
    }
    payload[len] = 'x';
    expect_no_identity(payload, len + 1);
    payload[0] = '+';
    expect_no_identity(payload, len); /* no name of a thing: it would become part of a topic */
    expect_no_identity("\0c\0k", 5);
    expect_no_identity("lamp\0\0k", 8);
    char longest[130];
    memset(longest, 'n', 129); /* AWS IoT: at most 128 characters */
    longest[129] = '\0';
    bad.thing_name = longest;
    assert_int_equal(identity_write(&bad, payload, sizeof(payload)), 0);
    bad.thing_name = longest + 1;
    assert_int_not_equal(identity_write(&bad, payload, sizeof(payload)), 0);
    bad.thing_name = "";
    assert_int_equal(identity_write(&bad, payload, sizeof(payload)), 0);
    bad.thing_name = "a/b";
    assert_int_equal(identity_write(&bad, payload, sizeof(payload)), 0);
    bad = lamp;
    bad.key_pem = "";
    assert_int_equal(identity_write(&bad, payload, sizeof(payload)), 0);
}

#define GIVEN_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* After a change of the certificate: which given one it comes before. */
static void test_identity_of_a_rotation(void **state)
{
    (void)state;
    char payload[300];
    struct identity changed = lamp;
    struct identity found;
    size_t plain_len = identity_write(&lamp, payload, sizeof(payload));
    assert_true(identity_read((struct slice){payload, plain_len}, &found));
    assert_string_equal(found.given_id, "");
    changed.given_id = GIVEN_ID;
    size_t len = identity_write(&changed, payload, sizeof(payload));
    assert_int_equal(len, plain_len + sizeof(GIVEN_ID));
    assert_true(identity_read((struct slice){payload, len}, &found));
    assert_string_equal(found.given_id, GIVEN_ID);
    assert_string_equal(found.key_pem, lamp.key_pem);
    payload[len] = '\0';
    expect_no_identity(payload, len + 1); /* something behind it */
    payload[len - 2] = 'G';               /* no hex digit */
    expect_no_identity(payload, len);
    payload[len - 2] = '\0';
    expect_no_identity(payload, len - 1); /* too short */
    changed.given_id = "abc";
    assert_int_equal(identity_write(&changed, payload, sizeof(payload)), 0);
    changed.given_id = "";
    assert_int_equal(identity_write(&changed, payload, sizeof(payload)), plain_len);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good_record),
        TEST(test_bytes_on_the_flash),
        TEST(test_every_changed_bit_is_seen),
        TEST(test_torn_record),
        TEST(test_whole_records_that_are_not_meant),
        TEST(test_keys_are_what_a_storage_takes),
        TEST(test_the_map_in_the_docs),
        TEST(test_identity),
        TEST(test_what_is_no_identity),
        TEST(test_identity_of_a_rotation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
