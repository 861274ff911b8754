/* SPDX-License-Identifier: MIT */
/* The chip of fake_gpiod.c under the calls of libgpiod 2. */
#include "fakes/fake_gpiod.h"
#include "gpiod_decls/v2/gpiod.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct gpiod_chip {
    char dummy;
};
struct gpiod_chip_info {
    char dummy;
};
struct gpiod_line_info {
    char consumer[32];
};
struct gpiod_line_settings {
    enum gpiod_line_direction direction;
    enum gpiod_line_edge edge;
    enum gpiod_line_bias bias;
    enum gpiod_line_drive drive;
    enum gpiod_line_value value;
};
struct gpiod_line_config {
    unsigned offset;
    struct gpiod_line_settings settings;
};
struct gpiod_request_config {
    char consumer[32];
    size_t size;
};
struct gpiod_line_request {
    unsigned offset, request;
};
struct gpiod_edge_event {
    struct gpiod_told told;
};
struct gpiod_edge_event_buffer {
    size_t capacity;
    struct gpiod_edge_event events[GPIOD_KEPT];
};

struct gpiod_chip *gpiod_chip_open(const char *path)
{
    return gpiod_world_open(path) ? NULL : calloc(1, sizeof(struct gpiod_chip));
}

void gpiod_chip_close(struct gpiod_chip *chip)
{
    free(chip);
    gpiod_world_close();
}

struct gpiod_chip_info *gpiod_chip_get_info(struct gpiod_chip *chip)
{
    (void)chip;
    return calloc(1, sizeof(struct gpiod_chip_info));
}

void gpiod_chip_info_free(struct gpiod_chip_info *info)
{
    free(info);
}

size_t gpiod_chip_info_get_num_lines(struct gpiod_chip_info *info)
{
    (void)info;
    return GPIOD_LINES;
}

struct gpiod_line_info *gpiod_chip_get_line_info(struct gpiod_chip *chip, unsigned int offset)
{
    (void)chip;
    struct gpiod_seen seen = gpiod_see(offset);
    struct gpiod_line_info *info = calloc(1, sizeof(*info));
    snprintf(info->consumer, sizeof(info->consumer), "%s", seen.is_held ? seen.consumer : "");
    return info;
}

void gpiod_line_info_free(struct gpiod_line_info *info)
{
    free(info);
}

const char *gpiod_line_info_get_consumer(struct gpiod_line_info *info)
{
    return info->consumer[0] ? info->consumer : NULL;
}

struct gpiod_line_settings *gpiod_line_settings_new(void)
{
    struct gpiod_line_settings *settings = calloc(1, sizeof(*settings));
    settings->edge = GPIOD_LINE_EDGE_NONE;
    settings->bias = GPIOD_LINE_BIAS_AS_IS;
    settings->drive = GPIOD_LINE_DRIVE_PUSH_PULL;
    return settings;
}

void gpiod_line_settings_free(struct gpiod_line_settings *settings)
{
    free(settings);
}

int gpiod_line_settings_set_direction(struct gpiod_line_settings *settings,
                                      enum gpiod_line_direction direction)
{
    settings->direction = direction;
    return 0;
}

int gpiod_line_settings_set_edge_detection(struct gpiod_line_settings *settings, enum gpiod_line_edge edge)
{
    settings->edge = edge;
    return 0;
}

int gpiod_line_settings_set_bias(struct gpiod_line_settings *settings, enum gpiod_line_bias bias)
{
    settings->bias = bias;
    return 0;
}

int gpiod_line_settings_set_drive(struct gpiod_line_settings *settings, enum gpiod_line_drive drive)
{
    settings->drive = drive;
    return 0;
}

int gpiod_line_settings_set_output_value(struct gpiod_line_settings *settings, enum gpiod_line_value value)
{
    settings->value = value;
    return 0;
}

struct gpiod_line_config *gpiod_line_config_new(void)
{
    return calloc(1, sizeof(struct gpiod_line_config));
}

void gpiod_line_config_free(struct gpiod_line_config *config)
{
    free(config);
}

int gpiod_line_config_add_line_settings(struct gpiod_line_config *config, const unsigned int *offsets,
                                        size_t count, struct gpiod_line_settings *settings)
{
    assert(count == 1);
    (void)count;
    config->offset = offsets[0];
    config->settings = *settings;
    return 0;
}

