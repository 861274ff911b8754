/* SPDX-License-Identifier: MIT */
/* An upgrade loses nothing: filled databases of every released schema, cut off at every point, with a disk that fails at
 * every write. */
// LINK: cloud_store
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/base/text.h"
#include "cloud/store/schema.h"
#include "cloud/store/store.h"
#include "fakes/cut_process.h"
#include "fakes/failing_vfs.h"
#include "fakes/sqlite_rows.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CERT "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define ARN  "arn:aws:iot:us-east-1:123456789012:thing/"

#define RELEASED 2 /* schemas that programs out there have */

static char directory[64];
static char path[128];
static char objects[128];
static char why[512];

static void clear_directory(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        char name[400];
        snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.' && unlink(name) && rmdir(name)) {
            clear_directory(name);
            rmdir(name);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

static int make_directory(void **state)
{
    (void)state;
    /* In memory where there is such a folder: hundreds of upgrades, and what a kill leaves is the same there. */
    snprintf(directory, sizeof directory, "%s/schema_XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/iot.db", directory);
    snprintf(objects, sizeof objects, "%s/objects", directory);
    why[0] = '\0';
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    failing_at(0, 0, false);
    clear_directory(directory);
    return rmdir(directory);
}

/* --- Databases of released schemas --- */

/* Something in every table and every column; the highest ids have been deleted again. */
static const char filling[] =
    "INSERT INTO things VALUES ('lamp', 'uuid-1', '{\"a\":\"b\"}', 3, 11), ('a:b', 'uuid-2', '{}', 1, 12);"
    "INSERT INTO certificates VALUES ('" CERT "', 'ACTIVE', 21, 22, 23, 24, 'PEM');"
    "INSERT INTO thing_principals VALUES ('" CERT "', 'lamp');"
    "INSERT INTO policies VALUES ('p', 31, '{\"p\":1}'), ('q', 32, '{\"q\":1}');"
    "INSERT INTO policy_attachments VALUES ('" CERT "', 'p'), ('" CERT "', 'q');"
    "INSERT INTO jobs VALUES"
    " (5, 'full', 'CANCELED', 1, 41, 42, 43, 7, 1, 2, 0,"
    "  '{\"criteriaList\":[{\"failureType\":\"FAILED\",\"numberOfRetries\":1},"
    "{\"failureType\":\"TIMED_OUT\",\"numberOfRetries\":2}]}',"
    "  'text', 'why', 'CODE', 's3://docs/k', '[\"" ARN "lamp\",\"" ARN "a:b\"]', '{\"n\":1.10}'),"
    " (6, 'bare', 'IN_PROGRESS', 0, 44, 45, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL, NULL,"
    "  '[\"" ARN "a:b\"]', '{}'),"
    " (9, 'gone', 'COMPLETED', 0, 1, 1, 1, NULL, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, '[]', '{}');"
    "INSERT INTO executions VALUES"
    " (1, 'full', 'lamp', 1, 'FAILED', 2, 51, 52, 53, NULL, NULL, NULL, 0, 0, 0, NULL),"
    " (2, 'full', 'lamp', 2, 'TIMED_OUT', 3, 54, 55, 56, NULL, NULL, NULL, 0, 1, 0, '{\"k\":\"\xc3\xa4\"}'),"
    " (3, 'full', 'lamp', 3, 'IN_PROGRESS', 4, 57, 58, 59, 91, 90, 90, 1, 1, 1, '{}'),"
    " (4, 'full', 'a:b', 1, 'CANCELED', 2, 61, NULL, 62, NULL, NULL, NULL, 1, 0, 0, NULL),"
    " (5, 'bare', 'a:b', 1, 'QUEUED', 1, 63, NULL, 63, NULL, NULL, NULL, 0, 0, 0, NULL),"
    " (6, 'bare', 'lamp', 1, 'SUCCEEDED', 2, 64, 65, 66, NULL, NULL, NULL, 0, 0, 0, NULL),"
    " (7, 'bare', 'lamp', 2, 'REJECTED', 2, 67, NULL, 68, NULL, NULL, NULL, 0, 0, 0, NULL),"
    " (8, 'bare', 'lamp', 3, 'REMOVED', 2, 69, NULL, 70, NULL, NULL, NULL, 0, 0, 0, NULL),"
    " (12, 'gone', 'lamp', 1, 'SUCCEEDED', 2, 1, 1, 1, NULL, NULL, NULL, 0, 0, 0, NULL);"
    "DELETE FROM executions WHERE job_id = 'gone';"
    "DELETE FROM jobs WHERE job_id = 'gone';"
    "INSERT INTO buckets VALUES ('docs', 71);"
    "INSERT INTO objects VALUES ('docs', 'k', '\"e1\"', 'text/plain', 81, 10, CAST('{\"n\":1.10}' AS BLOB)),"
    " ('docs', 'nothing', '\"e2\"', 'binary/octet-stream', 82, 0, x''),"
    " ('docs', 'large', '\"e3\"', 'a/b', 83, 30000, CAST(replace(hex(zeroblob(15000)), '00', 'ab') AS "
    "BLOB));";

static void make_filled(size_t version)
{
    static const struct schema_place nowhere;
    sqlite3 *db = db_open(path);
    db_run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF");
    if (schema_upgrade(db, schema_steps, version, &nowhere, why, sizeof why)) {
        fail_msg("%s", why);
    }
    db_run(db, filling);
    sqlite3_close(db);
}

static size_t copy(const char *name, const char *mode, void *bytes, size_t size)
{
    FILE *file = fopen(name, mode);
    assert_non_null(file);
    size_t done = *mode == 'r' ? fread(bytes, 1, size, file) : fwrite(bytes, 1, size, file);
    fclose(file);
    return done;
}

/* The database as the program of that schema would have left it; made once, and copied from then on. */
static void make_released(size_t version)
{
    static char made[8][400000];
    static size_t sizes[8];
    clear_directory(directory);
    if (!sizes[version]) {
        make_filled(version);
        sizes[version] = copy(path, "r", made[version], sizeof made[version]);
        assert_true(sizes[version] < sizeof made[version]);
        clear_directory(directory);
    }
    assert_int_equal(copy(path, "w", made[version], sizes[version]), sizes[version]);
}

/* A step that is out there must stay as it is: a new one changes what it made. */
static void released_steps_are_frozen(void **state)
{
    (void)state;
    const unsigned long long hashes[RELEASED] = {0x807caf1636f46067, 0x9782e9c406884594};
    for (size_t i = 0; i < RELEASED; i++) {
        assert_int_equal(text_hash(0, schema_steps[i].sql), hashes[i]);
        assert_null(schema_steps[i].run);
    }
}

/* --- Field by field --- */

static void expect_registry(sqlite3 *db)
{
    db_expect(db, "SELECT * FROM things ORDER BY name",
              "a:b|uuid-2|{}|1|12|-|-\nlamp|uuid-1|{\"a\":\"b\"}|3|11|-|-\n"); /* no type, no billing group */
    db_expect(db, "SELECT * FROM certificates", CERT "|ACTIVE|21|22|23|24|PEM|-|DEFAULT\n");
    db_expect(db, "SELECT certificate_id, thing_name, type FROM thing_principals",
              CERT "|lamp|NON_EXCLUSIVE_THING\n");
    db_expect(db, "SELECT policy_name, version, created_at_ms, document FROM policy_versions",
              "p|1|31|{\"p\":1}\nq|1|32|{\"q\":1}\n");
    db_expect(db, "SELECT name, default_version, last_version FROM policies ORDER BY name", "p|1|1\nq|1|1\n");
    db_expect(db, "SELECT length(code) FROM registration_code", "64\n");
    db_expect(db, "SELECT name, created_at_ms, last_modified_at_ms, document FROM policies ORDER BY name",
              "p|31|31|{\"p\":1}\nq|32|32|{\"q\":1}\n");
    db_expect(db,
              "SELECT count(DISTINCT generation_id) FROM policies"
              " WHERE length(generation_id) = 64 AND generation_id NOT GLOB '*[^0-9a-f]*'",
              "2\n");
    db_expect(db, "SELECT target_kind, target, policy_name FROM policy_attachments ORDER BY policy_name",
              "cert|" CERT "|p\ncert|" CERT "|q\n");
}

static void expect_jobs(sqlite3 *db)
{
    db_expect(
        db,
        "SELECT id, job_id, status, target_selection, is_force_canceled, created_at_ms, last_updated_at_ms,"
        " completed_at_ms, in_progress_timeout_min, retries_failed, retries_timed_out, retries_all,"
        " description, comment, reason_code, document_source, document FROM jobs ORDER BY id",
        "5|full|CANCELED|SNAPSHOT|1|41|42|43|7|1|2|0|text|why|CODE|s3://docs/k|{\"n\":1.10}\n"
        "6|bare|IN_PROGRESS|SNAPSHOT|0|44|45|-|-|0|0|0|-|-|-|-|{}\n");
    db_expect(db, "SELECT config FROM jobs ORDER BY id",
              "{\"timeoutConfig\":{\"inProgressTimeoutInMinutes\":7},\"jobExecutionsRetryConfig\":"
              "{\"criteriaList\":[{\"failureType\":\"FAILED\",\"numberOfRetries\":1},"
              "{\"failureType\":\"TIMED_OUT\",\"numberOfRetries\":2}]}}\n{}\n");
    db_expect(db, "SELECT job_id, position, kind, name FROM job_targets ORDER BY job_id, position",
              "bare|0|thing|a:b\nfull|0|thing|lamp\nfull|1|thing|a:b\n");
}

static void expect_executions(sqlite3 *db)
{
    db_expect(
        db,
        "SELECT id, job_id, thing_name, number, status, version, queued_at_ms, started_at_ms,"
        " last_updated_at_ms, in_progress_deadline_ms, step_deadline_ms, deadline_ms, is_force_canceled,"
        " failed_retries, timed_out_retries, details, is_visible, pending_rank FROM executions ORDER BY id",
        "1|full|lamp|1|FAILED|2|51|52|53|-|-|-|0|0|0|-|1|-\n"
        "2|full|lamp|2|TIMED_OUT|3|54|55|56|-|-|-|0|1|0|{\"k\":\"\xc3\xa4\"}|1|-\n"
        "3|full|lamp|3|IN_PROGRESS|4|57|58|59|91|90|90|1|1|1|{}|1|0\n"
        "4|full|a:b|1|CANCELED|2|61|-|62|-|-|-|1|0|0|-|1|-\n"
        "5|bare|a:b|1|QUEUED|1|63|-|63|-|-|-|0|0|0|-|1|1\n"
        "6|bare|lamp|1|SUCCEEDED|2|64|65|66|-|-|-|0|0|0|-|1|-\n"
        "7|bare|lamp|2|REJECTED|2|67|-|68|-|-|-|0|0|0|-|1|-\n"
        "8|bare|lamp|3|REMOVED|2|69|-|70|-|-|-|0|0|0|-|1|-\n");
    db_expect(db, "SELECT kind, subject, due_at_ms FROM due", "1|3|90\n");
    db_expect(db, "SELECT * FROM marks", "");
}

static size_t count_files(const char *folder)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    struct dirent *entry;
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

static void expect_body(sqlite3 *db, const char *key, const char *start, size_t size)
{
    static char body[40000];
    char name[400];
    struct stat info;
    char *sql = text_format("SELECT file FROM objects WHERE key = '%s'", key);
    char *file = db_rows(db, sql);
    snprintf(name, sizeof name, "%s/%.32s", objects, file);
    FILE *stream = fopen(name, "r");
    if (!stream) {
        fail_msg("no file for %s", key);
    }
    assert_int_equal(fread(body, 1, sizeof body, stream), size);
    assert_memory_equal(body, start, strlen(start));
    assert_int_equal(stat(name, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    fclose(stream);
    free(file);
    free(sql);
}

/* Each body is in its file, and nothing else is in the folder: what a cut-off try has written is swept. */
static void expect_bodies(sqlite3 *db)
{
    struct stat info;
    assert_int_equal(stat(objects, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    expect_body(db, "k", "{\"n\":1.10}", 10);
    expect_body(db, "nothing", "", 0);
    expect_body(db, "large", "ababababab", 30000);
    assert_int_equal(count_files(objects), 3);
}

static void expect_objects(sqlite3 *db)
{
    db_expect(db, "SELECT * FROM buckets", "docs|71\n");
    db_expect(db, "SELECT bucket, key, etag, content_type, modified_at_ms, size FROM objects ORDER BY key",
              "docs|k|\"e1\"|text/plain|81|10\ndocs|large|\"e3\"|a/b|83|30000\n"
              "docs|nothing|\"e2\"|binary/octet-stream|82|0\n");
    expect_bodies(db);
}

/* Ids go on where the old tables stood, deleted rows counted in. */
static void expect_sequences(sqlite3 *db)
{
    db_expect(db, "SELECT name, seq FROM sqlite_sequence ORDER BY name", "executions|12\njobs|9\n");
}

/* The counter moves with every change of rights, also in the tables that were built anew. */
static void expect_triggers(sqlite3 *db)
{
    static const char *const changes[] = {
        "UPDATE certificates SET status = 'INACTIVE'",
        "DELETE FROM thing_principals",
        "UPDATE policies SET document = '{}' WHERE name = 'q'",
        "INSERT INTO policies VALUES ('r', 1, 1, 'x', '{}', 1, 1)",
        "DELETE FROM policies WHERE name = 'r'",
        "DELETE FROM policy_attachments WHERE policy_name = 'q'",
        "INSERT INTO policy_attachments VALUES ('cert', '" CERT "', 'q')",
        "UPDATE policy_attachments SET target_kind = 'thinggroup' WHERE policy_name = 'q'",
    };
    db_run(db, "BEGIN");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char *before = db_rows(db, "SELECT count FROM principal_changes");
        db_run(db, changes[i]);
        char *after = db_rows(db, "SELECT count FROM principal_changes");
        if (atoi(after) != atoi(before) + 1) {
            fail_msg("%s: %s then %s", changes[i], before, after);
        }
        free(before);
        free(after);
    }
    db_run(db, "ROLLBACK");
}

/* A thing can go while its executions stay; a job takes its executions and targets with it; a policy that is attached
 * cannot go. */
static void expect_references(sqlite3 *db)
{
    db_run(db, "PRAGMA foreign_keys=ON; BEGIN; DELETE FROM thing_principals; DELETE FROM things");
    db_expect(db, "SELECT count(*) FROM executions", "8\n");
    db_run(db, "DELETE FROM jobs WHERE job_id = 'full'");
    db_expect(db, "SELECT count(*) FROM executions", "4\n");
    db_expect(db, "SELECT count(*) FROM job_targets", "1\n");
    assert_int_equal(sqlite3_exec(db, "DELETE FROM policies", NULL, NULL, NULL), SQLITE_CONSTRAINT);
    db_run(db, "ROLLBACK");
}

static void expect_everything(void)
{
    sqlite3 *db = db_open(path);
    char newest[24];
    snprintf(newest, sizeof newest, "%zu\n", schema_step_count);
    db_expect(db, "SELECT version FROM schema_version", newest);
    db_expect(db, "SELECT * FROM pragma_foreign_key_check", "");
    db_expect(db, "PRAGMA integrity_check", "ok\n");
    expect_registry(db);
    expect_jobs(db);
    expect_executions(db);
    expect_objects(db);
    expect_sequences(db);
    expect_triggers(db);
    expect_references(db);
    sqlite3_close(db);
}

/* Every table and index is the one that a new database has. */
static void expect_same_tables_as_new(void)
{
    static const char schema[] = "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name";
    char fresh_path[160];
    snprintf(fresh_path, sizeof fresh_path, "%s/fresh.db", directory);
    store_close(store_open(fresh_path, NULL, why, sizeof why));
    sqlite3 *fresh = db_open(fresh_path);
    sqlite3 *db = db_open(path);
    char *wanted = db_rows(fresh, schema);
    db_expect(db, schema, wanted);
    free(wanted);
    sqlite3_close(db);
    sqlite3_close(fresh);
}

static void upgrade(void)
{
    struct store *store = store_open(path, objects, why, sizeof why);
    if (!store) {
        fail_msg("%s", why);
    }
    store_close(store);
}

static void filled_databases_come_along(void **state)
{
    (void)state;
    for (size_t version = 1; version <= RELEASED; version++) {
        make_released(version);
        upgrade();
        expect_everything();
        expect_same_tables_as_new();
        upgrade(); /* nothing to do */
        expect_everything();
    }
}

/* --- The backup --- */

static bool exists(const char *end, mode_t *mode)
{
    char name[200];
    struct stat info = {0};
    snprintf(name, sizeof name, "%s%s", path, end);
    bool is_there = stat(name, &info) == 0;
    *mode = info.st_mode & 0777;
    return is_there;
}

/* A database that a build between two releases has made at this schema, with all that is in the released one. */
static void make_schema_4(void)
{
    make_released(RELEASED);
    sqlite3 *db = db_open(path);
    const struct schema_place place = {.database = path, .objects_dir = objects};
    mkdir(objects, 0700);
    if (schema_upgrade(db, schema_steps, 4, &place, why, sizeof why)) {
        fail_msg("%s", why);
    }
    sqlite3_close(db);
}

static void the_fifth_schema_keeps_the_fourth(void **state)
{
    (void)state;
    static const char tables[] =
        "SELECT (SELECT group_concat(name || pem) FROM (SELECT certificate_id AS name, pem FROM"
        " certificates ORDER BY 1)), (SELECT group_concat(name || version) FROM (SELECT"
        " policy_name AS name, version FROM policy_versions ORDER BY 1, 2)),"
        " (SELECT count(*) FROM thing_principals), (SELECT count(*) FROM due)";
    mode_t mode;
    make_schema_4();
    sqlite3 *db = db_open(path);
    db_expect(db, "SELECT version FROM schema_version", "4\n");
    char *before = db_rows(db, tables);
    sqlite3_close(db);
    upgrade();
    expect_everything();
    expect_same_tables_as_new();
    db = db_open(path);
    db_expect(db, tables, before);
    sqlite3_close(db);
    assert_true(exists(".schema-4.backup", &mode));
    free(before);
}

static void backup_is_the_database_before(void **state)
{
    (void)state;
    mode_t mode;
    char name[200];
    mode_t old = umask(0);
    make_released(2);
    upgrade();
    umask(old);
    assert_true(exists(".schema-2.backup", &mode));
    assert_int_equal(mode, 0600);
    assert_false(exists(".schema-2.backup.new", &mode));
    snprintf(name, sizeof name, "%s.schema-2.backup", path);
    sqlite3 *db = db_open(name);
    db_expect(db, "SELECT version FROM schema_version", "2\n");
    db_expect(db, "SELECT count(*) FROM executions", "8\n");
    db_expect(db, "SELECT targets FROM jobs WHERE job_id = 'bare'", "[\"" ARN "a:b\"]\n");
    db_expect(db, "SELECT length(body) FROM objects WHERE key = 'large'", "30000\n");
    sqlite3_close(db);
    /* the way back, and forth again */
    unlink(path);
    assert_int_equal(rename(name, path), 0);
    upgrade();
    expect_everything();
}

static void no_backup_without_an_upgrade(void **state)
{
    (void)state;
    mode_t mode;
    upgrade(); /* a fresh one */
    upgrade(); /* an up to date one */
    for (int version = 0; version <= (int)schema_step_count; version++) {
        char end[40];
        snprintf(end, sizeof end, ".schema-%d.backup", version);
        assert_false(exists(end, &mode));
    }
    store_close(store_open(":memory:", NULL, why, sizeof why));
    assert_int_equal(access(":memory:.schema-0.backup", F_OK), -1);
}

/* Without the backup there is no upgrade. */
static void backup_that_cannot_be_written(void **state)
{
    (void)state;
    char name[200];
    make_released(2);
    snprintf(name, sizeof name, "%s.schema-2.backup.new", path);
    assert_int_equal(mkdir(name, 0700), 0);
    assert_null(store_open(path, objects, why, sizeof why));
    assert_non_null(strstr(why, "backup"));
    assert_non_null(strstr(why, "File exists"));
    sqlite3 *db = db_open(path);
    db_expect(db, "SELECT version FROM schema_version", "2\n");
    db_expect(db, "SELECT count(*) FROM executions", "8\n");
    sqlite3_close(db);
    assert_int_equal(rmdir(name), 0);
    upgrade();
    expect_everything();
}

/* Objects that have nowhere to go are not lost, but refused; without objects no folder is asked for. */
static void objects_without_a_folder(void **state)
{
    (void)state;
    make_released(2);
    assert_null(store_open(path, NULL, why, sizeof why));
    assert_non_null(strstr(why, "no folder for their bodies"));
    upgrade();
    expect_everything();
    make_released(2);
    sqlite3 *db = db_open(path);
    db_run(db, "DELETE FROM objects");
    sqlite3_close(db);
    struct store *store = store_open(path, NULL, why, sizeof why);
    assert_non_null(store);
    store_close(store);
}

static void folder_that_cannot_be_written(void **state)
{
    (void)state;
    make_released(2);
    FILE *file = fopen(objects, "w"); /* a file is in its way */
    assert_non_null(file);
    fclose(file);
    assert_null(store_open(path, objects, why, sizeof why));
    assert_non_null(strstr(why, objects));
    assert_int_equal(unlink(objects), 0);
    upgrade();
    expect_everything();
}

/* --- Cut off, and a failing disk --- */

static bool open_and_close(void)
{
    struct store *store = store_open(path, objects, why, sizeof why);
    store_close(store);
    return store;
}

/* Each of the first 40 points, then some; with EVERY_CUT in the environment each one. */
static int next_point(int n)
{
    return n <= 40 || getenv("EVERY_CUT") ? n + 1 : n + 13;
}

static void cut_off_at_every_point(void **state)
{
    (void)state;
    for (size_t version = 1; version <= RELEASED; version++) {
        int n = 1;
        int result;
        do {
            make_released(version);
            result = cut_process_at(n, open_and_close);
            assert_true(result >= 0);
            upgrade();
            expect_everything();
            n = next_point(n);
        } while (result == 1);
        assert_true(n > 30); /* there was something to cut */
    }
}

static void every_access_fails_once(void **state)
{
    (void)state;
    const int codes[] = {SQLITE_IOERR_WRITE, SQLITE_FULL};
    for (size_t i = 0; i < 4; i++) {
        int refusals = 0;
        bool failed = true;
        for (int n = 1; failed; n = next_point(n)) {
            make_released(2);
            failing_at(n, codes[i % 2], i >= 2);
            why[0] = '\0';
            bool is_good = open_and_close();
            failed = failing.failures > 0;
            failing_at(0, 0, false);
            if (!is_good) {
                refusals++;
                assert_non_null(strstr(why, path));
            }
            upgrade();
            expect_everything();
        }
        assert_true(refusals > 3);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(released_steps_are_frozen),
        TEST(filled_databases_come_along),
        TEST(the_fifth_schema_keeps_the_fourth),
        TEST(backup_is_the_database_before),
        TEST(no_backup_without_an_upgrade),
        TEST(backup_that_cannot_be_written),
        TEST(objects_without_a_folder),
        TEST(folder_that_cannot_be_written),
        TEST(cut_off_at_every_point),
        TEST(every_access_fails_once),
    };
    failing_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
