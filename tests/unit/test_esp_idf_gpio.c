/* SPDX-License-Identifier: MIT */
/* The pins of a chip (ports/esp_idf/chip_gpio.c), with ESP-IDF's GPIO driver played on the host: modes, resistors, and edges from the ISR
 * to a task that waits. */
// LINK: port_esp_idf_chip fake_idf -Wl,--wrap=gettimeofday,--wrap=settimeofday common pthread
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_gpio.h"
#include "device/port/port_sync.h"
#include "fakes/fake_idf.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define NO_MEM 0x101 /* ESP_ERR_NO_MEM */

static struct {
    uint8_t pin;
    bool level;
    uint32_t missed;
} told[100];
static unsigned told_count;

static int setup(void **state)
{
    (void)state;
    idf_reset();
    idf_pin_fail(0, 0, 0);
    for (uint8_t pin = 0; pin < 22; pin++) {
        port_gpio_watch(pin, PORT_GPIO_EDGES_NONE, NULL);
        port_gpio_mode(pin, PORT_GPIO_OFF, PORT_GPIO_PULL_AS_IS);
        idf_pin_drive(pin, false);
    }
    told_count = 0;
    return 0;
}

static void on_edge(uint8_t pin, bool level, uint32_t at_ms, uint32_t missed)
{
    (void)at_ms;
    told[told_count].pin = pin;
    told[told_count].level = level;
    told[told_count++].missed = missed;
}

static void test_modes_and_resistors(void **state)
{
    (void)state;
    static const struct {
        enum port_gpio_mode mode;
        int expected;
    } rows[] = {{PORT_GPIO_OFF, 0}, {PORT_GPIO_INPUT, 1}, {PORT_GPIO_OUTPUT, 3}, {PORT_GPIO_OPEN_DRAIN, 7}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(port_gpio_mode(4, rows[i].mode, PORT_GPIO_PULL_AS_IS), ERR_OK);
        assert_int_equal(idf_pin_mode(4), rows[i].expected);
        assert_int_equal(idf_pin_pulls(4), 0);
    }
    assert_int_equal(port_gpio_mode(4, PORT_GPIO_INPUT, PORT_GPIO_PULL_UP), ERR_OK);
    assert_int_equal(idf_pin_pulls(4), 1);
    assert_int_equal(port_gpio_mode(4, PORT_GPIO_INPUT, PORT_GPIO_PULL_DOWN), ERR_OK);
    assert_int_equal(idf_pin_pulls(4), 2);
    assert_int_equal(port_gpio_mode(4, PORT_GPIO_INPUT, PORT_GPIO_PULL_NONE), ERR_OK);
    assert_int_equal(idf_pin_pulls(4), 0);
}

static void test_pin_that_is_written_becomes_an_output_that_can_be_read(void **state)
{
    (void)state;
    bool level = false;
    assert_int_equal(idf_pin_mode(5), 0);
    assert_int_equal(port_gpio_write(5, true), ERR_OK);
    assert_int_equal(port_gpio_read(5, &level), ERR_OK);
    assert_true(level);
    assert_int_equal(port_gpio_mode(5, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS), ERR_OK);
    assert_int_equal(port_gpio_read(5, &level), ERR_OK);
    assert_true(level); /* it keeps its level */
    assert_int_equal(port_gpio_read(6, &level), ERR_OK);
    assert_int_equal(idf_pin_mode(6), 1);
    assert_int_equal(port_gpio_write(6, true), ERR_ARG);
    assert_string_equal(port_gpio_why(6, ERR_ARG), "is an input");
}

/* ESP-IDF 5's own check shifts by the number: 66 would pass for pin 2 on a chip. */
static void test_pin_far_beyond_the_last_is_refused(void **state)
{
    (void)state;
    bool level = false;
    for (int pin = 22; pin <= UINT8_MAX; pin++) {
        assert_int_equal(port_gpio_mode((uint8_t)pin, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS), ERR_RANGE);
        assert_int_equal(port_gpio_mode((uint8_t)pin, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS), ERR_RANGE);
        assert_int_equal(port_gpio_write((uint8_t)pin, true), ERR_RANGE);
        assert_int_equal(port_gpio_read((uint8_t)pin, &level), ERR_RANGE);
        assert_int_equal(port_gpio_watch((uint8_t)pin, PORT_GPIO_EDGES_BOTH, on_edge), ERR_RANGE);
    }
    assert_string_equal(port_gpio_why(30, ERR_RANGE), "does not exist on this board");
}

