/* SPDX-License-Identifier: MIT */
#include "device/port/port_store.h"
#include "ports/template/missing.h"

enum err port_store_open(void)
{
    MISSING();
}

enum err port_store_put(const char *key, const void *record, size_t len)
{
    (void)key, (void)record, (void)len;
    MISSING();
}

enum err port_store_get(const char *key, void *record, size_t cap, size_t *len)
{
    (void)key, (void)record, (void)cap, (void)len;
    MISSING();
}

enum err port_store_erase(const char *key)
{
    (void)key;
    MISSING();
}
