/* SPDX-License-Identifier: MIT */
/* Output for people: one line for each call, with the name of the calling function, on the console (Linux: standard
 * output). The compiler checks the format like printf's. A line end at the end of the format is optional.
 * Any task, not from an ISR; the stack must have room for the platform's vprintf. Never print a secret, nor a
 * job document that may hold a presigned link. */
#ifndef LIB_PRINT_H
#define LIB_PRINT_H

#include "lib_config.h"

#ifdef __GNUC__
#define LIB_PRINT_CHECKED __attribute__((format(printf, 3, 4)))
#else
#define LIB_PRINT_CHECKED
#endif

/* A file's own `#define thisModule ...`, as programs of the original library have it, does no harm and is not needed. */
#define print_error(...) print_line(PRINT_LEVEL_ERROR, __func__, __VA_ARGS__)
#define print_info(...)  print_line(PRINT_LEVEL_INFO, __func__, __VA_ARGS__)
#define print_debug(...) print_line(PRINT_LEVEL_DEBUG, __func__, __VA_ARGS__)

#ifdef __cplusplus
extern "C" {
#endif

/* What the macros above call: pFunctionStr is the name in front of the line, pFormatStr and what follows are printf's. */
void print_line(logLevels_et level_e, const char *pFunctionStr, const char *pFormatStr,
                ...) LIB_PRINT_CHECKED;

/* Prints from now on lines of this level and of every level before it. A program starts with PRINT_LEVEL_INFO. */
void print_setLevel(logLevels_et level_e);

#ifdef __cplusplus
}
#endif

#endif
