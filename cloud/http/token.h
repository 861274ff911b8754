/* SPDX-License-Identifier: MIT */
/* Tokens with which clients ask for the next page, opaque to them: the key of the page's last entry in hex, behind a check value
 * over the key and the list that it belongs to, so that a token of another list, or any other text, is refused instead of giving a
 * wrong page. */
#ifndef CLOUD_HTTP_TOKEN_H
#define CLOUD_HTTP_TOKEN_H

#include "cloud/http/call.h"

/* The check value: of the list that `call` asks for, and a key. */
typedef unsigned long long (*token_check_fn)(const struct call *call, const char *key);

/* Both malloc'd. token_read gives the key; NULL: not a token of this list. */
char *token_write(const struct call *call, token_check_fn check, const char *key);
char *token_read(const struct call *call, token_check_fn check, const char *token);

#endif
