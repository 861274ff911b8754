/* SPDX-License-Identifier: MIT */
/* Requests to the daemon. Whatever fails is said on standard error, once, by the function that returns false. */
#ifndef CLOUD_CLI_CLIENT_H
#define CLOUD_CLI_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct client;

/* data: what --data says, or NULL. */
struct client *client_open(const char *data);
void client_close(struct client *client);

/* How long an answer may take, 60 s unless told otherwise. */
void client_set_patience(struct client *client, long ms);

/* A path from a format: %s a percent-encoded segment, %p the same but slashes stay. malloc'd. */
char *client_path(const char *format, ...);

struct client_request {
    const char *method;
    char *path;        /* taken over */
    json_t *json;      /* body, taken over; or */
    const char *bytes; /* body of bytes, borrowed */
    size_t bytes_len;
    const char *header; /* one more header line, "Name: value"; NULL = none */
    long tolerated;     /* a status that is no failure, 0 = none */
};

/* true for a 2xx answer, and for the tolerated status. *status and *answer (a JSON value or NULL; the caller's) may be
 * NULL. */
bool client_send(struct client *client, struct client_request request, long *status, json_t **answer);

/* The usual cases. */
bool client_get(struct client *client, char *path, json_t **answer);

/* Calls fn for every entry of the member `list`, over all pages. path: without a query. */
typedef bool (*client_entry_fn)(void *ctx, const json_t *entry); /* false: stop, it has failed */
bool client_each(struct client *client, const char *path, const char *list, client_entry_fn fn, void *ctx);

/* GET /iot-local/status: what the daemon says about itself. */
bool client_status(struct client *client, json_t **answer);

/* The member `name` of an answer, when it is a text; else "". */
const char *client_text(const json_t *object, const char *name);

/* The ARN of a thing at the daemon that told this status. malloc'd. */
char *client_thing_arn(const json_t *status, const char *thing);

/* "http://127.0.0.1:PORT", where this machine reaches the daemon that told this status. malloc'd. */
char *client_http_base(const json_t *status);

#endif
