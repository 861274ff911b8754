/* SPDX-License-Identifier: MIT */
#include "cloud/base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

/* An IPv4 address becomes its mapped form, ::ffff:a.b.c.d. */
static bool read_address(const char *text, struct in6_addr *out)
{
    struct in_addr v4;
    if (inet_pton(AF_INET6, text, out) == 1) {
        return true;
    }
    if (inet_pton(AF_INET, text, &v4) != 1) {
        return false;
    }
    *out = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    for (int i = 0; i < 4; i++) {
        out->s6_addr[12 + i] = (unsigned char)(ntohl(v4.s_addr) >> (24 - 8 * i));
    }
    return true;
}

bool address_is_one(const char *text)
{
    struct in6_addr address;
    return read_address(text, &address);
}

bool address_is_any(const char *text)
{
    struct in6_addr address;
    if (!read_address(text, &address)) {
        return false;
    }
    bool is_any_v4 = IN6_IS_ADDR_V4MAPPED(&address) && !address.s6_addr[12] && !address.s6_addr[13] &&
                     !address.s6_addr[14] && !address.s6_addr[15];
    return IN6_IS_ADDR_UNSPECIFIED(&address) || is_any_v4;
}

bool address_is_loopback(const char *text)
{
    struct in6_addr address;
    return read_address(text, &address) &&
           (IN6_IS_ADDR_LOOPBACK(&address) ||
            (IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr[12] == IN_LOOPBACKNET));
}
