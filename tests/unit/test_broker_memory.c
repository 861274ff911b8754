/* SPDX-License-Identifier: MIT */
/* The broker plugin when memory is out: each allocation fails once, then all from some moment on. Nothing crashes, nothing
 * leaks (ASan), nothing that is forbidden is ever allowed, and afterwards everything works again. */
// LINK: cloud_guard cloud_store -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/broker/guard.h"
#include "cloud/broker/versions.h"
#include "cloud/store/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CERTIFICATE "aaaa000000000000000000000000000000000000000000000000000000000001"

static struct {
    bool is_armed;
    bool goes_on; /* all allocations fail from then on, not only that one */
    int left;     /* how many succeed before */
    int failed;
} memory;

static bool fails(void)
{
    if (!memory.is_armed || memory.left-- > 0) {
        return false;
    }
    if (!memory.goes_on && memory.failed > 0) {
        return false;
    }
    memory.failed++;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return fails() ? NULL : __real_realloc(block, size);
}

char *__wrap_strdup(const char *text)
{
    char *copy = fails() ? NULL : __real_malloc(strlen(text) + 1);
    return copy != NULL ? strcpy(copy, text) : NULL;
}

/* SQLite is a library of its own: its allocator is exchanged where SQLite offers that. */
static sqlite3_mem_methods sqlite_memory;

static void *sqlite_malloc(int size)
{
    return fails() ? NULL : sqlite_memory.xMalloc(size);
}

static void *sqlite_realloc(void *block, int size)
{
    return fails() ? NULL : sqlite_memory.xRealloc(block, size);
}

static char folder[40], path[80];
static int lines;
static struct clock_times times;
static struct clock clock;

static void count_line(const char *line)
{
    assert_non_null(line);
    lines++;
}

static int make_database(void **state)
{
    (void)state;
    char why[300];
    sqlite3 *db = NULL;
    clock = clock_virtual(&times);
    strcpy(folder, "/tmp/test-memory-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/iot.db", folder);
    struct store *store = store_open(path, NULL, why, sizeof(why));
    if (store == NULL || sqlite3_open(path, &db) != SQLITE_OK) {
        return -1;
    }
    int code = sqlite3_exec(
        db,
        "INSERT INTO things(name, thing_id, attributes, version, created_at_ms) VALUES ('lamp', 'x', '{}', "
        "1, 0);"
        "INSERT INTO certificates(certificate_id, status, created_at_ms, last_modified_at_ms, not_before_s, "
        "not_after_s, "
        "pem) VALUES ('" CERTIFICATE "', 'ACTIVE', 0, 0, 0, 0, '');"
        "INSERT INTO certificates(certificate_id, status, created_at_ms, last_modified_at_ms, not_before_s, "
        "not_after_s, "
        "pem) VALUES ('bbbb', 'INACTIVE', 0, 0, 0, 0, '');"
        "INSERT INTO thing_principals(thing_name, certificate_id) VALUES ('lamp', '" CERTIFICATE "');"
        "INSERT INTO policies(name, created_at_ms, last_modified_at_ms, generation_id, document) VALUES "
        "('a', 0, 0, '0', '{\"Version\":\"2012-10-17\","
        "\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}');"
        "INSERT INTO policies(name, created_at_ms, last_modified_at_ms, generation_id, document) VALUES "
        "('b', 0, 0, '0', '{\"Version\":\"2012-10-17\","
        "\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"arn:*secret\"}]}');"
        "INSERT INTO policy_attachments(policy_name, target_kind, target) VALUES ('a', 'cert', '" CERTIFICATE
        "');"
        "INSERT INTO policy_attachments(policy_name, target_kind, target) VALUES ('b', 'cert', '" CERTIFICATE
        "');",
        NULL, NULL, NULL);
    sqlite3_close(db);
    store_close(store);
    return code == SQLITE_OK ? 0 : -1;
}

