/* SPDX-License-Identifier: MIT */
/* What the last refused reading of a job document was about: when the task that saw it reports its job FAILED, the
 * operator gets to know. One record for the program, the newest; it counts for the task that made it and for the run
 * that was in hand then. */
#ifndef DEVICE_API_JSON_CAUSE_H
#define DEVICE_API_JSON_CAUSE_H

#include <stdint.h>

/* The line that is being made (line.h) is the cause. */
void json_cause_note(void);

/* A reading of the calling task went well. */
void json_cause_forget(void);

/* The handler of another run starts. */
void json_cause_begin_run(uint32_t run_id);

/* The cause that the calling task saw, or NULL. It stays as it is until json_cause_give_back; new ones are not noted
 * meanwhile. Give back also after NULL. */
const char *json_cause_take(void);
void json_cause_give_back(void);

#endif
