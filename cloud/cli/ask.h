/* SPDX-License-Identifier: MIT */
/* What commands have in common that ask the daemon something and show the answer. */
#ifndef CLOUD_CLI_ASK_H
#define CLOUD_CLI_ASK_H

#include "cloud/cli/args.h"
#include "cloud/cli/client.h"

struct ask_options {
    const char *data;
    bool is_json, is_forced;
};

/* --json, --data */
#define ASK_READ_OPTION_COUNT 2
extern const struct arg_option ask_read_options[ASK_READ_OPTION_COUNT];

/* What the command does once its options are read. operand: the first one, NULL without. false: it has failed, and said so. */
typedef bool (*ask_fn)(struct client *client, const struct ask_options *given, const char *operand);

/* Reads the options, opens the client, calls. Returns the exit code. */
int ask(const struct arg_command *syntax, int argc, char **argv, ask_fn fn);

/* All entries of a list, over all pages: a line for each, or, with --json, one document {"LIST":[...]}. */
bool ask_list(struct client *client, const struct ask_options *given, const char *path, const char *list,
              client_entry_fn print_line);

/* All entries of a list as an array, put into `object` under `name`. */
bool ask_collect(struct client *client, const char *path, const char *list, json_t *object, const char *name);

/* One document on standard output, in ASCII: what a stranger has named something cannot steer a terminal. */
void ask_print_json(const json_t *document);

/* "thing            lamp"; nothing for an empty text. */
void ask_print_field(const char *name, const char *text);

#endif
