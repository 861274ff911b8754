/* SPDX-License-Identifier: MIT */
/* For tests of port_gpio.h over ports/linux: a port_gpio_edge_fn that writes down what it is told, waiting for that, and the log. */
#ifndef TESTS_FAKES_TOLD_EDGES_H
#define TESTS_FAKES_TOLD_EDGES_H

#include "device/port/port_board.h"
#include "device/port/port_gpio.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t told_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t told_more = PTHREAD_COND_INITIALIZER;
static struct {
    uint8_t pin;
    bool level;
    uint32_t missed;
} told[200];
static size_t told_count;
static char told_log[8000];

static void on_edge(uint8_t pin, bool level, uint32_t at_ms, uint32_t missed)
{
    (void)at_ms;
    pthread_mutex_lock(&told_lock);
    told[told_count].pin = pin;
    told[told_count].level = level;
    told[told_count].missed = missed;
    told_count++;
    pthread_cond_broadcast(&told_more);
    pthread_mutex_unlock(&told_lock);
}

/* In the port's place. */
void port_board_log(enum log_level level, const char *text)
{
    pthread_mutex_lock(&told_lock);
    size_t len = strlen(told_log);
    snprintf(told_log + len, sizeof(told_log) - len, "%s%s\n", level == LOG_LEVEL_ERROR ? "error: " : "",
             text);
    pthread_cond_broadcast(&told_more);
    pthread_mutex_unlock(&told_lock);
}

/* The condition is looked at whenever something was told; false after 20 s. */
#define TOLD_WAIT(condition)                                                                                 \
    ({                                                                                                       \
        struct timespec until_;                                                                              \
        clock_gettime(CLOCK_REALTIME, &until_);                                                              \
        until_.tv_sec += 20;                                                                                 \
        int late_ = 0;                                                                                       \
        pthread_mutex_lock(&told_lock);                                                                      \
        while (!(condition) && !late_) {                                                                     \
            late_ = pthread_cond_timedwait(&told_more, &told_lock, &until_);                                 \
        }                                                                                                    \
        pthread_mutex_unlock(&told_lock);                                                                    \
        !late_;                                                                                              \
    })

#endif
