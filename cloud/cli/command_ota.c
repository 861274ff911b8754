/* SPDX-License-Identifier: MIT */
/* iot-local ota create: a firmware update in one command. What it does can be done with the AWS CLI, too (docs/iot-local.md). */
#include "cloud/base/partition.h"
#include "cloud/base/text.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/file.h"
#include "cloud/cli/firmware.h"
#include "cloud/cli/job_request.h"
#include "cloud/cli/upload.h"
#include "cloud/cli/watch.h"
#include "cloud/core/objects/objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKET "firmware"
#define KEY_DIGITS                                                                                           \
    16 /* of the digest, before the file's name: the same image is stored once, another one beside it */
#define EXPIRES_MIN_S 60
#define EXPIRES_MAX_S 3600
#define VERSION_MAX   64
#define ROLE          "iot-local-ota" /* AWS wants one; here nobody looks at it */

struct ota_options {
    const char *data, *image, *key, *version, *bucket, *expires, *job_id, *timeout, *wait_timeout;
    struct arg_list things;
    bool is_waiting;
};

#define AT(member) offsetof(struct ota_options, member)

static const struct arg_option options[] = {
    {"--thing", "NAME", "a thing that shall be updated; may be repeated", ARG_LIST, AT(things)},
    {"--image", "FILE", "the new firmware", ARG_TEXT, AT(image)},
    {"--sign", "FILE", "sign it with this private key (ECDSA P-256, PEM)", ARG_TEXT, AT(key)},
    {"--version", "TEXT", "what the image calls itself: a device that runs it already has nothing to do",
     ARG_TEXT, AT(version)},
    {"--bucket", "NAME", "where the image is stored in the local S3 (default: " BUCKET ")", ARG_TEXT,
     AT(bucket)},
    {"--expires", "SECONDS",
     "how long a link to the image is good, 60..3600 (default: 3600); a device asks for a new one", ARG_TEXT,
     AT(expires)},
    {"--job-id", "ID", "default: a new random one", ARG_TEXT, AT(job_id)},
    {"--timeout", "MINUTES", "AWS's in-progress timeout, 1..10080", ARG_TEXT, AT(timeout)},
    {"--wait", NULL, "then watch the update until it has ended", ARG_FLAG, AT(is_waiting)},
    {"--wait-timeout", "SECONDS", "stop watching after so long", ARG_TEXT, AT(wait_timeout)},
    OPTION_DATA(struct ota_options),
};

