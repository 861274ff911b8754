/* SPDX-License-Identifier: MIT */
/* iot-local job list, job show, job cancel. */
#include "cloud/base/text.h"
#include "cloud/cli/ask.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct arg_option cancel_options[] = {
    {"--force", NULL, "cancel running executions, too", ARG_FLAG, offsetof(struct ask_options, is_forced)},
    OPTION_DATA(struct ask_options),
};

const struct arg_command syntax_job_list = {
    .name = "job list",
    .operands = "",
    .summary = "lists all jobs, the newest first",
    .options = ask_read_options,
    .option_count = ASK_READ_OPTION_COUNT,
};

const struct arg_command syntax_job_show = {
    .name = "job show",
    .operands = "ID",
    .operand_count = 1,
    .summary = "shows a job, its document and its executions",
    .options = ask_read_options,
    .option_count = ASK_READ_OPTION_COUNT,
};

const struct arg_command syntax_job_cancel = {
    .name = "job cancel",
    .operands = "ID",
    .operand_count = 1,
    .summary = "cancels a job: what is queued, with --force also what runs",
    .options = cancel_options,
    .option_count = 2,
};

static bool print_job_line(void *ctx, const json_t *job)
{
    (void)ctx;
    printf("%-40s %-12s ", client_text(job, "jobId"), client_text(job, "status"));
    print_time(json_number_value(json_object_get(job, "createdAt")));
    putchar('\n');
    return true;
}

static bool list(struct client *client, const struct ask_options *given, const char *job_id)
{
    (void)job_id;
    return ask_list(client, given, "/jobs", "jobs", print_job_line);
}

static void print_job(const json_t *answer)
{
    const json_t *job = json_object_get(answer, "job");
    const json_t *targets = json_object_get(job, "targets");
    ask_print_field("job", client_text(job, "jobId"));
    ask_print_field("status", client_text(job, "status"));
    ask_print_field("description", client_text(job, "description"));
    ask_print_field("comment", client_text(job, "comment"));
    ask_print_field("reason", client_text(job, "reasonCode"));
    printf("%-16s ", "created");
    print_time(json_number_value(json_object_get(job, "createdAt")));
    putchar('\n');
    for (size_t i = 0; i < json_array_size(targets); i++) {
        ask_print_field("target", json_string_value(json_array_get(targets, i)));
    }
    ask_print_field("source", client_text(answer, "documentSource"));
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

/* Job, document and executions. */
static bool print_all(struct client *client, const char *executions, const json_t *job,
                      const json_t *document)
{
    print_job(job);
    ask_print_field("document", client_text(document, "document"));
    return client_each(client, executions, "executionSummaries", print_execution_line, NULL);
}

/* The same, as DescribeJob, GetJobDocument and ListJobExecutionsForJob answer it, in one object. */
static bool print_all_json(struct client *client, const char *executions, json_t *job, const json_t *document)
{
    json_object_set_new(job, "document", json_string(client_text(document, "document")));
    bool is_good = ask_collect(client, executions, "executionSummaries", job, "executions");
    if (is_good) {
        ask_print_json(job);
    }
    return is_good;
}

static bool show(struct client *client, const struct ask_options *given, const char *job_id)
{
    json_t *job = NULL;
    json_t *document = NULL;
    char *path = client_path("/jobs/%s/things", job_id);
    bool is_good = client_get(client, client_path("/jobs/%s", job_id), &job) &&
                   client_get(client, client_path("/jobs/%s/job-document", job_id), &document);
    if (is_good) {
        is_good = given->is_json ? print_all_json(client, path, job, document)
                                 : print_all(client, path, job, document);
    }
    json_decref(document);
    json_decref(job);
    free(path);
    return is_good;
}

static bool cancel(struct client *client, const struct ask_options *given, const char *job_id)
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
    return ask(&syntax_job_list, argc, argv, list);
}

int command_job_show(int argc, char **argv)
{
    return ask(&syntax_job_show, argc, argv, show);
}

int command_job_cancel(int argc, char **argv)
{
    return ask(&syntax_job_cancel, argc, argv, cancel);
}
