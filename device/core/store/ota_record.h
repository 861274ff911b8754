/* SPDX-License-Identifier: MIT */
/* What a device holds of a firmware update that goes on: the payload of the record "ota". Which blocks are there is not part of it: the slot
 * says that. It is put when the download begins, before each activation, and with the verdict of a self-test. */
#ifndef DEVICE_CORE_STORE_OTA_RECORD_H
#define DEVICE_CORE_STORE_OTA_RECORD_H

#include "common/slice.h"
#include "device/core/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers are stored: none ever gets another meaning. */
enum ota_stage {
    OTA_STAGE_LOADING = 1, /* blocks of this image are written to the other slot */
    OTA_STAGE_TRIAL = 2,   /* it was verified there; activated, or about to be */
    OTA_STAGE_PASSED = 3,  /* by the new image: it is healthy, and is being confirmed */
    OTA_STAGE_FAILED = 4,  /* by the new image: it is not, and the device goes back */
};

#define OTA_RECORD_VERSION_CAP 64
#define OTA_RECORD_PROBLEM_CAP 96

struct ota_record {
    uint8_t stage;
    uint8_t
        from_slot; /* TRIAL and later: the slot of the image that was running when the other one was verified */
    uint8_t restarts; /* of the download */
    uint8_t trials;   /* activations, this one included */
    bool has_digest;  /* LOADING: the document has one. Later: always */
    uint8_t digest[32];
    uint32_t size; /* of the image */
    uint32_t
        etag_crc; /* of the object that the blocks are of; with its length: two that differ are told apart */
    uint16_t etag_len;
    char job_id[DEVICE_JOB_ID_CAP];
    char version[OTA_RECORD_VERSION_CAP];
    char problem[OTA_RECORD_PROBLEM_CAP]; /* FAILED: why, for people */
};

#define OTA_RECORD_BYTES                                                                                     \
    (4 + 1 + 32 + 4 + 4 + 2 + DEVICE_JOB_ID_CAP + OTA_RECORD_VERSION_CAP + OTA_RECORD_PROBLEM_CAP)

/* The payload's length, OTA_RECORD_BYTES. */
size_t ota_record_write(const struct ota_record *record, char *payload);

/* false, and *record as it was: it is not what ota_record_write makes. */
bool ota_record_read(struct slice payload, struct ota_record *record);

#endif
