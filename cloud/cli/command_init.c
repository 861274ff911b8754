/* SPDX-License-Identifier: MIT */
/* iot-local init: makes what the files of a folder describe, and leaves alone what is there already. */
#include "cloud/base/text.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/device_folder.h"
#include "cloud/cli/file.h"

#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_SIZE_MAX   (1024 * 1024)
#define OBJECT_SIZE_MAX (64 * 1024 * 1024)
#define S3_HEADER       "X-Iot-Local-Service: s3"

struct init_options {
    const char *data;
};

static const struct arg_option options[] = {OPTION_DATA(struct init_options)};

const struct arg_command syntax_init = {
    .name = "init",
    .operands = "DIR",
    .operand_count = 1,
    .summary = "makes the things, policies, objects and jobs that the files of a folder describe",
    .details = "  DIR/policies/NAME.json       a policy document\n"
               "  DIR/things/NAME.json         what CreateThing takes, or nothing; beside that \"policies\": "
               "[\"NAME\"]\n"
               "  DIR/certificates/NAME.pem    thing NAME's certificate, signed by an authority that is "
               "registered here;\n"
               "                               without it one is made, and DATA/devices/NAME is what the "
               "device starts from\n"
               "  DIR/objects/BUCKET/KEY       an object in the local S3 (stored anew each time)\n"
               "  DIR/jobs/ID.json             what CreateJob takes\n\n"
               "What is there already stays as it is. `iot-local up --init DIR` and `iot-local run --init "
               "DIR -- CMD` do\n"
               "this before they are ready.",
    .options = options,
    .option_count = 1,
};

struct init {
    struct client *client;
    const char *folder; /* DIR */
    char *devices;      /* DATA/devices */
    unsigned things, policies, objects, jobs;
};

typedef bool (*init_fn)(struct init *init, const char *path, const char *name);

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool fail_file(const char *path, const char *why)
{
    fprintf(stderr, "iot-local init: %s: %s\n", path, why);
    return false;
}

