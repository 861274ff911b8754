/* SPDX-License-Identifier: MIT */
/* The store by itself: schema versions, refusals, settings, savepoints, and the reader beside it (the broker plugin). */
// LINK: cloud_store
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/store/schema.h"
#include "cloud/store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];
static char path[128];
static char why[256];

static int make_directory(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/store_XXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/iot.db", directory);
    why[0] = '\0';
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    const char *ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < 4; i++) {
        char name[160];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    return rmdir(directory);
}

static struct store *open_store(void)
{
    struct store *store = store_open(path, NULL, why, sizeof why);
    if (!store) {
        fail_msg("%s", why);
    }
    return store;
}

/* A second look at the file, as the plugin has it. */
static sqlite3 *open_reader(void)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    return db;
}

static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static void change_file(const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static bool add_thing(struct store *store, const char *name)
{
    return store_run(store, STORE_QUERY(store, STORE_THING_INSERT, store_text(name), store_text("id"),
                                        store_text("{}"), store_i64(1), store_text(NULL), store_text(NULL)));
}

static bool has_thing(struct store *store, const char *name)
{
    sqlite3_stmt *query = STORE_QUERY(store, STORE_THING_EXISTS, store_text(name));
    int got = store_row(store, query);
    store_done(query);
    assert_true(got >= 0);
    return got == 1;
}

/* --- Opening --- */

static void new_database(void **state)
{
    (void)state;
    struct stat info;
    struct store *store = open_store();
    sqlite3 *reader = open_reader();
    assert_int_equal(ask(reader, "SELECT version FROM schema_version"), (int64_t)schema_step_count);
    assert_int_equal(ask(reader, "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"), 1);
    assert_int_equal(ask(reader, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    sqlite3_close(reader);
    store_close(store);
}

static void an_open_file_is_made_private(void **state)
{
    (void)state;
    struct stat info;
    store_close(open_store());
    assert_int_equal(chmod(path, 0666), 0);
    store_close(open_store());
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

/* Every table is STRICT: what is not a number is not taken for one, and "007" stays text. */
static void tables_are_strict(void **state)
{
    (void)state;
    struct store *store = open_store();
    sqlite3 *reader = open_reader();
    assert_int_equal(ask(reader, "SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND strict = 0"
                                 " AND name NOT LIKE 'sqlite_%'"),
                     0);
    assert_true(ask(reader, "SELECT count(*) FROM pragma_table_list WHERE strict = 1") >= 10);
    assert_true(add_thing(store, "007"));
    assert_true(has_thing(store, "007"));
    assert_false(has_thing(store, "7"));
    sqlite3_close(reader);
    store_close(store);
}

static void foreign_keys_hold(void **state)
{
    (void)state;
    struct store *store = open_store();
    assert_false(store_run(store, STORE_QUERY(store, STORE_PRINCIPAL_ATTACH, store_text("none"),
                                              store_text("none"), store_text("none"))));
    assert_string_equal(store_error(store), "FOREIGN KEY constraint failed");
    store_close(store);
}

static void refuses(const char *says)
{
    assert_null(store_open(path, NULL, why, sizeof why));
    if (!strstr(why, says) || !strstr(why, path)) {
        fail_msg("'%s' does not name '%s' and the file", why, says);
    }
}

static void newer_schema_is_refused(void **state)
{
    (void)state;
    store_close(open_store());
    change_file("UPDATE schema_version SET version = 99");
    refuses("newer iot-local (schema 99");
    assert_non_null(strstr(why, "update iot-local"));
    assert_non_null(strstr(why, "--data"));
    sqlite3 *reader = open_reader();
    assert_int_equal(ask(reader, "SELECT version FROM schema_version"), 99); /* and nothing was changed */
    sqlite3_close(reader);
}

static void not_a_database_is_refused(void **state)
{
    (void)state;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++) {
        fputs("this is text, and much of it\n", file);
    }
    fclose(file);
    refuses("not a database");
}

static void another_programs_database_is_refused(void **state)
{
    (void)state;
    change_file("CREATE TABLE things (a); INSERT INTO things VALUES (1)");
    refuses("things");
    sqlite3 *reader = open_reader();
    assert_int_equal(ask(reader, "SELECT a FROM things"), 1);
    sqlite3_close(reader);
}

static void missing_table_is_refused(void **state)
{
    (void)state;
    store_close(open_store());
    change_file("DROP TABLE objects");
    refuses("objects");
}

static void missing_directory_is_refused(void **state)
{
    (void)state;
    assert_null(store_open("/nonexistent/iot.db", NULL, why, sizeof why));
    assert_non_null(strstr(why, "/nonexistent/iot.db: No such file or directory"));
}

/* --- Upgrades, with steps of our own --- */

static const struct schema_place nowhere;

static const struct schema_step steps[] = {
    {.sql = "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1)"},
    {.sql = "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x + 1"},
    {.sql = "UPDATE a SET y = y * 10"},
};

static void upgrade_goes_step_by_step(void **state)
{
    (void)state;
    for (size_t first = 0; first <= 3; first++) {
        sqlite3 *db = NULL;
        assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
        assert_int_equal(schema_upgrade(db, steps, first, &nowhere, why, sizeof why), ERR_OK);
        assert_int_equal(schema_upgrade(db, steps, 3, &nowhere, why, sizeof why), ERR_OK);
        assert_int_equal(schema_upgrade(db, steps, 3, &nowhere, why, sizeof why), ERR_OK); /* nothing to do */
        assert_int_equal(ask(db, "SELECT y FROM a"), 20);
        assert_int_equal(ask(db, "SELECT version FROM schema_version"), 3);
        assert_int_equal(schema_upgrade(db, steps, 2, &nowhere, why, sizeof why), ERR_UNSUPPORTED);
        sqlite3_close(db);
    }
}

/* A step that fails leaves the version before it, whole; a later try goes on from there. */
static void failed_step_leaves_the_version_before(void **state)
{
    (void)state;
    const struct schema_step broken[] = {
        steps[0], {.sql = "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE missing SET y = 1"}, steps[2]};
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(schema_upgrade(db, broken, 3, &nowhere, why, sizeof why), ERR_STORAGE);
    assert_string_equal(why, "no such table: missing");
    assert_int_equal(ask(db, "SELECT count(*) FROM schema_version"), 0); /* a fresh one has all or nothing */
    assert_int_equal(schema_upgrade(db, broken, 1, &nowhere, why, sizeof why), ERR_OK);
    assert_int_equal(schema_upgrade(db, broken, 3, &nowhere, why, sizeof why), ERR_STORAGE);
    assert_true(sqlite3_get_autocommit(db));
    assert_int_equal(ask(db, "SELECT version FROM schema_version"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM pragma_table_info('a')"), 1);
    assert_int_equal(schema_upgrade(db, steps, 3, &nowhere, why, sizeof why), ERR_OK);
    assert_int_equal(ask(db, "SELECT y FROM a"), 20);
    sqlite3_close(db);
}

/* --- Transactions --- */

static void savepoints(void **state)
{
    (void)state;
    struct store *store = open_store();
    assert_true(store_begin(store));
    assert_true(store_savepoint(store));
    assert_true(add_thing(store, "kept"));
    assert_true(store_savepoint_end(store, true));
    assert_true(store_savepoint(store));
    assert_true(add_thing(store, "undone"));
    assert_false(add_thing(store, "undone")); /* the name is taken */
    assert_true(store_savepoint_end(store, false));
    assert_true(store_savepoint(store));
    assert_true(add_thing(store, "also-kept"));
    assert_true(store_savepoint_end(store, true));
    assert_true(store_commit(store));
    assert_true(has_thing(store, "kept"));
    assert_true(has_thing(store, "also-kept"));
    assert_false(has_thing(store, "undone"));
    store_close(store);
}

static void close_without_commit_undoes(void **state)
{
    (void)state;
    struct store *store = open_store();
    assert_true(store_begin(store));
    assert_true(add_thing(store, "a"));
    store_close(store);
    store = open_store();
    assert_false(has_thing(store, "a"));
    store_close(store);
}

/* The broker plugin reads while the service writes: neither waits, and it notices a COMMIT by data_version. */
static void reader_beside_the_writer(void **state)
{
    (void)state;
    struct store *store = open_store();
    sqlite3 *reader = open_reader();
    int64_t version = ask(reader, "PRAGMA data_version");
    assert_true(store_begin(store));
    assert_true(add_thing(store, "a"));
    assert_int_equal(ask(reader, "SELECT count(*) FROM things"), 0);
    assert_int_equal(ask(reader, "PRAGMA data_version"), version);
    assert_true(store_commit(store));
    assert_int_equal(ask(reader, "SELECT count(*) FROM things"), 1);
    assert_int_not_equal(ask(reader, "PRAGMA data_version"), version);

    /* the columns that cloud/README.md promises */
    ask(reader, "SELECT count(certificate_id) + count(status) FROM certificates");
    ask(reader, "SELECT count(name) + count(document) FROM policies");
    ask(reader, "SELECT count(policy_name) + count(target_kind) + count(target) FROM policy_attachments");
    ask(reader, "SELECT count(thing_name) + count(certificate_id) FROM thing_principals");
    ask(reader, "SELECT count FROM principal_changes");
    sqlite3_close(reader);
    store_close(store);
}

/* A reader that sits on an old snapshot must not make the writer fail. */
static void slow_reader_does_not_stop_the_writer(void **state)
{
    (void)state;
    struct store *store = open_store();
    sqlite3 *reader = open_reader();
    assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT * FROM things", NULL, NULL, NULL), SQLITE_OK);
    for (int i = 0; i < 50; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%d", i);
        assert_true(store_begin(store));
        assert_true(add_thing(store, name));
        assert_true(store_commit(store));
    }
    assert_int_equal(ask(reader, "SELECT count(*) FROM things"), 0);
    sqlite3_close(reader);
    store_close(store);
}

/* --- Values --- */

static void values_come_back(void **state)
{
    (void)state;
    struct store *store = open_store();
    const char text[] = {'a', 'b', 'c'}; /* no NUL behind it */
    assert_true(
        store_run(store, STORE_QUERY(store, STORE_BUCKET_INSERT, store_text("docs"), store_i64(INT64_MIN))));
    assert_true(store_run(
        store, STORE_QUERY(store, STORE_OBJECT_PUT, store_text("docs"), store_slice((struct slice){text, 3}),
                           store_text("etag"), store_text(""), store_i64(INT64_MAX), store_i64(0),
                           store_text("file"), store_text(""), store_text(NULL), store_text(NULL))));
    sqlite3_stmt *query = STORE_QUERY(store, STORE_OBJECT_GET, store_text("docs"), store_text("abc"));
    assert_int_equal(store_row(store, query), 1);
    char small[4];
    store_column_copy(query, 0, small, sizeof small);
    assert_string_equal(small, "eta");
    char *copy = store_column_dup(query, 1);
    assert_string_equal(copy, "");
    free(copy);
    assert_int_equal(store_column_i64(query, 2), INT64_MAX);
    assert_int_equal(store_row(store, query), 0);
    store_done(query);
    store_close(store);
}

static void null_and_no_time(void **state)
{
    (void)state;
    assert_int_equal(store_text(NULL).type, STORE_NULL);
    assert_int_equal(store_time(0).type, STORE_NULL);
    assert_int_equal(store_time(1).type, STORE_I64);
    assert_int_equal(store_slice(SLICE_EMPTY).type, STORE_TEXT);
    assert_non_null(store_slice(SLICE_EMPTY).ptr);
}

/* --- Speed: every statement finds its rows by an index and needs no sorting --- */

static bool may_scan(enum store_statement which)
{
    /* lists of everything, newest or alphabetically first, page by page: the index gives the order */
    return which == STORE_THING_LIST || which == STORE_JOB_LIST || which == STORE_DUE_NEXT ||
           which == STORE_EXECUTION_NEXT_THING || which == STORE_MARK_NEWEST ||
           which == STORE_EXECUTION_NEWEST || which == STORE_CENSUS || which == STORE_ANNOUNCED_EMPTY;
}

/* One step of its plan: the values of one row, nothing at all, all rows by their numbers, or by the order of an index. */
static bool may_step_scan(enum store_statement which, const char *step)
{
    return strstr(step, "json_each") || strstr(step, "CONSTANT ROW") || which == STORE_JOB_LIST ||
           which == STORE_ANCHOR_LIST || (may_scan(which) && strstr(step, "INDEX"));
}

/* the executions and the targets of one job: 100 things with 10 retries at most */
static bool may_sort(enum store_statement which)
{
    return which == STORE_JOB_COUNTS || which == STORE_JOB_TARGETS || which == STORE_EXECUTION_LIST_JOB;
}

static void statements_use_indexes(void **state)
{
    (void)state;
    static const char *const texts[] = {
#define X(name, sql) sql,
        STORE_STATEMENT_LIST(X)
#undef X
    };
    struct store *store = open_store();
    sqlite3 *reader = open_reader();
    for (size_t i = 0; i < STORE_STATEMENT_COUNT; i++) {
        char sql[2048];
        sqlite3_stmt *plan = NULL;
        if (strstr(texts[i], "temp.")) { /* of one connection, which the reader is not */
            continue;
        }
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", texts[i]);
        assert_int_equal(sqlite3_prepare_v2(reader, sql, -1, &plan, NULL), SQLITE_OK);
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(plan, 3);
            bool is_sorted = strstr(step, "TEMP B-TREE") && !may_sort((enum store_statement)i);
            bool is_scan = strstr(step, "SCAN") && !may_step_scan((enum store_statement)i, step);
            if (is_sorted || is_scan) {
                fail_msg("%s: %s", texts[i], step);
            }
        }
        sqlite3_finalize(plan);
    }
    sqlite3_close(reader);
    store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_database),
        TEST(an_open_file_is_made_private),
        TEST(tables_are_strict),
        TEST(foreign_keys_hold),
        TEST(newer_schema_is_refused),
        TEST(not_a_database_is_refused),
        TEST(another_programs_database_is_refused),
        TEST(missing_table_is_refused),
        TEST(missing_directory_is_refused),
        TEST(upgrade_goes_step_by_step),
        TEST(failed_step_leaves_the_version_before),
        TEST(savepoints),
        TEST(close_without_commit_undoes),
        TEST(reader_beside_the_writer),
        TEST(slow_reader_does_not_stop_the_writer),
        TEST(values_come_back),
        TEST(null_and_no_time),
        TEST(statements_use_indexes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
