/* SPDX-License-Identifier: MIT */
/* Reads rights out of the service's database, and asks the policies. Whatever cannot be read, because the database is busy
 * or because memory is out, gives no rights: nothing here ends the process, and nothing opens a door. */
#include "cloud/access/authority.h"

#include "cloud/base/partition.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_MS      200   /* longer than any COMMIT of the daemon */
#define RESOURCE_CAP 66000 /* an MQTT topic has at most 65535 bytes */
#define POLICIES_MAX 10    /* of a certificate: docs/protocol.md 4; the service attaches no more */

enum query {
    QUERY_DATA_VERSION,
    QUERY_CHANGES,
    QUERY_STATUS,
    QUERY_THING,
    QUERY_POLICIES,
    QUERY_INACTIVE,
    QUERY_COUNT,
};

static const char *const query_texts[QUERY_COUNT] = {
    [QUERY_DATA_VERSION] = "PRAGMA data_version",
    [QUERY_CHANGES] = "SELECT count FROM principal_changes",
    [QUERY_STATUS] = "SELECT status FROM certificates WHERE certificate_id = ?1",
    [QUERY_THING] = ("SELECT thing_name FROM thing_principals WHERE certificate_id = ?1 AND "
                     "(thing_name = ?2 OR type = 'EXCLUSIVE_THING')"),
    [QUERY_POLICIES] = ("SELECT name, document FROM policy_attachments JOIN policies ON name = policy_name "
                        "WHERE target_kind = 'cert' AND target = ?1 ORDER BY name"),
    [QUERY_INACTIVE] = ("SELECT certificate_id FROM certificates WHERE status <> 'ACTIVE' "
                        "UNION ALL SELECT certificate_id FROM deleted_certificates"),
};

struct policy_text {
    struct policy_text *next;
    size_t users;
    char *name;
    char *document;
};

struct authority {
    sqlite3 *db;
    sqlite3_stmt *queries[QUERY_COUNT];
    struct policy_text *texts;
    sqlite3_int64 data_version; /* 0 = not read yet: SQLite counts from 1 */
    sqlite3_int64 changes;
    char arn_head[200]; /* "arn:PARTITION:iot:REGION:ACCOUNT:" */
    char resource[RESOURCE_CAP];
};

struct authority *authority_open(const struct authority_config *config, char *why, size_t why_cap)
{
    struct authority *authority = calloc(1, sizeof(*authority));
    if (authority == NULL) {
        snprintf(why, why_cap, "out of memory");
        return NULL;
    }
    snprintf(authority->arn_head, sizeof(authority->arn_head),
             "arn:%s:iot:%s:%s:", partition_of_region(config->region), config->region, config->account);

    int code =
        sqlite3_open_v2(config->database, &authority->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(authority->db, BUSY_MS);
    }
    for (int i = 0; code == SQLITE_OK && i < QUERY_COUNT; i++) {
        code = sqlite3_prepare_v3(authority->db, query_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                  &authority->queries[i], NULL);
    }
    if (code == SQLITE_OK) {
        return authority;
    }
    snprintf(why, why_cap, "%s: %s", config->database,
             authority->db != NULL ? sqlite3_errmsg(authority->db) : "out of memory");
    authority_close(authority);
    return NULL;
}

void authority_close(struct authority *authority)
{
    if (authority == NULL) {
        return;
    }
    for (int i = 0; i < QUERY_COUNT; i++) {
        sqlite3_finalize(authority->queries[i]);
    }
    sqlite3_close(authority->db);
    while (authority->texts != NULL) {
        struct policy_text *text = authority->texts;
        authority->texts = text->next;
        free(text->name);
        free(text->document);
        free(text);
    }
    free(authority);
}

/* Binds up to two texts; they must live until the query is reset. */
static sqlite3_stmt *ask(struct authority *authority, enum query which, const char *first, const char *second)
{
    sqlite3_stmt *query = authority->queries[which];
    if (first != NULL) {
        sqlite3_bind_text(query, 1, first, -1, SQLITE_STATIC);
    }
    if (second != NULL) {
        sqlite3_bind_text(query, 2, second, -1, SQLITE_STATIC);
    }
    return query;
}

static void done(sqlite3_stmt *query)
{
    sqlite3_reset(query);
    sqlite3_clear_bindings(query);
}

/* -1: the number could not be read. */
static sqlite3_int64 read_number(struct authority *authority, enum query which)
{
    sqlite3_stmt *query = ask(authority, which, NULL, NULL);
    sqlite3_int64 number = sqlite3_step(query) == SQLITE_ROW ? sqlite3_column_int64(query, 0) : -1;
    done(query);
    return number;
}

