/* SPDX-License-Identifier: MIT */
/* Who is called for a pin's edges, and on which task. How edges are noticed is left to the port, how they wait to device/core/edges.c. */
#include "device/runtime/pins.h"
#include "device/core/config.h"
#include "device/core/text.h"
#include "device/port/port_board.h"
#include "device/port/port_sync.h"
#include "device/port/port_time.h"

#include <stdatomic.h>

#define PIN_PRIORITY 4 /* above handlers of jobs, below the engine */
#define PIN_NONE     0

struct pin {
    _Atomic uint16_t
        name; /* the pin's number and 1; PIN_NONE, or the same for ever. Set under `lock`, read without */
    struct port_signal edge_came; /* made before `name` */
    struct edges edges;           /* written by the port's context, read under `lock` */

    /* guarded by `lock` */
    struct pins_handler handler; /* run is NULL: the pin has none at present */
    uint32_t lost;               /* since the handler was set; the log has a line about the first */
};

static struct pin pins[CONFIG_DEVICE_JOBS_PIN_HANDLERS];
static struct port_mutex lock;
static struct port_mutex setting; /* one call of pins_watch or pins_forget at a time */
static atomic_uint is_made;       /* 0, 1: locks are being made, 2: they are */

static void make_locks(void)
{
    unsigned expected = 0;
    if (atomic_compare_exchange_strong(&is_made, &expected, 1)) {
        port_mutex_init(&lock);
        port_mutex_init(&setting);
        atomic_store(&is_made, 2);
    }
    while (atomic_load(&is_made) != 2) {
        port_time_sleep_ms(1);
    }
}

static struct pin *find(unsigned name)
{
    for (size_t i = 0; i < CONFIG_DEVICE_JOBS_PIN_HANDLERS; i++) {
        if (atomic_load(&pins[i].name) == name) {
            return &pins[i];
        }
    }
    return NULL;
}

/* In the port's context, on a chip an ISR. */
static void on_edge(uint8_t number, bool level, uint32_t at_ms, uint32_t missed)
{
    struct pin *pin = find(number + 1u);
    if (pin) {
        edges_put(&pin->edges, level, at_ms, missed);
        port_gpio_signal(&pin->edge_came);
    }
}

/* ---- the pin's task */

/* The next call, if the pin has a handler and an edge waits. *is_first_loss: an edge was lost, and none since the handler was set. */
static bool take(struct pin *pin, struct edge *edge, struct pins_handler *handler, bool *is_first_loss)
{
    port_mutex_lock(&lock);
    bool has_edge = pin->handler.run && edges_take(&pin->edges, (uint32_t)port_time_monotonic_ms(), edge);
    if (has_edge) {
        *handler = pin->handler;
        *is_first_loss = edge->lost > 0 && pin->lost == 0;
        pin->lost += edge->lost;
    }
    port_mutex_unlock(&lock);
    return has_edge;
}

static void tell_loss(unsigned number, uint32_t lost)
{
    char line[128] = "GPIO: pin ";
    text_append_number(line, sizeof(line), number);
    text_append(line, sizeof(line), ": edges come faster than its handler returns, left out: ");
    text_append_number(line, sizeof(line), lost);
    text_append(line, sizeof(line), " (GPIO_getLostEdges counts on)");
    port_board_log(LOG_LEVEL_INFO, line);
}

static void serve(void *ctx)
{
    struct pin *pin = ctx;
    for (;;) {
        struct edge edge;
        struct pins_handler handler;
        bool is_first_loss;
        while (take(pin, &edge, &handler, &is_first_loss)) {
            unsigned number = atomic_load(&pin->name) - 1u;
            if (is_first_loss) {
                tell_loss(number, edge.lost);
            }
            handler.run((uint8_t)number, &edge, &handler);
        }
        port_gpio_wait(&pin->edge_came);
    }
}

/* ---- the application's tasks */

/* With `setting` held. The pin's place and task; they stay. */
static enum err place_of(uint8_t number, struct pin **out)
{
    struct pin *pin = find(number + 1u);
    if (!pin) {
        pin = find(PIN_NONE);
        if (!pin) {
            return ERR_FULL;
        }
        port_signal_init(&pin->edge_came);
        enum err err = port_task_start("dj_pin", CONFIG_DEVICE_JOBS_PIN_STACK, PIN_PRIORITY, serve, pin);
        if (err) {
            return err;
        }
        atomic_store(&pin->name, (uint16_t)(number + 1u));
    }
    *out = pin;
    return ERR_OK;
}

/* With `setting` held, and the pin not watched. */
static void set_handler(struct pin *pin, const struct pins_handler *handler)
{
    port_mutex_lock(&lock);
    pin->handler = handler ? *handler : (struct pins_handler){0};
    pin->lost = 0;
    edges_clear(&pin->edges);
    port_mutex_unlock(&lock);
}

enum err pins_watch(uint8_t number, enum port_gpio_edges edges, enum port_gpio_pull pull,
                    const struct pins_handler *handler)
{
    make_locks();
    port_mutex_lock(&setting);
    struct pin *pin = NULL;
    enum err err = port_gpio_mode(number, PORT_GPIO_INPUT, pull); /* which ends the watch of before */
    if (!err) {
        err = place_of(number, &pin);
    }
    if (!err) {
        set_handler(pin, handler);
        err = port_gpio_watch(number, edges, on_edge);
    }
    port_mutex_unlock(&setting);
    return err;
}

void pins_forget(uint8_t number)
{
    make_locks();
    port_mutex_lock(&setting);
    struct pin *pin = find(number + 1u);
    if (pin) {
        port_gpio_watch(number, PORT_GPIO_EDGES_NONE, NULL);
        set_handler(pin, NULL);
    }
    port_mutex_unlock(&setting);
}

uint32_t pins_lost(uint8_t number)
{
    make_locks();
    port_mutex_lock(&lock);
    struct pin *pin = find(number + 1u);
    uint32_t lost = pin ? pin->lost : 0;
    port_mutex_unlock(&lock);
    return lost;
}
