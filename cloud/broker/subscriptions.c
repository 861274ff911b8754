/* SPDX-License-Identifier: MIT */
#include "cloud/broker/subscriptions.h"

#include <stdlib.h>
#include <string.h>

#define PLACES 4096 /* at most 2 MB, when all are taken */

/* FNV-1a */
static uint64_t hash_of(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    }
    return hash;
}

/* Its place, or `count` when the filter is not there. */
static size_t find(const struct subscriptions *subscriptions, uint64_t hash)
{
    size_t i = 0;
    while (i < subscriptions->count && subscriptions->filters[i] != hash) {
        i++;
    }
    return i;
}

bool subscriptions_add(struct subscriptions *subscriptions, const char *filter)
{
    uint64_t hash = hash_of(filter);
    if (find(subscriptions, hash) < subscriptions->count) {
        return true;
    }
    if (subscriptions->count == SUBSCRIPTIONS_MAX) {
        return false;
    }
    subscriptions->filters[subscriptions->count++] = hash;
    return true;
}

void subscriptions_remove(struct subscriptions *subscriptions, const char *filter)
{
    size_t i = find(subscriptions, hash_of(filter));
    if (i < subscriptions->count) {
        subscriptions->filters[i] = subscriptions->filters[--subscriptions->count];
    }
}

struct session {
    uint64_t client; /* hash of the client id */
    struct subscriptions subscriptions;
};

struct session_memory {
    struct session *places[PLACES]; /* NULL: free */
};

struct session_memory *session_memory_create(void)
{
    return calloc(1, sizeof(struct session_memory));
}

void session_memory_destroy(struct session_memory *memory)
{
    if (memory == NULL) {
        return;
    }
    for (size_t i = 0; i < PLACES; i++) {
        free(memory->places[i]);
    }
    free(memory);
}

void session_memory_keep(struct session_memory *memory, const char *client_id,
                         const struct subscriptions *subscriptions)
{
    uint64_t client = hash_of(client_id);
    struct session **place = &memory->places[client % PLACES];
    if (*place == NULL) {
        *place = malloc(sizeof(**place));
    }
    if (*place != NULL) {
        **place = (struct session){client, *subscriptions};
    }
}

struct subscriptions session_memory_take(struct session_memory *memory, const char *client_id)
{
    uint64_t client = hash_of(client_id);
    struct session **place = &memory->places[client % PLACES];
    struct subscriptions kept = {0};
    if (*place == NULL || (*place)->client != client) {
        return kept;
    }
    kept = (*place)->subscriptions;
    free(*place);
    *place = NULL;
    return kept;
}
