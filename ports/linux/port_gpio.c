/* SPDX-License-Identifier: MIT */
/* Pins of a Linux device: lines of the chip that DEVICE_GPIOCHIP names, else simulated and printed, with inputs from what
 * DEVICE_GPIO_INPUTS names. Which of the two is decided at the first call. libgpiod is left to gpio_line_*.c, waiting for edges to
 * gpio_watcher.c. */
#include "device/port/port_gpio.h"
#include "device/port/port_board.h"
#include "device/port/port_sync.h"
#include "device/port/port_time.h"
#include "ports/linux/gpio_inputs.h"
#include "ports/linux/gpio_line.h"
#include "ports/linux/gpio_watcher.h"
#include "ports/linux/put_line.h"
#include "ports/linux/tasks.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PINS           (UINT8_MAX + 1)
#define PINS_SIMULATED GPIO_INPUTS_PINS

struct pin {
    bool is_set; /* it has a mode; for a chip: and a line */
    enum port_gpio_mode mode;
    enum port_gpio_pull pull;
    enum port_gpio_edges edges;
    port_gpio_edge_fn on_edge; /* not NULL while `edges` is not NONE */
    uint32_t watch;            /* the number of this watch, by which a call for another one is known */
    /* of a chip */
    struct gpio_line *line; /* NULL: we hold none */
    bool is_gone;           /* the line was there and is not any more: a new mode asks for it again */
    /* simulated */
    bool has_level; /* somebody has said it; else a pull-up may */
    bool level;
};

/* guarded by `lock`, which is held while the kernel is asked: one pin at a time */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct pin pins[PINS];
static bool is_chosen;
static const char *chip; /* NULL: simulated */
static uint32_t watches; /* how many there were, ever: the number of the newest */

static _Thread_local char why[200];

__attribute__((format(printf, 2, 3))) static enum err refuse(enum err err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    return err;
}

const char *port_gpio_why(uint8_t pin, enum err err)
{
    (void)pin, (void)err;
    return why;
}

static void choose(void)
{
    static char path[256];
    const char *name = getenv("DEVICE_GPIOCHIP");
    if (is_chosen) {
        return;
    }
    is_chosen = true;
    if (name && name[0]) {
        snprintf(path, sizeof(path), "%s%s", strchr(name, '/') ? "" : "/dev/", name);
        chip = path;
        if (getenv("DEVICE_GPIO_INPUTS")) {
            port_board_log(LOG_LEVEL_INFO,
                           "GPIO: DEVICE_GPIO_INPUTS is for simulated pins, and DEVICE_GPIOCHIP is set");
        }
    }
}

static uint32_t now_ms(void)
{
    return (uint32_t)port_time_monotonic_ms();
}

/* ---- simulated */

static enum err open_inputs(void);

static void set_input(unsigned number, bool level)
{
    struct pin *pin = &pins[number];
    char text[64];
    if (pin->is_set && pin->mode != PORT_GPIO_INPUT) {
        snprintf(text, sizeof(text), "DEVICE_GPIO_INPUTS: pin %u is an output", number);
        port_board_log(LOG_LEVEL_ERROR, text);
        return;
    }
    bool has_changed = pin->level != level;
    pin->has_level = true;
    pin->level = level;
    if (has_changed) {
        int len = snprintf(text, sizeof(text), "GPIO %u <- %u", number, level ? 1u : 0u);
        put_line(stdout, "", text, (size_t)len);
        unsigned kind = level ? PORT_GPIO_EDGES_RISING : PORT_GPIO_EDGES_FALLING;
        if (pin->edges & kind) {
            pin->on_edge((uint8_t)number, level, now_ms(), 0);
        }
    }
}

static void complain(const char *line)
{
    char text[160];
    snprintf(text, sizeof(text), "DEVICE_GPIO_INPUTS: '%.60s' is not a pin (0 to 63) and its level, as '4 1'",
             line);
    port_board_log(LOG_LEVEL_ERROR, text);
}

static enum err mode_simulated(struct pin *pin, enum port_gpio_mode mode, enum port_gpio_pull pull)
{
    pin->is_set = mode != PORT_GPIO_OFF;
    pin->mode = mode;
    if (mode != PORT_GPIO_INPUT) {
        return ERR_OK;
    }
    if (!pin->has_level) {
        pin->level = pull == PORT_GPIO_PULL_UP;
    }
    enum err err = open_inputs();
    pin->is_set = !err;
    return err;
}

