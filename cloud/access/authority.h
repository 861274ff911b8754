/* SPDX-License-Identifier: MIT */
/* Who may do what, out of the service's database: certificate, thing, policies. Opened read-only by the broker plugin;
 * the tables are a contract with cloud/store (cloud/README.md). */
#ifndef CLOUD_ACCESS_AUTHORITY_H
#define CLOUD_ACCESS_AUTHORITY_H

#include "cloud/access/policy.h"

struct authority;

struct authority_config {
    const char *database;
    const char *region;
    const char *account;
};

/* NULL and one line in `why` on failure. */
struct authority *authority_open(const struct authority_config *config, char *why, size_t why_cap);
void authority_close(struct authority *authority);

/* Has anything changed that identities are made of? Cheap when nothing has. The first call says true. */
bool authority_has_changed(struct authority *authority);

struct policy_text; /* one document, shared by all who have it */

/* One connection's rights. The first block is the caller's, authority_load fills the second. */
struct identity {
    char certificate_id[65];
    char client_id[129];
    char source_ip[64];
    char common_name[260]; /* of the certificate; "" = none */

    bool is_loaded;                /* false: the rest could not be read, and there are no rights at all */
    char status[32];               /* of the certificate; "" = not registered here */
    bool is_attached;              /* the connection is a thing's: */
    char thing_name[129];          /* the certificate's only one, or the one whose name is the client id */
    struct policy_text **policies; /* the authority's memory; shared texts */
    size_t policy_count;
};

/* Reads (again) what the database says. false: the database could not be read, or memory is out; then the identity has no
 * rights at all. */
bool authority_load(struct authority *authority, struct identity *identity);
void authority_release(struct authority *authority, struct identity *identity);
bool identity_is_active(const struct identity *identity);

/* Calls fn with every certificate that may not be connected: not ACTIVE, or deleted. false: not all of them could be read; ask again. */
typedef void (*authority_certificate_fn)(void *ctx, const char *certificate_id);
bool authority_inactive(struct authority *authority, authority_certificate_fn fn, void *ctx);

/* kind and name make the resource: "client", "topic" or "topicfilter". */
struct authority_question {
    const char *action; /* "iot:Publish" */
    const char *kind;
    const char *name;
};

bool authority_allows(struct authority *authority, const struct identity *identity,
                      const struct authority_question *question);

/* The whole ARN that a question asks about; NULL: too long. In the authority's memory, until the next question. */
const char *authority_resource(struct authority *authority, const struct authority_question *question);

/* For people: which statement decided, or after a refusal which one comes nearest. */
void authority_explain(struct authority *authority, const struct identity *identity,
                       const struct authority_question *question, char *text, size_t cap);

#endif
