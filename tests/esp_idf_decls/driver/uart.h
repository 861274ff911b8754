/* SPDX-License-Identifier: MIT */
/* Our own declarations, see README.md. */
#include "../types.h"

#include "../functions.h"
