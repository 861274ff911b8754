/* SPDX-License-Identifier: MIT */
#include "cloud/cli/device_folder.h"

#include "cloud/base/partition.h"
#include "cloud/base/text.h"
#include "cloud/cli/file.h"

#include <stdlib.h>

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

#define CERTIFICATE "certificate.pem"
#define PRIVATE_KEY "private_key.pem"

const char *const device_folder_files[] = {"host",      "port",      "thing_name", "root_ca.pem",
                                           CERTIFICATE, PRIVATE_KEY, NULL};

const char *device_folder_holds(const char *folder)
{
    const char *const *name = device_folder_files;
    while (*name && !file_exists(folder, *name)) {
        name++;
    }
    return *name;
}

char *device_folder_certificate(const char *folder)
{
    size_t len;
    if (!file_exists(folder, CERTIFICATE) || !file_exists(folder, PRIVATE_KEY)) {
        return NULL;
    }
    char *path = text_format("%s/%s", folder, CERTIFICATE);
    char *pem = file_read(path, DEVICE_CERTIFICATE_SIZE_MAX, &len);
    free(path);
    return pem;
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

static bool attach_policy(struct client *client, const char *policy, const char *certificate_arn)
{
    return client_send(client,
                       (struct client_request){.method = "PUT",
                                               .path = client_path("/target-policies/%s", policy),
                                               .json = json_pack("{ss}", "target", certificate_arn)},
                       NULL, NULL);
}

static bool attach_policies(struct client *client, const json_t *status, const json_t *policies,
                            const char *certificate_arn)
{
    size_t i;
    json_t *policy;
    if (!policies) {
        return ensure_policy(client, status) && attach_policy(client, THING_POLICY_NAME, certificate_arn);
    }
    json_array_foreach(policies, i, policy)
    {
        if (!attach_policy(client, json_is_string(policy) ? json_string_value(policy) : "",
                           certificate_arn)) {
            return false;
        }
    }
    return true;
}

static bool attach_thing(struct client *client, const char *thing, const char *certificate_arn)
{
    char *principal = text_format("x-amzn-principal: %s", certificate_arn);
    bool is_good = client_send(client,
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
    const char *key =
        json_string_value(json_object_get(json_object_get(certificate, "keyPair"), "PrivateKey"));
    bool is_good = file_write(folder, "host", client_text(status, "endpoint"), 0644) &&
                   file_write(folder, "port", port, 0644) && file_write(folder, "thing_name", thing, 0644) &&
                   file_write(folder, "root_ca.pem", client_text(status, "root_ca"), 0644) &&
                   file_write(folder, CERTIFICATE, client_text(certificate, "certificatePem"), 0644) &&
                   (!key || file_write(folder, PRIVATE_KEY, key, 0600));
    free(port);
    return is_good;
}

/* With another body than it has, a thing that is there stays as it is. */
static bool make_thing(struct client *client, const struct device *device)
{
    return client_send(
        client,
        (struct client_request){.method = "POST",
                                .path = client_path("/things/%s", device->thing),
                                .json = device->body ? json_deep_copy(device->body) : json_object(),
                                .tolerated = device->body ? 409 : 0},
        NULL, NULL);
}

/* A certificate that is registered already is named by the refusal. */
static bool register_certificate(struct client *client, const char *pem, json_t **certificate)
{
    json_t *answer = NULL;
    bool is_good = client_send(
        client,
        (struct client_request){.method = "POST",
                                .path = text_copy("/certificate/register-no-ca"),
                                .json = json_pack("{ssss}", "certificatePem", pem, "status", "ACTIVE"),
                                .tolerated = 409},
        NULL, &answer);
    if (is_good && !json_object_get(answer, "certificateArn")) {
        json_object_set(answer, "certificateArn", json_object_get(answer, "resourceArn"));
    }
    if (is_good) {
        json_object_set_new(answer, "certificatePem", json_string(pem));
    }
    *certificate = answer;
    return is_good;
}

static bool make_certificate(struct client *client, json_t **certificate)
{
    return client_send(client,
                       (struct client_request){.method = "POST",
                                               .path = text_copy("/keys-and-certificate?setAsActive=true")},
                       NULL, certificate);
}

bool device_make(struct client *client, const struct device *device, char **certificate_arn)
{
    json_t *status = NULL;
    json_t *certificate = NULL;
    bool is_good = client_status(client, &status) && make_thing(client, device) &&
                   (device->certificate ? register_certificate(client, device->certificate, &certificate)
                                        : make_certificate(client, &certificate));
    const char *arn = client_text(certificate, "certificateArn");
    is_good = is_good && attach_policies(client, status, device->policies, arn) &&
              attach_thing(client, device->thing, arn) &&
              (!device->folder || write_folder(device->folder, device->thing, status, certificate));
    if (is_good && certificate_arn) {
        *certificate_arn = text_copy(arn);
    }
    json_decref(certificate);
    json_decref(status);
    return is_good;
}
