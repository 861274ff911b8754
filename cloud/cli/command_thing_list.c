/* SPDX-License-Identifier: MIT */
/* iot-local thing list, thing show. */
#include "cloud/cli/ask.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct arg_command syntax_thing_list = {
    .name = "thing list",
    .operands = "",
    .summary = "lists all things and their attributes",
    .options = ask_read_options,
    .option_count = ASK_READ_OPTION_COUNT,
};

const struct arg_command syntax_thing_show = {
    .name = "thing show",
    .operands = "NAME",
    .operand_count = 1,
    .summary = "shows a thing, its certificates and its job executions",
    .options = ask_read_options,
    .option_count = ASK_READ_OPTION_COUNT,
};

static bool print_thing_line(void *ctx, const json_t *thing)
{
    const char *name;
    json_t *value;
    (void)ctx;
    printf("%s", client_text(thing, "thingName"));
    json_object_foreach(json_object_get(thing, "attributes"), name, value)
    {
        printf("  %s=%s", name, json_string_value(value)); /* neither has control characters */
    }
    putchar('\n');
    return true;
}

static bool list(struct client *client, const struct ask_options *given, const char *operand)
{
    (void)operand;
    return ask_list(client, given, "/things", "things", print_thing_line);
}

static void print_thing(const json_t *thing)
{
    size_t i;
    const char *name;
    json_t *value;
    ask_print_field("thing", client_text(thing, "thingName"));
    ask_print_field("arn", client_text(thing, "thingArn"));
    json_object_foreach(json_object_get(thing, "attributes"), name, value)
    {
        printf("%-16s %s=%s\n", "attribute", name, json_string_value(value));
    }
    json_array_foreach(json_object_get(thing, "principals"), i, value)
    {
        ask_print_field("certificate", json_string_value(value));
    }
}

static bool print_execution_line(void *ctx, const json_t *entry)
{
    (void)ctx;
    const json_t *summary = json_object_get(entry, "jobExecutionSummary");
    printf("%-16s %s, %s since ", "job", client_text(entry, "jobId"), client_text(summary, "status"));
    print_time(json_number_value(json_object_get(summary, "lastUpdatedAt")));
    putchar('\n');
    return true;
}

static bool print_thing_json(struct client *client, const char *jobs, json_t *thing)
{
    bool is_good = ask_collect(client, jobs, "executionSummaries", thing, "executions");
    if (is_good) {
        ask_print_json(thing);
    }
    return is_good;
}

static bool show(struct client *client, const struct ask_options *given, const char *name)
{
    json_t *thing = NULL;
    char *principals = client_path("/things/%s/principals", name);
    char *jobs = client_path("/things/%s/jobs", name);
    bool is_good = client_get(client, client_path("/things/%s", name), &thing) &&
                   ask_collect(client, principals, "principals", thing, "principals");
    if (is_good && given->is_json) {
        is_good = print_thing_json(client, jobs, thing);
    } else if (is_good) {
        print_thing(thing);
        is_good = client_each(client, jobs, "executionSummaries", print_execution_line, NULL);
    }
    json_decref(thing);
    free(jobs);
    free(principals);
    return is_good;
}

int command_thing_list(int argc, char **argv)
{
    return ask(&syntax_thing_list, argc, argv, list);
}

int command_thing_show(int argc, char **argv)
{
    return ask(&syntax_thing_show, argc, argv, show);
}
