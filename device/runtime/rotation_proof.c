/* SPDX-License-Identifier: MIT */
/* See rotation_proof.h. What the proof means is up to rotation.c. */
#include "device/runtime/rotation_proof.h"

#include "device/runtime/records.h"

#include <string.h>

bool rotation_proof_load(struct rotation_proof *proof)
{
    char record[RECORD_BYTES(sizeof(*proof))];
    struct slice payload;
    if (runtime_record_read(RECORD_ROTATION, record, sizeof(record), &payload) ||
        payload.len != sizeof(*proof)) {
        return false;
    }
    memcpy(proof, payload.ptr, sizeof(*proof));
    proof->old_id[sizeof(proof->old_id) - 1] = proof->new_id[sizeof(proof->new_id) - 1] = '\0';
    proof->job_id[sizeof(proof->job_id) - 1] = '\0';
    return true;
}

enum err rotation_proof_put(const struct rotation_proof *proof)
{
    char record[RECORD_BYTES(sizeof(*proof))];
    memcpy(record + RECORD_HEADER_BYTES, proof, sizeof(*proof));
    return runtime_record_write(RECORD_ROTATION, record, sizeof(*proof));
}
