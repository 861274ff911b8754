/* SPDX-License-Identifier: MIT */
/* Faults planted in the engine of this program, so that the simulator's own tests have something to find (tools/test sim). The
 * engine's sources stay as they are: the linker's --wrap puts these functions in their places. */
#include "sim/world.h"

#include <string.h>

enum plant {
    PLANT_NONE,
    PLANT_STORAGE, /* what could not be stored counts as stored */
    PLANT_ATTEMPT, /* the journal counts no attempt beyond the first */
};

static enum plant planted;

bool sim_plant(const char *name)
{
    planted = strcmp(name, "storage") == 0   ? PLANT_STORAGE
              : strcmp(name, "attempt") == 0 ? PLANT_ATTEMPT
                                             : PLANT_NONE;
    return planted != PLANT_NONE;
}

enum err __real_jobs_states_save(struct jobs_execution *x); /* NOLINT */
enum err __wrap_jobs_states_save(struct jobs_execution *x); /* NOLINT */

enum err __wrap_jobs_states_save(struct jobs_execution *x) /* NOLINT */
{
    enum err err = __real_jobs_states_save(x);
    return planted == PLANT_STORAGE ? ERR_OK : err;
}

void __real_journal_start(struct journal *journal, const struct jobs_identity *execution, /* NOLINT */
                          uint8_t attempt);
void __wrap_journal_start(struct journal *journal, const struct jobs_identity *execution, /* NOLINT */
                          uint8_t attempt);

void __wrap_journal_start(struct journal *journal, const struct jobs_identity *execution, /* NOLINT */
                          uint8_t attempt)
{
    __real_journal_start(journal, execution, planted == PLANT_ATTEMPT ? 1 : attempt);
}
