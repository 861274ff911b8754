/* SPDX-License-Identifier: MIT */
#include "fuzz/json_oracle.h"

#include <jansson.h>

enum json_opinion json_oracle_ask(const char *text, size_t len)
{
    json_error_t error;
    json_t *root = json_loadb(text, len, JSON_ALLOW_NUL, &error);
    if (root != NULL) {
        json_decref(root);
        return JSON_OPINION_GOOD;
    }
    return json_error_code(&error) == json_error_numeric_overflow ? JSON_OPINION_NUMBER_TOO_LARGE
                                                                  : JSON_OPINION_BAD;
}
