/* SPDX-License-Identifier: MIT */
/* The pins of ports/linux on a chip, against a fake of libgpiod (fakes/fake_gpiod.h): for both versions of its calls, in
 * test_port_gpio_v1.c and test_port_gpio_v2.c. This machine's kernel need not have a simulator of chips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_gpiod.h"
#include "fakes/told_edges.h"

#include <errno.h>
#include <stdlib.h>

static void told_forget(void)
{
    pthread_mutex_lock(&told_lock);
    told_count = 0;
    told_log[0] = '\0';
    pthread_mutex_unlock(&told_lock);
}

static void expect_why(uint8_t pin, enum err err, const char *words)
{
    const char *why = port_gpio_why(pin, err);
    if (!strstr(why, words)) {
        fail_msg("'%s' does not say '%s'", why, words);
    }
}

static int setup(void **state)
{
    (void)state;
    setenv("DEVICE_GPIOCHIP", "gpiochip7", 1); /* without its folder */
    told_forget();
    return 0;
}

/* Every line is given back: no descriptor of the chip stays open. */
static int give_back(void **state)
{
    (void)state;
    gpiod_fail_open(0);
    gpiod_fail_request(0);
    gpiod_plug();
    for (unsigned pin = 0; pin < GPIOD_LINES; pin++) {
        gpiod_hold(pin, gpiod_see(pin).is_held ? gpiod_see(pin).consumer : NULL);
        port_gpio_mode((uint8_t)pin, PORT_GPIO_OFF, PORT_GPIO_PULL_AS_IS);
        gpiod_drive(pin, false);
    }
    return gpiod_open_chips() == 0 ? 0 : -1;
}

static void test_output(void **state)
{
    (void)state;
    bool level = true;
    assert_int_equal(port_gpio_mode(4, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS), ERR_OK);
    struct gpiod_seen seen = gpiod_see(4);
    assert_true(seen.is_held && seen.is_output && !seen.is_open_drain);
    assert_string_equal(seen.consumer, "device-jobs");
    assert_false(seen.level);
    assert_int_equal(port_gpio_write(4, true), ERR_OK);
    assert_true(gpiod_see(4).level);
    assert_int_equal(port_gpio_read(4, &level), ERR_OK);
    assert_true(level);
    assert_int_equal(port_gpio_write(4, false), ERR_OK);
    assert_false(gpiod_see(4).level);
}

/* A lamp that burns must not flicker because a program says again what it is. */
static void test_output_that_stays_one_keeps_its_level(void **state)
{
    (void)state;
    assert_int_equal(port_gpio_write(4, true), ERR_OK);
    assert_true(gpiod_see(4).first_level); /* never low on the way */
    unsigned requests = gpiod_see(4).requests;
    assert_int_equal(port_gpio_mode(4, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS), ERR_OK);
    assert_true(gpiod_see(4).level);
    assert_int_equal(gpiod_see(4).requests, requests);
    assert_int_equal(port_gpio_mode(4, PORT_GPIO_OPEN_DRAIN, PORT_GPIO_PULL_AS_IS), ERR_OK);
    assert_true(gpiod_see(4).is_open_drain);
}

static void test_input(void **state)
{
    (void)state;
    bool level = false;
    gpiod_drive(5, true);
    assert_int_equal(port_gpio_read(5, &level), ERR_OK); /* becomes an input by that */
    assert_true(level);
    assert_true(gpiod_see(5).is_held && !gpiod_see(5).is_output);
    gpiod_drive(5, false);
    assert_int_equal(port_gpio_read(5, &level), ERR_OK);
    assert_false(level);
    assert_int_equal(port_gpio_write(5, true), ERR_ARG);
    expect_why(5, ERR_ARG, "is an input");
    assert_int_equal(port_gpio_mode(5, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS), ERR_OK);
    assert_true(gpiod_see(5).is_output);
}

