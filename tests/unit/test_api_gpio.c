/* SPDX-License-Identifier: MIT */
/* Pins as an application has them (include/lib_gpio.h): modes, handlers on tasks of their own, the rule about edges that come too fast, and
 * every refusal with its line. */
// LINK: device_api device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/config.h"
#include "device/core/edges.h"
#include "device/port/port_sync.h"
#include "fakes/fake_ports.h"
#include "lib_delay.h"
#include "lib_gpio.h"

#include <stdlib.h>
#include <string.h>

#define PLENTY 100

static struct port_signal go; /* lets one call of a blocking handler return */
static struct {
    atomic_uint calls;
    atomic_bool is_in, must_block;
    gpioEdge_st edges[PLENTY];
} heard[16];
static atomic_uint plain_calls, plain_pin;

static int setup(void **state)
{
    (void)state;
    for (uint8_t pin = 0; pin < 16; pin++) {
        GPIO_pinDirection(pin, GPIO_MODE_DISABLE);
        FAKE_WAIT(!atomic_load(&heard[pin].is_in));
    }
    memset(heard, 0, sizeof(heard));
    atomic_store(&plain_calls, 0);
    fake_reset();
    port_signal_init(&go);
    return 0;
}

static void plain(void *pArg)
{
    atomic_store(&plain_pin, (unsigned)(uintptr_t)pArg);
    atomic_fetch_add(&plain_calls, 1);
}

/* pContext is its row. */
static void hear(const gpioEdge_st *ps_edge, void *pContext)
{
    /* One pin's never twice at the same time. cmocka's asserts belong to its own thread. */
    if (pContext != &heard[ps_edge->pin_u8] || atomic_exchange(&heard[ps_edge->pin_u8].is_in, true)) {
        abort();
    }
    heard[ps_edge->pin_u8].edges[atomic_load(&heard[ps_edge->pin_u8].calls)] = *ps_edge;
    atomic_fetch_add(&heard[ps_edge->pin_u8].calls, 1);
    if (atomic_load(&heard[ps_edge->pin_u8].must_block)) {
        port_signal_wait(&go, UINT32_MAX);
    }
    atomic_store(&heard[ps_edge->pin_u8].is_in, false);
}

static void listen(uint8_t pin, uint8_t interrupt)
{
    assert_true(GPIO_inputMode(pin, interrupt, GPIO_FLOATING, hear, &heard[pin]));
}

/* ---- modes */

static void test_modes(void **state)
{
    (void)state;
    static const struct {
        uint8_t mode;
        enum port_gpio_mode expected;
    } rows[] = {
        {GPIO_MODE_DISABLE, PORT_GPIO_OFF},          {GPIO_MODE_INPUT, PORT_GPIO_INPUT},
        {GPIO_MODE_OUTPUT, PORT_GPIO_OUTPUT},        {GPIO_MODE_INPUT_OUTPUT, PORT_GPIO_OUTPUT},
        {GPIO_MODE_OUTPUT_OD, PORT_GPIO_OPEN_DRAIN}, {GPIO_MODE_INPUT_OUTPUT_OD, PORT_GPIO_OPEN_DRAIN}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(GPIO_pinMode(3, rows[i].mode, GPIO_PIN_INTR_DISABLE, NULL));
        assert_int_equal(fake_gpio_mode(3), rows[i].expected);
        assert_int_equal(fake_gpio_pull(3), PORT_GPIO_PULL_AS_IS);
    }
    assert_false(GPIO_pinMode(3, 4, GPIO_PIN_INTR_DISABLE, NULL));
    assert_false(GPIO_pinMode(3, 9, GPIO_PIN_INTR_DISABLE, NULL));
    assert_true(fake_log_has("GPIO_pinMode: pin 3: there is no mode 9"));
}

