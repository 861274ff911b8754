/* SPDX-License-Identifier: MIT */
#include "ports/template/missing.h"

#include <stdio.h>
#include <stdlib.h>

void missing(const char *function)
{
    fprintf(stderr, "error: this port has no %s yet (docs/porting.md)\n", function);
    abort();
}
