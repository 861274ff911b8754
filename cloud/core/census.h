/* SPDX-License-Identifier: MIT */
/* How much there is, for the operator. */
#ifndef CLOUD_CORE_CENSUS_H
#define CLOUD_CORE_CENSUS_H

#include "cloud/core/core.h"

struct census {
    int64_t things, jobs;
};

enum core_code core_census(struct core *core, struct census *out, struct core_error *error);

#endif
