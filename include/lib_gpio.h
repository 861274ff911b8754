/* SPDX-License-Identifier: MIT */
/* Digital pins. Any task, not from an ISR; nothing here blocks for longer than the bus on which the pins are.
 *
 * ESP32: the real ones, by their GPIO number; ESP-IDF's driver/gpio.h comes along with this header.
 *
 * Linux: the environment decides, at the first use.
 *  - DEVICE_GPIOCHIP names a chip (/dev/gpiochip0, or gpiochip0): pin N is line N of it, through libgpiod. A line that cannot be had (no
 *    such chip, no such line, held by another program) is refused with one log line that says so; it is never simulated instead.
 *  - otherwise pins 0 to 63 are simulated, and each write is printed with the time since the start:
 *        [   12.345] GPIO 2 -> 1
 *    DEVICE_GPIO_INPUTS names a FIFO or a file from which inputs get their levels, lines of pin and level: `4 1` (docs/gpio.md).
 *
 * Handlers are called on a task, never in an ISR: each pin that has one gets a task of its own, with CONFIG_DEVICE_JOBS_PIN_STACK bytes
 * (3072) on a chip. So a handler may block, print, publish and report; while it does, edges of its own pin wait, and nobody
 * else does. Handlers of different pins may run at the same time, one pin's never twice at the same time.
 *
 * When edges come faster than the handler returns, the newest state wins: 7 edges wait, then the oldest is left out and counted. The
 * last edge always arrives. At most CONFIG_DEVICE_JOBS_PIN_HANDLERS pins (8) have handlers, counted from the start of the program.
 * Handlers work without SYSTEM_start, and go on after the connection has ended. */
#ifndef LIB_GPIO_H
#define LIB_GPIO_H

#include "lib_utils.h"

/* ESP-IDF has these names with the same values. */
#if defined(__has_include)
#if __has_include("driver/gpio.h")
#define LIB_GPIO_HAS_VENDOR_NAMES
#endif
#endif
#ifdef LIB_GPIO_HAS_VENDOR_NAMES
#include "driver/gpio.h"
#else
enum {
    GPIO_MODE_DISABLE = 0,
    GPIO_MODE_INPUT = 1,
    GPIO_MODE_OUTPUT = 2,
    GPIO_MODE_INPUT_OUTPUT = 3,
    GPIO_MODE_OUTPUT_OD = 6,
    GPIO_MODE_INPUT_OUTPUT_OD = 7
};
enum { GPIO_INTR_DISABLE = 0, GPIO_INTR_POSEDGE = 1, GPIO_INTR_NEGEDGE = 2, GPIO_INTR_ANYEDGE = 3 };
enum { GPIO_PULLUP_ONLY = 0, GPIO_PULLDOWN_ONLY = 1, GPIO_FLOATING = 3 };
#endif
/* The names that programs of the original library use. */
#define GPIO_PIN_INTR_DISABLE 0
#define GPIO_PIN_INTR_POSEDGE 1
#define GPIO_PIN_INTR_NEGEDGE 2
#define GPIO_PIN_INTR_ANYEDGE 3

#define LIB_GPIO_INLINE static inline __attribute__((always_inline))

#ifdef __cplusplus
extern "C" {
#endif

/* Called for an edge; pArg is the pin's number, `(uint8_t)(uintptr_t)pArg`. */
typedef void (*gpio_intr_handler)(void *pArg);

/* New. One edge, for handlers that want to know more than that there was one. */
typedef struct {
    uint8_t pin_u8;
    uint8_t level_u8;  /* after the edge: 1 rising, 0 falling. GPIO_pinRead says what it is by now */
    uint32_t time_u32; /* when the edge was noticed, by the clock of millis() */
    uint32_t
        lost_u32; /* edges of this pin between this call and the one before, for which there was no call */
} gpioEdge_st;

/* ps_edge is valid during the call only. */
typedef void (*gpioEdgeHandler_t)(const gpioEdge_st *ps_edge, void *pContext);

/* New. Direction alone: one of GPIO_MODE_... above. GPIO_MODE_DISABLE gives the pin back. The outputs can all be read. An output that
 * stays one keeps its level, a new one is low. Ends the calls of the pin's handler; one that has begun goes on.
 * false, and a log line: no such mode, or the pin cannot be had. */
bool GPIO_pinDirection(uint8_t pin_u8, uint8_t mode_u8);

/* What GPIO_pinMode below calls for a pin with a handler. */
bool GPIO_pinHandler(uint8_t pin_u8, uint8_t mode_u8, uint8_t interruptType_u8, gpio_intr_handler handler);

/* Direction of a pin, and for GPIO_MODE_INPUT a handler for its edges: interruptType_u8 is GPIO_PIN_INTR_POSEDGE, NEGEDGE or ANYEDGE then,
 * else GPIO_PIN_INTR_DISABLE with NULL. (In this header, so that a program without handlers does not link what calls them.)
 * false, and a log line: the pin cannot be had; a handler without an edge, or an edge without a handler; a handler for an output;
 * interrupts by level; a pin too many with a handler. The pin then has no handler. */
LIB_GPIO_INLINE bool GPIO_pinMode(uint8_t pin_u8, uint8_t mode_u8, uint8_t interruptType_u8,
                                  gpio_intr_handler handler)
{
    if (!handler && interruptType_u8 == GPIO_PIN_INTR_DISABLE) {
        return GPIO_pinDirection(pin_u8, mode_u8);
    }
    return GPIO_pinHandler(pin_u8, mode_u8, interruptType_u8, handler);
}

/* New. An input with all that it can have: pull_u8 is GPIO_PULLUP_ONLY, GPIO_PULLDOWN_ONLY or GPIO_FLOATING; the handler gets the edge and
 * pContext, which must stay valid while the pin has this handler. NULL with GPIO_PIN_INTR_DISABLE: no handler.
 * false, and a log line: as for GPIO_pinMode. A resistor that the hardware lacks is refused where the system says so; Linux does not tell
 * it of every chip. GPIO_pinMode leaves the resistors as the system has them, on ESP32 off. */
bool GPIO_inputMode(uint8_t pin_u8, uint8_t interruptType_u8, uint8_t pull_u8, gpioEdgeHandler_t handler,
                    void *pContext);

/* New. How many edges of the pin its handler was not called for, since it was set; wraps. 0 for a pin without a handler. */
uint32_t GPIO_getLostEdges(uint8_t pin_u8);

/* Sets an output pin: 0 is low, everything else high. A pin that was never configured becomes an output.
 * A pin that is an input or cannot be had: no effect; logged, once until the pin works again. */
void GPIO_pinWrite(uint8_t pin_u8, uint8_t state_u8);

/* 1 for high, 0 for low. A pin that was never configured becomes an input. 0 for a pin that cannot be had; logged, once until the pin
 * works again. */
uint8_t GPIO_pinRead(uint8_t pin_u8);

#ifdef __cplusplus
}
#endif

#endif
