/* SPDX-License-Identifier: MIT */
/* iot-local job list, job show, job cancel. */
#include "cloud/base/text.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct job_options {
    const char *data;
    bool is_forced;
};

static const struct arg_option data_options[] = {OPTION_DATA(struct job_options)};

static const struct arg_option cancel_options[] = {
    {"--force", NULL, "cancel running executions, too", ARG_FLAG, offsetof(struct job_options, is_forced)},
    OPTION_DATA(struct job_options),
};

static const struct arg_command list_command = {
    .name = "job list",
    .operands = "",
    .summary = "lists all jobs, the newest first",
    .options = data_options,
    .option_count = 1,
};

static const struct arg_command show_command = {
    .name = "job show",
    .operands = "ID",
    .operand_count = 1,
    .summary = "shows a job, its document and its executions",
    .options = data_options,
    .option_count = 1,
};

static const struct arg_command cancel_command = {
    .name = "job cancel",
    .operands = "ID",
    .operand_count = 1,
    .summary = "cancels a job: what is queued, with --force also what runs",
    .options = cancel_options,
    .option_count = 2,
};

/* What each of these commands does once its options are read. */
typedef bool (*job_fn)(struct client *client, const struct job_options *given, const char *job_id);

static int with_client(const struct arg_command *command, int argc, char **argv, job_fn fn)
{
    struct job_options given = {0};
    const char *operands[ARGS_OPERANDS_MAX] = {0};
    enum args_outcome outcome = args_parse(command, argc, argv, &given, operands);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    struct client *client = client_open(given.data);
    bool is_good = client && fn(client, &given, operands[0]);
    client_close(client);
    return is_good ? CLI_OK : CLI_FAILED;
}

static bool print_job_line(void *ctx, const json_t *job)
{
    (void)ctx;
    printf("%-40s %-12s ", client_text(job, "jobId"), client_text(job, "status"));
    print_time(json_number_value(json_object_get(job, "createdAt")));
    putchar('\n');
    return true;
}

static bool list(struct client *client, const struct job_options *given, const char *job_id)
{
    (void)given, (void)job_id;
    return client_each(client, "/jobs", "jobs", print_job_line, NULL);
}

static void print_field(const char *name, const char *text)
{
    if (text && *text) {
        printf("%-16s ", name);
        print_clean(stdout, text);
        putchar('\n');
    }
}

static void print_job(const json_t *answer)
{
    const json_t *job = json_object_get(answer, "job");
    const json_t *targets = json_object_get(job, "targets");
    print_field("job", client_text(job, "jobId"));
    print_field("status", client_text(job, "status"));
    print_field("description", client_text(job, "description"));
    print_field("comment", client_text(job, "comment"));
    print_field("reason", client_text(job, "reasonCode"));
    printf("%-16s ", "created");
    print_time(json_number_value(json_object_get(job, "createdAt")));
    putchar('\n');
    for (size_t i = 0; i < json_array_size(targets); i++) {
        print_field("target", json_string_value(json_array_get(targets, i)));
    }
    print_field("source", client_text(answer, "documentSource"));
}

static bool print_execution_line(void *ctx, const json_t *entry)
{
    (void)ctx;
    const json_t *summary = json_object_get(entry, "jobExecutionSummary");
    const char *thing = strchr(client_text(entry, "thingArn"), '/');
    printf("%-16s %s, %s since ", "execution", thing ? thing + 1 : "", client_text(summary, "status"));
    print_time(json_number_value(json_object_get(summary, "lastUpdatedAt")));
    putchar('\n');
    return true;
}

static bool show(struct client *client, const struct job_options *given, const char *job_id)
{
    json_t *job = NULL;
    json_t *document = NULL;
    char *path = client_path("/jobs/%s/things", job_id);
    bool is_good = client_get(client, client_path("/jobs/%s", job_id), &job) &&
                   client_get(client, client_path("/jobs/%s/job-document", job_id), &document);
    (void)given;
    if (is_good) {
        print_job(job);
        print_field("document", client_text(document, "document"));
        is_good = client_each(client, path, "executionSummaries", print_execution_line, NULL);
    }
    json_decref(document);
    json_decref(job);
    free(path);
    return is_good;
}

static bool cancel(struct client *client, const struct job_options *given, const char *job_id)
{
    struct client_request request = {
        .method = "PUT",
        .path = client_path(given->is_forced ? "/jobs/%s/cancel?force=true" : "/jobs/%s/cancel", job_id),
        .json = json_object(),
    };
    if (!client_send(client, request, NULL, NULL)) {
        return false;
    }
    printf("job %s canceled\n", job_id);
    return true;
}

int command_job_list(int argc, char **argv)
{
    return with_client(&list_command, argc, argv, list);
}

int command_job_show(int argc, char **argv)
{
    return with_client(&show_command, argc, argv, show);
}

int command_job_cancel(int argc, char **argv)
{
    return with_client(&cancel_command, argc, argv, cancel);
}
