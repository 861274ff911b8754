/* SPDX-License-Identifier: MIT */
/* One HTTP request and its answer on libmicrohttpd: the callbacks that server.c registers. A request is read, waits while
 * the worker makes what takes long, waits for its turn, and is answered after the COMMIT. */
#ifndef CLOUD_HTTP_EXCHANGE_H
#define CLOUD_HTTP_EXCHANGE_H

#include "cloud/base/log_rate.h"
#include "cloud/base/worker.h"
#include "cloud/core/turn.h"
#include "cloud/http/call.h"
#include "cloud/http/crowd.h"

#include <microhttpd.h>

struct exchange_server {
    const struct http_service *service;
    struct turn *turn; /* NULL: what only reads is served at once, by a core of its own (dispatch_read) */
    struct worker *worker;
    struct crowd crowd;
    struct log_rate rate; /* of the lines about our own failures */
    size_t *upload_bytes; /* bytes held for bodies, over all connections of both listeners */
    bool is_unix_socket;
    bool is_closing;  /* nobody serves any more: who comes now is hung up on */
    bool has_answers; /* to be sent when the server runs next: its descriptor does not tell of them */
};

void *exchange_on_target(void *cls, const char *target, struct MHD_Connection *connection);
enum MHD_Result exchange_on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                    const char *method, const char *version, const char *data,
                                    size_t *data_len, void **state);
void exchange_on_completed(void *cls, struct MHD_Connection *connection, void **state,
                           enum MHD_RequestTerminationCode why);

void *exchange_json_alloc(size_t size); /* jansson, too, ends the process when memory runs out */

#endif
