/* SPDX-License-Identifier: MIT */
/* Asks the kernel: its routing table by a UDP socket that sends nothing, its interfaces by getifaddrs, its radios by /proc. */
#include "ports/linux/interfaces.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WIRELESS_HEAD 2 /* lines before the first interface */
#define MAC_LEN       6

/* The address by which this machine would speak to `peer`: connect() on a UDP socket only looks at the routes. */
static bool source_towards(const struct sockaddr *peer, socklen_t len, struct sockaddr_storage *out)
{
    int fd = socket(peer->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    socklen_t out_len = sizeof(*out);
    bool is_good = connect(fd, peer, len) == 0 && getsockname(fd, (struct sockaddr *)out, &out_len) == 0;
    close(fd);
    return is_good;
}

/* By the addresses that are kept for documentation (RFC 5737, RFC 3849): no table has a route of their own to them. */
static bool default_source(int family, struct sockaddr_storage *out)
{
    struct sockaddr_in peer4 = {.sin_family = AF_INET, .sin_port = htons(9)};
    struct sockaddr_in6 peer6 = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
    if (family == AF_INET) {
        return inet_pton(AF_INET, "203.0.113.1", &peer4.sin_addr) == 1 &&
               source_towards((const struct sockaddr *)&peer4, sizeof(peer4), out);
    }
    return inet_pton(AF_INET6, "2001:db8::1", &peer6.sin6_addr) == 1 &&
           source_towards((const struct sockaddr *)&peer6, sizeof(peer6), out);
}

static const void *address_of(const struct sockaddr *address)
{
    return address->sa_family == AF_INET ? (const void *)&((const struct sockaddr_in *)address)->sin_addr
                                         : (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;
}

static bool is_same(const struct sockaddr *a, const struct sockaddr *b)
{
    size_t len = a->sa_family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
    return a->sa_family == b->sa_family && memcmp(address_of(a), address_of(b), len) == 0;
}

static bool is_ip(const struct ifaddrs *entry)
{
    return entry->ifa_addr &&
           (entry->ifa_addr->sa_family == AF_INET || entry->ifa_addr->sa_family == AF_INET6);
}

static bool leads_further(const struct ifaddrs *entry)
{
    const unsigned up = IFF_UP | IFF_RUNNING;
    if (!is_ip(entry) || (entry->ifa_flags & up) != up || (entry->ifa_flags & IFF_LOOPBACK)) {
        return false;
    }
    if (entry->ifa_addr->sa_family == AF_INET) {
        return true;
    }
    const struct in6_addr *address = address_of(entry->ifa_addr);
    return !IN6_IS_ADDR_LINKLOCAL(address);
}

/* The entry whose address is `source`; NULL for source: the first one of this family that leads further. */
static const struct ifaddrs *entry_of(const struct ifaddrs *list, int family, const struct sockaddr *source)
{
    for (const struct ifaddrs *entry = list; entry; entry = entry->ifa_next) {
        bool is_meant = source ? is_ip(entry) && is_same(entry->ifa_addr, source)
                               : leads_further(entry) && entry->ifa_addr->sa_family == family;
        if (is_meant) {
            return entry;
        }
    }
    return NULL;
}

static const struct ifaddrs *choose(const struct ifaddrs *list)
{
    static const int families[] = {AF_INET, AF_INET6};
    const struct ifaddrs *entry = NULL;
    for (size_t i = 0; !entry && i < 2; i++) {
        struct sockaddr_storage source = {0};
        entry = default_source(families[i], &source)
                    ? entry_of(list, families[i], (const struct sockaddr *)&source)
                    : NULL;
    }
    for (size_t i = 0; !entry && i < 2; i++) {
        entry = entry_of(list, families[i], NULL);
    }
    return entry;
}

enum err interfaces_find(struct interfaces_found *out)
{
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list)) {
        return ERR_NOT_FOUND;
    }
    const struct ifaddrs *entry = choose(list);
    bool is_good = entry && inet_ntop(entry->ifa_addr->sa_family, address_of(entry->ifa_addr), out->address,
                                      sizeof(out->address));
    if (is_good) {
        snprintf(out->name, sizeof(out->name), "%s", entry->ifa_name);
    }
    freeifaddrs(list);
    return is_good ? ERR_OK : ERR_NOT_FOUND;
}

/* An interface without a hardware address (a tunnel, the loopback) shows none, or zeros. */
static bool has_mac(const struct ifaddrs *entry)
{
    static const uint8_t zeros[MAC_LEN];
    if (!entry->ifa_addr || entry->ifa_addr->sa_family != AF_PACKET) {
        return false;
    }
    const struct sockaddr_ll *link = (const void *)entry->ifa_addr;
    return link->sll_halen == MAC_LEN && memcmp(link->sll_addr, zeros, MAC_LEN) != 0;
}

enum err interfaces_mac(const char *name, uint8_t out[6])
{
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list)) {
        return ERR_NOT_FOUND;
    }
    enum err err = ERR_NOT_FOUND;
    for (const struct ifaddrs *entry = list; err && entry; entry = entry->ifa_next) {
        if (has_mac(entry) && (!name || strcmp(entry->ifa_name, name) == 0)) {
            memcpy(out, ((const struct sockaddr_ll *)(const void *)entry->ifa_addr)->sll_addr, MAC_LEN);
            err = ERR_OK;
        }
    }
    freeifaddrs(list);
    return err;
}

/* "  wlan0: 0000   54.  -56.  -256 ...": status, link, level, noise. */
static int8_t level_in(const char *fields)
{
    char *at = NULL;
    strtol(fields, &at, 16);
    strtod(at, &at);
    double level = strtod(at, &at);
    return level < 0 && level >= INT8_MIN ? (int8_t)level : 0;
}

int8_t interfaces_rssi(const char *table_path, const char *name)
{
    FILE *file = fopen(table_path, "re");
    if (!file) {
        return 0;
    }
    char line[256];
    int8_t rssi = 0;
    size_t name_len = strlen(name);
    for (unsigned i = 0; fgets(line, sizeof(line), file); i++) {
        const char *start = line + strspn(line, " ");
        if (i >= WIRELESS_HEAD && strncmp(start, name, name_len) == 0 && start[name_len] == ':') {
            rssi = level_in(start + name_len + 1);
            break;
        }
    }
    fclose(file);
    return rssi;
}
