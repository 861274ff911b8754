/* SPDX-License-Identifier: MIT */
/* The broker's guard over a database of the service's own schema: for tests that ask it. Include it behind cmocka. */
#ifndef TESTS_FAKES_GUARD_FIXTURE_H
#define TESTS_FAKES_GUARD_FIXTURE_H

#include "cloud/broker/guard.h"
#include "cloud/store/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARN        "arn:aws:iot:us-east-1:123456789012:"
#define LAMP_CERT  "aaaa000000000000000000000000000000000000000000000000000000000001"
#define OTHER_CERT "aaab000000000000000000000000000000000000000000000000000000000002"

static struct fixture {
    char folder[40];
    char path[80];
    struct store *store; /* makes the real schema */
    sqlite3 *db;         /* the service's side: writes while the plugin reads */
    struct authority *authority;
    struct connection_table *connections;
    struct guard guard;
    char log[40][2000];
    int lines;
    struct clock_times times;
    struct clock clock;
} f;

static inline void keep_line(const char *line)
{
    snprintf(f.log[f.lines % 40], sizeof(f.log[0]), "%s", line);
    f.lines++;
}

static inline const char *last_line(void)
{
    return f.lines > 0 ? f.log[(f.lines - 1) % 40] : "";
}

static inline void sql(const char *text)
{
    char *why = NULL;
    if (sqlite3_exec(f.db, text, NULL, NULL, &why) != SQLITE_OK) {
        fail_msg("%s: %s", text, why);
    }
}

static inline void add_policy(const char *name, const char *certificate, const char *statements)
{
    char text[4000];
    snprintf(text, sizeof(text),
             "INSERT INTO policies(name, created_at_ms, last_modified_at_ms, generation_id, document) VALUES "
             "('%s', 0, 0, '0', '{\"Version\":\"2012-10-17\",\"Statement\":[%s]}');"
             "INSERT INTO policy_attachments(policy_name, target_kind, target) VALUES ('%s', 'cert', '%s');",
             name, statements, name, certificate);
    sql(text);
}

#define ALLOW(action, resource)                                                                              \
    "{\"Effect\":\"Allow\",\"Action\":\"" action "\",\"Resource\":\"" resource "\"}"
#define DENY(action, resource)                                                                               \
    "{\"Sid\":\"No\",\"Effect\":\"Deny\",\"Action\":\"" action "\",\"Resource\":\"" resource "\"}"

static inline int make_fixture(void **state)
{
    (void)state;
    char why[300];
    memset(&f, 0, sizeof(f));
    strcpy(f.folder, "/tmp/test-guard-XXXXXX");
    if (mkdtemp(f.folder) == NULL) {
        return -1;
    }
    snprintf(f.path, sizeof(f.path), "%s/iot.db", f.folder);
    f.store = store_open(f.path, NULL, why, sizeof(why));
    if (f.store == NULL || sqlite3_open(f.path, &f.db) != SQLITE_OK) {
        return -1;
    }
    sql("INSERT INTO things(name, thing_id, attributes, version, created_at_ms) VALUES ('lamp', 'x', '{}', "
        "1, 0);"
        "INSERT INTO certificates(certificate_id, status, created_at_ms, last_modified_at_ms, not_before_s,"
        " not_after_s, pem) VALUES ('" LAMP_CERT "', 'ACTIVE', 0, 0, 0, 0, '');"
        "INSERT INTO certificates(certificate_id, status, created_at_ms, last_modified_at_ms, not_before_s,"
        " not_after_s, pem) VALUES ('" OTHER_CERT "', 'ACTIVE', 0, 0, 0, 0, '');"
        "INSERT INTO thing_principals(thing_name, certificate_id) VALUES ('lamp', '" LAMP_CERT "');");
    f.times = (struct clock_times){1000, 1000};
    f.clock = clock_virtual(&f.times);
    const struct authority_config config = {f.path, "us-east-1", "123456789012"};
    f.authority = authority_open(&config, why, sizeof(why));
    f.connections = f.authority != NULL ? connection_table_create(f.authority) : NULL;
    f.guard = (struct guard){
        .authority = f.authority, .connections = f.connections, .clock = &f.clock, .log = keep_line};
    return f.connections != NULL ? 0 : -1;
}

static inline int remove_fixture(void **state)
{
    (void)state;
    char path[100];
    connection_table_destroy(f.connections);
    authority_close(f.authority);
    sqlite3_close(f.db);
    store_close(f.store);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s%s", f.path, ends[i]);
        unlink(path);
    }
    return rmdir(f.folder);
}

static inline struct identity identity_of(const char *certificate, const char *client_id)
{
    struct identity identity = {.source_ip = "127.0.0.1", .common_name = "AWS IoT Certificate"};
    strcpy(identity.certificate_id, certificate);
    strcpy(identity.client_id, client_id);
    assert_true(authority_load(f.authority, &identity));
    return identity;
}

/* The pointer only has to differ. */
static inline struct connection *connect_as(const char *certificate, const char *client_id, uintptr_t pointer)
{
    struct identity identity = identity_of(certificate, client_id);
    struct connection *connection = connection_add(f.connections, (const void *)pointer, &identity);
    assert_non_null(connection);
    return connection;
}

/* What the plugin does every 100 ms. */
static inline bool poll_changes(void)
{
    bool has_changed = authority_has_changed(f.authority);
    if (has_changed) {
        connection_mark_all_stale(f.connections);
    }
    return has_changed;
}

static inline bool may_connect(const char *certificate, const char *client_id)
{
    struct identity identity = identity_of(certificate, client_id);
    bool is_allowed = guard_may_connect(&f.guard, &identity);
    authority_release(f.authority, &identity);
    return is_allowed;
}

static inline void assert_told(const char *words)
{
    if (strstr(last_line(), words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", last_line(), words);
    }
}

#define GUARD_TEST(name) cmocka_unit_test_setup_teardown(name, make_fixture, remove_fixture)

#endif
