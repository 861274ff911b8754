/* SPDX-License-Identifier: MIT */
/* UTF-8, without heap: the broker plugin uses it, too. */
#ifndef CLOUD_BASE_UTF8_H
#define CLOUD_BASE_UTF8_H

#include <stddef.h>

/* Length of the UTF-8 sequence at `text`, 0 when there is none (RFC 3629: no surrogates, no overlong forms). left >= 1. */
size_t utf8_step(const char *text, size_t left);

/* Makes a line fit for logs and terminals, in place: control characters (C0, DEL, C1) and bytes that are not UTF-8 become
 * a question mark each; all other text stays as it is. The line never gets longer. */
void utf8_clean(char *line);

#endif
