/* SPDX-License-Identifier: MIT */
/* device/core/store/pending: what a device on its way to an identity holds is read as it was written, and nothing else is read as that. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/store/pending.h"
#include "device/core/store/record.h"

#include <string.h>

#define GIVEN_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char payload[PENDING_MAX];

static struct pending sample(enum pending_origin origin, enum pending_stage stage)
{
    return (struct pending){.origin = origin,
                            .stage = stage,
                            .key_pem = "the key",
                            .given_id = origin == PENDING_ROTATION ? GIVEN_ID : "",
                            .cert_pem = "the certificate",
                            .certificate_id = "the id",
                            .token = "the token",
                            .thing_name = "lamp-1"};
}

static struct slice written(size_t len)
{
    return (struct slice){payload, len};
}

static void test_each_stage_has_its_texts(void **state)
{
    (void)state;
    for (int origin = PENDING_CLAIM; origin <= PENDING_ROTATION; origin++) {
        for (int stage = PENDING_KEY; stage <= PENDING_TRIAL; stage++) {
            struct pending pending = sample((enum pending_origin)origin, (enum pending_stage)stage);
            struct pending found = {.stage = PENDING_KEY};
            size_t len = pending_write(&pending, payload, sizeof(payload));
            assert_true(pending_read(written(len), &found));
            assert_int_equal(found.origin, origin);
            assert_int_equal(found.stage, stage);
            assert_string_equal(found.key_pem, "the key");
            assert_ptr_equal(found.key_pem, payload + PENDING_HEAD);
            assert_string_equal(found.given_id, origin == PENDING_ROTATION ? GIVEN_ID : "");
            assert_string_equal(found.cert_pem, stage > PENDING_KEY ? "the certificate" : "");
            assert_string_equal(found.certificate_id, stage > PENDING_KEY ? "the id" : "");
            assert_string_equal(found.token, stage == PENDING_CERTIFICATE ? "the token" : "");
            assert_string_equal(found.thing_name, stage == PENDING_TRIAL ? "lamp-1" : "");
            assert_ptr_equal(pending.cert_pem, found.cert_pem[0] != '\0' ? found.cert_pem : pending.cert_pem);
        }
    }
}

/* Texts that stand in the payload stay there: whoever holds the key's address may keep it. */
static void test_goes_on_in_place(void **state)
{
    (void)state;
    struct pending pending = sample(PENDING_CLAIM, PENDING_CERTIFICATE);
    struct pending found;
    size_t len = pending_write(&pending, payload, sizeof(payload));
    const char *key_pem = pending.key_pem;
    const char *cert_pem = pending.cert_pem;
    assert_true(len > 0);
    pending.stage = PENDING_TRIAL;
    pending.thing_name = "a thing's name that is longer than the token";
    assert_int_equal(pending_write(&pending, payload, sizeof(payload)) > len, 1);
    assert_ptr_equal(pending.key_pem, key_pem);
    assert_ptr_equal(pending.cert_pem, cert_pem);
    pending.stage = PENDING_KEY;
    len = pending_write(&pending, payload, sizeof(payload));
    assert_true(pending_read(written(len), &found));
    assert_string_equal(found.key_pem, "the key");
    assert_string_equal(found.cert_pem, "");
}

static void fill(char *text, size_t cap)
{
    memset(text, 'x', cap - 1);
    text[cap - 1] = '\0';
}

static void test_largest(void **state)
{
    (void)state;
    static char key[DEVICE_KEY_CAP];
    static char cert[DEVICE_CERTIFICATE_CAP];
    static char id[DEVICE_CERTIFICATE_ID_CAP];
    static char token[DEVICE_OWNERSHIP_TOKEN_CAP];
    struct pending pending = {PENDING_ROTATION, PENDING_CERTIFICATE, key, GIVEN_ID, cert, id, token, ""};
    struct pending found;
    fill(key, sizeof(key));
    fill(cert, sizeof(cert));
    fill(id, sizeof(id));
    fill(token, sizeof(token));
    assert_int_equal(pending_write(&pending, payload, sizeof(payload)), PENDING_MAX);
    assert_true(pending_read(written(PENDING_MAX), &found));
    pending.key_pem = key;
    pending.token = cert; /* longer than a token may be */
    assert_int_equal(pending_write(&pending, payload, sizeof(payload)), 0);
}

static void test_what_does_not_fit_or_is_missing(void **state)
{
    (void)state;
    struct pending pending = sample(PENDING_CLAIM, PENDING_CERTIFICATE);
    size_t len = pending_write(&pending, payload, sizeof(payload));
    for (size_t cap = PENDING_HEAD; cap < len; cap++) {
        pending = sample(PENDING_CLAIM, PENDING_CERTIFICATE);
        assert_int_equal(pending_write(&pending, payload, cap), 0);
    }
    pending = sample(PENDING_CLAIM, PENDING_CERTIFICATE);
    assert_int_equal(pending_write(&pending, payload, len), len);
    for (int missing = 0; missing < 4; missing++) {
        pending = sample(PENDING_CLAIM, missing == 3 ? PENDING_TRIAL : PENDING_CERTIFICATE);
        const char **const texts[] = {&pending.key_pem, &pending.cert_pem, &pending.token,
                                      &pending.thing_name};
        *texts[missing] = "";
        assert_int_equal(pending_write(&pending, payload, sizeof(payload)), 0);
    }
    pending = sample(PENDING_CLAIM, PENDING_CERTIFICATE);
    pending.certificate_id = "";
    assert_int_not_equal(pending_write(&pending, payload, sizeof(payload)), 0);
}

static void expect_none(size_t len)
{
    struct pending found = {.key_pem = "before"};
    assert_false(pending_read(written(len), &found));
    assert_string_equal(found.key_pem, "before");
}

static void test_what_is_none(void **state)
{
    (void)state;
    struct pending pending = sample(PENDING_CLAIM, PENDING_TRIAL);
    const size_t len = pending_write(&pending, payload, sizeof(payload));
    for (size_t shorter = 0; shorter < len; shorter++) {
        expect_none(shorter);
    }
    payload[len] = '\0';
    expect_none(len + 1);
    for (int byte = 0; byte < 2; byte++) {
        const char good = payload[byte];
        const int values[] = {0, 4, 255, byte == 0 ? 3 : 4};
        for (size_t i = 0; i < 4; i++) {
            payload[byte] = (char)values[i];
            expect_none(len);
        }
        payload[byte] = good;
    }
    payload[len - 2] = '/'; /* no name of a thing */
    expect_none(len);
    memcpy(payload, "\1\1\0\0", 4); /* an empty key */
    expect_none(4);
    payload[0] = PENDING_CLAIM; /* one that is too long */
    payload[1] = PENDING_KEY;
    memset(payload + PENDING_HEAD, 'k', DEVICE_KEY_CAP);
    memset(payload + PENDING_HEAD + DEVICE_KEY_CAP, 0, 2);
    expect_none(PENDING_HEAD + DEVICE_KEY_CAP + 2);
    memmove(payload + PENDING_HEAD, payload + PENDING_HEAD + 1, DEVICE_KEY_CAP + 1);
    struct pending found;
    assert_true(pending_read(written(PENDING_HEAD + DEVICE_KEY_CAP + 1), &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_stage_has_its_texts),
        cmocka_unit_test(test_goes_on_in_place),
        cmocka_unit_test(test_largest),
        cmocka_unit_test(test_what_does_not_fit_or_is_missing),
        cmocka_unit_test(test_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
