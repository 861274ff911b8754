/* SPDX-License-Identifier: MIT */
/* A hash table of client ids, and a list of those that are away, in the order in which they left. */
#include "cloud/broker/versions.h"

#include <stddef.h>
#include <stdlib.h>

#define BUCKETS 8192

struct entry {
    struct entry *next; /* in its bucket */
    uint64_t client;    /* hash of the client id */
    int64_t version;    /* of the newest connection */
    unsigned live;      /* connections; 0: the entry is in the list of those that are away */
    int64_t left_at_ms;
    struct entry *earlier, *later; /* in that list */
};

struct versions {
    struct entry *buckets[BUCKETS];
    struct entry *first, *last; /* away: who has left first, and last */
    unsigned away;
};

/* FNV-1a */
static uint64_t hash_of(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    }
    return hash;
}

/* Where the pointer to this client's entry is, or would be. */
static struct entry **find(struct versions *versions, uint64_t client)
{
    struct entry **link = &versions->buckets[client % BUCKETS];
    while (*link != NULL && (*link)->client != client) {
        link = &(*link)->next;
    }
    return link;
}

struct versions *versions_create(void)
{
    return calloc(1, sizeof(struct versions));
}

void versions_destroy(struct versions *versions)
{
    for (size_t i = 0; versions != NULL && i < BUCKETS; i++) {
        while (versions->buckets[i] != NULL) {
            struct entry *entry = versions->buckets[i];
            versions->buckets[i] = entry->next;
            free(entry);
        }
    }
    free(versions);
}

static void come_back(struct versions *versions, struct entry *entry)
{
    *(entry->earlier != NULL ? &entry->earlier->later : &versions->first) = entry->later;
    *(entry->later != NULL ? &entry->later->earlier : &versions->last) = entry->earlier;
    versions->away--;
}

static void go_away(struct versions *versions, struct entry *entry)
{
    entry->earlier = versions->last;
    entry->later = NULL;
    *(versions->last != NULL ? &versions->last->later : &versions->first) = entry;
    versions->last = entry;
    versions->away++;
}

/* Those that are away for an hour, and those that are too many. */
static void forget(struct versions *versions, int64_t now_ms)
{
    while (versions->first != NULL &&
           (versions->away > VERSIONS_AWAY_MAX || now_ms - versions->first->left_at_ms >= VERSIONS_AWAY_MS)) {
        struct entry *entry = versions->first;
        struct entry **link = find(versions, entry->client);
        versions->first = entry->later;
        *(entry->later != NULL ? &entry->later->earlier : &versions->last) = NULL;
        versions->away--;
        *link = entry->next;
        free(entry);
    }
}

int64_t versions_connect(struct versions *versions, const char *client_id, int64_t now_ms)
{
    forget(versions, now_ms);
    uint64_t client = hash_of(client_id);
    struct entry **link = find(versions, client);
    if (*link == NULL) {
        *link = calloc(1, sizeof(**link));
        if (*link == NULL) {
            return -1;
        }
        **link = (struct entry){.client = client, .live = 1};
        return 0;
    }
    if ((*link)->live == 0) {
        come_back(versions, *link);
    }
    (*link)->live++;
    return ++(*link)->version;
}

void versions_leave(struct versions *versions, const char *client_id, int64_t now_ms)
{
    struct entry *entry = *find(versions, hash_of(client_id));
    if (entry == NULL || entry->live == 0) {
        return;
    }
    if (--entry->live == 0) {
        entry->left_at_ms = now_ms;
        go_away(versions, entry);
    }
    forget(versions, now_ms);
}
