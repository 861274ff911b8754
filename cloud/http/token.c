/* SPDX-License-Identifier: MIT */
#include "cloud/http/token.h"

#include "cloud/base/hex.h"
#include "cloud/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_DIGITS 16

char *token_write(const struct call *call, token_check_fn check, const char *key)
{
    char *token = memory_resize(NULL, CHECK_DIGITS + 2 * strlen(key) + 1);
    sprintf(token, "%016llx", check(call, key));
    hex_write(key, strlen(key), token + CHECK_DIGITS);
    return token;
}

/* Written again it must be the same. */
char *token_read(const struct call *call, token_check_fn check, const char *token)
{
    size_t len = strlen(token);
    if (len <= CHECK_DIGITS || len % 2 != 0) {
        return NULL;
    }
    size_t key_len = (len - CHECK_DIGITS) / 2;
    char *key = memory_zeroed(key_len + 1);
    char *again = hex_read(token + CHECK_DIGITS, key_len, key) ? token_write(call, check, key) : NULL;
    bool is_ours = again && strcmp(again, token) == 0;
    free(again);
    if (!is_ours) {
        free(key);
        return NULL;
    }
    return key;
}
