/* SPDX-License-Identifier: MIT */
/* Three hash tables over the same connections, and what a connection remembers. */
#include "cloud/broker/connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BUCKETS 4096 /* brokers on one machine have been seen with 10000 connections */

struct connection_table {
    struct authority *authority;
    uint64_t next_serial;
    struct connection *by_client[BUCKETS];
    struct connection *by_serial[BUCKETS];
    struct connection *by_certificate[BUCKETS];
};

static struct connection **client_bucket(struct connection_table *table, const void *client)
{
    uint64_t spread =
        (uint64_t)(uintptr_t)client * 0x9e3779b97f4a7c15u; /* low bits of pointers are all alike */
    return &table->by_client[spread >> 52];
}

static struct connection **serial_bucket(struct connection_table *table, uint64_t serial)
{
    return &table->by_serial[serial % BUCKETS];
}

/* A certificate id is a hash in hex already: its first three digits are as good as any. */
static struct connection **certificate_bucket(struct connection_table *table, const char *certificate_id)
{
    char head[4];
    snprintf(head, sizeof(head), "%.3s", certificate_id);
    return &table->by_certificate[strtoul(head, NULL, 16) % BUCKETS];
}

struct connection_table *connection_table_create(struct authority *authority)
{
    struct connection_table *table = calloc(1, sizeof(*table));
    if (table == NULL) {
        return NULL;
    }
    table->authority = authority;
    /* an answer to a connection of an earlier broker process must not find one of this process */
    if (getrandom(&table->next_serial, sizeof(table->next_serial), 0) != sizeof(table->next_serial)) {
        free(table);
        return NULL;
    }
    return table;
}

static void forget_decisions(struct connection *connection)
{
    for (size_t i = 0; i < CONNECTION_DECISIONS; i++) {
        free(connection->decisions[i].topic);
        connection->decisions[i].topic = NULL;
    }
}

static void destroy(struct connection_table *table, struct connection *connection)
{
    forget_decisions(connection);
    authority_release(table->authority, &connection->identity);
    free(connection);
}

void connection_table_destroy(struct connection_table *table)
{
    if (table == NULL) {
        return;
    }
    for (size_t i = 0; i < BUCKETS; i++) {
        while (table->by_client[i] != NULL) {
            struct connection *connection = table->by_client[i];
            table->by_client[i] = connection->next_by_client;
            destroy(table, connection);
        }
    }
    free(table);
}

struct connection *connection_add(struct connection_table *table, const void *client,
                                  const struct identity *who)
{
    connection_remove(table, client);
    struct connection *connection = calloc(1, sizeof(*connection));
    if (connection == NULL) {
        return NULL;
    }
    connection->client = client;
    connection->serial = table->next_serial++;
    connection->is_daemon = who == NULL;
    if (who != NULL) {
        connection->identity = *who;
    }

    struct connection **bucket = client_bucket(table, client);
    connection->next_by_client = *bucket;
    *bucket = connection;
    bucket = serial_bucket(table, connection->serial);
    connection->next_by_serial = *bucket;
    *bucket = connection;
    bucket = certificate_bucket(table, connection->identity.certificate_id);
    connection->next_by_certificate = *bucket;
    *bucket = connection;
    return connection;
}

void connection_remove(struct connection_table *table, const void *client)
{
    struct connection *connection = connection_find(table, client);
    if (connection == NULL) {
        return;
    }
    struct connection **link = client_bucket(table, client);
    while (*link != connection) {
        link = &(*link)->next_by_client;
    }
    *link = connection->next_by_client;
    link = serial_bucket(table, connection->serial);
    while (*link != connection) {
        link = &(*link)->next_by_serial;
    }
    *link = connection->next_by_serial;
    link = certificate_bucket(table, connection->identity.certificate_id);
    while (*link != connection) {
        link = &(*link)->next_by_certificate;
    }
    *link = connection->next_by_certificate;
    destroy(table, connection);
}

struct connection *connection_find(const struct connection_table *table, const void *client)
{
    struct connection *connection = *client_bucket((struct connection_table *)table, client);
    while (connection != NULL && connection->client != client) {
        connection = connection->next_by_client;
    }
    return connection;
}

struct connection *connection_find_serial(const struct connection_table *table, uint64_t serial)
{
    struct connection *connection = *serial_bucket((struct connection_table *)table, serial);
    while (connection != NULL && connection->serial != serial) {
        connection = connection->next_by_serial;
    }
    return connection;
}

bool connection_has_certificate(const struct connection_table *table, const char *certificate_id)
{
    const struct connection *connection =
        *certificate_bucket((struct connection_table *)table, certificate_id);
    while (connection != NULL && strcmp(connection->identity.certificate_id, certificate_id) != 0) {
        connection = connection->next_by_certificate;
    }
    return connection != NULL;
}

void connection_mark_all_stale(struct connection_table *table)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct connection *c = table->by_client[i]; c != NULL; c = c->next_by_client) {
            c->is_stale = !c->is_daemon;
        }
    }
}

void connection_refresh(struct connection_table *table, struct connection *connection)
{
    if (!connection->is_stale) {
        return;
    }
    forget_decisions(connection);
    connection->is_stale = !authority_load(table->authority, &connection->identity);
}

/* FNV-1a */
static uint32_t hash_of(unsigned access, const char *topic)
{
    uint32_t hash = 2166136261u ^ access;
    for (; *topic != '\0'; topic++) {
        hash = (hash ^ (unsigned char)*topic) * 16777619u;
    }
    return hash;
}

bool connection_recall(const struct connection *connection, unsigned access, const char *topic,
                       bool *is_allowed)
{
    uint32_t hash = hash_of(access, topic);
    const struct decision *decision = &connection->decisions[hash % CONNECTION_DECISIONS];
    if (decision->topic == NULL || decision->hash != hash || decision->access != access ||
        strcmp(decision->topic, topic) != 0) {
        return false;
    }
    *is_allowed = decision->is_allowed;
    return true;
}

void connection_remember(struct connection *connection, unsigned access, const char *topic, bool is_allowed)
{
    char *copy = strlen(topic) <= CONNECTION_TOPIC_MAX ? strdup(topic) : NULL;
    if (copy == NULL) {
        return; /* the next one is asked again */
    }
    uint32_t hash = hash_of(access, topic);
    struct decision *decision = &connection->decisions[hash % CONNECTION_DECISIONS];
    free(decision->topic);
    *decision = (struct decision){copy, hash, access, is_allowed};
}
