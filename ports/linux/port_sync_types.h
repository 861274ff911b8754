/* SPDX-License-Identifier: MIT */
/* Objects of port_sync.h over pthreads. */
#ifndef PORT_SYNC_TYPES_H
#define PORT_SYNC_TYPES_H

#include <pthread.h>
#include <stdbool.h>

struct port_mutex {
    pthread_mutex_t mutex;
};

struct port_signal {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_set;
};

#endif
