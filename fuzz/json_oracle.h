/* SPDX-License-Identifier: MIT */
/* jansson as a second opinion, in a file of its own: its names and ours cannot be in one. */
#ifndef FUZZ_JSON_ORACLE_H
#define FUZZ_JSON_ORACLE_H

#include <stddef.h>

enum json_opinion {
    JSON_OPINION_GOOD,
    JSON_OPINION_BAD,
    JSON_OPINION_NUMBER_TOO_LARGE,
};

/* `text` is an object or an array. */
enum json_opinion json_oracle_ask(const char *text, size_t len);

#endif
