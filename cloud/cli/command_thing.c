/* SPDX-License-Identifier: MIT */
/* iot-local thing: everything that a device needs to connect, in one folder. */
#include "cloud/base/partition.h"
#include "cloud/base/text.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLICY_NAME "iot-local-device"

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

static const struct arg_command command = {
    .name = "thing",
    .operands = "NAME",
    .operand_count = 1,
    .summary =
        "makes a thing with an active certificate and policy, and writes what a device needs to connect",
    .details =
        "DIR gets the files host, port, thing_name, root_ca.pem, certificate.pem and private_key.pem (0600).",
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
                     (struct client_request){
                         .method = "GET", .path = client_path("/policies/%s", POLICY_NAME), .tolerated = 404},
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
                                                       .path = client_path("/policies/%s", POLICY_NAME),
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
                                            .path = client_path("/target-policies/%s", POLICY_NAME),
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

static void say_next(const char *folder, const char *thing, const json_t *status)
{
    long long mqtt_port = json_integer_value(json_object_get(status, "mqtt_port"));
    char *http = client_http_base(status);
    char *arn = client_thing_arn(status, thing);
    const char *host = client_text(status, "endpoint");
    printf("thing '%s' is ready, its certificate is active; the connection data is in %s\n\n", thing, folder);
    printf("run a device:   build/host/examples/01_blink/blink %s\n", folder);
    printf(
        "or by hand:     mosquitto_sub -h %s -p %lld --cafile %s/root_ca.pem --cert %s/certificate.pem \\\n"
        "                  --key %s/private_key.pem -i %s -q 1 -t '$aws/things/%s/jobs/notify-next'\n",
        host, mqtt_port, folder, folder, folder, thing, thing);
    printf("send it a job:  aws iot create-job --endpoint-url %s --job-id job-1 \\\n"
           "                  --targets %s --document file://DOCUMENT.json\n",
           http, arn);
    printf("without it:     iot-local job run --thing %s --document DOCUMENT.json --data %s\n", thing,
           client_text(status, "data"));
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
        say_next(folder, thing, status);
    }
    json_decref(certificate);
    json_decref(status);
    return is_good;
}

int command_thing(int argc, char **argv)
{
    struct thing_options given = {0};
    const char *operands[ARGS_OPERANDS_MAX];
    enum args_outcome outcome = args_parse(&command, argc, argv, &given, operands);
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