/* ---- a chip */

static void end_watch(struct pin *pin)
{
    if (pin->edges && pin->line) {
        gpio_watcher_remove(gpio_line_fd(pin->line));
    }
    pin->edges = PORT_GPIO_EDGES_NONE;
}

static void release(struct pin *pin)
{
    if (pin->line) {
        gpio_line_release(pin->line);
    }
    pin->line = NULL;
    pin->is_set = pin->is_gone = false;
}

/* Takes the line anew, as `pin` says it is to be. */
static enum err request(uint8_t number, struct pin *pin, bool level)
{
    const struct gpio_wish wish = {.chip = chip,
                                   .offset = number,
                                   .mode = pin->mode,
                                   .pull = pin->pull,
                                   .edges = pin->edges,
                                   .level = level};
    struct gpio_refusal refusal;
    release(pin);
    pin->line = gpio_line_request(&wish, &refusal);
    if (!pin->line) {
        pin->edges = PORT_GPIO_EDGES_NONE;
        gpio_refusal_text(&refusal, &wish, why, sizeof(why));
        return gpio_refusal_err(&refusal);
    }
    pin->is_set = true;
    return ERR_OK;
}

static enum err mode_of_line(uint8_t number, struct pin *pin, enum port_gpio_mode mode)
{
    bool is_as_wished = pin->is_set && !pin->is_gone && pin->mode == mode && mode != PORT_GPIO_INPUT;
    pin->mode = mode;
    if (mode == PORT_GPIO_OFF) {
        release(pin);
    }
    return is_as_wished || mode == PORT_GPIO_OFF ? ERR_OK : request(number, pin, false);
}

/* With errno. */
static enum err line_failed(uint8_t number, struct pin *pin, const char *what)
{
    int code = errno;
    pin->is_gone = code == ENODEV;
    return refuse(code == ENODEV ? ERR_NOT_FOUND : ERR_INTERNAL, "cannot be %s: line %u of %s: %s", what,
                  number, chip, strerror(code));
}

static void end_edges(uint8_t number, struct pin *pin)
{
    char text[160];
    end_watch(pin);
    pin->is_gone = true;
    snprintf(text, sizeof(text), "GPIO: line %u of %s is gone: the handler of pin %u is not called any more",
             number, chip, number);
    port_board_log(LOG_LEVEL_ERROR, text);
}

static void serve_line(uint8_t number, struct pin *pin, bool has_ended)
{
    struct gpio_line_edge edges[GPIO_LINE_EDGES];
    int count = has_ended ? -1 : gpio_line_read_edges(pin->line, edges);
    if (count < 0) {
        end_edges(number, pin);
    }
    for (int i = 0; i < count; i++) {
        pin->on_edge(number, edges[i].level, now_ms(), edges[i].missed);
    }
}

/* ---- the watcher */

#define ID_OF_INPUTS UINT64_MAX

/* On the watcher's thread. What is gone is not read: that would wait for ever. */
static void serve(uint64_t id, bool has_ended)
{
    pthread_mutex_lock(&lock);
    uint8_t number = id & UINT8_MAX;
    struct pin *pin = &pins[number];
    if (id == ID_OF_INPUTS) {
        gpio_inputs_read(set_input, complain);
    } else if (pin->edges && pin->watch == id >> 8) {
        serve_line(number, pin, has_ended);
    }
    pthread_mutex_unlock(&lock);
}

static enum err add_to_watcher(int fd, uint64_t id)
{
    return gpio_watcher_add(fd, id, serve)
               ? ERR_OK
               : refuse(ERR_INTERNAL, "gets no handler: the system gives no thread");
}

static enum err open_inputs(void)
{
    const char *name = getenv("DEVICE_GPIO_INPUTS");
    if (!name || !name[0] || gpio_inputs_fd() >= 0) {
        return ERR_OK;
    }
    int code = gpio_inputs_open(name);
    if (code) {
        return refuse(ERR_NOT_FOUND, "has no input: DEVICE_GPIO_INPUTS: %s: %s", name,
                      code == ENOTSUP ? "neither a FIFO nor a file" : strerror(code));
    }
    gpio_inputs_read(set_input, complain); /* what it says by now counts for the first read */
    return add_to_watcher(gpio_inputs_fd(), ID_OF_INPUTS);
}

