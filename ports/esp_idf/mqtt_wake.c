/* SPDX-License-Identifier: MIT */
/* The descriptor that wakes esp-mqtt's task: see mqtt_wake.h. */
#include "ports/esp_idf/mqtt_wake.h"
#include "ports/esp_idf/board.h"

#include <stdint.h>
#include <unistd.h>

int mqtt_wake_fd(void)
{
    static int fd = -1;
    if (fd < 0) {
        fd = board_new_eventfd();
    }
    return fd;
}

void mqtt_wake_set(void)
{
    const uint64_t one = 1;
    if (write(mqtt_wake_fd(), &one, sizeof(one)) < 0) {
        /* the counter is at its end: the descriptor is readable already */
    }
}

void mqtt_wake_clear(void)
{
    uint64_t taken;
    if (read(mqtt_wake_fd(), &taken, sizeof(taken)) < 0) {
        /* nothing to take: the descriptor waits already */
    }
}