bool authority_has_changed(struct authority *authority)
{
    sqlite3_int64 data_version = read_number(authority, QUERY_DATA_VERSION);
    if (data_version == authority->data_version) {
        return false;
    }
    sqlite3_int64 changes = read_number(authority, QUERY_CHANGES);
    bool has_changed = authority->data_version == 0 || changes != authority->changes || changes < 0;
    authority->data_version = data_version;
    authority->changes = changes;
    return has_changed;
}

static struct policy_text *find_text(struct authority *authority, const char *name, const char *document)
{
    for (struct policy_text *text = authority->texts; text != NULL; text = text->next) {
        if (strcmp(text->name, name) == 0 && strcmp(text->document, document) == 0) {
            return text;
        }
    }
    return NULL;
}

static struct policy_text *take_text(struct authority *authority, const char *name, const char *document)
{
    struct policy_text *text = find_text(authority, name, document);
    if (text == NULL) {
        text = calloc(1, sizeof(*text));
        if (text == NULL) {
            return NULL;
        }
        text->name = strdup(name);
        text->document = strdup(document);
        if (text->name == NULL || text->document == NULL) {
            free(text->name);
            free(text->document);
            free(text);
            return NULL;
        }
        text->next = authority->texts;
        authority->texts = text;
    }
    text->users++;
    return text;
}

static void drop_text(struct authority *authority, struct policy_text *text)
{
    if (--text->users > 0) {
        return;
    }
    struct policy_text **link = &authority->texts;
    while (*link != text) {
        link = &(*link)->next;
    }
    *link = text->next;
    free(text->name);
    free(text->document);
    free(text);
}

void authority_release(struct authority *authority, struct identity *identity)
{
    for (size_t i = 0; i < identity->policy_count; i++) {
        drop_text(authority, identity->policies[i]);
    }
    free(identity->policies);
    identity->policies = NULL;
    identity->policy_count = 0;
    identity->is_attached = false;
    identity->is_loaded = false;
    identity->status[0] = '\0';
}

static bool load_status(struct authority *authority, struct identity *identity)
{
    sqlite3_stmt *query = ask(authority, QUERY_STATUS, identity->certificate_id, NULL);
    int code = sqlite3_step(query);
    bool is_good = code == SQLITE_DONE;
    if (code == SQLITE_ROW) {
        const char *status = (const char *)sqlite3_column_text(query, 0); /* NULL: out of memory */
        snprintf(identity->status, sizeof(identity->status), "%s", status != NULL ? status : "");
        is_good = status != NULL;
    }
    done(query);
    return is_good;
}

static bool load_thing(struct authority *authority, struct identity *identity)
{
    sqlite3_stmt *query = ask(authority, QUERY_THING, identity->certificate_id, identity->client_id);
    int code = sqlite3_step(query);
    bool is_good = code == SQLITE_DONE;
    if (code == SQLITE_ROW) {
        const char *thing = (const char *)sqlite3_column_text(query, 0); /* NULL: out of memory */
        snprintf(identity->thing_name, sizeof(identity->thing_name), "%s", thing != NULL ? thing : "");
        is_good = thing != NULL;
        identity->is_attached = is_good;
    }
    done(query);
    return is_good;
}

/* false: memory is out, or the document is none that the service would have stored. */
static bool add_policy(struct authority *authority, struct identity *identity, sqlite3_stmt *query)
{
    const char *name = (const char *)sqlite3_column_text(query, 0);
    const char *document = (const char *)sqlite3_column_text(query, 1);
    if (name == NULL || document == NULL || strlen(document) > POLICY_BYTES_MAX ||
        identity->policy_count == POLICIES_MAX) {
        return false;
    }
    if (identity->policies == NULL) {
        identity->policies = calloc(POLICIES_MAX, sizeof(struct policy_text *));
    }
    struct policy_text *text = identity->policies != NULL ? take_text(authority, name, document) : NULL;
    if (text == NULL) {
        return false;
    }
    identity->policies[identity->policy_count++] = text;
    return true;
}

static bool load_policies(struct authority *authority, struct identity *identity)
{
    sqlite3_stmt *query = ask(authority, QUERY_POLICIES, identity->certificate_id, NULL);
    bool is_good = true;
    int code;
    while (is_good && (code = sqlite3_step(query)) == SQLITE_ROW) {
        is_good = add_policy(authority, identity, query);
    }
    done(query);
    return is_good && code == SQLITE_DONE;
}

bool authority_load(struct authority *authority, struct identity *identity)
{
    authority_release(authority, identity);
    if (load_status(authority, identity) && load_thing(authority, identity) &&
        load_policies(authority, identity)) {
        identity->is_loaded = true;
        return true;
    }
    authority_release(authority, identity); /* half of the policies could lack the one that denies */
    return false;
}

bool identity_is_active(const struct identity *identity)
{
    return strcmp(identity->status, "ACTIVE") == 0;
}

