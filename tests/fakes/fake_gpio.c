/* SPDX-License-Identifier: MIT */
/* The pins of fake_ports: their inputs change when the test says so, and edges are reported on the test's own thread. */
#define _GNU_SOURCE
#include "device/port/port_gpio.h"
#include "device/port/port_sync.h"
#include "device/port/port_time.h"
#include "fakes/fake_ports.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define PINS 16

static atomic_uint waits;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    bool is_set, level;
    unsigned changes;
    enum port_gpio_mode mode;
    enum port_gpio_pull pull;
    enum port_gpio_edges edges;
    port_gpio_edge_fn on_edge;
    enum err refusal;
} pins[PINS];

void fake_gpio_reset(void)
{
    pthread_mutex_lock(&lock);
    memset(pins, 0, sizeof(pins));
    pthread_mutex_unlock(&lock);
}

static enum err lock_pin(uint8_t pin)
{
    pthread_mutex_lock(&lock);
    enum err err = pin < PINS ? pins[pin].refusal : ERR_RANGE;
    if (err) {
        pthread_mutex_unlock(&lock);
    }
    return err;
}

enum err port_gpio_mode(uint8_t pin, enum port_gpio_mode mode, enum port_gpio_pull pull)
{
    enum err err = lock_pin(pin);
    if (!err) {
        pins[pin].mode = mode;
        pins[pin].pull = pull;
        pins[pin].edges = PORT_GPIO_EDGES_NONE;
        pins[pin].is_set = mode != PORT_GPIO_OFF;
        pthread_mutex_unlock(&lock);
    }
    return err;
}

enum err port_gpio_watch(uint8_t pin, enum port_gpio_edges edges, port_gpio_edge_fn on_edge)
{
    enum err err = lock_pin(pin);
    if (!err) {
        pins[pin].edges = edges;
        pins[pin].on_edge = on_edge ? on_edge : pins[pin].on_edge;
        pthread_mutex_unlock(&lock);
    }
    return err;
}

enum err port_gpio_write(uint8_t pin, bool level)
{
    enum err err = lock_pin(pin);
    if (!err) {
        err = pins[pin].is_set && pins[pin].mode == PORT_GPIO_INPUT ? ERR_ARG : ERR_OK;
        if (!err) {
            pins[pin].changes += pins[pin].level != level;
            pins[pin].level = level;
        }
        pthread_mutex_unlock(&lock);
    }
    return err;
}

enum err port_gpio_read(uint8_t pin, bool *level)
{
    enum err err = lock_pin(pin);
    if (!err) {
        *level = pins[pin].level;
        pthread_mutex_unlock(&lock);
    }
    return err;
}

const char *port_gpio_why(uint8_t pin, enum err err)
{
    (void)pin;
    return err == ERR_RANGE ? "does not exist on this board" : err_text(err);
}

void port_gpio_signal(struct port_signal *signal)
{
    port_signal_set(signal);
}

void port_gpio_wait(struct port_signal *signal)
{
    atomic_fetch_add(&waits, 1);
    port_signal_wait(signal, UINT32_MAX);
}

unsigned fake_gpio_changes(uint8_t pin)
{
    pthread_mutex_lock(&lock);
    unsigned changes = pins[pin].changes;
    pthread_mutex_unlock(&lock);
    return changes;
}

enum port_gpio_mode fake_gpio_mode(uint8_t pin)
{
    return pins[pin].mode;
}

enum port_gpio_pull fake_gpio_pull(uint8_t pin)
{
    return pins[pin].pull;
}

enum port_gpio_edges fake_gpio_edges(uint8_t pin)
{
    return pins[pin].edges;
}

void fake_gpio_refuse(uint8_t pin, enum err err)
{
    pthread_mutex_lock(&lock);
    pins[pin].refusal = err;
    pthread_mutex_unlock(&lock);
}

void fake_gpio_input(uint8_t pin, bool level, uint32_t missed)
{
    pthread_mutex_lock(&lock);
    unsigned kind = level ? PORT_GPIO_EDGES_RISING : PORT_GPIO_EDGES_FALLING;
    port_gpio_edge_fn on_edge = (pins[pin].edges & kind) ? pins[pin].on_edge : NULL;
    pins[pin].level = level;
    pthread_mutex_unlock(&lock);
    if (on_edge) {
        on_edge(pin, level, (uint32_t)port_time_monotonic_ms(), missed);
    }
}

void fake_gpio_late_edge(uint8_t pin)
{
    pins[pin].on_edge(pin, true, (uint32_t)port_time_monotonic_ms(), 0);
}

unsigned fake_gpio_waits(void)
{
    return atomic_load(&waits);
}
