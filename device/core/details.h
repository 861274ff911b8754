/* SPDX-License-Identifier: MIT */
/* statusDetails as the application gives them: up to six pairs, kept as serialized JSON members ("k":"v","k":"v"), so
 * that an update only splices them. AWS IoT Jobs: at most 10 pairs, key 1..128 of [a-zA-Z0-9:_-], value 1..1024 without
 * control characters; four pairs are ours (state, attempt, reason, message). */
#ifndef DEVICE_CORE_DETAILS_H
#define DEVICE_CORE_DETAILS_H

#include "common/slice.h"
#include "device/core/config.h"

#include <stdbool.h>
#include <stdint.h>

#define DETAILS_PAIRS_MAX 6

#define DETAILS_TEXT_CAP (CONFIG_DEVICE_JOBS_DETAILS_SIZE - 320) /* 320: room for our own four pairs */

struct details {
    uint16_t len;
    uint8_t pairs;
    char text[DETAILS_TEXT_CAP + 2]; /* and of braces, while it is checked */
};

void details_clear(struct details *details);

/* Values are cleaned (control characters become blanks) and cut at a UTF-8 boundary, never refused for that.
 * ERR_ARG: bad, reserved or repeated key, or an empty value. ERR_FULL: seventh pair, or no room for the pair. */
enum err details_add(struct details *details, const char *key, const char *value);

/* Text that comes out of storage, in details->text. false: it is not what stands in a JSON object. */
bool details_restore(struct details *details);

#endif
