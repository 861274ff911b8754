/* SPDX-License-Identifier: MIT */
/* Heap text. Running out of memory ends the process (memory.h). */
#ifndef CLOUD_HTTP_TEXT_H
#define CLOUD_HTTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The caller frees. */
char *text_copy(const char *text); /* NULL gives NULL */
char *text_copy_n(const char *text, size_t len);
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* As one word of a POSIX shell, in single quotes where it needs them. The caller frees. */
char *text_shell_quote(const char *text);

bool text_is_utf8(const char *text, size_t len);

/* Decodes %41 into `out`, which may be `text` itself; returns the decoded length, or -1: a broken escape, a NUL or
 * bytes that are not UTF-8. `plus_is_blank` for query strings. `out` needs len + 1 bytes and is NUL-terminated. */
long text_decode_percent(const char *text, size_t len, bool plus_is_blank, char *out);

/* Is `word` one of the blank-separated `words`? */
bool text_has_word(const char *words, const char *word);

/* FNV-1a, for opaque tokens; not for secrets. */
unsigned long long text_hash(unsigned long long seed, const char *text);

#endif
