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
    .details = "A certificate that another thing uses stays; so does one that has policies of its own, and "
               "one that\n"
               "iot-local has not made.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static bool send(struct client *client, const char *method, char *path, const char *header)
{
    return client_send(client, (struct client_request){.method = method, .path = path, .header = header},
                       NULL, NULL);
}

static bool add_principal(void *ctx, const json_t *principal)
{
    json_array_append_new(ctx, json_string(json_string_value(principal)));
    return true;
}

/* Registered by somebody who has made it elsewhere: without a CA, or with one of his own. */
static bool is_foreign(const json_t *certificate)
{
    const json_t *description = json_object_get(certificate, "certificateDescription");
    return strcmp(client_text(description, "certificateMode"), "DEFAULT") != 0 ||
           *client_text(description, "caCertificateId") != '\0';
}

/* The certificate was made by `iot-local thing` if iot-local made it and it has that command's policy and no other, and it is in use
 * here alone. *why: what speaks against its deletion; NULL: nothing. */
static bool find_use(struct client *client, const char *arn, const char *header, const char *id,
                     const char **why)
{
    json_t *things = NULL;
    json_t *policies = NULL;
    json_t *certificate = NULL;
    bool is_good = client_send(client,
                               (struct client_request){.method = "GET",
                                                       .path = text_copy("/principals/things?maxResults=2"),
                                                       .header = header},
                               NULL, &things) &&
                   client_send(client,
                               (struct client_request){.method = "POST",
                                                       .path = client_path("/attached-policies/%s", arn)},
                               NULL, &policies) &&
                   client_get(client, client_path("/certificates/%s", id), &certificate);
    const json_t *names = json_object_get(policies, "policies");
    *why = json_array_size(json_object_get(things, "things")) > 1 ? "another thing uses it"
           : json_array_size(names) != 1 ||
                   strcmp(client_text(json_array_get(names, 0), "policyName"), THING_POLICY_NAME) != 0
               ? "it does not have the policy '" THING_POLICY_NAME "' alone"
           : is_foreign(certificate) ? "iot-local has not made it"
                                     : NULL;
    json_decref(certificate);
    json_decref(policies);
    json_decref(things);
    return is_good;
}

/* In this order, so that whatever is cut off leaves no certificate that connects and belongs to nobody. */
static bool delete_certificate(struct client *client, const char *thing, const char *header, const char *id)
{
    return send(client, "PUT", client_path("/certificates/%s?newStatus=INACTIVE", id), NULL) &&
           send(client, "DELETE", client_path("/things/%s/principals", thing), header) &&
           send(client, "DELETE", client_path("/certificates/%s?forceDelete=true", id), NULL);
}

static bool let_go(struct client *client, const char *thing, const char *arn)
{
    const char *slash = strrchr(arn, '/');
    const char *id = slash ? slash + 1 : arn;
    const char *why = NULL;
    char *header = text_format("x-amzn-principal: %s", arn);
    bool is_good = find_use(client, arn, header, id, &why) &&
                   (why ? send(client, "DELETE", client_path("/things/%s/principals", thing), header)
                        : delete_certificate(client, thing, header, id));
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
    is_good = is_good && send(client, "DELETE", client_path("/things/%s", thing), NULL);
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
