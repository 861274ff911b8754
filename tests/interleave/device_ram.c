/* SPDX-License-Identifier: MIT */
/* The device's objects have their variables in sections of their own (CMakeLists.txt renames them), so that a boot is a copy. */
#include "interleave/world.h"

#include <stdlib.h>

extern char __start_device_data[], __stop_device_data[], __start_device_bss[], __stop_device_bss[];

#define DATA_LEN ((size_t)(__stop_device_data - __start_device_data))
#define BSS_LEN  ((size_t)(__stop_device_bss - __start_device_bss))

static char *kept;

/* Also what stands between variables, which a sanitizer guards. */
#if defined(__GNUC__)
__attribute__((no_sanitize("address", "undefined")))
#endif
static void
copy(volatile char *to, const volatile char *from, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        to[i] = from ? from[i] : 0;
    }
}

void device_ram_keep(void)
{
    kept = malloc(DATA_LEN + 1);
    if (!kept) {
        abort();
    }
    copy(kept, __start_device_data, DATA_LEN);
}

void device_ram_reset(void)
{
    copy(__start_device_data, kept, DATA_LEN);
    copy(__start_device_bss, NULL, BSS_LEN);
}
