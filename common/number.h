/* SPDX-License-Identifier: MIT */
/* Plain decimal integers, strictly: digits only (a leading '-' for signed ones), no blanks, no '+', no fraction, no
 * exponent. Leading zeros are allowed, so that "007" from an operator still reads as 7; JSON refuses them before. */
#ifndef COMMON_NUMBER_H
#define COMMON_NUMBER_H

#include "common/slice.h"

#include <stdint.h>

/* ERR_ARG: not a plain integer. ERR_RANGE: does not fit the type. *value changes on ERR_OK only. */
enum err number_to_u32(struct slice text, uint32_t *value);
enum err number_to_i64(struct slice text, int64_t *value);

#define NUMBER_TEXT_CAP 21 /* "-9223372036854775808" and NUL */

/* Writes decimal text and NUL into `out` (NUMBER_TEXT_CAP bytes); returns its length. No printf: a formatted print
 * costs a small device several hundred bytes of stack. */
size_t number_from_i64(int64_t value, char out[NUMBER_TEXT_CAP]);

#endif
