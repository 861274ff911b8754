/* SPDX-License-Identifier: MIT */
/* What the files of cloud/core share and nobody else may include. */
#ifndef CLOUD_CORE_CORE_PRIVATE_H
#define CLOUD_CORE_CORE_PRIVATE_H

#include "cloud/core/core.h"
#include "cloud/store/store.h"

#define CORE_REGION_CAP  33
#define CORE_ACCOUNT_CAP 13
#define CORE_PAGE_MAX    250 /* entries of one list page */

struct notice {
    char *topic;
    char *payload;
    size_t payload_len;
};

struct core {
    struct store *store;
    char region[CORE_REGION_CAP];
    char account[CORE_ACCOUNT_CAP];
    int64_t (*now_ms)(void *ctx);
    void (*publish)(void *ctx, const char *topic, const char *payload, size_t len);
    void *ctx;

    unsigned requests_per_s; /* 0 = no limit */
    int64_t rate_at_ms;      /* when the bucket was filled last */
    int64_t rate_left;       /* thousandths of a request */

    bool has_batch;
    int64_t timers_wait_until_ms; /* after a failed COMMIT: do not spin */

    /* Notifications in order. The first `committed` ones are on disk and may go out. */
    struct notice *outbox;
    size_t outbox_len, outbox_cap, outbox_committed;
};

/* CORE_INTERNAL with what the database said. */
enum core_code core_fail_storage(struct core *core, struct core_error *error);

/* Around the writes of one call: core_write_end undoes them (and the notices that they caused) unless *error is
 * CORE_OK. Returns error->code. */
struct core_write {
    size_t outbox_len;
    bool is_open;
};
bool core_write_begin(struct core *core, struct core_write *write, struct core_error *error);
enum core_code core_write_end(struct core *core, const struct core_write *write, struct core_error *error);

/* Takes over topic and payload (malloc'd; freed on failure, too). */
bool core_outbox_add(struct core *core, char *topic, char *payload, size_t payload_len);
void core_outbox_truncate(struct core *core, size_t len);

/* 1: such a row; 0: none; -1: the database failed. For statements that ask by one text. */
int core_has_row(struct core *core, enum store_statement which, const char *key);

/* Page limits as they come from an edge: CORE_OK or CORE_INVALID_REQUEST. */
enum core_code core_check_page(int64_t limit, struct core_error *error);
/* The same for lists by row id, newest first: the page holds ids below *below. */
enum core_code core_check_row_page(const char *after, int64_t limit, int64_t *below,
                                   struct core_error *error);
void core_write_row_key(int64_t id, char key[CORE_KEY_CAP]);

#endif
