/* SPDX-License-Identifier: MIT */
/* What the last refused reading of a job document was about: when the task that saw it reports its job FAILED or REJECTED and says
 * nothing itself, the operator gets to know. One record for the program, the newest. It counts for the task that made it, for the run that
 * was in hand then, and only if what was read is the document of that run, or an object that was read out of it: what is wrong with
 * another text is not the operator's doing. */
#ifndef DEVICE_API_JSON_CAUSE_H
#define DEVICE_API_JSON_CAUSE_H

#include <stdbool.h>
#include <stdint.h>

/* The handler of a run starts, or goes on with its document read anew. A cause of another run is dropped. */
void json_cause_begin(uint32_t run_id, const char *document);

/* `part` was read out of `text`, and is a JSON text of its own. */
void json_cause_add_part(const char *text, const char *part);

/* The line that is being made (line.h) is what the calling task found wrong with `text`. */
void json_cause_note(const char *text);

/* The calling task has read something out of `text`, so that what was refused before has been overcome. */
void json_cause_forget(const char *text);

/* The cause that the calling task saw, or NULL. The text stays as it is until json_cause_give_back; new ones are not noted meanwhile. Give
 * back also after NULL. is_done: the run has a final status, and the cause is told or not needed any more. */
const char *json_cause_take(void);
void json_cause_give_back(bool is_done);

#endif
