/* SPDX-License-Identifier: MIT */
/* Small records by key that survive power cuts. Keys: 1..15 characters of [a-z0-9_] (what NVS takes). May block for a
 * flash write (up to 100 ms). port_store_open from one task, before the others; the rest from any task: the port keeps them apart. */
#ifndef DEVICE_PORT_STORE_H
#define DEVICE_PORT_STORE_H

#include "common/err.h"

#include <stddef.h>

/* Opens the store. ERR_STORAGE: not usable; the port logs why and where. */
enum err port_store_open(void);

/* Atomic and durable: after ERR_OK the new record is what a boot finds, after a power cut inside it is the old or the
 * new one, never a mixture. */
enum err port_store_put(const char *key, const void *record, size_t len);

/* *len: length found. ERR_NOT_FOUND: no such key. ERR_TOO_LONG: larger than cap. */
enum err port_store_get(const char *key, void *record, size_t cap, size_t *len);

/* Good also when there is no such key. Durable: after ERR_OK no boot finds the record, nor anything that a put of it has left half done;
 * after a power cut inside it is there, whole, or it is not. */
enum err port_store_erase(const char *key);

#endif