static void test_resistors(void **state)
{
    (void)state;
    static const struct {
        enum port_gpio_pull pull;
        enum gpiod_bias bias;
    } rows[] = {{PORT_GPIO_PULL_AS_IS, GPIOD_AS_IS},
                {PORT_GPIO_PULL_NONE, GPIOD_DISABLED},
                {PORT_GPIO_PULL_UP, GPIOD_UP},
                {PORT_GPIO_PULL_DOWN, GPIOD_DOWN}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(port_gpio_mode(1, PORT_GPIO_INPUT, rows[i].pull), ERR_OK);
        assert_int_equal(gpiod_see(1).bias, rows[i].bias);
        assert_int_equal(port_gpio_watch(1, PORT_GPIO_EDGES_BOTH, on_edge), ERR_OK);
        assert_int_equal(gpiod_see(1).bias, rows[i].bias); /* asked for anew, and the same */
    }
}

static void test_edges(void **state)
{
    (void)state;
    assert_int_equal(port_gpio_watch(2, PORT_GPIO_EDGES_BOTH, on_edge), ERR_ARG); /* it is no input yet */
    for (uint8_t pin = 1; pin <= 3; pin++) {
        assert_int_equal(port_gpio_mode(pin, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS), ERR_OK);
    }
    assert_int_equal(port_gpio_watch(1, PORT_GPIO_EDGES_RISING, on_edge), ERR_OK);
    assert_int_equal(port_gpio_watch(2, PORT_GPIO_EDGES_FALLING, on_edge), ERR_OK);
    assert_int_equal(port_gpio_watch(3, PORT_GPIO_EDGES_BOTH, on_edge), ERR_OK);
    static const uint8_t expected[][2] = {{1, 1}, {2, 0}, {3, 1}, {3, 0}};
    unsigned rising[8] = {0}, falling[8] = {0};
    for (uint8_t pin = 1; pin <= 3; pin++) {
        gpiod_toggle(pin, 2);
    }
    assert_true(TOLD_WAIT(told_count == 4));
    for (size_t i = 0; i < told_count; i++) {
        *(told[i].level ? &rising[told[i].pin] : &falling[told[i].pin]) += 1;
        assert_int_equal(told[i].missed, 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(expected[i][1] ? rising[expected[i][0]] : falling[expected[i][0]], 1);
    }
}

/* An edge of line 2 comes behind them, and nothing of line 1 before it. */
static void test_edges_end(void **state)
{
    (void)state;
    for (uint8_t pin = 1; pin <= 2; pin++) {
        port_gpio_mode(pin, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS);
        assert_int_equal(port_gpio_watch(pin, PORT_GPIO_EDGES_BOTH, on_edge), ERR_OK);
    }
    assert_int_equal(port_gpio_watch(1, PORT_GPIO_EDGES_NONE, NULL), ERR_OK);
    gpiod_toggle(1, 3);
    gpiod_toggle(2, 1);
    assert_true(TOLD_WAIT(told_count > 0));
    assert_int_equal(told[0].pin, 2);
    assert_int_equal(port_gpio_watch(1, PORT_GPIO_EDGES_RISING, on_edge),
                     ERR_OK); /* those of before are forgotten */
    gpiod_toggle(2, 1);
    assert_true(TOLD_WAIT(told_count == 2));
    assert_int_equal(told[1].pin, 2);
    assert_int_equal(port_gpio_mode(2, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS), ERR_OK);
    assert_false(gpiod_see(2).has_rising);
}

/* The kernel keeps 16 of them: the last state is told all the same, however they were dropped. */
static void test_edges_that_the_kernel_drops(void **state)
{
    (void)state;
    for (unsigned count = 15; count <= 40; count++) {
        told_forget();
        port_gpio_mode(6, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS);
        bool before = false;
        assert_int_equal(port_gpio_read(6, &before), ERR_OK);
        assert_int_equal(port_gpio_watch(6, PORT_GPIO_EDGES_BOTH, on_edge), ERR_OK);
        gpiod_toggle(6, count);
        bool last = before ^ (count & 1);
        assert_true(TOLD_WAIT(told_count >= (count < GPIOD_KEPT ? count : GPIOD_KEPT) &&
                              told[told_count - 1].level == last));
        uint32_t all = (uint32_t)told_count;
        for (size_t i = 0; i < told_count; i++) {
            all += told[i].missed;
        }
        assert_true(all <= count);
        if (COUNTS_DROPPED) {
            assert_int_equal(all, count);
        }
    }
}

/* Whoever waits for its edges must not hold it meanwhile. */
static void test_watched_line_that_is_set_anew(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(port_gpio_mode(6, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS), ERR_OK);
        assert_int_equal(port_gpio_watch(6, PORT_GPIO_EDGES_RISING, on_edge), ERR_OK);
        gpiod_toggle(6, 1);
        assert_true(TOLD_WAIT(told_count == 1));
        gpiod_toggle(6, 1);
        told_forget();
    }
}

