/* SPDX-License-Identifier: MIT */
/* iot-local thing: everything that a device needs to connect, in one folder. */
#include "cloud/base/partition.h"
#include "cloud/base/program.h"
#include "cloud/base/text.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The least that a Jobs device needs, for every thing by the variable (docs/protocol.md 8). %1$s: what its ARNs begin with. */
#define POLICY_FORMAT                                                                                        \
    "{\"Version\":\"2012-10-17\",\"Statement\":["                                                            \
    "{\"Sid\":\"Connect\",\"Effect\":\"Allow\",\"Action\":\"iot:Connect\","                                  \
    "\"Resource\":\"%1$s:client/" THING "\","                                                                \
    "\"Condition\":{\"Bool\":{\"iot:Connection.Thing.IsAttached\":[\"true\"]}}},"                            \
    "{\"Sid\":\"Publish\",\"Effect\":\"Allow\",\"Action\":\"iot:Publish\",\"Resource\":["                    \
    "\"%1$s:topic/" JOBS "get\",\"%1$s:topic/" JOBS "start-next\","                                          \
    "\"%1$s:topic/" JOBS "*/get\",\"%1$s:topic/" JOBS "*/update\"]},"                                        \
    "{\"Sid\":\"Subscribe\",\"Effect\":\"Allow\",\"Action\":\"iot:Subscribe\","                              \
    "\"Resource\":\"%1$s:topicfilter/" JOBS "*\"},"                                                          \
    "{\"Sid\":\"Receive\",\"Effect\":\"Allow\",\"Action\":\"iot:Receive\","                                  \
    "\"Resource\":\"%1$s:topic/" JOBS "*\"}]}"
#define THING "${iot:Connection.Thing.ThingName}"
#define JOBS  "$aws/things/" THING "/jobs/"

struct thing_options {
    const char *data, *out;
    bool is_forced;
};

static const struct arg_option options[] = {
    {"--out", "DIR", "folder to write (required)", ARG_TEXT, offsetof(struct thing_options, out)},
    {"--force", NULL, "replace the connection data that the folder holds", ARG_FLAG,
     offsetof(struct thing_options, is_forced)},
    OPTION_DATA(struct thing_options),
};

