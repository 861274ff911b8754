/* SPDX-License-Identifier: MIT */
/* So that a client that is refused in a loop does not fill the disk: a number of lines a second, and how many were left
 * out. */
#ifndef CLOUD_BASE_LOG_RATE_H
#define CLOUD_BASE_LOG_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_RATE_LINES_PER_SECOND 20

/* Starts as {0}. */
struct log_rate {
    int64_t second; /* the monotonic second that the two numbers count */
    unsigned logged, unlogged;
};

/* May one more line be written? *left_out: how many lines the last second had too many, to be told before this one;
 * nearly always 0. */
bool log_rate_allows(struct log_rate *rate, int64_t monotonic_ms, unsigned *left_out);

#endif
