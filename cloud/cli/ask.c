/* SPDX-License-Identifier: MIT */
#include "cloud/cli/ask.h"

#include "cloud/cli/cli.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/print.h"

#include <stdio.h>

#define DATE_DIGITS 15 /* seconds since 1970 with milliseconds, and not the noise behind them */

const struct arg_option ask_read_options[ASK_READ_OPTION_COUNT] = {
    OPTION_JSON(struct ask_options),
    OPTION_DATA(struct ask_options),
};

int ask(const struct arg_command *syntax, int argc, char **argv, ask_fn fn)
{
    struct ask_options given = {0};
    const char *operands[ARGS_OPERANDS_MAX] = {0};
    enum args_outcome outcome = args_parse(syntax, argc, argv, &given, operands);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    struct client *client = client_open(given.data);
    bool is_good = client && fn(client, &given, operands[0]);
    client_close(client);
    return is_good ? CLI_OK : CLI_FAILED;
}

static bool append(void *ctx, const json_t *entry)
{
    return json_array_append_new(ctx, json_deep_copy(entry)) == 0;
}

bool ask_collect(struct client *client, const char *path, const char *list, json_t *object, const char *name)
{
    json_t *entries = json_array();
    bool is_good = client_each(client, path, list, append, entries);
    json_object_set_new(object, name, entries);
    return is_good;
}

bool ask_list(struct client *client, const struct ask_options *given, const char *path, const char *list,
              client_entry_fn print_line)
{
    if (!given->is_json) {
        return client_each(client, path, list, print_line, NULL);
    }
    json_t *document = json_object();
    bool is_good = ask_collect(client, path, list, document, list);
    if (is_good) {
        ask_print_json(document);
    }
    json_decref(document);
    return is_good;
}

void ask_print_json(const json_t *document)
{
    json_dumpf(document, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(DATE_DIGITS));
    putchar('\n');
}

void ask_print_field(const char *name, const char *text)
{
    if (text && *text) {
        printf("%-16s ", name);
        print_clean(stdout, text);
        putchar('\n');
    }
}
