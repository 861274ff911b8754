/* SPDX-License-Identifier: MIT */
/* One API call: the request, what it was routed to, and its answer. Handlers read through the functions here, which
 * answer InvalidRequestException themselves and return false when the caller sent something wrong. */
#ifndef CLOUD_HTTP_CALL_H
#define CLOUD_HTTP_CALL_H

#include "cloud/http/answer.h"
#include "cloud/http/api_error.h"
#include "cloud/http/request.h"
#include "cloud/http/sigv4.h"
#include "cloud/pki/pki.h"

#include <stdatomic.h>
#include <stdint.h>

/* A message for the broker; topic and payload are those of the call. */
struct message {
    const char *topic; /* NULL: there is none */
    const void *payload;
    size_t len;
    int qos;
    bool is_retained;
};

/* What lives as long as the server. Texts are borrowed. */
struct http_service {
    struct core *core;
    bool (*is_broker_up)(void *ctx); /* NULL: nobody knows */
    bool (*publish)(void *ctx,
                    const struct message *message); /* false: there is no broker now; NULL: never */
    bool (*set_shift)(void *ctx,
                      int64_t by_ms); /* puts the virtual clock; false: that could not be kept on disk */
    void *daemon;                     /* for the three */
    const struct clock_shift *shift;  /* of the virtual clock; NULL: the core has the machine's clock */
    struct pki *pki;                  /* the worker's: only work may use it, but for what never changes */
    const char *listen;
    const char *endpoint;
    const char *data_dir;
    const char *const *names; /* further ones that we are reached by */
    size_t name_count;
    const struct credentials *credentials; /* who may call; NULL: any credentials will do */
    const char *credentials_file;          /* where these keys lie; NULL: nowhere */
    const struct credentials
        *link_keys;    /* what signs links for devices: always verified; NULL: there are none */
    bool only_objects; /* GetObject and HeadObject by signed links, and nothing else (objects_server.h) */
    const char *objects_dir; /* NULL: no object can be stored */
    uint16_t http_port;
    uint16_t mqtt_port;
    uint16_t https_port;           /* of objects; 0: there is none */
    const atomic_bool *is_closing; /* becomes true when work that takes long is to be given up; NULL: never */
};

enum call_source {
    FROM_NETWORK,
    FROM_LOOPBACK,
    FROM_UNIX_SOCKET, /* the command line of the same user: no signature */
};

#define CALL_LABELS_MAX 3

struct call;
struct s3_operation;
typedef void (*call_fn)(struct call *call);

struct route {
    const char *method;
    const char *path; /* "/things/{thingName}/jobs" */
    enum api_family family;
    const char *operation;
    call_fn handler;        /* NULL: an operation of AWS that iot-local does not model */
    const char *query;      /* names of query parameters, separated by blanks */
    const char *members;    /* names of body members */
    bool takes_bytes;       /* the body is no JSON */
    bool only_reads;        /* although its method is not GET */
    const char *unmodelled; /* names that AWS has and we do not, query or body */
    call_fn work; /* what takes long (keys, signing), before the handler; NULL: nothing. See call_work_done */
    const struct error_own *own_errors; /* names that errors have in this operation only; NULL: none */
};

struct call {
    const struct http_service *service;
    enum call_source source;
    struct request request;
    struct answer answer;
    const struct route *route;           /* NULL: none, or S3 */
    const struct s3_operation *s3;       /* NULL: not S3 */
    const char *labels[CALL_LABELS_MAX]; /* the {names} of the path, in order; S3: bucket and key */
    const char *s3_error;                /* the code that was answered; NULL: none */
    char *s3_key;                        /* decoded, owned */
    char host_bucket[64];                /* S3: the bucket that the Host names; "": it stands in the path */
    bool is_s3_host;                     /* the Host is one of S3 alone */
    bool is_plain_link;                  /* S3 without a signature */
    struct signature signature;
    json_t *members; /* the body, an object; NULL when there was none */
    void *made;      /* by the work, for the handler; NULL: nothing */
    void (*free_made)(void *made);
    size_t body_max;
    struct core_error error;
    struct message message; /* by the handler, to be published once what it has written is on disk */
};

