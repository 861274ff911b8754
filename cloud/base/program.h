/* SPDX-License-Identifier: MIT */
#ifndef CLOUD_BASE_PROGRAM_H
#define CLOUD_BASE_PROGRAM_H

#include <limits.h>

/* The folder that the running program lies in; "." when the system does not say. */
void program_folder(char folder[PATH_MAX]);

#endif
