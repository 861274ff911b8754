/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "fakes/fake_gpiod.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool is_unplugged;
static int open_code, request_code;
static unsigned open_chips, next_request;

static struct line {
    struct gpiod_seen seen;
    unsigned request; /* 0: not by libgpiod */
    bool is_lost;     /* held when the chip went */
    bool drops_newest;
    struct gpiod_told queue[GPIOD_KEPT];
    size_t queued;
    unsigned long number; /* of the last edge */
    int ends[2];          /* a byte for each edge in the queue; its end is the chip's */
} lines[GPIOD_LINES];

static int fail(int code)
{
    pthread_mutex_unlock(&lock);
    errno = code;
    return -1;
}

struct gpiod_seen gpiod_see(unsigned offset)
{
    pthread_mutex_lock(&lock);
    struct gpiod_seen seen = lines[offset].seen;
    pthread_mutex_unlock(&lock);
    return seen;
}

unsigned gpiod_open_chips(void)
{
    pthread_mutex_lock(&lock);
    unsigned count = open_chips;
    pthread_mutex_unlock(&lock);
    return count;
}

/* ---- the outside */

static void drop_oldest(struct line *line)
{
    line->queued--;
    memmove(line->queue, line->queue + 1, line->queued * sizeof(line->queue[0]));
    char byte;
    ssize_t count = read(line->ends[0], &byte, 1);
    assert(count == 1);
    (void)count;
}

static void drive(struct line *line, bool level)
{
    bool is_edge = line->seen.level != level;
    line->seen.level = level;
    if (!is_edge || !line->request || !(level ? line->seen.has_rising : line->seen.has_falling)) {
        return;
    }
    line->number++;
    if (line->queued == GPIOD_KEPT) {
        if (line->drops_newest) {
            return;
        }
        drop_oldest(line);
    }
    line->queue[line->queued++] = (struct gpiod_told){level, line->number};
    ssize_t count = write(line->ends[1], "!", 1);
    assert(count == 1);
    (void)count;
}

void gpiod_drive(unsigned offset, bool level)
{
    pthread_mutex_lock(&lock);
    drive(&lines[offset], level);
    pthread_mutex_unlock(&lock);
}

void gpiod_toggle(unsigned offset, unsigned count)
{
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < count; i++) {
        drive(&lines[offset], !lines[offset].seen.level);
    }
    pthread_mutex_unlock(&lock);
}

void gpiod_hold(unsigned offset, const char *consumer)
{
    pthread_mutex_lock(&lock);
    lines[offset].seen.is_held = consumer != NULL;
    snprintf(lines[offset].seen.consumer, sizeof(lines[offset].seen.consumer), "%s",
             consumer ? consumer : "");
    pthread_mutex_unlock(&lock);
}

void gpiod_fail_open(int code)
{
    pthread_mutex_lock(&lock);
    open_code = code;
    pthread_mutex_unlock(&lock);
}

void gpiod_fail_request(int code)
{
    pthread_mutex_lock(&lock);
    request_code = code;
    pthread_mutex_unlock(&lock);
}

/* Who polls a line's descriptor is told its end. */
void gpiod_unplug(void)
{
    pthread_mutex_lock(&lock);
    is_unplugged = true;
    for (unsigned i = 0; i < GPIOD_LINES; i++) {
        lines[i].is_lost = lines[i].request != 0;
        if (lines[i].is_lost) {
            close(lines[i].ends[1]);
        }
    }
    pthread_mutex_unlock(&lock);
}

void gpiod_plug(void)
{
    pthread_mutex_lock(&lock);
    is_unplugged = false;
    pthread_mutex_unlock(&lock);
}

/* ---- what the faces ask */

int gpiod_world_open(const char *path)
{
    pthread_mutex_lock(&lock);
    if (open_code) {
        return fail(open_code);
    }
    if (is_unplugged || strcmp(path, GPIOD_CHIP) != 0) {
        return fail(ENOENT);
    }
    open_chips++;
    pthread_mutex_unlock(&lock);
    return 0;
}

