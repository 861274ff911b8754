/* SPDX-License-Identifier: MIT */
/* The small helpers: lib_utils.h, lib_delay.h, print_verbose of lib_print.h. */
// LINK: device_api device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_ports.h"
#include "lib_delay.h"
#include "lib_print.h"
#include "lib_utils.h"

static void test_valid_string(void **state)
{
    (void)state;
    const char erased[] = {(char)0xff, (char)0xff, 0};
    assert_true(util_isValidString("x"));
    assert_true(util_isValidString(" "));
    assert_true(util_isValidString("\xc3\xa4"));
    assert_false(util_isValidString(NULL));
    assert_false(util_isValidString(""));
    assert_false(util_isValidString(erased));
}

static void test_bits(void **state)
{
    (void)state;
    uint32_t x = 0;
    assert_int_equal(util_GetBitMask(31), 0x80000000u);
    util_BitSet(x, 31);
    util_BitSet(x, 0);
    assert_int_equal(x, 0x80000001u);
    util_BitClear(x, 0);
    assert_int_equal(x, 0x80000000u);
    util_BitToggle(x, 1);
    assert_true(util_IsBitSet(x, 1) && util_GetBitStatus(x, 1) && !util_IsBitCleared(x, 1));
    util_UpdateBit(x, 1, 0);
    util_UpdateBit(x, 2, 1);
    assert_int_equal(x, 0x80000004u);
    assert_true(util_AreAllBitsSet(x, 0x80000004u) && !util_AreAllBitsSet(x, 0x80000005u));
    assert_true(util_AreAnyBitsSet(x, 5u) && !util_AreAnyBitsSet(x, 3u));
}

static void test_micros_and_millis_are_one_clock(void **state)
{
    (void)state;
    uint32_t start_ms = millis(), start_us = micros();
    delay(5);
    uint32_t us = micros() - start_us, ms = millis() - start_ms;
    assert_true(us >= 4000); /* 5 ms but for the part of the first one */
    assert_true(us / 1000 <= ms);
}

static void test_verbose_is_printed_at_every_level_but_none(void **state)
{
    (void)state;
    for (int level = PRINT_LEVEL_NONE; level < PRINT_LEVEL_MAX; level++) {
        fake_reset();
        print_setLevel((logLevels_et)level);
        print_verbose("temperature %d", 21);
        assert_int_equal(fake_log_has("temperature 21"), level != PRINT_LEVEL_NONE);
    }
    print_setLevel(PRINT_LEVEL_INFO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_string),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_micros_and_millis_are_one_clock),
        cmocka_unit_test(test_verbose_is_printed_at_every_level_but_none),
    };
    fake_reset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