static void test_resistors(void **state)
{
    (void)state;
    assert_true(GPIO_inputMode(4, GPIO_PIN_INTR_DISABLE, GPIO_PULLUP_ONLY, NULL, NULL));
    assert_int_equal(fake_gpio_pull(4), PORT_GPIO_PULL_UP);
    assert_true(GPIO_inputMode(4, GPIO_PIN_INTR_POSEDGE, GPIO_PULLDOWN_ONLY, hear, &heard[4]));
    assert_int_equal(fake_gpio_pull(4), PORT_GPIO_PULL_DOWN);
    assert_true(GPIO_inputMode(4, GPIO_PIN_INTR_DISABLE, GPIO_FLOATING, NULL, NULL));
    assert_int_equal(fake_gpio_pull(4), PORT_GPIO_PULL_NONE);
    assert_false(GPIO_inputMode(4, GPIO_PIN_INTR_DISABLE, 2, NULL, NULL));
    assert_true(fake_log_has("GPIO_inputMode: pin 4 cannot be pulled like that"));
}

static void test_pin_that_cannot_be_had(void **state)
{
    (void)state;
    fake_gpio_refuse(2, ERR_BUSY);
    assert_false(GPIO_pinMode(2, GPIO_MODE_OUTPUT, GPIO_PIN_INTR_DISABLE, NULL));
    assert_false(GPIO_pinMode(2, GPIO_MODE_INPUT, GPIO_PIN_INTR_POSEDGE, plain));
    assert_false(GPIO_inputMode(2, GPIO_PIN_INTR_DISABLE, GPIO_FLOATING, NULL, NULL));
    assert_int_equal(fake_log_count("pin 2 busy"), 3); /* what the port said, once for each call */
    assert_false(GPIO_pinMode(99, GPIO_MODE_INPUT, GPIO_PIN_INTR_DISABLE, NULL));
    assert_true(fake_log_has("GPIO_pinMode: pin 99 does not exist on this board"));
}

/* A program may look at a pin a thousand times a second. */
static void test_pin_that_fails_is_told_once_until_it_works(void **state)
{
    (void)state;
    for (unsigned round = 1; round <= 2; round++) {
        fake_gpio_refuse(5, ERR_NOT_FOUND);
        for (unsigned i = 0; i < 100; i++) {
            assert_int_equal(GPIO_pinRead(5), 0);
            GPIO_pinWrite(5, HIGH);
        }
        assert_int_equal(fake_log_count("GPIO_pinRead: pin 5"), round);
        assert_int_equal(fake_log_count("GPIO_pinWrite: pin 5"), 0);
        fake_gpio_refuse(5, ERR_OK);
        GPIO_pinRead(5);
    }
}

/* ---- handlers */

static void test_handler_of_the_original_library(void **state)
{
    (void)state;
    assert_true(GPIO_pinMode(6, GPIO_MODE_INPUT, GPIO_PIN_INTR_NEGEDGE, plain));
    assert_int_equal(fake_gpio_edges(6), PORT_GPIO_EDGES_FALLING);
    fake_gpio_input(6, true, 0);
    fake_gpio_input(6, false, 0);
    FAKE_WAIT(atomic_load(&plain_calls) == 1);
    assert_int_equal(atomic_load(&plain_pin), 6);
}

static void test_handler_hears_both_edges(void **state)
{
    (void)state;
    listen(7, GPIO_PIN_INTR_ANYEDGE);
    uint32_t before = millis();
    for (unsigned i = 0; i < 4; i++) {
        fake_gpio_input(7, !(i & 1), 0);
        FAKE_WAIT(atomic_load(&heard[7].calls) == i + 1);
        assert_int_equal(heard[7].edges[i].pin_u8, 7);
        assert_int_equal(heard[7].edges[i].level_u8, !(i & 1));
        assert_int_equal(heard[7].edges[i].lost_u32, 0);
        assert_true(heard[7].edges[i].time_u32 - before <= millis() - before);
    }
    assert_int_equal(GPIO_getLostEdges(7), 0);
}