/* Each file NAME.json of DIR/PART, by name. A part that is not there is fine. */
static bool each_file(struct init *init, const char *part, init_fn fn)
{
    struct dirent **entries = NULL;
    bool is_good = true;
    char *folder = text_format("%s/%s", init->folder, part);
    int count = scandir(folder, &entries, is_shown, alphasort);
    if (count < 0 && errno != ENOENT) {
        is_good = fail_file(folder, strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        char *path = text_format("%s/%s", folder, entries[i]->d_name);
        char *end = strrchr(entries[i]->d_name, '.');
        if (!end || strcmp(end, ".json") != 0) {
            is_good = is_good && fail_file(path, "its name does not end with .json");
        } else {
            char *name = text_copy_n(entries[i]->d_name, (size_t)(end - entries[i]->d_name));
            is_good = is_good && fn(init, path, name);
            free(name);
        }
        free(path);
        free(entries[i]);
    }
    free(entries);
    free(folder);
    return is_good;
}

/* An empty file is {}. NULL: it is no JSON object; said. */
static json_t *read_object(const char *path)
{
    size_t len = 0;
    json_error_t error = {0};
    char *text = file_read(path, FILE_SIZE_MAX, &len);
    if (!text) {
        return NULL;
    }
    bool is_empty = text[strspn(text, " \t\r\n")] == '\0';
    json_t *object = is_empty ? json_object() : json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    free(text);
    if (!object) {
        fprintf(stderr, "iot-local init: %s:%d: %s\n", path, error.line, error.text);
    } else if (!json_is_object(object)) {
        fail_file(path, "no JSON object");
        json_decref(object);
        object = NULL;
    }
    return object;
}

/* --- Parts --- */

static bool make_policy(struct init *init, const char *path, const char *name)
{
    size_t len;
    char *document = file_read(path, FILE_SIZE_MAX, &len);
    bool is_good =
        document && client_send(init->client,
                                (struct client_request){.method = "POST",
                                                        .path = client_path("/policies/%s", name),
                                                        .json = json_pack("{ss}", "policyDocument", document),
                                                        .tolerated = 409},
                                NULL, NULL);
    free(document);
    init->policies += is_good;
    return is_good || fail_file(path, "this policy was not made");
}

/* Its certificate: DIR/certificates/NAME.pem; or the one in DATA/devices/NAME, which is registered again if it is not known any
 * more; or a new one. The rest of that folder is always written: port and address may be others than at the last start. */
static bool make_device(struct init *init, struct device *device)
{
    size_t len;
    char *folder = text_format("%s/certificates", init->folder);
    char *file = text_format("%s.pem", device->thing);
    char *path = text_format("%s/%s", folder, file);
    char *own = text_format("%s/%s", init->devices, device->thing);
    bool is_given = file_exists(folder, file);
    char *pem =
        is_given ? file_read(path, DEVICE_CERTIFICATE_SIZE_MAX, &len) : device_folder_certificate(own);
    device->certificate = pem;
    device->folder = is_given ? NULL : own;
    bool is_good =
        (is_given ? pem != NULL : file_make_folder(own)) && device_make(init->client, device, NULL);
    if (!is_good && !is_given && pem) {
        fprintf(stderr, "iot-local init: without %s a new certificate and key are made\n", own);
    }
    free(pem);
    free(own);
    free(path);
    free(file);
    free(folder);
    return is_good;
}

static bool make_thing(struct init *init, const char *path, const char *name)
{
    json_t *body = read_object(path);
    if (!body) {
        return false;
    }
    json_t *policies = json_incref(json_object_get(body, "policies"));
    json_object_del(body, "policies");
    struct device device = {.thing = name, .body = body, .policies = policies};
    bool is_good = (!policies || json_is_array(policies)) && make_device(init, &device);
    json_decref(policies);
    json_decref(body);
    init->things += is_good;
    return is_good || fail_file(path, "this thing was not made (policies: an array of names)");
}

static bool make_job(struct init *init, const char *path, const char *name)
{
    json_t *body = read_object(path);
    if (!body) {
        return false;
    }
    json_object_del(body, "jobId"); /* as in the file of `aws iot create-job --cli-input-json` */
    bool is_good = client_send(
        init->client,
        (struct client_request){
            .method = "PUT", .path = client_path("/jobs/%s", name), .json = body, .tolerated = 409},
        NULL, NULL);
    init->jobs += is_good;
    return is_good || fail_file(path, "this job was not made");
}

/* --- Objects --- */

static bool put_object(struct init *init, const char *bucket, const char *key, const char *path)
{
    size_t len = 0;
    char *bytes = file_read(path, OBJECT_SIZE_MAX, &len);
    bool is_good = bytes && client_send(init->client,
                                        (struct client_request){.method = "PUT",
                                                                .path = client_path("/%s/%p", bucket, key),
                                                                .header = S3_HEADER,
                                                                .bytes = bytes,
                                                                .bytes_len = len},
                                        NULL, NULL);
    free(bytes);
    init->objects += is_good;
    return is_good || fail_file(path, "this object was not stored");
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* root_len: of the bucket's folder and the slash behind it; the rest of a path is the key. */
static bool put_entry(struct init *init, FTS *tree, FTSENT *entry, const char *bucket, size_t root_len)
{
    bool is_hidden = entry->fts_level > FTS_ROOTLEVEL && entry->fts_name[0] == '.';
    if (is_hidden) {
        fts_set(tree, entry, FTS_SKIP);
        return true;
    }
    switch (entry->fts_info) {
    case FTS_D:
    case FTS_DP:
        return true;
    case FTS_F:
        return entry->fts_level == FTS_ROOTLEVEL
                   ? fail_file(entry->fts_path, "not a folder: objects lie in DIR/objects/BUCKET")
                   : put_object(init, bucket, entry->fts_path + root_len, entry->fts_path);
    case FTS_DC:
        return fail_file(entry->fts_path, "a link to a folder above it");
    case FTS_SLNONE:
        return fail_file(entry->fts_path, "a link to nothing");
    case FTS_DEFAULT:
        return fail_file(entry->fts_path, "neither a file nor a folder");
    default:
        return fail_file(entry->fts_path, strerror(entry->fts_errno));
    }
}

static bool put_folder(struct init *init, const char *bucket, char *folder)
{
    char *const roots[] = {folder, NULL};
    FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    FTSENT *entry = NULL;
    bool is_good = tree != NULL;
    while (is_good && (errno = 0, entry = fts_read(tree)) != NULL) {
        is_good = put_entry(init, tree, entry, bucket, strlen(folder) + 1);
    }
    if (is_good ? errno != 0 : !tree) {
        is_good = fail_file(folder, strerror(errno));
    }
    if (tree) {
        fts_close(tree);
    }
    return is_good;
}

static bool put_bucket(struct init *init, const char *folder, const char *bucket)
{
    char *path = text_format("%s/%s", folder, bucket);
    bool is_good = client_send(init->client,
                               (struct client_request){.method = "PUT",
                                                       .path = client_path("/%s", bucket),
                                                       .header = S3_HEADER,
                                                       .tolerated = 409},
                               NULL, NULL) &&
                   put_folder(init, bucket, path);
    free(path);
    return is_good;
}

static bool put_objects(struct init *init)
{
    struct dirent **entries = NULL;
    bool is_good = true;
    char *folder = text_format("%s/objects", init->folder);
    int count = scandir(folder, &entries, is_shown, alphasort);
    if (count < 0 && errno != ENOENT) {
        is_good = fail_file(folder, strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        is_good = is_good && put_bucket(init, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    free(folder);
    return is_good;
}

/* --- All --- */

static bool is_folder(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        return fail_file(path, strerror(errno));
    }
    return S_ISDIR(info.st_mode) || fail_file(path, "not a folder");
}

static bool make_all(struct init *init)
{
    json_t *status = NULL;
    if (!client_status(init->client, &status)) {
        return false;
    }
    init->devices = text_format("%s/devices", client_text(status, "data"));
    bool is_good = each_file(init, "policies", make_policy) && each_file(init, "things", make_thing) &&
                   put_objects(init) && each_file(init, "jobs", make_job);
    if (is_good) { /* beside the output of a program that `run` starts */
        fprintf(stderr, "iot-local init: %u policies, %u things, %u objects, %u jobs are there\n",
                init->policies, init->things, init->objects, init->jobs);
    }
    free(init->devices);
    json_decref(status);
    return is_good;
}

int command_init(int argc, char **argv)
{
    struct init_options given = {0};
    const char *operands[ARGS_OPERANDS_MAX] = {0};
    enum args_outcome outcome = args_parse(&syntax_init, argc, argv, &given, operands);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    if (!is_folder(operands[0])) {
        return CLI_FAILED;
    }
    struct init init = {.client = client_open(given.data), .folder = operands[0]};
    bool is_good = init.client && make_all(&init);
    client_close(init.client);
    return is_good ? CLI_OK : CLI_FAILED;
}
