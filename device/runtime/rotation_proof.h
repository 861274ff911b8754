/* SPDX-License-Identifier: MIT */
/* The record "rotation": which certificate was changed for which, and for what job. */
#ifndef DEVICE_RUNTIME_ROTATION_PROOF_H
#define DEVICE_RUNTIME_ROTATION_PROOF_H

#include "common/err.h"
#include "device/core/config.h"

#include <stdbool.h>
#include <stdint.h>

/* What was changed, from right before the new identity is stored until the job's final status is. Without it, a power cut in between would
 * leave nobody who knows that the job is done, and which certificate is to be deactivated. */
struct rotation_proof {
    char old_id[DEVICE_CERTIFICATE_ID_CAP];
    char new_id[DEVICE_CERTIFICATE_ID_CAP];
    char job_id[DEVICE_JOB_ID_CAP];
    char zero[5];
    int64_t execution_number;
};
_Static_assert(sizeof(struct rotation_proof) == 208, "a record has no holes");

/* false: there is none that can be used. */
bool rotation_proof_load(struct rotation_proof *proof);
enum err rotation_proof_put(const struct rotation_proof *proof);

#endif
