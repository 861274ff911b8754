/* SPDX-License-Identifier: MIT */
/* Lists of uploads in pieces: what they cost (docs/protocol.md 11). */
// LINK: cloud_core -Wl,--wrap=store_row
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/objects/uploads.h"
#include "fakes/core_fixture.h"

#define EACH 40 /* uploads of each first letter */

static int rows_read;

struct store;
struct sqlite3_stmt;
int __real_store_row(struct store *store, struct sqlite3_stmt *query);
int __wrap_store_row(struct store *store, struct sqlite3_stmt *query);

int __wrap_store_row(struct store *store, struct sqlite3_stmt *query)
{
    rows_read++;
    return __real_store_row(store, query);
}

static void count_upload(void *ctx, const struct upload *upload)
{
    assert_int_equal(upload->key[0], 'm');
    ++*(int *)ctx;
}

static struct fixture *with_uploads(void **state)
{
    struct fixture *fx = *state;
    FIXTURE_OK(fx, buckets_create(fx->core, "docs", &fx->error));
    for (char first = 'l'; first <= 'n'; first++) {
        for (int i = 0; i < EACH; i++) {
            char key[16], id[UPLOAD_ID_CAP];
            snprintf(key, sizeof key, "%c%02d", first, i);
            FIXTURE_OK(fx, uploads_create(fx->core, "docs", key, &(struct object_info){.headers = ""}, id,
                                          &fx->error));
        }
    }
    return fx;
}

/* How many uploads a page has; *has_more as it was told. */
static int list(struct fixture *fx, struct upload_query query, bool *has_more)
{
    int count = 0;
    rows_read = 0;
    FIXTURE_OK(fx, uploads_list(fx->core, "docs", &query, count_upload, &count, has_more, &fx->error));
    return count;
}

/* A page costs as many rows as it has entries, whatever else is in the bucket: one more for what follows, and the bucket. */
static void a_page_costs_what_it_holds(void **state)
{
    struct fixture *fx = with_uploads(state);
    static const struct {
        const char *after_key;
        int64_t limit;
        int count;
        bool has_more;
    } rows[] = {
        {"", 1000, EACH, false},        {"", 3, 3, true},     {"a", 3, 3, true},
        {"m00", 1000, EACH - 1, false}, {"m39", 3, 0, false}, {"n00", 1000, 0, false},
        {"", EACH, EACH, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool has_more = !rows[i].has_more;
        struct upload_query query = {
            .prefix = "m", .after_key = rows[i].after_key, .after_id = "", .limit = rows[i].limit};
        assert_int_equal(list(fx, query, &has_more), rows[i].count);
        assert_int_equal(has_more, rows[i].has_more);
        assert_in_range(rows_read, 1, rows[i].count + 4);
    }
}

static void a_page_of_none_is_the_last(void **state)
{
    struct fixture *fx = with_uploads(state);
    bool has_more = true;
    struct upload_query query = {.prefix = "", .after_key = "", .after_id = "", .limit = 0};
    assert_int_equal(list(fx, query, &has_more), 0);
    assert_false(has_more);
}

/* A key that is the prefix itself is in the list, and a page may end inside of its uploads. */
static void the_prefix_itself_is_a_key(void **state)
{
    struct fixture *fx = with_uploads(state);
    char ids[3][UPLOAD_ID_CAP];
    bool has_more = true;
    for (int i = 0; i < 3; i++) {
        fx->now_ms++;
        FIXTURE_OK(fx, uploads_create(fx->core, "docs", "m", &(struct object_info){.headers = ""}, ids[i],
                                      &fx->error));
    }
    struct upload_query query = {.prefix = "m", .after_key = "", .after_id = "", .limit = 1000};
    assert_int_equal(list(fx, query, &has_more), EACH + 3);
    query.after_key = "m";
    assert_int_equal(list(fx, query, &has_more), EACH);
    query.after_id = ids[0];
    assert_int_equal(list(fx, query, &has_more), EACH + 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_page_costs_what_it_holds),
        TEST(a_page_of_none_is_the_last),
        TEST(the_prefix_itself_is_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