static void test_arguments_that_do_not_fit(void **state)
{
    (void)state;
    assert_false(GPIO_pinMode(6, GPIO_MODE_INPUT, GPIO_PIN_INTR_POSEDGE, NULL));
    assert_true(fake_log_has("GPIO_pinMode: pin 6 is to have interrupts, and no handler is given"));
    assert_false(GPIO_pinMode(6, GPIO_MODE_INPUT, GPIO_PIN_INTR_DISABLE, plain));
    assert_true(fake_log_has("GPIO_pinMode: pin 6 is to have a handler, and no edge is given"));
    assert_false(GPIO_pinMode(6, GPIO_MODE_OUTPUT, GPIO_PIN_INTR_POSEDGE, plain));
    assert_true(fake_log_has("GPIO_pinMode: pin 6 is no input, and only inputs have handlers"));
    assert_false(GPIO_pinMode(6, GPIO_MODE_INPUT, 5, plain)); /* GPIO_INTR_HIGH_LEVEL */
    assert_true(fake_log_has("GPIO_pinMode: pin 6 cannot have interrupts by level: edges only"));
    assert_false(GPIO_inputMode(6, GPIO_PIN_INTR_POSEDGE, GPIO_FLOATING, NULL, NULL));
    assert_int_equal(fake_gpio_edges(6), PORT_GPIO_EDGES_NONE);
}

static void test_handler_that_blocks_keeps_back_its_own_pin_alone(void **state)
{
    (void)state;
    listen(6, GPIO_PIN_INTR_ANYEDGE);
    listen(7, GPIO_PIN_INTR_ANYEDGE);
    atomic_store(&heard[6].must_block, true);
    fake_gpio_input(6, true, 0);
    FAKE_WAIT(atomic_load(&heard[6].is_in));
    for (unsigned i = 0; i < 10; i++) {
        fake_gpio_input(7, !(i & 1), 0);
        FAKE_WAIT(atomic_load(&heard[7].calls) == i + 1);
    }
    assert_int_equal(atomic_load(&heard[6].calls), 1); /* it never came back meanwhile */
    atomic_store(&heard[6].must_block, false);
    port_signal_set(&go);
}

/* The driver may be in the middle of it when the handler goes. And who has nothing to do waits. */
static void test_edge_that_comes_too_late(void **state)
{
    (void)state;
    listen(6, GPIO_PIN_INTR_ANYEDGE);
    fake_gpio_input(6, true, 50);
    FAKE_WAIT(atomic_load(&heard[6].calls) == 1 && !atomic_load(&heard[6].is_in));
    assert_int_equal(GPIO_getLostEdges(6), 50);
    assert_true(GPIO_pinDirection(6, GPIO_MODE_INPUT));
    assert_int_equal(GPIO_getLostEdges(6), 0); /* it has no handler */
    unsigned waits = fake_gpio_waits();
    fake_gpio_late_edge(6);
    FAKE_WAIT(fake_gpio_waits() > waits);
    assert_int_equal(atomic_load(&heard[6].calls), 1);
}

static void test_edges_faster_than_the_handler(void **state)
{
    (void)state;
    listen(6, GPIO_PIN_INTR_ANYEDGE);
    atomic_store(&heard[6].must_block, true);
    fake_gpio_input(6, true, 0);
    FAKE_WAIT(atomic_load(&heard[6].is_in));
    for (unsigned i = 0; i < EDGES_WAITING + 10; i++) {
        fake_gpio_input(6, i & 1, i == 0 ? 100 : 0); /* the system has missed as many before the first */
    }
    atomic_store(&heard[6].must_block, false);
    port_signal_set(&go);
    FAKE_WAIT(atomic_load(&heard[6].calls) == 1 + EDGES_WAITING);
    assert_int_equal(heard[6].edges[1].lost_u32, 110);
    assert_int_equal(heard[6].edges[2].lost_u32, 0);
    assert_int_equal(heard[6].edges[EDGES_WAITING].level_u8, (EDGES_WAITING + 9) & 1);
    assert_int_equal(GPIO_getLostEdges(6), 110);
    assert_int_equal(fake_log_count("GPIO: pin 6: edges come faster than its handler returns, left out: 110 "
                                    "(GPIO_getLostEdges counts on)"),
                     1);
    fake_gpio_input(6, !GPIO_pinRead(6), 3);
    FAKE_WAIT(atomic_load(&heard[6].calls) == 2 + EDGES_WAITING);
    assert_int_equal(GPIO_getLostEdges(6), 113);
    assert_int_equal(fake_log_count("edges come faster"), 1); /* told once */
    listen(6, GPIO_PIN_INTR_ANYEDGE);
    assert_int_equal(GPIO_getLostEdges(6), 0); /* another handler, another count */
}

