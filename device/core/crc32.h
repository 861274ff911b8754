/* SPDX-License-Identifier: MIT */
/* CRC-32 as IEEE 802.3 has it: what tells a record in storage from a torn or changed one. It sees each single changed bit. */
#ifndef DEVICE_CORE_CRC32_H
#define DEVICE_CORE_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32_of(const char *bytes, size_t len);

#endif