void gpiod_world_close(void)
{
    pthread_mutex_lock(&lock);
    assert(open_chips > 0);
    open_chips--;
    pthread_mutex_unlock(&lock);
}

unsigned gpiod_world_request(unsigned offset, const struct gpiod_order *order)
{
    pthread_mutex_lock(&lock);
    assert(offset < GPIOD_LINES);
    struct line *line = &lines[offset];
    if (request_code || line->seen.is_held) {
        fail(request_code ? request_code : EBUSY);
        return 0;
    }
    unsigned requests = line->seen.requests + 1;
    bool level = order->is_output ? order->level : line->seen.level;
    *line = (struct line){.request = ++next_request, .drops_newest = order->drops_newest};
    line->seen = (struct gpiod_seen){.is_held = true,
                                     .is_output = order->is_output,
                                     .is_open_drain = order->is_open_drain,
                                     .has_rising = order->has_rising,
                                     .has_falling = order->has_falling,
                                     .bias = order->bias,
                                     .level = level,
                                     .first_level = level,
                                     .requests = requests};
    snprintf(line->seen.consumer, sizeof(line->seen.consumer), "%s", order->consumer);
    signal(SIGPIPE, SIG_IGN);
    int made = pipe2(line->ends, O_CLOEXEC);
    assert(made == 0);
    (void)made;
    unsigned request = line->request;
    pthread_mutex_unlock(&lock);
    return request;
}

/* As in the kernel, a line is held until nobody uses its descriptor any more. */
void gpiod_world_release(unsigned offset, unsigned request)
{
    pthread_mutex_lock(&lock);
    struct line *line = &lines[offset];
    assert(line->request == request);
    (void)request;
    close(line->ends[0]);
    bool is_still_used =
        !line->is_lost && write(line->ends[1], "?", 1) == 1; /* somebody waits for it in poll() */
    if (!line->is_lost) {
        close(line->ends[1]);
    }
    line->request = 0;
    line->seen.is_held = is_still_used;
    line->is_lost = line->seen.has_rising = line->seen.has_falling = false;
    pthread_mutex_unlock(&lock);
}

int gpiod_world_get(unsigned offset, unsigned request)
{
    pthread_mutex_lock(&lock);
    assert(lines[offset].request == request);
    (void)request;
    if (lines[offset].is_lost) {
        return fail(ENODEV);
    }
    int level = lines[offset].seen.level;
    pthread_mutex_unlock(&lock);
    return level;
}

int gpiod_world_set(unsigned offset, unsigned request, bool level)
{
    pthread_mutex_lock(&lock);
    assert(lines[offset].request == request);
    (void)request;
    if (lines[offset].is_lost) {
        return fail(ENODEV);
    }
    if (!lines[offset].seen.is_output) {
        return fail(EPERM);
    }
    lines[offset].seen.level = level;
    pthread_mutex_unlock(&lock);
    return 0;
}

int gpiod_world_fd(unsigned offset)
{
    pthread_mutex_lock(&lock);
    int fd = lines[offset].ends[0];
    pthread_mutex_unlock(&lock);
    return fd;
}

/* A reader that nobody has told to read would wait for ever in the kernel: here it is a mistake. */
int gpiod_world_read(unsigned offset, unsigned request, struct gpiod_told *out, size_t cap)
{
    pthread_mutex_lock(&lock);
    struct line *line = &lines[offset];
    assert(line->request == request);
    (void)request;
    if (line->is_lost) {
        return fail(ENODEV);
    }
    assert(line->queued > 0);
    size_t count = 0;
    while (count < cap && line->queued > 0) {
        out[count++] = line->queue[0];
        drop_oldest(line);
    }
    pthread_mutex_unlock(&lock);
    return (int)count;
}
