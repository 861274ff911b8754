/* SPDX-License-Identifier: MIT */
/* Which certificate belongs to which thing: docs/protocol.md 5.8. A principal is the ARN of a certificate. */
#ifndef CLOUD_CORE_PRINCIPALS_H
#define CLOUD_CORE_PRINCIPALS_H

#include "cloud/core/core.h"

#define PRINCIPAL_TYPE_CAP 24

/* name: of the thing, or the ARN of the certificate; type: EXCLUSIVE_THING or NON_EXCLUSIVE_THING. */
typedef void (*principal_fn)(void *ctx, const char *name, const char *type);

/* type NULL: what they are attached as already, else NON_EXCLUSIVE_THING. Attaching twice is success. */
enum core_code principals_attach(struct core *core, const char *thing, const char *principal,
                                 const char *type, struct core_error *error);
/* What is not attached is success, too. */
enum core_code principals_detach(struct core *core, const char *thing, const char *principal,
                                 struct core_error *error);

/* By certificate, by name. type NULL: of both types. Only `after` and `limit` of the page count. */
enum core_code principals_of_thing(struct core *core, const char *thing, const char *type,
                                   const struct core_page *page, principal_fn fn, void *ctx,
                                   char next[CORE_KEY_CAP], struct core_error *error);
enum core_code principals_things(struct core *core, const char *principal, const char *type,
                                 const struct core_page *page, principal_fn fn, void *ctx,
                                 char next[CORE_KEY_CAP], struct core_error *error);

/* The thing that a connection with this client id (may be NULL) counts as: the certificate's only one, or the one of that name.
 * "": none. */
enum core_code principals_connected_thing(struct core *core, const char *principal, const char *client_id,
                                          char thing[CORE_THING_NAME_CAP], struct core_error *error);

#endif
