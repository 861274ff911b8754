/* SPDX-License-Identifier: MIT */
/* One error list for everything below device/api: 0 is good, negative is bad. The list also makes the texts, so a
 * code without a text cannot exist. Functions change their outputs only when they return ERR_OK. */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

#define ERR_LIST(X)                                                                                          \
    X(ERR_OK, 0, "ok")                                                                                       \
    X(ERR_ARG, -1, "bad argument")                                                                           \
    X(ERR_TOO_LONG, -2, "does not fit")                                                                      \
    X(ERR_NOT_FOUND, -3, "not found")                                                                        \
    X(ERR_EXISTS, -4, "exists already")                                                                      \
    X(ERR_BUSY, -5, "busy")                                                                                  \
    X(ERR_FULL, -6, "full")                                                                                  \
    X(ERR_STALE, -7, "out of date")                                                                          \
    X(ERR_RANGE, -8, "out of range")                                                                         \
    X(ERR_TIMEOUT, -9, "timed out")                                                                          \
    X(ERR_OFFLINE, -10, "not connected")                                                                     \
    X(ERR_STORAGE, -11, "storage failed")                                                                    \
    X(ERR_CORRUPT, -12, "stored data is damaged")                                                            \
    X(ERR_UNSUPPORTED, -13, "not available")                                                                 \
    X(ERR_INTERNAL, -14, "internal error")                                                                   \
    X(ERR_TLS, -15, "TLS failed")                                                                            \
    X(ERR_REFUSED, -16, "refused by the peer")                                                               \
    X(ERR_JSON_SYNTAX, -20, "not valid JSON")                                                                \
    X(ERR_JSON_INCOMPLETE, -21, "JSON text ends too early")                                                  \
    X(ERR_JSON_UTF8, -22, "not valid UTF-8")                                                                 \
    X(ERR_JSON_DEPTH, -23, "JSON is nested too deeply")                                                      \
    X(ERR_JSON_NOT_OBJECT, -24, "not a JSON object")                                                         \
    X(ERR_JSON_AMBIGUOUS, -25, "a requested key occurs twice")                                               \
    X(ERR_JSON_STRING, -26, "string has no text form (NUL or a lone surrogate)")

enum err {
#define X(name, value, text) name = (value),
    ERR_LIST(X)
#undef X
};

/* A short English text, never NULL; static storage. */
const char *err_text(enum err err);

#endif
