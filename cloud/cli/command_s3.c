/* SPDX-License-Identifier: MIT */
/* iot-local s3 put: `aws s3 cp` for machines that have no AWS CLI. */
#include "cloud/base/text.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/file.h"
#include "cloud/cli/upload.h"
#include "cloud/core/objects/objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct s3_options {
    const char *data;
};

static const struct arg_option options[] = {OPTION_DATA(struct s3_options)};

const struct arg_command syntax_s3_put = {
    .name = "s3 put",
    .operands = "FILE s3://BUCKET/KEY",
    .operand_count = 2,
    .summary = "stores a file in the local S3, makes the bucket when it is missing, prints its links",
    .details = "A KEY that ends in '/', or none, takes the name of the file.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

struct place {
    char *bucket, *key;
};

static bool read_place(const char *text, const char *file, struct place *place)
{
    const char scheme[] = "s3://";
    if (strncmp(text, scheme, sizeof scheme - 1) != 0 || text[sizeof scheme - 1] == '\0') {
        fprintf(stderr, "iot-local s3 put: '%s' is not like s3://bucket/key\n", text);
        return false;
    }
    const char *bucket = text + sizeof scheme - 1;
    size_t bucket_len = strcspn(bucket, "/");
    const char *key = bucket + bucket_len + (bucket[bucket_len] == '/');
    const char *slash = strrchr(file, '/');
    bool is_folder = *key == '\0' || key[strlen(key) - 1] == '/';
    place->bucket = text_copy_n(bucket, bucket_len);
    place->key = text_format("%s%s", key, is_folder ? (slash ? slash + 1 : file) : "");
    return true;
}

static bool say_links(struct client *client, const struct place *place)
{
    json_t *status = NULL;
    if (!client_status(client, &status)) {
        return false;
    }
    char *path = client_path("/%s/%p", place->bucket, place->key);
    char *http = client_http_base(status);
    char *link = upload_link(status, place->bucket, place->key);
    printf("stored; in a browser:  %s%s\n", http, path);
    printf("as a documentSource:   %s\n", link);
    free(link);
    free(http);
    free(path);
    json_decref(status);
    return true;
}

int command_s3_put(int argc, char **argv)
{
    struct s3_options given = {0};
    const char *operands[ARGS_OPERANDS_MAX];
    enum args_outcome outcome = args_parse(&syntax_s3_put, argc, argv, &given, operands);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    struct place place = {0};
    size_t len = 0;
    if (!read_place(operands[1], operands[0], &place)) {
        return CLI_USAGE;
    }
    char *bytes = file_read(operands[0], (size_t)OBJECT_SIZE_MAX, &len);
    struct client *client = bytes ? client_open(given.data) : NULL;
    bool is_good =
        client && upload_object(client, place.bucket, place.key, bytes, len) && say_links(client, &place);
    client_close(client);
    free(bytes);
    free(place.bucket);
    free(place.key);
    return is_good ? CLI_OK : CLI_FAILED;
}
