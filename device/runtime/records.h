/* SPDX-License-Identifier: MIT */
/* What the device stores beside the journal, and the end of all of it. Any task, also before runtime_init; then from one task only, because
 * the first call opens the storage. */
#ifndef DEVICE_RUNTIME_RECORDS_H
#define DEVICE_RUNTIME_RECORDS_H

#include "common/err.h"
#include "device/core/store/record.h"

#include <stdbool.h>

/* Reads the record into `buffer`; *payload lies in it. ERR_NOT_FOUND: there is none, or it cannot be used (a log line says so, once for each
 * kind). ERR_STORAGE: the storage cannot be read. */
enum err runtime_record_read(enum record_kind kind, char *buffer, size_t cap, struct slice *payload);

/* The payload stands at buffer + RECORD_HEADER_BYTES, with room for RECORD_BYTES(payload_len) in all. ERR_OK: it is in storage. */
enum err runtime_record_write(enum record_kind kind, char *buffer, size_t payload_len);

/* Good also when there is none. */
enum err runtime_record_erase(enum record_kind kind);

/* Identity, configuration and journal are erased, with `is_all` the application's data, too; then the device restarts and does not come back
 * to what it did. When the engine task runs, it does both, so that nothing is written afterwards; a handler has 2 s before. */
void runtime_reset(bool is_all);

#endif