struct gpiod_request_config *gpiod_request_config_new(void)
{
    return calloc(1, sizeof(struct gpiod_request_config));
}

void gpiod_request_config_free(struct gpiod_request_config *config)
{
    free(config);
}

void gpiod_request_config_set_consumer(struct gpiod_request_config *config, const char *consumer)
{
    snprintf(config->consumer, sizeof(config->consumer), "%s", consumer);
}

void gpiod_request_config_set_event_buffer_size(struct gpiod_request_config *config, size_t size)
{
    config->size = size;
}

struct gpiod_line_request *gpiod_chip_request_lines(struct gpiod_chip *chip,
                                                    struct gpiod_request_config *config,
                                                    struct gpiod_line_config *lines)
{
    (void)chip;
    assert(config->size == GPIOD_KEPT);
    static const enum gpiod_bias biases[] = {[GPIOD_LINE_BIAS_AS_IS] = GPIOD_AS_IS,
                                             [GPIOD_LINE_BIAS_DISABLED] = GPIOD_DISABLED,
                                             [GPIOD_LINE_BIAS_PULL_UP] = GPIOD_UP,
                                             [GPIOD_LINE_BIAS_PULL_DOWN] = GPIOD_DOWN};
    const struct gpiod_line_settings *settings = &lines->settings;
    const struct gpiod_order order = {
        .consumer = config->consumer,
        .is_output = settings->direction == GPIOD_LINE_DIRECTION_OUTPUT,
        .is_open_drain = settings->drive == GPIOD_LINE_DRIVE_OPEN_DRAIN,
        .has_rising = settings->edge == GPIOD_LINE_EDGE_RISING || settings->edge == GPIOD_LINE_EDGE_BOTH,
        .has_falling = settings->edge == GPIOD_LINE_EDGE_FALLING || settings->edge == GPIOD_LINE_EDGE_BOTH,
        .level = settings->value == GPIOD_LINE_VALUE_ACTIVE,
        .bias = biases[settings->bias],
    };
    unsigned number = gpiod_world_request(lines->offset, &order);
    if (!number) {
        return NULL;
    }
    struct gpiod_line_request *request = calloc(1, sizeof(*request));
    *request = (struct gpiod_line_request){.offset = lines->offset, .request = number};
    return request;
}

void gpiod_line_request_release(struct gpiod_line_request *request)
{
    gpiod_world_release(request->offset, request->request);
    free(request);
}

enum gpiod_line_value gpiod_line_request_get_value(struct gpiod_line_request *request, unsigned int offset)
{
    return (enum gpiod_line_value)gpiod_world_get(offset, request->request);
}

int gpiod_line_request_set_value(struct gpiod_line_request *request, unsigned int offset,
                                 enum gpiod_line_value value)
{
    return gpiod_world_set(offset, request->request, value == GPIOD_LINE_VALUE_ACTIVE);
}

int gpiod_line_request_get_fd(struct gpiod_line_request *request)
{
    return gpiod_world_fd(request->offset);
}

int gpiod_line_request_read_edge_events(struct gpiod_line_request *request,
                                        struct gpiod_edge_event_buffer *buffer, size_t cap)
{
    struct gpiod_told told[GPIOD_KEPT];
    assert(cap <= buffer->capacity);
    int count = gpiod_world_read(request->offset, request->request, told, cap);
    for (int i = 0; i < count; i++) {
        buffer->events[i].told = told[i];
    }
    return count;
}

struct gpiod_edge_event_buffer *gpiod_edge_event_buffer_new(size_t capacity)
{
    assert(capacity <= GPIOD_KEPT);
    struct gpiod_edge_event_buffer *buffer = calloc(1, sizeof(*buffer));
    buffer->capacity = capacity;
    return buffer;
}

void gpiod_edge_event_buffer_free(struct gpiod_edge_event_buffer *buffer)
{
    free(buffer);
}

struct gpiod_edge_event *gpiod_edge_event_buffer_get_event(struct gpiod_edge_event_buffer *buffer,
                                                           unsigned long index)
{
    return &buffer->events[index];
}

enum gpiod_edge_event_type gpiod_edge_event_get_event_type(struct gpiod_edge_event *event)
{
    return event->told.level ? GPIOD_EDGE_EVENT_RISING_EDGE : GPIOD_EDGE_EVENT_FALLING_EDGE;
}

unsigned long gpiod_edge_event_get_line_seqno(struct gpiod_edge_event *event)
{
    return event->told.number;
}
