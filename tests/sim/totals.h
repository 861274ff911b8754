/* SPDX-License-Identifier: MIT */
/* What was done to the worlds of a simulation, and what came of it. Include after cmocka.h. */
#ifndef TESTS_SIM_TOTALS_H
#define TESTS_SIM_TOTALS_H

#include "cloud/core/core.h"

#include <stdlib.h>

enum fault { /* what was done to the world; printed, so that nobody has to believe it */
             FAULT_CUT,
             FAULT_DISCONNECT,
             FAULT_LOST,
             FAULT_DOUBLED,
             FAULT_REORDERED,
             FAULT_PUT,
             FAULT_NOTICES,
             FAULT_CANCEL,
             FAULT_DELETE,
             FAULT_RECREATED,
             FAULT_TIME,
             FAULT_COUNT,
};
static const char *const fault_names[FAULT_COUNT] = {"power cuts", "disconnects", "lost",       "doubled",
                                                     "reordered",  "failed puts", "no notices", "cancels",
                                                     "deletes",    "recreated",   "clock runs"};

struct totals {
    unsigned long faults[FAULT_COUNT];
    unsigned long worlds, executions, starts, by_status[EXECUTION_STATUS_COUNT];
};
static struct totals totals;

static void count(enum fault fault)
{
    totals.faults[fault]++;
}

static int tell(void **state)
{
    (void)state;
    print_message("%lu worlds, %lu executions started %lu times; last: SIM_SEED=%s\n", totals.worlds,
                  totals.executions, totals.starts,
                  getenv("SIM_SEED") ? getenv("SIM_SEED") : getenv("SIM_LAST"));
    for (int i = 0; i < FAULT_COUNT; i++)
        print_message("  %-12s %lu\n", fault_names[i], totals.faults[i]);
    for (int i = 0; i < EXECUTION_STATUS_COUNT; i++)
        if (totals.by_status[i])
            print_message("  ended %-12s %lu\n", execution_status_text((enum execution_status)i),
                          totals.by_status[i]);
    return 0;
}

#endif
