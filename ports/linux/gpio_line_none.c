/* SPDX-License-Identifier: MIT */
/* A build without libgpiod: no line can be had, and the refusal says so. Nothing but the request is ever called. */
#include "ports/linux/gpio_line.h"

#include <errno.h>

struct gpio_line *gpio_line_request(const struct gpio_wish *wish, struct gpio_refusal *refusal)
{
    (void)wish;
    *refusal = (struct gpio_refusal){.type = GPIO_REFUSAL_NO_LIBRARY};
    return NULL;
}

void gpio_line_release(struct gpio_line *line)
{
    (void)line;
}

int gpio_line_get(struct gpio_line *line)
{
    (void)line;
    errno = ENODEV;
    return -1;
}

int gpio_line_set(struct gpio_line *line, bool level)
{
    (void)line, (void)level;
    errno = ENODEV;
    return -1;
}

int gpio_line_fd(struct gpio_line *line)
{
    (void)line;
    return -1;
}

int gpio_line_read_edges(struct gpio_line *line, struct gpio_line_edge out[GPIO_LINE_EDGES])
{
    (void)line, (void)out;
    errno = ENODEV;
    return -1;
}
