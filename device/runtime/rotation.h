/* SPDX-License-Identifier: MIT */
/* The change of the device's certificate while jobs go on: a key is made on the device, a certificate is asked for it over the connection that
 * stands, the device connects with it, and only then it takes the place of the old one. The way itself is device/core/provision; here stand
 * its tasks, memory, connection and storage, and the report to the job that has asked for it.
 *
 * Linked only into programs that use it: about 16 KiB of memory. */
#ifndef DEVICE_RUNTIME_ROTATION_H
#define DEVICE_RUNTIME_ROTATION_H

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

/* After runtime_init (and whatever else sets a prologue, which it stands in front of), before runtime_start, from one task. From then on a stored
 * identity that has come of a rotation goes before the given one of which it has come (struct identity, given_id).
 * serial_number: what the template gets as SerialNumber, beside the ThingName; NULL: nothing. It lives as long as the program. */
void runtime_rotation_init(const char *serial_number);

/* For which execution; all that outlives a power cut. */
struct runtime_rotation_job {
    uint32_t run_id;
    const char *job_id;
    int64_t execution_number;
    bool is_resumed; /* the run of an earlier boot goes on */
};

/* Begins it, or goes on where a power cut has left it, and returns; any task. The run ends with a report by the library: SUCCEEDED with the
 * details oldCertificateId and newCertificateId, FAILED with the reason as message.
 * ERR_ARG: this is no template's name. ERR_BUSY: runtime_rotation_init was not called, or another order was not taken yet. */
enum err runtime_rotation_begin(const struct runtime_rotation_job *job, const char *template_name);

/* The service has ended the run. The rotation is given up, if the new certificate has not connected yet. Any task. */
void runtime_rotation_cancel(uint32_t run_id);

#endif
