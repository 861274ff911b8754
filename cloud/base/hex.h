/* SPDX-License-Identifier: MIT */
/* Bytes as hexadecimal digits. */
#ifndef CLOUD_BASE_HEX_H
#define CLOUD_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>

/* In lower case; `out` has room for 2 * len + 1. */
void hex_write(const void *bytes, size_t len, char *out);

/* 0..15, upper or lower case; -1: no digit. */
int hex_digit(char c);

/* The bytes that the first 2 * len characters of `text` stand for, upper or lower case. false: one of them is no digit. */
bool hex_read(const char *text, size_t len, void *bytes);

#endif
