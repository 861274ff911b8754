/* SPDX-License-Identifier: MIT */
/* TestAuthorization: docs/protocol.md 5.8. */
#include "cloud/core/registry/authorization.h"
#include "cloud/core/registry/certificates.h"
#include "cloud/http/operations.h"
#include "cloud/http/render.h"
#include "cloud/pki/foreign.h"

#include <string.h>

#define QUESTIONS_MAX 10  /* of AWS */
#define RESOURCE_MAX  512 /* bytes; ours: the longest topic has 256 */
#define CLIENT_ID_MAX 128 /* bytes */

struct question {
    const json_t *asked; /* as it came */
    const char *action;
    const char *resources[AUTHORIZATION_RESOURCES_MAX];
    size_t count;
};

/* --- Reading --- */

static bool read_names(struct call *call, const char *member, struct authorization_names *names)
{
    const json_t *array = NULL;
    if (!call_array(call, call->members, member, &array)) {
        return false;
    }
    if (json_array_size(array) > AUTHORIZATION_NAMES_MAX) {
        call_refuse(call, "'%s' has more than %d names", member, AUTHORIZATION_NAMES_MAX);
        return false;
    }
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *name = json_string_value(json_array_get(array, i));
        if (!name) {
            call_refuse(call, "'%s' holds something that is not a string", member);
            return false;
        }
        names->names[names->count++] = name;
    }
    return true;
}

static bool read_client_id(struct call *call, const char **client_id)
{
    if (!call_query_text(call, "clientId", client_id)) {
        return false;
    }
    if (*client_id && strlen(*client_id) > CLIENT_ID_MAX) {
        call_refuse(call, "'clientId' is longer than %d bytes", CLIENT_ID_MAX);
        return false;
    }
    return true;
}

static const char *action_of(const char *type)
{
    static const char *const pairs[][2] = {{"CONNECT", "iot:Connect"},
                                           {"PUBLISH", "iot:Publish"},
                                           {"SUBSCRIBE", "iot:Subscribe"},
                                           {"RECEIVE", "iot:Receive"}};
    for (size_t i = 0; type && i < sizeof pairs / sizeof pairs[0]; i++) {
        if (strcmp(type, pairs[i][0]) == 0) {
            return pairs[i][1];
        }
    }
    return NULL;
}

static bool read_resources(struct call *call, struct question *out)
{
    const json_t *array = NULL;
    if (!call_array(call, out->asked, "resources", &array)) {
        return false;
    }
    size_t count = json_array_size(array);
    if (count < 1 || count > AUTHORIZATION_RESOURCES_MAX) {
        call_refuse(call, "'resources' of 'authInfos' must be 1 to %d ARNs", AUTHORIZATION_RESOURCES_MAX);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(array, i));
        if (!text || strncmp(text, "arn:", 4) != 0 || strlen(text) > RESOURCE_MAX) {
            call_refuse(call,
                        "a resource of 'authInfos' is an ARN of up to %d bytes, like "
                        "arn:aws:iot:us-east-1:123456789012:topic/a/b",
                        RESOURCE_MAX);
            return false;
        }
        out->resources[out->count++] = text;
    }
    return true;
}

static bool read_question(struct call *call, const json_t *info, struct question *out)
{
    const char *type = NULL;
    *out = (struct question){.asked = info};
    if (!json_is_object(info)) {
        call_refuse(call, "'authInfos' holds something that is not an object");
        return false;
    }
    if (!call_known_members(call, info, "authInfos", "actionType resources") ||
        !call_text(call, info, "actionType", &type)) {
        return false;
    }
    out->action = action_of(type);
    if (!out->action) {
        call_refuse(call, "'actionType' of 'authInfos' is PUBLISH, SUBSCRIBE, RECEIVE or CONNECT");
        return false;
    }
    return read_resources(call, out);
}

static bool read_questions(struct call *call, struct question questions[QUESTIONS_MAX], size_t *count)
{
    const json_t *infos = NULL;
    if (!call_array(call, call->members, "authInfos", &infos)) {
        return false;
    }
    *count = json_array_size(infos);
    if (*count < 1 || *count > QUESTIONS_MAX) {
        call_refuse(call, "'authInfos' must be 1 to %d objects", QUESTIONS_MAX);
        return false;
    }
    for (size_t i = 0; i < *count; i++) {
        if (!read_question(call, json_array_get(infos, i), &questions[i])) {
            return false;
        }
    }
    return true;
}

