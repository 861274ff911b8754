/* SPDX-License-Identifier: MIT */
#include "cloud/base/partition.h"

#include <string.h>

const char *partition_of_region(const char *region)
{
    static const struct {
        const char *regions, *partition;
    } others[] = {{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strncmp(region, others[i].regions, strlen(others[i].regions)) == 0) {
            return others[i].partition;
        }
    }
    return "aws";
}
