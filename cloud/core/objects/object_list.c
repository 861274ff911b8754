/* SPDX-License-Identifier: MIT */
/* Lists of objects: a walk over the keys in their order (that of their bytes), which leaps over everything that a common
 * prefix stands for, so that a page costs as many steps as it has entries. */
#include "cloud/core/objects/objects.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/core/core_private.h"
#include "cloud/core/objects/object_row.h"

#include <stdlib.h>
#include <string.h>

#define KEY_COLUMN 7 /* of STORE_OBJECT_NEXT */

/* No byte of UTF-8: behind a prefix it stands after every key that begins so. */
#define BEHIND_ALL "\xff"

/* The length of the common prefix that this key belongs to; 0: it stands for itself. */
static size_t common_len(const struct object_query *query, const char *key)
{
    size_t prefix_len = strlen(query->prefix);
    if (!*query->delimiter || strncmp(key, query->prefix, prefix_len) != 0) {
        return 0;
    }
    const char *found = strstr(key + prefix_len, query->delimiter);
    return found ? (size_t)(found - key) + strlen(query->delimiter) : 0;
}

/* Where the walk begins, as the key before. The page before may have ended with a common prefix. */
static char *first_position(const struct object_query *query)
{
    size_t prefix_len = strlen(query->prefix);
    size_t after_len = strlen(query->after);
    if (after_len > 0 && common_len(query, query->after) == after_len) {
        return text_format("%s" BEHIND_ALL, query->after);
    }
    if (strcmp(query->after, query->prefix) >= 0 || prefix_len == 0) {
        return text_copy(query->after);
    }
    /* Behind every key that is smaller than the prefix, and before the key that is the prefix: its last byte less by one. */
    char *position = text_format("%s" BEHIND_ALL, query->prefix);
    position[prefix_len - 1]--;
    return position;
}

/* 1: an object behind the position; 0: none that begins with the prefix; -1: the database failed. */
static int read_next(struct core *core, const char *bucket, const struct object_query *query,
                     const char *position, struct object *object, char **key)
{
    sqlite3_stmt *row = STORE_QUERY(core->store, STORE_OBJECT_NEXT, store_text(bucket), store_text(position));
    int got = store_row(core->store, row);
    if (got == 1) {
        object_read_row(row, object);
        *key = store_column_dup(row, KEY_COLUMN);
    }
    store_done(row);
    if (got == 1 && strncmp(*key, query->prefix, strlen(query->prefix)) != 0) {
        object_clear(object);
        free(*key);
        return 0;
    }
    return got;
}

struct walk {
    char *position; /* the next key stands behind it */
    char *last;     /* the name of the last entry; NULL: none yet */
};

static void replace(char **text, char *with)
{
    free(*text);
    *text = with;
}

/* One entry: the object, or what it has in common with others. */
static void take(struct walk *walk, const struct object_query *query, char *key, const struct object *object,
                 object_fn fn, void *ctx)
{
    size_t len = common_len(query, key);
    if (len > 0) {
        key[len] = '\0';
        replace(&walk->position, text_format("%s" BEHIND_ALL, key));
    } else {
        replace(&walk->position, text_copy(key));
    }
    fn(ctx, key, len > 0 ? NULL : object);
    replace(&walk->last, text_copy(key));
}

enum core_code objects_list(struct core *core, const char *bucket, const struct object_query *query,
                            object_fn fn, void *ctx, char **next, struct core_error *error)
{
    *next = NULL;
    if (buckets_head(core, bucket, error)) {
        return error->code;
    }
    if (query->limit < 0 || query->limit > OBJECT_LIST_MAX) {
        return core_fail(error, CORE_INVALID_REQUEST, "a page holds 0 to %d entries", OBJECT_LIST_MAX);
    }
    struct walk walk = {.position = first_position(query)};
    int got = 0;
    for (int64_t left = query->limit; left >= 0 && query->limit > 0; left--) {
        struct object object = {0};
        char *key = NULL;
        got = read_next(core, bucket, query, walk.position, &object, &key);
        if (got == 1 && left > 0) {
            take(&walk, query, key, &object, fn, ctx);
        }
        object_clear(&object);
        free(got == 1 ? key : NULL);
        if (got != 1) {
            break;
        }
    }
    free(walk.position);
    if (got == 1) {
        *next = walk.last;
        return CORE_OK;
    }
    free(walk.last);
    return got < 0 ? core_fail_storage(core, error) : CORE_OK;
}