static void test_driver_that_refuses(void **state)
{
    (void)state;
    idf_pin_fail(NO_MEM, 0, 0);
    assert_int_equal(port_gpio_mode(4, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS), ERR_INTERNAL);
    assert_int_equal(port_gpio_mode(4, PORT_GPIO_INPUT, PORT_GPIO_PULL_UP), ERR_UNSUPPORTED);
    idf_pin_fail(0, NO_MEM, 0);
    port_gpio_mode(4, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS);
    assert_int_equal(port_gpio_watch(4, PORT_GPIO_EDGES_BOTH, on_edge), ERR_INTERNAL);
    idf_pin_fail(0, 0, NO_MEM);
    assert_int_equal(port_gpio_watch(4, PORT_GPIO_EDGES_BOTH, on_edge), ERR_INTERNAL);
    idf_pin_fail(0, 0, 0);
    idf_pin_drive(4, true);
    assert_int_equal(told_count, 0);
}

static void test_edges(void **state)
{
    (void)state;
    static const enum port_gpio_edges edges[] = {PORT_GPIO_EDGES_RISING, PORT_GPIO_EDGES_FALLING,
                                                 PORT_GPIO_EDGES_BOTH};
    for (uint8_t pin = 1; pin <= 3; pin++) {
        port_gpio_mode(pin, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS);
        assert_int_equal(port_gpio_watch(pin, edges[pin - 1], on_edge), ERR_OK);
        assert_int_equal(idf_pin_interrupt(pin), pin); /* GPIO_INTR_POSEDGE, NEGEDGE, ANYEDGE */
        idf_pin_drive(pin, true);
        idf_pin_drive(pin, false);
    }
    static const uint8_t expected[][2] = {{1, 1}, {2, 0}, {3, 1}, {3, 0}};
    assert_int_equal(told_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(told[i].pin, expected[i][0]);
        assert_int_equal(told[i].level, expected[i][1]);
        assert_int_equal(told[i].missed, 0);
    }
    assert_int_equal(port_gpio_watch(3, PORT_GPIO_EDGES_NONE, NULL), ERR_OK);
    idf_pin_drive(3, true);
    assert_int_equal(told_count, 4);
    assert_int_equal(idf_pin_interrupt(3), 0);
    assert_false(idf_pin_has_isr(3));
}

/* ---- the ISR wakes a task, and asks for it to run at once */

static struct port_signal edge_came;

static void wake(uint8_t pin, bool level, uint32_t at_ms, uint32_t missed)
{
    (void)pin, (void)level, (void)at_ms, (void)missed;
    port_gpio_signal(&edge_came);
}

static void *wait_for_edge(void *ctx)
{
    port_gpio_wait(&edge_came);
    return ctx;
}

static void test_isr_wakes_the_task_that_waits(void **state)
{
    (void)state;
    pthread_t waiter;
    port_signal_init(&edge_came);
    assert_int_equal(pthread_create(&waiter, NULL, wait_for_edge, NULL), 0);
    unsigned yields = idf_yields_from_isr();
    port_gpio_mode(1, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS);
    assert_int_equal(port_gpio_watch(1, PORT_GPIO_EDGES_RISING, wake), ERR_OK);
    idf_pin_drive(1, true);
    assert_int_equal(idf_yields_from_isr(), yields + 1);
    pthread_join(waiter, NULL); /* does not come back without it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_modes_and_resistors, setup),
        cmocka_unit_test_setup(test_pin_that_is_written_becomes_an_output_that_can_be_read, setup),
        cmocka_unit_test_setup(test_pin_far_beyond_the_last_is_refused, setup),
        cmocka_unit_test_setup(test_driver_that_refuses, setup),
        cmocka_unit_test_setup(test_edges, setup),
        cmocka_unit_test_setup(test_isr_wakes_the_task_that_waits, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
