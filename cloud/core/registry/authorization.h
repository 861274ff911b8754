/* SPDX-License-Identifier: MIT */
/* TestAuthorization: what the policies of a certificate would say to a connection. The certificate's status does not count. */
#ifndef CLOUD_CORE_AUTHORIZATION_H
#define CLOUD_CORE_AUTHORIZATION_H

#include "cloud/access/policy.h"
#include "cloud/core/registry/policy_attachments.h"

#define AUTHORIZATION_NAMES_MAX     10 /* policies to add, and as many to leave out */
#define AUTHORIZATION_RESOURCES_MAX 20 /* of one question */

struct authorization_names {
    const char *names[AUTHORIZATION_NAMES_MAX];
    size_t count;
};

struct authorization_request {
    const char *principal;   /* a certificate ARN */
    const char *client_id;   /* NULL: not known */
    const char *common_name; /* of the certificate's subject; NULL: none */
    struct authorization_names add, skip;
};

/* The policies that count, and what is known of the connection. Stays where it was opened. */
struct authorization {
    struct policy *policies; /* with documents */
    size_t count;
    struct policy_context context; /* points to texts of the request, and to what follows */
    char thing[CORE_THING_NAME_CAP];
    size_t steps_left; /* of all questions together */
    /* the last question: what each policy says about each resource */
    enum policy_decision (*decisions)[AUTHORIZATION_RESOURCES_MAX];
    size_t resource_count;
};

/* CORE_NOT_FOUND also for a policy to add. The request must live as long as what is opened. */
enum core_code authorization_open(struct core *core, const struct authorization_request *request,
                                  struct authorization *out, struct core_error *error);
void authorization_clear(struct authorization *authorization);

/* Asks each policy about each of these resources (at most AUTHORIZATION_RESOURCES_MAX). CORE_LIMIT_EXCEEDED: with what has
 * been asked before, that takes too long. */
enum core_code authorization_ask(struct authorization *authorization, const char *action,
                                 const char *const *resources, size_t count, struct core_error *error);

/* What policy i says about all these resources: a denial of one, else an allowance of one. */
enum policy_decision authorization_of_policy(const struct authorization *authorization, size_t i);
/* What all policies say: POLICY_ALLOW when each of the resources is allowed. */
enum policy_decision authorization_of_all(const struct authorization *authorization);

#endif
