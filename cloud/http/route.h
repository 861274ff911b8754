/* SPDX-License-Identifier: MIT */
/* Which operation is meant: by SigV4 service, method and path. The tables (operations_*.c) hold what iot-local does and
 * what it does not model, so that the latter answers with its name and never with a wrong result. */
#ifndef CLOUD_HTTP_ROUTE_H
#define CLOUD_HTTP_ROUTE_H

#include "cloud/http/call.h"

struct route_table {
    const struct route *rows;
    size_t count;
};
extern const struct route_table routes_jobs, routes_things, routes_security, routes_provisioning, routes_data,
    routes_refused;

/* The i-th row of all tables together; NULL: there are fewer. */
const struct route *route_at(size_t i);

/* Does a request signed for this service reach this family? "iot" and "execute-api" are the control plane. */
bool route_serves(enum api_family family, const char *service);

/* Sets call->route and call->labels. Without a route it answers UnknownOperationException, for an operation that is not
 * modelled NotImplementedException. */
void route_find(struct call *call, const char *service);

/* Does this request need no signature (FAMILY_OPEN)? */
bool route_is_open(const struct request *request);

/* Would this request be an API call if it were signed for some service? */
bool route_is_api_path(const struct request *request);

/* Query parameters and body members must be known to the operation. Answers InvalidRequestException and returns false
 * when one is not. */
bool route_check_names(struct call *call);

#endif
