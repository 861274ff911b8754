/* SPDX-License-Identifier: MIT */
/* The envelope of what a device stores beside the journal (which has one of its own): who the device is, how it is configured, the
 * application's data. A record that is torn, changed or of another kind or format counts as absent.
 *
 * The payload stands in the caller's buffer, with room before and behind it, so that nothing is copied:
 *     header (RECORD_HEADER_BYTES), payload, checksum (RECORD_CHECK_BYTES) */
#ifndef DEVICE_CORE_STORE_RECORD_H
#define DEVICE_CORE_STORE_RECORD_H

#include "common/slice.h"

#include <stddef.h>

#define RECORD_HEADER_BYTES       12
#define RECORD_CHECK_BYTES        4
#define RECORD_BYTES(payload_len) (RECORD_HEADER_BYTES + (payload_len) + RECORD_CHECK_BYTES)

/* The numbers are stored: none ever gets another meaning. */
enum record_kind {
    RECORD_APP = 1,      /* the application's data (lib_flash.h) */
    RECORD_IDENTITY = 2, /* thing name, certificate and key of a device that was provisioned (identity.h) */
    RECORD_CONFIG = 3,   /* what somebody has configured on the spot (config_record.h) */
    RECORD_PENDING = 4,  /* what a device on its way to an identity holds (pending.h) */
    RECORD_CLOCK = 5,    /* the last known time (device/runtime/clock.c) */
    RECORD_ROTATION =
        6, /* which certificate was changed for which, and for what job (device/runtime/rotation.c) */
    RECORD_OTA = 7, /* a firmware update that goes on (ota_record.h) */
    RECORD_KINDS,
};

/* What a stored record is. Only of a RECORD_GOOD one something is taken. */
enum record_state {
    RECORD_GOOD,
    RECORD_TORN,    /* shorter than it says */
    RECORD_DAMAGED, /* not what was written, or not one of ours */
    RECORD_FOREIGN, /* whole, and of another kind */
    RECORD_OLDER,   /* whole, of a firmware that wrote an earlier format */
    RECORD_NEWER,   /* the same, a later one: the firmware was rolled back */
};

/* Its key in the storage: "app", "identity", "config", "pending". Static. */
const char *record_key(enum record_kind kind);

/* The payload of payload_len bytes stands at record + RECORD_HEADER_BYTES; header and checksum are written around it. The length of the whole. */
size_t record_seal(enum record_kind kind, char *record, size_t payload_len);

/* *payload lies in `record`; it changes only when the record is good. */
enum record_state record_open(enum record_kind kind, struct slice record, struct slice *payload);

/* "torn": what is wrong with it, for people. */
const char *record_state_text(enum record_state state);

#endif
