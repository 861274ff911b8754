/* SPDX-License-Identifier: MIT */
/* How a fake's waiting function waits for what another task does under the fake's lock. */
#ifndef TESTS_FAKES_WAIT_UNTIL_H
#define TESTS_FAKES_WAIT_UNTIL_H

#include "fakes/fake_ports.h"

#include <pthread.h>
#include <time.h>

#ifndef FAKE_PATIENCE_MS /* shorter for a mutant, which waits in vain */
#define FAKE_PATIENCE_MS 20000
#endif

static inline struct timespec wait_until_deadline(void)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += FAKE_PATIENCE_MS / 1000;
    return deadline;
}

/* `condition` is looked at with `lock` held whenever `changed` is told. */
#define WAIT_UNTIL(lock, changed, condition, what)                                                           \
    do {                                                                                                     \
        struct timespec deadline_ = wait_until_deadline();                                                   \
        bool in_time_ = true;                                                                                \
        pthread_mutex_lock(lock);                                                                            \
        while (!(condition) && in_time_) {                                                                   \
            in_time_ = pthread_cond_timedwait((changed), (lock), &deadline_) == 0;                           \
        }                                                                                                    \
        pthread_mutex_unlock(lock);                                                                          \
        if (!in_time_) {                                                                                     \
            fail_msg("waited in vain for %s; the log:\n%s", (what), fake_log());                             \
        }                                                                                                    \
    } while (0)

void fake_mqtt_reset(void); /* fake_mqtt.c, for fake_reset */

#endif
