/* SPDX-License-Identifier: MIT */
/* How much a line of the log matters: one list from the API down to the ports. */
#ifndef COMMON_LOG_LEVEL_H
#define COMMON_LOG_LEVEL_H

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
};

#endif
