/* SPDX-License-Identifier: MIT */
/* One line through libgpiod 2 (Debian 13). The kernel drops the oldest edges of a line when GPIO_LINE_KEPT wait; it numbers all of them,
 * so the gap is known. */
#include "ports/linux/gpio_line.h"

#include <gpiod.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct gpio_line {
    struct gpiod_line_request *request;
    struct gpiod_edge_event_buffer *buffer; /* NULL for a line without edges */
    unsigned offset;
    unsigned long last; /* the kernel's number of the edge that was read last; its first is 1 */
};

static struct gpio_line *refuse(struct gpio_refusal *refusal, enum gpio_refusal_type type, int code)
{
    refusal->type = type;
    refusal->code = code;
    return NULL;
}

static enum gpiod_line_bias bias_of(enum port_gpio_pull pull)
{
    switch (pull) {
    case PORT_GPIO_PULL_NONE:
        return GPIOD_LINE_BIAS_DISABLED;
    case PORT_GPIO_PULL_UP:
        return GPIOD_LINE_BIAS_PULL_UP;
    case PORT_GPIO_PULL_DOWN:
        return GPIOD_LINE_BIAS_PULL_DOWN;
    case PORT_GPIO_PULL_AS_IS:
        break;
    }
    return GPIOD_LINE_BIAS_AS_IS;
}

/* 0; -1: errno. */
static int fill(struct gpiod_line_settings *settings, const struct gpio_wish *wish)
{
    static const enum gpiod_line_edge edges[] = {GPIOD_LINE_EDGE_NONE, GPIOD_LINE_EDGE_RISING,
                                                 GPIOD_LINE_EDGE_FALLING, GPIOD_LINE_EDGE_BOTH};
    int failed = gpiod_line_settings_set_bias(settings, bias_of(wish->pull));
    if (wish->mode == PORT_GPIO_INPUT) {
        return failed || gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT) ||
                       gpiod_line_settings_set_edge_detection(settings, edges[wish->edges])
                   ? -1
                   : 0;
    }
    bool is_open_drain = wish->mode == PORT_GPIO_OPEN_DRAIN;
    return failed || gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT) ||
                   gpiod_line_settings_set_drive(settings, is_open_drain ? GPIOD_LINE_DRIVE_OPEN_DRAIN
                                                                         : GPIOD_LINE_DRIVE_PUSH_PULL) ||
                   gpiod_line_settings_set_output_value(settings, wish->level ? GPIOD_LINE_VALUE_ACTIVE
                                                                              : GPIOD_LINE_VALUE_INACTIVE)
               ? -1
               : 0;
}

/* NULL: errno. */
static struct gpiod_line_request *request_line(struct gpiod_chip *chip, const struct gpio_wish *wish)
{
    struct gpiod_line_request *request = NULL;
    struct gpiod_line_settings *settings = gpiod_line_settings_new();
    struct gpiod_line_config *lines = gpiod_line_config_new();
    struct gpiod_request_config *config = gpiod_request_config_new();
    errno = ENOMEM;
    if (settings && lines && config && !fill(settings, wish) &&
        !gpiod_line_config_add_line_settings(lines, &wish->offset, 1, settings)) {
        gpiod_request_config_set_consumer(config, GPIO_LINE_CONSUMER);
        gpiod_request_config_set_event_buffer_size(config, GPIO_LINE_KEPT);
        request = gpiod_chip_request_lines(chip, config, lines);
    }
    int code = errno;
    gpiod_request_config_free(config);
    gpiod_line_config_free(lines);
    gpiod_line_settings_free(settings);
    errno = code;
    return request;
}

static void fill_holder(struct gpiod_chip *chip, unsigned offset, struct gpio_refusal *refusal)
{
    struct gpiod_line_info *info = gpiod_chip_get_line_info(chip, offset);
    const char *holder = info ? gpiod_line_info_get_consumer(info) : NULL;
    if (holder) {
        strncpy(refusal->holder, holder, sizeof(refusal->holder) - 1);
    }
    gpiod_line_info_free(info);
}

static unsigned lines_of(struct gpiod_chip *chip)
{
    struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
    unsigned lines = info ? (unsigned)gpiod_chip_info_get_num_lines(info) : 0;
    gpiod_chip_info_free(info);
    return lines;
}

static struct gpio_line *request_on(struct gpiod_chip *chip, const struct gpio_wish *wish,
                                    struct gpio_refusal *refusal)
{
    refusal->lines = lines_of(chip);
    if (refusal->lines && wish->offset >= refusal->lines) {
        return refuse(refusal, GPIO_REFUSAL_NO_LINE, EINVAL);
    }
    struct gpio_line *line = calloc(1, sizeof(*line));
    struct gpiod_edge_event_buffer *buffer = wish->edges ? gpiod_edge_event_buffer_new(GPIO_LINE_KEPT) : NULL;
    struct gpiod_line_request *request = line && (buffer || !wish->edges) ? request_line(chip, wish) : NULL;
    if (!request) {
        int code = errno;
        if (code == EBUSY) {
            fill_holder(chip, wish->offset, refusal);
        }
        gpiod_edge_event_buffer_free(buffer);
        free(line);
        return refuse(refusal, code == EBUSY ? GPIO_REFUSAL_HELD : GPIO_REFUSAL_SYSTEM, code);
    }
    *line = (struct gpio_line){.request = request, .buffer = buffer, .offset = wish->offset};
    return line;
}

struct gpio_line *gpio_line_request(const struct gpio_wish *wish, struct gpio_refusal *refusal)
{
    *refusal = (struct gpio_refusal){0};
    struct gpiod_chip *chip = gpiod_chip_open(wish->chip);
    if (!chip) {
        return refuse(refusal, GPIO_REFUSAL_NO_CHIP, errno);
    }
    struct gpio_line *line = request_on(chip, wish, refusal);
    gpiod_chip_close(chip); /* the request does not need it */
    return line;
}

void gpio_line_release(struct gpio_line *line)
{
    gpiod_line_request_release(line->request);
    gpiod_edge_event_buffer_free(line->buffer);
    free(line);
}

int gpio_line_get(struct gpio_line *line)
{
    enum gpiod_line_value value = gpiod_line_request_get_value(line->request, line->offset);
    return value == GPIOD_LINE_VALUE_ERROR ? -1 : value == GPIOD_LINE_VALUE_ACTIVE;
}

int gpio_line_set(struct gpio_line *line, bool level)
{
    return gpiod_line_request_set_value(line->request, line->offset,
                                        level ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE);
}

int gpio_line_fd(struct gpio_line *line)
{
    return gpiod_line_request_get_fd(line->request);
}

int gpio_line_read_edges(struct gpio_line *line, struct gpio_line_edge out[GPIO_LINE_EDGES])
{
    int count = gpiod_line_request_read_edge_events(line->request, line->buffer, GPIO_LINE_KEPT);
    for (int i = 0; i < count; i++) {
        struct gpiod_edge_event *event = gpiod_edge_event_buffer_get_event(line->buffer, (unsigned long)i);
        unsigned long number = gpiod_edge_event_get_line_seqno(event);
        out[i] = (struct gpio_line_edge){
            .level = gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE,
            .missed = (uint32_t)(number - line->last - 1),
        };
        line->last = number;
    }
    return count;
}
