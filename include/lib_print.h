/* SPDX-License-Identifier: MIT */
/* Output for people: one line for each call, with the name of the calling function, on the console (Linux: standard
 * output). The compiler checks the format like printf's (see below). A line end at the end of the format is optional.
 * Any task, not from an ISR; the stack must have room for the platform's vprintf. Never print a secret, nor a
 * job document that may hold a presigned link. */
#ifndef LIB_PRINT_H
#define LIB_PRINT_H

#include "lib_config.h"

#include <stdio.h> /* not used here: programs of the original library call fflush and sprintf without it */

/* The compiler checks formats where uint32_t is an unsigned int. On 32-bit chips it is an unsigned long of the same size, programs of the
 * original library print it with %d and %u, and ESP-IDF makes an error of each such warning. -DLIB_PRINT_IS_CHECKED checks there, too. */
#if defined(__GNUC__) && (defined(LIB_PRINT_IS_CHECKED) || __SIZEOF_LONG__ > 4)
#define LIB_PRINT_CHECKED(at) __attribute__((format(printf, at, (at) + 1)))
#else
#define LIB_PRINT_CHECKED(at)
#endif

/* A file's own `#define thisModule ...`, as programs of the original library have it, does no harm and is not needed. */
#define print_error(...)   print_line(PRINT_LEVEL_ERROR, __func__, __VA_ARGS__)
#define print_info(...)    print_line(PRINT_LEVEL_INFO, __func__, __VA_ARGS__)
#define print_debug(...)   print_line(PRINT_LEVEL_DEBUG, __func__, __VA_ARGS__)
/* At every level but PRINT_LEVEL_NONE. */
#define print_verbose(...) print_always(__func__, __VA_ARGS__)

#ifdef __cplusplus
extern "C" {
#endif

/* What the macros above call: pFunctionStr is the name in front of the line, pFormatStr and what follows are printf's. */
void print_line(logLevels_et level_e, const char *pFunctionStr, const char *pFormatStr, ...)
    LIB_PRINT_CHECKED(3);
void print_always(const char *pFunctionStr, const char *pFormatStr, ...) LIB_PRINT_CHECKED(2);

/* Prints from now on lines of this level and of every level before it. A program starts with PRINT_LEVEL_INFO. */
void print_setLevel(logLevels_et level_e);

#ifdef __cplusplus
}
#endif

#endif
