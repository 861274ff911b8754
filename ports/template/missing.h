/* SPDX-License-Identifier: MIT */
/* What stands in each function that a new port has not got yet. */
#ifndef PORTS_TEMPLATE_MISSING_H
#define PORTS_TEMPLATE_MISSING_H

/* Says which function is missing and ends the program: a port that does nothing quietly would look like one that works. */
_Noreturn void missing(const char *function);

#define MISSING() missing(__func__)

#endif
