/* SPDX-License-Identifier: MIT */
/* iot-local env: eval "$(iot-local env)". */
#include "cloud/base/text.h"
#include "cloud/cli/ask.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/environment.h"

#include <stdio.h>
#include <stdlib.h>

const struct arg_command syntax_env = {
    .name = "env",
    .operands = "",
    .summary =
        "prints the environment in which AWS CLI, SDKs and iot-local find it: eval \"$(iot-local env)\"",
    .details =
        "AWS CLI from 2.13 on and today's SDKs take AWS_ENDPOINT_URL; older ones ignore it, and go to the "
        "real AWS:\nthey need --endpoint-url \"$AWS_ENDPOINT_URL\".",
    .options = ask_read_options,
    .option_count = ASK_READ_OPTION_COUNT,
};

static void print_lines(const struct environment *environment)
{
    puts("# AWS CLI before 2.13 ignores AWS_ENDPOINT_URL: give it --endpoint-url \"$AWS_ENDPOINT_URL\"");
    for (size_t i = 0; i < environment->count; i++) {
        const char *value = environment->variables[i].value;
        if (value) {
            char *word = text_shell_quote(value);
            printf("export %s=%s\n", environment->variables[i].name, word);
            free(word);
        } else {
            printf("unset %s\n", environment->variables[i].name);
        }
    }
}

static void print_json(const struct environment *environment)
{
    json_t *out = json_object();
    for (size_t i = 0; i < environment->count; i++) {
        const char *value = environment->variables[i].value;
        json_object_set_new(out, environment->variables[i].name, value ? json_string(value) : json_null());
    }
    ask_print_json(out);
    json_decref(out);
}

static bool print(struct client *client, const struct ask_options *given, const char *operand)
{
    json_t *status = NULL;
    struct environment environment;
    (void)operand;
    if (!client_status(client, &status)) {
        return false;
    }
    environment_make(&environment, status);
    if (given->is_json) {
        print_json(&environment);
    } else {
        print_lines(&environment);
    }
    environment_free(&environment);
    json_decref(status);
    return true;
}

int command_env(int argc, char **argv)
{
    return ask(&syntax_env, argc, argv, print);
}