/* ---- the seam */

/* With `lock` held. */
static enum err set_mode(uint8_t number, enum port_gpio_mode mode, enum port_gpio_pull pull)
{
    struct pin *pin = &pins[number];
    end_watch(pin);
    pin->pull = pull;
    return chip ? mode_of_line(number, pin, mode) : mode_simulated(pin, mode, pull);
}

/* Takes the lock, and keeps it when there is such a pin. */
static enum err lock_pin(uint8_t number)
{
    pthread_mutex_lock(&lock);
    choose();
    if (chip || number < PINS_SIMULATED) {
        return ERR_OK;
    }
    pthread_mutex_unlock(&lock);
    return refuse(ERR_RANGE, "does not exist on this board: simulated are 0 to %d", PINS_SIMULATED - 1);
}

enum err port_gpio_mode(uint8_t number, enum port_gpio_mode mode, enum port_gpio_pull pull)
{
    enum err err = lock_pin(number);
    if (!err) {
        err = set_mode(number, mode, pull);
        pthread_mutex_unlock(&lock);
    }
    return err;
}

static enum err watch(uint8_t number, struct pin *pin, enum port_gpio_edges edges)
{
    if (!pin->is_set || pin->mode != PORT_GPIO_INPUT) {
        return refuse(ERR_ARG, "is no input");
    }
    pin->edges = edges;
    pin->watch = ++watches;
    if (!chip) {
        return ERR_OK; /* who reads the inputs sees it */
    }
    enum err err = request(number, pin, false);
    if (!err) {
        err = add_to_watcher(gpio_line_fd(pin->line), (uint64_t)pin->watch << 8 | number);
        pin->edges = err ? PORT_GPIO_EDGES_NONE : edges;
    }
    return err;
}

enum err port_gpio_watch(uint8_t number, enum port_gpio_edges edges, port_gpio_edge_fn on_edge)
{
    enum err err = lock_pin(number);
    if (err) {
        return err;
    }
    struct pin *pin = &pins[number];
    end_watch(pin);
    if (edges) {
        pin->on_edge = on_edge;
        err = watch(number, pin, edges);
    }
    pthread_mutex_unlock(&lock);
    return err;
}

static enum err write_line(uint8_t number, struct pin *pin, bool level)
{
    if (!pin->is_set) {
        pin->mode = PORT_GPIO_OUTPUT;
        pin->pull = PORT_GPIO_PULL_AS_IS;
        return request(number, pin, level);
    }
    return gpio_line_set(pin->line, level) ? line_failed(number, pin, "set") : ERR_OK;
}

static enum err write_simulated(uint8_t number, struct pin *pin, bool level)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "GPIO %u -> %u", (unsigned)number, level ? 1u : 0u);
    pin->is_set = pin->has_level = true;
    pin->mode = pin->mode == PORT_GPIO_OFF ? PORT_GPIO_OUTPUT : pin->mode;
    pin->level = level;
    put_line(stdout, "", text, (size_t)len);
    return ERR_OK;
}

enum err port_gpio_write(uint8_t number, bool level)
{
    enum err err = lock_pin(number);
    if (err) {
        return err;
    }
    struct pin *pin = &pins[number];
    if (pin->is_set && pin->mode == PORT_GPIO_INPUT) {
        err = refuse(ERR_ARG, "is an input");
    } else {
        err = chip ? write_line(number, pin, level) : write_simulated(number, pin, level);
    }
    pthread_mutex_unlock(&lock);
    return err;
}

enum err port_gpio_read(uint8_t number, bool *level)
{
    enum err err = lock_pin(number);
    if (err) {
        return err;
    }
    struct pin *pin = &pins[number];
    if (!pin->is_set) {
        err = set_mode(number, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS);
    }
    int value = err ? 0 : chip ? gpio_line_get(pin->line) : pin->level;
    if (value < 0) {
        err = line_failed(number, pin, "read");
    }
    *level = err ? *level : value;
    pthread_mutex_unlock(&lock);
    return err;
}

void port_gpio_signal(struct port_signal *signal)
{
    tasks_set_flag(&signal->is_set);
}

/* A task that waits here ends with the program, as one that sleeps does. */
void port_gpio_wait(struct port_signal *signal)
{
    tasks_wait_flag(&signal->is_set);
}
