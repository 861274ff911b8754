/* SPDX-License-Identifier: MIT */
/* AWS's partitions: what stands in an ARN behind "arn:" is decided by the region. */
#ifndef CLOUD_BASE_PARTITION_H
#define CLOUD_BASE_PARTITION_H

/* "aws-cn" for cn-..., "aws-us-gov" for us-gov-..., else "aws". */
const char *partition_of_region(const char *region);

#endif
