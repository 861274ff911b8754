/* SPDX-License-Identifier: MIT */
/* One line through libgpiod 1 (Debian 12). In this version a line lives as long as its chip is open, so each line opens the chip for
 * itself. The kernel drops the newest edges of a line when GPIO_LINE_KEPT wait, and does not count them: see
 * add_last_edge. */
#include "ports/linux/gpio_line.h"

#include <gpiod.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

struct gpio_line {
    struct gpiod_chip *chip;
    struct gpiod_line *line; /* of `chip`, requested */
    enum port_gpio_edges edges;
};

static struct gpio_line *refuse(struct gpio_refusal *refusal, enum gpio_refusal_type type, int code)
{
    refusal->type = type;
    refusal->code = code;
    return NULL;
}

static int flags_of(const struct gpio_wish *wish)
{
    unsigned long flags = wish->mode == PORT_GPIO_OPEN_DRAIN ? GPIOD_LINE_REQUEST_FLAG_OPEN_DRAIN : 0;
    switch (wish->pull) {
    case PORT_GPIO_PULL_NONE:
        flags |= GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE;
        break;
    case PORT_GPIO_PULL_UP:
        flags |= GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP;
        break;
    case PORT_GPIO_PULL_DOWN:
        flags |= GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN;
        break;
    case PORT_GPIO_PULL_AS_IS:
        break;
    }
    return (int)flags;
}

static int type_of(const struct gpio_wish *wish)
{
    static const int with_edges[] = {
        GPIOD_LINE_REQUEST_DIRECTION_INPUT,
        GPIOD_LINE_REQUEST_EVENT_RISING_EDGE,
        GPIOD_LINE_REQUEST_EVENT_FALLING_EDGE,
        GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES,
    };
    return wish->mode == PORT_GPIO_INPUT ? with_edges[wish->edges] : GPIOD_LINE_REQUEST_DIRECTION_OUTPUT;
}

static struct gpio_line *request_on(struct gpiod_chip *chip, const struct gpio_wish *wish,
                                    struct gpio_refusal *refusal)
{
    refusal->lines = gpiod_chip_num_lines(chip);
    if (wish->offset >= refusal->lines) {
        return refuse(refusal, GPIO_REFUSAL_NO_LINE, EINVAL);
    }
    struct gpiod_line *line = gpiod_chip_get_line(chip, wish->offset);
    struct gpio_line *held = line ? calloc(1, sizeof(*held)) : NULL;
    const struct gpiod_line_request_config config = {
        .consumer = GPIO_LINE_CONSUMER, .request_type = type_of(wish), .flags = flags_of(wish)};
    if (!held || gpiod_line_request(line, &config, wish->level)) {
        int code = errno;
        const char *holder =
            line && code == EBUSY ? gpiod_line_consumer(line) : NULL; /* as it was before the request */
        if (holder) {
            strncpy(refusal->holder, holder, sizeof(refusal->holder) - 1);
        }
        free(held);
        return refuse(refusal, code == EBUSY ? GPIO_REFUSAL_HELD : GPIO_REFUSAL_SYSTEM, code);
    }
    *held = (struct gpio_line){.chip = chip, .line = line, .edges = wish->edges};
    return held;
}

struct gpio_line *gpio_line_request(const struct gpio_wish *wish, struct gpio_refusal *refusal)
{
    *refusal = (struct gpio_refusal){0};
    struct gpiod_chip *chip = gpiod_chip_open(wish->chip);
    if (!chip) {
        return refuse(refusal, GPIO_REFUSAL_NO_CHIP, errno);
    }
    struct gpio_line *line = request_on(chip, wish, refusal);
    if (!line) {
        gpiod_chip_close(chip);
    }
    return line;
}

void gpio_line_release(struct gpio_line *line)
{
    gpiod_line_release(line->line);
    gpiod_chip_close(line->chip);
    free(line);
}

int gpio_line_get(struct gpio_line *line)
{
    return gpiod_line_get_value(line->line);
}

int gpio_line_set(struct gpio_line *line, bool level)
{
    return gpiod_line_set_value(line->line, level);
}

int gpio_line_fd(struct gpio_line *line)
{
    return gpiod_line_event_get_fd(line->line);
}

static bool has_edges_waiting(struct gpio_line *line)
{
    struct pollfd wanted = {.fd = gpio_line_fd(line), .events = POLLIN};
    return poll(&wanted, 1, 0) != 0;
}

/* When as many came as the kernel keeps it may have dropped the newest. Then the level tells what the last edge was, unless more edges
 * wait, which tell it themselves. */
static int add_last_edge(struct gpio_line *line, struct gpio_line_edge out[GPIO_LINE_EDGES], int count)
{
    if (line->edges != PORT_GPIO_EDGES_BOTH || count < GPIO_LINE_KEPT || has_edges_waiting(line)) {
        return count;
    }
    int level = gpiod_line_get_value(line->line);
    if (level < 0 || level == out[count - 1].level || has_edges_waiting(line)) {
        return count;
    }
    out[count] = (struct gpio_line_edge){.level = level};
    return count + 1;
}

int gpio_line_read_edges(struct gpio_line *line, struct gpio_line_edge out[GPIO_LINE_EDGES])
{
    struct gpiod_line_event events[GPIO_LINE_KEPT];
    int count = gpiod_line_event_read_multiple(line->line, events, GPIO_LINE_KEPT);
    for (int i = 0; i < count; i++) {
        out[i] = (struct gpio_line_edge){.level = events[i].event_type == GPIOD_LINE_EVENT_RISING_EDGE};
    }
    return add_last_edge(line, out, count);
}