static void test_line_that_is_held(void **state)
{
    (void)state;
    bool level = false;
    gpiod_hold(3, "spi0 CS0");
    gpiod_hold(2, "");
    assert_int_equal(port_gpio_mode(3, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS), ERR_BUSY);
    expect_why(3, ERR_BUSY, "line 3 of /dev/gpiochip7 is held by 'spi0 CS0'");
    assert_int_equal(port_gpio_write(3, true), ERR_BUSY);
    assert_int_equal(port_gpio_read(3, &level), ERR_BUSY); /* and no level that nobody has read */
    assert_int_equal(port_gpio_watch(3, PORT_GPIO_EDGES_BOTH, on_edge), ERR_ARG);
    assert_int_equal(port_gpio_mode(2, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS), ERR_BUSY);
    expect_why(2, ERR_BUSY, "line 2 of /dev/gpiochip7 is held by the kernel, or somebody without a name");
    assert_int_equal(gpiod_open_chips(), 0);
    gpiod_hold(3, NULL);
    gpiod_hold(2, NULL);
    assert_int_equal(port_gpio_write(3, true), ERR_OK);
    assert_true(gpiod_see(3).level);
}

static void test_line_that_is_had_without_edges_alone(void **state)
{
    (void)state;
    assert_int_equal(port_gpio_mode(1, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS), ERR_OK);
    gpiod_fail_request(EBUSY);
    assert_int_equal(port_gpio_watch(1, PORT_GPIO_EDGES_BOTH, on_edge), ERR_BUSY);
    gpiod_fail_request(0);
    port_gpio_mode(1, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS);
    gpiod_fail_request(ENODEV); /* what the kernel says of a chip without interrupts */
    assert_int_equal(port_gpio_watch(1, PORT_GPIO_EDGES_BOTH, on_edge), ERR_UNSUPPORTED);
    expect_why(1, ERR_UNSUPPORTED, "gets no handler: /dev/gpiochip7 gives no interrupts for its line 1");
    gpiod_fail_request(0);
    bool level;
    assert_int_equal(port_gpio_read(1, &level), ERR_OK); /* asked for anew */
}

static void test_line_that_does_not_exist(void **state)
{
    (void)state;
    assert_int_equal(port_gpio_mode(GPIOD_LINES, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS), ERR_RANGE);
    expect_why(GPIOD_LINES, ERR_RANGE, "does not exist: /dev/gpiochip7 has lines 0 to 7");
    assert_int_equal(port_gpio_write(255, true), ERR_RANGE);
    assert_int_equal(gpiod_open_chips(), 0);
}

