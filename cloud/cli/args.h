/* SPDX-License-Identifier: MIT */
/* Options of the command line: "--name value", "--name=value", flags, operands, "--" before operands. */
#ifndef CLOUD_CLI_ARGS_H
#define CLOUD_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

enum arg_kind {
    ARG_FLAG, /* bool */
    ARG_TEXT, /* const char *; given twice: an error */
    ARG_LIST, /* struct arg_list */
};

#define ARG_LIST_MAX 128 /* above AWS's 100 targets of a job, which the service refuses by name */

struct arg_list {
    const char *texts[ARG_LIST_MAX];
    size_t count;
};

struct arg_option {
    const char *name;  /* "--thing" */
    const char *value; /* what the help calls its value: "NAME"; flags: NULL */
    const char *help;
    enum arg_kind kind;
    size_t offset; /* of its place in the caller's struct */
};

struct arg_command {
    const char *name;     /* "job create" */
    const char *operands; /* for the help: "FILE s3://bucket/key", or "" */
    size_t operand_count; /* exactly so many */
    const char *summary;  /* one line */
    const char *details;  /* more lines for its help, or NULL */
    const struct arg_option *options;
    size_t option_count;
    bool
        reads_environment; /* an option that is not given is taken from IOT_LOCAL_NAME: --http-port from IOT_LOCAL_HTTP_PORT */
};

enum args_outcome {
    ARGS_GOOD,
    ARGS_HELP, /* the help was asked for and printed */
    ARGS_BAD,  /* said what is wrong on standard error */
};

#define ARGS_OPERANDS_MAX 4

/* argv: what stands behind the command's name. Options go into `options` (zeroed by the caller) by their offsets,
 * operands into `operands`. From the environment a flag is "1" or "0", a list has blanks between its texts. */
enum args_outcome args_parse(const struct arg_command *command, int argc, char **argv, void *options,
                             const char *operands[ARGS_OPERANDS_MAX]);

void args_print_help(const struct arg_command *command);

/* The word of `words` (count of them) that is most like `word`; NULL: none is near. */
const char *args_nearest(const char *word, const char *const words[], size_t count);

#endif
