/* SPDX-License-Identifier: MIT */
#include "cloud/cli/instance.h"

#include "cloud/base/clock.h"
#include "cloud/base/lock_file.h"
#include "cloud/base/text.h"
#include "cloud/cli/cli_data_dir.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* status.json appears when the daemon is ready; one that was killed leaves it, and the next one removes it first. */
static void read_ready(struct instance *instance)
{
    struct stat info;
    char *path = text_format("%s/status.json", instance->data);
    instance->is_ready = stat(path, &info) == 0;
    if (instance->is_ready) {
        instance->ready_since = (double)info.st_mtim.tv_sec + (double)info.st_mtim.tv_nsec / 1e9;
    }
    free(path);
}

bool instance_find(const char *data, struct instance *instance)
{
    *instance = (struct instance){.data = cli_data_dir(data), .process = -1};
    if (!instance->data) {
        fputs("iot-local: no home directory: say where the data is with --data DIR\n", stderr);
        return false;
    }
    char *path = text_format("%s/lock", instance->data);
    instance->process = lock_file_holder(path, &instance->pid);
    bool is_known = instance->process >= 0 || errno == ENOENT || errno == ESRCH;
    if (!is_known) {
        fprintf(stderr, "iot-local: %s: %s\n", path, strerror(errno));
    }
    free(path);
    if (instance->process >= 0) {
        read_ready(instance);
    }
    return is_known;
}

void instance_close(struct instance *instance)
{
    free(instance->data);
    if (instance->process > 0) {
        close(instance->process);
    }
    *instance = (struct instance){.process = -1};
}

bool instance_wait_end(const struct instance *instance, int timeout_ms)
{
    struct pollfd end = {.fd = instance->process, .events = POLLIN};
    int64_t ends_ms = clock_monotonic_ms(&clock_real) + timeout_ms;
    int64_t left_ms = timeout_ms;
    while (left_ms > 0 && poll(&end, 1, (int)left_ms) <= 0) {
        left_ms = ends_ms - clock_monotonic_ms(&clock_real);
    }
    return end.revents != 0;
}
