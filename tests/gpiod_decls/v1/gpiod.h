/* SPDX-License-Identifier: MIT */
/* Our own declarations of libgpiod 1, see README.md. */
#ifndef TESTS_GPIOD_DECLS_V1_GPIOD_H
#define TESTS_GPIOD_DECLS_V1_GPIOD_H

#include <time.h>

struct gpiod_chip;
struct gpiod_line;

enum {
    GPIOD_LINE_REQUEST_DIRECTION_INPUT = 2,
    GPIOD_LINE_REQUEST_DIRECTION_OUTPUT = 3,
    GPIOD_LINE_REQUEST_EVENT_FALLING_EDGE = 4,
    GPIOD_LINE_REQUEST_EVENT_RISING_EDGE = 5,
    GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES = 6
};
enum {
    GPIOD_LINE_REQUEST_FLAG_OPEN_DRAIN = 1,
    GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE = 8,
    GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN = 16,
    GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP = 32
};
enum { GPIOD_LINE_EVENT_RISING_EDGE = 1, GPIOD_LINE_EVENT_FALLING_EDGE = 2 };

struct gpiod_line_request_config {
    const char *consumer;
    int request_type;
    int flags;
};
struct gpiod_line_event {
    struct timespec ts;
    int event_type;
};

struct gpiod_chip *gpiod_chip_open(const char *path);
void gpiod_chip_close(struct gpiod_chip *chip);
unsigned int gpiod_chip_num_lines(struct gpiod_chip *chip);
struct gpiod_line *gpiod_chip_get_line(struct gpiod_chip *chip, unsigned int offset);
const char *gpiod_line_consumer(struct gpiod_line *line);
int gpiod_line_request(struct gpiod_line *line, const struct gpiod_line_request_config *config, int level);
void gpiod_line_release(struct gpiod_line *line);
int gpiod_line_get_value(struct gpiod_line *line);
int gpiod_line_set_value(struct gpiod_line *line, int level);
int gpiod_line_event_get_fd(struct gpiod_line *line);
int gpiod_line_event_read_multiple(struct gpiod_line *line, struct gpiod_line_event *events,
                                   unsigned int cap);

#endif
