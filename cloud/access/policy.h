/* SPDX-License-Identifier: MIT */
/* AWS IoT policies: check a document, and decide. Pure functions over text (common/json only), because three programs
 * share them: the service, the broker plugin, and the doctor. docs/protocol.md 8. */
#ifndef CLOUD_ACCESS_POLICY_H
#define CLOUD_ACCESS_POLICY_H

#include "common/err.h"
#include "common/slice.h"

#include <stdbool.h>
#include <stddef.h>

#define POLICY_SIZE_MAX  2048  /* characters without white space */
#define POLICY_BYTES_MAX 32768 /* all of it */

enum policy_decision {
    POLICY_IMPLICIT_DENY, /* no statement matches */
    POLICY_ALLOW,
    POLICY_EXPLICIT_DENY,
};

/* Who asks. Texts may be NULL when not known. */
struct policy_context {
    const char *client_id;
    const char *thing_name;     /* ${iot:Connection.Thing.ThingName}; NULL: the variable matches nothing */
    bool is_attached;           /* iot:Connection.Thing.IsAttached */
    const char *source_ip;      /* ${aws:SourceIp} */
    const char *certificate_cn; /* ${iot:Certificate.Subject.CommonName} */
    size_t *
        steps_left; /* what patterns compare is taken off; at 0 nothing matches any more, and no decision means
                           anything. NULL: nobody counts */
};

/* ERR_OK, or an error with one line in `why` that names the place in the document. What this evaluator does not know
 * (another Version, NotAction, NotResource, Principal, other variables, other Condition operators and keys) is refused
 * here, so that it is never ignored later. */
enum err policy_check(struct slice document, char *why, size_t why_cap);

/* One document, one question. action: "iot:Connect", "iot:Publish", "iot:Subscribe", "iot:Receive"; resource: a whole
 * ARN, for example arn:aws:iot:us-east-1:123456789012:topic/a/b. sid (may be NULL) takes the name of the deciding
 * statement: its Sid, or its number from 1. A document that policy_check refuses answers POLICY_EXPLICIT_DENY: it may
 * hold a Deny that we cannot read. */
enum policy_decision policy_evaluate(struct slice document, const struct policy_context *context,
                                     const char *action, const char *resource, char *sid, size_t sid_cap);

/* The same for each of these resources, in one reading of the document. */
void policy_evaluate_each(struct slice document, const struct policy_context *context, const char *action,
                          const char *const resources[], size_t count, enum policy_decision decisions[]);

/* Joins the decisions of several documents: an explicit deny wins, then an allow. */
enum policy_decision policy_combine(enum policy_decision a, enum policy_decision b);

/* For people, after an implicit deny: which Allow statement for this action comes nearest, and what is in the way, as
 * one line in `text`. Returns how near it comes, to compare several documents; 0 (text unchanged): no statement allows
 * the action on anything. */
size_t policy_nearest(struct slice document, const struct policy_context *context, const char *action,
                      const char *resource, char *text, size_t cap);

/* Calls fn with the name of each variable and Condition key that this document's statements for the action ask for and the
 * context has no value for; a name may come several times. */
typedef void (*policy_missing_fn)(void *ctx, const char *name);
void policy_missing(struct slice document, const struct policy_context *context, const char *action,
                    policy_missing_fn fn, void *ctx);

#endif
