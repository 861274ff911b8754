/* SPDX-License-Identifier: MIT */
#include "cloud/daemon/service_clock.h"

#include "cloud/base/clock_file.h"
#include "cloud/base/file_write.h"
#include "common/number.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* 1: read; 0: there is none; -1: `why` says what is wrong with it. */
static int read_shift(struct service_clock *clock, char *why, size_t why_cap)
{
    int got = clock_file_read(clock->path, &clock->shift.by_ms);
    if (got == -1) {
        snprintf(why, why_cap, "%s: %s", clock->path, strerror(errno));
    } else if (got < 0) {
        snprintf(why, why_cap, "%s holds no number of milliseconds: remove it", clock->path);
    }
    return got < 0 ? -1 : got;
}

bool service_clock_open(struct service_clock *clock, const struct data_dir *dir, bool is_virtual, char *why,
                        size_t why_cap)
{
    *clock = (struct service_clock){.clock = clock_real};
    if (!data_dir_file(dir, CLOCK_FILE_NAME, clock->path, why, why_cap)) {
        return false;
    }
    int got = read_shift(clock, why, why_cap);
    if (got < 0) {
        return false;
    }
    if (is_virtual) {
        clock->clock = clock_shifted(&clock->shift);
        return true;
    }
    if (clock->shift.by_ms > 0) {
        snprintf(why, why_cap,
                 "the time of this data is %lld s ahead of the machine's, and would go back: start with "
                 "--virtual-clock, or remove %s",
                 (long long)(clock->shift.by_ms / 1000), clock->path);
        return false;
    }
    return true;
}

bool service_clock_set(struct service_clock *clock, int64_t by_ms)
{
    char text[NUMBER_TEXT_CAP + 1];
    size_t len = number_from_i64(by_ms, text);
    text[len++] = '\n';
    if (!file_write_whole(clock->path, text, len, 0600)) {
        return false;
    }
    clock->shift.by_ms = by_ms;
    return true;
}
