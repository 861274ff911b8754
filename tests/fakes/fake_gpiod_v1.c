/* SPDX-License-Identifier: MIT */
/* The chip of fake_gpiod.c under the calls of libgpiod 1. */
#include "fakes/fake_gpiod.h"
#include "gpiod_decls/v1/gpiod.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct gpiod_line {
    unsigned offset, request;
    char consumer[32]; /* as it was when the line was asked for */
};

struct gpiod_chip {
    struct gpiod_line *lines[GPIOD_LINES];
};

struct gpiod_chip *gpiod_chip_open(const char *path)
{
    return gpiod_world_open(path) ? NULL : calloc(1, sizeof(struct gpiod_chip));
}

void gpiod_chip_close(struct gpiod_chip *chip)
{
    for (unsigned i = 0; i < GPIOD_LINES; i++) {
        assert(!chip->lines[i] || !chip->lines[i]->request);
        free(chip->lines[i]);
    }
    free(chip);
    gpiod_world_close();
}

unsigned int gpiod_chip_num_lines(struct gpiod_chip *chip)
{
    (void)chip;
    return GPIOD_LINES;
}

struct gpiod_line *gpiod_chip_get_line(struct gpiod_chip *chip, unsigned int offset)
{
    if (offset >= GPIOD_LINES) {
        errno = EINVAL;
        return NULL;
    }
    struct gpiod_seen seen = gpiod_see(offset);
    struct gpiod_line *line = calloc(1, sizeof(*line));
    line->offset = offset;
    snprintf(line->consumer, sizeof(line->consumer), "%s", seen.is_held ? seen.consumer : "");
    chip->lines[offset] = line;
    return line;
}

const char *gpiod_line_consumer(struct gpiod_line *line)
{
    return line->consumer[0] ? line->consumer : NULL;
}

int gpiod_line_request(struct gpiod_line *line, const struct gpiod_line_request_config *config, int level)
{
    int type = config->request_type, flags = config->flags;
    bool is_both = type == GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES;
    const struct gpiod_order order = {
        .consumer = config->consumer,
        .is_output = type == GPIOD_LINE_REQUEST_DIRECTION_OUTPUT,
        .is_open_drain = flags & GPIOD_LINE_REQUEST_FLAG_OPEN_DRAIN,
        .has_rising = is_both || type == GPIOD_LINE_REQUEST_EVENT_RISING_EDGE,
        .has_falling = is_both || type == GPIOD_LINE_REQUEST_EVENT_FALLING_EDGE,
        .level = level != 0,
        .bias = flags & GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP     ? GPIOD_UP
                : flags & GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN ? GPIOD_DOWN
                : flags & GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE   ? GPIOD_DISABLED
                                                                 : GPIOD_AS_IS,
        .drops_newest = true,
    };
    line->request = gpiod_world_request(line->offset, &order);
    return line->request ? 0 : -1;
}

void gpiod_line_release(struct gpiod_line *line)
{
    gpiod_world_release(line->offset, line->request);
    line->request = 0;
}

int gpiod_line_get_value(struct gpiod_line *line)
{
    return gpiod_world_get(line->offset, line->request);
}

int gpiod_line_set_value(struct gpiod_line *line, int level)
{
    return gpiod_world_set(line->offset, line->request, level != 0);
}

int gpiod_line_event_get_fd(struct gpiod_line *line)
{
    return gpiod_world_fd(line->offset);
}

int gpiod_line_event_read_multiple(struct gpiod_line *line, struct gpiod_line_event *events, unsigned int cap)
{
    struct gpiod_told told[GPIOD_KEPT];
    assert(cap <= GPIOD_KEPT);
    int count = gpiod_world_read(line->offset, line->request, told, cap);
    for (int i = 0; i < count; i++) {
        events[i].event_type = told[i].level ? GPIOD_LINE_EVENT_RISING_EDGE : GPIOD_LINE_EVENT_FALLING_EDGE;
    }
    return count;
}
