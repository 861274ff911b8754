/* SPDX-License-Identifier: MIT */
/* Sizes of the objects of port_sync.h: replace the members by what your platform needs. */
#ifndef PORT_SYNC_TYPES_H
#define PORT_SYNC_TYPES_H

struct port_mutex {
    void *handle;
};

struct port_signal {
    void *handle;
};

#endif