static int remove_database(void **state)
{
    (void)state;
    char command[80];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static void see_certificate(void *ctx, const char *certificate)
{
    assert_string_equal(certificate, "bbbb");
    ++*(int *)ctx;
}

static const enum guard_access all_accesses[] = {GUARD_PUBLISH, GUARD_PUBLISH_RETAINED, GUARD_SUBSCRIBE,
                                                 GUARD_RECEIVE};

/* Returns how much was allowed. */
static int use_connection(struct guard *guard, struct connection *connection)
{
    int allowed = 0;
    for (size_t i = 0; i < sizeof(all_accesses) / sizeof(all_accesses[0]); i++) {
        for (int round = 0; round < 2; round++) {
            allowed += guard_may(guard, connection, all_accesses[i], "open", 0);
            assert_false(guard_may(guard, connection, all_accesses[i], "secret", 0));
        }
    }
    allowed += guard_may_hear_answer(guard, connection, "$aws/things/lamp/jobs/get/accepted");
    assert_false(guard_may_hear_answer(guard, connection, "$aws/things/lamp/jobs/get/secret"));
    return allowed;
}

/* A device connects, uses its rights, loses and gets them again. */
static int use_guard(struct guard *guard)
{
    int allowed = 0;
    struct identity lamp = {.certificate_id = CERTIFICATE, .client_id = "lamp"};
    struct identity other = {.certificate_id = CERTIFICATE, .client_id = "secret"};
    authority_load(guard->authority, &other);
    assert_false(guard_may_connect(guard, &other));
    authority_release(guard->authority, &other);

    authority_load(guard->authority, &lamp);
    allowed += guard_may_connect(guard, &lamp);
    struct connection *connection = connection_add(guard->connections, guard, &lamp);
    if (connection == NULL) {
        authority_release(guard->authority, &lamp);
        return allowed;
    }
    allowed += use_connection(guard, connection);
    authority_has_changed(guard->authority);
    connection_mark_all_stale(guard->connections);
    allowed += use_connection(guard, connection);

    int seen = 0;
    bool is_complete = authority_inactive(guard->authority, see_certificate, &seen);
    assert_true(!is_complete || seen == 1);
    connection_remove(guard->connections, guard);
    return allowed + is_complete;
}

static int run_plugin(bool is_armed_at_start)
{
    char why[300] = "";
    int allowed = 0;
    const struct authority_config config = {path, "us-east-1", "123456789012"};
    struct guard guard = {.clock = &clock, .log = count_line};
    memory.is_armed = is_armed_at_start;
    guard.authority = authority_open(&config, why, sizeof(why));
    if (guard.authority != NULL) {
        guard.connections = connection_table_create(guard.authority);
    } else {
        assert_true(why[0] != '\0');
    }
    struct session_memory *sessions = session_memory_create();
    if (guard.connections != NULL && sessions != NULL) {
        memory.is_armed = true;
        struct subscriptions filters = {.count = 1};
        session_memory_keep(sessions, "lamp", &filters);
        session_memory_take(sessions, "lamp");
        allowed = use_guard(&guard);
        memory.is_armed = false;
        int failed = memory.failed;
        assert_int_equal(use_guard(&guard), 20); /* everything works again */
        memory.failed = failed;
    }
    memory.is_armed = false;
    session_memory_destroy(sessions);
    connection_table_destroy(guard.connections);
    authority_close(guard.authority);
    return allowed;
}

static void play(bool is_armed_at_start, bool goes_on)
{
    int tries = 0;
    do {
        memory.goes_on = goes_on;
        memory.failed = 0;
        memory.left = tries;
        int allowed = run_plugin(is_armed_at_start);
        assert_true(memory.failed > 0 || allowed == 20); /* nothing failed: nothing is refused */
        assert_in_range(++tries, 1, 20000);
    } while (memory.failed > 0);
    assert_true(tries > 5);
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    play(false, false);
    play(true, false);
}

static void all_allocations_may_fail_from_some_moment_on(void **state)
{
    (void)state;
    play(false, true);
    play(true, true);
}

/* A connection without a version: told as 0, and nothing is counted for it. */
static void versions_without_memory(void **state)
{
    (void)state;
    memory.is_armed = memory.goes_on = true;
    memory.failed = memory.left = 0;
    assert_null(versions_create());
    memory.is_armed = false;
    struct versions *versions = versions_create();
    memory.is_armed = true;
    assert_int_equal(versions_connect(versions, "lamp", 0), -1);
    memory.is_armed = false;
    assert_int_equal(versions_connect(versions, "lamp", 0), 0);
    memory.is_armed = true;
    assert_int_equal(versions_connect(versions, "lamp", 0), 1); /* known already: needs none */
    versions_leave(versions, "lamp", 0);
    versions_leave(versions, "lamp", 0);
    memory.is_armed = false;
    versions_destroy(versions);
}

int main(void)
{
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory);
    sqlite3_mem_methods failing = sqlite_memory;
    failing.xMalloc = sqlite_malloc;
    failing.xRealloc = sqlite_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_allocation_may_fail, make_database, remove_database),
        cmocka_unit_test_setup_teardown(all_allocations_may_fail_from_some_moment_on, make_database,
                                        remove_database),
        cmocka_unit_test(versions_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
