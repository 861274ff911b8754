/* SPDX-License-Identifier: MIT */
/* Objects of port_sync.h over the coroutines of scheduler.h. */
#ifndef PORT_SYNC_TYPES_H
#define PORT_SYNC_TYPES_H

#include <stdbool.h>

struct coroutine;

struct port_mutex {
    struct coroutine *owner; /* NULL: free */
};

struct port_signal {
    bool is_set;
};

#endif
