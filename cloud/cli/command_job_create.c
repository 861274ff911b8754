/* SPDX-License-Identifier: MIT */
/* iot-local job create, job run, job watch. */
#include "cloud/base/text.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/file.h"
#include "cloud/cli/job_request.h"
#include "cloud/cli/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT_READ_MAX (1024UL * 1024) /* the service knows the true limit and says it */

struct create_options {
    const char *data, *document, *document_source, *job_id, *timeout, *wait_timeout;
    struct arg_list things;
    bool is_waiting;
};

#define AT(member) offsetof(struct create_options, member)

static const struct arg_option create_options[] = {
    {"--thing", "NAME", "a thing that shall run the job; may be repeated", ARG_LIST, AT(things)},
    {"--document", "FILE", "the job document, a JSON file", ARG_TEXT, AT(document)},
    {"--document-source", "LINK", "or a link to it in S3, see iot-local s3 put", ARG_TEXT,
     AT(document_source)},
    {"--job-id", "ID", "default: a new random one", ARG_TEXT, AT(job_id)},
    {"--timeout", "MINUTES", "AWS's in-progress timeout, 1..10080", ARG_TEXT, AT(timeout)},
    {"--wait", NULL, "then watch the job until it has ended (job run does so always)", ARG_FLAG,
     AT(is_waiting)},
    {"--wait-timeout", "SECONDS", "stop watching after so long", ARG_TEXT, AT(wait_timeout)},
    OPTION_DATA(struct create_options),
};

static const struct arg_option watch_options[] = {
    {"--timeout", "SECONDS", "stop watching after so long (default: never)", ARG_TEXT, AT(wait_timeout)},
    OPTION_DATA(struct create_options),
};

#define COUNT(options) (sizeof(options) / sizeof(options)[0])

const struct arg_command syntax_job_create = {
    .name = "job create",
    .operands = "",
    .summary = "creates a job for one or more things",
    .options = create_options,
    .option_count = COUNT(create_options),
};

const struct arg_command syntax_job_run = {
    .name = "job run",
    .operands = "",
    .summary = "creates a job and watches it: job create --wait",
    .options = create_options,
    .option_count = COUNT(create_options),
};

const struct arg_command syntax_job_watch = {
    .name = "job watch",
    .operands = "ID",
    .operand_count = 1,
    .summary = "shows what happens to a job until it has ended",
    .details = "The exit code is 0 when the job SUCCEEDED on every thing, else 1.",
    .options = watch_options,
    .option_count = COUNT(watch_options),
};

/* The file as it is: the service keeps a document's bytes. */
static bool put_document(const struct create_options *given, json_t *body)
{
    size_t len = 0;
    if (given->document_source) {
        json_object_set_new(body, "documentSource", json_string(given->document_source));
        return true;
    }
    char *document = file_read(given->document, DOCUMENT_READ_MAX, &len);
    json_t *text = document ? json_stringn(document, len) : NULL;
    if (document && !text) {
        fprintf(stderr, "iot-local: %s is not UTF-8 text\n", given->document);
    }
    free(document);
    return text && json_object_set_new(body, "document", text) == 0;
}

static bool create(struct client *client, const struct create_options *given, const char *job_id,
                   uint32_t timeout_min)
{
    json_t *status = NULL;
    json_t *body = json_object();
    if (!client_status(client, &status) || !put_document(given, body)) {
        json_decref(status);
        json_decref(body);
        return false;
    }
    json_object_set_new(body, "targets", job_request_targets(&given->things, status));
    json_decref(status);
    job_request_put_timeout(body, timeout_min);
    struct client_request request = {.method = "PUT", .path = client_path("/jobs/%s", job_id), .json = body};
    return client_send(client, request, NULL, NULL);
}

static bool check_create(const char *command, const struct create_options *given)
{
    if (!job_request_has_things(command, &given->things)) {
        return false;
    }
    if (!given->document == !given->document_source) {
        fprintf(stderr, "iot-local %s: give either --document FILE or --document-source LINK\n", command);
        return false;
    }
    return true;
}

static int run(const struct create_options *given, uint32_t timeout_min, uint32_t wait_timeout_s,
               bool is_waiting)
{
    char random_id[JOB_REQUEST_ID_CAP];
    job_request_make_id("job", random_id);
    const char *job_id = given->job_id ? given->job_id : random_id;
    struct client *client = client_open(given->data);
    int exit_code = CLI_FAILED;
    if (client && create(client, given, job_id, timeout_min)) {
        job_request_say_created(job_id, &given->things);
        exit_code = is_waiting ? watch_job(client, job_id, wait_timeout_s) : CLI_OK;
    }
    client_close(client);
    return exit_code;
}

static int create_job(const struct arg_command *command, int argc, char **argv, bool is_run)
{
    struct create_options given = {0};
    const char *operands[ARGS_OPERANDS_MAX];
    uint32_t timeout_min;
    uint32_t wait_timeout_s;
    enum args_outcome outcome = args_parse(command, argc, argv, &given, operands);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    if (!check_create(command->name, &given) ||
        !job_request_number(command->name, "--timeout", given.timeout, 1, JOB_REQUEST_TIMEOUT_MAX_MIN,
                            &timeout_min) ||
        !job_request_number(command->name, "--wait-timeout", given.wait_timeout, 1, UINT32_MAX,
                            &wait_timeout_s)) {
        return CLI_USAGE;
    }
    return run(&given, timeout_min, wait_timeout_s, is_run || given.is_waiting);
}

int command_job_create(int argc, char **argv)
{
    return create_job(&syntax_job_create, argc, argv, false);
}

int command_job_run(int argc, char **argv)
{
    return create_job(&syntax_job_run, argc, argv, true);
}

int command_job_watch(int argc, char **argv)
{
    struct create_options given = {0};
    const char *operands[ARGS_OPERANDS_MAX];
    uint32_t timeout_s;
    enum args_outcome outcome = args_parse(&syntax_job_watch, argc, argv, &given, operands);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    if (!job_request_number("job watch", "--timeout", given.wait_timeout, 1, UINT32_MAX, &timeout_s)) {
        return CLI_USAGE;
    }
    struct client *client = client_open(given.data);
    int exit_code = client ? watch_job(client, operands[0], timeout_s) : CLI_FAILED;
    client_close(client);
    return exit_code;
}
