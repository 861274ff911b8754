/* SPDX-License-Identifier: MIT */
/* A GPIO chip played in memory, for machines whose kernel has no simulator of one: what the kernel knows of the lines (fake_gpiod.c), under
 * the calls of libgpiod 1 (fake_gpiod_v1.c) or 2 (fake_gpiod_v2.c). It takes what the port does with libgpiod's calls to the test;
 * about libgpiod and the kernel it proves nothing. */
#ifndef TESTS_FAKES_FAKE_GPIOD_H
#define TESTS_FAKES_FAKE_GPIOD_H

#include <stdbool.h>
#include <stddef.h>

#define GPIOD_CHIP  "/dev/gpiochip7"
#define GPIOD_LINES 8
#define GPIOD_KEPT  16 /* edges of a line that the kernel keeps */

enum gpiod_bias { GPIOD_AS_IS, GPIOD_DISABLED, GPIOD_UP, GPIOD_DOWN };

/* A line as the kernel sees it. */
struct gpiod_seen {
    bool is_held;
    char consumer[32]; /* who holds it */
    bool is_output, is_open_drain, has_rising, has_falling;
    enum gpiod_bias bias;
    bool level;
    bool first_level;  /* of an output: with which it was requested */
    unsigned requests; /* granted, ever */
};
struct gpiod_seen gpiod_see(unsigned offset);
unsigned gpiod_open_chips(void); /* descriptors of the chip that are open */

/* The outside drives a line. */
void gpiod_drive(unsigned offset, bool level);
/* It toggles a line so fast that all `count` edges are there before anybody reads one. */
void gpiod_toggle(unsigned offset, unsigned count);

void gpiod_hold(
    unsigned offset,
    const char *consumer);      /* another program, or the kernel (""), takes a line; NULL: gives it back */
void gpiod_fail_open(int code); /* opening the chip fails with this errno; 0: no more */
void gpiod_fail_request(int code); /* the same for a request */
void gpiod_unplug(void);           /* the chip goes; who holds a line has ENODEV */
void gpiod_plug(void);

/* ---- for the two faces: all with errno */
struct gpiod_order {
    const char *consumer;
    bool is_output, is_open_drain, has_rising, has_falling, level;
    enum gpiod_bias bias;
    bool drops_newest; /* a full queue, as with the kernel's first interface */
};
struct gpiod_told {
    bool level;
    unsigned long number;
};
int gpiod_world_open(const char *path); /* 0 */
void gpiod_world_close(void);
unsigned gpiod_world_request(unsigned offset, const struct gpiod_order *order); /* a number; 0: refused */
void gpiod_world_release(unsigned offset, unsigned request);
int gpiod_world_get(unsigned offset, unsigned request);
int gpiod_world_set(unsigned offset, unsigned request, bool level);
int gpiod_world_fd(unsigned offset);
int gpiod_world_read(unsigned offset, unsigned request, struct gpiod_told *out, size_t cap);

#endif
