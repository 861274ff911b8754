/* SPDX-License-Identifier: MIT */
/* What the machinery of upgrades demands of a step, with steps of our own; and what references of the newest schema do. */
// LINK: cloud_store
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/store/schema.h"
#include "fakes/sqlite_rows.h"

#include <stdio.h>

static const struct schema_place nowhere;
static char why[256];

/* A table is built anew under its name: the rows that point to it stay, although their reference says ON DELETE CASCADE. */
static void step_that_rebuilds_a_table_keeps_what_points_to_it(void **state)
{
    (void)state;
    const struct schema_step steps[] = {
        {.sql = "CREATE TABLE jobs (job_id TEXT PRIMARY KEY, old TEXT) STRICT;"
                "CREATE TABLE executions (id INTEGER PRIMARY KEY,"
                " job_id TEXT NOT NULL REFERENCES jobs(job_id) ON DELETE CASCADE) STRICT;"
                "INSERT INTO jobs VALUES ('a', 'x'); INSERT INTO executions VALUES (1, 'a'), (2, 'a')"},
        {.sql =
             "CREATE TABLE fresh (job_id TEXT PRIMARY KEY) STRICT; INSERT INTO fresh SELECT job_id FROM jobs;"
             "DROP TABLE jobs; ALTER TABLE fresh RENAME TO jobs"},
    };
    sqlite3 *db = db_open(":memory:");
    db_run(db, "PRAGMA foreign_keys=ON");
    assert_int_equal(schema_upgrade(db, steps, 1, &nowhere, why, sizeof why), ERR_OK);
    assert_int_equal(schema_upgrade(db, steps, 2, &nowhere, why, sizeof why), ERR_OK);
    db_expect(db, "SELECT * FROM executions", "1|a\n2|a\n");
    db_run(db, "DELETE FROM jobs"); /* and the reference lives on */
    db_expect(db, "SELECT count(*) FROM executions", "0\n");
    sqlite3_close(db);
}

static void step_that_leaves_a_dangling_reference_is_refused(void **state)
{
    (void)state;
    const struct schema_step steps[] = {
        {.sql = "CREATE TABLE jobs (job_id TEXT PRIMARY KEY) STRICT;"
                "CREATE TABLE executions (job_id TEXT NOT NULL REFERENCES jobs(job_id)) STRICT;"
                "INSERT INTO jobs VALUES ('a'), ('b'); INSERT INTO executions VALUES ('a'), ('b')"},
        {.sql = "CREATE TABLE more (x INTEGER) STRICT; DELETE FROM jobs WHERE job_id = 'b'"},
    };
    sqlite3 *db = db_open(":memory:");
    assert_int_equal(schema_upgrade(db, steps, 1, &nowhere, why, sizeof why), ERR_OK);
    assert_int_equal(schema_upgrade(db, steps, 2, &nowhere, why, sizeof why), ERR_STORAGE);
    assert_string_equal(
        why, "the step to schema 2 would leave a row of 'executions' that points to no row of 'jobs'");
    assert_true(sqlite3_get_autocommit(db));
    db_expect(db, "SELECT version FROM schema_version", "1\n");
    db_expect(db, "SELECT * FROM jobs", "a\nb\n");
    db_expect(db, "SELECT name FROM sqlite_schema WHERE name = 'more'", "");
    sqlite3_close(db);
}

static bool refuse(sqlite3 *db, const struct schema_place *place, char *line, size_t line_cap)
{
    assert_ptr_equal(place, &nowhere);
    db_run(db, "INSERT INTO a VALUES (2)");
    snprintf(line, line_cap, "not today");
    return false;
}

static bool add_three(sqlite3 *db, const struct schema_place *place, char *line, size_t line_cap)
{
    (void)place, (void)line, (void)line_cap;
    db_run(db, "INSERT INTO a VALUES (3)");
    return true;
}

