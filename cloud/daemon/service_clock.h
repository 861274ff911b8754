/* SPDX-License-Identifier: MIT */
/* The time that the service goes by: step timers, time-outs, dates. It is the machine's, or with --virtual-clock one that runs
 * along with the machine's and that `iot-local clock advance` puts forward. How far stands in the data directory, so that
 * time does not go back with the next start. */
#ifndef CLOUD_DAEMON_SERVICE_CLOCK_H
#define CLOUD_DAEMON_SERVICE_CLOCK_H

#include "cloud/base/clock.h"
#include "cloud/daemon/data_dir.h"

struct service_clock {
    struct clock clock;
    struct clock_shift shift;
    char path[PATH_MAX]; /* of the file */
};

/* false: the file says no number, or time would go back; one line in `why`. */
bool service_clock_open(struct service_clock *clock, const struct data_dir *dir, bool is_virtual, char *why,
                        size_t why_cap);

/* false: the file could not be written, and the clock stays as it was. */
bool service_clock_set(struct service_clock *clock, int64_t by_ms);

#endif
