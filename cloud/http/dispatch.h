/* SPDX-License-Identifier: MIT */
/* One request from its headers to its answer, without a server around it: the MHD side (server.c), the tests and the
 * fuzzer call it alike. */
#ifndef CLOUD_HTTP_DISPATCH_H
#define CLOUD_HTTP_DISPATCH_H

#include "cloud/http/call.h"

#define DISPATCH_BODY_MAX (1024UL * 1024)

/* When the headers are there. call->service, call->source and call->request.headers are set. Finds the operation and
 * sets call->body_max, or answers with a refusal at once (call_is_answered). */
void dispatch_open(struct call *call, const char *method, const char *target);

/* When the body is there (call->request.body): reads and checks it. What follows, unless the call is answered, is what the
 * work must know beforehand (in a turn, only reads), the work, if there is any (on the worker), and then the handler (in a
 * turn). */
void dispatch_check(struct call *call);
bool dispatch_has_preparation(const struct call *call);
void dispatch_prepare(struct call *call); /* inside a batch of the core */
bool dispatch_has_work(const struct call *call);
void dispatch_work(struct call *call);
/* Does the handler write? One that does not may run while somebody else holds the database's write lock. */
bool dispatch_writes(const struct call *call);
void dispatch_serve(struct call *call); /* inside a batch of the core; afterwards the call is answered */

/* After the COMMIT of the batch that served the call: publishes its message, if it has one. */
void dispatch_kept(struct call *call);

/* All of it at once, with a batch of its own. */
void dispatch_run(struct call *call);
/* The same for a call that only reads, on a core of core_open_reader. */
void dispatch_read(struct call *call);

/* The body was larger than call->body_max. */
void dispatch_too_large(struct call *call);
/* There is no memory for this body now. */
void dispatch_overloaded(struct call *call);

void dispatch_clear(struct call *call);

#endif
