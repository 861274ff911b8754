/* SPDX-License-Identifier: MIT */
/* The rights of a claim are a policy of the template. Its name begins with a character that no operation takes in a policy's
 * name, so nobody can change, attach or delete that policy from outside, and lists leave it out (statements.h). */
#include "cloud/core/provisioning/claims.h"

#include "cloud/base/text.h"
#include "cloud/core/due.h"
#include "cloud/core/names.h"
#include "cloud/core/provisioning/template_row.h"
#include "cloud/core/registry/registry_private.h"

#include <stdio.h>
#include <stdlib.h>

#define POLICY_FORM "$claim/%s"

static void write_policy_name(const char *template_name, char name[CORE_POLICY_NAME_CAP])
{
    snprintf(name, CORE_POLICY_NAME_CAP, POLICY_FORM, template_name);
}

/* The policy that AWS shows for a claim certificate, for this template. The caller frees. */
static char *make_policy(const struct core *core, const char *template_name)
{
    char topics[512], filters[512];
    arn_write(core, "topic", "$aws", topics, sizeof topics);
    arn_write(core, "topicfilter", "$aws", filters, sizeof filters);
    return text_format("{\"Version\":\"2012-10-17\",\"Statement\":["
                       "{\"Effect\":\"Allow\",\"Action\":\"iot:Connect\",\"Resource\":\"*\"},"
                       "{\"Effect\":\"Allow\",\"Action\":[\"iot:Publish\",\"iot:Receive\"],\"Resource\":["
                       "\"%s/certificates/create/*\",\"%s/certificates/create-from-csr/*\","
                       "\"%s/provisioning-templates/%s/provision/*\"]},"
                       "{\"Effect\":\"Allow\",\"Action\":\"iot:Subscribe\",\"Resource\":["
                       "\"%s/certificates/create/*\",\"%s/certificates/create-from-csr/*\","
                       "\"%s/provisioning-templates/%s/provision/*\"]}]}",
                       topics, topics, topics, template_name, filters, filters, filters, template_name);
}

static bool attach_policy(struct core *core, const char *template_name, const char *certificate_id)
{
    char name[CORE_POLICY_NAME_CAP];
    struct store *store = core->store;
    write_policy_name(template_name, name);
    char *document = make_policy(core, template_name);
    bool is_good = store_run(store, STORE_QUERY(store, STORE_CLAIM_POLICY_PUT, store_text(name),
                                                store_i64(core_now_ms(core)), store_text(document))) &&
                   store_run(store, STORE_QUERY(store, STORE_POLICY_ATTACH, store_text(certificate_id),
                                                store_text(name)));
    free(document);
    return is_good;
}

/* The row's id; -1: the database failed. */
static int64_t find_id(struct core *core, const char *certificate_id)
{
    sqlite3_stmt *query = STORE_QUERY(core->store, STORE_CLAIM_OF, store_text(certificate_id));
    int64_t id = store_row(core->store, query) == 1 ? store_column_i64(query, 0) : -1;
    store_done(query);
    return id;
}

static bool insert(struct core *core, const char *template_name, const char *certificate_id,
                   int64_t expires_at_ms)
{
    if (!attach_policy(core, template_name, certificate_id) ||
        !store_run(core->store, STORE_QUERY(core->store, STORE_CLAIM_INSERT, store_text(certificate_id),
                                            store_text(template_name), store_i64(expires_at_ms)))) {
        return false;
    }
    int64_t id = find_id(core, certificate_id);
    return id >= 0 && due_set(core, DUE_CLAIM, id, expires_at_ms);
}

enum core_code claims_add(struct core *core, const char *template_name, const struct certificate *certificate,
                          int64_t *expires_at_ms, struct core_error *error)
{
    struct core_write write;
    struct certificate active = *certificate;
    int64_t at_ms = core_now_ms(core) + CLAIM_MS;
    core_error_clear(error);
    if (template_require(core, template_name, error) || !core_write_begin(core, &write, error)) {
        return error->code;
    }
    snprintf(active.status, sizeof active.status, "ACTIVE");
    if (!certificates_add(core, &active, error) && !insert(core, template_name, active.id, at_ms)) {
        core_fail_storage(core, error);
    }
    if (!core_write_end(core, &write, error)) {
        *expires_at_ms = at_ms;
    }
    return error->code;
}

/* --- The end --- */

/* 1: a claim; 0: none; -1: the database failed. */
static int find_claim(struct core *core, enum store_statement which, struct store_value key, int64_t *id,
                      char certificate_id[CORE_CERTIFICATE_ID_CAP])
{
    sqlite3_stmt *query = STORE_QUERY(core->store, which, key);
    int got = store_row(core->store, query);
    if (got == 1) {
        *id = store_column_i64(query, 0);
        store_column_copy(query, 1, certificate_id, CORE_CERTIFICATE_ID_CAP);
    }
    store_done(query);
    return got;
}

/* Its row goes with the certificate. */
static bool remove_claim(struct core *core, int64_t id, const char *certificate_id)
{
    return due_set(core, DUE_CLAIM, id, 0) && certificate_remove(core, certificate_id);
}

bool claim_expire(struct core *core, int64_t id)
{
    int64_t same_id = 0;
    char certificate_id[CORE_CERTIFICATE_ID_CAP];
    int got = find_claim(core, STORE_CLAIM_BY_ID, store_i64(id), &same_id, certificate_id);
    if (got < 1) {
        return got == 0 && due_set(core, DUE_CLAIM, id, 0);
    }
    return remove_claim(core, id, certificate_id);
}

bool claims_remove_of_template(struct core *core, const char *template_name)
{
    int64_t id = 0;
    int got;
    char certificate_id[CORE_CERTIFICATE_ID_CAP];
    char policy[CORE_POLICY_NAME_CAP];
    while ((got = find_claim(core, STORE_CLAIM_OF_TEMPLATE, store_text(template_name), &id,
                             certificate_id)) == 1) {
        if (!remove_claim(core, id, certificate_id)) {
            return false;
        }
    }
    write_policy_name(template_name, policy);
    return got == 0 &&
           store_run(core->store, STORE_QUERY(core->store, STORE_POLICY_DELETE, store_text(policy)));
}
