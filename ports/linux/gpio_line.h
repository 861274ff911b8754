/* SPDX-License-Identifier: MIT */
/* One line of a GPIO chip, through libgpiod: gpio_line_v1.c or gpio_line_v2.c, whichever the build has found, else gpio_line_none.c.
 * One task at a time per line. */
#ifndef PORTS_LINUX_GPIO_LINE_H
#define PORTS_LINUX_GPIO_LINE_H

#include "device/port/port_gpio.h"

#include <stddef.h>

#define GPIO_LINE_CONSUMER "device-jobs" /* what `gpioinfo` shows for a line that we hold */
#define GPIO_LINE_KEPT     16            /* edges that the kernel keeps for a line */
#define GPIO_LINE_EDGES    17            /* that are told at a time */

struct gpio_line; /* a line that we hold */

struct gpio_wish {
    const char *chip; /* path; must stay */
    unsigned offset;
    enum port_gpio_mode mode; /* not OFF */
    enum port_gpio_pull pull;
    enum port_gpio_edges edges; /* for an input */
    bool level;                 /* an output starts with it */
};

enum gpio_refusal_type {
    GPIO_REFUSAL_NO_LIBRARY, /* this build has none */
    GPIO_REFUSAL_NO_CHIP,    /* it cannot be opened: `code` */
    GPIO_REFUSAL_NO_LINE,    /* the chip has `lines` of them */
    GPIO_REFUSAL_HELD,       /* by `holder`, which may be empty */
    GPIO_REFUSAL_SYSTEM,     /* `code` */
};

struct gpio_refusal {
    enum gpio_refusal_type type;
    int code; /* errno */
    unsigned lines;
    char holder[33]; /* the kernel keeps 31 characters */
};

struct gpio_line_edge {
    bool level;
    uint32_t missed; /* edges before this one that the kernel is known to have dropped */
};

/* NULL: *refusal says why. */
struct gpio_line *gpio_line_request(const struct gpio_wish *wish, struct gpio_refusal *refusal);
void gpio_line_release(struct gpio_line *line);

/* 0 or 1; -1: errno. */
int gpio_line_get(struct gpio_line *line);
/* 0; -1: errno. */
int gpio_line_set(struct gpio_line *line, bool level);

/* Of a line with edges: readable when some wait. */
int gpio_line_fd(struct gpio_line *line);
/* Edges that wait, oldest first; how many; -1: errno. */
int gpio_line_read_edges(struct gpio_line *line, struct gpio_line_edge out[GPIO_LINE_EDGES]);

/* gpio_refusal.c: the words of a refusal, behind "pin 4 ", and its error. `wish` as it was. */
enum err gpio_refusal_err(const struct gpio_refusal *refusal);
void gpio_refusal_text(const struct gpio_refusal *refusal, const struct gpio_wish *wish, char *out,
                       size_t cap);

#endif