const struct arg_command syntax_ota_create = {
    .name = "ota create",
    .operands = "",
    .summary = "updates the firmware of one or more things: stores the image, signs it, creates the job",
    .details = "With --wait the exit code is 0 when every thing has reported SUCCEEDED, else 1.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

struct numbers {
    uint32_t expires_s, timeout_min, wait_timeout_s;
};

/* What the job says about the image. */
struct image {
    char *bytes;
    size_t len;
    char sha256[FIRMWARE_SHA256_CAP];
    char signature[FIRMWARE_SIGNATURE_CAP]; /* "": none */
    char *key;                              /* of the object */
};

/* --- The command line --- */

static bool refuse(const char *why)
{
    fprintf(stderr, "iot-local ota create: %s\n", why);
    return false;
}

static bool check(const struct ota_options *given, struct numbers *numbers)
{
    const char *name = syntax_ota_create.name;
    if (!job_request_has_things(name, &given->things)) {
        return false;
    }
    if (!given->image) {
        return refuse("--image FILE is missing: what shall the things run?");
    }
    if (given->version && (!*given->version || strlen(given->version) > VERSION_MAX ||
                           !text_is_utf8(given->version, strlen(given->version)))) {
        return refuse("--version has 1 to 64 bytes of UTF-8");
    }
    return job_request_number(name, "--expires", given->expires, EXPIRES_MIN_S, EXPIRES_MAX_S,
                              &numbers->expires_s) &&
           job_request_number(name, "--timeout", given->timeout, 1, JOB_REQUEST_TIMEOUT_MAX_MIN,
                              &numbers->timeout_min) &&
           job_request_number(name, "--wait-timeout", given->wait_timeout, 1, UINT32_MAX,
                              &numbers->wait_timeout_s);
}

/* --- The image --- */

static void image_clear(struct image *image)
{
    free(image->bytes);
    free(image->key);
}

static bool image_read(const struct ota_options *given, struct image *image)
{
    const char *slash = strrchr(given->image, '/');
    image->bytes = file_read(given->image, (size_t)OBJECT_SIZE_MAX, &image->len);
    if (!image->bytes) {
        return false;
    }
    if (image->len == 0) {
        fprintf(stderr, "iot-local: %s is empty\n", given->image);
        return false;
    }
    firmware_digest(image->bytes, image->len, image->sha256);
    image->key = text_format("%.*s/%s", KEY_DIGITS, image->sha256, slash ? slash + 1 : given->image);
    if (!text_is_utf8(image->key, strlen(image->key))) {
        fprintf(stderr, "iot-local: the file's name is not UTF-8: rename it\n");
        return false;
    }
    return !given->key || firmware_sign(given->key, image->bytes, image->len, image->signature);
}

/* --- The job --- */

/* The job document, malloc'd. Its link is made anew whenever the device gets the document. */
static char *make_document(const struct ota_options *given, const struct image *image, const char *link)
{
    char *url = text_format("${aws:iot:s3-presigned-url-v2:%s}", link);
    json_t *document = json_pack("{ss ss sI ss}", "action", "ota", "url", url, "size", (json_int_t)image->len,
                                 "sha256", image->sha256);
    if (*image->signature) {
        json_object_set_new(document, "signature", json_string(image->signature));
    }
    if (given->version) {
        json_object_set_new(document, "version", json_string(given->version));
    }
    char *text = json_dumps(document, JSON_COMPACT);
    json_decref(document);
    free(url);
    return text;
}

static json_t *make_presign(const json_t *status, uint32_t expires_s)
{
    const char *region = client_text(status, "region");
    char *role =
        text_format("arn:%s:iam::%s:role/" ROLE, partition_of_region(region), client_text(status, "account"));
    json_t *config = json_pack("{ss sI}", "roleArn", role, "expiresInSec",
                               (json_int_t)(expires_s ? expires_s : EXPIRES_MAX_S));
    free(role);
    return config;
}

static bool create(struct client *client, const struct ota_options *given, const struct numbers *numbers,
                   const struct image *image, const char *job_id)
{
    json_t *status = NULL;
    const char *bucket = given->bucket ? given->bucket : BUCKET;
    if (!client_status(client, &status) ||
        !upload_object(client, bucket, image->key, image->bytes, image->len)) {
        json_decref(status);
        return false;
    }
    char *link = upload_link(status, bucket, image->key);
    char *document = make_document(given, image, link);
    json_t *body =
        json_pack("{ss so so}", "document", document, "targets", job_request_targets(&given->things, status),
                  "presignedUrlConfig", make_presign(status, numbers->expires_s));
    job_request_put_timeout(body, numbers->timeout_min);
    printf("image %s: %zu bytes, SHA-256 %s, %s\n", given->image, image->len, image->sha256,
           *image->signature ? "signed" : "not signed");
    free(document);
    free(link);
    json_decref(status);
    struct client_request request = {.method = "PUT", .path = client_path("/jobs/%s", job_id), .json = body};
    return client_send(client, request, NULL, NULL);
}

static int run(const struct ota_options *given, const struct numbers *numbers, const struct image *image)
{
    char random_id[JOB_REQUEST_ID_CAP];
    job_request_make_id("ota", random_id);
    const char *job_id = given->job_id ? given->job_id : random_id;
    struct client *client = client_open(given->data);
    int exit_code = CLI_FAILED;
    if (client && create(client, given, numbers, image, job_id)) {
        job_request_say_created(job_id, &given->things);
        exit_code = given->is_waiting ? watch_job(client, job_id, numbers->wait_timeout_s) : CLI_OK;
    }
    client_close(client);
    return exit_code;
}

int command_ota_create(int argc, char **argv)
{
    struct ota_options given = {0};
    struct numbers numbers = {0};
    struct image image = {.bytes = NULL};
    const char *operands[ARGS_OPERANDS_MAX];
    enum args_outcome outcome = args_parse(&syntax_ota_create, argc, argv, &given, operands);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    if (!check(&given, &numbers)) {
        return CLI_USAGE;
    }
    int exit_code = image_read(&given, &image) ? run(&given, &numbers, &image) : CLI_FAILED;
    image_clear(&image);
    return exit_code;
}
