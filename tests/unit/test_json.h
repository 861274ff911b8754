/* SPDX-License-Identifier: MIT */
/* Shared by the JSON tests: each text is read from a heap copy of exactly its size, so that the address sanitizer sees
 * the first byte read too far. */
#ifndef TESTS_UNIT_TEST_JSON_H
#define TESTS_UNIT_TEST_JSON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/json.h"

#define TEXT(literal)   (literal), sizeof(literal) - 1 /* may contain NUL */
#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

static inline struct slice copy_exact(const char *text, size_t len)
{
    if (len == 0) {
        return SLICE_EMPTY;
    }
    char *copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, text, len);
    return (struct slice){copy, len};
}

/* No room at all is no memory at all. */
static inline char *make_room(size_t cap)
{
    if (cap == 0) {
        return NULL;
    }
    char *room = malloc(cap);
    assert_non_null(room);
    return memset(room, 'x', cap);
}

static inline void free_copy(struct slice copy)
{
    free((void *)(uintptr_t)copy.ptr);
}

/* Only checks the text. */
static inline enum err check_text(const char *text, size_t len, size_t *error_at)
{
    struct slice copy = copy_exact(text, len);
    enum err err = json_read(copy, NULL, 0, error_at);
    free_copy(copy);
    return err;
}

/* Names the case that failed, which an assertion in a loop over a table does not do by itself. */
#define assert_case(condition, ...)                                                                          \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            print_error(__VA_ARGS__);                                                                        \
            print_error("\n");                                                                               \
            fail();                                                                                          \
        }                                                                                                    \
    } while (0)

#endif