static void test_pin_that_is_set_anew_has_no_calls_of_before(void **state)
{
    (void)state;
    listen(6, GPIO_PIN_INTR_ANYEDGE);
    atomic_store(&heard[6].must_block, true);
    fake_gpio_input(6, true, 0);
    FAKE_WAIT(atomic_load(&heard[6].is_in));
    fake_gpio_input(6, false, 0); /* waits */
    assert_true(GPIO_pinMode(6, GPIO_MODE_OUTPUT, GPIO_PIN_INTR_DISABLE, NULL));
    assert_int_equal(fake_gpio_edges(6), PORT_GPIO_EDGES_NONE);
    atomic_store(&heard[6].must_block, false);
    port_signal_set(&go);
    FAKE_WAIT(!atomic_load(&heard[6].is_in));
    assert_true(GPIO_pinMode(6, GPIO_MODE_INPUT, GPIO_PIN_INTR_POSEDGE, plain));
    fake_gpio_input(6, true, 0);
    FAKE_WAIT(atomic_load(&plain_calls) == 1);
    assert_int_equal(atomic_load(&heard[6].calls), 1);
    assert_false(GPIO_pinMode(6, GPIO_MODE_INPUT, GPIO_PIN_INTR_POSEDGE,
                              NULL)); /* refused, and without a handler from now on */
    assert_int_equal(fake_gpio_edges(6), PORT_GPIO_EDGES_NONE);
}

static void from_inside(const gpioEdge_st *ps_edge, void *pContext)
{
    bool is_set = GPIO_pinMode(ps_edge->pin_u8, GPIO_MODE_INPUT, GPIO_PIN_INTR_ANYEDGE, plain);
    atomic_store((atomic_bool *)pContext, is_set);
}

static void test_handler_may_set_its_own_pin(void **state)
{
    (void)state;
    static atomic_bool was_set;
    assert_true(GPIO_inputMode(6, GPIO_PIN_INTR_ANYEDGE, GPIO_FLOATING, from_inside, &was_set));
    fake_gpio_input(6, true, 0);
    fake_wait_flag(&was_set);
    fake_gpio_input(6, false, 0);
    FAKE_WAIT(atomic_load(&plain_calls) == 1);
}

/* Last: places are counted from the start of the program. */
static void test_pin_too_many(void **state)
{
    (void)state;
    unsigned granted = 0;
    for (uint8_t pin = 0; pin < CONFIG_DEVICE_JOBS_PIN_HANDLERS; pin++) {
        granted += GPIO_pinMode((uint8_t)(15 - pin), GPIO_MODE_INPUT, GPIO_PIN_INTR_POSEDGE, plain);
    }
    assert_int_equal(granted, CONFIG_DEVICE_JOBS_PIN_HANDLERS - 3); /* pins 4, 6 and 7 have theirs */
    assert_true(
        fake_log_has("gets no handler: CONFIG_DEVICE_JOBS_PIN_HANDLERS pins have had one, or no memory"));
    assert_true(GPIO_pinMode(6, GPIO_MODE_INPUT, GPIO_PIN_INTR_POSEDGE, plain)); /* one that has had one */
    assert_int_equal(GPIO_getLostEdges(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_modes, setup),
        cmocka_unit_test_setup(test_resistors, setup),
        cmocka_unit_test_setup(test_pin_that_cannot_be_had, setup),
        cmocka_unit_test_setup(test_pin_that_fails_is_told_once_until_it_works, setup),
        cmocka_unit_test_setup(test_handler_of_the_original_library, setup),
        cmocka_unit_test_setup(test_handler_hears_both_edges, setup),
        cmocka_unit_test_setup(test_arguments_that_do_not_fit, setup),
        cmocka_unit_test_setup(test_handler_that_blocks_keeps_back_its_own_pin_alone, setup),
        cmocka_unit_test_setup(test_edge_that_comes_too_late, setup),
        cmocka_unit_test_setup(test_edges_faster_than_the_handler, setup),
        cmocka_unit_test_setup(test_pin_that_is_set_anew_has_no_calls_of_before, setup),
        cmocka_unit_test_setup(test_handler_may_set_its_own_pin, setup),
        cmocka_unit_test_setup(test_pin_too_many, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