bool authority_inactive(struct authority *authority, authority_certificate_fn fn, void *ctx)
{
    sqlite3_stmt *query = ask(authority, QUERY_INACTIVE, NULL, NULL);
    const char *certificate = "";
    int code;
    while ((code = sqlite3_step(query)) == SQLITE_ROW && certificate != NULL) {
        certificate = (const char *)sqlite3_column_text(query, 0);
        if (certificate != NULL) {
            fn(ctx, certificate);
        }
    }
    done(query);
    return code == SQLITE_DONE && certificate != NULL;
}

static struct policy_context context_of(const struct identity *identity)
{
    return (struct policy_context){
        .client_id = identity->client_id,
        .thing_name = identity->is_attached ? identity->thing_name : NULL,
        .is_attached = identity->is_attached,
        .source_ip = identity->source_ip[0] != '\0' ? identity->source_ip : NULL,
        .certificate_cn = identity->common_name[0] != '\0' ? identity->common_name : NULL,
    };
}

/* The ARN, in the authority's own buffer: an ARN may be too long for the stack of a plugin. */
const char *authority_resource(struct authority *authority, const struct authority_question *question)
{
    int len = snprintf(authority->resource, sizeof(authority->resource), "%s%s/%s", authority->arn_head,
                       question->kind, question->name);
    return len > 0 && (size_t)len < sizeof(authority->resource) ? authority->resource : NULL;
}

bool authority_allows(struct authority *authority, const struct identity *identity,
                      const struct authority_question *question)
{
    struct policy_context context = context_of(identity);
    const char *resource = authority_resource(authority, question);
    enum policy_decision decision = POLICY_IMPLICIT_DENY;

    if (resource == NULL || !identity_is_active(identity)) {
        return false;
    }
    for (size_t i = 0; i < identity->policy_count && decision != POLICY_EXPLICIT_DENY; i++) {
        decision = policy_combine(decision, policy_evaluate(slice_from(identity->policies[i]->document),
                                                            &context, question->action, resource, NULL, 0));
    }
    return decision == POLICY_ALLOW;
}

/* The first document that decides so. false: none does. */
static bool explain_decision(enum policy_decision decision, const struct identity *identity,
                             const struct policy_context *context, const struct authority_question *question,
                             const char *resource, char *text, size_t cap)
{
    char sid[80];
    for (size_t i = 0; i < identity->policy_count; i++) {
        const struct policy_text *policy = identity->policies[i];
        if (policy_evaluate(slice_from(policy->document), context, question->action, resource, sid,
                            sizeof(sid)) != decision) {
            continue;
        }
        if (sid[0] != '\0') {
            snprintf(text, cap, "policy %s %s it in statement %s", policy->name,
                     decision == POLICY_ALLOW ? "allows" : "denies", sid);
        } else {
            snprintf(text, cap, "policy %s cannot be understood", policy->name);
        }
        return true;
    }
    return false;
}

/* The Allow statement that comes nearest, over all documents. */
static bool explain_nearest(const struct identity *identity, const struct policy_context *context,
                            const struct authority_question *question, const char *resource, char *text,
                            size_t cap)
{
    size_t nearest = 0;
    char line[1000];
    for (size_t i = 0; i < identity->policy_count; i++) {
        const struct policy_text *policy = identity->policies[i];
        size_t score = policy_nearest(slice_from(policy->document), context, question->action, resource, line,
                                      sizeof(line));
        if (score <= nearest) {
            continue;
        }
        nearest = score;
        bool needs_thing = !identity->is_attached && strstr(line, "iot:Connection.Thing.") != NULL;
        snprintf(text, cap, "policy %s, %s%s%s", policy->name, line,
                 needs_thing ? ", and the certificate is not attached to a thing named " : "",
                 needs_thing ? identity->client_id : "");
    }
    return nearest > 0;
}

void authority_explain(struct authority *authority, const struct identity *identity,
                       const struct authority_question *question, char *text, size_t cap)
{
    struct policy_context context = context_of(identity);
    const char *resource = authority_resource(authority, question);

    if (!identity->is_loaded) {
        snprintf(text, cap, "its rights cannot be read now: the database is busy, or memory is out");
    } else if (identity->status[0] == '\0') {
        snprintf(text, cap, "this certificate is not registered here");
    } else if (!identity_is_active(identity)) {
        snprintf(text, cap, "this certificate is %s", identity->status);
    } else if (identity->policy_count == 0) {
        snprintf(text, cap, "no policy is attached to the certificate");
    } else if (resource == NULL ||
               (!explain_decision(POLICY_EXPLICIT_DENY, identity, &context, question, resource, text, cap) &&
                !explain_decision(POLICY_ALLOW, identity, &context, question, resource, text, cap) &&
                !explain_nearest(identity, &context, question, resource, text, cap))) {
        snprintf(text, cap, "no statement of its policies allows %s", question->action);
    }
}