bool call_is_answered(const struct call *call);

/* The machine's time, also when ours is virtual: what signatures and certificates go by. */
int64_t call_machine_ms(const struct call *call);

/* Work runs on the daemon's worker thread, while the loop serves others: it touches this call, and of the service only what
 * never changes (pki, data_dir, objects_dir), never the core. It answers the call when it fails, else hands its result to the handler;
 * `free_made` frees the result with the call, also when no handler came. */
void call_work_done(struct call *call, void *made, void (*free_made)(void *made));

/* Answer with an error of the JSON APIs. call_refuse: the caller's fault (CORE_INVALID_REQUEST); call_fail_internal: ours. */
void call_fail(struct call *call, enum api_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void call_refuse(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
void call_fail_internal(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* true for CORE_OK; otherwise answers with call->error. */
bool call_ok(struct call *call, enum core_code code);
/* For a batch that could not be begun or committed: the error of the API that was called, S3 or another. */
void call_fail_storage(struct call *call);

/* --- Query. *value keeps what it was when the parameter is not given. --- */
bool call_query_text(struct call *call, const char *name, const char **value);
bool call_header(struct call *call, const char *name, const char **value); /* must be given */
bool call_query_bool(struct call *call, const char *name, bool *value);
bool call_query_i64(struct call *call, const char *name, int64_t min, int64_t *value);

/* --- Members of a JSON object (call->members or one in it; NULL: empty). JSON null counts as not given. --- */
bool call_text(struct call *call, const json_t *object, const char *name, const char **value);
bool call_needed_text(struct call *call, const char *name, const char **value); /* of call->members */
/* Also from the texts "true" and "false". */
bool call_bool(struct call *call, const json_t *object, const char *name, bool *value);
/* Also from decimal text, as some clients send expectedVersion. *is_given may be NULL. */
bool call_i64(struct call *call, const json_t *object, const char *name, int64_t min, int64_t *value,
              bool *is_given);
/* Every member of `object` must stand in `known` (names separated by blanks); `name`: what the object is called. */
bool call_known_members(struct call *call, const json_t *object, const char *name, const char *known);
/* An object; `known` as above, NULL: any members. */
bool call_object(struct call *call, const json_t *object, const char *name, const char *known,
                 const json_t **value);
bool call_array(struct call *call, const json_t *object, const char *name, const json_t **value);
/* A member of an inner object that AWS has and iot-local does not model: refused, unless it asks for nothing. */
bool call_unmodelled(struct call *call, const json_t *object, const char *name);
bool call_is_nothing(const json_t *value); /* null, {} or [] */
/* A flat object as JSON text (malloc'd; NULL when not given), for the core to check. */
bool call_object_text(struct call *call, const json_t *object, const char *name, char **value);

/* --- Lists by page --- */
struct page {
    char after[CORE_KEY_CAP]; /* key of the last entry of the page before; "": from the start */
    int64_t limit;
    bool is_ascending; /* asked for by isAscendingOrder, which only some lists have */
};
bool call_page(struct call *call, struct page *page);
/* Answers `list`, with a nextToken that holds the key `next` unless that is "": this was the last page. */
void call_answer_page(struct call *call, json_t *list, const char *next);
/* The other form of AWS's lists: pageSize, marker, isAscendingOrder, and nextMarker in the answer. */
bool call_marker_page(struct call *call, struct page *page);
/* Answers {name: items} as such a page, or, when the code is not CORE_OK, with call->error. Takes over `items`. */
void call_answer_items(struct call *call, enum core_code code, const char *name, json_t *items,
                       const char *next);
void call_answer_marker_items(struct call *call, enum core_code code, const char *name, json_t *items,
                              const char *next);

#endif