const struct arg_command syntax_thing = {
    .name = "thing",
    .operands = "NAME",
    .operand_count = 1,
    .summary = "makes a thing with certificate and policy, and the folder that a device connects with",
    .details =
        "DIR gets the files host, port, thing_name, root_ca.pem, certificate.pem and private_key.pem "
        "(0600).\nA thing that is called 'list', 'show' or 'delete': iot-local thing --out DIR -- list",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static const char *const file_names[] = {
    "host", "port", "thing_name", "root_ca.pem", "certificate.pem", "private_key.pem"};

static bool prepare_folder(const struct thing_options *given)
{
    for (size_t i = 0; !given->is_forced && i < sizeof file_names / sizeof file_names[0]; i++) {
        if (file_exists(given->out, file_names[i])) {
            fprintf(stderr,
                    "iot-local thing: %s holds connection data already (%s): choose another --out, or "
                    "replace it with "
                    "--force\n",
                    given->out, file_names[i]);
            return false;
        }
    }
    return file_make_folder(given->out);
}

/* The policy is made once; if somebody has changed it, it stays as it is. */
static bool ensure_policy(struct client *client, const json_t *status)
{
    long code = 0;
    if (!client_send(client,
                     (struct client_request){.method = "GET",
                                             .path = client_path("/policies/%s", THING_POLICY_NAME),
                                             .tolerated = 404},
                     &code, NULL)) {
        return false;
    }
    if (code != 404) {
        return true;
    }
    const char *region = client_text(status, "region");
    char *place =
        text_format("arn:%s:iot:%s:%s", partition_of_region(region), region, client_text(status, "account"));
    char *document = text_format(POLICY_FORMAT, place);
    bool is_good = client_send(client,
                               (struct client_request){.method = "POST",
                                                       .path = client_path("/policies/%s", THING_POLICY_NAME),
                                                       .json = json_pack("{ss}", "policyDocument", document)},
                               NULL, NULL);
    free(document);
    free(place);
    return is_good;
}

static bool attach(struct client *client, const char *thing, const char *certificate_arn)
{
    char *principal = text_format("x-amzn-principal: %s", certificate_arn);
    bool is_good =
        client_send(client,
                    (struct client_request){.method = "PUT",
                                            .path = client_path("/target-policies/%s", THING_POLICY_NAME),
                                            .json = json_pack("{ss}", "target", certificate_arn)},
                    NULL, NULL) &&
        client_send(client,
                    (struct client_request){.method = "PUT",
                                            .path = client_path("/things/%s/principals", thing),
                                            .header = principal},
                    NULL, NULL);
    free(principal);
    return is_good;
}

static bool write_folder(const char *folder, const char *thing, const json_t *status,
                         const json_t *certificate)
{
    char *port = text_format("%lld", (long long)json_integer_value(json_object_get(status, "mqtt_port")));
    bool is_good = file_write(folder, "host", client_text(status, "endpoint"), 0644) &&
                   file_write(folder, "port", port, 0644) && file_write(folder, "thing_name", thing, 0644) &&
                   file_write(folder, "root_ca.pem", client_text(status, "root_ca"), 0644) &&
                   file_write(folder, "certificate.pem", client_text(certificate, "certificatePem"), 0644) &&
                   file_write(folder, "private_key.pem",
                              client_text(json_object_get(certificate, "keyPair"), "PrivateKey"), 0600);
    free(port);
    return is_good;
}

/* The example, where this build or this installation has it: the caller's; NULL: nowhere. */
static char *find_blink(void)
{
    static const char *const places[] = {"../examples/01_blink/blink",
                                         "blink"}; /* beside iot-local's folder, in it */
    char folder[PATH_MAX];
    char *found = NULL;
    program_folder(folder);
    for (size_t i = 0; !found && i < sizeof places / sizeof places[0]; i++) {
        char *path = text_format("%s/%s", folder, places[i]);
        found = access(path, X_OK) == 0 ? realpath(path, NULL) : NULL;
        free(path);
    }
    return found;
}

/* There is no line for mosquitto_sub: the policy lets the certificate connect as the thing alone, and a second connection of
 * that name ends the device's. docs/iot-local.md shows how to listen beside a device. */
static void say_next(const char *folder, const char *thing, const json_t *status, const char *certificate_arn)
{
    char *http = client_http_base(status);
    char *arn = client_thing_arn(status, thing);
    char *blink = find_blink();
    char *words[] = {text_shell_quote(folder), text_shell_quote(client_text(status, "data")),
                     text_shell_quote(blink ? blink : "")};
    printf("thing '%s' is ready, its certificate is active; the connection data is in %s\n", thing, folder);
    printf("certificate:    %s\n\n", certificate_arn);
    if (blink) {
        printf("run a device:   %s %s\n", words[2], words[0]);
    }
    printf("send it a job:  aws iot create-job --endpoint-url %s --job-id job-1 \\\n"
           "                  --targets %s --document file://DOCUMENT.json\n",
           http, arn);
    printf("watch that:     iot-local job watch job-1 --data %s\n", words[1]);
    printf("or in one:      iot-local job run --thing %s --document DOCUMENT.json --data %s\n", thing,
           words[1]);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        free(words[i]);
    }
    free(blink);
    free(arn);
    free(http);
}

static bool make_thing(struct client *client, const char *thing, const char *folder)
{
    json_t *status = NULL;
    json_t *certificate = NULL;
    bool is_good =
        client_status(client, &status) &&
        client_send(client,
                    (struct client_request){
                        .method = "POST", .path = client_path("/things/%s", thing), .json = json_object()},
                    NULL, NULL) &&
        ensure_policy(client, status) &&
        client_send(client,
                    (struct client_request){.method = "POST",
                                            .path = text_copy("/keys-and-certificate?setAsActive=true")},
                    NULL, &certificate) &&
        attach(client, thing, client_text(certificate, "certificateArn")) &&
        write_folder(folder, thing, status, certificate);
    if (is_good) {
        say_next(folder, thing, status, client_text(certificate, "certificateArn"));
    }
    json_decref(certificate);
    json_decref(status);
    return is_good;
}

int command_thing(int argc, char **argv)
{
    struct thing_options given = {0};
    const char *operands[ARGS_OPERANDS_MAX];
    enum args_outcome outcome = args_parse(&syntax_thing, argc, argv, &given, operands);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    if (!given.out) {
        fputs("iot-local thing: --out DIR is missing: where shall the connection data go?\n", stderr);
        return CLI_USAGE;
    }
    struct client *client = client_open(given.data);
    bool is_good = client && prepare_folder(&given) && make_thing(client, operands[0], given.out);
    client_close(client);
    return is_good ? CLI_OK : CLI_FAILED;
}
