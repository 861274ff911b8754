/* SPDX-License-Identifier: MIT */
/* UTF-8, without heap: the broker plugin uses it, too. */
#ifndef CLOUD_BASE_UTF8_H
#define CLOUD_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length of the UTF-8 sequence at `text`, 0 when there is none (RFC 3629: no surrogates, no overlong forms). left >= 1. */
size_t utf8_step(const char *text, size_t left);

/* The character of a sequence that utf8_step has found, `step` bytes long. */
uint32_t utf8_character(const char *text, size_t step);

/* Unicode's general category C ("other"), AWS's \p{C}: control, format and private-use characters, and those that will
 * never be assigned. What Unicode has not assigned yet is not known here and counts as good. */
bool utf8_is_other(uint32_t character);

/* At most `max` bytes of the text, cut between two characters: for "%.*s". */
int utf8_fit(const char *text, size_t max);

/* Makes a line fit for logs and terminals, in place: control characters (C0, DEL, C1) and bytes that are not UTF-8 become
 * a question mark each; all other text stays as it is. The line never gets longer. */
void utf8_clean(char *line);

#endif
