/* SPDX-License-Identifier: MIT */
/* What the last refused reading of a job document was about: when the task that saw it reports its job FAILED, the
 * operator gets to know. One record for the program, the newest; it counts for the task that made it and for the run
 * that was in hand then. */
#ifndef DEVICE_API_JSON_CAUSE_H
#define DEVICE_API_JSON_CAUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_CAUSE_CAP 96

/* The line that is being made (line.h) is the cause. */
void json_cause_note(void);

/* A reading of the calling task went well. */
void json_cause_forget(void);

/* The handler of another run starts. */
void json_cause_begin_run(uint32_t run_id);

/* true: there is one of the calling task; it is taken out. */
bool json_cause_take(char out[JSON_CAUSE_CAP]);

#endif