/* --- Answering --- */

static json_t *policies_that_say(const struct authorization *authorization, enum policy_decision decision)
{
    json_t *policies = json_array();
    for (size_t i = 0; i < authorization->count; i++) {
        if (authorization_of_policy(authorization, i) == decision) {
            render_add_policy(policies, &authorization->policies[i]);
        }
    }
    json_t *out = json_object();
    json_object_set_new(out, "policies", policies);
    return out;
}

static void add_missing(void *ctx, const char *name)
{
    json_t *names = ctx;
    for (size_t i = 0; i < json_array_size(names); i++) {
        if (strcmp(json_string_value(json_array_get(names, i)), name) == 0) {
            return;
        }
    }
    json_array_append_new(names, answer_text(name));
}

/* Of the question that the authorization was asked last. */
static json_t *answer_one(const struct authorization *authorization, const struct question *question)
{
    static const char *const words[] = {
        [POLICY_IMPLICIT_DENY] = "IMPLICIT_DENY",
        [POLICY_ALLOW] = "ALLOWED",
        [POLICY_EXPLICIT_DENY] = "EXPLICIT_DENY",
    };
    json_t *denied = json_object();
    json_object_set_new(denied, "implicitDeny", policies_that_say(authorization, POLICY_IMPLICIT_DENY));
    json_object_set_new(denied, "explicitDeny", policies_that_say(authorization, POLICY_EXPLICIT_DENY));
    json_t *missing = json_array();
    for (size_t i = 0; i < authorization->count; i++) {
        policy_missing(slice_from(authorization->policies[i].document), &authorization->context,
                       question->action, add_missing, missing);
    }
    json_t *out = json_object();
    json_object_set_new(out, "authInfo", json_deep_copy(question->asked));
    json_object_set_new(out, "allowed", policies_that_say(authorization, POLICY_ALLOW));
    json_object_set_new(out, "denied", denied);
    render_put_text(out, "authDecision", words[authorization_of_all(authorization)]);
    json_object_set_new(out, "missingContextValues", missing);
    return out;
}

static void answer_all(struct call *call, struct authorization *authorization,
                       const struct question questions[], size_t count)
{
    json_t *results = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct question *question = &questions[i];
        if (!call_ok(call, authorization_ask(authorization, question->action, question->resources,
                                             question->count, &call->error))) {
            json_decref(results);
            return;
        }
        json_array_append_new(results, answer_one(authorization, question));
    }
    json_t *out = json_object();
    json_object_set_new(out, "authResults", results);
    answer_json(&call->answer, out);
}

/* The certificate's own words, as the broker will read them. A principal that is none is refused by who comes next. */
static void read_common_name(struct call *call, const char *principal, char name[FOREIGN_NAME_CAP])
{
    struct certificate certificate = {0};
    struct foreign read = {0};
    char why[200];
    const char *id = strrchr(principal, '/');
    name[0] = '\0';
    if (id && certificates_describe(call->service->core, id + 1, &certificate, &call->error) == CORE_OK &&
        foreign_read(certificate.pem, &read, why, sizeof why)) {
        foreign_common_name(&read, name);
    }
    core_error_clear(&call->error);
    foreign_clear(&read);
    certificate_clear(&certificate);
}

void api_test_authorization(struct call *call)
{
    struct question questions[QUESTIONS_MAX];
    size_t count = 0;
    char common_name[FOREIGN_NAME_CAP];
    struct authorization authorization;
    struct authorization_request request = {0};
    if (!call_needed_text(call, "principal", &request.principal) ||
        !read_client_id(call, &request.client_id) || !read_names(call, "policyNamesToAdd", &request.add) ||
        !read_names(call, "policyNamesToSkip", &request.skip) || !read_questions(call, questions, &count)) {
        return;
    }
    read_common_name(call, request.principal, common_name);
    request.common_name = *common_name ? common_name : NULL;
    if (!call_ok(call, authorization_open(call->service->core, &request, &authorization, &call->error))) {
        return;
    }
    answer_all(call, &authorization, questions, count);
    authorization_clear(&authorization);
}
