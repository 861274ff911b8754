/* SPDX-License-Identifier: MIT */
/* IP addresses as text, judged by value: an IPv6 address has many spellings. */
#ifndef CLOUD_BASE_ADDRESS_H
#define CLOUD_BASE_ADDRESS_H

#include <stdbool.h>

bool address_is_one(const char *text);      /* IPv4 or IPv6, and not a name */
bool address_is_any(const char *text);      /* 0.0.0.0 or ::, all addresses of this machine */
bool address_is_loopback(const char *text); /* 127.0.0.0/8 or ::1: nobody but this machine reaches it */

#endif