static void test_chip_that_cannot_be_opened(void **state)
{
    (void)state;
    static const struct {
        int code;
        const char *words;
    } rows[] = {{ENOENT, "there is no /dev/gpiochip7 (DEVICE_GPIOCHIP"},
                {ENOTTY, "/dev/gpiochip7 is not a GPIO chip"},
                {ENODEV, "/dev/gpiochip7 is not a GPIO chip"},
                {EACCES, "/dev/gpiochip7 may not be opened by this user"},
                {EMFILE, "/dev/gpiochip7: Too many open files"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        gpiod_fail_open(rows[i].code);
        assert_int_equal(port_gpio_mode(1, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS), ERR_NOT_FOUND);
        expect_why(1, ERR_NOT_FOUND, rows[i].words);
    }
}

static void test_request_that_the_system_refuses(void **state)
{
    (void)state;
    gpiod_fail_request(EINVAL);
    assert_int_equal(port_gpio_mode(1, PORT_GPIO_INPUT, PORT_GPIO_PULL_UP), ERR_UNSUPPORTED);
    expect_why(1, ERR_UNSUPPORTED, "line 1 of /dev/gpiochip7: Invalid argument (with its resistor set)");
    gpiod_fail_request(EIO);
    assert_int_equal(port_gpio_mode(1, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS), ERR_INTERNAL);
    expect_why(1, ERR_INTERNAL, "line 1 of /dev/gpiochip7: Input/output error");
    assert_int_equal(gpiod_open_chips(), 0);
}

static void test_chip_that_goes(void **state)
{
    (void)state;
    bool level = true;
    port_gpio_mode(1, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS);
    assert_int_equal(port_gpio_watch(1, PORT_GPIO_EDGES_BOTH, on_edge), ERR_OK);
    assert_int_equal(port_gpio_write(2, true), ERR_OK);
    gpiod_unplug();
    assert_true(TOLD_WAIT(strstr(
        told_log,
        "error: GPIO: line 1 of /dev/gpiochip7 is gone: the handler of pin 1 is not called any more\n")));
    assert_int_equal(port_gpio_read(1, &level), ERR_NOT_FOUND);
    expect_why(1, ERR_NOT_FOUND, "cannot be read: line 1 of /dev/gpiochip7: No such device");
    assert_true(level); /* unchanged */
    assert_int_equal(port_gpio_write(2, false), ERR_NOT_FOUND);
    expect_why(2, ERR_NOT_FOUND, "cannot be set: line 2 of /dev/gpiochip7: No such device");
    assert_int_equal(port_gpio_mode(2, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS), ERR_NOT_FOUND);
    gpiod_plug();
    assert_int_equal(port_gpio_mode(2, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS), ERR_OK);
    assert_int_equal(port_gpio_write(2, true), ERR_OK);
    assert_int_equal(port_gpio_mode(1, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS), ERR_OK);
    assert_int_equal(port_gpio_watch(1, PORT_GPIO_EDGES_BOTH, on_edge), ERR_OK);
    gpiod_toggle(1, 1);
    assert_true(TOLD_WAIT(told_count == 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_output, setup, give_back),
        cmocka_unit_test_setup_teardown(test_output_that_stays_one_keeps_its_level, setup, give_back),
        cmocka_unit_test_setup_teardown(test_input, setup, give_back),
        cmocka_unit_test_setup_teardown(test_resistors, setup, give_back),
        cmocka_unit_test_setup_teardown(test_edges, setup, give_back),
        cmocka_unit_test_setup_teardown(test_edges_end, setup, give_back),
        cmocka_unit_test_setup_teardown(test_edges_that_the_kernel_drops, setup, give_back),
        cmocka_unit_test_setup_teardown(test_watched_line_that_is_set_anew, setup, give_back),
        cmocka_unit_test_setup_teardown(test_line_that_is_held, setup, give_back),
        cmocka_unit_test_setup_teardown(test_line_that_is_had_without_edges_alone, setup, give_back),
        cmocka_unit_test_setup_teardown(test_line_that_does_not_exist, setup, give_back),
        cmocka_unit_test_setup_teardown(test_chip_that_cannot_be_opened, setup, give_back),
        cmocka_unit_test_setup_teardown(test_request_that_the_system_refuses, setup, give_back),
        cmocka_unit_test_setup_teardown(test_chip_that_goes, setup, give_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
