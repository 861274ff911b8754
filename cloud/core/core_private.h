/* SPDX-License-Identifier: MIT */
/* What the files of cloud/core share and nobody else may include. */
#ifndef CLOUD_CORE_CORE_PRIVATE_H
#define CLOUD_CORE_CORE_PRIVATE_H

#include "cloud/core/core.h"
#include "cloud/store/store.h"

#define CORE_REGION_CAP  33
#define CORE_ACCOUNT_CAP 13
#define CORE_PAGE_MAX    250 /* entries of one list page */

struct notice;

/* All things are to be announced, in slices. */
struct announcement {
    unsigned kinds;                  /* bits of mark_kind; 0: nothing is to be announced */
    char after[CORE_THING_NAME_CAP]; /* how far that has come */
};

struct announcements {
    struct announcement to_subscriber; /* somebody has subscribed for all things at once */
    struct announcement to_sessions;   /* those that the broker has restored */
};

/* Events on their way (events/event_outbox.c), told apart by their numbers, which grow. */
struct event_numbers {
    int64_t newest;         /* given */
    int64_t shown;          /* up to this one, published on this connection to the broker */
    int64_t taken;          /* up to this one, acknowledged by the broker: it does so in order */
    int64_t clearing;       /* this batch takes them off the database up to this one; 0: it does not */
    int64_t forgotten;      /* up to this one, off the database */
    int64_t taken_since_ms; /* wall time of the first acknowledgement that is not cleared */
    int64_t not_before_ms;  /* after a failure */
    int64_t left_out;       /* dropped, and not told */
};

struct core {
    struct store *store;
    char region[CORE_REGION_CAP];
    char account[CORE_ACCOUNT_CAP];
    const struct clock *clock;
    void (*publish)(void *ctx, const char *topic, const char *payload, size_t len, int64_t notice);
    size_t (*room)(void *ctx);
    void (*publish_event)(void *ctx, const char *topic, struct slice payload, int64_t event);
    size_t (*event_room)(void *ctx);
    char *(*sign_link)(void *ctx, const char *bucket, const char *key, int64_t expires_s); /* NULL: nobody */
    void *ctx;

    unsigned requests_per_s; /* 0 = no limit */
    int64_t rate_at_ms;      /* when the bucket was filled last */
    int64_t rate_left;       /* thousandths of a request */

    bool has_batch;
    bool may_write; /* the batch */
    bool is_busy;   /* the last core_begin met another writer */

    /* Marks up to newest_mark have been set, those up to shown_mark were rendered on this connection to the broker. After a
     * COMMIT that fails shown_mark is committed_shown_mark again. */
    int64_t newest_mark, shown_mark, committed_shown_mark;
    /* Notices in order. The first `outbox_committed` ones are on disk and may go out. */
    struct notice *outbox;
    size_t outbox_len, outbox_cap, outbox_committed;
    /* Marks whose notices the broker has taken: the next batch that writes takes them off the database. */
    int64_t *delivered;
    size_t delivered_len, delivered_cap;
    size_t cleared_len;         /* so many of them this batch has taken off */
    int64_t delivered_since_ms; /* wall time of the first of them */

    int64_t due_not_before_ms; /* after a failure: do not spin */
    /* Executions up to this row id were pending, if at all, when the broker started. */
    int64_t announced_up_to_id;
    struct announcements announcements;
    struct event_numbers events;
};

/* CORE_INTERNAL with what the database said. */
enum core_code core_fail_storage(struct core *core, struct core_error *error);

/* Around the writes of one call: core_write_end undoes them unless *error is CORE_OK. Returns error->code. */
struct core_write {
    bool is_open;
};
bool core_write_begin(struct core *core, struct core_write *write, struct core_error *error);
enum core_code core_write_end(struct core *core, const struct core_write *write, struct core_error *error);

/* 1: such a row; 0: none; -1: the database failed. For statements that ask by one text. */
int core_has_row(struct core *core, enum store_statement which, const char *key);

/* Page limits as they come from an edge: CORE_OK or CORE_INVALID_REQUEST. */
enum core_code core_check_page(int64_t limit, struct core_error *error);
/* The same for lists by row id, newest first: the page holds ids below *below. */
enum core_code core_check_row_page(const char *after, int64_t limit, int64_t *below,
                                   struct core_error *error);
/* Gives the rows of a page to fn and ends the query, which asks for one row more than the page holds: that one tells
 * whether there is another page. The first column is the key. */
typedef void (*core_row_fn)(const struct core *core, sqlite3_stmt *row, void *ctx);
enum core_code core_list_rows(struct core *core, sqlite3_stmt *query, int64_t limit, core_row_fn fn,
                              void *ctx, char next[CORE_KEY_CAP], struct core_error *error);
void core_write_row_key(int64_t id, char key[CORE_KEY_CAP]);

#endif
