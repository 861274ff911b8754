/* SPDX-License-Identifier: MIT */
/* iot-local thing delete: the thing, and the certificate that `iot-local thing` had made for it. */
#include "cloud/base/text.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/device_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct delete_options {
    const char *data;
};

static const struct arg_option options[] = {
    OPTION_DATA(struct delete_options),
};

const struct arg_command syntax_thing_delete = {
    .name = "thing delete",
    .operands = "NAME",
    .operand_count = 1,
    .summary = "deletes a thing, and the certificate that was made for it",
    .details = "A certificate that another thing uses stays, and so does one that has policies of its own.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static bool send(struct client *client, const char *method, char *path, const char *header, json_t *json)
{
    return client_send(
        client, (struct client_request){.method = method, .path = path, .header = header, .json = json}, NULL,
        NULL);
}

static bool add_principal(void *ctx, const json_t *principal)
{
    json_array_append_new(ctx, json_string(json_string_value(principal)));
    return true;
}

/* The certificate was made by `iot-local thing` if it has that command's policy and no other, and is in use here alone. *why: what
 * speaks against its deletion; NULL: nothing. */
static bool find_use(struct client *client, const char *arn, const char *header, const char **why)
{
    json_t *things = NULL;
    json_t *policies = NULL;
    bool is_good = client_send(client,
                               (struct client_request){.method = "GET",
                                                       .path = text_copy("/principals/things?maxResults=2"),
                                                       .header = header},
                               NULL, &things) &&
                   client_send(client,
                               (struct client_request){.method = "POST",
                                                       .path = client_path("/attached-policies/%s", arn)},
                               NULL, &policies);
    const json_t *names = json_object_get(policies, "policies");
    *why = json_array_size(json_object_get(things, "things")) > 1 ? "another thing uses it"
           : json_array_size(names) != 1 ||
                   strcmp(client_text(json_array_get(names, 0), "policyName"), THING_POLICY_NAME) != 0
               ? "it does not have the policy '" THING_POLICY_NAME "' alone"
               : NULL;
    json_decref(policies);
    json_decref(things);
    return is_good;
}

static bool delete_certificate(struct client *client, const char *arn, const char *id)
{
    return send(client, "POST", client_path("/target-policies/%s", THING_POLICY_NAME), NULL,
                json_pack("{ss}", "target", arn)) &&
           send(client, "PUT", client_path("/certificates/%s?newStatus=INACTIVE", id), NULL, NULL) &&
           send(client, "DELETE", client_path("/certificates/%s", id), NULL, NULL);
}

static bool let_go(struct client *client, const char *thing, const char *arn)
{
    const char *slash = strrchr(arn, '/');
    const char *id = slash ? slash + 1 : arn;
    const char *why = NULL;
    char *header = text_format("x-amzn-principal: %s", arn);
    bool is_good = find_use(client, arn, header, &why) &&
                   send(client, "DELETE", client_path("/things/%s/principals", thing), header, NULL) &&
                   (why || delete_certificate(client, arn, id));
    if (is_good && why) {
        printf("certificate %s is detached and stays: %s\n", id, why);
    } else if (is_good) {
        printf("certificate %s is deleted: the folder that holds it connects nobody any more\n", id);
    }
    free(header);
    return is_good;
}

static bool delete_thing(struct client *client, const char *thing)
{
    json_t *principals = json_array();
    char *path = client_path("/things/%s/principals", thing);
    bool is_good =
        client_get(client, client_path("/things/%s", thing), NULL) && /* says so when there is none */
        client_each(client, path, "principals", add_principal, principals);
    for (size_t i = 0; is_good && i < json_array_size(principals); i++) {
        is_good = let_go(client, thing, json_string_value(json_array_get(principals, i)));
    }
    is_good = is_good && send(client, "DELETE", client_path("/things/%s", thing), NULL, NULL);
    if (is_good) {
        printf("thing '%s' is deleted; what it had pending is REMOVED\n", thing);
    }
    free(path);
    json_decref(principals);
    return is_good;
}

int command_thing_delete(int argc, char **argv)
{
    struct delete_options given = {0};
    const char *operands[ARGS_OPERANDS_MAX];
    enum args_outcome outcome = args_parse(&syntax_thing_delete, argc, argv, &given, operands);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    struct client *client = client_open(given.data);
    bool is_good = client && delete_thing(client, operands[0]);
    client_close(client);
    return is_good ? CLI_OK : CLI_FAILED;
}