static void step_may_be_a_function(void **state)
{
    (void)state;
    struct schema_step steps[] = {{.sql = "CREATE TABLE a (x INTEGER) STRICT"}, {.run = refuse}};
    sqlite3 *db = db_open(":memory:");
    assert_int_equal(schema_upgrade(db, steps, 1, &nowhere, why, sizeof why), ERR_OK);
    assert_int_equal(schema_upgrade(db, steps, 2, &nowhere, why, sizeof why), ERR_STORAGE);
    assert_string_equal(why, "not today");
    db_expect(db, "SELECT version, (SELECT count(*) FROM a) FROM schema_version", "1|0\n");
    steps[1].run = add_three;
    assert_int_equal(schema_upgrade(db, steps, 2, &nowhere, why, sizeof why), ERR_OK);
    db_expect(db, "SELECT version, (SELECT x FROM a) FROM schema_version", "2|3\n");
    sqlite3_close(db);
}

/* Off during the steps, on afterwards, whatever it was before; where it cannot be switched there is no step. */
static void foreign_keys_are_off_during_steps(void **state)
{
    (void)state;
    const struct schema_step steps[] = {
        {.sql =
             "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a SELECT foreign_keys FROM pragma_foreign_keys"},
        {.sql = "INSERT INTO a SELECT foreign_keys FROM pragma_foreign_keys"}};
    sqlite3 *db = db_open(":memory:");
    db_run(db,
           "PRAGMA foreign_keys=ON; CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT; BEGIN");
    assert_int_equal(schema_upgrade(db, steps, 1, &nowhere, why, sizeof why), ERR_STORAGE);
    assert_string_equal(why, "SQLite cannot switch foreign keys off");
    db_run(db, "ROLLBACK");
    assert_int_equal(schema_upgrade(db, steps, 1, &nowhere, why, sizeof why), ERR_OK);
    db_expect(db, "PRAGMA foreign_keys", "1\n");
    db_run(db, "PRAGMA foreign_keys=OFF");
    assert_int_equal(schema_upgrade(db, steps, 2, &nowhere, why, sizeof why), ERR_OK);
    db_expect(db, "PRAGMA foreign_keys", "1\n");
    db_expect(db, "SELECT x FROM a", "0\n0\n");
    db_run(db, "PRAGMA foreign_keys=OFF");
    assert_int_equal(schema_upgrade(db, steps, 2, &nowhere, why, sizeof why), ERR_OK); /* nothing to do */
    db_expect(db, "PRAGMA foreign_keys", "1\n");
    sqlite3_close(db);
}

/* Tokens and claims go with their certificate, versions and tags with their template; a template that has claims cannot go. */
static void provisioning_goes_with_what_it_belongs_to(void **state)
{
    (void)state;
    sqlite3 *db = db_open(":memory:");
    assert_int_equal(schema_upgrade(db, schema_steps, schema_step_count, &nowhere, why, sizeof why), ERR_OK);
    db_run(db,
           "INSERT INTO certificates (certificate_id, status, created_at_ms, last_modified_at_ms, "
           "not_before_s, not_after_s, pem) VALUES ('c', 'ACTIVE', 1, 1, 1, 1, 'PEM');"
           "INSERT INTO provisioning_templates VALUES ('t', NULL, 1, 'role', NULL, NULL, 1, 1, 1, 1);"
           "INSERT INTO provisioning_template_versions VALUES ('t', 1, 1, '{}');"
           "INSERT INTO tags VALUES ('provisioningtemplate', 't', 'k', 'v');"
           "INSERT INTO ownership_tokens (token_hash, certificate_id, expires_at_ms) VALUES ('h', 'c', 9);"
           "INSERT INTO provisioning_claims (certificate_id, template_name, expires_at_ms) VALUES ('c', 't', "
           "9)");
    assert_int_equal(sqlite3_exec(db, "DELETE FROM provisioning_templates", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    db_run(db, "DELETE FROM certificates WHERE certificate_id = 'c'");
    db_expect(db, "SELECT count(*) FROM ownership_tokens", "0\n");
    db_expect(db, "SELECT count(*) FROM provisioning_claims", "0\n");
    db_run(db, "DELETE FROM provisioning_templates");
    db_expect(db, "SELECT count(*) FROM provisioning_template_versions", "0\n");
    db_expect(db, "SELECT count(*) FROM tags WHERE kind = 'provisioningtemplate'", "0\n");
    sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(step_that_rebuilds_a_table_keeps_what_points_to_it),
        cmocka_unit_test(step_that_leaves_a_dangling_reference_is_refused),
        cmocka_unit_test(step_may_be_a_function),
        cmocka_unit_test(foreign_keys_are_off_during_steps),
        cmocka_unit_test(provisioning_goes_with_what_it_belongs_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
